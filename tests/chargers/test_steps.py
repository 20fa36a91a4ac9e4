"""How an energy counter grows, in the counter's own time."""

from datetime import timedelta

import pytest

from custom_components.enphase_cloud_things.chargers.flow import (
    LONGEST_WAIT,
    Trace,
    advance_trace,
    forget_steps,
    mean_power,
)

from .steady_charge import START


def traced(*readings: tuple[float, float | None], known_start: bool = False, counter: str = "session") -> Trace:
    """Return the trace of readings: seconds after the start, kWh."""
    trace = Trace()
    for seconds, energy in readings:
        at = START + timedelta(seconds=seconds)
        trace = advance_trace(trace, counter=counter, energy=energy, at=at, started_at=START if known_start else None)
    return trace


def test_a_first_reading_is_no_step() -> None:
    """Trap 43: a lifetime total is not a power."""
    trace = traced((0, 2481.3))
    assert trace.last is None
    assert mean_power(trace) is None


def test_a_report_without_new_energy_is_no_step() -> None:
    """Trap 68: reports come at other times than the steps of the meter."""
    trace = traced((0, 1.0), (300, 1.6), (360, 1.6), (420, 1.6))
    assert trace.last is not None
    assert trace.last.seen == START + timedelta(seconds=300)


def test_power_is_from_step_to_step() -> None:
    """Trap 68: reports every minute, steps every 330 s, a steady 7.2 kW."""
    readings = [(minute * 60, 0.66 * (minute * 60 // 330)) for minute in range(40)]
    watts = mean_power(traced(*readings))
    assert watts == pytest.approx(7200, rel=0.05)


def test_growth_too_small_to_mean_anything_adds_up() -> None:
    trace = traced((0, 1.0), (10, 1.0004), (20, 1.0008))
    assert trace.last is None
    assert traced((0, 1.0), (10, 1.0004), (20, 1.0008), (30, 1.0012)).last is not None


@pytest.mark.parametrize("energy", [5.0, None])
@pytest.mark.parametrize("seconds", [600, 500])
def test_a_report_that_is_read_again_says_nothing(seconds: float, energy: float | None) -> None:
    """Trap 39: reading a report again makes no new sample."""
    trace = traced((0, 1.0), (300, 1.6), (600, 2.2))
    at = START + timedelta(seconds=seconds)
    assert advance_trace(trace, counter="session", energy=energy, at=at) == trace


@pytest.mark.parametrize(
    ("counter", "energy", "seconds"),
    [("another", 3.0, 900), ("session", 0.2, 900), ("session", 9.0, 3000), ("session", 2.4, -9000)],
)
def test_no_difference_spans_what_does_not_belong_together(counter: str, energy: float, seconds: float) -> None:
    """Trap 43: another counter, a drop, a long silence, a clock that was set back."""
    trace = traced((0, 1.0), (300, 1.6), (600, 2.2))
    trace = advance_trace(trace, counter=counter, energy=energy, at=START + timedelta(seconds=seconds))
    assert (trace.energy, trace.last) == (energy, None)


def test_the_known_start_of_a_counter_makes_the_first_figure_sure() -> None:
    """At the field's own pace the second report after the start gives the power."""
    readings = ((0, 0.0), (300, 0.6), (600, 1.2))
    assert mean_power(traced(*readings, known_start=True)) == pytest.approx(7200)
    assert mean_power(traced(*readings), precise=True) is None


@pytest.mark.parametrize(("expected", "watts"), [(7360, 7200), (9200, None), (None, None)])
def test_the_time_to_the_first_step_is_a_whole_one_if_it_gives_what_is_expected(
    expected: float | None, watts: float | None
) -> None:
    trace = traced((0, 0.0), (300, 0.6), known_start=True)
    assert mean_power(trace, expected=expected) == (None if watts is None else pytest.approx(watts))


def test_another_draw_shows_after_a_few_steps() -> None:
    slow = [(number * 300, 0.6 * min(number, 4) + 0.3 * max(number - 4, 0)) for number in range(9)]
    assert mean_power(traced(*slow, known_start=True)) == pytest.approx(3600, rel=0.15)
    fast = [(number * 300, 0.3 * min(number, 4) + 0.6 * max(number - 4, 0)) for number in range(9)]
    assert mean_power(traced(*fast, known_start=True)) == pytest.approx(7200, rel=0.15)


def test_steps_of_before_are_forgotten() -> None:
    trace = forget_steps(traced((0, 1.0), (300, 1.6), (600, 2.2)))
    assert (trace.energy, trace.last, mean_power(trace)) == (2.2, None, None)


def test_how_long_a_step_may_take_is_learnt_from_the_steps() -> None:
    assert traced((0, 1.0)).patience == LONGEST_WAIT
    steady = traced(*((number * 60, 0.12 * number) for number in range(9)))
    assert timedelta(seconds=60) < steady.patience < timedelta(seconds=150)
