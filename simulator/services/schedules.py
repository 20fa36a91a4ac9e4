"""Schedules: the list, single slots and their states (docs/api.md §6.4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from simulator.commands import schedules_are_pending, set_schedules
from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Access, Call, Route
from simulator.schedules import Slot, new_slot_id
from simulator.settings import ScheduleReply
from simulator.wire import Json, JsonObject, offset_iso, scheduler_envelope

from .schedule_rows import slot_of, slot_row
from .scheduler import pending_off_grid, refusal

_STATES = {"ENABLED": True, "DISABLED": False}


def _list(call: Call) -> Reply:
    shown = call.charger.shown_slots(call.now)
    return json_reply(scheduler_envelope(_content(call, shown), call.now))


def _content(call: Call, slots: Sequence[Slot]) -> dict[str, Json]:
    charger = call.charger
    config: Json = {
        "isOffPeakEligible": call.site.off_peak_eligible,
        "scheduleSyncStatus": "pending" if schedules_are_pending(charger) else "synced",
        "isModeCancellable": True,
        **pending_off_grid(charger),
    }
    return {"config": config, "slots": [slot_row(call, slot) for slot in slots]}


def _create(call: Call) -> Reply:
    slot = slot_of(call, call.json)
    if slot.follows_tariff:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Off-peak schedules cannot be added")
    if call.charger.quirks.server_chooses_ids:
        slot = replace(slot, id=new_slot_id(call.site.site_id, call.charger.serial))
    _store(call, [*call.charger.slots, slot])
    return _written(call, brief=slot.id, full={"id": slot.id}, status=HTTPStatus.CREATED)


def _edit(call: Call) -> Reply:
    known = _own(call)
    body = call.json
    slot = slot_of(call, body, stored=known)
    if slot.id != known.id or slot.follows_tariff:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid schedule id")
    _store(call, [slot if item.id == known.id else item for item in call.charger.slots])
    return _written(call, brief="Schedule updated", full=slot_row(call, slot))


def _delete(call: Call) -> Reply:
    known = _own(call)
    _store(call, [slot for slot in call.charger.slots if slot.id != known.id])
    return _written(call, brief="Schedule deleted", full={"id": known.id})


def _own(call: Call) -> Slot:
    """Return the slot in the path, refusing one that the server made and keeps."""
    known = next((slot for slot in call.charger.slots if slot.id == call.parameters["slot"]), None)
    if known is None:
        raise refusal(call, HTTPStatus.NOT_FOUND, "Schedule not found")
    if known.follows_tariff:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Off-peak schedules cannot be changed")
    return known


def _change_list(call: Call) -> Reply:
    body = call.json
    if not isinstance(body, Mapping):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Malformed request")
    rows = body.get("data")
    if not isinstance(rows, list):
        _store(call, _with_states(call, body))
        return _written(call, brief="Schedules updated", full=_content(call, call.charger.slots))
    _store(call, _whole_list(call, body.get("meta"), rows))
    stored: list[Json] = [slot_row(call, slot) for slot in call.charger.slots]
    return _written(call, brief=stored, full=_content(call, call.charger.slots))


def _whole_list(call: Call, meta: Json, rows: Sequence[Json]) -> list[Slot]:
    """Return the list that takes the place of the stored one, to be written by somebody who has read that one."""
    stamp, count = (meta.get("serverTimeStamp"), meta.get("rowCount")) if isinstance(meta, Mapping) else (None, None)
    if not isinstance(stamp, str) or count not in {None, len(rows)}:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Malformed request")
    written_at = call.charger.writes.written_at
    if written_at is not None and stamp < offset_iso(written_at):
        raise refusal(call, HTTPStatus.CONFLICT, "Schedules have been changed meanwhile")
    stored = {slot.id: slot for slot in call.charger.slots}
    slots = [slot_of(call, row, stored=_stored(stored, row)) for row in rows]
    kept = {slot.id for slot in slots if slot.follows_tariff}
    if kept != {slot.id for slot in stored.values() if slot.follows_tariff}:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Off-peak schedules cannot be changed")
    return slots


def _stored(stored: Mapping[str, Slot], row: Json) -> Slot | None:
    slot_id = row.get("id") if isinstance(row, Mapping) else None
    return stored.get(slot_id) if isinstance(slot_id, str) else None


def _with_states(call: Call, states: JsonObject) -> list[Slot]:
    slots = call.charger.slots
    if states.keys() != {slot.id for slot in slots}:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Every schedule must be named")
    switched = []
    for slot in slots:
        state = states[slot.id]
        if not isinstance(state, str) or state not in _STATES:
            raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid schedule state")
        switched.append(replace(slot, enabled=_STATES[state]))
    return switched


def _store(call: Call, slots: list[Slot]) -> None:
    """Store a list, refusing one that the charger or the site does not take."""
    known, quirks = call.charger.slots, call.charger.quirks
    if len({slot.id for slot in slots}) < len(slots):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Duplicate schedule id")
    if quirks.most_slots is not None and len(slots) > max(quirks.most_slots, len(known)):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Maximum number of schedules reached")
    if quirks.refuses_overlaps and _overlap(slots):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Schedules overlap")
    switched_on = {slot.id for slot in slots if slot.enabled and slot.follows_tariff} - {
        slot.id for slot in known if slot.enabled
    }
    if switched_on and not call.site.off_peak_eligible:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Off-peak schedules are not available")
    set_schedules(call.charger, slots)


def _overlap(slots: Sequence[Slot]) -> bool:
    taken: set[int] = set()
    for minutes in (slot.minutes() for slot in slots if slot.enabled):
        if not taken.isdisjoint(minutes):
            return True
        taken |= minutes
    return False


def _written(call: Call, *, brief: Json, full: JsonObject, status: int = HTTPStatus.OK) -> Reply:
    if call.charger.quirks.schedule_reply is ScheduleReply.BRIEF:
        return json_reply(scheduler_envelope(brief, call.now), status)
    stamped: Json = {**full, "meta": {"serverTimeStamp": offset_iso(call.now)}}
    return json_reply({"data": stamped, "error": {}}, status)


def _tariff_changed(call: Call) -> Reply:
    for charger in call.site.chargers:
        set_schedules(charger, charger.slots)
    return json_reply(scheduler_envelope("Request Accepted", call.now), HTTPStatus.ACCEPTED)


_SCHEDULED = "/service/evse_scheduler/api/v1/iqevc/charging-mode/SCHEDULED_CHARGING/{site}/{serial}"


def _route(method: str, template: str, handler: Callable[[Call], Reply]) -> Route:
    return Route(method=method, template=template, family=Family.SCHEDULES, handler=handler, access=Access.BEARER)


def _write(method: str, template: str, handler: Callable[[Call], Reply]) -> Route:
    def controlled(call: Call) -> Reply:
        call.check_control()
        return handler(call)

    return _route(method, template, controlled)


ROUTES = (
    _route("GET", f"{_SCHEDULED}/schedules", _list),
    _write("PATCH", f"{_SCHEDULED}/schedules", _change_list),
    _write("POST", f"{_SCHEDULED}/schedule", _create),
    _write("PATCH", f"{_SCHEDULED}/schedule/{{slot}}", _edit),
    _write("DELETE", f"{_SCHEDULED}/schedule/{{slot}}", _delete),
    _route("PUT", "/service/evse_scheduler/api/v1/siteConfig/{site}/tariff_change", _tariff_changed),
)
