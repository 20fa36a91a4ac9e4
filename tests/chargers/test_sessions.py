"""Energy and duration of the current session, or of the last one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.sessions import (
    SessionClock,
    SessionCost,
    SessionCounter,
    VisitCounter,
    advance_clock,
    advance_cost,
    advance_session,
    advance_visit,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, ChargingSession, Connector
from custom_components.enphase_cloud_things.stored import restored

from .remembered import remembered

FIRST = datetime(2026, 11, 9, 22, 45, tzinfo=UTC)
SECOND = datetime(2026, 11, 10, 17, 30, tzinfo=UTC)
LATER = datetime(2026, 12, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def session(started_at: datetime | None, energy: float | None) -> ChargingSession:
    return ChargingSession(started_at=started_at, energy=energy)


def counted(*sessions: ChargingSession | None) -> SessionCounter:
    counter = SessionCounter()
    for each in sessions:
        counter = advance_session(counter, each, LATER)
    return counter


# Energy


def test_session_energy_is_unknown_at_first() -> None:
    assert counted(None, session(FIRST, None)) == SessionCounter()


def test_session_energy_follows_the_session() -> None:
    assert counted(session(FIRST, 0.0), session(FIRST, 3.5)).energy == 3.5


@pytest.mark.parametrize("energy", [0.0, 3.4, None])
def test_session_energy_does_not_fall_within_a_session(energy: float | None) -> None:
    """Trap 41: a zero while idle wipes nothing."""
    assert counted(session(FIRST, 3.5), session(FIRST, energy)).energy == 3.5


def test_an_idle_charger_keeps_the_energy_of_its_last_session() -> None:
    assert counted(session(FIRST, 3.5), None).energy == 3.5


def test_a_new_session_begins_with_its_own_energy() -> None:
    assert counted(session(FIRST, 12.5), session(SECOND, 0.0)) == SessionCounter(started_at=SECOND, energy=0.0)


@pytest.mark.parametrize("energy", [0.4, 12.5])
def test_energy_left_over_from_the_session_before_does_not_count_for_the_new_one(energy: float) -> None:
    lagging = counted(session(FIRST, energy), session(SECOND, energy))
    assert lagging == SessionCounter(started_at=FIRST, energy=energy)
    assert advance_session(lagging, session(SECOND, 0.2), LATER) == SessionCounter(started_at=SECOND, energy=0.2)


def test_two_sessions_without_energy_are_two_sessions() -> None:
    assert counted(session(FIRST, 0.0), session(SECOND, 0.0)).started_at == SECOND


def test_a_late_reading_of_an_older_session_is_left_out() -> None:
    assert counted(session(SECOND, 0.2), session(FIRST, 12.5)) == SessionCounter(started_at=SECOND, energy=0.2)


def test_a_missing_start_is_no_new_session() -> None:
    assert counted(session(FIRST, 3.5), session(None, 0.1)) == SessionCounter(started_at=FIRST, energy=3.5)


def test_a_start_that_becomes_known_begins_a_session() -> None:
    assert counted(session(None, 3.5), session(FIRST, 0.1)).energy == 0.1


def test_a_start_that_is_still_to_come_shuts_out_no_later_session() -> None:
    counter = advance_session(counted(session(FIRST, 3.5)), session(LATER + timedelta(days=400), 0.4), LATER)
    assert counter == SessionCounter(started_at=FIRST, energy=3.5)
    assert advance_session(counter, session(SECOND, 0.6), LATER) == SessionCounter(started_at=SECOND, energy=0.6)


def test_session_energy_survives_a_restart() -> None:
    counter = SessionCounter(started_at=FIRST, energy=3.5)
    assert remembered(counter) == counter
    assert restored(SessionCounter, {}) == SessionCounter()


@given(
    readings=st.lists(
        st.builds(
            session,
            st.none() | st.integers(0, 5).map(lambda day: FIRST + timedelta(days=day)),
            st.none() | st.floats(0, 80),
        ),
        max_size=50,
    )
)
def test_session_energy_never_falls_without_a_newer_start(
    readings: list[ChargingSession],
) -> None:
    counter = SessionCounter()
    for reading in readings:
        before, counter = counter, advance_session(counter, reading, LATER)
        if before.energy is None:
            continue
        assert counter.energy is not None
        if counter.started_at == before.started_at:
            assert counter.energy >= before.energy
        else:
            assert counter.started_at is not None
            assert before.started_at is None or counter.started_at > before.started_at


# Energy of a visit

PLUGGED = FIRST - timedelta(minutes=5)


def visited(
    *readings: tuple[datetime | None, float | None, bool | None, datetime | None], visit: VisitCounter | None = None
) -> VisitCounter:
    """Return the counter after readings: start and energy of the session, plugged in, and since when."""
    visit = visit or VisitCounter()
    for started_at, energy, plugged, plugged_in_at in readings:
        counter = SessionCounter(started_at=started_at, energy=energy)
        visit = advance_visit(visit, counter, plugged_in=plugged, plugged_in_at=plugged_in_at, now=LATER)
    return visit


def test_a_visit_adds_up_its_sessions() -> None:
    """Restarts and stops cut it nowhere."""
    visit = visited(
        (FIRST, 3.5, True, PLUGGED), (FIRST + MINUTE, 0.0, True, PLUGGED), (FIRST + MINUTE, 2.0, True, PLUGGED)
    )
    assert visit.energy == 5.5
    assert visit.plugged_in_at == PLUGGED


def test_a_visit_is_known_as_soon_as_anything_is() -> None:
    assert visited((None, None, False, None)).energy is None
    assert visited((FIRST, 3.5, False, PLUGGED)).energy == 3.5


def test_another_visit_begins_with_nothing_of_the_one_before() -> None:
    visit = visited((FIRST, 3.5, True, PLUGGED), (FIRST, 3.6, False, PLUGGED), (FIRST, 3.6, True, SECOND - MINUTE))
    assert (visit.energy, visit.plugged_in_at) == (0.0, SECOND - MINUTE)
    assert visited((SECOND, 0.7, True, SECOND - MINUTE), visit=visit).energy == 0.7


def test_figures_that_come_after_the_car_has_left_count() -> None:
    """Trap 70: the last step of a session is counted late."""
    visit = visited((FIRST, 3.5, True, PLUGGED), (FIRST, 3.5, False, PLUGGED), (FIRST, 3.9, False, PLUGGED))
    assert visit.energy == 3.9


def test_a_plug_that_seems_to_be_out_for_a_moment_ends_no_visit() -> None:
    visit = visited((FIRST, 3.5, True, PLUGGED), (FIRST, 3.5, False, PLUGGED), (FIRST + MINUTE, 1.0, True, PLUGGED))
    assert visit.energy == 4.5


def test_without_a_time_of_the_plug_the_plug_itself_begins_a_visit() -> None:
    visit = visited((FIRST, 3.5, True, None), (FIRST, 3.5, False, None), (FIRST, 3.5, True, None))
    assert (visit.energy, visit.plugged_in_at) == (0.0, LATER)


def test_a_late_reading_of_an_older_session_adds_nothing() -> None:
    visit = visited((FIRST, 3.5, True, PLUGGED), (FIRST + MINUTE, 2.0, True, PLUGGED), (FIRST, 9.0, True, PLUGGED))
    assert visit.energy == 5.5


def test_the_energy_of_a_visit_survives_a_restart() -> None:
    visit = visited((FIRST, 3.5, True, PLUGGED), (FIRST + MINUTE, 2.0, True, PLUGGED))
    assert remembered(visit) == visit
    assert restored(VisitCounter, {}) == VisitCounter()


@given(
    readings=st.lists(
        st.tuples(
            st.integers(0, 4).map(lambda number: FIRST + number * MINUTE),
            st.floats(0, 80),
            st.sampled_from([True, False, None]),
            st.sampled_from([None, PLUGGED, PLUGGED + timedelta(minutes=2)]),
        ),
        max_size=40,
    )
)
def test_the_energy_of_a_visit_falls_only_with_a_newer_one(
    readings: list[tuple[datetime, float, bool | None, datetime | None]],
) -> None:
    visit = VisitCounter()
    for reading in readings:
        before, visit = visit, visited(reading, visit=visit)
        if before.energy is not None and visit.plugged_in_at == before.plugged_in_at:
            assert visit.energy is not None
            assert visit.energy >= before.energy


# Cost


def test_energy_costs_what_was_in_force_when_it_flowed() -> None:
    cost = SessionCost()
    for energy, price in ((0.0, 0.3), (2.0, 0.3), (5.0, 0.1), (5.0, 9.9)):
        cost = advance_cost(cost, SessionCounter(started_at=FIRST, energy=energy), price)
    assert cost.cost == pytest.approx(0.9)


def test_half_of_a_bill_is_no_bill() -> None:
    cost = SessionCost()
    for energy, price in ((2.0, 0.3), (3.0, None), (5.0, 0.3)):
        cost = advance_cost(cost, SessionCounter(started_at=FIRST, energy=energy), price)
    assert cost.cost is None
    assert advance_cost(cost, SessionCounter(started_at=SECOND, energy=1.0), 0.3).cost == pytest.approx(0.3)


@pytest.mark.parametrize("cost", [SessionCost(), SessionCost(started_at=FIRST, energy=2.0, cost=None)])
def test_the_cost_survives_a_restart(cost: SessionCost) -> None:
    assert remembered(cost) == cost
    assert restored(SessionCost, {}) == SessionCost()


# Duration


def status(
    state: str | None,
    *,
    started_at: datetime | None = FIRST,
    unplugged_at: datetime | None = None,
    plugged: bool | None = True,
    connected: bool = True,
) -> ChargerStatus:
    return ChargerStatus(
        serial="202640011873",
        connected=connected,
        plugged_in=plugged,
        session=ChargingSession(started_at=started_at, unplugged_at=unplugged_at),
        connectors=(Connector(state=state),),
    )


def timed(*readings: tuple[float, ChargerStatus]) -> SessionClock:
    clock = SessionClock()
    for minutes, reading in readings:
        clock = advance_clock(clock, reading, FIRST + minutes * MINUTE)
    return clock


CHARGING = status("CHARGING")
UNPLUGGED = status("AVAILABLE", plugged=False, unplugged_at=FIRST + 600 * MINUTE)


@pytest.mark.parametrize("state", ["CHARGING", "FINISHING", "SUSPENDED", "SUSPENDED_EV"])
def test_the_duration_grows_while_a_session_is_active(state: str) -> None:
    assert timed((1, CHARGING), (42.9, status(state))).minutes == 42


@pytest.mark.parametrize("state", ["AVAILABLE", "PREPARING", "SUSPENDED_EVSE", "FAULTED"])
def test_the_duration_freezes_when_the_session_is_no_longer_active(state: str) -> None:
    ended = timed((1, CHARGING), (42, CHARGING), (43, status(state)), (400, status(state)))
    assert ended.minutes == 42


def test_the_duration_stays_frozen_when_the_car_leaves_later() -> None:
    ended = timed((1, CHARGING), (42, CHARGING), (43, status("PREPARING")), (610, UNPLUGGED))
    assert ended.minutes == 42


def test_a_session_that_goes_on_counts_from_its_start() -> None:
    resumed = timed((1, CHARGING), (42, CHARGING), (60, status("SUSPENDED_EVSE")), (90, CHARGING))
    assert resumed.minutes == 90


def test_a_closed_session_does_not_go_on_under_a_start_that_lags_behind() -> None:
    lagging = timed((1, CHARGING), (42, CHARGING), (610, UNPLUGGED), (1100, CHARGING))
    assert lagging.minutes == 42


def test_an_unplugged_car_closes_the_session_even_without_a_time() -> None:
    gone = status("AVAILABLE", plugged=False)
    assert timed((1, CHARGING), (42, CHARGING), (43, gone), (1100, CHARGING)).minutes == 42


def test_a_new_session_begins_at_its_own_start() -> None:
    following = status("CHARGING", started_at=SECOND)
    clock = advance_clock(timed((42, CHARGING)), following, SECOND + 3 * MINUTE)
    assert (clock.started_at, clock.minutes) == (SECOND, 3)


def test_a_late_reading_of_an_older_session_changes_nothing() -> None:
    clock = SessionClock(started_at=SECOND, active_until=SECOND + 3 * MINUTE)
    assert advance_clock(clock, CHARGING, SECOND + 4 * MINUTE) == clock


def test_a_session_that_was_never_seen_lasted_until_the_car_left() -> None:
    assert timed((700, UNPLUGGED)).minutes == 600


def test_a_session_that_was_never_seen_and_has_no_end_has_no_duration() -> None:
    assert timed((700, status("PREPARING"))).minutes is None


def test_an_end_before_the_start_belongs_to_an_earlier_session() -> None:
    earlier = status("PREPARING", unplugged_at=FIRST - 5 * MINUTE)
    assert timed((700, earlier)).minutes is None


def test_the_duration_stands_still_while_the_charger_is_offline() -> None:
    offline = status("CHARGING", connected=False)
    assert timed((42, CHARGING), (90, offline)).minutes == 42


def test_energy_that_flows_is_a_session_whatever_the_words() -> None:
    """Trap 67."""
    clock = advance_clock(timed((1, CHARGING)), status("SUSPENDED_EVSE"), FIRST + 42 * MINUTE, flowing=True)
    assert clock.minutes == 42


def test_an_unclear_status_changes_nothing() -> None:
    assert timed((42, CHARGING), (90, status("SOMETHING_NEW"))).minutes == 42


def test_a_status_without_a_session_changes_nothing() -> None:
    clock = timed((42, CHARGING))
    assert advance_clock(clock, ChargerStatus(serial="202640011873"), SECOND) == clock


@pytest.mark.parametrize("started_at", [None, FIRST + 5 * MINUTE])
def test_a_start_that_is_unknown_or_still_to_come_gives_no_duration(
    started_at: datetime | None,
) -> None:
    assert timed((1, status("CHARGING", started_at=started_at))).minutes is None


def test_a_missing_start_continues_the_known_session() -> None:
    assert timed((1, CHARGING), (42, status("CHARGING", started_at=None))).minutes == 42


@pytest.mark.parametrize("clock", [timed((42, CHARGING)), timed((42, CHARGING), (610, UNPLUGGED)), SessionClock()])
def test_the_duration_survives_a_restart(clock: SessionClock) -> None:
    assert remembered(clock) == clock


@given(
    readings=st.lists(
        st.tuples(
            st.integers(0, 120),
            st.sampled_from(["CHARGING", "SUSPENDED_EV", "SUSPENDED_EVSE", "AVAILABLE", None]),
            st.integers(0, 3),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_the_duration_never_falls_within_a_session(
    readings: list[tuple[int, str | None, int, bool]],
) -> None:
    clock, now = SessionClock(), FIRST
    for gap, state, day, plugged in readings:
        now += gap * MINUTE
        reading = status(state, started_at=FIRST + timedelta(days=day), plugged=plugged)
        before, clock = clock, advance_clock(clock, reading, now)
        if clock.minutes is not None:
            assert clock.minutes >= 0
        if clock.started_at == before.started_at and before.minutes is not None:
            assert clock.minutes is not None
            assert clock.minutes >= before.minutes
