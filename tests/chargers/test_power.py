"""Power, estimated from energy."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.power import (
    POWER_CAP,
    PowerEstimate,
    PowerSample,
    advance,
    power_limit,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerSummary

START = datetime(2026, 11, 10, 7, 5, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sample(
    seconds: float | None,
    energy: float | None,
    *,
    drawing: bool | None = True,
    connected: bool | None = True,
    counter: str = "lifetime",
    limit: float = POWER_CAP,
) -> PowerSample:
    return PowerSample(
        counter=counter,
        energy=energy,
        reported_at=None if seconds is None else at(seconds),
        drawing=drawing,
        connected=connected,
        limit=limit,
    )


def after(*samples: PowerSample) -> PowerEstimate:
    return reduce(advance, samples, PowerEstimate())


def figures(estimate: PowerEstimate) -> tuple[float | None, datetime | None]:
    return estimate.watts, estimate.as_of


def test_the_first_sample_only_seeds() -> None:
    """Trap 43: a lifetime total is not a power."""
    assert figures(after(sample(0, 2481.3))) == (None, None)


def test_two_reports_give_the_mean_power_between_them() -> None:
    estimate = after(sample(0, 100.0), sample(300, 100.6))
    assert figures(estimate) == (7200, at(300))


def test_each_report_starts_from_the_one_before() -> None:
    estimate = after(sample(0, 100.0), sample(300, 100.6), sample(600, 100.7))
    assert figures(estimate) == (1200, at(600))


@pytest.mark.parametrize("energy", [100.6, 100.9, 0.4, None])
def test_the_same_report_time_keeps_the_figure(energy: float | None) -> None:
    """Trap 39: reading a report again makes no new sample."""
    before = after(sample(0, 100.0), sample(300, 100.6))
    assert advance(before, sample(300, energy)) == before


def test_an_older_report_keeps_the_figure() -> None:
    before = after(sample(0, 100.0), sample(300, 100.6))
    assert advance(before, sample(250, 100.5)) == before


def test_a_sample_without_a_time_invents_none() -> None:
    before = after(sample(0, 100.0), sample(300, 100.6))
    assert advance(before, sample(None, 101.2)) == before


@pytest.mark.parametrize("seconds", [10, 300, None])
def test_the_figure_is_zero_at_once_when_nothing_is_drawn(seconds: float | None) -> None:
    """Trap 42: also under the same report time, and without one."""
    running = after(sample(-290, 100.0), sample(10, 100.6))
    estimate = advance(running, sample(seconds, 100.6, drawing=False))
    assert figures(estimate) == (0, None if seconds is None else at(seconds))


def test_the_time_of_a_zero_stands_still() -> None:
    estimate = after(
        sample(0, 100.0, drawing=False),
        sample(300, 100.0, drawing=False),
        sample(600, 100.0, drawing=False),
    )
    assert figures(estimate) == (0, at(0))


def test_a_zero_without_a_time_takes_the_next_one() -> None:
    estimate = after(sample(None, 100.0, drawing=False), sample(300, 100.0, drawing=False))
    assert figures(estimate) == (0, at(300))


def test_charging_that_resumes_seeds_anew_and_stays_zero() -> None:
    """Trap 43: the energy of the pause must not appear as power."""
    idle = after(sample(0, 100.0, drawing=False))
    resumed = advance(idle, sample(310, 101.0))
    assert figures(resumed) == (0, at(0))
    assert figures(advance(resumed, sample(610, 101.5))) == (6000, at(610))


def test_charging_that_resumes_without_a_time_waits_for_one() -> None:
    estimate = after(sample(0, 100.0, drawing=False), sample(None, 100.1), sample(600, 100.4), sample(900, 100.9))
    assert figures(estimate) == (6000, at(900))


def test_a_falling_counter_seeds_anew_and_keeps_the_figure() -> None:
    before = after(sample(0, 100.0), sample(300, 100.6))
    fallen = advance(before, sample(600, 0.4))
    assert figures(fallen) == figures(before)
    assert figures(advance(fallen, sample(900, 0.5))) == (1200, at(900))


def test_another_counter_seeds_anew_and_keeps_the_figure() -> None:
    before = after(sample(0, 5.0, counter="session 1"), sample(300, 5.6, counter="session 1"))
    changed = advance(before, sample(600, 9.0, counter="session 2"))
    assert figures(changed) == figures(before)
    assert advance(changed, sample(900, 9.1, counter="session 2")).watts == 1200


def test_a_charger_that_is_offline_has_no_power() -> None:
    offline = advance(after(sample(0, 100.0), sample(300, 100.6)), sample(600, 101.0, connected=False))
    assert offline == PowerEstimate()


@pytest.mark.parametrize("drawing", [True, False])
def test_offline_wins_over_what_was_last_known(drawing: bool) -> None:
    assert after(sample(0, 100.0, drawing=drawing, connected=False)).watts is None


def test_after_an_outage_the_first_report_only_seeds() -> None:
    estimate = after(sample(0, 100.0), sample(300, 100.6), sample(600, 100.6, connected=False), sample(900, 105.0))
    assert figures(estimate) == (None, None)


def test_a_long_silence_is_not_averaged_over() -> None:
    estimate = after(sample(0, 100.0), sample(300, 100.6), sample(2400, 103.0))
    assert figures(estimate) == (None, None)
    assert advance(estimate, sample(2700, 103.5)).watts == 6000


def test_a_clock_that_was_set_back_seeds_anew() -> None:
    estimate = after(sample(86_400, 100.0), sample(86_700, 100.6), sample(600, 101.0))
    assert figures(estimate) == (None, None)
    assert advance(estimate, sample(900, 101.5)).watts == 6000


def test_windows_too_short_to_mean_anything_add_up() -> None:
    """Trap 43: one-second windows once gave megawatts."""
    seeded = after(sample(0, 100.0))
    early = advance(seeded, sample(1, 100.5))
    assert early == seeded
    assert figures(advance(early, sample(60, 100.1))) == (6000, at(60))


def test_reports_between_two_steps_of_energy_do_not_distort_the_figure() -> None:
    estimate = after(sample(0, 100.0), sample(300, 100.5))
    for seconds in (360, 420, 480, 540):
        estimate = advance(estimate, sample(seconds, 100.5))
        assert figures(estimate) == (6000, at(300))
    assert figures(advance(estimate, sample(600, 101.0))) == (6000, at(600))


def test_a_whole_interval_without_new_energy_is_a_standstill() -> None:
    estimate = after(sample(0, 100.0), sample(300, 100.6), sample(600, 100.6))
    assert figures(estimate) == (0, at(600))
    still = advance(estimate, sample(900, 100.6))
    assert figures(still) == (0, at(600))
    assert figures(advance(still, sample(1200, 100.7))) == (1200, at(1200))


def test_an_unclear_flow_is_estimated_like_a_flow() -> None:
    estimate = after(sample(0, 100.0, drawing=None), sample(300, 100.6, drawing=None))
    assert estimate.watts == 7200


def test_the_figure_never_exceeds_what_the_charger_can_draw() -> None:
    assert after(sample(0, 100.0), sample(300, 130.0, limit=7360)).watts == 7360
    assert after(sample(0, 100.0), sample(300, 130.0, limit=99_999)).watts == 19_200


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


SAMPLES = st.builds(
    sample,
    st.none() | st.integers(0, 20_000),
    st.none() | st.floats(0, 3000),
    drawing=st.sampled_from([None, False, True]),
    connected=st.sampled_from([None, False, True]),
    counter=st.sampled_from(["lifetime", "session"]),
    limit=st.just(7360.0),
)


@given(samples=st.lists(SAMPLES, max_size=40))
def test_whatever_comes_the_figure_is_unknown_or_between_zero_and_the_limit(
    samples: list[PowerSample],
) -> None:
    estimate = PowerEstimate()
    times = {each.reported_at for each in samples}
    for each in samples:
        before, estimate = estimate, advance(estimate, each)
        assert estimate.watts is None or 0 <= estimate.watts <= 7360
        assert estimate.as_of is None or estimate.as_of in times
        if each.connected is False:
            assert estimate.watts is None
        elif each.drawing is False:
            assert estimate.watts == 0
        if before.watts == estimate.watts == 0 and before.as_of is not None:
            assert estimate.as_of == before.as_of


@given(steps=st.lists(st.tuples(st.integers(30, 1800), st.floats(0.001, 1.0)), min_size=1, max_size=30))
def test_the_figures_of_a_steady_charge_add_up_to_its_energy(steps: list[tuple[int, float]]) -> None:
    estimate = after(sample(0, 50.0))
    seconds, energy, integral, rounding = 0, 50.0, 0.0, 0.0
    for duration, kwh in steps:
        seconds, energy = seconds + duration, energy + kwh
        estimate = advance(estimate, sample(seconds, energy, limit=POWER_CAP))
        assert estimate.watts is not None
        capped = min(kwh * 3_600_000 / duration, POWER_CAP)
        integral += estimate.watts * duration - capped * duration
        rounding += duration
    assert abs(integral) <= rounding
