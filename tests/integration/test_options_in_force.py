"""What the options change in what is asked and in what is shown."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance

TEN_MINUTES = 600.0
RHYTHM = {"slow_poll_interval": 60, "fast_poll_interval": 20}
SLOW, FAST = range(8, 11), range(23, 31)
"""The statuses in ten minutes, by these options; with jitter, each may be up to a step of time late."""


async def act(hass: HomeAssistant, action: str, **data: object) -> None:
    """Call an action of the integration."""
    await hass.services.async_call(DOMAIN, action, data, blocking=True)


@pytest.mark.parametrize(
    ("option", "expected"), [({"fast_while_streaming": True}, FAST), ({"fast_while_streaming": False}, SLOW)]
)
async def test_a_live_stream_is_polled_as_the_option_says(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    advance: Advance,
    option: Mapping[str, bool],
    expected: range,
) -> None:
    await setup_entry(options={**RHYTHM, **option})
    await act(hass, "start_live_stream")
    await advance(60)
    simulator.requests.clear()
    await advance(TEN_MINUTES)
    assert simulator.requests.count(Family.STATUS) in expected


@pytest.mark.parametrize(("fast", "expected"), [(20, FAST), (50, range(10, 13))])
async def test_a_charging_car_is_polled_at_the_chosen_interval(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    fast: int,
    expected: range,
) -> None:
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1))
    await setup_entry(options={**RHYTHM, "fast_poll_interval": fast})
    await act(hass, "start_charging", entity_id="switch.carport")
    await advance(180)
    simulator.requests.clear()
    await advance(TEN_MINUTES)
    assert simulator.requests.count(Family.STATUS) in expected


@pytest.mark.parametrize(
    ("voltage", "named", "watts"),
    [(100, False, 3 * 100 * 32), (240, False, 3 * 230 * 16), (100, True, 3 * 230 * 16)],
    ids=["it bounds", "it does not reach", "the cloud names its own"],
)
async def test_the_nominal_voltage_bounds_the_power_where_the_cloud_names_none(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    voltage: int,
    named: bool,
    watts: float,
) -> None:
    """The car draws 11 kW on three phases, of at most 32 A each."""
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1, max_amps=16, phases=3))
    if not named:
        simulator.faults.add(faults.field_missing("data.*.operatingVoltage"), Family.SUMMARY)
    await setup_entry(options={"nominal_voltage": voltage})
    await act(hass, "start_charging", entity_id="switch.carport")
    await advance(700)
    shown = hass.states.get("sensor.carport_power")
    assert shown is not None
    assert float(shown.state) == pytest.approx(watts, rel=0.05)
