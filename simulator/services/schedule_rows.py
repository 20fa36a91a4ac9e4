"""Schedules as they are written on the wire, and what is wrong with one that a client sends (docs/api.md §6.4)."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus

from simulator.routing import Call
from simulator.schedules import OFF_PEAK, Slot
from simulator.wire import Json, JsonObject

from .scheduler import refusal

_LEVELS = ("chargingLevel", "chargingLevelAmp")
"""Where the level of a slot is written, the deciding field first."""
_MAXIMUM = 100
_WHOLE = {"id", "startTime", "endTime", "days", "scheduleType", "enabled"}
"""What a slot cannot do without: an edit takes the place of the whole slot."""
_UNDERSTOOD = _WHOLE | {
    *_LEVELS,
    "remindTime",
    "remindFlag",
    "reminderTimeUtc",
    "recurringKind",
    "chargeLevelType",
    "sourceType",
}


def slot_row(call: Call, slot: Slot) -> dict[str, Json]:
    """Return a stored slot as the scheduler lists it."""
    amps = call.charger.model.max_amps if slot.amps is None else slot.amps
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
        "reminderTimeUtc": _reminder(call, slot),
        "enabled": slot.enabled,
        "recurringKind": slot.recurring_kind,
        "chargeLevelType": slot.level_kind,
        "sourceType": slot.source,
        "serializedDays": None,
        **slot.extra,
    }


def slot_of(call: Call, row: Json, *, stored: Slot | None = None) -> Slot:
    """Return the slot that a client sends, refusing what the charger cannot hold.

    ``stored`` is the slot it takes the place of, whose amps it keeps where amps do not persist.
    """
    if not isinstance(row, Mapping) or not row.keys() >= _WHOLE:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid schedule")
    start, end = (_clock_time(row.get(name)) for name in ("startTime", "endTime"))
    kind = _text(row.get("scheduleType")) or "CUSTOM"
    if kind != OFF_PEAK and (start is None or end is None or start == end):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid start or end time")
    enabled = row.get("enabled")
    if not isinstance(enabled, bool):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "enabled must be true or false")
    amps = _amps(call, row)
    if not call.charger.quirks.slot_amps_persist:
        amps = stored.amps if stored else None
    minutes = row.get("remindTime")
    return Slot(
        id=_slot_id(call, row.get("id")),
        start=start,
        end=end,
        days=_days(call, row.get("days")),
        amps=amps,
        kind=kind,
        enabled=enabled,
        remind=row.get("remindFlag") is True,
        remind_minutes=minutes if isinstance(minutes, int) else None,
        recurring_kind=_text(row.get("recurringKind")),
        level_kind=_text(row.get("chargeLevelType")),
        source=_text(row.get("sourceType")) or "SYSTEM",
        extra={name: value for name, value in row.items() if name not in _UNDERSTOOD},
    )


def _clock_text(moment: time | None) -> str | None:
    return None if moment is None else moment.strftime("%H:%M")


def _reminder(call: Call, slot: Slot) -> str | None:
    if not slot.remind or slot.start is None or slot.remind_minutes is None:
        return None
    start = datetime.combine(call.site.local(call.now).date(), slot.start, call.site.time_zone)
    return (start - timedelta(minutes=slot.remind_minutes)).astimezone(UTC).strftime("%H:%M")


def _slot_id(call: Call, value: Json) -> str:
    """Return the id that is given, which must be one of this charger's."""
    own = isinstance(value, str) and value.startswith(f"{call.site.site_id}:{call.charger.serial}:")
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
    days = tuple(day for day in value if isinstance(day, int) and 1 <= day <= 7) if isinstance(value, list) else ()
    if not isinstance(value, list) or len(days) != len(value) or not days:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid days")
    return days


def _amps(call: Call, row: JsonObject) -> int | None:
    """Return the amps of a slot, None for the maximum, which the app asks for by 100 or null (docs/api.md §6.4)."""
    level = next((row[name] for name in _LEVELS if name in row), None)
    if level is None or level == _MAXIMUM:
        return None
    if isinstance(level, bool) or not isinstance(level, int) or not call.charger.model.allows(level):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid charging level")
    return level
