"""Charging schedules: slots as the scheduler stores them and the windows they open (docs/api.md §6.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from .wire import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One schedule; ``days`` are ISO weekdays (1 = Monday) on which the window *starts*, times are site-local.

    ``start`` and ``end`` are None for an off-peak slot, which follows the tariff. ``amps`` None stands for the
    charger's maximum. ``extra`` holds the fields that mean nothing here and are kept as they were sent.
    """

    id: str
    start: time | None
    end: time | None
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    amps: int | None = None
    kind: str = "CUSTOM"
    enabled: bool = True
    remind: bool = False
    remind_minutes: int | None = None
    recurring_kind: str | None = "Recurring"
    level_kind: str | None = "Weekly"
    source: str = "SYSTEM"
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A slot that is open, from ``start`` to ``end`` in site-local time."""

    slot: Slot
    start: datetime
    end: datetime


OFF_PEAK_START = time(23, 0)
OFF_PEAK_END = time(6, 0)


def new_slot_id(site_id: str, serial: str) -> str:
    """Return a fresh id of the form ``{site}:{serial}:{uuid}``."""
    return f"{site_id}:{serial}:{uuid4()}"


def open_window(slots: Iterable[Slot], local: datetime) -> Window | None:
    """Return the window of the first enabled slot that is open at ``local``."""
    for slot in slots:
        if not slot.enabled:
            continue
        for day_offset in (0, -1):
            day = local.date() + timedelta(days=day_offset)
            if slot.days and day.isoweekday() not in slot.days:
                continue
            window = _window(slot, local, day)
            if window.start <= local < window.end:
                return window
    return None


def _window(slot: Slot, local: datetime, day: date) -> Window:
    start_time = OFF_PEAK_START if slot.start is None else slot.start
    end_time = OFF_PEAK_END if slot.end is None else slot.end
    last_day = day if start_time < end_time else day + timedelta(days=1)
    return Window(
        slot=slot,
        start=datetime.combine(day, start_time, local.tzinfo),
        end=datetime.combine(last_day, end_time, local.tzinfo),
    )
