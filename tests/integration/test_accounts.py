"""One signed-in session for all the sites of an account."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.enphase_cloud_things.runtime import EnphaseConfigEntry
from simulator import OWNER_KEY, Account, Family, World, faults
from simulator.accounts import LoginShape
from simulator.faults import Trouble

from .conftest import SetupEntry
from .flows import assert_aborted, assert_form, sign_in, submit

CABIN = "4410288"
RENEWAL_GOOD_FOR = timedelta(seconds=31)
STORED = "enphase_cloud_things.accounts"
WITHOUT_MANAGER_TOKEN = Trouble(
    name="no manager token",
    reshape=lambda reply: replace(
        reply, cookies=tuple((name, value) for name, value in reply.cookies if "manager" not in name)
    ),
)


@pytest.fixture
def world(world: World) -> World:
    """An account with two sites, each with a charger."""
    world.add_site(CABIN, "Hill Cabin").add_charger("202640011901", name="Barn")
    world.account.site_ids.append(CABIN)
    return world


async def refresh(*entries: EnphaseConfigEntry) -> None:
    """Read the status of all entries at once."""
    await asyncio.gather(*(entry.runtime_data.chargers.async_refresh() for entry in entries))


async def leave_at_code(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Begin to sign an entry in again, and close the flow where it asks for a one-time code."""
    form = await submit(hass, await entry.start_reauth_flow(hass), password=OWNER_KEY, remember_password=True)
    assert_form(form, "otp")
    hass.config_entries.flow.async_abort(form["flow_id"])
    await hass.async_block_till_done()


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


async def test_a_session_that_learns_its_user_id_stays_the_only_one_of_its_account(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    world: World,
    setup_entry: SetupEntry,
    hass_storage: dict[str, Any],
) -> None:
    """An upgraded entry knows its account by the e-mail address until a sign-in tells more."""
    home = await setup_entry(signed_in=False, remember_password=True)

    result = await submit(hass, await sign_in(hass))
    await hass.async_block_till_done()

    cabin = result["result"]
    assert cabin.runtime_data.account is home.runtime_data.account
    assert home.data["account"] == cabin.data["account"] == world.account.user_id
    world.accounts.expire_sessions()
    freezer.tick(RENEWAL_GOOD_FOR)
    world.requests.clear()
    await refresh(home, cabin)
    assert world.requests.logins == 1
    freezer.tick(2)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert set(hass_storage[STORED]["data"]["accounts"]) == {world.account.user_id}


async def test_a_session_that_learned_its_user_id_forgets_its_password_all_the_same(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry(signed_in=False, remember_password=True)
    await submit(hass, await home.start_reauth_flow(hass), password=OWNER_KEY, remember_password=True)
    await hass.async_block_till_done()
    menu = await hass.config_entries.options.async_init(home.entry_id)
    form = await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "forget_password"})
    await hass.config_entries.options.async_configure(form["flow_id"], {})
    world.accounts.expire_sessions()
    freezer.tick(RENEWAL_GOOD_FOR)
    world.requests.clear()

    await refresh(home)

    assert world.requests.logins == 0


async def test_a_sign_in_without_a_token_keeps_the_user_id_that_is_known(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry, hass_storage: dict[str, Any]
) -> None:
    home = await setup_entry()
    world.account.login_shape = LoginShape.EMPTY_OBJECT
    world.faults.add(WITHOUT_MANAGER_TOKEN, Family.LOGIN)
    world.faults.add(faults.status_code(503), Family.JWT)

    result = await submit(hass, await home.start_reauth_flow(hass), password=OWNER_KEY, remember_password=False)
    assert_aborted(result, "reauth_successful")
    await hass.async_block_till_done()

    assert home.data["account"] == world.account.user_id
    assert home.runtime_data.account.key == world.account.user_id
    assert set(hass_storage[STORED]["data"]["accounts"]) == {world.account.user_id}


async def test_an_account_that_never_told_its_user_id_is_known_by_its_address(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry, hass_storage: dict[str, Any]
) -> None:
    home = await setup_entry(signed_in=False)
    world.account.login_shape = LoginShape.EMPTY_OBJECT
    world.faults.add(WITHOUT_MANAGER_TOKEN, Family.LOGIN)
    world.faults.add(faults.status_code(503), Family.JWT)

    result = await submit(hass, await home.start_reauth_flow(hass), password=OWNER_KEY, remember_password=False)
    assert_aborted(result, "reauth_successful")
    await hass.async_block_till_done()

    address = world.account.email.casefold()
    assert home.data["account"] == address
    assert set(hass_storage[STORED]["data"]["accounts"]) == {address}


async def test_what_a_flow_asks_for_counts_for_the_running_account(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry()
    used = home.runtime_data.account.transport.requests_last_hour
    world.requests.clear()

    await sign_in(hass)

    assert len(world.requests) > 2
    assert home.runtime_data.account.transport.requests_last_hour == used + len(world.requests)


async def test_a_person_may_use_the_last_of_the_budget(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry()
    account = home.runtime_data.account
    while account.transport.requests_last_hour < 470:
        await account.client.stop_live_stream(world.site.site_id)

    result = await sign_in(hass)

    assert_form(result, "chargers")


async def test_a_sign_in_that_is_left_at_its_code_changes_nothing_for_the_running_session(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    """Trap 10: all that is learned is that nobody but a person can sign in."""
    home = await setup_entry(remember_password=True)
    running = home.runtime_data.account.session
    before, generation = running.credentials, running.generation
    world.account.one_time_codes = True

    await leave_at_code(hass, home)
    await refresh(home)

    assert home.runtime_data.chargers.last_update_success
    assert running.credentials == replace(before, one_time_codes=True)
    assert running.generation == generation
    assert running.password == OWNER_KEY


@pytest.mark.parametrize("loaded", [True, False], ids=["running", "unloaded"])
async def test_a_sign_in_that_is_left_at_its_code_ends_all_unattended_ones(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry, loaded: bool
) -> None:
    """Trap 10: a sign-in in the background would send a person another code."""
    home = await setup_entry(remember_password=True)
    if not loaded:
        await hass.config_entries.async_unload(home.entry_id)
    world.account.one_time_codes = True
    await leave_at_code(hass, home)
    world.accounts.expire_sessions()
    freezer.tick(RENEWAL_GOOD_FOR)
    world.requests.clear()
    sent = world.account.codes_sent

    await hass.config_entries.async_reload(home.entry_id)

    assert home.state is ConfigEntryState.SETUP_ERROR
    assert world.requests.logins == 0
    assert world.account.codes_sent == sent


async def test_a_code_that_another_account_asks_for_means_nothing_to_this_one(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
) -> None:
    home = await setup_entry(remember_password=True)
    world.accounts.add(Account(user_id="90000017", email="other@example.com", password="other", one_time_codes=True))
    assert_form(await sign_in(hass, email="other@example.com", password="other"), "otp")
    world.accounts.expire_sessions()
    freezer.tick(RENEWAL_GOOD_FOR)
    world.requests.clear()

    await refresh(home)

    assert world.requests.logins == 1
    assert home.runtime_data.chargers.last_update_success
