"""Grid Services: enrolment and events of a virtual power plant (docs/api.md §8)."""

from datetime import date, datetime
from http import HTTPStatus
import re

from simulator.families import Family
from simulator.header_policy import grid_refusal, grid_services_headers
from simulator.reply import Reply, json_reply
from simulator.routing import Access, Call, Route
from simulator.vpp import DetailAnswer, EnrolmentAnswer, GridEvent, OtherProgram, VirtualPowerPlant
from simulator.wire import Json, offset_iso, scheduler_envelope

_ID = re.compile(r"[0-9a-fA-F]{24}")
_BAD_ID = "not-a-hex-id"
_PARAMETERS = ("site_id", "programId", "start_date", "end_date", "sort_by", "ascending", "time")


def _enrolled(call: Call) -> Reply:
    plant = _plant(call, call.parameters["site"])
    envelope = scheduler_envelope(None, call.now)
    match plant.enrolment:
        case EnrolmentAnswer.ENROLLED:
            data: Json = plant.enrolment_id
        case EnrolmentAnswer.NULL:
            data = None
        case EnrolmentAnswer.EMPTY_TEXT:
            data = ""
        case EnrolmentAnswer.LIST:
            data = [plant.enrolment_id]
        case EnrolmentAnswer.OBJECT:
            data = {"enrollment_id": plant.enrolment_id}
        case EnrolmentAnswer.BAD_ID:
            data = _BAD_ID
        case EnrolmentAnswer.NO_DATA:
            return json_reply({key: value for key, value in envelope.items() if key != "data"})
        case EnrolmentAnswer.UNAUTHORIZED:
            raise grid_refusal(call, HTTPStatus.UNAUTHORIZED, "Unauthorized")
    return json_reply({**envelope, "data": data})


def _detail(call: Call) -> Reply:
    enrolment_id = call.parameters["enrolment"].lower()
    if not _ID.fullmatch(enrolment_id):
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, "Invalid enrollment id")
    for site in call.world.sites_of(call.session.account):
        if site.vpp.enrolment_id.lower() != enrolment_id:
            continue
        if site.vpp.enrolment is EnrolmentAnswer.UNAUTHORIZED:
            raise grid_refusal(call, HTTPStatus.UNAUTHORIZED, "Unauthorized")
        if site.vpp.is_enrolled:
            return json_reply(scheduler_envelope(_detail_data(site.site_id, site.vpp), call.now))
    raise grid_refusal(call, HTTPStatus.NOT_FOUND, "Enrollment not found")


def _detail_data(site_id: str, plant: VirtualPowerPlant) -> Json:
    if plant.detail is DetailAnswer.NULL:
        return None
    data: dict[str, Json] = {"id": plant.enrolment_id, "site_id": int(site_id), "status": "enrolled"}
    if plant.detail is not DetailAnswer.NO_PROGRAM:
        data["program_id"] = plant.program_id if plant.detail is DetailAnswer.PROGRAM else _BAD_ID
    return data


def _events(call: Call) -> Reply:
    missing = [name for name in _PARAMETERS if name not in call.query]
    if missing:
        text = f"Required request parameter '{missing[0]}' is not present"
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, text)
    plant = _plant(call, call.query["site_id"])
    if plant.enrolment is EnrolmentAnswer.UNAUTHORIZED:
        raise grid_refusal(call, HTTPStatus.UNAUTHORIZED, "Unauthorized")
    program_id = call.query["programId"].lower()
    if not _ID.fullmatch(program_id):
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, "Invalid program id")
    if not plant.is_enrolled or program_id != plant.program_id.lower():
        return _other_program(call, plant)
    rows: list[Json] = [_row(event, plant, call.now) for event in _wanted(call, plant)]
    return json_reply(scheduler_envelope(rows, call.now, rows=len(rows)))


def _other_program(call: Call, plant: VirtualPowerPlant) -> Reply:
    match plant.other_programs:
        case OtherProgram.NOT_FOUND:
            raise grid_refusal(call, HTTPStatus.NOT_FOUND, "Program not found")
        case OtherProgram.BAD_REQUEST:
            raise grid_refusal(call, HTTPStatus.BAD_REQUEST, "Site is not enrolled in this program")
        case OtherProgram.EMPTY:
            return json_reply(scheduler_envelope([], call.now, rows=0))


def _wanted(call: Call, plant: VirtualPowerPlant) -> list[GridEvent]:
    first, last = _date(call, "start_date"), _date(call, "end_date")
    events = [
        event
        for event in plant.listed(call.now)
        if (first is None or event.end.date() >= first) and (last is None or event.start.date() <= last)
    ]
    match call.query["ascending"].casefold():
        case "" | "false":
            return events
        case "true":
            return events[::-1]
        case _:
            raise grid_refusal(call, HTTPStatus.BAD_REQUEST, "Invalid value for 'ascending'")


def _date(call: Call, name: str) -> date | None:
    text = call.query[name]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, f"Invalid value for '{name}'") from None


def _row(event: GridEvent, plant: VirtualPowerPlant, now: datetime) -> dict[str, Json]:
    discharged, charged = event.average_kilowatts(now)
    row: dict[str, Json] = {
        "id": event.id,
        "event_id": event.event_id,
        "name": f"Event {event.start:%Y%m%d%H%M}",
        "type": event.type,
        "subtype": event.subtype,
        "status": event.status_at(now, says_in_progress=plant.says_in_progress),
        "start_time": offset_iso(event.start),
        "end_time": offset_iso(event.end),
        "target_soc": event.target_soc,
        "rate_watt": event.rate_watt,
        "mode": event.mode,
        "avg_kw_discharged": discharged,
        "avg_kw_charged": charged,
        "cancellation_timestamp": offset_iso(event.cancelled_at) if event.cancelled_at else None,
        "superceded": event.superseded,
    }
    if event.event_id is None:
        del row["event_id"]
    return row


def _plant(call: Call, site_id: str) -> VirtualPowerPlant:
    if not site_id.isdecimal():
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, "Invalid site id")
    sites = {site.site_id: site for site in call.world.sites_of(call.session.account)}
    if site_id not in sites:
        raise grid_refusal(call, HTTPStatus.FORBIDDEN, "You do not have access to this site")
    return sites[site_id].vpp


_ENROLMENT = "/enrollment-mgr/api/v1/enrollment"

ROUTES = (
    Route(
        method="GET",
        template=f"{_ENROLMENT}/enrolled/{{site}}",
        family=Family.VPP_ENROLMENT,
        handler=grid_services_headers(_enrolled),
        access=Access.PUBLIC,
    ),
    Route(
        method="GET",
        template=f"{_ENROLMENT}/{{enrolment}}",
        family=Family.VPP_ENROLMENT,
        handler=grid_services_headers(_detail),
        access=Access.PUBLIC,
    ),
    Route(
        method="GET",
        template="/vpp-mgr/api/v1/events/get",
        family=Family.VPP_EVENTS,
        handler=grid_services_headers(_events),
        access=Access.PUBLIC,
    ),
)
