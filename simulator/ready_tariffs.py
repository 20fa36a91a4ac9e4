"""Tariffs to choose from by name."""

from dataclasses import replace
from datetime import date

from .tariffs import (
    DAY_MINUTES,
    EVERY_DAY,
    WEEKEND,
    WORKING_DAYS,
    Branch,
    DatedRates,
    DayGroup,
    Period,
    Season,
    Source,
    Spelling,
    Tariff,
    Tier,
)

_SUMMER_MONTHS = range(6, 10)
_EVENING = range(17 * 60, 21 * 60)


def _all_year(group: DayGroup, *others: DayGroup) -> tuple[Season, ...]:
    return (Season(groups=(group, *others)),)


def _whole_day(rate: float) -> tuple[Season, ...]:
    return _all_year(DayGroup(periods=(Period(kind="off-peak", rate=rate),)))


FLAT = Tariff(
    name="flat",
    country="AT",
    currency_symbol="€",
    currency_code="EUR",
    zip_code="1010",
    purchase=Branch(division="single", structure="flat", source=Source.MANUAL, seasons=_whole_day(0.2710)),
    buyback=Branch(
        division="single",
        structure="flat",
        source=Source.NET_FEED_IN,
        export_plan="netFit",
        seasons=_whole_day(0.0820),
    ),
)

WEEKENDS = Tariff(
    name="weekends",
    country="AT",
    currency_symbol="€",
    currency_code="EUR",
    zip_code="1010",
    purchase=Branch(
        division="weekends",
        structure="tou",
        source=Source.MANUAL,
        spelling=Spelling.NUMBERS,
        seasons=_all_year(
            DayGroup(
                name="weekdays",
                days=WORKING_DAYS,
                periods=(
                    Period(kind="off-peak", rate=0.1890),
                    Period(kind="mid-peak", rate=0.2640, start=6 * 60, end=17 * 60),
                    Period(kind="peak", rate=0.3480, start=17 * 60, end=21 * 60),
                ),
            ),
            DayGroup(
                name="weekend",
                days=WEEKEND,
                periods=(
                    Period(kind="off-peak", rate=0.1890),
                    Period(kind="mid-peak", rate=0.2640, start=10 * 60, end=DAY_MINUTES),
                ),
            ),
        ),
    ),
    buyback=Branch(
        division="single",
        structure="flat",
        source=Source.NET_FEED_IN,
        export_plan="netFit",
        spelling=Spelling.NUMBERS,
        seasons=_whole_day(0.0740),
    ),
)


def _components(generation: float) -> tuple[tuple[str, float], ...]:
    return (("Generation", generation), ("Delivery", 0.1648), ("Credit", -0.0040))


def _seasonal(name: str, start_month: int, end_month: int, *, peak: float, mid_peak: float, base: float) -> Season:
    def period(kind: str, generation: float, start: int | None = None, end: int | None = None) -> Period:
        components = _components(generation)
        rate = round(sum(part for _, part in components), 4)
        return Period(kind=kind, rate=rate, start=start, end=end, components=components)

    periods = (
        period("off-peak", base),
        period("mid-peak", mid_peak, 900, 960),
        period("peak", peak, 960, 1260),
        period("mid-peak", mid_peak, 1260, DAY_MINUTES),
    )
    group = DayGroup(days=EVERY_DAY, periods=periods)
    return Season(name=name, start_month=start_month, end_month=end_month, groups=(group,))


_TIME_OF_USE_SEASONS = (
    _seasonal("summer", 6, 9, peak=0.3327, mid_peak=0.2191, base=0.1102),
    _seasonal("winter", 10, 5, peak=0.2512, mid_peak=0.1830, base=0.0772),
)
_TIME_OF_USE = Branch(
    division="seasonal",
    structure="tou",
    source=Source.AUTOFILL,
    seasons=_TIME_OF_USE_SEASONS,
    utility="Bay Power & Light",
)

TIME_OF_USE = Tariff(
    name="time-of-use",
    country="US",
    currency_symbol="$",
    currency_code="USD",
    zip_code="94110",
    purchase=_TIME_OF_USE,
    buyback=Branch(
        division="seasonal",
        structure="tou",
        source=Source.AUTOFILL,
        export_plan="nem",
        seasons=_TIME_OF_USE_SEASONS,
        utility="Bay Power & Light",
    ),
)

TIERED = Tariff(
    name="tiered",
    country="US",
    currency_symbol="$",
    currency_code="USD",
    zip_code="94110",
    purchase=Branch(
        division="single",
        structure="tiered",
        source=Source.MANUAL,
        seasons=(
            Season(
                base_rate=0.2980,
                tiers=(
                    Tier(rate=0.2980, start=0, end=300),
                    Tier(rate=0.3610, start=300, end=900),
                    Tier(rate=0.4420, start=900, end=None),
                ),
            ),
        ),
    ),
    buyback=Branch(
        division="single",
        structure="flat",
        source=Source.GROSS_FEED_IN,
        export_plan="grossFit",
        seasons=_whole_day(0.0600),
    ),
)


def _avoided_cost(day: date, minute: int) -> float:
    """Export is worth little by day and much on summer evenings; each day and hour differ a little."""
    worth = 0.0610
    if 9 * 60 <= minute < 15 * 60:
        worth = 0.0380
    elif minute in _EVENING:
        worth = 0.3150 if day.month in _SUMMER_MONTHS else 0.0890
    if day.isoweekday() in WEEKEND:
        worth *= 0.8
    return round(worth + (day.toordinal() % 7) * 0.0003 + minute // 60 * 0.0001, 4)


NEM3 = Tariff(
    name="nem3",
    country="US",
    currency_symbol="$",
    currency_code="USD",
    zip_code="94110",
    purchase=_TIME_OF_USE,
    buyback=Branch(
        division="seasonal",
        structure="tou",
        source=Source.AUTOFILL,
        export_plan="nem",
        utility="Bay Power & Light",
    ),
    dated=DatedRates(rate=_avoided_cost),
    net_metering="NEM3",
)


def _hours(name: str, base: float, *periods: tuple[str, int, int, float]) -> Tariff:
    """Return a tariff whose price depends on the hour alone: kind, first and last hour (exclusive), price."""
    priced = (Period(kind=kind, rate=rate, start=60 * start, end=60 * end) for kind, start, end, rate in periods)
    group = DayGroup(periods=(Period(kind="mid-peak", rate=base), *priced))
    return Tariff(
        name=name,
        country="AT",
        currency_symbol="€",
        currency_code="EUR",
        zip_code="1010",
        purchase=Branch(division="single", structure="tou", source=Source.MANUAL, seasons=_all_year(group)),
        buyback=FLAT.buyback,
    )


VALLEY = _hours(
    "night-valley",
    0.2790,
    ("off-peak", 1, 5, 0.0610),
    ("mid-peak", 5, 6, 0.1480),
    ("peak", 17, 21, 0.4120),
)
"""A deep valley at night."""

NEGATIVE = _hours(
    "negative",
    0.1930,
    ("off-peak", 2, 4, -0.0120),
    ("peak", 7, 9, 0.3340),
    ("off-peak", 12, 15, -0.0450),
    ("peak", 18, 21, 0.3880),
)
"""Prices below zero in the night and at noon."""

_ODD = {"clock-times": Spelling.CLOCK, "day-names": Spelling.DAY_NAMES, "no-months": Spelling.NO_MONTHS}
ODD = tuple(
    replace(TIME_OF_USE, name=name, purchase=replace(_TIME_OF_USE, spelling=spelling))
    for name, spelling in _ODD.items()
)
"""Ordinary prices, oddly spelt."""

NONE = Tariff(name="none", country="AT", currency_symbol="€", currency_code="EUR", zip_code="1010")

TARIFFS = {tariff.name: tariff for tariff in (FLAT, TIME_OF_USE, WEEKENDS, TIERED, NEM3, VALLEY, NEGATIVE, *ODD, NONE)}
"""Every ready tariff by name."""
