"""Where the wall clock of a site shows a time twice.

A charger's schedule is written in wall-clock times. A clock that is set back shows up to an hour twice, and a time in
it names two moments: a slot that begins or ends there may gain or lose that hour, depending on the charger.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_COARSE_STEP: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


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
        offset_before = (change - _MINUTE).astimezone(zone).utcoffset()
        offset_after = change.astimezone(zone).utcoffset()
        if offset_before is not None and offset_after is not None and offset_after < offset_before:
            set_back = offset_before - offset_after
            spans.append(Span(start=change - set_back, end=change + set_back))
    return tuple(spans)


def clock_changes(start: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Return the moments after `start` and up to `end` at which the clock was set, to the minute, in UTC."""
    moment = start.astimezone(UTC).replace(second=0, microsecond=0)
    offset = moment.astimezone(zone).utcoffset()
    while moment < end:
        following = moment + _COARSE_STEP
        if following.astimezone(zone).utcoffset() != offset:
            while moment.astimezone(zone).utcoffset() == offset:
                moment += _MINUTE
            following = moment
            offset = moment.astimezone(zone).utcoffset()
            if start < moment <= end:
                yield moment
        moment = following
