"""The plan's windows as slots of the charger.

Each window becomes one slot on the one weekday of its start, and is remembered as the plan's own until it is gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from ..days import ONE_DAY
from ..schedules.slots import Span, WeeklyTimes, repeated_times
from .planner import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSlot:
    """A slot that the plan made: its id, and from when to when (UTC) it is meant.

    `confirmed`: the charger has had it. `retired`: another plan took its place, or its time is over.
    """

    slot_id: str = field(repr=False)
    start: datetime
    end: datetime
    confirmed: bool = False
    retired: bool = False

    def times(self, zone: tzinfo) -> WeeklyTimes:
        """Return the slot as the charger holds it."""
        return weekly_times_of(self.start, self.end, zone)


def weekly_times_of(start: datetime, end: datetime, zone: tzinfo) -> WeeklyTimes:
    """Return the times on the wall clock that are open from one moment to another.

    A start among times that the clock shows twice is put before them: whichever of the two the charger means, it
    charges from `start` on. A window that begins there is one that begins at once, so nothing before it counts.
    """
    doubled = (span for span in repeated_times(start - ONE_DAY, start + ONE_DAY, zone))
    first = next((span.start for span in doubled if span.start < start < span.end), start).astimezone(zone)
    return WeeklyTimes(start=first.time(), end=end.astimezone(zone).time(), days=frozenset({first.date().isoweekday()}))


def slot_spans(windows: Iterable[Window], zone: tzinfo) -> tuple[Span, ...]:
    """Return the windows as a charger can hold them: one of a day or longer is cut, for a slot ends within a day."""
    return tuple(span for window in windows for span in _cut(window.start, window.end, zone))


def _cut(start: datetime, end: datetime, zone: tzinfo) -> Iterator[Span]:
    while _shown(end, zone) - _shown(start, zone) >= ONE_DAY:
        middle = start + ONE_DAY / 2
        yield Span(start=start, end=middle)
        start = middle
    yield Span(start=start, end=end)


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
