"""Days and minutes as the clock at the site shows them.

A day begins at the site's midnight and has 23, 24 or 25 hours. Lengths are always taken
between UTC times: the difference of two local times leaves the change of the clock out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

ONE_DAY: Final = timedelta(days=1)
ONE_HOUR: Final = timedelta(hours=1)
ONE_MINUTE: Final = timedelta(minutes=1)


def local_day(moment: datetime, zone: tzinfo) -> date:
    """Return the date at the site."""
    return moment.astimezone(zone).date()


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of a day at the site, in UTC.

    Where the clock skips midnight this is the moment it skips it.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of the next day at the site, in UTC."""
    return start_of_day(day + ONE_DAY, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days at the site from one to another, both included."""

    first: date
    last: date

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return their first moment and the first one after them, in UTC."""
        return start_of_day(self.first, zone), end_of_day(self.last, zone)


def split_by_day(amount: float, start: datetime, end: datetime, zone: tzinfo) -> tuple[tuple[date, float], ...]:
    """Divide what accrued evenly between two moments among the days at the site.

    The shares add up to the amount; without any time between, it all belongs to the
    day of `end`.
    """
    day, last = local_day(start, zone), local_day(end, zone)
    if day >= last:
        return ((last, amount),)
    length = (end - start).total_seconds()
    shares: list[tuple[date, float]] = []
    rest = amount
    while day < last:
        begin, stop = max(start, start_of_day(day, zone)), end_of_day(day, zone)
        share = amount * (stop - begin).total_seconds() / length
        shares.append((day, share))
        rest -= share
        day += ONE_DAY
    return (*shares, (last, max(rest, 0.0)))


def clock_changes(start: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Return the moments after `start` and up to `end` at which the clock was set, to the minute, in UTC."""
    moment = start.astimezone(UTC).replace(second=0, microsecond=0)
    offset = moment.astimezone(zone).utcoffset()
    while moment < end:
        following = moment + ONE_HOUR
        if following.astimezone(zone).utcoffset() != offset:
            while moment.astimezone(zone).utcoffset() == offset:
                moment += ONE_MINUTE
            following = moment
            offset = moment.astimezone(zone).utcoffset()
            if start < moment <= end:
                yield moment
        moment = following
