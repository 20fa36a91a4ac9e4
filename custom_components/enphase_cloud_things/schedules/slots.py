"""The weekly slots of a charger on the wall clock: the moments they stand for, and how people see them.

A slot has a start and an end in minutes of the wall clock and the days of the week on which it starts; one that ends at
or before its start ends on the next day (docs/api.md §6.4). A clock that is set back shows up to an hour twice, and a
time in it names two moments: a slot that begins or ends there may gain or lose that hour, depending on the charger.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from ..days import ONE_DAY, ONE_MINUTE, clock_changes
from ..enlighten.models.schedules import Schedule, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time from `start` until before `end`, both UTC."""

    start: datetime
    end: datetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Return whether any moment from `start` until before `end` lies in it."""
        return self.start < end and self.end > start


def repeated_times(start: datetime, end: datetime, zone: tzinfo) -> tuple[Span, ...]:
    """Return where times of the wall clock occur twice, for every clock change between two moments.

    A clock that is set back by an hour at 03:00 shows the times from 02:00 to 03:00 twice: the span is both hours.
    """
    spans = []
    for change in clock_changes(start, end, zone):
        offset_before = (change - ONE_MINUTE).astimezone(zone).utcoffset()
        offset_after = change.astimezone(zone).utcoffset()
        if offset_before is not None and offset_after is not None and offset_after < offset_before:
            set_back = offset_before - offset_after
            spans.append(Span(start=change - set_back, end=change + set_back))
    return tuple(spans)


ALL_DAYS: Final = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyTimes:
    """When a slot charges: from `start` to `end` on the wall clock, on ISO weekdays (1 is Monday) of the start."""

    start: time
    end: time
    days: frozenset[int]

    @property
    def over_midnight(self) -> bool:
        """Return whether the slot ends on the day after its start."""
        return self.end <= self.start

    def on(self, day: date, zone: tzinfo) -> Span | None:
        """Return the moments of the slot that starts on a day, `None` where the clock skips all of it.

        A time that the clock skips counts as the moment of the change; of a time that it shows twice the first counts.
        """
        last = day + ONE_DAY if self.over_midnight else day
        start, end = moment_of(day, self.start, zone), moment_of(last, self.end, zone)
        return Span(start=start, end=end) if start < end else None

    def occurrences(self, start: datetime, end: datetime, zone: tzinfo) -> Iterator[Span]:
        """Return the occurrences that overlap the time from `start` until before `end`, in order."""
        day, last = start.astimezone(zone).date() - ONE_DAY, end.astimezone(zone).date()
        while day <= last:
            if day.isoweekday() in self.days and (span := self.on(day, zone)) and span.overlaps(start, end):
                yield span
            day += ONE_DAY

    def next_start(self, after: datetime, zone: tzinfo) -> datetime | None:
        """Return the first start after a moment, `None` without any day."""
        ahead = (s.start for s in self.occurrences(after, after + 9 * ONE_DAY, zone) if s.start > after)
        return next(ahead, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesChange:
    """What is to change of the times of a slot; `None` leaves what is there."""

    start: time | None = None
    end: time | None = None
    days: frozenset[int] | None = None

    @classmethod
    def to(cls, times: WeeklyTimes) -> TimesChange:
        """Return the change to other times altogether."""
        return cls(start=times.start, end=times.end, days=times.days)

    def of(self, times: WeeklyTimes) -> WeeklyTimes:
        """Return the times after the change."""
        return WeeklyTimes(
            start=times.start if self.start is None else self.start,
            end=times.end if self.end is None else self.end,
            days=times.days if self.days is None else self.days,
        )


def moment_of(day: date, wall: time, zone: tzinfo) -> datetime:
    """Return the moment at which the wall clock shows a time on a day, in UTC.

    A time that the clock skips counts as the moment of the change; of a time that it shows twice the first counts.
    """
    shown = datetime.combine(day, wall, tzinfo=zone)
    moment = shown.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return moment
    # A skipped time read by the clock before the change lies after it, and read by the clock after it, before it
    before = shown.replace(fold=1).astimezone(UTC)
    return next(clock_changes(before - ONE_MINUTE, moment, zone), moment)


def next_start(slots: Iterable[WeeklyTimes], after: datetime, zone: tzinfo) -> datetime | None:
    """Return when the first of several slots starts after a moment."""
    return min((start for slot in slots if (start := slot.next_start(after, zone))), default=None)


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
