"""What a plan is doing, in one word, and when another one may take its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten.models.sessions import HistorySession
from custom_components.enphase_cloud_things.plan.planner import ChargingPlan, Goal, Window, sun_until
from custom_components.enphase_cloud_things.plan.progress import Progress, charging_power, expected_energy, is_off
from custom_components.enphase_cloud_things.plan.state import PlanFailure, PlanState, Strategy
from custom_components.enphase_cloud_things.plan.visit import AT_ONCE, Reason, Replans, Visit, VisitGoal, plan_state

from .price_lists import HOUR, MINUTE

NOW = datetime(2026, 11, 28, 1, tzinfo=UTC)
PLAN = ChargingPlan(
    windows=(
        Window(start=NOW, end=NOW + HOUR, energy=6, cost=0.6),
        Window(start=NOW + 3 * HOUR, end=NOW + 4 * HOUR, energy=4, cost=0.5),
    ),
    energy=10,
)
GOAL = VisitGoal(strategy=Strategy.CHEAPEST, energy=10, ready_by=NOW + 6 * HOUR)
VISIT = Visit(goal=GOAL, since=NOW - HOUR, plan=PLAN, confirmed=True)


def state_of(
    *,
    there: bool = True,
    wanted: bool = True,
    setting: bool = False,
    failure: PlanFailure | None = None,
    drawing: bool = False,
    now: datetime = NOW,
    **visit: Any,
) -> PlanState:
    """Return the state of a confirmed plan but for what is different."""
    seen = replace(VISIT, **visit) if there else None
    return plan_state(seen, wanted=wanted, setting=setting, failure=failure, drawing=drawing, now=now)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"wanted": False}, PlanState.OFF),
        ({"wanted": False, "ended": True}, PlanState.OFF),
        ({"there": False}, PlanState.WAITING_FOR_VEHICLE),
        ({"there": False, "failure": PlanFailure.CHARGER_OFFLINE}, PlanState.FAILED),
        ({"plan": None}, PlanState.SETTING),
        ({"setting": True}, PlanState.SETTING),
        ({"confirmed": False}, PlanState.SETTING),
        ({}, PlanState.SET),
        ({"drawing": True}, PlanState.CHARGING),
        ({"drawing": True, "now": NOW + 2 * HOUR}, PlanState.SET),
        ({"drawing": True, "sun_until": NOW, "now": NOW - HOUR}, PlanState.CHARGING),
        ({"sun_until": NOW, "now": NOW - HOUR}, PlanState.SET),
        ({"reached": True}, PlanState.DONE),
        ({"now": NOW + 4 * HOUR}, PlanState.DONE),
        ({"plan": ChargingPlan()}, PlanState.DONE),
        ({"plan": ChargingPlan(awaits_prices=True)}, PlanState.WAITING_FOR_PRICES),
        ({"plan": replace(PLAN, awaits_prices=True)}, PlanState.WAITING_FOR_PRICES),
        ({"plan": replace(PLAN, awaits_prices=True), "drawing": True}, PlanState.CHARGING),
        ({"plan": replace(PLAN, too_late=True)}, PlanState.TOO_LATE),
        ({"plan": replace(PLAN, too_late=True), "drawing": True}, PlanState.TOO_LATE),
        ({"plan": replace(PLAN, too_late=True), "reached": True}, PlanState.DONE),
        ({"ended": True, "failure": PlanFailure.REFUSED}, PlanState.ENDED),
        ({"failure": PlanFailure.NOT_SYNCED}, PlanState.FAILED),
    ],
)
def test_a_plan_has_one_state(changes: dict[str, Any], state: PlanState) -> None:
    assert state_of(**changes) == state


@pytest.mark.parametrize(
    ("hours_ago", "reason", "wait"),
    [
        ((), Reason.PRICES, 0.0),
        ((0.25,), Reason.PRICES, 0.75),
        ((0.25,), Reason.DISCHARGE_EVENT, 0.0),
        ((2,), Reason.ENERGY, 0.0),
        ((20, 16, 12, 8, 4), Reason.PRICES, 0.0),
        ((20, 16, 12, 8, 4, 2), Reason.PRICES, 4.0),
        ((20, 16, 12, 8, 4, 2), Reason.DISCHARGE_EVENT, 0.0),
        ((25, 20, 16, 12, 8, 4), Reason.GOAL, 0.0),
    ],
)
def test_plans_are_replaced_once_an_hour_and_six_times_a_day_at_most(
    hours_ago: tuple[float, ...], reason: Reason, wait: float
) -> None:
    replans = Replans(at=tuple(NOW - hours * HOUR for hours in hours_ago))
    assert replans.allowed_at(reason, NOW) == NOW + wait * HOUR


@given(st.lists(st.tuples(st.integers(0, 90), st.sampled_from(Reason)), max_size=60))
def test_no_day_sees_more_than_six_replacements_whatever_happens(wishes: list[tuple[int, Reason]]) -> None:
    now, replans = NOW, Replans()
    made: list[datetime] = []
    for minutes, reason in wishes:
        now += minutes * MINUTE
        if replans.allowed_at(reason, now) <= now:
            replans = replans.with_one(reason, now)
            if reason not in AT_ONCE:
                made.append(now)
    for moment in made:
        assert sum(moment <= other < moment + timedelta(days=1) for other in made) <= 6
        assert not any(moment < other < moment + HOUR for other in made)


def test_energy_is_forecast_between_two_reports() -> None:
    progress = Progress(energy=4, as_of=NOW, drawing=True, power=6)
    assert progress.forecast(NOW) == 4
    assert progress.forecast(NOW + 5 * MINUTE) == pytest.approx(4.5)
    assert progress.forecast(NOW + 2 * HOUR) == pytest.approx(5)
    assert replace(progress, drawing=False).forecast(NOW + 5 * MINUTE) == 4
    assert progress.reached_at(7) == NOW + HOUR / 2
    assert progress.reached_at(3) == NOW
    assert replace(progress, drawing=False).reached_at(7) is None
    assert progress.reaches(4.5, NOW + 5 * MINUTE)
    assert not progress.reaches(4.6, NOW + 5 * MINUTE)


@pytest.mark.parametrize(("minutes", "energy"), [(-5, 0), (0, 0), (30, 3), (60, 6), (90, 6), (210, 9), (600, 10)])
def test_the_energy_of_a_plan_grows_in_its_windows(minutes: int, energy: float) -> None:
    assert expected_energy(PLAN, NOW + minutes * MINUTE, 6) == pytest.approx(energy)


@pytest.mark.parametrize(
    ("charged", "off"), [(6, False), (5.1, False), (4.9, True), (0, True), (7.1, True), (6.9, False)]
)
def test_energy_is_off_by_more_than_fifteen_percent(charged: float, *, off: bool) -> None:
    assert is_off(PLAN, charged, NOW + 2 * HOUR, 6) is off


def test_the_delay_of_two_reports_is_no_difference() -> None:
    assert not is_off(PLAN, 0, NOW + 10 * MINUTE, 6)


def past(days: int, power: float, seconds: float = 7200) -> HistorySession:
    return HistorySession(
        session_id=str(days),
        started_at=NOW - timedelta(days=days),
        energy=power * seconds / 3600,
        active_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("sessions", "power"),
    [
        pytest.param((), 6.992, id="no session"),
        pytest.param((past(1, 7.0), past(2, 6.8), past(3, 7.2), past(4, 5.0)), 7.0, id="the last three"),
        pytest.param((past(4, 5.0), past(3, 7.2), past(2, 6.8), past(1, 7.0)), 7.0, id="in any order"),
        pytest.param((past(1, 2.5), past(2, 2.5)), 2.5, id="a car that takes one phase of three"),
        pytest.param((past(1, 1.4), past(2, 6.9)), 6.9, id="one of them by the sun"),
        pytest.param((past(1, 7.0, seconds=300),), 6.992, id="too short"),
        pytest.param((past(1, 22.0),), 6.992, id="impossible"),
        pytest.param((HistorySession(session_id="open", started_at=NOW),), 6.992, id="without figures"),
    ],
)
def test_power_is_that_of_the_last_sessions_at_the_current_of_a_slot(
    sessions: tuple[HistorySession, ...], power: float
) -> None:
    assert charging_power(7.36, sessions) == pytest.approx(power)


DAY = NOW.replace(hour=10)


@pytest.mark.parametrize(
    ("now", "ready_by", "until"),
    [
        pytest.param(DAY, DAY + 20 * HOUR, DAY + 5 * HOUR, id="until sunset"),
        pytest.param(DAY, DAY + 4 * HOUR, DAY + 105 * MINUTE, id="until the grid has to begin"),
        pytest.param(DAY, DAY + 2.5 * HOUR, None, id="no time for the sun"),
        pytest.param(DAY + 4 * HOUR + 40 * MINUTE, DAY + 20 * HOUR, None, id="the sun is as good as gone"),
        pytest.param(DAY + 8 * HOUR, DAY + 20 * HOUR, None, id="ready before sunrise"),
        pytest.param(DAY - 5 * HOUR, DAY + 20 * HOUR, DAY + 5 * HOUR, id="before sunrise"),
    ],
)
def test_the_sun_comes_first_while_it_can_matter(now: datetime, ready_by: datetime, until: datetime | None) -> None:
    rising, setting = DAY - 3 * HOUR, DAY + 5 * HOUR
    day = timedelta(days=1)
    found = sun_until(
        Goal(energy=12, power=6, ready_by=ready_by),
        now=now,
        next_rising=rising if now < rising else rising + day,
        next_setting=setting if now < setting else setting + day,
    )
    assert found == until
