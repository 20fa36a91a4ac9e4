"""Which charging currents a charger takes, and which one it works with."""

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.settings import (
    AmpsBounds,
    amps_bounds,
    amps_to_apply,
    running_amps,
    safe_limited,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import (
    ChargerStatus,
    ChargerSummary,
    ChargingSession,
    Connector,
)
from custom_components.enphase_cloud_things.enlighten.models.modes import ChargeMode


@pytest.mark.parametrize(
    ("low", "high", "limit", "step", "expected"),
    [
        (6, 32, None, 1, AmpsBounds(low=6, high=32)),
        (6, 32, 40, 2, AmpsBounds(low=6, high=32, step=2)),
        (6, None, 40, None, AmpsBounds(low=6, high=40)),
        (16, 16, None, 0, AmpsBounds(low=16, high=16)),
        (6, 32, None, -1, AmpsBounds(low=6, high=32)),
        (None, 32, 32, 1, None),
        (6, None, None, 1, None),
        (40, 32, None, 1, None),
        (0, 32, None, 1, None),
    ],
)
def test_the_offered_currents_are_the_charger_s_own_or_unknown(
    low: int | None, high: int | None, limit: int | None, step: int | None, expected: AmpsBounds | None
) -> None:
    """Trap 32: an invented bound may be more than the circuit carries."""
    summary = ChargerSummary(serial="1", amps_min=low, amps_max=high, max_current=limit, amps_step=step)
    assert amps_bounds(summary) == expected


def test_without_metadata_no_current_is_offered() -> None:
    assert amps_bounds(None) is None


@pytest.mark.parametrize(
    ("wish", "expected"), [(6, 6), (7, 6), (8.9, 8), (32, 30), (31, 30), (99, 30), (1, 6), (-5, 6)]
)
def test_a_wish_becomes_the_next_lower_current_on_offer(wish: float, expected: int) -> None:
    assert AmpsBounds(low=6, high=31, step=2).nearest(wish) == expected


@given(low=st.integers(1, 40), span=st.integers(0, 60), step=st.integers(1, 10), wish=st.integers(-10, 120))
def test_whatever_the_wish_the_result_is_on_offer(low: int, span: int, step: int, wish: int) -> None:
    bounds = AmpsBounds(low=low, high=low + span, step=step)
    nearest = bounds.nearest(wish)
    assert nearest in range(low, low + span + 1, step)
    assert bounds.offers(nearest)
    assert bounds.offers(wish) is (wish in range(low, low + span + 1, step))


def status(
    state: str, *, session_level: int | None = None, level: int | None = None, safe_limit: bool | None = None
) -> ChargerStatus:
    return ChargerStatus(
        serial="202640011873",
        charge_level=level,
        session=ChargingSession(charge_level=session_level),
        connectors=(Connector(state=state, safe_limit=safe_limit),),
    )


SUMMARY = ChargerSummary(serial="202640011873", amps_min=16, amps_max=80)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (None, 24),
        (status("AVAILABLE", session_level=32, level=32), 24),
        (status("SUSPENDED_EVSE", session_level=32), 24),
        (status("CHARGING", session_level=32, level=40), 32),
        (status("CHARGING", level=40), 40),
        (status("CHARGING"), 24),
        (status("SUSPENDED_EV", session_level=32), 32),
        (status("CHARGING", session_level=32, safe_limit=True), 32),
    ],
)
def test_the_current_is_the_session_s_else_the_setpoint(reading: ChargerStatus | None, expected: int) -> None:
    flowing = reading is not None and reading.connectors[0].state == "CHARGING"
    assert running_amps(reading, SUMMARY, 24, flowing=flowing) == expected


def test_a_session_that_only_the_counters_show_has_its_current() -> None:
    """Trap 67: the words say that nothing flows."""
    assert running_amps(status("SUSPENDED_EVSE", session_level=32), SUMMARY, 24, flowing=True) == 32


@pytest.mark.parametrize(("flowing", "expected"), [(True, 16), (False, 32)])
def test_a_safe_limit_that_is_measured_is_the_charger_s_own_minimum(flowing: bool, expected: int) -> None:
    """Trap 33: only while charging."""
    reading = status("SUSPENDED_EV", session_level=32, safe_limit=True)
    assert running_amps(reading, SUMMARY, 24, flowing=flowing, safe_limit=True) == expected


@pytest.mark.parametrize(
    ("flag", "power", "least", "expected"),
    [
        (True, 3600, 3680, True),
        (True, 4600, 3680, True),
        (True, 4700, 3680, False),
        (True, 13_600, 3680, False),
        (True, None, 3680, False),
        (True, 0, 3680, False),
        (True, 3600, None, False),
        (False, 3600, 3680, False),
        (None, 3600, 3680, False),
    ],
)
def test_a_safe_limit_counts_where_the_measured_energy_agrees(
    flag: bool | None, power: float | None, least: float | None, expected: bool
) -> None:
    """Trap 67: a car that drew 13.6 kW was shown at 16 A."""
    assert safe_limited(status("CHARGING", safe_limit=flag), power=power, least_power=least) is expected


def test_a_session_without_a_record_shows_the_level_of_the_charger() -> None:
    reading = ChargerStatus(serial="1", charge_level=20, connectors=(Connector(state="CHARGING"),))
    assert running_amps(reading, None, 24, flowing=True) == 20


@pytest.mark.parametrize("mode", [ChargeMode.MANUAL, ChargeMode.SCHEDULED])
@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (status("CHARGING", session_level=32), 24),
        (status("CHARGING", level=32), 24),
        (status("CHARGING", session_level=32, level=24), 24),
        (status("CHARGING"), 24),
        (status("CHARGING", session_level=24), None),
        (status("CHARGING", session_level=24, level=32), None),
        (status("CHARGING", level=24), None),
        (status("SUSPENDED_EV", session_level=32), None),
        (status("SUSPENDED_EVSE", session_level=32), None),
        (status("AVAILABLE"), None),
        (status("SOMETHING_NEW", session_level=32), None),
        (None, None),
    ],
)
def test_a_new_setpoint_is_for_a_session_that_draws_another_current(
    mode: ChargeMode, reading: ChargerStatus | None, expected: int | None
) -> None:
    """Trap 31: a session keeps its current until it is restarted."""
    flowing = reading is not None and reading.connectors[0].state == "CHARGING"
    assert amps_to_apply(reading, SUMMARY, mode, 24, flowing=flowing, before=32) == expected


@pytest.mark.parametrize(
    "mode", [None, *(mode for mode in ChargeMode if mode not in {ChargeMode.MANUAL, ChargeMode.SCHEDULED})]
)
def test_no_level_is_applied_in_a_mode_that_takes_none(mode: ChargeMode | None) -> None:
    """Trap 26: a level in green or smart mode forces charging at full power."""
    assert amps_to_apply(status("CHARGING", session_level=32), SUMMARY, mode, 24, flowing=True, before=32) is None


@pytest.mark.parametrize("summary", [None, ChargerSummary(serial="1")])
def test_no_level_is_applied_without_bounds(summary: ChargerSummary | None) -> None:
    assert (
        amps_to_apply(status("CHARGING", session_level=32), summary, ChargeMode.MANUAL, 24, flowing=True, before=32)
        is None
    )


def test_without_a_setpoint_nothing_is_applied() -> None:
    assert (
        amps_to_apply(status("CHARGING", session_level=32), SUMMARY, ChargeMode.MANUAL, None, flowing=True, before=32)
        is None
    )


@pytest.mark.parametrize(("before", "expected"), [(24, None), (16, 24), (None, 24)])
def test_a_session_of_unknown_current_runs_at_the_setpoint_from_before(
    before: int | None, expected: int | None
) -> None:
    """Setting again what is set already restarts nothing."""
    assert amps_to_apply(status("CHARGING"), SUMMARY, ChargeMode.MANUAL, 24, flowing=True, before=before) == expected
