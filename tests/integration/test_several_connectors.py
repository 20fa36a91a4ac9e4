"""A charger with two connectors."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator import Account, Car, World

from .conftest import SetupEntry
from .passing_time import Advance


@pytest.fixture
def world(freezer: FrozenDateTimeFactory) -> World:
    """A site whose charger has two."""
    world = World()
    site = world.add_site()
    site.add_charger(connectors=2)
    world.add_account(Account(), sites=[site])
    return world


async def test_the_connector_status_lists_all_of_them(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Trap 47: the second one counts as much as the first."""
    world.charger.quirks.plugged_idle = "PREPARING"
    await setup_entry()
    world.charger.plug_in(Car(), connector=2)
    await advance(40)
    shown = hass.states.get("sensor.carport_connector_status")
    assert shown is not None
    assert shown.state == "preparing"
    assert shown.attributes["connectors"] == [
        {"connector": 1, "status": "AVAILABLE", "reason": None},
        {"connector": 2, "status": "PREPARING", "reason": None},
    ]
