"""The slots of a charger as people see them."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Final

from ..enlighten.models.schedules import Schedule, Slot
from .weekly import ALL_DAYS, WeeklyTimes, next_start

DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHOWN_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def times_of(slot: Slot) -> WeeklyTimes | None:
    """Return when a slot charges; `None` for one that follows the tariff, or whose times could not be read.

    A slot without days is one of every day.
    """
    if slot.start is None or slot.end is None or slot.is_off_peak:
        return None
    return WeeklyTimes(start=slot.start, end=slot.end, days=slot.days or ALL_DAYS)


def slot_of(schedule: Schedule | None, slot_id: str) -> Slot | None:
    """Return a slot by its id."""
    return next((slot for slot in schedule.slots if slot.slot_id == slot_id), None) if schedule else None


def short_id(slot_id: str) -> str:
    """Return the last part of a slot's id, which tells it from the others of its charger and holds no serial number."""
    return slot_id.rpartition(":")[2]


def shown_days(days: frozenset[int]) -> str:
    """Return days in short, runs of three and more as a range: `Mon–Fri`, `Sat, Sun`."""
    ordered = sorted(days)
    runs: list[list[int]] = []
    for day in ordered:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = [
        f"{_SHOWN_DAYS[run[0] - 1]}–{_SHOWN_DAYS[run[-1] - 1]}"
        if len(run) > 2
        else ", ".join(_SHOWN_DAYS[day - 1] for day in run)
        for run in runs
    ]
    return ", ".join(parts)


def shown_window(times: WeeklyTimes) -> str:
    """Return from when to when a slot charges: `22:15–05:45`."""
    return f"{times.start:%H:%M}–{times.end:%H:%M}"


def next_scheduled_start(slots: Iterable[Slot], now: datetime, zone: tzinfo) -> datetime | None:
    """Return when the next enabled slot opens. Off-peak slots follow the tariff and are not counted."""
    enabled = (times for slot in slots if slot.enabled and (times := times_of(slot)))
    return next_start(enabled, now, zone)
