"""When energy is cheap: the hours that off-peak schedules and smart charging follow (docs/api.md §6.4, §9.5)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from .tariffs import DAY_MINUTES, DayGroup, Tariff

NIGHT_START = time(23, 0)
NIGHT_END = time(6, 0)
"""The cheap hours where a tariff tells none apart."""
_OFF_PEAK = "off-peak"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapHours:
    """A stretch of cheap hours in site-local time, ``end`` exclusive."""

    start: datetime
    end: datetime


def cheap_hours(tariff: Tariff, local: datetime) -> CheapHours | None:
    """Return the cheap hours that a site-local moment lies in, None when it lies in none.

    They reach over midnight, one day to either side at most.
    """
    today = local.date()
    found: CheapHours | None = None
    for stretch in (item for offset in (-1, 0, 1) for item in _of_day(tariff, today + timedelta(days=offset), local)):
        if found is not None and found.end == stretch.start:
            found = CheapHours(start=found.start, end=stretch.end)
        elif found is not None and found.start <= local < found.end:
            break
        else:
            found = stretch
    return found if found is not None and found.start <= local < found.end else None


def _of_day(tariff: Tariff, day: date, local: datetime) -> list[CheapHours]:
    """Return the cheap stretches of a day, cut at midnight."""
    return [
        CheapHours(start=_moment(day, start, local), end=_moment(day, end, local))
        for start, end in _cheap_minutes(tariff, day)
    ]


@lru_cache(maxsize=64)
def _cheap_minutes(tariff: Tariff, day: date) -> tuple[tuple[int, int], ...]:
    """Return the cheap stretches of a day by the minutes of its clock, half-open."""
    group = _group(tariff, day)
    if group is None or len(group.periods) < 2:
        return (0, NIGHT_END.hour * 60), (NIGHT_START.hour * 60, DAY_MINUTES)
    periods = ((minute, group.period(minute)) for minute in range(DAY_MINUTES))
    cheap = {minute for minute, period in periods if period is not None and period.kind == _OFF_PEAK}
    starts = sorted(minute for minute in cheap if minute - 1 not in cheap)
    ends = sorted(minute + 1 for minute in cheap if minute + 1 not in cheap)
    return tuple(zip(starts, ends, strict=True))


def _group(tariff: Tariff, day: date) -> DayGroup | None:
    seasons = tariff.purchase.seasons if tariff.purchase else ()
    season = next((item for item in seasons if item.covers(day.month)), None)
    groups = season.groups if season else ()
    return next((item for item in groups if day.isoweekday() in item.days), None)


def _moment(day: date, minute: int, local: datetime) -> datetime:
    days, rest = divmod(minute, DAY_MINUTES)
    return datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), local.tzinfo)
