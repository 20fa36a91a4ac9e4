"""What the hours of some days hold, whichever days were asked for."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.days import Days
from custom_components.enphase_cloud_things.enlighten.models.sessions import HistorySession
from custom_components.enphase_cloud_things.history.hours import SessionHours, hour_of, parts

DAY = datetime(2026, 11, 10, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)


def session(begin: float, end: float | None, *, energy: float | None = 2.0, cost: float | None = 1.0) -> HistorySession:
    """Return a session from one hour of the day to another."""
    return HistorySession(
        session_id=f"{begin}",
        started_at=DAY + timedelta(hours=begin),
        ended_at=None if end is None else DAY + timedelta(hours=end),
        energy=energy,
        cost=cost,
    )


def of_the_day(*sessions: HistorySession) -> SessionHours:
    hours = SessionHours(start=DAY, end=DAY + ONE_DAY)
    hours.add(sessions)
    return hours


def energies(hours: SessionHours) -> dict[int, float]:
    """Return energy by the number of the hour from the day's midnight."""
    return {int((hour - DAY) / timedelta(hours=1)): share for hour, share in hours.energy.of_range.items()}


def test_a_session_that_reaches_out_of_the_range_counts_whole() -> None:
    hours = of_the_day(session(-1, 1), session(23, 25))
    assert energies(hours) == {-1: 1.0, 0: 1.0, 23: 1.0, 24: 1.0}
    assert (hours.finished, hours.total_energy, hours.total_cost) == (2, 4.0, 2.0)


def test_a_neighbour_counts_only_in_the_hours_that_it_shares() -> None:
    hours = of_the_day(session(-0.5, 0.25, energy=3.0), session(23, 24.5), session(24.5, 26.5))
    assert energies(hours) == pytest.approx({-1: 2.0, 0: 1.0, 23: 2 / 1.5, 24: 1 / 1.5 + 0.5})
    assert hours.finished == 2


def test_a_session_outside_is_left_out() -> None:
    hours = of_the_day(session(-3, -1), session(25, 26), session(30, None))
    assert (energies(hours), hours.finished, hours.running) == ({}, 0, 0)


def test_a_session_that_is_listed_twice_counts_once() -> None:
    """Trap 21: pages overlap."""
    hours = of_the_day(session(3, 4), session(3, 4))
    hours.add([session(3, 4)])
    assert (energies(hours), hours.finished) == ({3: 2.0}, 1)


def test_a_session_that_goes_on_waits_for_its_end() -> None:
    hours = of_the_day(session(20, None))
    assert (energies(hours), hours.finished, hours.running) == ({}, 0, 1)


def test_what_the_cloud_does_not_know_is_counted_and_left_out() -> None:
    hours = of_the_day(session(3, 4, energy=None), session(5, 6, cost=None), session(7, 8, energy=0.0, cost=0.0))
    assert (hours.finished, hours.without_energy, hours.without_cost) == (3, 1, 1)
    assert energies(hours) == {5: 2.0, 7: 0.0}
    assert list(hours.cost.of_range.values()) == [1.0, 0.0]


def in_a_row(lengths: list[tuple[float, float, float]]) -> list[HistorySession]:
    """Return sessions of one charger over about ten days, each some hours after the one before."""
    sessions: list[HistorySession] = []
    begin = -200.0
    for pause, length, energy in lengths:
        begin += pause
        sessions.append(session(begin, begin + length, energy=energy))
        begin += length
    return sessions


charging = st.lists(st.tuples(st.floats(0.1, 60), st.floats(0.05, 80), st.floats(0, 60)), max_size=8).map(in_a_row)


def listed(sessions: Iterable[HistorySession], days: Days) -> list[HistorySession]:
    """Return what the cloud lists for some days: what starts in them."""
    return [each for each in sessions if each.started_at and days.first <= each.started_at.date() <= days.last]


@given(sessions=charging, first=st.integers(-4, 4), length=st.integers(0, 3))
def test_an_hour_holds_the_same_whichever_days_were_asked_for(
    sessions: list[HistorySession], first: int, length: int
) -> None:
    everything = SessionHours(start=DAY - 60 * ONE_DAY, end=DAY + 60 * ONE_DAY)
    everything.add(sessions)
    days = Days(first=DAY.date() + first * ONE_DAY, last=DAY.date() + (first + length) * ONE_DAY)
    some = SessionHours(start=DAY + first * ONE_DAY, end=DAY + (first + length + 1) * ONE_DAY)
    for part in parts(days, TODAY + 60 * ONE_DAY):
        some.add(listed(sessions, part))
    expected = everything.energy.of_range
    for hour, share in some.energy.of_range.items():
        assert share == pytest.approx(expected[hour])
    assert {hour for hour in expected if some.start <= hour < some.end} <= some.energy.of_range.keys()
    assert sum(expected.values()) == pytest.approx(sum(each.energy or 0 for each in sessions))


def test_parts_follow_each_other_around_the_range_and_end_today() -> None:
    wanted = Days(first=date(2026, 9, 1), last=TODAY)
    found = parts(wanted, TODAY)
    assert (found[0].first, found[-1].last) == (date(2026, 8, 25), TODAY)
    assert all(after.first - before.last == ONE_DAY for before, after in pairwise(found))
    assert all(part.last - part.first < timedelta(days=31) for part in found)


def test_a_day_is_read_with_a_week_on_both_sides() -> None:
    assert parts(Days(first=date(2026, 10, 10), last=date(2026, 10, 10)), TODAY) == (
        Days(first=date(2026, 10, 3), last=date(2026, 10, 17)),
    )


def test_nothing_is_read_of_a_range_far_in_the_future() -> None:
    assert parts(Days(first=date(2027, 3, 1), last=date(2027, 3, 2)), TODAY) == ()


def test_hours_are_full_hours() -> None:
    hours = of_the_day(session(3.2, 5.7))
    assert all(hour == hour_of(hour) for hour in hours.energy.of_range)


def given_up(known: dict[int, float], *sessions: HistorySession) -> set[int]:
    """Return which hours of the day, counted from its midnight, no session covers any more."""
    amounts = {DAY + timedelta(hours=hour): amount for hour, amount in known.items()}
    return {
        int((hour - DAY) / timedelta(hours=1))
        for hour in of_the_day(*sessions).given_up(amounts, DAY - ONE_DAY, DAY + ONE_DAY)
    }


def test_hours_that_no_session_covers_are_given_up() -> None:
    assert given_up({2: 1.0, 3: 1.0, 4: 0.0, 5: 2.0}, session(1.5, 3)) == {3, 5}


def test_hours_that_go_on_from_before_what_was_read_may_have_a_session_that_was_not_listed() -> None:
    assert given_up(dict.fromkeys([-24, -23, -22, 5], 1.0)) == {5}


def test_hours_before_and_after_what_was_read_are_left_alone() -> None:
    assert given_up({-26: 1.0, 24: 1.0}) == set()


def test_hours_of_a_session_without_energy_are_not_given_up() -> None:
    assert given_up({2: 1.0}, session(2, 3, energy=None)) == set()
