"""Chargers that are installed, renamed, updated, taken down, or left out of an answer for a moment."""

from collections.abc import Awaitable, Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults

from .conftest import SetupEntry
from .flows import sign_in, submit
from .passing_time import Advance
from .repairs import Repairs, issue_texts, pages, repairs, shown_issues

__all__ = ["pages", "repairs"]

CARPORT, DRIVEWAY = "202640011873", "202640011901"
STATUS = "sensor.carport_status"

type Remove = Callable[[str], Awaitable[bool]]


@pytest.fixture
async def remove(hass: HomeAssistant, pages: None, hass_ws_client: WebSocketGenerator) -> Remove:
    """Return a function that presses the delete button of a device and tells whether that was allowed."""

    async def press(identifier: str) -> bool:
        client = await hass_ws_client(hass)
        answer = await client.remove_device(device(hass, identifier).id)
        await hass.async_block_till_done()
        success: bool = answer["success"]
        return success

    return press


def find_device(hass: HomeAssistant, identifier: str) -> dr.DeviceEntry | None:
    """Return the device of a charger or a part of the site, if there is one."""
    devices = [
        device
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    ]
    return next((device for device in devices if (DOMAIN, identifier) in device.identifiers), None)


def device(hass: HomeAssistant, identifier: str) -> dr.DeviceEntry:
    """Return the device of a charger or a part of the site."""
    found = find_device(hass, identifier)
    assert found is not None, identifier
    return found


def entity_ids(hass: HomeAssistant, entry: ConfigEntry, serial: str) -> list[str]:
    """Return the entities of a charger."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return [entity.entity_id for entity in entities if entity.unique_id.startswith(serial)]


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity shows."""
    shown = hass.states.get(entity_id)
    assert shown is not None, entity_id
    return shown.state


class TestLeftOut:
    """Chargers that a person has seen and not ticked."""

    @pytest.fixture
    async def entry(self, hass: HomeAssistant, world: World, advance: Advance) -> ConfigEntry:
        """A site with two chargers, of which a person has chosen one."""
        world.site.add_charger(DRIVEWAY, name="Driveway")
        entry: ConfigEntry = (await submit(hass, await sign_in(hass), serials=[CARPORT]))["result"]
        await advance(340)
        return entry

    async def test_a_charger_that_was_left_out_is_not_offered(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        assert shown_issues(hass, "new_charger") == []

    async def test_a_charger_that_is_installed_later_is_offered_all_the_same(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, advance: Advance
    ) -> None:
        world.site.add_charger("202640011999", name="Barn")
        await advance(340)
        (issue,) = shown_issues(hass, "new_charger")
        assert any("Barn" in text for text in issue_texts(issue))


class TestNewChargers:
    """Chargers that the entry does not know yet."""

    @pytest.fixture
    async def entry(self, setup_entry: SetupEntry, world: World, advance: Advance) -> ConfigEntry:
        """A site at which a charger has just been installed."""
        entry = await setup_entry()
        world.site.add_charger(DRIVEWAY, name="Driveway")
        await advance(340)
        return entry

    async def test_a_new_charger_is_offered_by_name(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        (issue,) = shown_issues(hass, "new_charger")
        assert issue.is_fixable
        assert issue.severity is ir.IssueSeverity.WARNING
        assert any("Driveway" in text and "Lark Street" in text for text in issue_texts(issue))

    async def test_a_new_charger_is_not_added_before_a_person_says_so(
        self, hass: HomeAssistant, entry: ConfigEntry
    ) -> None:
        assert entry.data["serials"] == [CARPORT]
        assert not entity_ids(hass, entry, DRIVEWAY)

    async def test_one_click_adds_a_charger_with_its_entities(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs
    ) -> None:
        (issue,) = shown_issues(hass, "new_charger")
        assert (await repairs.fix(issue))["type"] == "create_entry"
        await hass.async_block_till_done()
        assert entry.data["serials"] == [CARPORT, DRIVEWAY]
        assert state(hass, "sensor.driveway_status") == "unplugged"
        assert device(hass, DRIVEWAY).sw_version == "25.40.2.9"
        assert not shown_issues(hass)

    async def test_adding_a_charger_does_not_disturb_the_others(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs
    ) -> None:
        seen: list[str] = []
        hass.bus.async_listen("state_changed", lambda event: seen.append(event.data["entity_id"]))
        (issue,) = shown_issues(hass, "new_charger")
        await repairs.fix(issue)
        await hass.async_block_till_done()
        assert "sensor.driveway_status" in seen
        assert STATUS not in seen

    async def test_an_added_charger_stays_over_a_restart(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs
    ) -> None:
        await repairs.fix(shown_issues(hass, "new_charger")[0])
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert state(hass, "sensor.driveway_status") == "unplugged"
        assert not shown_issues(hass)

    async def test_the_offer_vanishes_with_the_charger(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, advance: Advance
    ) -> None:
        world.site.remove_charger(DRIVEWAY)
        await advance(1000)
        assert not shown_issues(hass)

    async def test_the_offer_vanishes_at_once_for_a_retired_charger(
        self, hass: HomeAssistant, entry: ConfigEntry, simulator: Simulator, advance: Advance
    ) -> None:
        simulator.faults.add(faults.field_value("data.1.isRetired", True), Family.SUMMARY)
        await advance(340)
        assert not shown_issues(hass)

    @pytest.mark.parametrize("trouble", [faults.empty_list(), faults.null_data(), faults.status_code(503)])
    async def test_an_odd_answer_does_not_take_the_offer_back(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        simulator: Simulator,
        advance: Advance,
        trouble: faults.Trouble,
    ) -> None:
        (issue,) = shown_issues(hass, "new_charger")
        ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)
        simulator.faults.add(trouble, Family.SUMMARY, times=2)
        await advance(1000)
        (issue,) = shown_issues(hass, "new_charger")
        assert issue.dismissed_version, "the person has ignored it"

    async def test_an_offer_that_was_ignored_stays_ignored_after_a_reload(
        self, hass: HomeAssistant, entry: ConfigEntry
    ) -> None:
        (issue,) = shown_issues(hass, "new_charger")
        ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        (issue,) = shown_issues(hass, "new_charger")
        assert issue.dismissed_version

    async def test_the_offer_goes_with_the_entry(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        ir.async_ignore_issue(hass, DOMAIN, shown_issues(hass, "new_charger")[0].issue_id, True)
        await hass.config_entries.async_remove(entry.entry_id)
        assert not [domain for domain, _ in ir.async_get(hass).issues if domain == DOMAIN]

    async def test_a_charger_that_left_meanwhile_is_not_added(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs, world: World, advance: Advance
    ) -> None:
        form = await repairs.start(shown_issues(hass, "new_charger")[0])
        world.site.remove_charger(DRIVEWAY)
        await advance(1000)
        assert (await repairs.submit(form))["reason"] == "charger_gone"
        assert entry.data["serials"] == [CARPORT]

    async def test_nothing_is_added_to_an_entry_that_is_not_loaded(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs
    ) -> None:
        form = await repairs.start(shown_issues(hass, "new_charger")[0])
        await hass.config_entries.async_unload(entry.entry_id)
        assert (await repairs.submit(form))["reason"] == "not_loaded"
        assert not shown_issues(hass)

    async def test_a_charger_without_a_name_is_offered_without_its_whole_serial(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.site.add_charger(DRIVEWAY, name=None)
        await setup_entry(serials=[CARPORT])
        (issue,) = shown_issues(hass, "new_charger")
        assert any("1901" in text for text in issue_texts(issue))
        assert DRIVEWAY not in f"{issue.issue_id} {issue_texts(issue)}"

    async def test_a_site_without_chargers_is_offered_its_first(
        self, hass: HomeAssistant, setup_entry: SetupEntry, repairs: Repairs
    ) -> None:
        await setup_entry(serials=[])
        await repairs.fix(shown_issues(hass, "new_charger")[0])
        await hass.async_block_till_done()
        assert state(hass, STATUS) == "unplugged"


class TestMissingChargers:
    """Chargers that answers leave out."""

    @pytest.mark.parametrize(
        "trouble",
        [faults.empty_list(), faults.null_data(), faults.field_value("data.chargers", [])],
        ids=["empty list", "null", "empty field"],
    )
    async def test_two_answers_without_chargers_change_nothing(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        advance: Advance,
        trouble: faults.Trouble,
    ) -> None:
        """Trap 45: an empty list for a moment keeps the last state."""
        await setup_entry()
        simulator.faults.add(trouble, Family.STATUS, times=2)
        before = simulator.requests.count(Family.STATUS)
        await advance(70)
        assert simulator.requests.count(Family.STATUS) >= before + 2
        assert state(hass, STATUS) == "unplugged"

    async def test_one_charger_that_is_left_out_does_not_affect_the_others(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.site.add_charger(DRIVEWAY, name="Driveway")
        await setup_entry()
        world.site.remove_charger(DRIVEWAY)
        await advance(130)
        assert state(hass, "sensor.driveway_status") == STATE_UNAVAILABLE
        assert state(hass, STATUS) == "unplugged"

    async def test_three_answers_in_a_row_make_a_charger_unavailable_until_it_is_back(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 45."""
        await setup_entry()
        simulator.faults.add(faults.empty_list(), Family.STATUS)
        await advance(130)
        assert state(hass, STATUS) == STATE_UNAVAILABLE
        simulator.faults.clear()
        await advance(40)
        assert state(hass, STATUS) == "unplugged"

    async def test_answers_without_a_charger_count_only_in_a_row(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        for _ in range(3):
            simulator.faults.add(faults.empty_list(), Family.STATUS, times=2)
            await advance(100)
        assert state(hass, STATUS) == "unplugged"

    async def test_failures_are_no_answers_without_a_charger(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        world: World,
        advance: Advance,
        remove: Remove,
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(503))
        await advance(700)
        assert not await remove(CARPORT)


class TestRemovingDevices:
    """The delete button of a device."""

    @pytest.fixture
    async def entry(self, setup_entry: SetupEntry, world: World) -> ConfigEntry:
        """A site with two chargers."""
        world.site.add_charger(DRIVEWAY, name="Driveway")
        return await setup_entry()

    async def test_a_charger_that_is_there_cannot_be_deleted(
        self, hass: HomeAssistant, entry: ConfigEntry, remove: Remove
    ) -> None:
        assert not await remove(DRIVEWAY)
        assert entry.data["serials"] == [CARPORT, DRIVEWAY]

    async def test_a_charger_that_is_gone_can_be_deleted_with_all_its_entities(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, advance: Advance, remove: Remove
    ) -> None:
        world.site.remove_charger(DRIVEWAY)
        await advance(130)
        assert await remove(DRIVEWAY)
        assert entry.data["serials"] == [CARPORT]
        assert not entity_ids(hass, entry, DRIVEWAY)
        await advance(700)
        assert find_device(hass, DRIVEWAY) is None
        assert state(hass, STATUS) == "unplugged"

    async def test_a_charger_that_only_the_status_leaves_out_cannot_be_deleted(
        self, hass: HomeAssistant, entry: ConfigEntry, simulator: Simulator, advance: Advance, remove: Remove
    ) -> None:
        """Trap 45: absent means that the metadata agree."""
        simulator.faults.add(faults.field_value("data.chargers.1", None), Family.STATUS)
        await advance(700)
        assert state(hass, "sensor.driveway_status") == STATE_UNAVAILABLE
        assert not await remove(DRIVEWAY)

    async def test_a_charger_whose_metadata_cannot_be_read_cannot_be_deleted(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        simulator: Simulator,
        world: World,
        advance: Advance,
        remove: Remove,
    ) -> None:
        world.site.remove_charger(DRIVEWAY)
        simulator.faults.add(faults.status_code(500), Family.SUMMARY)
        await advance(700)
        assert not await remove(DRIVEWAY)

    async def test_a_charger_that_is_back_cannot_be_deleted_any_more(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, advance: Advance, remove: Remove
    ) -> None:
        gone = world.charger_of(DRIVEWAY)
        world.site.remove_charger(DRIVEWAY)
        await advance(130)
        world.site.chargers.append(gone)
        await advance(40)
        assert state(hass, "sensor.driveway_status") == "unplugged"
        assert not await remove(DRIVEWAY)

    async def test_a_retired_charger_can_be_deleted(
        self, hass: HomeAssistant, entry: ConfigEntry, simulator: Simulator, advance: Advance, remove: Remove
    ) -> None:
        simulator.faults.add(faults.field_value("data.1.isRetired", True), Family.SUMMARY)
        simulator.faults.add(faults.field_value("data.chargers.1", None), Family.STATUS)
        await advance(130)
        assert await remove(DRIVEWAY)

    async def test_a_deleted_charger_that_comes_back_can_be_added_again(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        world: World,
        advance: Advance,
        remove: Remove,
        repairs: Repairs,
    ) -> None:
        gone = world.charger_of(DRIVEWAY)
        world.site.remove_charger(DRIVEWAY)
        await advance(130)
        await remove(DRIVEWAY)
        before = len(entity_ids(hass, entry, CARPORT))
        await advance(40)
        world.site.chargers.append(gone)
        await advance(340)
        await repairs.fix(shown_issues(hass, "new_charger")[0])
        await advance(60)
        assert state(hass, "sensor.driveway_status") == "unplugged"
        assert len(entity_ids(hass, entry, DRIVEWAY)) == before

    async def test_a_charger_cannot_be_deleted_while_the_entry_is_not_loaded(
        self, hass: HomeAssistant, entry: ConfigEntry, remove: Remove
    ) -> None:
        await hass.config_entries.async_unload(entry.entry_id)
        assert not await remove(DRIVEWAY)

    async def test_the_site_cannot_be_deleted(self, entry: ConfigEntry, remove: Remove) -> None:
        assert not await remove("site:4410287")

    @pytest.mark.parametrize(("kind", "option"), [("vpp", "enable_vpp"), ("monetary", "enable_monetary")])
    @pytest.mark.parametrize("enabled", [True, False])
    async def test_the_device_of_a_feature_can_be_deleted_only_while_the_feature_is_off(
        self, hass: HomeAssistant, setup_entry: SetupEntry, remove: Remove, kind: str, option: str, enabled: bool
    ) -> None:
        entry = await setup_entry(options={option: enabled})
        dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"{kind}:4410287")}, name=kind
        )
        assert await remove(f"{kind}:4410287") is not enabled

    async def test_a_device_that_is_left_from_another_site_can_be_deleted(
        self, hass: HomeAssistant, entry: ConfigEntry, remove: Remove
    ) -> None:
        dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={(DOMAIN, "site:4410288")}, name="Hill Cabin"
        )
        assert await remove("site:4410288")


class TestDeviceDetails:
    """What the device page shows."""

    async def test_name_and_firmware_follow_the_cloud(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        await setup_entry()
        world.charger.name = "Garage"
        world.charger.firmware = "25.44.1.3"
        await advance(340)
        shown = device(hass, CARPORT)
        assert (shown.name, shown.sw_version) == ("Garage", "25.44.1.3")
        friendly = hass.states.get(STATUS)
        assert friendly is not None
        assert friendly.attributes["friendly_name"] == "Garage Status"

    async def test_the_model_follows_once_the_cloud_tells_it(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        simulator.faults.add(faults.status_code(500), Family.SUMMARY, times=1)
        await setup_entry()
        assert device(hass, CARPORT).model == "IQ EV Charger"
        await advance(700)
        assert device(hass, CARPORT).model == "IQ EV Charger 2"
        assert device(hass, CARPORT).hw_version == "A1.3"

    async def test_a_name_that_a_person_gave_here_stays(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        await setup_entry()
        dr.async_get(hass).async_update_device(device(hass, CARPORT).id, name_by_user="My charger")
        world.charger.name = "Garage"
        await advance(340)
        assert device(hass, CARPORT).name_by_user == "My charger"

    async def test_what_an_answer_leaves_out_stays(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        for path in ("firmwareVersion", "modelName", "displayName", "sku"):
            simulator.faults.add(faults.field_missing(f"data.*.{path}"), Family.SUMMARY)
        simulator.faults.add(faults.field_missing("data.chargers.*.name"), Family.STATUS)
        before = device(hass, CARPORT)
        await advance(340)
        after = device(hass, CARPORT)
        assert (after.name, after.model, after.model_id, after.sw_version) == (
            before.name,
            before.model,
            before.model_id,
            before.sw_version,
        )
