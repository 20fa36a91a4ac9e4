"""The actions of the control interface for schedules as their owner edits them in the app, and for quirks."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import time, timedelta
from enum import StrEnum

from .chargers import Charger
from .commands import set_schedules
from .connectors import ConnectorType
from .control_values import DAY_SECONDS, ActionError, Values, charger_of, serial_site
from .schedules import OFF_PEAK, Slot, new_slot_id
from .settings import Quirks
from .world import World

_LEAST_SECONDS = 0.5
"""Less than this would only mean that passing a day takes a day."""


def _add(world: World, values: Values) -> None:
    """Add a slot; the app leaves out what it does not need (docs/api.md §6.4)."""
    charger = charger_of(world, values)
    off_peak = values.flag("off_peak", default=False)
    amps = values.whole("amps") if values.has("amps") else None
    if amps is not None and not charger.model.allows(amps):
        message = "amps must be a level that the charger can be set to"
        raise ActionError(message)
    slot = Slot(
        id=new_slot_id(serial_site(world, charger.serial).site_id, charger.serial),
        start=None if off_peak else _time(values, "start"),
        end=None if off_peak else _time(values, "end"),
        days=_days(values),
        amps=amps,
        kind=OFF_PEAK if off_peak else "CUSTOM",
        enabled=values.flag("enabled", default=True),
        recurring_kind=None,
        level_kind=None,
    )
    _check(slot)
    set_schedules(charger, [*charger.slots, slot])


def _edit(world: World, values: Values) -> None:
    """Change times or days, which switches the slot on and sets a reminder (docs/api.md §6.4)."""
    charger, known = _slot(world, values)
    edited = replace(
        known,
        start=_time(values, "start") if values.has("start") else known.start,
        end=_time(values, "end") if values.has("end") else known.end,
        days=_days(values) if values.has("days") else known.days,
        enabled=True,
        remind=True,
        remind_minutes=known.remind_minutes or 0,
    )
    _check(edited)
    _put(charger, edited)


def _switch(world: World, values: Values) -> None:
    charger, known = _slot(world, values)
    _put(charger, replace(known, enabled=values.flag("enabled", default=not known.enabled)))


def _delete(world: World, values: Values) -> None:
    charger, known = _slot(world, values)
    set_schedules(charger, [slot for slot in charger.slots if slot.id != known.id])


def _slot(world: World, values: Values) -> tuple[Charger, Slot]:
    charger = charger_of(world, values)
    for slot in charger.slots:
        if slot.id == values.text("id"):
            return charger, slot
    message = "no slot with that id"
    raise ActionError(message)


def _put(charger: Charger, slot: Slot) -> None:
    set_schedules(charger, [slot if item.id == slot.id else item for item in charger.slots])


def _check(slot: Slot) -> None:
    if slot.start is not None and slot.start == slot.end:
        message = "a slot must not end as it starts"
        raise ActionError(message)


def _time(values: Values, name: str) -> time:
    try:
        return time.strptime(values.text(name), "%H:%M")
    except ValueError:
        message = f"{name} must be HH:MM"
        raise ActionError(message) from None


def _days(values: Values) -> tuple[int, ...]:
    days = values.raw("days") or [1, 2, 3, 4, 5, 6, 7]
    if isinstance(days, list):
        numbers = tuple(day for day in days if isinstance(day, int) and 1 <= day <= 7)
        if len(numbers) == len(days):
            return numbers
    message = "days must be a list of numbers from 1 (Monday) to 7"
    raise ActionError(message)


def _quirk(world: World, values: Values) -> None:
    """Set one quirk of a charger; durations are in seconds."""
    charger, name = charger_of(world, values), values.text("name")
    if name not in {field.name for field in fields(Quirks)}:
        message = f"unknown quirk; there are {', '.join(field.name for field in fields(Quirks))}"
        raise ActionError(message)
    present: object = getattr(charger.quirks, name)
    setattr(charger.quirks, name, _quirk_value(values, present))


def _quirk_value(values: Values, present: object) -> object:
    match present:
        case bool():
            return values.flag("value", default=not present)
        case timedelta():
            seconds = values.number("value", least=0, most=DAY_SECONDS)
            return timedelta(seconds=max(seconds, _LEAST_SECONDS) if seconds else 0)
        case StrEnum():
            return _member(type(present), values)
        case str():
            return _member(ConnectorType, values)
        case _:
            return values.whole("value", least=0) if values.has("value") else None


def _member(kind: type[StrEnum], values: Values) -> str:
    text = values.text("value")
    try:
        return kind(text)
    except ValueError:
        message = f"value must be one of {', '.join(kind)}"
        raise ActionError(message) from None


SCHEDULE_ACTIONS: dict[str, Callable[[World, Values], None]] = {
    "slot-add": _add,
    "slot-edit": _edit,
    "slot-switch": _switch,
    "slot-delete": _delete,
    "quirk": _quirk,
}
"""By the last part of their path."""
