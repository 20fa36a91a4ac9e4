"""What energy costs when: a tariff laid out on the clock of a site.

A tariff speaks in months, weekdays and minutes of the wall clock; a price holds from one
moment to another. In between lie days of 23 and 25 hours: an hour that the clock skips
has no price, one that it shows twice has the same prices twice.

A price interval is a whole price period, not what is left of it in the range asked for,
so that the same period is the same calendar event in every query. Neighbouring equal
prices are one period, also over midnight. Only a price that stands for a week or longer
is cut at each midnight, because "for ever" is no event.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Protocol, override

from ..days import ONE_DAY, clock_changes, end_of_day, local_day, start_of_day
from ..enlighten.models.tariffs import (
    MINUTES_OF_A_DAY,
    DatedRates,
    DayGroup,
    Period,
    RateComponent,
    Season,
    Tariff,
    TariffBranch,
    TariffStructure,
)

LONGEST_PERIOD: Final = timedelta(days=7)

# As many days around a range as the longest uncut period may reach into it, and one
# because a day can be short.
_CONTEXT: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price in the site's currency per kWh, and where it comes from.

    `period` is the kind of the tariff period (`off-peak`, `peak`, …). `base_rate` marks
    the base rate of a tiered tariff: the true price depends on the consumption.
    """

    rate: float
    period: str | None = None
    components: tuple[RateComponent, ...] = ()
    base_rate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceInterval:
    """A price from `start` until before `end`, both UTC; `price` is `None` where it is unknown."""

    start: datetime
    end: datetime
    price: Price | None


# The first minutes and the prices of a day's sections, the first of them from minute 0.
type DayPlan = tuple[tuple[int, Price | None], ...]

_UNKNOWN_DAY: Final[DayPlan] = ((0, None),)


class PriceSource(Protocol):
    """What knows the prices of a day in minutes of the wall clock."""

    @property
    def dated(self) -> bool:
        """Whether each date stands for itself, so that no period reaches over midnight."""

    def plan(self, day: date) -> DayPlan:
        """Return the sections of a day; an unknown price is one, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffSource(PriceSource):
    """Prices from seasons, day groups and periods."""

    branch: TariffBranch

    @property
    @override
    def dated(self) -> bool:
        return False

    @override
    def plan(self, day: date) -> DayPlan:
        season = next((s for s in self.branch.seasons if _in_season(s, day.month)), None)
        if season is None:
            return _UNKNOWN_DAY
        tiered = self.branch.structure == TariffStructure.TIERED or not season.day_groups
        if tiered and season.base_unreadable:
            return _UNKNOWN_DAY
        if tiered and (price := _base_price(season)):
            return ((0, price),)
        group = next((g for g in season.day_groups if day.isoweekday() in g.days), None)
        return _group_plan(group) if group else _UNKNOWN_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSource(PriceSource):
    """Prices of single dates; every other date is unknown."""

    days: Mapping[date, DatedRates]

    @property
    @override
    def dated(self) -> bool:
        return True

    @override
    def plan(self, day: date) -> DayPlan:
        known = self.days.get(day)
        if known is None:
            return _UNKNOWN_DAY
        periods = tuple(Period(rate=rate.rate, start=rate.start, end=rate.end) for rate in known.rates)
        return _group_plan(DayGroup(periods=periods, incomplete=known.incomplete))


@dataclass(slots=True, kw_only=True)
class PriceSchedule:
    """The prices of one direction at a site. The interval of now is remembered: many ask for it, all day long."""

    source: PriceSource
    zone: tzinfo
    _current: PriceInterval | None = field(default=None, init=False, repr=False, compare=False)

    def price_at(self, now: datetime) -> PriceInterval | None:
        """Return the price of now and how long it holds, `None` while it is unknown."""
        interval = self.interval_at(now)
        return interval if interval.price else None

    def next_boundary(self, now: datetime) -> datetime:
        """Return when the price period of now ends, be its price known or not."""
        return self.interval_at(now).end

    def interval_at(self, now: datetime) -> PriceInterval:
        """Return the interval that holds now."""
        if self._current is None or not self._current.start <= now < self._current.end:
            (self._current,) = self.intervals(now, now + timedelta(microseconds=1))
        return self._current

    def intervals(self, start: datetime, end: datetime) -> tuple[PriceInterval, ...]:
        """Return the whole price intervals that overlap a range, in order.

        They follow each other without gaps or overlaps; unknown prices are intervals,
        too.
        """
        if end <= start:
            return ()
        first = local_day(start, self.zone) - _CONTEXT
        last = local_day(end, self.zone) + _CONTEXT
        sections = self._sections(first, last)
        periods = sections if self.source.dated else self._cut_long(_merged(sections))
        return tuple(i for i in periods if i.start < end and i.end > start)

    def _sections(self, first: date, last: date) -> Iterator[PriceInterval]:
        day = first
        while day <= last:
            yield from _merged(_day_sections(self.source.plan(day), day, self.zone))
            day += ONE_DAY

    def _cut_long(self, intervals: Iterable[PriceInterval]) -> Iterator[PriceInterval]:
        for interval in intervals:
            if interval.end - interval.start < LONGEST_PERIOD:
                yield interval
                continue
            start = interval.start
            while start < interval.end:
                end = min(end_of_day(local_day(start, self.zone), self.zone), interval.end)
                yield replace(interval, start=start, end=end)
                start = end


def import_prices(tariff: Tariff | None, zone: tzinfo) -> PriceSchedule:
    """Return the prices of energy from the grid; all unknown without a tariff."""
    branch = tariff.purchase if tariff else None
    return PriceSchedule(source=TariffSource(branch=branch or TariffBranch()), zone=zone)


def export_prices(tariff: Tariff | None, dated: Mapping[date, DatedRates], zone: tzinfo) -> PriceSchedule:
    """Return the prices of energy to the grid.

    From the tariff's seasons where these have any rate, else from the dated rates. Those are
    known for a few days only; a day's rates are never taken for another's.
    """
    branch = tariff.buyback if tariff else None
    if branch and has_rates(branch):
        return PriceSchedule(source=TariffSource(branch=branch), zone=zone)
    return PriceSchedule(source=DatedSource(days=dated), zone=zone)


def has_rates(branch: TariffBranch) -> bool:
    """Return whether any season of a branch has a rate; the cloud also lists seasons without."""
    return any(
        season.base_rate is not None
        or any(tier.rate is not None for tier in season.tiers)
        or any(period.rate is not None for group in season.day_groups for period in group.periods)
        for season in branch.seasons
    )


def _in_season(season: Season, month: int) -> bool:
    if season.start_month <= season.end_month:
        return season.start_month <= month <= season.end_month
    return month >= season.start_month or month <= season.end_month


def _base_price(season: Season) -> Price | None:
    rate = season.base_rate
    if rate is None:
        lowest = min(season.tiers, key=lambda tier: tier.start or 0.0, default=None)
        rate = lowest.rate if lowest else None
    return None if rate is None else Price(rate=rate, base_rate=True)


def _group_plan(group: DayGroup) -> DayPlan:
    timed = [p for p in group.periods if p.start is not None and p.end is not None and not _all_day(p)]
    edges = {0}
    for period in timed:
        edges |= {period.start or 0, (period.end or 0) % MINUTES_OF_A_DAY}
    # A period whose time is unknown may be at any time that no other one has
    fallback = None if group.incomplete else next((p for p in group.periods if _all_day(p)), None)
    return tuple((edge, _price(_period_at(timed, edge) or fallback)) for edge in sorted(edges))


def _all_day(period: Period) -> bool:
    """Return whether a period holds whenever no other does, also if it spells out the whole day."""
    return (period.start, period.end) in ((None, None), (0, MINUTES_OF_A_DAY))


def _period_at(timed: Sequence[Period], minute: int) -> Period | None:
    return next((period for period in timed if _covers(period, minute)), None)


def _covers(period: Period, minute: int) -> bool:
    start, end = period.start or 0, period.end or 0
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end


def _price(period: Period | None) -> Price | None:
    if period is None or period.rate is None:
        return None
    return Price(rate=period.rate, period=period.kind, components=period.components)


def _day_sections(plan: DayPlan, day: date, zone: tzinfo) -> Iterator[PriceInterval]:
    """Lay a day's plan out in time, one stretch of steady clock after the other."""
    begin, end = start_of_day(day, zone), end_of_day(day, zone)
    changes = _clock_changes(begin, end, zone)
    for start, stop in zip([begin, *changes], [*changes, end], strict=True):
        local = start.astimezone(zone)
        shown = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
        for (minute, price), following in zip(plan, [*plan[1:], (MINUTES_OF_A_DAY, None)], strict=True):
            section_start = max(start, start + timedelta(minutes=minute) - shown)
            section_end = min(stop, start + timedelta(minutes=following[0]) - shown)
            if section_start < section_end:
                yield PriceInterval(start=section_start, end=section_end, price=price)


def _clock_changes(begin: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """Return the moments between two others at which the clock was set."""
    if begin.astimezone(zone).utcoffset() == end.astimezone(zone).utcoffset():
        return []
    return [change for change in clock_changes(begin, end, zone) if change < end]


def _merged(intervals: Iterable[PriceInterval]) -> Iterator[PriceInterval]:
    pending: PriceInterval | None = None
    for interval in intervals:
        if pending and pending.price == interval.price and pending.end == interval.start:
            pending = replace(pending, end=interval.end)
            continue
        if pending:
            yield pending
        pending = interval
    if pending:
        yield pending
