"""A charger that has moved to another site of the account, or is ticked where another entry has it."""

import logging

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import World

from .conftest import SetupEntry
from .flows import assert_aborted, filled_in, sign_in, submit
from .passing_time import Advance
from .repairs import Repairs, issue_texts, pages, repairs, shown_issues

__all__ = ["pages", "repairs"]

HOME = "4410287"
CABIN = "4410288"
CARPORT = "202640011873"
SWITCH = "switch.carport"


@pytest.fixture
def world(freezer: object) -> World:
    """Two sites of one account, each with a charger."""
    return World.with_two_sites()


@pytest.fixture
async def home(setup_entry: SetupEntry, world: World) -> MockConfigEntry:
    """The site that has the charger so far, which a person knows by another name and with a setpoint of their own."""
    return await setup_entry(site=world.sites[HOME])


async def with_wishes(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Have a person name and set what must not get lost."""
    er.async_get(hass).async_update_entity("sensor.carport_power", new_entity_id="sensor.wallbox", name="Wallbox")
    await hass.services.async_call(
        "number", "set_value", {"entity_id": "number.carport_charging_current", "value": 13}, blocking=True
    )


def owners(hass: HomeAssistant) -> set[str | None]:
    """Return the entries that the entities and the device of the charger belong to."""
    entities = [entity for entity in er.async_get(hass).entities.values() if entity.unique_id.startswith(CARPORT)]
    devices = [device for device in dr.async_get(hass).devices if (DOMAIN, CARPORT) in device.identifiers]
    assert len(devices) == 1
    assert entities
    return {entity.config_entry_id for entity in entities} | {device.config_entry_id for device in devices}


def assert_moved(hass: HomeAssistant, home: ConfigEntry, cabin: ConfigEntry, caplog: pytest.LogCaptureFixture) -> None:
    """Check that the charger works at its new site, with all that it had."""
    assert home.data["serials"] == []
    assert CARPORT in cabin.data["serials"]
    assert (home.state, cabin.state) == (ConfigEntryState.LOADED, ConfigEntryState.LOADED)
    assert owners(hass) == {cabin.entry_id}
    power, amps = hass.states.get("sensor.wallbox"), hass.states.get("number.carport_charging_current")
    assert power is not None
    assert power.name == "Wallbox"
    assert amps is not None
    assert amps.state == "13"
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not [record.getMessage() for record in errors if not record.name.startswith("aiohttp")]


async def test_a_charger_of_another_entry_is_not_taken_in_silence(
    hass: HomeAssistant, home: MockConfigEntry, world: World
) -> None:
    """Trap 75."""
    world.move_charger(CARPORT, CABIN)
    form = await sign_in(hass)
    assert filled_in(form)["move_here"] is False
    result = await submit(hass, form, serials=[CARPORT])
    assert_aborted(result, "charger_elsewhere")
    assert result["description_placeholders"] == {"charger": "Carport", "site": "Lark Street"}
    assert home.data["serials"] == [CARPORT]
    assert owners(hass) == {home.entry_id}


async def test_a_charger_moves_in_one_step_with_all_that_it_has(
    hass: HomeAssistant, home: MockConfigEntry, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 75."""
    await with_wishes(hass, home)
    world.move_charger(CARPORT, CABIN)
    result = await submit(hass, await sign_in(hass), serials=[CARPORT], move_here=True)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert_moved(hass, home, result["result"], caplog)


async def test_the_offer_of_a_new_charger_moves_one_of_another_site(
    hass: HomeAssistant,
    home: MockConfigEntry,
    setup_entry: SetupEntry,
    world: World,
    advance: Advance,
    repairs: Repairs,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Trap 75."""
    await with_wishes(hass, home)
    cabin = await setup_entry(site=world.sites[CABIN])
    world.move_charger(CARPORT, CABIN)
    await advance(340)
    (issue,) = shown_issues(hass, "new_charger")
    assert any("Lark Street" in text and "Hill Cabin" in text for text in issue_texts(issue))
    form = await repairs.start(issue)
    assert form["step_id"] == "move"
    assert (await repairs.submit(form))["type"] == "create_entry"
    await hass.async_block_till_done()
    assert_moved(hass, home, cabin, caplog)


async def test_a_form_without_chargers_of_others_does_not_ask(hass: HomeAssistant, world: World) -> None:
    """Trap 75."""
    form = await submit(hass, await sign_in(hass), site_id=HOME)
    assert "move_here" not in filled_in(form)
