"""The firmware of a charger: what it runs, what it is meant to run, and an account that may not know."""

import logging

from homeassistant.components.update import DOMAIN as UPDATE_DOMAIN, SERVICE_INSTALL
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNKNOWN, EntityCategory
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest

from simulator import Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance

FIRMWARE = "update.carport_firmware"
A_MINUTE = 60.0
AN_HOUR = 3600.0


def shown(hass: HomeAssistant) -> State:
    """Return the state of the update entity."""
    state = hass.states.get(FIRMWARE)
    assert state is not None
    return state


async def test_installed_and_target_version_are_told(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    entity_registry: er.EntityRegistry,
    world: World,
    advance: Advance,
) -> None:
    world.charger.firmware, world.charger.target_firmware = "25.40.2.9", "25.40.2.10"
    await setup_entry()
    await advance(A_MINUTE)
    firmware = shown(hass)
    assert firmware.state == STATE_ON
    assert firmware.attributes["installed_version"] == "25.40.2.9"
    assert firmware.attributes["latest_version"] == "25.40.2.10"
    assert firmware.attributes["auto_update"] is True
    assert firmware.attributes["in_progress"] is False
    assert firmware.attributes["upgrade_status"] == 5
    assert firmware.attributes["upgrade_detail"] is None
    assert firmware.attributes["upgraded_at"] == world.charger.created_at
    assert firmware.attributes["device_class"] == "firmware"
    registered = entity_registry.async_get(FIRMWARE)
    assert registered is not None
    assert registered.unique_id == f"{world.charger.serial}_firmware"
    assert registered.entity_category is EntityCategory.DIAGNOSTIC


async def test_nobody_can_install_it(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.charger.target_firmware = "26.1.0.3"
    await setup_entry()
    await advance(A_MINUTE)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(UPDATE_DOMAIN, SERVICE_INSTALL, {ATTR_ENTITY_ID: FIRMWARE}, blocking=True)


async def test_a_firmware_that_changes_in_the_metadata_is_read_at_once(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.target_firmware = "26.1.0.3"
    await setup_entry()
    await advance(A_MINUTE)
    assert (shown(hass).state, simulator.requests.count(Family.FIRMWARE)) == (STATE_ON, 1)
    world.charger.firmware = "26.1.0.3"
    await advance(12 * A_MINUTE, step=30)
    assert (shown(hass).state, shown(hass).attributes["installed_version"]) == (STATE_OFF, "26.1.0.3")
    assert simulator.requests.count(Family.FIRMWARE) == 2


async def test_a_target_that_the_cloud_leaves_out_is_unknown(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    simulator.faults.add(faults.field_missing("*.targetFwVersion"), Family.FIRMWARE)
    await setup_entry()
    await advance(A_MINUTE)
    assert shown(hass).state == STATE_UNKNOWN


async def test_a_detail_of_the_cloud_is_shown_as_plain_text(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    detail = "Waiting for <b>download</b> at 192.0.2.44"
    simulator.faults.add(faults.field_value("*.statusDetail", detail), Family.FIRMWARE)
    await setup_entry()
    await advance(A_MINUTE)
    told = shown(hass).attributes["upgrade_detail"]
    assert told.startswith("Waiting for bdownload/b")
    assert "192.0.2.44" not in told


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_an_account_that_may_not_read_it_has_no_such_entity_and_hears_nothing_of_it(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
    simulator: Simulator,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    simulator.faults.add(faults.status_code(status), Family.FIRMWARE)
    await setup_entry()
    await advance(4 * AN_HOUR, step=300)
    assert hass.states.get(FIRMWARE) is None
    assert entity_registry.async_get(FIRMWARE) is None
    assert not issue_registry.issues
    assert not hass.config_entries.flow.async_progress()
    assert simulator.requests.count(Family.FIRMWARE) == 3
    assert simulator.requests.logins == 1
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [message for message in warnings if "firmware" in message]


async def test_a_charger_that_an_answer_leaves_out_keeps_what_was_known(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    await advance(A_MINUTE)
    assert shown(hass).state == STATE_OFF
    simulator.faults.add(faults.empty_list(), Family.FIRMWARE)
    await advance(6 * AN_HOUR, step=300)
    assert simulator.requests.count(Family.FIRMWARE) == 2
    assert shown(hass).state == STATE_OFF
