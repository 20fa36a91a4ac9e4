"""What was asked of the cloud within an hour counts, whatever Home Assistant went through meanwhile."""

from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.account.registry import AccountRegistry
from simulator import World

from .conftest import SetupEntry
from .passing_time import Advance

LIMIT: Final = 480


@pytest.fixture
async def entry(setup_entry: SetupEntry) -> MockConfigEntry:
    """The site, set up."""
    return await setup_entry()


async def shut_down(hass: HomeAssistant) -> None:
    """Have everything written that waits for it, as on a shutdown."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()


async def test_nine_restarts_in_an_hour_do_not_begin_the_hour_anew(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, world: World, advance: Advance
) -> None:
    """Trap 90."""
    await hass.config_entries.async_unload(entry.entry_id)
    sent = 0
    for _ in range(9):
        registry = AccountRegistry(hass)
        await registry.async_acquire(entry)
        budget = registry.budget_for(world.account.email)
        for _ in range(60):
            if budget.used(dt_util.utcnow()) < LIMIT:
                budget.spend(dt_util.utcnow())
                sent += 1
        await shut_down(hass)
        await registry.async_release(entry)
        await advance(300)
    assert sent <= LIMIT
    registry = AccountRegistry(hass)
    await registry.async_acquire(entry)
    assert registry.budget_for(world.account.email).used(dt_util.utcnow()) >= sent
    await registry.async_release(entry)


async def test_what_was_asked_an_hour_ago_is_forgotten(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, world: World, advance: Advance
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    await shut_down(hass)
    await advance(3601)
    registry = AccountRegistry(hass)
    await registry.async_acquire(entry)
    assert registry.budget_for(world.account.email).used(dt_util.utcnow()) == 0
    await registry.async_release(entry)
