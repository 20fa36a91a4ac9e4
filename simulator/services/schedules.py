"""Schedules: the list, single slots and their states (docs/api.md §6.4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus

from simulator.chargers import Charger
from simulator.commands import SCHEDULES, set_schedules
from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Access, Call, Route
from simulator.schedules import Slot, new_slot_id
from simulator.site import Site
from simulator.wire import Json, JsonObject, scheduler_envelope

from .scheduler import refusal

_OFF_PEAK = "OFF_PEAK"
_LEVELS = ("chargingLevel", "chargingLevelAmp")
"""Where the level of a slot is written, the deciding field first."""
_MAXIMUM = 100
_UNDERSTOOD = {
    *_LEVELS,
    "id",
    "startTime",
    "endTime",
    "scheduleType",
    "days",
    "remindTime",
    "remindFlag",
    "reminderTimeUtc",
    "enabled",
    "recurringKind",
    "chargeLevelType",
    "sourceType",
}
_STATES = {"ENABLED": True, "DISABLED": False}


def _list(call: Call) -> Reply:
    site, charger = call.site, call.charger
    slots: list[Json] = [_slot_row(site, charger, slot, call.now) for slot in charger.slots]
    pending = any(effect.name == SCHEDULES for effect in charger.effects)
    config: Json = {
        "isOffPeakEligible": site.off_peak_eligible,
        "scheduleSyncStatus": "pending" if pending else "synced",
        "isModeCancellable": True,
        "pendingModesOffGrid": False,
        "pendingSchedulesOffGrid": False,
    }
    return json_reply(scheduler_envelope({"config": config, "slots": slots}, call.now))


def _slot_row(site: Site, charger: Charger, slot: Slot, now: datetime) -> dict[str, Json]:
    amps = charger.model.max_amps if slot.amps is None else slot.amps
    return {
        "id": slot.id,
        "startTime": _clock_text(slot.start),
        "endTime": _clock_text(slot.end),
        "chargingLevel": amps,
        "chargingLevelAmp": amps,
        "scheduleType": slot.kind,
        "days": list(slot.days),
        "remindTime": slot.remind_minutes,
        "remindFlag": slot.remind,
        "reminderTimeUtc": _reminder(site, slot, now),
        "enabled": slot.enabled,
        "recurringKind": slot.recurring_kind,
        "chargeLevelType": slot.level_kind,
        "sourceType": slot.source,
        "serializedDays": None,
        **slot.extra,
    }


def _clock_text(moment: time | None) -> str | None:
    return None if moment is None else moment.strftime("%H:%M")


def _reminder(site: Site, slot: Slot, now: datetime) -> str | None:
    if not slot.remind or slot.start is None or slot.remind_minutes is None:
        return None
    start = datetime.combine(site.local(now).date(), slot.start, site.time_zone)
    return (start - timedelta(minutes=slot.remind_minutes)).astimezone(UTC).strftime("%H:%M")


def _change_list(call: Call) -> Reply:
    body = call.json
    if not isinstance(body, Mapping):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Malformed request")
    rows = body.get("data")
    slots = _whole_list(call, rows) if isinstance(rows, list) else _with_states(call, body)
    set_schedules(call.charger, slots)
    return json_reply(scheduler_envelope("Schedules updated", call.now))


def _whole_list(call: Call, rows: Sequence[Json]) -> list[Slot]:
    slots = [_parsed(call, row) for row in rows]
    if len({slot.id for slot in slots}) < len(slots):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Duplicate schedule id")
    return slots


def _with_states(call: Call, states: JsonObject) -> list[Slot]:
    slots = {slot.id: slot for slot in call.charger.slots}
    for slot_id, state in states.items():
        if slot_id not in slots or not isinstance(state, str) or state not in _STATES:
            raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid schedule state")
        slots[slot_id] = replace(slots[slot_id], enabled=_STATES[state])
    return list(slots.values())


def _create(call: Call) -> Reply:
    slot = _parsed(call, call.json)
    if any(slot.id == known.id for known in call.charger.slots):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Duplicate schedule id")
    set_schedules(call.charger, [*call.charger.slots, slot])
    return json_reply(scheduler_envelope(slot.id, call.now), HTTPStatus.CREATED)


def _edit(call: Call) -> Reply:
    known = _known(call)
    body = call.json
    if not isinstance(body, Mapping):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Malformed request")
    old = _slot_row(call.site, call.charger, known, call.now)
    if any(name in body for name in _LEVELS):
        old = {name: value for name, value in old.items() if name not in _LEVELS}
    row = {**old, **body, "id": known.id}
    edited = _parsed(call, row)
    set_schedules(call.charger, [edited if slot.id == known.id else slot for slot in call.charger.slots])
    return json_reply(scheduler_envelope(_slot_row(call.site, call.charger, edited, call.now), call.now))


def _delete(call: Call) -> Reply:
    known = _known(call)
    set_schedules(call.charger, [slot for slot in call.charger.slots if slot.id != known.id])
    return json_reply(scheduler_envelope("Schedule deleted", call.now))


def _known(call: Call) -> Slot:
    for slot in call.charger.slots:
        if slot.id == call.parameters["slot"]:
            return slot
    raise refusal(call, HTTPStatus.NOT_FOUND, "Schedule not found")


def _parsed(call: Call, row: Json) -> Slot:
    if not isinstance(row, Mapping):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid schedule")
    kind = _text(row.get("scheduleType")) or "CUSTOM"
    start, end = (_clock_time(row.get(name)) for name in ("startTime", "endTime"))
    if kind == _OFF_PEAK:
        if not call.site.off_peak_eligible:
            raise refusal(call, HTTPStatus.BAD_REQUEST, "Off-peak schedules are not available")
    elif start is None or end is None or start == end:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid start or end time")
    enabled = row.get("enabled", True)
    if not isinstance(enabled, bool):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "enabled must be true or false")
    minutes = row.get("remindTime")
    return Slot(
        id=_slot_id(call, row.get("id")),
        start=start,
        end=end,
        days=_days(call, row.get("days")),
        amps=_amps(call, row),
        kind=kind,
        enabled=enabled,
        remind=row.get("remindFlag") is True,
        remind_minutes=minutes if isinstance(minutes, int) else None,
        recurring_kind=_text(row.get("recurringKind")),
        level_kind=_text(row.get("chargeLevelType")),
        source=_text(row.get("sourceType")) or "SYSTEM",
        extra={name: value for name, value in row.items() if name not in _UNDERSTOOD},
    )


def _slot_id(call: Call, value: Json) -> str:
    """Return the id that is given, which must be one of this charger's, or else a new one."""
    site_id, serial = call.site.site_id, call.charger.serial
    if value is None:
        return new_slot_id(site_id, serial)
    own = isinstance(value, str) and value.startswith(f"{site_id}:{serial}:")
    if not isinstance(value, str) or not (own or any(slot.id == value for slot in call.charger.slots)):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid schedule id")
    return value


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _clock_time(value: Json) -> time | None:
    try:
        return time.strptime(value, "%H:%M") if isinstance(value, str) else None
    except ValueError:
        return None


def _days(call: Call, value: Json) -> tuple[int, ...]:
    if not isinstance(value, list):
        return (1, 2, 3, 4, 5, 6, 7)
    days = tuple(day for day in value if isinstance(day, int) and 1 <= day <= 7)
    if len(days) != len(value) or not days:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid days")
    return days


def _amps(call: Call, row: JsonObject) -> int | None:
    """Return the amps of a slot, None for the maximum, which the app asks for by 100 or null (docs/api.md §6.4)."""
    model = call.charger.model
    level = next((row[name] for name in _LEVELS if name in row), None)
    if level is None or level == _MAXIMUM:
        return None
    if isinstance(level, bool) or not isinstance(level, int) or not model.allows(level):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid charging level")
    return level


_SCHEDULED = "/service/evse_scheduler/api/v1/iqevc/charging-mode/SCHEDULED_CHARGING/{site}/{serial}"


def _tariff_changed(call: Call) -> Reply:
    for charger in call.site.chargers:
        set_schedules(charger, charger.slots)
    return json_reply(scheduler_envelope("Request Accepted", call.now), HTTPStatus.ACCEPTED)


def _route(method: str, template: str, handler: Callable[[Call], Reply]) -> Route:
    return Route(method=method, template=template, family=Family.SCHEDULES, handler=handler, access=Access.BEARER)


ROUTES = (
    _route("GET", f"{_SCHEDULED}/schedules", _list),
    _route("PATCH", f"{_SCHEDULED}/schedules", _change_list),
    _route("POST", f"{_SCHEDULED}/schedule", _create),
    _route("PATCH", f"{_SCHEDULED}/schedule/{{slot}}", _edit),
    _route("DELETE", f"{_SCHEDULED}/schedule/{{slot}}", _delete),
    _route("PUT", "/service/evse_scheduler/api/v1/siteConfig/{site}/tariff_change", _tariff_changed),
)
