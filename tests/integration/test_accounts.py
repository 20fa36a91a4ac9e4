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
MOVED = "sam.harlow@new.example"
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


def change_address(world: World) -> None:
    """Have the owner change the address of the account, which signs in with the new one alone from now on."""
    account = world.account
    world.accounts.by_email.clear()
    account.email = MOVED
    world.accounts.add(account)


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
    await hass.async_block_till_done(wait_background_tasks=True)
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


class TestAnAccountUnderTwoKeys:
    """An entry knows its account by an e-mail address while another knows it by the user id."""

    async def test_is_one_from_the_start_where_the_addresses_agree(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry, hass_storage: dict[str, Any]
    ) -> None:
        home = await setup_entry()
        world.requests.clear()

        cabin = await setup_entry(site=world.sites[CABIN], signed_in=False, remember_password=True)

        assert cabin.runtime_data.account is home.runtime_data.account
        assert cabin.data["account"] == world.account.user_id
        assert world.requests.logins == 0
        assert set(hass_storage[STORED]["data"]["accounts"]) == {world.account.user_id}

    async def test_becomes_one_when_an_unattended_sign_in_tells_the_user_id(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        world: World,
        setup_entry: SetupEntry,
        hass_storage: dict[str, Any],
    ) -> None:
        home = await setup_entry(remember_password=True)
        change_address(world)
        freezer.tick(1)

        cabin = await setup_entry(site=world.sites[CABIN], signed_in=False, remember_password=True)

        assert cabin.runtime_data.account is home.runtime_data.account
        assert cabin.data["account"] == world.account.user_id
        await self.assert_one_session(hass, freezer, world, home, cabin)
        assert set(hass_storage[STORED]["data"]["accounts"]) == {world.account.user_id}

    async def test_becomes_one_when_a_person_signs_in(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
    ) -> None:
        home = await setup_entry(remember_password=True)
        change_address(world)
        cabin = await self.set_up_without_user_id(world, setup_entry)
        assert cabin.data["account"] == MOVED
        assert cabin.runtime_data.account is not home.runtime_data.account
        world.account.site_ids.append(world.add_site("4410289", "Lake House").site_id)
        freezer.tick(1)

        form = await sign_in(hass, email=MOVED)
        await submit(hass, form, continue_without_chargers=True)
        await hass.async_block_till_done()

        assert cabin.runtime_data.account is home.runtime_data.account
        assert cabin.data["account"] == world.account.user_id
        await self.assert_one_session(hass, freezer, world, home, cabin)

    async def test_has_sent_all_its_requests_from_one_budget(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        """Trap 57: the cloud counts for the account."""
        home = await setup_entry(remember_password=True)
        used = home.runtime_data.account.transport.requests_last_hour
        change_address(world)
        world.requests.clear()

        await setup_entry(site=world.sites[CABIN], signed_in=False, remember_password=True)

        # A reload may cancel a request that is counted and on its way
        assert home.runtime_data.account.transport.requests_last_hour >= used + len(world.requests)

    async def test_keeps_the_session_that_is_newer(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
    ) -> None:
        home = await setup_entry(remember_password=True)
        newer = home.runtime_data.account.session.credentials.access_token
        change_address(world)
        freezer.tick(-60)

        await setup_entry(site=world.sites[CABIN], signed_in=False, remember_password=True)

        assert home.runtime_data.account.session.credentials.access_token == newer

    @staticmethod
    async def set_up_without_user_id(world: World, setup_entry: SetupEntry) -> MockConfigEntry:
        """Set up the cabin while the cloud gives no token that would tell the user id."""
        world.account.login_shape = LoginShape.EMPTY_OBJECT
        troubles = [
            world.faults.add(WITHOUT_MANAGER_TOKEN, Family.LOGIN),
            world.faults.add(faults.status_code(503), Family.JWT),
        ]
        cabin = await setup_entry(site=world.sites[CABIN], signed_in=False, remember_password=True)
        for trouble in troubles:
            world.faults.remove(trouble)
        world.account.login_shape = LoginShape.FULL
        return cabin

    @staticmethod
    async def assert_one_session(
        hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, *entries: MockConfigEntry
    ) -> None:
        """Check that an ended session costs the entries one sign-in together."""
        world.accounts.expire_sessions()
        freezer.tick(RENEWAL_GOOD_FOR)
        world.requests.clear()
        await refresh(*entries)
        assert world.requests.logins == 1
        assert all(entry.runtime_data.chargers.last_update_success for entry in entries)
