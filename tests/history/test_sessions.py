"""Finding the session of the status in the history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargingSession
from custom_components.enphase_cloud_things.enlighten.models.sessions import HistorySession
from custom_components.enphase_cloud_things.history.hours import hourly
from custom_components.enphase_cloud_things.history.sessions import matching_session, session_cost, session_range, span

PLUGGED_IN = datetime(2026, 11, 17, 16, 58, 21, 90_000, tzinfo=UTC)
STARTED = datetime(2026, 11, 17, 17, 5, tzinfo=UTC)
STATUS = ChargingSession(started_at=STARTED, plugged_in_at=PLUGGED_IN)
LISTED = HistorySession(
    session_id=str(int(STARTED.timestamp())),
    started_at=PLUGGED_IN,
    ended_at=PLUGGED_IN + timedelta(hours=5),
    energy=24.86,
    range_miles=86.1,
    cost=5.22,
)
OTHER = replace(
    LISTED,
    session_id=str(int(STARTED.timestamp()) - 90_000),
    started_at=PLUGGED_IN - timedelta(days=1),
    ended_at=PLUGGED_IN - timedelta(hours=9),
    cost=1.0,
)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(STATUS, id="by the start of charging"),
        pytest.param(replace(STATUS, started_at=STARTED + timedelta(milliseconds=600)), id="rounded"),
        pytest.param(replace(STATUS, plugged_in_at=None), id="without the time of plugging in"),
        pytest.param(replace(STATUS, started_at=None), id="by the time of plugging in"),
        pytest.param(replace(STATUS, started_at=None, plugged_in_at=PLUGGED_IN.replace(microsecond=0)), id="seconds"),
    ],
)
def test_the_session_of_the_status_is_found_in_the_history(status: ChargingSession) -> None:
    assert matching_session(status, [OTHER, LISTED]) == LISTED


def test_an_id_that_is_no_time_leaves_the_time_of_plugging_in() -> None:
    listed = replace(LISTED, session_id="a17")
    assert matching_session(STATUS, [replace(OTHER, session_id="a16"), listed]) == listed


def test_another_session_on_the_same_cable_is_not_taken_for_this_one() -> None:
    """A stop and a start give a new session that begins when the car was plugged in, too."""
    resumed = replace(STATUS, started_at=STARTED + timedelta(hours=1))
    assert matching_session(resumed, [LISTED]) is None


@pytest.mark.parametrize(
    ("status", "history"),
    [
        (STATUS, []),
        (STATUS, [OTHER]),
        (ChargingSession(), [LISTED]),
        (replace(STATUS, started_at=None), [LISTED, replace(LISTED, session_id="1794935900")]),
    ],
)
def test_a_session_that_cannot_be_told_is_none(status: ChargingSession, history: list[HistorySession]) -> None:
    assert matching_session(status, history) is None


def test_cost_and_range_come_from_the_status_as_soon_as_it_has_them() -> None:
    status = replace(STATUS, cost=5.4, range_miles=80.0)
    running = replace(LISTED, ended_at=None)
    assert (session_cost(status, [running]), session_range(status, [running])) == (5.4, 80.0)


def test_the_history_corrects_the_cost_of_a_session_that_is_over() -> None:
    """Trap 23: a person may set another cost by hand."""
    assert session_cost(replace(STATUS, cost=5.4), [LISTED]) == 5.22
    assert session_cost(replace(STATUS, cost=5.4), [replace(LISTED, cost=None)]) == 5.4


def test_cost_and_range_that_the_status_lacks_come_from_the_history() -> None:
    """Trap 23: they come late, and may change again."""
    assert (session_cost(STATUS, [LISTED]), session_range(STATUS, [LISTED])) == (5.22, 86.1)
    assert session_cost(STATUS, [replace(LISTED, cost=6.0)]) == 6.0


@pytest.mark.parametrize(("status", "history"), [(None, [LISTED]), (STATUS, []), (STATUS, [OTHER])])
def test_unknown_cost_and_range_are_unknown(status: ChargingSession | None, history: list[HistorySession]) -> None:
    assert (session_cost(status, history), session_range(status, history)) == (None, None)


def test_a_cost_of_nothing_is_a_cost() -> None:
    assert session_cost(replace(STATUS, cost=0.0), []) == 0.0
    assert session_cost(STATUS, [replace(LISTED, cost=0.0)]) == 0.0


def test_a_session_that_goes_on_has_no_span_and_no_hours() -> None:
    running = replace(LISTED, ended_at=None)
    assert span(running) is None
    assert hourly(3.0, running) == ()


def test_an_unknown_amount_has_no_hours() -> None:
    assert hourly(None, LISTED) == ()


def test_a_session_without_a_start_belongs_to_the_hour_of_its_end() -> None:
    ended = datetime(2026, 11, 17, 22, 3, tzinfo=UTC)
    session = replace(LISTED, started_at=None, ended_at=ended)
    assert hourly(2.0, session) == ((datetime(2026, 11, 17, 22, tzinfo=UTC), 2.0),)


def test_an_end_before_the_start_leaves_the_hour_of_the_start() -> None:
    session = replace(LISTED, ended_at=PLUGGED_IN - timedelta(hours=3))
    assert hourly(2.0, session) == ((datetime(2026, 11, 17, 16, tzinfo=UTC), 2.0),)
