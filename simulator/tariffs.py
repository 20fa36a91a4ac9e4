"""Tariffs: what energy costs at which time on the clock of the site (docs/api.md §9.5, §9.6).

Rates are in the tariff's currency per kWh. Minutes count from site-local midnight and every interval here is
half-open; how ends are spelled on the wire is the business of the service.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WORKING_DAYS = (1, 2, 3, 4, 5)
WEEKEND = (6, 7)
DAY_MINUTES = 1440


class Source(StrEnum):
    """Who entered a branch; automatic ones spell their ends inclusively."""

    MANUAL = "manual"
    AUTOFILL = "autofill"
    NET_FEED_IN = "netFit"
    GROSS_FEED_IN = "grossFit"


class Spelling(StrEnum):
    """How a branch writes its times and days; odd ones are what nobody has documented."""

    TEXT = "minutes as text"
    NUMBERS = "minutes as numbers"
    CLOCK = "times of day such as 16:00"
    DAY_NAMES = "minutes as text, days by name"
    NO_MONTHS = "minutes as text, seasons without months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A rate for some minutes; without ``start`` and ``end`` for the minutes that no other period covers."""

    kind: str
    rate: float
    start: int | None = None
    end: int | None = None
    components: tuple[tuple[str, float], ...] = ()

    def covers(self, minute: int) -> bool:
        """Whether the period names this minute."""
        if self.start is None or self.end is None:
            return False
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGroup:
    """ISO weekdays with the same periods; the fallback stands first."""

    name: str = "week"
    days: tuple[int, ...] = EVERY_DAY
    periods: tuple[Period, ...] = ()

    def period(self, minute: int) -> Period | None:
        """Return the period that names the minute, else the fallback."""
        for period in self.periods:
            if period.covers(minute):
                return period
        return next((period for period in self.periods if period.start is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A rate for a range of kWh in a billing period; ``end`` None is open."""

    rate: float
    start: int
    end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Months, both inclusive and perhaps over the turn of the year, with day groups or with tiers and a base rate."""

    name: str = "default"
    start_month: int = 1
    end_month: int = 12
    groups: tuple[DayGroup, ...] = ()
    tiers: tuple[Tier, ...] = ()
    base_rate: float | None = None

    def covers(self, month: int) -> bool:
        """Whether the month belongs to the season."""
        if self.start_month <= self.end_month:
            return self.start_month <= month <= self.end_month
        return month >= self.start_month or month <= self.end_month


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One direction of a tariff. ``division`` is ``typeKind`` and ``structure`` ``typeId`` on the wire."""

    division: str
    structure: str
    source: Source
    seasons: tuple[Season, ...] = ()
    export_plan: str | None = None
    utility: str | None = None
    spelling: Spelling = Spelling.TEXT

    def rate(self, local: datetime) -> float | None:
        """Return the rate at a site-local moment, for tiers the base rate; None where the branch has none."""
        season = next((item for item in self.seasons if item.covers(local.month)), None)
        if season is None:
            return None
        group = next((item for item in season.groups if local.isoweekday() in item.days), None)
        period = group.period(local.hour * 60 + local.minute) if group else None
        return season.base_rate if period is None else period.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRates:
    """Export rates that are known by date only: a rate for each ``step`` of minutes of a day."""

    rate: Callable[[date, int], float]
    step: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A site's tariff; branches are None where nothing is configured."""

    name: str
    country: str
    currency_symbol: str
    currency_code: str
    zip_code: str
    purchase: Branch | None = None
    buyback: Branch | None = None
    dated: DatedRates | None = None
    net_metering: str = ""

    def import_rate(self, local: datetime) -> float | None:
        """Return what a kWh from the grid costs at a site-local moment."""
        return self.purchase.rate(local) if self.purchase else None

    def export_rate(self, local: datetime) -> float | None:
        """Return what a kWh to the grid earns at a site-local moment."""
        if self.dated is not None:
            minute = local.hour * 60 + local.minute
            return self.dated.rate(local.date(), minute - minute % self.dated.step)
        return self.buyback.rate(local) if self.buyback else None
