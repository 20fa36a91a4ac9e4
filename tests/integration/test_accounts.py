"""One signed-in session for all the sites of an account."""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.enphase_cloud_things.runtime import EnphaseConfigEntry
from simulator import OWNER_KEY, Family, World

from .conftest import SetupEntry
from .flows import assert_aborted, sign_in, submit

CABIN = "4410288"
RENEWAL_GOOD_FOR = timedelta(seconds=31)
STORED = "enphase_cloud_things.accounts"


@pytest.fixture
def world(world: World) -> World:
    """An account with two sites, each with a charger."""
    world.add_site(CABIN, "Hill Cabin").add_charger("202640011901", name="Barn")
    world.account.site_ids.append(CABIN)
    return world


async def refresh(*entries: EnphaseConfigEntry) -> None:
    """Read the status of all entries at once."""
    await asyncio.gather(*(entry.runtime_data.chargers.async_refresh() for entry in entries))


async def test_a_second_site_takes_over_the_session_of_the_first(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry()
    world.requests.clear()

    result = await submit(hass, await sign_in(hass))
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    cabin = result["result"]
    assert cabin.runtime_data.account is home.runtime_data.account
    await refresh(home, cabin)
    assert world.requests.logins == 1
    assert home.runtime_data.chargers.last_update_success


async def test_all_sites_renew_an_expired_session_together(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
) -> None:
    """Trap 2: each refused request signing in by itself uses up the account's sessions."""
    home = await setup_entry(remember_password=True)
    cabin = await setup_entry(site=world.sites[CABIN], remember_password=True)
    world.accounts.expire_sessions()
    freezer.tick(RENEWAL_GOOD_FOR)
    world.requests.clear()

    await refresh(home, cabin)
    assert world.requests.logins == 1
    assert home.runtime_data.chargers.last_update_success
    assert cabin.runtime_data.chargers.last_update_success


async def test_a_site_that_is_unloaded_leaves_the_other_its_session(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry()
    cabin = await setup_entry(site=world.sites[CABIN])
    await hass.config_entries.async_unload(home.entry_id)
    world.requests.clear()

    await refresh(cabin)
    assert cabin.runtime_data.chargers.last_update_success
    assert world.requests.count(Family.STATUS) == 1
    assert world.requests.logins == 0


async def test_the_session_outlives_a_reload_of_all_sites(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    """Trap 7: the cookie that counts is the one the cloud gave last."""
    entry = await setup_entry()
    await entry.runtime_data.account.session.renew_without_password()
    world.requests.clear()

    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert world.requests.logins == 0


async def test_the_sign_in_is_forgotten_with_the_last_site(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry, hass_storage: dict[str, Any]
) -> None:
    home = await setup_entry()
    cabin = await setup_entry(site=world.sites[CABIN])
    await hass.config_entries.async_remove(home.entry_id)
    assert set(hass_storage[STORED]["data"]["accounts"]) == {world.account.user_id}

    await hass.config_entries.async_remove(cabin.entry_id)
    assert STORED not in hass_storage


async def test_the_password_goes_with_the_last_site_that_remembers_it(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry(remember_password=True)
    cabin = await setup_entry(site=world.sites[CABIN])
    form = await home.start_reauth_flow(hass)
    assert_aborted(await submit(hass, form, password=OWNER_KEY, remember_password=False), "reauth_successful")
    await hass.async_block_till_done()
    world.accounts.expire_sessions()
    freezer.tick(RENEWAL_GOOD_FOR)
    world.requests.clear()

    await refresh(home, cabin)
    assert world.requests.logins == 0
