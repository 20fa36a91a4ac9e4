"""Changing the site or the chargers of an entry."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_EMAIL, OWNER_KEY, Account, Family, World, faults

from .conftest import SetupEntry
from .flows import ACCOUNT, assert_aborted, assert_form, filled_in, offered, required, submit

HOME, CABIN = "4410287", "4410288"
CARPORT, DRIVEWAY, AT_THE_CABIN = "202640011873", "202640011901", "202640011955"


@pytest.fixture
def world(world: World) -> World:
    """Two chargers at home and one at a cabin."""
    world.site.add_charger(DRIVEWAY, name="Driveway")
    world.add_site(CABIN, "Hill Cabin").add_charger(AT_THE_CABIN, name="Barn")
    world.account.site_ids.append(CABIN)
    return world


def devices(hass: HomeAssistant, entry: ConfigEntry) -> set[str]:
    """Return the identifiers of an entry's devices."""
    registered = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {identifier for device in registered for _, identifier in device.identifiers}


def entities(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    """Return the entity ids of an entry by unique id."""
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {entity.unique_id: entity.entity_id for entity in registered}


async def test_all_is_preselected_as_it_is(hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
    entry = await setup_entry(serials=[CARPORT])
    before, registered = dict(entry.data), entities(hass, entry)
    world.requests.clear()

    form = await entry.start_reconfigure_flow(hass)
    assert_form(form, "reconfigure")
    assert filled_in(form) == {"email": OWNER_EMAIL, "remember_password": False}

    form = await submit(hass, form, **ACCOUNT)
    assert_form(form, "site")
    assert filled_in(form) == {"site_id": HOME}
    assert set(offered(form, "site_id")) == {HOME, CABIN}

    form = await submit(hass, form, site_id=HOME)
    assert_form(form, "chargers")
    assert filled_in(form) == {"serials": [CARPORT]}
    assert set(offered(form, "serials")) == {CARPORT, DRIVEWAY}

    assert_aborted(await submit(hass, form), "reconfigure_successful")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data == before | {"left_out": [DRIVEWAY]}
    assert registered.items() <= entities(hass, entry).items()
    assert world.requests.logins == 1


async def reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, *, site_id: str = HOME, serials: list[str], **account: Any
) -> None:
    """Go through the whole flow."""
    form = await entry.start_reconfigure_flow(hass)
    form = await submit(hass, form, **(ACCOUNT | account))
    form = await submit(hass, form, site_id=site_id)
    assert_aborted(await submit(hass, form, serials=serials), "reconfigure_successful")
    await hass.async_block_till_done()


class TestChargers:
    """Chargers that come and go."""

    async def test_one_that_is_dropped_disappears_with_its_entities(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        assert {CARPORT, DRIVEWAY} <= devices(hass, entry)
        before = entities(hass, entry)

        await reconfigure(hass, entry, serials=[DRIVEWAY])
        assert entry.data["serials"] == [DRIVEWAY]
        assert CARPORT not in devices(hass, entry)
        kept = {unique_id: entity_id for unique_id, entity_id in before.items() if not unique_id.startswith(CARPORT)}
        assert kept != before
        assert kept.items() <= entities(hass, entry).items()
        assert not [unique_id for unique_id in entities(hass, entry) if unique_id.startswith(CARPORT)]

    async def test_one_that_is_kept_keeps_the_names_that_a_person_gave(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        unique_id = f"{DRIVEWAY}_power"
        registry = er.async_get(hass)
        registry.async_update_entity(entities(hass, entry)[unique_id], new_entity_id="sensor.my_power")

        await reconfigure(hass, entry, serials=[DRIVEWAY])
        assert entities(hass, entry)[unique_id] == "sensor.my_power"

    async def test_one_that_is_added_gets_its_device(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(serials=[CARPORT])
        assert DRIVEWAY not in devices(hass, entry)

        await reconfigure(hass, entry, serials=[CARPORT, DRIVEWAY])
        assert {CARPORT, DRIVEWAY} <= devices(hass, entry)

    async def test_one_that_is_missing_from_the_answer_is_not_lost_by_it(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        """Trap 45: one answer without a charger does not mean that it is gone."""
        entry = await setup_entry()
        world.faults.add(faults.empty_list(), Family.SUMMARY, Family.STATUS)

        form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
        form = await submit(hass, form, site_id=HOME)
        assert offered(form, "serials") == {CARPORT: CARPORT, DRIVEWAY: DRIVEWAY}
        assert filled_in(form) == {"serials": [CARPORT, DRIVEWAY]}


class TestSite:
    """Moving an entry to another site."""

    async def test_an_entry_can_move_to_a_site_that_is_free(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry()
        form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
        form = await submit(hass, form, site_id=CABIN)
        assert filled_in(form) == {"serials": [AT_THE_CABIN]}

        assert_aborted(await submit(hass, form), "reconfigure_successful")
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        assert (entry.unique_id, entry.title, entry.data["site_id"]) == (CABIN, "Hill Cabin", CABIN)
        assert not {identifier for identifier in devices(hass, entry) if HOME in identifier}
        assert AT_THE_CABIN in devices(hass, entry)
        assert CARPORT not in devices(hass, entry)

    async def test_a_title_that_a_person_gave_stays_with_the_site(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        hass.config_entries.async_update_entry(entry, title="At ours")

        await reconfigure(hass, entry, serials=[CARPORT])
        assert entry.title == "At ours"

    async def test_a_site_that_is_configured_is_not_offered(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        await setup_entry(site=world.sites[CABIN])

        form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
        assert set(offered(form, "site_id")) == {HOME}

    async def test_a_site_that_is_configured_cannot_be_typed(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        await setup_entry(site=world.sites[CABIN])
        world.faults.add(faults.status_code(503), Family.SITES)

        form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
        assert filled_in(form) == {"site_id": HOME}
        assert_aborted(await submit(hass, form, site_id=CABIN), "already_configured")
        assert entry.unique_id == HOME

    async def test_the_own_site_can_be_kept_by_its_number(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(serials=[CARPORT])
        world.faults.add(faults.status_code(503), Family.SITES)

        await reconfigure(hass, entry, serials=[CARPORT, DRIVEWAY])
        assert entry.data["site_name"] == "Lark Street"
        assert entry.data["serials"] == [CARPORT, DRIVEWAY]

    async def test_the_own_site_is_offered_though_the_account_lists_it_no_more(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        world.account.site_ids.remove(HOME)

        form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
        assert set(offered(form, "site_id")) == {HOME, CABIN}


class TestPassword:
    """Signing in with or without the stored password."""

    async def test_an_empty_field_uses_the_stored_one(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(remember_password=True)
        world.requests.clear()

        form = await entry.start_reconfigure_flow(hass)
        assert filled_in(form) == {"email": OWNER_EMAIL, "remember_password": True}
        form = await submit(hass, form, email=OWNER_EMAIL, remember_password=True)
        form = await submit(hass, form, site_id=HOME)
        assert_aborted(await submit(hass, form), "reconfigure_successful")
        assert entry.data["password"] == OWNER_KEY
        assert world.requests.logins == 1

    async def test_a_given_one_takes_its_place(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(remember_password=True)
        world.account.password = "a new one"

        await reconfigure(hass, entry, serials=[CARPORT], password="a new one", remember_password=True)
        assert entry.data["password"] == "a new one"

    async def test_a_stored_one_that_is_wrong_can_be_corrected(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(remember_password=True)
        world.account.password = "a new one"

        form = await entry.start_reconfigure_flow(hass)
        form = await submit(hass, form, email=OWNER_EMAIL, remember_password=True)
        assert_form(form, "reconfigure", base="invalid_auth")
        assert_form(await submit(hass, form, **(ACCOUNT | {"password": "a new one"})), "site")

    async def test_an_unticked_box_forgets_it(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(remember_password=True)

        await reconfigure(hass, entry, serials=[CARPORT])
        assert "password" not in entry.data

    @pytest.mark.parametrize("remember_password", [False, True])
    async def test_it_is_required_unless_one_is_stored(
        self, hass: HomeAssistant, setup_entry: SetupEntry, remember_password: bool
    ) -> None:
        entry = await setup_entry(remember_password=remember_password)
        form = await entry.start_reconfigure_flow(hass)

        assert required(form)["password"] is not remember_password


class TestAccount:
    """Whose account it is."""

    async def test_another_account_is_the_wrong_one(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        before = dict(entry.data)
        neighbour = world.add_account(
            Account(email="neighbour@example.com", password="next door", user_id="7700213"), sites=[world.site]
        )

        form = await entry.start_reconfigure_flow(hass)
        form = await submit(hass, form, email=neighbour.email, password=neighbour.password, remember_password=False)
        assert_aborted(form, "wrong_account")
        assert entry.data == before

    async def test_an_account_without_known_id_and_sites_is_told_by_its_address(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(signed_in=False)
        neighbour = world.add_account(Account(email="neighbour@example.com", user_id="7700213"), sites=[world.site])
        world.faults.add(faults.status_code(503), Family.SITES)

        form = await entry.start_reconfigure_flow(hass)
        assert_aborted(await submit(hass, form, **(ACCOUNT | {"email": neighbour.email})), "wrong_account")

    async def test_a_new_address_of_the_same_account_is_taken_over(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        world.account.email = "moved@example.com"
        world.accounts.add(world.account)

        await reconfigure(hass, entry, serials=[CARPORT], email="moved@example.com")
        assert entry.data["email"] == "moved@example.com"
        assert entry.state is ConfigEntryState.LOADED

    async def test_a_code_may_have_to_follow(self, hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
        entry = await setup_entry()
        world.account.one_time_codes = True

        form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
        assert_form(form, "otp")
        assert_form(await submit(hass, form, code=world.accounts.current_code(OWNER_EMAIL)), "site")


async def test_a_flow_that_is_closed_halfway_changes_nothing(hass: HomeAssistant, setup_entry: SetupEntry) -> None:
    entry = await setup_entry()
    before = (dict(entry.data), devices(hass, entry))
    form = await submit(hass, await entry.start_reconfigure_flow(hass), **ACCOUNT)
    form = await submit(hass, form, site_id=CABIN)

    hass.config_entries.flow.async_abort(form["flow_id"])
    await hass.async_block_till_done()
    assert (dict(entry.data), devices(hass, entry)) == before
    assert entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
