"""Signing an entry in again."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from simulator import OWNER_EMAIL, OWNER_KEY, Account, Family, World, faults

from .conftest import SetupEntry
from .flows import assert_aborted, assert_form, filled_in, required, submit

PASSWORD = {"password": OWNER_KEY, "remember_password": False}
HOME, CABIN = "4410287", "4410288"


async def test_the_password_signs_in_again(hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
    entry = await setup_entry()
    world.accounts.expire_sessions()
    world.requests.clear()

    form = await entry.start_reauth_flow(hass)
    assert_form(form, "reauth_confirm")
    assert filled_in(form) == {"remember_password": False}
    assert form["description_placeholders"] == {"name": "Lark Street"}

    assert_aborted(await submit(hass, form, **PASSWORD), "reauth_successful")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert world.requests.logins == 1


async def test_an_expired_session_without_a_password_asks_for_it(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry
) -> None:
    entry = await setup_entry()
    world.accounts.expire_sessions()
    world.requests.clear()
    assert not await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert (flow["step_id"], flow["context"]["entry_id"]) == ("reauth_confirm", entry.entry_id)

    assert_aborted(await submit(hass, flow, **PASSWORD), "reauth_successful")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.flow.async_progress() == []
    assert world.requests.logins == 1


async def test_a_code_may_have_to_follow(hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
    entry = await setup_entry()
    world.account.one_time_codes = True

    form = await submit(hass, await entry.start_reauth_flow(hass), **PASSWORD)
    assert_form(form, "otp")
    result = await submit(hass, form, code=world.accounts.current_code(OWNER_EMAIL))
    assert_aborted(result, "reauth_successful")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_a_code_that_has_expired_starts_over(hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
    entry = await setup_entry()
    world.account.one_time_codes = True
    form = await submit(hass, await entry.start_reauth_flow(hass), **PASSWORD)
    world.accounts.expire_sessions()

    form = await submit(hass, form, code="123456")
    assert_form(form, "reauth_confirm", base="otp_expired")
    form = await submit(hass, form, **PASSWORD)
    result = await submit(hass, form, code=world.accounts.current_code(OWNER_EMAIL))
    assert_aborted(result, "reauth_successful")


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (faults.payload({"success": False}), "invalid_auth"),
        (faults.payload({"isBlocked": True}), "account_blocked"),
        (faults.payload({"message": "too many active sessions"}), "too_many_sessions"),
        (faults.status_code(429), "rate_limited"),
        (faults.status_code(502), "service_unavailable"),
        (faults.dropped(), "cannot_connect"),
    ],
)
async def test_an_error_leaves_the_entry_as_it_is_and_can_be_overcome(
    hass: HomeAssistant, world: World, setup_entry: SetupEntry, trouble: faults.Trouble, error: str
) -> None:
    entry = await setup_entry()
    before = dict(entry.data)
    world.requests.clear()
    world.faults.add(trouble, Family.LOGIN)

    form = await submit(hass, await entry.start_reauth_flow(hass), **PASSWORD)
    assert_form(form, "reauth_confirm", base=error)
    assert entry.data == before
    assert world.requests.logins == 1

    world.faults.clear()
    assert_aborted(await submit(hass, form, **PASSWORD), "reauth_successful")
    assert world.requests.logins == 2


class TestRememberedPassword:
    """The password follows the tick of the last sign-in."""

    async def test_is_stored_when_ticked(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry()
        form = await entry.start_reauth_flow(hass)

        await submit(hass, form, password=OWNER_KEY, remember_password=True)
        assert (entry.data["remember_password"], entry.data["password"]) == (True, OWNER_KEY)

    async def test_is_dropped_when_unticked(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(remember_password=True)
        form = await entry.start_reauth_flow(hass)
        assert filled_in(form) == {"remember_password": True}

        await submit(hass, form, **PASSWORD)
        assert entry.data["remember_password"] is False
        assert "password" not in entry.data

    async def test_is_used_by_the_session_from_then_on(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        form = await entry.start_reauth_flow(hass)
        await submit(hass, form, password=OWNER_KEY, remember_password=True)
        await hass.async_block_till_done()

        world.accounts.expire_sessions()
        world.requests.clear()
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.LOADED
        assert world.requests.logins == 1

    async def test_is_brought_up_to_date_in_the_other_entries_of_the_account(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        world.account.site_ids.append(world.add_site(CABIN, "Hill Cabin").site_id)
        home = await setup_entry(remember_password=True)
        cabin = await setup_entry(site=world.sites[CABIN], remember_password=True)
        world.account.password = "a new one"

        form = await home.start_reauth_flow(hass)
        await submit(hass, form, password="a new one", remember_password=True)
        assert cabin.data["password"] == "a new one"

    async def test_is_not_given_to_an_entry_that_has_none(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        world.account.site_ids.append(world.add_site(CABIN, "Hill Cabin").site_id)
        home = await setup_entry()
        cabin = await setup_entry(site=world.sites[CABIN])

        await submit(hass, await home.start_reauth_flow(hass), password=OWNER_KEY, remember_password=True)
        assert "password" not in cabin.data


class TestWrongAccount:
    """Only the account that the entry was made with may sign it in."""

    def add_neighbour(self, world: World, *, sites: list[str]) -> dict[str, Any]:
        """Give the owner's address to another account, as far as the cloud is concerned."""
        neighbour = Account(password="next door", user_id="7700213")
        world.add_account(neighbour, sites=[world.sites[site_id] for site_id in sites])
        return {"password": "next door", "remember_password": False}

    async def test_is_told_by_the_user_id(self, hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
        entry = await setup_entry()
        before = dict(entry.data)
        other = self.add_neighbour(world, sites=[HOME])

        assert_aborted(await submit(hass, await entry.start_reauth_flow(hass), **other), "wrong_account")
        await hass.async_block_till_done()
        assert entry.data == before
        assert entry.state is ConfigEntryState.LOADED

    async def test_is_told_by_the_sites_while_no_user_id_is_known(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(signed_in=False)
        world.add_site(CABIN, "Hill Cabin")
        other = self.add_neighbour(world, sites=[CABIN])

        assert_aborted(await submit(hass, await entry.start_reauth_flow(hass), **other), "wrong_account")

    async def test_is_not_suspected_because_the_sites_cannot_be_had(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(signed_in=False)
        world.faults.add(faults.status_code(503), Family.SITES)

        assert_aborted(await submit(hass, await entry.start_reauth_flow(hass), **PASSWORD), "reauth_successful")


class TestEntryOfTheEarlierIntegration:
    """An upgraded entry may know neither the user id nor the address."""

    async def test_learns_the_user_id(self, hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(signed_in=False)
        assert entry.data["account"] == OWNER_EMAIL

        assert_aborted(await submit(hass, await entry.start_reauth_flow(hass), **PASSWORD), "reauth_successful")
        await hass.async_block_till_done()
        assert entry.data["account"] == world.account.user_id
        assert entry.state is ConfigEntryState.LOADED

    @pytest.mark.parametrize("remember_password", [False, True])
    async def test_leaves_nothing_stored_under_the_address(
        self,
        hass: HomeAssistant,
        world: World,
        setup_entry: SetupEntry,
        hass_storage: dict[str, Any],
        remember_password: bool,
    ) -> None:
        entry = await setup_entry(signed_in=False, remember_password=remember_password)
        assert (entry.state is ConfigEntryState.LOADED) is remember_password
        await submit(hass, await entry.start_reauth_flow(hass), **PASSWORD)
        await hass.async_block_till_done()

        stored = hass_storage["enphase_cloud_things.accounts"]["data"]["accounts"]
        assert set(stored) == {world.account.user_id}

    async def test_tells_the_other_entries_of_the_account(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        world.account.site_ids.append(world.add_site(CABIN, "Hill Cabin").site_id)
        home = await setup_entry(signed_in=False, remember_password=True)
        cabin = await setup_entry(site=world.sites[CABIN], signed_in=False, remember_password=True)
        await submit(hass, await home.start_reauth_flow(hass), **PASSWORD)
        await hass.async_block_till_done()
        assert cabin.data["account"] == world.account.user_id

        assert await hass.config_entries.async_reload(cabin.entry_id)
        assert cabin.state is ConfigEntryState.LOADED

    async def test_asks_for_an_address_that_is_missing(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(signed_in=False)
        hass.config_entries.async_update_entry(entry, data={**entry.data, "email": "", "account": ""})

        form = await entry.start_reauth_flow(hass)
        assert set(required(form)) == {"email", "password", "remember_password"}
        assert_aborted(await submit(hass, form, email=OWNER_EMAIL, **PASSWORD), "reauth_successful")
        assert entry.data["email"] == OWNER_EMAIL
