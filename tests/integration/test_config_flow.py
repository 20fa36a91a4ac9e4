"""Adding the integration: from the password to the entry."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, UnknownFlow
import pytest

from custom_components.enphase_cloud_things.account.registry import Account
from simulator import OWNER_EMAIL, OWNER_KEY, Family, World, faults

from .conftest import SetupEntry
from .flows import ACCOUNT, assert_aborted, assert_form, filled_in, offered, sign_in, start, submit

HOME, CABIN = "4410287", "4410288"
CARPORT, DRIVEWAY = "202640011873", "202640011901"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Account]:
    """The accounts that were closed."""
    closed: list[Account] = []
    close = Account.async_close

    async def note(account: Account) -> None:
        closed.append(account)
        await close(account)

    monkeypatch.setattr(Account, "async_close", note)
    return closed


def add_cabin(world: World) -> None:
    """Give the account a second site with a charger of its own."""
    world.add_site(CABIN, "Hill Cabin").add_charger(DRIVEWAY, name="Driveway")
    world.account.site_ids.append(CABIN)


async def test_one_site_and_one_charger_take_a_password_and_a_look(hass: HomeAssistant, world: World) -> None:
    form = await start(hass)
    assert_form(form, "user")

    form = await submit(hass, form, **ACCOUNT)
    assert_form(form, "chargers")
    assert offered(form, "serials") == {CARPORT: f"Carport ({CARPORT})"}
    assert filled_in(form) == {"serials": [CARPORT]}

    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert (entry.title, entry.unique_id, entry.version, entry.minor_version) == ("Lark Street", HOME, 2, 1)
    assert entry.data == {
        "site_id": HOME,
        "site_name": "Lark Street",
        "serials": [CARPORT],
        "left_out": [],
        "email": OWNER_EMAIL,
        "account": world.account.user_id,
        "remember_password": False,
    }
    assert entry.options == {}


async def test_setting_the_new_entry_up_needs_no_second_sign_in(hass: HomeAssistant, world: World) -> None:
    result = await submit(hass, await sign_in(hass))
    await hass.async_block_till_done()

    assert result["result"].state is ConfigEntryState.LOADED
    assert world.requests.logins == 1


async def test_the_password_is_kept_where_that_is_wished(hass: HomeAssistant) -> None:
    result = await submit(hass, await sign_in(hass, remember_password=True))

    assert result["result"].data["remember_password"] is True
    assert result["result"].data["password"] == OWNER_KEY


async def test_blanks_around_the_email_address_are_not_part_of_it(hass: HomeAssistant) -> None:
    result = await submit(hass, await sign_in(hass, email=f" {OWNER_EMAIL} "))

    assert result["result"].data["email"] == OWNER_EMAIL


class TestChargers:
    """The step `chargers`."""

    async def test_only_the_ticked_ones_belong_to_the_entry(self, hass: HomeAssistant, world: World) -> None:
        world.site.add_charger(DRIVEWAY, name="Driveway")
        form = await sign_in(hass)
        assert filled_in(form) == {"serials": [CARPORT, DRIVEWAY]}

        result = await submit(hass, form, serials=[DRIVEWAY])
        assert result["result"].data["serials"] == [DRIVEWAY]

    async def test_one_has_to_be_chosen(self, hass: HomeAssistant) -> None:
        form = await submit(hass, await sign_in(hass), serials=[])
        assert_form(form, "chargers", serials="serials_required")

        result = await submit(hass, form, serials=[CARPORT])
        assert result["type"] is FlowResultType.CREATE_ENTRY

    async def test_one_that_is_not_offered_cannot_be_chosen(self, hass: HomeAssistant) -> None:
        form = await sign_in(hass)
        with pytest.raises(InvalidData):
            await submit(hass, form, serials=["202640019999"])

    async def test_a_retired_one_is_not_offered(self, hass: HomeAssistant, world: World) -> None:
        world.site.add_charger(DRIVEWAY, name="Driveway")
        world.faults.add(faults.field_value("data.1.isRetired", value=True), Family.SUMMARY)

        assert set(offered(await sign_in(hass), "serials")) == {CARPORT}

    async def test_one_without_a_name_goes_by_the_name_in_its_status(self, hass: HomeAssistant, world: World) -> None:
        world.faults.add(faults.field_missing("data.*.displayName"), Family.SUMMARY)

        assert offered(await sign_in(hass), "serials") == {CARPORT: f"IQ EV Charger_11873 ({CARPORT})"}

    @pytest.mark.parametrize("trouble", [faults.field_missing("data.chargers.*.name"), faults.status_code(503)])
    async def test_one_without_any_name_goes_by_its_serial(
        self, hass: HomeAssistant, world: World, trouble: faults.Trouble
    ) -> None:
        world.faults.add(faults.field_missing("data.*.displayName"), Family.SUMMARY)
        world.faults.add(trouble, Family.STATUS)

        assert offered(await sign_in(hass), "serials") == {CARPORT: CARPORT}

    async def test_a_site_without_any_can_be_used_for_programs_and_prices(
        self, hass: HomeAssistant, world: World
    ) -> None:
        world.site.remove_charger(CARPORT)
        form = await sign_in(hass)
        assert_form(form, "chargers")
        assert filled_in(form) == {"continue_without_chargers": False}

        result = await submit(hass, form, continue_without_chargers=True)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].data["serials"] == []

    async def test_a_site_without_any_is_not_used_unasked(self, hass: HomeAssistant, world: World) -> None:
        world.site.remove_charger(CARPORT)

        form = await submit(hass, await sign_in(hass))
        assert_form(form, "chargers", continue_without_chargers="serials_required")

        result = await submit(hass, form, continue_without_chargers=True)
        assert result["type"] is FlowResultType.CREATE_ENTRY

    async def test_one_that_appears_late_is_found_by_looking_again(self, hass: HomeAssistant, world: World) -> None:
        """Trap 45: a list that is empty for a moment says nothing about the chargers."""
        world.faults.add(faults.empty_list(), Family.SUMMARY, Family.STATUS)
        form = await sign_in(hass)
        assert_form(form, "chargers")
        assert filled_in(form) == {"continue_without_chargers": False}

        world.faults.clear()
        form = await submit(hass, form)
        assert_form(form, "chargers")
        assert filled_in(form) == {"serials": [CARPORT]}
        assert world.requests.logins == 1


class TestSite:
    """The step `site`."""

    async def test_one_of_several_is_chosen(self, hass: HomeAssistant, world: World) -> None:
        add_cabin(world)
        form = await sign_in(hass)
        assert_form(form, "site")
        assert offered(form, "site_id") == {HOME: f"Lark Street ({HOME})", CABIN: f"Hill Cabin ({CABIN})"}

        form = await submit(hass, form, site_id=CABIN)
        assert offered(form, "serials") == {DRIVEWAY: f"Driveway ({DRIVEWAY})"}

        entry = (await submit(hass, form))["result"]
        assert (entry.title, entry.unique_id) == ("Hill Cabin", CABIN)

    async def test_the_only_one_left_is_chosen_by_itself(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        add_cabin(world)
        await setup_entry()

        form = await sign_in(hass)
        assert_form(form, "chargers")
        assert set(offered(form, "serials")) == {DRIVEWAY}

    async def test_an_account_with_nothing_left_to_add_is_already_configured(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        assert_aborted(await sign_in(hass), "already_configured")

        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED

    async def test_one_that_was_added_meanwhile_is_already_configured(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        add_cabin(world)
        form = await sign_in(hass)
        await setup_entry()

        assert_aborted(await submit(hass, form, site_id=HOME), "already_configured")

    @pytest.mark.parametrize(
        "trouble",
        [
            faults.status_code(500),
            faults.status_code(404),
            faults.empty_list(),
            faults.truncated(),
            faults.maintenance(),
            faults.dropped(),
            faults.payload({"sites": "none"}),
            faults.payload([7, None, {"title": "No id"}]),
            faults.field_value("sites.*.id", [HOME]),
        ],
    )
    async def test_its_number_is_typed_where_none_is_found(
        self, hass: HomeAssistant, world: World, trouble: faults.Trouble
    ) -> None:
        world.faults.add(trouble, Family.SITES)
        form = await sign_in(hass)
        assert_form(form, "site")
        assert filled_in(form) == {}

        result = await submit(hass, await submit(hass, form, site_id=f" {HOME} "))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert (result["title"], result["data"]["site_id"], result["data"]["site_name"]) == (
            f"Enphase site {HOME}",
            HOME,
            None,
        )
        assert world.requests.logins == 1

    @pytest.mark.parametrize("typed", ["Lark Street", "44102a7", "-4410287", "٤٤١٠٢٨٧", "0", "", "4410999"])
    async def test_a_number_that_is_none_or_of_somebody_else_is_invalid(
        self, hass: HomeAssistant, world: World, typed: str
    ) -> None:
        """Traps 59 and 65: a name in the place of the number is not the site, and fails every later request."""
        world.add_site("4410999", "The neighbour's")
        world.faults.add(faults.empty_list(), Family.SITES)

        form = await submit(hass, await sign_in(hass), site_id=typed)
        assert_form(form, "site", site_id="invalid_site")

        result = await submit(hass, await submit(hass, form, site_id=HOME))
        assert result["type"] is FlowResultType.CREATE_ENTRY

    async def test_a_typed_number_may_be_already_configured(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        world.faults.add(faults.empty_list(), Family.SITES)

        assert_aborted(await submit(hass, await sign_in(hass), site_id=HOME), "already_configured")


class TestAbandonedFlow:
    """A person closes the dialogue, or leaves a form open."""

    async def test_its_account_is_closed(self, hass: HomeAssistant, closed: list[Account]) -> None:
        form = await sign_in(hass)
        assert closed == []

        hass.config_entries.flow.async_abort(form["flow_id"])
        await hass.async_block_till_done()
        assert len(closed) == 1

    async def test_before_any_sign_in_there_is_nothing_to_close(
        self, hass: HomeAssistant, closed: list[Account]
    ) -> None:
        hass.config_entries.flow.async_abort((await start(hass))["flow_id"])
        await hass.async_block_till_done()
        assert closed == []

    async def test_a_sign_in_that_is_under_way_is_waited_for(
        self, hass: HomeAssistant, world: World, closed: list[Account]
    ) -> None:
        world.faults.add(faults.slow(0.2), Family.LOGIN)
        form = await start(hass)
        attempt = hass.async_create_task(submit(hass, form, **ACCOUNT), eager_start=True)

        hass.config_entries.flow.async_abort(form["flow_id"])
        with pytest.raises(UnknownFlow):
            await attempt
        await hass.async_block_till_done()
        assert len(closed) == 1

    async def test_each_further_attempt_closes_the_one_before(self, hass: HomeAssistant, closed: list[Account]) -> None:
        form = await sign_in(hass, password="wrong")
        await submit(hass, form, **ACCOUNT)
        assert len(closed) == 1

    async def test_nothing_of_it_is_stored(self, hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
        form = await sign_in(hass, remember_password=True)
        hass.config_entries.flow.async_abort(form["flow_id"])
        await hass.async_block_till_done()

        assert "enphase_cloud_things.accounts" not in hass_storage

    @pytest.mark.parametrize("step_id", ["user", "chargers", "site", "otp"])
    async def test_a_form_that_is_opened_again_asks_nothing(
        self, hass: HomeAssistant, world: World, step_id: str
    ) -> None:
        if step_id == "site":
            add_cabin(world)
        world.account.one_time_codes = step_id == "otp"
        form = await (start(hass) if step_id == "user" else sign_in(hass))
        assert_form(form, step_id)
        world.requests.clear()

        again = await hass.config_entries.flow.async_configure(form["flow_id"])
        assert_form(again, step_id)
        assert filled_in(again) == filled_in(form)
        assert len(world.requests) == 0
