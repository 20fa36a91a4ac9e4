"""When to charge: the rules of a plan."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, example, given, settings, strategies as st
import pytest

from custom_components.enphase_cloud_things.plan.forecast import PricedInterval
from custom_components.enphase_cloud_things.plan.planner import (
    ChargingPlan,
    Circumstances,
    Goal,
    ceil_to_unit,
    floor_to_unit,
    plan_charging,
)
from custom_components.enphase_cloud_things.schedules.slots import Span, repeated_times

from .exhaustive import least_cost, rate_at, usable_rates
from .price_lists import HOUR, MINUTE, VIENNA, prices_from

MIDNIGHT = datetime(2026, 11, 27, 23, tzinfo=UTC)
EVENING = MIDNIGHT - 4 * HOUR
MORNING = MIDNIGHT + 7 * HOUR
# 20:00 to 10:00 by the hour: dear in the evening, cheap from 2 to 5, dear again at breakfast
NIGHT = prices_from(EVENING, (0.4, 0.38, 0.3, 0.28, 0.2, 0.16, 0.12, 0.1, 0.1, 0.15, 0.3, 0.42, 0.4, 0.3))


def goal(energy: float, *, power: float = 6.0, ready_by: datetime = MORNING, max_price: float | None = None) -> Goal:
    return Goal(energy=energy, power=power, ready_by=ready_by, max_price=max_price)


def circumstances(
    *,
    now: datetime = EVENING,
    prices: tuple[PricedInterval, ...] = NIGHT,
    blocked: tuple[Span, ...] = (),
    running_since: datetime | None = None,
) -> Circumstances:
    return Circumstances(now=now, zone=VIENNA, prices=prices, blocked=blocked, running_since=running_since)


def times(plan: ChargingPlan) -> list[tuple[str, str]]:
    """Return the windows as the wall clock in Vienna shows them."""
    shown = "%H:%M"
    return [
        (window.start.astimezone(VIENNA).strftime(shown), window.end.astimezone(VIENNA).strftime(shown))
        for window in plan.windows
    ]


@st.composite
def situations(draw: st.DrawFn) -> tuple[Goal, Circumstances]:
    """A goal within three hours, and prices of any length with gaps, ties, negative ones and an unknown end."""
    base = draw(
        st.sampled_from(
            (
                EVENING,
                datetime(2026, 3, 29, 0, tzinfo=UTC),
                datetime(2026, 10, 24, 22, 30, tzinfo=UTC),
                datetime(2026, 10, 25, 0, 15, tzinfo=UTC),
            )
        )
    )
    every = draw(st.sampled_from((15, 30, 60))) * MINUTE
    count = int(4 * HOUR / every)
    rate = st.one_of(
        st.none(), st.sampled_from((0.1, 0.1, 0.2, -0.05, 0.0)), st.floats(-0.2, 1.0).map(lambda r: round(r, 4))
    )
    prices = prices_from(base, draw(st.lists(rate, min_size=count // 2, max_size=count)), every=every)
    starts = draw(st.lists(st.integers(0, 200), max_size=2))
    blocked = tuple(Span(start=base + s * MINUTE, end=base + (s + draw(st.integers(1, 60))) * MINUTE) for s in starts)
    now = base + draw(st.integers(0, 30 * 60)) * timedelta(seconds=1)
    ready_by = now + draw(st.integers(20, 195)) * MINUTE
    units = draw(st.integers(1, 24))
    max_price = draw(st.one_of(st.none(), st.floats(0.0, 0.5)))
    running_since = draw(st.one_of(st.none(), st.just(base - 10 * MINUTE)))
    wanted = Goal(energy=units * 0.5, power=6.0, ready_by=ready_by, max_price=max_price)
    around = Circumstances(now=now, zone=VIENNA, prices=prices, blocked=blocked, running_since=running_since)
    return wanted, around


@given(situations())
@settings(max_examples=300, deadline=None)
def test_a_plan_keeps_every_rule(situation: tuple[Goal, Circumstances]) -> None:
    wanted, around = situation
    plan = plan_charging(wanted, around)
    assert len(plan.windows) <= 3
    assert all(before.end < after.start for before, after in pairwise(plan.windows))
    for window in plan.windows:
        assert window.end - window.start >= timedelta(minutes=30) or window.start == around.running_since
        assert window.start > around.now or window.start == around.running_since
        assert not any(
            span.overlaps(max(window.start, floor_to_unit(around.now)), window.end) for span in around.blocked
        )
        moment = max(window.start, floor_to_unit(around.now))
        while moment < window.end:
            rate = rate_at(around.prices, moment)
            if wanted.max_price is not None:
                assert rate is not None
                assert rate <= wanted.max_price
            moment += 5 * MINUTE


@given(situations())
@settings(max_examples=300, deadline=None)
def test_a_plan_is_ready_early_or_charges_at_once(situation: tuple[Goal, Circumstances]) -> None:
    wanted, around = situation
    plan = plan_charging(wanted, around)
    if plan.too_late or not plan.windows:
        return
    on_time = plan.windows[-1].end <= wanted.ready_by - 15 * MINUTE
    at_once = (
        plan.windows[0].start <= ceil_to_unit(around.now + 2 * MINUTE) or around.blocked or wanted.max_price is not None
    )
    assert on_time or at_once


@given(situations())
@settings(max_examples=300, deadline=None)
def test_the_energy_is_there_or_said_to_be_missing(situation: tuple[Goal, Circumstances]) -> None:
    wanted, around = situation
    plan = plan_charging(wanted, around)
    begin = floor_to_unit(around.now) if around.running_since else ceil_to_unit(around.now + 2 * MINUTE)
    length = sum((window.end - max(window.start, begin) for window in plan.windows), timedelta())
    assert plan.energy + plan.missing == pytest.approx(wanted.energy)
    assert plan.energy == pytest.approx(sum(window.energy for window in plan.windows))
    assert length / HOUR * wanted.power >= plan.energy - 1e-6
    assert plan.missing == 0 or plan.missing == pytest.approx(wanted.energy - length / HOUR * wanted.power)


@st.composite
def choices(draw: st.DrawFn) -> tuple[Goal, Circumstances]:
    """A goal of half an hour or more, and known prices of three hours that leave a choice."""
    every = draw(st.sampled_from((15, 30, 60))) * MINUTE
    rate = st.one_of(st.sampled_from((0.1, 0.1, 0.2, -0.05, 0.0)), st.floats(-0.2, 1.0).map(lambda r: round(r, 4)))
    count = int(4 * HOUR / every)
    known = st.one_of(rate, rate, rate, st.none())
    rates = (*draw(st.lists(known, min_size=count - 1, max_size=count - 1)), draw(rate))
    start = draw(st.integers(0, 12)) * 15 * MINUTE
    blocked = (Span(start=EVENING + start, end=EVENING + start + draw(st.sampled_from((10, 25, 40))) * MINUTE),)
    now = EVENING + draw(st.integers(0, 40)) * MINUTE
    wanted = Goal(
        energy=draw(st.integers(6, 24)) * 0.5,
        power=6.0,
        ready_by=EVENING + draw(st.integers(190, 240)) * MINUTE,
        max_price=draw(st.one_of(st.none(), st.floats(0.0, 0.5))),
    )
    around = circumstances(
        now=now, prices=prices_from(EVENING, rates, every=every), blocked=draw(st.sampled_from((blocked, ())))
    )
    return wanted, around


@given(choices())
@settings(max_examples=150, deadline=None)
def test_no_plan_is_more_than_two_percent_dearer_than_the_best_one(situation: tuple[Goal, Circumstances]) -> None:
    wanted, around = situation
    plan = plan_charging(wanted, around)
    assume(not plan.awaits_prices)
    first = ceil_to_unit(around.now + 2 * MINUTE)
    last = floor_to_unit(wanted.ready_by - 15 * MINUTE)
    best = least_cost(usable_rates(wanted, around, first, last), round(wanted.energy / 0.5), 0.5)
    if best is None:
        assert plan.missing > 0 or plan.windows[-1].end > last
    else:
        assert plan.missing == 0
        assert plan.cost is not None
        assert plan.cost <= best + 0.02 * abs(best) + 1e-3


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        pytest.param(datetime(2026, 3, 28, 19, tzinfo=UTC), 10, id="a night of an hour less"),
        pytest.param(datetime(2026, 10, 24, 18, tzinfo=UTC), 12, id="a night of an hour more"),
    ],
)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_on_the_night_of_a_clock_change_the_hours_of_the_sun_count(
    now: datetime, hours: int, data: st.DataObject
) -> None:
    rates = data.draw(st.lists(st.sampled_from((0.1, 0.2, 0.3)), min_size=14, max_size=14))
    wanted = Goal(
        energy=data.draw(st.integers(6, 48)) * 0.5,
        power=6.0,
        ready_by=datetime.combine(
            now.astimezone(VIENNA).date() + timedelta(days=1), datetime.min.time().replace(hour=7), tzinfo=VIENNA
        ).astimezone(UTC),
    )
    assert wanted.ready_by - now == hours * HOUR
    plan = plan_charging(wanted, Circumstances(now=now, zone=VIENNA, prices=prices_from(now, rates)))
    assert plan.missing == 0
    assert sum((w.end - w.start for w in plan.windows), timedelta()) / HOUR * 6 >= wanted.energy
    (doubled,) = repeated_times(now, wanted.ready_by, VIENNA) or (None,)
    for window in plan.windows:
        for edge in (window.start, window.end):
            assert doubled is None or not doubled.start < edge < doubled.end


def test_the_cheapest_hours_of_the_night_are_chosen() -> None:
    plan = plan_charging(goal(12), circumstances())
    assert times(plan) == [("03:00", "05:00")]
    assert plan.energy == pytest.approx(12)
    assert plan.cost == pytest.approx(1.2)
    assert plan.cost_at_once is not None
    assert plan.saving == pytest.approx(plan.cost_at_once - 1.2)


def test_of_two_equal_prices_the_later_is_taken() -> None:
    assert times(plan_charging(goal(6), circumstances())) == [("04:00", "05:00")]


def test_without_a_difference_the_car_is_ready_a_quarter_of_an_hour_early() -> None:
    plan = plan_charging(goal(6), circumstances(prices=prices_from(EVENING, [0.3] * 14)))
    assert times(plan) == [("05:45", "06:45")]


def test_a_short_charge_gets_half_an_hour_and_counts_what_it_needs() -> None:
    plan = plan_charging(goal(1), circumstances())
    assert times(plan) == [("04:30", "05:00")]
    assert plan.energy == pytest.approx(1)
    assert plan.cost == pytest.approx(0.1)


def test_no_more_than_three_windows_are_made_of_many_cheap_hours() -> None:
    prices = prices_from(EVENING, [0.1, 0.5] * 7)
    plan = plan_charging(goal(30), circumstances(prices=prices))
    assert len(plan.windows) <= 3
    assert plan.energy == pytest.approx(30)


def test_a_window_more_that_saves_next_to_nothing_is_not_made() -> None:
    prices = prices_from(EVENING, (0.3, 0.3, 0.199, 0.3, 0.3, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3))
    assert times(plan_charging(goal(12), circumstances(prices=prices))) == [("01:00", "03:00")]


def test_nothing_is_charged_in_a_discharge_event() -> None:
    event = Span(start=MIDNIGHT + 3 * HOUR + 10 * MINUTE, end=MIDNIGHT + 4 * HOUR)
    plan = plan_charging(goal(12), circumstances(blocked=(event,)))
    assert times(plan) == [("02:10", "03:10"), ("04:00", "05:00")]


def test_hours_dearer_than_the_owner_allows_are_not_used_and_what_has_no_room_is_said() -> None:
    plan = plan_charging(goal(30, max_price=0.12), circumstances())
    assert times(plan) == [("02:00", "05:00")]
    assert plan.missing == pytest.approx(12)
    assert not plan.too_late


def test_without_an_allowed_hour_there_is_no_window() -> None:
    plan = plan_charging(goal(30, max_price=0.01), circumstances())
    assert plan == ChargingPlan(missing=30, cost=0, cost_at_once=0)


def test_negative_prices_are_the_cheapest() -> None:
    prices = prices_from(EVENING, (0.1, 0.05, -0.02, -0.1, 0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2))
    plan = plan_charging(goal(6), circumstances(prices=prices))
    assert times(plan) == [("23:00", "00:00")]
    assert plan.cost == pytest.approx(-0.6)


def test_what_cannot_be_ready_in_time_is_charged_at_once() -> None:
    plan = plan_charging(goal(30), circumstances(now=MORNING - 2 * HOUR))
    assert plan.too_late
    assert times(plan) == [("05:05", "10:05")]
    assert plan.missing == 0


def test_what_is_ready_just_in_time_gives_up_the_quarter_of_an_hour_and_is_not_late() -> None:
    plan = plan_charging(goal(6), circumstances(now=MORNING - 70 * MINUTE))
    assert not plan.too_late
    assert times(plan) == [("05:55", "06:55")]


@pytest.mark.parametrize("ready_by", [EVENING - HOUR, EVENING + MINUTE])
def test_a_time_that_is_over_or_almost_here_means_at_once(ready_by: datetime) -> None:
    plan = plan_charging(goal(6, ready_by=ready_by), circumstances())
    assert plan.too_late
    assert times(plan) == [("20:05", "21:05")]


def test_charging_at_once_waits_for_the_end_of_a_discharge_event() -> None:
    event = Span(start=EVENING, end=EVENING + 47 * MINUTE)
    plan = plan_charging(goal(6, ready_by=EVENING + HOUR), circumstances(blocked=(event,)))
    assert plan.too_late
    assert times(plan) == [("20:50", "21:50")]


@pytest.mark.parametrize("energy", [0, -3])
def test_without_energy_there_is_nothing_to_plan(energy: float) -> None:
    assert plan_charging(goal(energy), circumstances()) == ChargingPlan()


def test_without_any_price_the_car_charges_as_late_as_possible_and_prices_are_waited_for() -> None:
    plan = plan_charging(goal(12), circumstances(prices=()))
    assert plan.awaits_prices
    assert times(plan) == [("04:45", "06:45")]
    assert plan.cost is None
    assert plan.saving is None


def test_prices_that_end_before_an_evening_long_enough_are_waited_for() -> None:
    plan = plan_charging(goal(12), circumstances(prices=NIGHT[:3]))
    assert plan.awaits_prices
    assert times(plan) == [("04:45", "06:45")]


def test_prices_that_end_shortly_before_the_goal_are_enough() -> None:
    plan = plan_charging(goal(12), circumstances(prices=NIGHT[:10]))
    assert not plan.awaits_prices
    assert times(plan) == [("03:00", "05:00")]


def test_unknown_hours_are_used_last_where_the_known_ones_are_not_enough() -> None:
    plan = plan_charging(goal(40), circumstances(prices=NIGHT[:6]))
    assert plan.awaits_prices
    assert plan.missing == 0
    assert plan.cost is None
    assert plan.windows[-1].end > NIGHT[5].end


def test_unknown_hours_are_never_used_where_the_owner_set_a_greatest_price() -> None:
    plan = plan_charging(goal(12, max_price=0.35), circumstances(prices=NIGHT[:3]))
    assert plan.awaits_prices
    assert times(plan) == [("22:00", "23:00")]
    assert plan.missing == pytest.approx(6)


def test_an_hour_without_a_price_between_others_is_left_out() -> None:
    prices = (*NIGHT[:7], *NIGHT[8:])
    assert times(plan_charging(goal(12), circumstances(prices=prices))) == [("02:00", "03:00"), ("04:00", "05:00")]


def test_a_price_that_changes_between_two_marks_counts_by_time() -> None:
    prices = (
        PricedInterval(start=EVENING, end=EVENING + 32 * MINUTE, rate=0.1),
        PricedInterval(start=EVENING + 32 * MINUTE, end=MORNING, rate=0.5),
    )
    plan = plan_charging(goal(3), circumstances(now=EVENING - 30 * MINUTE, prices=prices))
    assert times(plan) == [("20:00", "20:30")]


def test_a_window_that_runs_goes_on_without_a_new_start() -> None:
    begun = MIDNIGHT + 3 * HOUR
    plan = plan_charging(goal(1), circumstances(now=begun + 52 * MINUTE, running_since=begun))
    assert [(window.start, window.end) for window in plan.windows] == [(begun, begun + HOUR)]


def test_both_hours_that_the_clock_shows_twice_are_used_together() -> None:
    change = datetime(2026, 10, 25, 1, tzinfo=UTC)
    rates = [0.5] * 5 + [0.1, 0.1] + [0.5] * 5
    plan = plan_charging(
        Goal(energy=6, power=6, ready_by=change + 5 * HOUR),
        Circumstances(now=change - 6 * HOUR, zone=VIENNA, prices=prices_from(change - 6 * HOUR, rates)),
    )
    assert [(window.start, window.end) for window in plan.windows] == [(change - HOUR, change + HOUR)]
    assert plan.cost == pytest.approx(0.6)


@given(st.integers(0, 10**6))
@example(0)
@example(1)
def test_marks_of_five_minutes_enclose_a_moment(seconds: int) -> None:
    moment = EVENING + timedelta(seconds=seconds)
    assert floor_to_unit(moment) <= moment <= ceil_to_unit(moment)
    assert ceil_to_unit(moment) - floor_to_unit(moment) in (timedelta(), 5 * MINUTE)
    assert floor_to_unit(moment).minute % 5 == 0
