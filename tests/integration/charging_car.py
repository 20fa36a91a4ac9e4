"""A car that charges, and whose session may be restarted for another current."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Car, World

from .conftest import SetupEntry
from .passing_time import Advance
from .wishes import set_amps, turn_on

APPLY = {"apply_amps_while_charging": True}
A_SPELL = 30.0


@pytest.fixture
async def charging(hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance) -> MockConfigEntry:
    """The entry of a car that charges at 16 A, with the option to apply new currents to it."""
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=32, phases=3))
    entry = await setup_entry(options=APPLY)
    await set_amps(hass, 16)
    await turn_on(hass)
    await advance(A_SPELL)
    return entry
