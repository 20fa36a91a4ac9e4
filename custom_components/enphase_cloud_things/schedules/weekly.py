"""Weekly slots on the wall clock, and the moments they stand for.

A slot has a start and an end in minutes of the wall clock and the days of the week on which it starts; one that ends at
or before its start ends on the next day (docs/api.md §6.4).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from .wall_clock import Span, clock_changes

ALL_DAYS: Final = frozenset(range(1, 8))

_ONE_DAY: Final = timedelta(days=1)
_ONE_MINUTE: Final = timedelta(minutes=1)


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
        last = day + _ONE_DAY if self.over_midnight else day
        start, end = moment_of(day, self.start, zone), moment_of(last, self.end, zone)
        return Span(start=start, end=end) if start < end else None

    def occurrences(self, start: datetime, end: datetime, zone: tzinfo) -> Iterator[Span]:
        """Return the occurrences that overlap the time from `start` until before `end`, in order."""
        day, last = start.astimezone(zone).date() - _ONE_DAY, end.astimezone(zone).date()
        while day <= last:
            if day.isoweekday() in self.days and (span := self.on(day, zone)) and span.overlaps(start, end):
                yield span
            day += _ONE_DAY

    def next_start(self, after: datetime, zone: tzinfo) -> datetime | None:
        """Return the first start after a moment, `None` without any day."""
        ahead = (s.start for s in self.occurrences(after, after + 9 * _ONE_DAY, zone) if s.start > after)
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
    return next(clock_changes(before - _ONE_MINUTE, moment, zone), moment)


def next_start(slots: Iterable[WeeklyTimes], after: datetime, zone: tzinfo) -> datetime | None:
    """Return when the first of several slots starts after a moment."""
    return min((start for slot in slots if (start := slot.next_start(after, zone))), default=None)
