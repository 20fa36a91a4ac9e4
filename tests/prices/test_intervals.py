"""What energy costs when: a tariff laid out on the clock of a site."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import override
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten.models.tariffs import (
    DatedRate,
    DatedRates,
    DayGroup,
    Period,
    RateComponent,
    Season,
    Tariff,
    TariffBranch,
    Tier,
)
from custom_components.enphase_cloud_things.prices.intervals import (
    DayPlan,
    Price,
    PriceInterval,
    PriceSchedule,
    PriceSource,
    export_prices,
    import_prices,
)

from ..zones import VIENNA, moments, zones

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# The published shape: the all-day fallback first, two seasons of which one wraps the
# year, working days and weekends.
COMPONENTS = (RateComponent(name="Generation", rate=0.11), RateComponent(name="Credit", rate=-0.004))
PUBLISHED = Tariff(
    purchase=TariffBranch(
        structure="tou",
        seasons=(
            Season(
                start_month=6,
                end_month=9,
                day_groups=(
                    DayGroup(
                        days=frozenset({1, 2, 3, 4, 5}),
                        periods=(
                            Period(kind="off-peak", rate=0.271, components=COMPONENTS),
                            Period(kind="mid-peak", rate=0.3312, start=900, end=960),
                            Period(kind="peak", rate=0.4935, start=960, end=1260),
                            Period(kind="mid-peak", rate=0.3312, start=1260, end=1440),
                        ),
                    ),
                    DayGroup(
                        days=frozenset({6, 7}),
                        periods=(
                            Period(kind="off-peak", rate=0.271, components=COMPONENTS),
                            Period(kind="peak", rate=0.4935, start=1020, end=1260),
                        ),
                    ),
                ),
            ),
            Season(
                start_month=10,
                end_month=5,
                day_groups=(
                    DayGroup(
                        periods=(
                            Period(kind="off-peak", rate=0.2411),
                            Period(kind="peak", rate=0.3021, start=960, end=1260),
                            Period(kind="super-off-peak", rate=0.1902, start=1380, end=360),
                        ),
                    ),
                ),
            ),
        ),
    )
)


def week(*periods: Period, structure: str = "tou") -> Tariff:
    return Tariff(
        purchase=TariffBranch(
            structure=structure,
            seasons=(Season(day_groups=(DayGroup(periods=periods),)),),
        )
    )


FLAT = week(Period(kind="off-peak", rate=0.25), structure="flat")
EVENING_PEAK = week(Period(kind="off-peak", rate=0.25), Period(kind="peak", rate=0.5, start=1020, end=1260))


def local(day: int, hour: int = 0, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=VIENNA)


def spans(intervals: tuple[PriceInterval, ...], zone: ZoneInfo = VIENNA) -> list[tuple[str, str, float | None]]:
    return [
        (
            f"{interval.start.astimezone(zone):%d. %H:%M}",
            f"{interval.end.astimezone(zone):%d. %H:%M}",
            interval.price.rate if interval.price else None,
        )
        for interval in intervals
    ]


def test_a_timed_period_wins_over_the_fallback_that_is_listed_first() -> None:
    """Trap 17: the first row that matches used to hide every peak."""
    schedule = import_prices(EVENING_PEAK, VIENNA)
    for hour, rate in ((16, 0.25), (17, 0.5), (20, 0.5), (21, 0.25)):
        interval = schedule.price_at(local(10, hour))
        assert interval is not None
        assert interval.price is not None
        assert interval.price.rate == rate


def test_a_price_changes_exactly_at_the_boundary_of_its_period() -> None:
    """Trap 18: no minute without a price and none with two."""
    schedule = import_prices(EVENING_PEAK, VIENNA)
    boundary = schedule.next_boundary(local(10, 12))
    assert boundary == local(10, 17)
    before = schedule.interval_at(boundary - timedelta(microseconds=1))
    after = schedule.interval_at(boundary)
    assert (before.end, after.start) == (boundary, boundary)
    assert before.price != after.price


def test_one_price_period_over_midnight_is_one_interval() -> None:
    intervals = import_prices(EVENING_PEAK, VIENNA).intervals(local(10), local(11))
    assert spans(intervals) == [
        ("09. 21:00", "10. 17:00", 0.25),
        ("10. 17:00", "10. 21:00", 0.5),
        ("10. 21:00", "11. 17:00", 0.25),
    ]


def test_a_period_that_runs_over_midnight_is_one_interval() -> None:
    tariff = week(Period(kind="off-peak", rate=0.25), Period(kind="night", rate=0.1, start=1320, end=360))
    intervals = import_prices(tariff, VIENNA).intervals(local(10, 12), local(11, 12))
    assert spans(intervals) == [
        ("10. 06:00", "10. 22:00", 0.25),
        ("10. 22:00", "11. 06:00", 0.1),
        ("11. 06:00", "11. 22:00", 0.25),
    ]


def test_neighbouring_periods_of_one_kind_and_rate_are_one_interval() -> None:
    tariff = week(
        Period(kind="off-peak", rate=0.25),
        Period(kind="peak", rate=0.5, start=960, end=1080),
        Period(kind="peak", rate=0.5, start=1080, end=1260),
    )
    interval = import_prices(tariff, VIENNA).interval_at(local(10, 17))
    assert spans((interval,)) == [("10. 16:00", "10. 21:00", 0.5)]


@pytest.mark.parametrize(
    "second",
    [
        Period(kind="mid-peak", rate=0.5, start=1080, end=1260),
        Period(kind="peak", rate=0.5, start=1080, end=1260, components=COMPONENTS),
    ],
)
def test_neighbouring_periods_that_differ_in_kind_or_parts_stay_apart(second: Period) -> None:
    tariff = week(Period(kind="off-peak", rate=0.25), Period(kind="peak", rate=0.5, start=960, end=1080), second)
    assert import_prices(tariff, VIENNA).next_boundary(local(10, 17)) == local(10, 18)


def test_a_price_period_over_a_weekend_is_one_interval() -> None:
    groups = (
        DayGroup(
            days=frozenset({1, 2, 3, 4, 5}),
            periods=(Period(rate=0.25), Period(rate=0.5, start=960, end=1260)),
        ),
        DayGroup(days=frozenset({6, 7}), periods=(Period(rate=0.25),)),
    )
    tariff = Tariff(purchase=TariffBranch(structure="tou", seasons=(Season(day_groups=groups),)))
    interval = import_prices(tariff, VIENNA).interval_at(local(14, 12))
    assert spans((interval,)) == [("13. 21:00", "16. 16:00", 0.25)]


def test_a_flat_price_is_cut_at_every_midnight() -> None:
    intervals = import_prices(FLAT, VIENNA).intervals(local(10, 12), local(12, 12))
    assert spans(intervals) == [
        ("10. 00:00", "11. 00:00", 0.25),
        ("11. 00:00", "12. 00:00", 0.25),
        ("12. 00:00", "13. 00:00", 0.25),
    ]


def test_a_season_changes_at_the_midnight_of_its_first_day() -> None:
    schedule = import_prices(PUBLISHED, VIENNA)
    intervals = schedule.intervals(local(30, 22, month=9), local(1, 1, month=10))
    assert spans(intervals) == [
        ("30. 21:00", "01. 00:00", 0.3312),
        ("01. 00:00", "01. 06:00", 0.1902),
    ]


@pytest.mark.parametrize(("month", "rate"), [(1, 0.1), (5, 0.1), (6, 0.2), (9, 0.2), (10, 0.1), (12, 0.1)])
def test_a_season_may_wrap_the_year(month: int, rate: float) -> None:
    seasons = (
        Season(start_month=10, end_month=5, day_groups=(DayGroup(periods=(Period(rate=0.1),)),)),
        Season(start_month=6, end_month=9, day_groups=(DayGroup(periods=(Period(rate=0.2),)),)),
    )
    schedule = import_prices(Tariff(purchase=TariffBranch(seasons=seasons)), VIENNA)
    interval = schedule.price_at(local(15, 12, month=month))
    assert interval is not None
    assert interval.price == Price(rate=rate)


# Days when the clock changes


def test_an_hour_that_the_clock_skips_has_no_price() -> None:
    tariff = week(Period(rate=0.25), Period(rate=0.1, start=120, end=180), Period(rate=0.5, start=180, end=240))
    intervals = import_prices(tariff, VIENNA).intervals(local(29, 1, month=3), local(29, 5, month=3))
    assert spans(intervals) == [
        ("28. 04:00", "29. 03:00", 0.25),
        ("29. 03:00", "29. 04:00", 0.5),
        ("29. 04:00", "30. 02:00", 0.25),
    ]
    assert intervals[0].end == intervals[1].start == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_boundary_within_a_skipped_hour_is_the_moment_of_the_change() -> None:
    tariff = week(Period(rate=0.25), Period(rate=0.5, start=150, end=240))
    schedule = import_prices(tariff, VIENNA)
    assert schedule.next_boundary(local(29, 1, month=3)) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_period_keeps_its_price_through_an_hour_that_is_shown_twice() -> None:
    tariff = week(Period(rate=0.25), Period(rate=0.1, start=120, end=180))
    intervals = import_prices(tariff, VIENNA).intervals(local(25, 1, month=10), local(25, 5, month=10))
    cheap = intervals[1]
    assert (cheap.price, cheap.end - cheap.start) == (Price(rate=0.1), 2 * HOUR)


def test_a_boundary_within_a_repeated_hour_occurs_twice() -> None:
    tariff = week(Period(rate=0.25), Period(rate=0.5, start=150, end=240))
    intervals = import_prices(tariff, VIENNA).intervals(local(25, 2, month=10), local(25, 4, month=10))
    assert spans(intervals) == [
        ("24. 04:00", "25. 02:30", 0.25),
        ("25. 02:30", "25. 02:00", 0.5),
        ("25. 02:00", "25. 02:30", 0.25),
        ("25. 02:30", "25. 04:00", 0.5),
    ]


@pytest.mark.parametrize(("day", "month", "hours"), [(29, 3, 23), (25, 10, 25), (1, 6, 24)])
def test_a_day_of_a_flat_price_is_as_long_as_the_clock_makes_it(day: int, month: int, hours: int) -> None:
    interval = import_prices(FLAT, VIENNA).interval_at(local(day, 12, month=month))
    assert interval.end - interval.start == hours * HOUR


# Missing parts and tiers


@pytest.mark.parametrize(
    "tariff",
    [
        None,
        Tariff(),
        Tariff(purchase=TariffBranch()),
        Tariff(purchase=TariffBranch(structure="tiered", seasons=(Season(),))),
        Tariff(purchase=TariffBranch(seasons=(Season(start_month=6, end_month=9),))),
        week(),
        week(Period(rate=None)),
        week(Period(rate=0.3, start=600, end=600)),
        week(Period(rate=0.3, start=600, end=None)),
        Tariff(purchase=TariffBranch(seasons=(Season(day_groups=(DayGroup(days=frozenset({6})),)),))),
    ],
)
def test_a_tariff_that_does_not_say_gives_an_unknown_price(tariff: Tariff | None) -> None:
    schedule = import_prices(tariff, VIENNA)
    assert schedule.price_at(local(10, 12)) is None
    assert schedule.next_boundary(local(10, 12)) == local(11)
    assert [interval.price for interval in schedule.intervals(local(10), local(12))] == [None, None]


def test_minutes_without_any_period_are_unknown() -> None:
    tariff = week(Period(rate=0.5, start=960, end=1260))
    intervals = import_prices(tariff, VIENNA).intervals(local(10), local(11))
    assert spans(intervals) == [
        ("09. 21:00", "10. 16:00", None),
        ("10. 16:00", "10. 21:00", 0.5),
        ("10. 21:00", "11. 16:00", None),
    ]


def test_a_period_without_a_rate_is_not_given_the_fallback_s() -> None:
    tariff = week(Period(rate=0.25), Period(kind="peak", rate=None, start=960, end=1260))
    assert import_prices(tariff, VIENNA).price_at(local(10, 17)) is None


def test_of_two_overlapping_periods_the_first_listed_holds() -> None:
    tariff = week(Period(rate=0.5, start=600, end=720), Period(rate=0.4, start=660, end=780))
    intervals = import_prices(tariff, VIENNA).intervals(local(10, 10), local(10, 13))
    assert spans(intervals) == [("10. 10:00", "10. 12:00", 0.5), ("10. 12:00", "10. 13:00", 0.4)]


TIERS = (Tier(rate=0.35, start=500.0), Tier(rate=0.22, start=0.0, end=500.0))


@pytest.mark.parametrize(
    ("structure", "season", "rate"),
    [
        ("tiered", Season(tiers=TIERS, base_rate=0.2), 0.2),
        ("tiered", Season(tiers=TIERS), 0.22),
        ("tiered", Season(tiers=(Tier(rate=0.22),)), 0.22),
        (None, Season(tiers=TIERS, base_rate=0.2), 0.2),
    ],
)
def test_a_tiered_tariff_gives_its_base_rate_and_says_so(structure: str | None, season: Season, rate: float) -> None:
    tariff = Tariff(purchase=TariffBranch(structure=structure, seasons=(season,)))
    interval = import_prices(tariff, VIENNA).price_at(local(10, 12))
    assert interval is not None
    assert interval.price == Price(rate=rate, base_rate=True)


@pytest.mark.parametrize(("structure", "rate"), [("tiered", 0.22), ("tou", 0.25)])
def test_the_structure_decides_between_tiers_and_periods(structure: str, rate: float) -> None:
    season = Season(tiers=TIERS, day_groups=(DayGroup(periods=(Period(rate=0.25),)),))
    tariff = Tariff(purchase=TariffBranch(structure=structure, seasons=(season,)))
    interval = import_prices(tariff, VIENNA).price_at(local(10, 12))
    assert interval is not None
    assert interval.price == Price(rate=rate, base_rate=structure == "tiered")


def test_a_tiered_tariff_without_tiers_uses_its_periods() -> None:
    schedule = import_prices(week(Period(kind="off-peak", rate=0.25), structure="tiered"), VIENNA)
    assert schedule.interval_at(local(10)).price == Price(rate=0.25, period="off-peak")


def test_a_price_names_its_period_and_its_parts() -> None:
    interval = import_prices(PUBLISHED, VIENNA).price_at(local(15, 9, month=7))
    assert interval is not None
    assert interval.price == Price(rate=0.271, period="off-peak", components=COMPONENTS)


# Export


def hourly(day: date, *rates: float) -> DatedRates:
    return DatedRates(
        day=day,
        rates=tuple(DatedRate(start=60 * hour, end=60 * hour + 60, rate=rate) for hour, rate in enumerate(rates)),
    )


def test_export_seasons_come_before_dated_rates() -> None:
    tariff = Tariff(buyback=FLAT.purchase)
    schedule = export_prices(tariff, {date(2026, 11, 10): hourly(date(2026, 11, 10), *[0.9] * 24)}, VIENNA)
    assert schedule.interval_at(local(10, 12)).price == Price(rate=0.25, period="off-peak")


@pytest.mark.parametrize(
    "tariff",
    [
        None,
        Tariff(),
        Tariff(buyback=TariffBranch(structure="tou")),
        Tariff(buyback=week(Period(kind="off-peak", rate=None)).purchase),
        Tariff(buyback=TariffBranch(structure="tiered", seasons=(Season(tiers=(Tier(rate=None),)),))),
    ],
)
def test_without_export_seasons_the_dated_rates_hold_for_their_dates_only(tariff: Tariff | None) -> None:
    """Trap 19: yesterday's rates are never today's."""
    rates = hourly(date(2026, 11, 10), *[0.05] * 12, *[0.06] * 12)
    schedule = export_prices(tariff, {rates.day: rates}, VIENNA)
    assert spans(schedule.intervals(local(9, 12), local(11, 12))) == [
        ("09. 00:00", "10. 00:00", None),
        ("10. 00:00", "10. 12:00", 0.05),
        ("10. 12:00", "11. 00:00", 0.06),
        ("11. 00:00", "12. 00:00", None),
    ]


def test_dated_rates_end_at_midnight_though_the_next_date_goes_on_alike() -> None:
    days = [date(2026, 11, 10), date(2026, 11, 11)]
    schedule = export_prices(None, {day: hourly(day, *[0.05] * 24) for day in days}, VIENNA)
    assert schedule.next_boundary(local(10, 12)) == local(11)


def test_a_gap_in_the_dated_rates_is_unknown() -> None:
    day = date(2026, 11, 10)
    rates = DatedRates(
        day=day, rates=(DatedRate(start=0, end=600, rate=0.05), DatedRate(start=660, end=1440, rate=None))
    )
    schedule = export_prices(None, {day: rates}, VIENNA)
    assert schedule.price_at(local(10, 9, 59)) is not None
    assert schedule.price_at(local(10, 10)) is None
    assert schedule.price_at(local(10, 12)) is None


def test_a_dated_rate_holds_in_both_showings_of_a_repeated_hour() -> None:
    day = date(2026, 10, 25)
    schedule = export_prices(None, {day: hourly(day, *(0.01 * hour for hour in range(24)))}, VIENNA)
    interval = schedule.interval_at(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert (interval.price, interval.end - interval.start) == (Price(rate=0.02), 2 * HOUR)


def test_an_empty_range_has_no_intervals() -> None:
    assert import_prices(FLAT, VIENNA).intervals(local(10), local(10)) == ()
    assert import_prices(FLAT, VIENNA).intervals(local(10), local(9)) == ()


# Laws


def rate_by_the_clock(tariff: Tariff, moment: datetime, zone: ZoneInfo) -> float | None:
    """Look a rate up the slow way: what does the wall clock show, and which row is that?"""
    assert tariff.purchase is not None
    clock = moment.astimezone(zone)
    minute = clock.hour * 60 + clock.minute
    for season in tariff.purchase.seasons:
        months = list(range(season.start_month, 13)) + list(range(1, 13))
        if clock.month not in months[: months.index(season.end_month) + 1]:
            continue
        for group in season.day_groups:
            if clock.isoweekday() not in group.days:
                continue
            fallback = None
            for period in group.periods:
                if period.start is None or period.end is None or (period.start, period.end) == (0, 1440):
                    fallback = fallback or period
                elif minute in {m % 1440 for m in range(period.start, _stop(period.start, period.end))}:
                    return period.rate
            return fallback.rate if fallback else None
        return None
    return None


def _stop(start: int, end: int) -> int:
    return end if end >= start else end + 1440


EDGES = st.integers(0, 287).map(lambda number: number * 5)
PERIODS = st.builds(
    Period,
    kind=st.sampled_from(["off-peak", "peak"]),
    rate=st.none() | st.sampled_from([0.1, 0.2, 0.3]),
    start=EDGES,
    end=EDGES.map(lambda edge: edge + 5),
) | st.builds(Period, rate=st.sampled_from([0.1, 0.2]))
GROUPS = st.builds(
    DayGroup,
    days=st.frozensets(st.integers(1, 7), min_size=1),
    periods=st.lists(PERIODS, max_size=5).map(tuple),
)
SEASONS = st.builds(
    Season,
    start_month=st.integers(1, 12),
    end_month=st.integers(1, 12),
    day_groups=st.lists(GROUPS, max_size=3).map(tuple),
)
TARIFFS = st.lists(SEASONS, max_size=3).map(
    lambda seasons: Tariff(purchase=TariffBranch(structure="tou", seasons=tuple(seasons)))
)
DATED = st.dictionaries(
    st.integers(0, 3).map(lambda number: date(2026, 10, 24) + timedelta(days=number)),
    st.lists(
        st.builds(DatedRate, start=EDGES, end=EDGES.map(lambda edge: edge + 5), rate=st.sampled_from([0.1, 0.2])),
        max_size=5,
    ).map(tuple),
)


def assert_covered_once(schedule: PriceSchedule, begin: datetime, end: datetime) -> None:
    intervals = schedule.intervals(begin, end)
    assert intervals[0].start <= begin < intervals[0].end
    assert intervals[-1].start < end <= intervals[-1].end
    for before, after in pairwise(intervals):
        assert before.end == after.start
        assert before.start < before.end


@given(tariff=TARIFFS, zone=zones(), begin=moments(), length=st.integers(1, 20 * 1440))
def test_any_tariff_covers_every_moment_exactly_once(
    tariff: Tariff, zone: ZoneInfo, begin: datetime, length: int
) -> None:
    assert_covered_once(import_prices(tariff, zone), begin, begin + length * MINUTE)


@given(rates=DATED, zone=zones(), hours=st.integers(1, 120))
def test_any_dated_rates_cover_every_moment_exactly_once(
    rates: Mapping[date, tuple[DatedRate, ...]], zone: ZoneInfo, hours: int
) -> None:
    known = {day: DatedRates(day=day, rates=rows) for day, rows in rates.items()}
    begin = datetime(2026, 10, 23, 20, tzinfo=UTC)
    assert_covered_once(export_prices(None, known, zone), begin, begin + hours * HOUR)


@given(tariff=TARIFFS, zone=zones(), moment=moments())
def test_the_price_of_any_moment_is_the_one_the_clock_shows(tariff: Tariff, zone: ZoneInfo, moment: datetime) -> None:
    interval = import_prices(tariff, zone).price_at(moment)
    expected = rate_by_the_clock(tariff, moment, zone)
    assert (interval.price.rate if interval and interval.price else None) == expected


@settings(max_examples=50)
@given(
    tariff=TARIFFS,
    zone=zones(),
    begin=moments(),
    length=st.integers(1, 30 * 1440),
    inner=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_period_is_the_same_in_whatever_range_it_is_asked_for(
    tariff: Tariff, zone: ZoneInfo, begin: datetime, length: int, inner: tuple[float, float]
) -> None:
    schedule = import_prices(tariff, zone)
    whole = schedule.intervals(begin, begin + length * MINUTE)
    low, high = sorted(inner)
    part = schedule.intervals(begin + length * low * MINUTE, begin + length * high * MINUTE)
    assert set(part) <= set(whole)


@given(tariff=TARIFFS, zone=zones(), begin=moments())
def test_equal_neighbours_are_apart_only_at_a_midnight_of_a_long_period(
    tariff: Tariff, zone: ZoneInfo, begin: datetime
) -> None:
    intervals = import_prices(tariff, zone).intervals(begin, begin + 20 * DAY)
    for before, after in pairwise(intervals):
        if before.price == after.price:
            shown = after.start.astimezone(zone)
            assert (before.start.astimezone(zone).date(), shown.date()) == (
                shown.date() - DAY,
                shown.date(),
            )


class CountedSource(PriceSource):
    """A flat price that counts how many days were laid out."""

    days = 0

    @property
    @override
    def dated(self) -> bool:
        return True

    @override
    def plan(self, day: date) -> DayPlan:
        self.days += 1
        return ((0, Price(rate=0.2)),)


def test_the_days_around_now_are_laid_out_once_for_all_who_ask() -> None:
    source = CountedSource()
    schedule = PriceSchedule(source=source, zone=VIENNA)
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    interval = schedule.interval_at(now)
    once = source.days
    assert once > 0
    for minutes in range(0, 600, 7):
        assert schedule.price_at(now + minutes * MINUTE) == interval
        assert schedule.next_boundary(now + minutes * MINUTE) == interval.end
    assert source.days == once
    assert schedule.interval_at(interval.end).start == interval.end
