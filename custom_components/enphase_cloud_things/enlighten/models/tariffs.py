"""Tariffs: what energy from and to the grid costs, as the cloud describes it.

Rates are in the site's currency per kWh. Minutes count from midnight on the clock at the site, and every interval is
half-open: it includes its start and excludes its end, whatever the cloud's spelling was. Weekdays are ISO: Monday is 1.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

MINUTES_OF_A_DAY: Final = 1440

EVERY_DAY: Final = frozenset(range(1, 8))
WORKING_DAYS: Final = frozenset(range(1, 6))
WEEKEND: Final = frozenset({6, 7})


class TariffStructure(StrEnum):
    """Known values of `typeId` (docs/api.md §9.5). The model keeps unknown ones as text."""

    FLAT = "flat"
    TIME_OF_USE = "tou"
    TIERED = "tiered"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateComponent:
    """One part of a rate (`Generation`, `Credit`, …); may be negative."""

    name: str
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A rate for some minutes of a day (docs/api.md §9.5).

    `start` is 0 to 1439, `end` 1 to 1440; a period whose start is later than its end runs over midnight. Without
    both it is the fallback for the minutes that no other period covers. `kind` is `off-peak`, `mid-peak` or `peak`.
    """

    rate: float | None
    kind: str | None = None
    period_id: str | None = None
    start: int | None = None
    end: int | None = None
    components: tuple[RateComponent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGroup:
    """The weekdays that share their periods."""

    days: frozenset[int] = EVERY_DAY
    periods: tuple[Period, ...] = ()
    group_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A rate for a range of consumption in kWh per billing period; `end` is `None` where it is open."""

    rate: float | None
    start: float | None = None
    end: float | None = None
    tier_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Months of the year, both inclusive, that share their day groups; from October (10) to May (5) wraps the year.

    A tiered season has `tiers`, and `base_rate` where the cloud names one.
    """

    season_id: str | None = None
    start_month: int = 1
    end_month: int = 12
    day_groups: tuple[DayGroup, ...] = ()
    tiers: tuple[Tier, ...] = ()
    base_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffBranch:
    """One direction of a tariff (docs/api.md §9.5).

    `structure` is a `TariffStructure` where known; `division` is the cloud's `typeKind` (`single`, `seasonal`, …),
    `source` tells who entered it (`manual`, `autofill`, …).
    """

    structure: str | None = None
    division: str | None = None
    source: str | None = None
    export_plan: str | None = None
    seasons: tuple[Season, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The tariff of a site: `purchase` is the import, `buyback` the export. Both may be missing.

    `currency_symbol` is a symbol and no ISO code: `$` is used in several countries.
    """

    purchase: TariffBranch | None = None
    buyback: TariffBranch | None = None
    currency_symbol: str | None = None
    country: str | None = None
    net_metering_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRate:
    """A rate for some minutes of one date, half-open like a period."""

    start: int
    end: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRates:
    """The export rates of one date (docs/api.md §9.6). `time_zone` is an IANA name."""

    day: date
    rates: tuple[DatedRate, ...] = ()
    currency_symbol: str | None = None
    time_zone: str | None = None


def half_open_minutes(start: int | None, end: int | None) -> tuple[int, int] | None:
    """Return the start and the exclusive end of a period as the cloud spells it; `None` for the fallback.

    Ends come inclusive (959, 1259, 1439) as well as exclusive (1260), whoever wrote them. Tariffs change on multiples
    of five minutes, so an end that is one minute short of such a multiple is inclusive. Midnight is 0 or 1440. A
    missing side is the midnight on that side.

    Source: docs/api.md §9.5. Raises ValueError for minutes outside of a day.
    """
    if start is None and end is None:
        return None
    start = start or 0
    end = end or MINUTES_OF_A_DAY
    if not (0 <= start <= MINUTES_OF_A_DAY and 0 <= end <= MINUTES_OF_A_DAY):
        raise ValueError
    return start % MINUTES_OF_A_DAY, end + 1 if end % 5 == 4 else end


def weekdays_of(group_id: str | None) -> frozenset[int]:
    """Return the weekdays that the id of a day group stands for, where the cloud does not list them."""
    text = (group_id or "").lower()
    if text.startswith("weekday"):
        return WORKING_DAYS
    if text.startswith("weekend"):
        return WEEKEND
    return EVERY_DAY
