"""Session history (docs/api.md §7.1, §7.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.chargers import Charger
from simulator.families import Family
from simulator.header_policy import history_headers
from simulator.history import SessionRecord
from simulator.reply import Reply, json_reply
from simulator.routing import Access, Call, Route
from simulator.session_list import known_cost, sessions_of
from simulator.site import Site
from simulator.wire import Json, JsonObject, bracketed_utc, utc_nanoseconds

_SOURCE = "evse"
_DATE = re.compile(r"\d{2}-\d{2}-\d{4}")
_YEARS = range(1970, 9999)
_DATE_FORMAT = "%d-%m-%Y"
_MILES_PER_KWH = 3.52
_CALCULATED = "COST_CALCULATED"
_PENDING = "COST_PENDING"
_STACK_LEVEL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """The parameters of a request: ``start`` to ``end`` as moments, the latter exclusive."""

    offset: int
    limit: int
    start_date: str
    end_date: str
    start: datetime
    end: datetime


def _filter_criteria(call: Call) -> Reply:
    site = call.site
    if call.query.get("source") != _SOURCE:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Required request parameter 'source' is not present")
    if not call.query.get("requestId") or call.query.get("username") != call.session.account.user_id:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Required request parameter 'requestId' or 'username' is wrong")
    chargers: list[Json] = [{"id": charger.serial, "name": charger.name or charger.serial} for charger in site.chargers]
    data: Json = {"chargers": chargers}
    return json_reply({"source": _SOURCE, "timestamp": utc_nanoseconds(call.now), "data": data})


def _sessions(call: Call) -> Reply:
    site, charger = call.site, call.charger
    wish = _wish(call)
    records = [record for record in sessions_of(charger, call.now) if _is_wanted(record, charger, wish)]
    if charger.history.oldest_first:
        records.reverse()
    first = max(0, wish.offset - charger.history.page_overlap)
    page = records[first : wish.offset + wish.limit]
    rows: list[Json] = [_row(site, charger, record, call.now) for record in page]
    data: Json = {
        "result": rows,
        "hasMore": wish.offset + wish.limit < len(records),
        "startDate": wish.start_date,
        "endDate": wish.end_date,
        "offset": wish.offset,
        "limit": wish.limit,
    }
    return json_reply({"source": _SOURCE, "timestamp": utc_nanoseconds(call.now), "data": data})


def _wish(call: Call) -> _Wish:
    body = call.json
    params = body.get("params") if isinstance(body, Mapping) and body.get("source") == _SOURCE else None
    if not isinstance(params, Mapping):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "source and params are required")
    zone = _zone(call, params)
    start, end = _date(call, params, "startDate", zone), _date(call, params, "endDate", zone)
    if end < start:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "endDate lies before startDate")
    return _Wish(
        offset=_number(call, params, "offset", minimum=0),
        limit=_number(call, params, "limit", minimum=1),
        start_date=start.strftime(_DATE_FORMAT),
        end_date=end.strftime(_DATE_FORMAT),
        start=start.astimezone(UTC),
        end=datetime.combine(end.date() + timedelta(days=1), time(), zone).astimezone(UTC),
    )


def _zone(call: Call, params: JsonObject) -> ZoneInfo:
    try:
        return ZoneInfo(str(params.get("timezone")))
    except ValueError, OSError, ZoneInfoNotFoundError:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Invalid timezone") from None


def _date(call: Call, params: JsonObject, name: str, zone: ZoneInfo) -> datetime:
    text = str(params.get(name))
    try:
        day = datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=zone)
    except ValueError:
        day = None
    if day is None or not _DATE.fullmatch(text) or day.year not in _YEARS:
        raise call.refusal(HTTPStatus.BAD_REQUEST, f"{name} must be DD-MM-YYYY")
    return day


def _number(call: Call, params: JsonObject, name: str, *, minimum: int) -> int:
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise call.refusal(HTTPStatus.BAD_REQUEST, f"{name} must be a whole number from {minimum}")
    return value


def _is_wanted(record: SessionRecord, charger: Charger, wish: _Wish) -> bool:
    if charger.history.by_overlap:
        return record.started_at < wish.end and (record.ended_at is None or record.ended_at > wish.start)
    return wish.start <= record.started_at < wish.end


def _row(site: Site, charger: Charger, record: SessionRecord, now: datetime) -> JsonObject:
    cost = known_cost(site, charger, record, now)
    energy_kwh = record.energy_wh / 1000
    row: dict[str, Json] = {
        "id": f"{charger.serial}:{record.session_id}",
        "sessionId": record.session_id,
        "startTime": bracketed_utc(record.started_at),
        "endTime": bracketed_utc(record.ended_at) if record.ended_at else None,
        "aggEnergyValue": round(energy_kwh, 3),
        "activeChargeTime": round(record.active_seconds),
        "milesAdded": round(energy_kwh * _MILES_PER_KWH, 1),
        "sessionCost": None if cost is None else round(cost, 2),
        "costCalculated": cost is not None,
        "manualOverridden": False,
        "avgCostPerUnitEnergy": round(cost / energy_kwh, 4) if cost is not None and energy_kwh else None,
        "sessionCostState": _PENDING if cost is None else _CALCULATED,
        "chargeProfileStackLevel": _STACK_LEVEL,
        "authType": None,
        "authIdentifier": None,
        "authToken": None,
    }
    if record.ended_at is None:
        del row["endTime"]
    return row


_HISTORY = "/service/enho_historical_events_ms/{site}"

ROUTES = (
    Route(
        method="GET",
        template=f"{_HISTORY}/filter_criteria",
        family=Family.HISTORY,
        handler=history_headers(_filter_criteria),
        access=Access.BEARER,
    ),
    Route(
        method="POST",
        template=f"{_HISTORY}/sessions/{{serial}}/history",
        family=Family.HISTORY,
        handler=history_headers(_sessions),
        access=Access.BEARER,
    ),
)
