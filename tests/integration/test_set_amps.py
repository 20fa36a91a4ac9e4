"""The current that a session was given, as distinct from what it draws and from what the next one is to be given."""

from homeassistant.components.number import DOMAIN as NUMBER_DOMAIN, SERVICE_SET_VALUE
from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, World

from .conftest import SetupEntry
from .passing_time import Advance


def set_amps(hass: HomeAssistant) -> int:
    """Return what the sensor shows, in A."""
    shown = hass.states.get("sensor.carport_set_current")
    assert shown is not None
    return int(shown.state)


@pytest.fixture
async def charging(hass: HomeAssistant, world: World, setup_entry: SetupEntry, advance: Advance) -> None:
    """A session that was given 16 A."""
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1))
    await setup_entry()
    data = {"entity_id": "switch.carport", "charging_level": 16}
    await hass.services.async_call(DOMAIN, "start_charging", data, blocking=True)
    await advance(30)


@pytest.mark.usefixtures("charging")
async def test_the_next_setpoint_is_not_what_the_running_session_was_given(
    hass: HomeAssistant, advance: Advance
) -> None:
    data = {"entity_id": "number.carport_charging_current", "value": 24}
    await hass.services.async_call(NUMBER_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)
    await advance(30)
    assert set_amps(hass) == 16


@pytest.mark.usefixtures("charging")
async def test_load_balancing_takes_nothing_from_what_the_session_was_given(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.adjust(load_limit_amps=10)
    await advance(30)
    assert set_amps(hass) == 16


@pytest.mark.usefixtures("charging")
async def test_the_safe_limit_holds_a_session_at_the_chargers_minimum_for_as_long_as_it_lasts(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    """Trap 33: and the minimum is the charger's own."""
    world.charger.adjust(safe_limit=True)
    await advance(1200, step=30)  # the measured energy has to agree
    assert set_amps(hass) == 6
    world.charger.adjust()
    await advance(30)
    assert set_amps(hass) == 16


async def test_the_safe_limit_of_an_idle_charger_says_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Trap 33: the setpoint of the next start stands."""
    world.charger.plug_in(Car())
    world.charger.adjust(safe_limit=True)
    await setup_entry()
    await advance(30)
    assert set_amps(hass) == 32
