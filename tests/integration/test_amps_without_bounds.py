"""Currents while the charger has not told between which bounds they may lie (trap 32)."""

from homeassistant.components.number import ATTR_MAX, ATTR_MIN, ATTR_STEP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance
from .wishes import AMPS, START_BUTTON, SWITCH, levels, press, set_amps, shown, turn_on

DEFAULT_LEVEL = "number.carport_default_charge_level"


@pytest.fixture(autouse=True)
def unknown_bounds(simulator: Simulator, world: World) -> None:
    """A car, and a cloud that leaves the currents out of the charger's metadata."""
    world.charger.plug_in(Car())
    simulator.faults.add(faults.field_missing("data.*.chargeLevelDetails"), Family.SUMMARY)


async def test_the_number_offers_6_to_40_in_whole_amperes(hass: HomeAssistant, setup_entry: SetupEntry) -> None:
    await setup_entry()
    state = hass.states.get(AMPS)
    assert state is not None
    assert [state.attributes[key] for key in (ATTR_MIN, ATTR_MAX, ATTR_STEP)] == [6, 40, 1]


@pytest.mark.parametrize("amps", [5, 41])
async def test_a_current_outside_of_6_to_40_is_refused(hass: HomeAssistant, setup_entry: SetupEntry, amps: int) -> None:
    await setup_entry()
    before = shown(hass, AMPS)
    with pytest.raises(ServiceValidationError):
        await set_amps(hass, amps)
    assert shown(hass, AMPS) == before


@pytest.mark.parametrize("amps", [6, 40])
async def test_the_ends_of_6_to_40_are_kept_for_later(hass: HomeAssistant, setup_entry: SetupEntry, amps: int) -> None:
    await setup_entry()
    await set_amps(hass, amps)
    assert shown(hass, AMPS) == str(amps)


@pytest.mark.parametrize("mode", [ChargeMode.MANUAL, ChargeMode.SCHEDULED])
async def test_a_current_that_was_set_is_not_sent_with_a_start(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, mode: ChargeMode
) -> None:
    """Trap 32: what a person set may be more than the circuit carries."""
    world.charger.modes.fix(mode)
    await setup_entry()
    await set_amps(hass, 40)
    await press(hass, START_BUTTON)
    assert levels(simulator) == [None]


async def test_a_start_at_a_level_is_the_callers_mistake(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    """Trap 32: a level that cannot be checked is not sent."""
    await setup_entry()
    data = {"entity_id": SWITCH, "charging_level": 16}
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(DOMAIN, "start_charging", data, blocking=True)
    assert raised.value.translation_key == "amps_unknown"
    assert simulator.requests.count(Family.START) == 0


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_the_chargers_own_default_is_refused(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    """Trap 32: the charger would keep it for every start to come."""
    await setup_entry()
    with pytest.raises(ServiceValidationError) as raised:
        await set_amps(hass, 16, DEFAULT_LEVEL)
    assert raised.value.translation_key == "amps_unknown"
    assert simulator.requests.count(Family.CONFIGURATION, method="PUT") == 0


async def test_a_new_current_does_not_restart_a_session(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 31: without bounds no level may be sent, and a restart without one would be for nothing."""
    await setup_entry(options={"apply_amps_while_charging": True})
    await turn_on(hass)
    await advance(60)
    assert simulator.world.charger.watts > 0
    await set_amps(hass, 10)
    await advance(120)
    assert simulator.requests.count(Family.STOP) == 0


async def test_the_number_takes_the_chargers_bounds_once_it_tells_them(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    simulator.faults.clear(Family.SUMMARY)
    await advance(700)
    state = hass.states.get(AMPS)
    assert state is not None
    assert [state.attributes[key] for key in (ATTR_MIN, ATTR_MAX, ATTR_STEP)] == [6, 32, 1]
