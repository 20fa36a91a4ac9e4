"""What happened at a charger between two observations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.sessions import (
    SessionEvent,
    SessionEventType as Kind,
    SessionFigures,
    SessionWatch,
    confirm_stop,
    observe,
)
from custom_components.enphase_cloud_things.chargers.status import drawing_power
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, ChargingSession, Connector

from .remembered import remembered

PLUGGED = datetime(2026, 11, 10, 17, 0, tzinfo=UTC)
FIRST = datetime(2026, 11, 10, 17, 30, tzinfo=UTC)
SECOND = datetime(2026, 11, 10, 21, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 10, 22, 0, tzinfo=UTC)
INTERVAL = timedelta(seconds=30)

UNPLUGGED, IDLE = "unplugged", "AVAILABLE"


def status(
    state: str, *, connected: bool = True, faulted: bool = False, started_at: datetime | None = None
) -> ChargerStatus:
    plugged = state != UNPLUGGED
    connector = Connector(state="AVAILABLE" if state == UNPLUGGED else state)
    return ChargerStatus(
        serial="202640011873",
        connected=connected,
        plugged_in=plugged,
        faulted=faulted,
        connectors=(connector,),
        session=ChargingSession(started_at=started_at),
    )


def figures(
    energy: float | None = None, started_at: datetime | None = FIRST, plugged_in_at: datetime | None = PLUGGED
) -> SessionFigures:
    return SessionFigures(started_at=started_at, plugged_in_at=plugged_in_at, energy=energy)


class Observer:
    """Observes a charger again and again."""

    def __init__(self, state: str = UNPLUGGED, seen: SessionFigures | None = None) -> None:
        self.watch = SessionWatch()
        self.now = NOW
        self(state, seen)

    def __call__(
        self,
        state: str,
        seen: SessionFigures | None = None,
        *,
        after: timedelta = INTERVAL,
        connected: bool = True,
        faulted: bool = False,
        started_at: datetime | None = None,
        reported_at: datetime | None = None,
    ) -> list[SessionEvent]:
        """Return what an observation tells. The start that the cloud tells may be newer than that of the figures."""
        self.now += after
        seen = seen or SessionFigures()
        reading = status(state, connected=connected, faulted=faulted, started_at=started_at or seen.started_at)
        reading = replace(reading, reported_at=reported_at or self.now)
        self.watch, events = observe(
            self.watch, reading, seen, flowing=drawing_power(reading), now=self.now, interval=INTERVAL
        )
        return list(events)

    def settled(self, state: str, seen: SessionFigures | None = None) -> list[SessionEvent]:
        """Return what an observation tells, and what follows once its figures are final."""
        return [*self(state, seen), *self(state, seen, after=timedelta(minutes=1))]

    def restart(self) -> None:
        """Go on from what a restart remembers."""
        self.watch = remembered(self.watch)


def kinds(events: list[SessionEvent]) -> list[Kind]:
    return [event.kind for event in events]


TRANSITIONS: list[tuple[list[str], list[Kind]]] = [
    ([UNPLUGGED, IDLE], [Kind.PLUGGED_IN]),
    ([UNPLUGGED, "PREPARING"], [Kind.PLUGGED_IN]),
    ([UNPLUGGED, "CHARGING"], [Kind.PLUGGED_IN, Kind.STARTED]),
    ([IDLE, "CHARGING"], [Kind.STARTED]),
    ([IDLE, "FINISHING"], [Kind.STARTED]),
    ([IDLE, "SUSPENDED_EV"], []),
    ([IDLE, "SUSPENDED_EVSE", "CHARGING"], [Kind.STARTED]),
    (["CHARGING", "SUSPENDED_EV"], [Kind.PAUSED]),
    (["CHARGING", "SUSPENDED_EVSE", "CHARGING"], [Kind.PAUSED, Kind.RESUMED]),
    (["CHARGING", "PREPARING"], [Kind.PAUSED]),
    (["CHARGING", "FINISHING"], []),
    (["CHARGING", "FINISHING", IDLE], [Kind.FINISHED]),
    (["CHARGING", "FINISHING", "CHARGING"], []),
    (["CHARGING", "FINISHING", "SUSPENDED_EV", "CHARGING"], [Kind.FINISHED, Kind.STARTED]),
    (["CHARGING", UNPLUGGED], [Kind.FINISHED, Kind.UNPLUGGED]),
    (["CHARGING", "SUSPENDED_EV", UNPLUGGED], [Kind.PAUSED, Kind.FINISHED, Kind.UNPLUGGED]),
    ([IDLE, UNPLUGGED], [Kind.UNPLUGGED]),
    (["CHARGING", "SOMETHING_NEW"], []),
    ([IDLE, "FAULTED"], [Kind.FAULTED]),
    (["CHARGING", "FAULTED", "CHARGING"], [Kind.FAULTED, Kind.PAUSED, Kind.RESUMED]),
]


@pytest.mark.parametrize(("states", "expected"), TRANSITIONS)
def test_each_transition_is_told_once(states: list[str], expected: list[Kind]) -> None:
    observed = Observer(states[0], figures(1.0))
    told = [kind for state in states[1:] for kind in kinds(observed.settled(state, figures(1.0)))]
    assert told == expected


def test_the_first_observation_tells_nothing() -> None:
    watch, events = observe(SessionWatch(), status("CHARGING"), figures(1.0), flowing=True, now=NOW, interval=INTERVAL)
    assert events == ()
    assert watch.session_open


def test_a_stop_is_called_by_its_name_and_is_no_pause() -> None:
    observed = Observer("CHARGING", figures(1.0))
    observed.watch = confirm_stop(observed.watch)
    assert kinds(observed(IDLE, figures(1.0))) == [Kind.STOPPED]
    assert observed(IDLE, figures(1.0)) == []
    assert kinds(observed("CHARGING", figures(1.2))) == [Kind.RESUMED]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["CHARGING"], [Kind.STOPPED, Kind.RESUMED]),
        (["FINISHING", IDLE], [Kind.STOPPED, Kind.FINISHED]),
        (["FINISHING", "CHARGING"], [Kind.STOPPED, Kind.RESUMED]),
        (["SOMETHING_NEW", IDLE, UNPLUGGED], [Kind.STOPPED, Kind.RESUMED, Kind.PAUSED, Kind.FINISHED, Kind.UNPLUGGED]),
        ([UNPLUGGED], [Kind.STOPPED, Kind.FINISHED, Kind.UNPLUGGED]),
    ],
)
def test_after_a_stop_the_session_may_go_on_or_end(states: list[str], expected: list[Kind]) -> None:
    observed = Observer("CHARGING", figures(1.0))
    observed.watch = confirm_stop(observed.watch)
    assert [kind for state in states for kind in kinds(observed.settled(state, figures(1.0)))] == expected


def test_a_stop_without_a_session_is_no_event() -> None:
    observed = Observer(IDLE)
    observed.watch = confirm_stop(observed.watch)
    assert observed(IDLE) == []


def test_an_offline_charger_is_no_observation() -> None:
    observed = Observer("CHARGING", figures(1.0))
    assert observed(UNPLUGGED, connected=False) == []
    assert observed("CHARGING", figures(1.0)) == []


@pytest.mark.parametrize(("after", "late"), [(30, False), (120, False), (121, True), (3600, True)])
def test_what_shows_after_a_gap_was_observed_late(after: int, late: bool) -> None:
    (event,) = Observer("CHARGING", figures(1.0))("SUSPENDED_EV", figures(1.0), after=timedelta(seconds=after))
    assert event.observed_late is late


class TestAnotherSession:
    """One may follow the other on the same cable."""

    def test_it_ends_the_one_before_with_the_figures_of_that(self) -> None:
        observed = Observer("CHARGING", figures(12.5))
        finished, started = observed("CHARGING", figures(0.2, SECOND))
        assert (finished.kind, finished.figures.energy) == (Kind.FINISHED, 12.5)
        assert (started.kind, started.figures.energy) == (Kind.STARTED, 0.2)

    def test_it_does_so_after_a_restart(self) -> None:
        observed = Observer("CHARGING", figures(12.5))
        observed.restart()
        assert [event.figures.energy for event in observed("CHARGING", figures(0.2, SECOND))] == [12.5, 0.2]

    def test_a_newer_start_after_a_pause_is_the_same_session(self) -> None:
        """Whether resuming gives a newer start is unknown: it counts no sessions by itself."""
        observed = Observer("CHARGING", figures(3.5))
        observed("SUSPENDED_EV", figures(3.5))
        assert kinds(observed("CHARGING", figures(3.6, SECOND))) == [Kind.RESUMED]

    def test_one_that_has_taken_more_by_now_is_known_by_its_cable(self) -> None:
        observed = Observer("CHARGING", figures(3.5))
        seen = figures(20.0, SECOND, PLUGGED + timedelta(hours=3))
        assert kinds(observed("CHARGING", seen, after=timedelta(hours=5))) == [Kind.FINISHED, Kind.STARTED]

    @pytest.mark.parametrize(("before", "after"), [(None, 3.0), (3.0, None)])
    def test_without_energies_the_newer_start_tells(self, before: float | None, after: float | None) -> None:
        observed = Observer("CHARGING", figures(before))
        assert kinds(observed("CHARGING", figures(after, SECOND))) == [Kind.FINISHED, Kind.STARTED]

    def test_after_a_stop_a_newer_start_is_another_session_at_once(self) -> None:
        observed = Observer("CHARGING", figures(12.5))
        observed.watch = confirm_stop(observed.watch)
        observed("SUSPENDED_EVSE", figures(12.5))
        observed.restart()
        finished, started = observed("CHARGING", figures(12.5), started_at=SECOND)
        assert (finished.kind, finished.figures.energy) == (Kind.FINISHED, 12.5)
        assert (started.kind, started.figures.energy) == (Kind.STARTED, None)
        assert observed("CHARGING", figures(0.2, SECOND)) == []

    @pytest.mark.parametrize(("energy", "expected"), [(0.2, [Kind.FINISHED, Kind.STARTED]), (12.6, [Kind.RESUMED])])
    def test_after_a_pause_a_newer_start_is_judged_once_the_energy_follows(
        self, energy: float, expected: list[Kind]
    ) -> None:
        observed = Observer("CHARGING", figures(12.5))
        observed("SUSPENDED_EVSE", figures(12.5))
        assert observed("CHARGING", figures(12.5), started_at=SECOND) == []
        observed.restart()
        assert kinds(observed("CHARGING", figures(energy, SECOND))) == expected

    def test_a_start_that_is_still_to_come_keeps_nothing_open(self) -> None:
        observed = Observer("CHARGING", figures(12.5))
        observed("SUSPENDED_EVSE", figures(12.5))
        later = NOW + timedelta(days=9)
        assert kinds(observed("CHARGING", figures(12.5), started_at=later)) == [Kind.RESUMED]

    def test_an_older_start_is_a_late_reading(self) -> None:
        observed = Observer("CHARGING", figures(3.0, SECOND))
        assert observed("CHARGING", figures(1.0, FIRST)) == []

    def test_figures_that_lag_behind_make_no_second_start(self) -> None:
        """The cloud tells the session before for some polls more."""
        observed = Observer(IDLE, figures(12.5))
        (started,) = observed("CHARGING", figures(12.5))
        assert (started.kind, started.figures.energy) == (Kind.STARTED, None)
        observed.restart()
        assert observed("CHARGING", figures(0.2, SECOND)) == []
        finished, _ = observed.settled(UNPLUGGED, figures(4.0, SECOND))
        assert finished.figures.energy == 4.0

    def test_a_start_that_becomes_known_is_no_new_session(self) -> None:
        observed = Observer("CHARGING", figures(1.0, None))
        assert observed("CHARGING", figures(0.5)) == []


class TestFinalFigures:
    """The last step of a session is often counted after its end (trap 70)."""

    def test_the_end_waits_for_the_energy_that_is_counted_late(self) -> None:
        observed = Observer("CHARGING", figures(0.046))
        assert observed(UNPLUGGED, figures(0.046)) == []
        told = observed(UNPLUGGED, figures(0.302))
        assert [(event.kind, event.figures.energy, event.final) for event in told] == [
            (Kind.FINISHED, 0.302, True),
            (Kind.UNPLUGGED, 0.302, True),
        ]
        assert observed(UNPLUGGED, figures(0.302)) == []

    @pytest.mark.parametrize("connected", [True, False])
    def test_it_waits_two_minutes_at_most(self, connected: bool) -> None:
        observed = Observer("CHARGING", figures(0.046))
        reported_at = observed.now + INTERVAL
        told = [
            event
            for number in range(5)
            for event in observed(
                UNPLUGGED, figures(0.046), reported_at=reported_at, connected=connected or number == 0
            )
        ]
        assert [(event.kind, event.final) for event in told] == [(Kind.FINISHED, False), (Kind.UNPLUGGED, False)]
        assert observed.now - NOW <= timedelta(minutes=3)

    def test_a_later_report_without_more_energy_makes_the_figures_final(self) -> None:
        observed = Observer("CHARGING", figures(1.0))
        assert observed(UNPLUGGED, figures(1.0)) == []
        told = observed(UNPLUGGED, figures(1.0), after=timedelta(seconds=60))
        assert [event.final for event in told] == [True, True]

    def test_a_session_that_has_paused_for_long_has_final_figures_at_once(self) -> None:
        observed = Observer("CHARGING", figures(1.0))
        observed.settled("SUSPENDED_EV", figures(1.0))
        told = observed(UNPLUGGED, figures(1.0))
        assert [(event.kind, event.final) for event in told] == [(Kind.FINISHED, True), (Kind.UNPLUGGED, True)]

    def test_a_car_that_comes_back_meanwhile_waits_for_nothing(self) -> None:
        observed = Observer("CHARGING", figures(1.0))
        assert observed(UNPLUGGED, figures(1.0)) == []
        told = observed(IDLE, figures(1.0))
        assert [(event.kind, event.final) for event in told] == [
            (Kind.FINISHED, False),
            (Kind.UNPLUGGED, False),
            (Kind.PLUGGED_IN, None),
        ]

    def test_an_end_that_waits_survives_a_restart(self) -> None:
        observed = Observer("CHARGING", figures(0.046))
        observed(UNPLUGGED, figures(0.046))
        observed.restart()
        assert [event.figures.energy for event in observed(UNPLUGGED, figures(0.302))] == [0.302, 0.302]

    def test_what_is_no_end_does_not_wait(self) -> None:
        observed = Observer("CHARGING", figures(1.0))
        (paused,) = observed("SUSPENDED_EV", figures(1.0))
        assert (paused.kind, paused.final) == (Kind.PAUSED, None)


@pytest.mark.parametrize("state", [IDLE, "SUSPENDED_EVSE", "FINISHING"])
def test_a_confirmed_stop_is_why_nothing_flows_until_something_flows_or_the_car_leaves(state: str) -> None:
    observed = Observer("CHARGING", figures(1.0))
    observed.watch = confirm_stop(observed.watch)
    observed(state, figures(1.0))
    observed(IDLE, figures(1.0))
    observed.restart()
    stopped = observed.watch
    assert stopped.ended_by_stop
    for next_state in ("CHARGING", UNPLUGGED):
        observed.watch = stopped
        observed(next_state, figures(1.1))
        assert observed.watch.ended_by_stop is False


STATES = (UNPLUGGED, IDLE, "PREPARING", "CHARGING", "SUSPENDED_EV", "SUSPENDED_EVSE", "FINISHING", "FAULTED", "NEW")
OBSERVATIONS = st.lists(
    st.tuples(
        st.sampled_from(STATES),
        st.none() | st.floats(0, 80),
        st.sampled_from([None, FIRST, SECOND]),
        st.sampled_from([None, FIRST, SECOND]),
        st.sampled_from(["", "offline", "stopped", "restarted"]),
    ),
    max_size=30,
)


@given(observations=OBSERVATIONS)
def test_events_come_in_an_order_that_makes_sense(
    observations: list[tuple[str, float | None, datetime | None, datetime | None, str]],
) -> None:
    """Nothing ends that has not begun, nothing happens twice in a row, and saying the same again tells nothing."""
    observed, told = Observer(), list[Kind]()
    for state, energy, start_of_figures, started_at, circumstance in observations:
        seen, connected = figures(energy, start_of_figures), circumstance != "offline"
        if circumstance == "stopped":
            observed.watch = confirm_stop(observed.watch)
        told += kinds(observed(state, seen, connected=connected, started_at=started_at))
        told += (again := kinds(observed(state, seen, connected=connected, started_at=started_at)))
        assert set(again) <= {Kind.FINISHED, Kind.UNPLUGGED}
        told += (again := kinds(observed(state, seen, connected=connected, started_at=started_at)))
        assert set(again) <= {Kind.FINISHED, Kind.UNPLUGGED}
        if circumstance == "restarted":
            observed.restart()
    for begin, end in ((Kind.PLUGGED_IN, Kind.UNPLUGGED), (Kind.STARTED, Kind.FINISHED)):
        of_pair = [kind for kind in told if kind in {begin, end}]
        assert of_pair[:1] in ([], [begin])
        assert all(one is not other for one, other in pairwise(of_pair))
    is_open = is_paused = False
    for kind in told:
        if kind in {Kind.PAUSED, Kind.RESUMED, Kind.STOPPED}:
            assert is_open
            assert kind is Kind.STOPPED or is_paused is (kind is Kind.RESUMED)
            is_paused = kind is not Kind.RESUMED
        elif kind in {Kind.STARTED, Kind.FINISHED}:
            is_open, is_paused = kind is Kind.STARTED, False
