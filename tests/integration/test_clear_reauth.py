"""The action that withdraws a request to sign in again which the session has outlived."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile


async def clear(hass: HomeAssistant, **data: object) -> None:
    """Call the action."""
    await hass.services.async_call(DOMAIN, "clear_reauth_issue", data, blocking=True)


def asks_to_sign_in(hass: HomeAssistant) -> bool:
    """Tell whether a flow and Home Assistant's own repair ask a person to sign in."""
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    issues = [i for i in ir.async_get(hass).issues.values() if i.domain == HOMEASSISTANT_DOMAIN]
    assert bool(flows) == bool(issues)
    return bool(flows)


async def lose_the_session(world: World, advance: Advance, simulator: Simulator) -> None:
    """Have the cloud refuse everything for a while, and go on as before afterwards."""
    refusal = simulator.faults.add(faults.status_code(401))
    await advance(90)
    simulator.faults.remove(refusal)


async def test_a_session_that_works_after_all_withdraws_the_request_and_polls_on(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    await lose_the_session(world, advance, simulator)
    assert asks_to_sign_in(hass)
    simulator.requests.clear()
    await clear(hass, entity_id="sensor.lark_street_cloud_latency")
    assert not asks_to_sign_in(hass)
    await advance(100)
    assert simulator.requests.count(Family.STATUS) >= 3
    assert simulator.requests.logins == 0


async def test_a_session_that_is_gone_stays_gone_and_says_so(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    world.accounts.expire_sessions()
    await advance(90)
    simulator.requests.clear()
    with pytest.raises(HomeAssistantError) as raised:
        await clear(hass, site_id=world.site.site_id)
    assert raised.value.translation_key == "still_signed_out"
    assert asks_to_sign_in(hass)
    assert simulator.requests.logins == 0


async def test_an_entry_that_could_not_be_set_up_is_set_up_afterwards(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    refusal = simulator.faults.add(faults.status_code(401))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert (entry.state, asks_to_sign_in(hass)) == (ConfigEntryState.SETUP_ERROR, True)
    simulator.faults.remove(refusal)
    await clear(hass, site_id=world.site.site_id)
    assert (entry.state, asks_to_sign_in(hass)) == (ConfigEntryState.LOADED, False)


async def test_a_set_up_that_goes_on_is_not_disturbed(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, meanwhile: Meanwhile
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    simulator.faults.add(faults.slow(1.0), Family.STATUS)
    set_up = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
    states = [entry.state]
    await meanwhile(clear(hass, site_id=world.site.site_id))
    assert await set_up
    states.append(entry.state)
    assert states == [ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.LOADED]


async def test_an_unknown_site_is_the_callers_mistake(hass: HomeAssistant, setup_entry: SetupEntry) -> None:
    await setup_entry()
    with pytest.raises(ServiceValidationError):
        await clear(hass, site_id="1")
