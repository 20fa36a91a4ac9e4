"""Power, estimated from energy."""

from datetime import datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.flow import (
    STANDSTILL,
    Flow,
    PowerEstimate,
    advance_flow,
    advance_power,
    expected_power,
    power_limit,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerSummary

from .steady_charge import START, status

LIMIT = 7360.0


class Estimator:
    """Estimates the power from one status after the other."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.estimate = PowerEstimate()

    def __call__(
        self,
        seconds: float,
        energy: float | None,
        state: str | None = "CHARGING",
        *,
        connected: bool = True,
        expected: float | None = None,
        started_at: datetime | None = START,
    ) -> tuple[float | None, datetime | None]:
        now = at(seconds)
        reading = status(state, now, connected=connected)
        self.flow = advance_flow(self.flow, reading, energy=energy, started_at=started_at, now=now)
        self.estimate = advance_power(
            self.estimate, self.flow, reported_at=now, connected=connected, expected=expected, limit=LIMIT
        )
        return self.estimate.watts, self.estimate.as_of


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def charging() -> Estimator:
    """Return an estimator that has come to 6 kW."""
    estimator = Estimator()
    for step in range(7):
        estimator(step * 300, step * 0.5)
    assert (estimator.estimate.watts, estimator.estimate.as_of) == (6000, at(1800))
    return estimator


def test_nothing_is_known_before_the_first_whole_step() -> None:
    """Trap 69: zero would say that nothing flows."""
    estimator = Estimator()
    assert [estimator(seconds, energy)[0] for seconds, energy in ((0, 0.0), (60, 0.0), (300, 0.3), (420, 0.3))] == [
        None
    ] * 4


def test_the_second_step_gives_the_power() -> None:
    estimator = Estimator()
    for seconds, energy in ((0, 0.0), (300, 0.5)):
        estimator(seconds, energy)
    assert estimator(600, 1.0) == (6000, at(600))


def test_a_first_step_that_gives_what_is_expected_is_enough() -> None:
    estimator = Estimator()
    estimator(0, 0.0, expected=6200)
    assert estimator(300, 0.5, expected=6200) == (6000, at(300))


@pytest.mark.parametrize("seconds", [1860, 2040])
def test_a_report_without_a_step_keeps_the_figure(seconds: float) -> None:
    """Trap 68: a steady draw is steady between two steps, too."""
    assert charging()(seconds, 3.0) == (6000, at(1800))


def test_a_pause_is_zero_at_once() -> None:
    """Trap 42."""
    assert charging()(1805, 3.0, "SUSPENDED_EVSE") == (0, at(1805))


def test_the_time_of_a_zero_stands_still() -> None:
    estimator = charging()
    for seconds in (1805, 2100, 2400):
        assert estimator(seconds, 3.0, "SUSPENDED_EVSE") == (0, at(1805))


def test_a_flow_that_goes_on_after_a_pause_is_unknown_until_it_was_counted() -> None:
    """Trap 69: the zero of the pause says nothing about it."""
    estimator = charging()
    estimator(1805, 3.0, "SUSPENDED_EVSE")
    assert estimator(5000, 3.0) == (None, None)


def test_a_charger_that_is_offline_has_no_power() -> None:
    assert charging()(1900, 3.0, connected=False) == (None, None)


def test_a_counter_that_stands_still_for_long_is_no_power_whatever_the_words() -> None:
    """Trap 42: a figure was left standing for hours."""
    estimator = charging()
    longest = STANDSTILL.total_seconds()
    for seconds in range(2100, 1800 + int(longest) + 1, 300):
        assert estimator(seconds, 3.0)[0] == 6000
    assert estimator(1800 + longest + 60, 3.0)[0] == 0


def test_another_session_is_unknown_until_it_was_counted() -> None:
    """Trap 43: no difference spans two sessions."""
    assert charging()(2100, 0.1, started_at=at(2000))[0] is None


def test_the_figure_never_exceeds_what_the_charger_can_draw() -> None:
    estimator = Estimator()
    for step in range(8):
        estimator(step * 300, step * 5.0)
    assert estimator.estimate.watts == LIMIT


@pytest.mark.parametrize(
    ("summary", "amps", "expected"),
    [
        (None, None, None),
        (None, 16, 3840),
        (ChargerSummary(serial="1", operating_voltage=230, phase_mode="1"), 32, 7360),
        (ChargerSummary(serial="1", operating_voltage=230, phase_mode="3"), 16, 11_040),
        (ChargerSummary(serial="1", operating_voltage=230, phase_mode="3"), 64, 19_200),
    ],
)
def test_what_a_current_would_give_is_amps_times_volts_times_phases(
    summary: ChargerSummary | None, amps: int | None, expected: float | None
) -> None:
    assert expected_power(summary, amps, nominal_voltage=240) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (None, 19_200),
        (ChargerSummary(serial="1"), 19_200),
        (ChargerSummary(serial="1", operating_voltage=230), 19_200),
        (ChargerSummary(serial="1", max_current=32), 240 * 32),
        (ChargerSummary(serial="1", amps_max=16), 240 * 16),
        (ChargerSummary(serial="1", rated_current=40), 240 * 40),
        (ChargerSummary(serial="1", max_current=32, amps_max=16), 240 * 32),
        (ChargerSummary(serial="1", max_current=32, operating_voltage=230), 230 * 32),
        (ChargerSummary(serial="1", max_current=32, phase_mode="1"), 240 * 32),
        (ChargerSummary(serial="1", max_current=32, phase_mode="split", phase_count=3), 240 * 32),
        (ChargerSummary(serial="1", max_current=16, operating_voltage=230, phase_mode="3"), 230 * 16 * 3),
        (ChargerSummary(serial="1", max_current=16, operating_voltage=230, phase_count=3), 230 * 16 * 3),
        (
            ChargerSummary(serial="1", max_current=16, operating_voltage=230, phase_mode="3_phase", has_neutral=True),
            230 * 16 * 3,
        ),
        (
            ChargerSummary(serial="1", max_current=16, operating_voltage=208, phase_mode="three", has_neutral=False),
            pytest.approx(208 * 16 * 3**0.5),
        ),
        (
            ChargerSummary(serial="1", max_current=16, operating_voltage=400, phase_mode="3"),
            pytest.approx(400 * 16 * 3**0.5),
        ),
        (ChargerSummary(serial="1", max_current=32, operating_voltage=230, phase_mode="3"), 19_200),
    ],
)
def test_the_limit_is_volts_times_amps_times_phases(summary: ChargerSummary | None, expected: float) -> None:
    """Trap 43: a three-phase charger must not be capped like a single-phase one."""
    assert power_limit(summary, nominal_voltage=240) == expected


@given(
    readings=st.lists(
        st.tuples(
            st.integers(0, 900),
            st.none() | st.floats(0, 300),
            st.sampled_from(["CHARGING", "SUSPENDED_EV", "SUSPENDED_EVSE", "AVAILABLE", "NEW", None]),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_comes_the_figure_is_unknown_or_between_zero_and_the_limit(
    readings: list[tuple[int, float | None, str | None, bool]],
) -> None:
    estimator, seconds = Estimator(), 0
    for gap, energy, state, connected in readings:
        seconds += gap
        watts, as_of = estimator(seconds, energy, state, connected=connected)
        assert watts is None or 0 <= watts <= LIMIT
        assert as_of is None or as_of <= at(seconds)
        assert connected or watts is None
