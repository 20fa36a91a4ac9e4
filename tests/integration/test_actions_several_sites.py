"""Actions on several sites at once: one that cannot take part does not stop the others, and is named."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile

CABIN = "4410288"


@pytest.fixture
def world(freezer: object) -> World:
    """Two sites, each with a charger and a car."""
    world = World.with_two_sites()
    for site in world.sites.values():
        site.chargers[0].plug_in(Car())
    return world


@pytest.fixture
async def entries(setup_entry: SetupEntry, world: World) -> list[MockConfigEntry]:
    """Both sites, set up."""
    return [await setup_entry(site=site) for site in world.sites.values()]


async def act(hass: HomeAssistant, action: str, *, reply: bool = False, **data: Any) -> Any:
    """Call an action of the integration."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=reply)


def devices(hass: HomeAssistant, world: World, kind: str) -> list[str]:
    """Return the ids of all chargers (`charger`) or of all sites (`site`)."""
    serials = {site.chargers[0].serial for site in world.sites.values()}
    wanted = serials if kind == "charger" else {f"{kind}:{site_id}" for site_id in world.sites}
    return [device.id for device in dr.async_get(hass).devices if wanted & {name for _, name in device.identifiers}]


async def unload_the_cabin(hass: HomeAssistant, entries: list[MockConfigEntry]) -> None:
    """Have one of the sites not loaded."""
    assert await hass.config_entries.async_unload(entries[1].entry_id)


class TestNotLoaded:
    """A site that is not loaded is named, and the others are acted on."""

    @pytest.mark.parametrize(
        ("action", "family", "data"),
        [
            ("start_charging", Family.START, {}),
            ("trigger_message", Family.TRIGGER, {"requested_message": "MeterValues"}),
        ],
    )
    async def test_commands_reach_the_chargers_of_the_loaded_one(
        self,
        hass: HomeAssistant,
        world: World,
        entries: list[MockConfigEntry],
        simulator: Simulator,
        action: str,
        family: Family,
        data: dict[str, Any],
    ) -> None:
        await unload_the_cabin(hass, entries)
        with pytest.raises(ServiceValidationError, match="Hill Cabin"):
            await act(hass, action, device_id=devices(hass, world, "charger"), **data)
        assert simulator.requests.count(family) == 1

    async def test_a_live_stream_starts_at_the_loaded_one(
        self, hass: HomeAssistant, world: World, entries: list[MockConfigEntry], simulator: Simulator
    ) -> None:
        await unload_the_cabin(hass, entries)
        with pytest.raises(ServiceValidationError, match="Hill Cabin"):
            await act(hass, "start_live_stream", device_id=devices(hass, world, "site"))
        assert simulator.requests.count(Family.LIVE_STREAM) == 1

    async def test_past_sessions_of_the_loaded_one_are_told(
        self, hass: HomeAssistant, world: World, entries: list[MockConfigEntry]
    ) -> None:
        await unload_the_cabin(hass, entries)
        reply = await act(hass, "get_sessions", reply=True, device_id=devices(hass, world, "charger"))
        told = {"sessions" in charger: charger.get("error", "") for charger in reply["chargers"]}
        assert told[True] == ""
        assert "Hill Cabin" in told[False]

    async def test_prices_of_the_loaded_one_are_told(
        self, hass: HomeAssistant, world: World, entries: list[MockConfigEntry]
    ) -> None:
        await hass.async_block_till_done(wait_background_tasks=True)
        wanted = devices(hass, world, "site")
        await unload_the_cabin(hass, entries)
        reply = await act(hass, "get_prices", reply=True, device_id=wanted)
        told = {site["name"]: "import" in site for site in reply["sites"]}
        assert told == {"Lark Street": True, "Hill Cabin": False}

    async def test_where_none_is_loaded_nobody_is_acted_on_in_silence(
        self, hass: HomeAssistant, entries: list[MockConfigEntry]
    ) -> None:
        for entry in entries:
            await hass.config_entries.async_unload(entry.entry_id)
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "start_live_stream")
        assert raised.value.translation_key == "no_site_loaded"


async def test_a_target_of_somebody_else_is_the_callers_mistake(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> None:
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "get_prices", reply=True, entity_id="sun.sun")
    assert raised.value.translation_key == "no_site_targeted"


class TestPricesOff:
    """A site may have its prices turned off."""

    @pytest.fixture
    async def entries(self, hass: HomeAssistant, setup_entry: SetupEntry, world: World) -> None:
        await setup_entry()
        await setup_entry(site=world.sites[CABIN], options={"enable_monetary": False})
        await hass.async_block_till_done(wait_background_tasks=True)

    @pytest.mark.usefixtures("entries")
    async def test_it_is_not_meant_where_no_site_is_named(self, hass: HomeAssistant) -> None:
        reply = await act(hass, "get_prices", reply=True)
        assert [site["name"] for site in reply["sites"]] == ["Lark Street"]

    @pytest.mark.usefixtures("entries")
    async def test_it_says_so_where_it_is_named(self, hass: HomeAssistant, world: World) -> None:
        reply = await act(hass, "get_prices", reply=True, device_id=devices(hass, world, "site"))
        (off,) = [site for site in reply["sites"] if "error" in site]
        assert (len(reply["sites"]), off["name"]) == (2, "Hill Cabin")
        assert "turned off" in off["error"]


class TestNothingElseToTell:
    """A reply in which all is failure is no reply."""

    async def test_what_nobody_can_be_asked_is_the_callers_mistake(
        self, hass: HomeAssistant, world: World, entries: list[MockConfigEntry]
    ) -> None:
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "start_charging", reply=True, device_id=devices(hass, world, "charger"), charging_level=900)
        assert raised.value.translation_key == "several_failed"

    async def test_a_level_in_green_mode_is_a_mistake_with_a_reply_too(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.charger.modes.preference = ChargeMode.GREEN
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "start_charging", reply=True, device_id=devices(hass, world, "charger"), charging_level=12)
        assert raised.value.translation_key == "amps_not_possible_in_mode"

    async def test_a_cloud_that_cannot_be_reached_is_an_error_with_a_reply_too(
        self, hass: HomeAssistant, world: World, entries: list[MockConfigEntry], simulator: Simulator
    ) -> None:
        simulator.faults.add(faults.status_code(503), Family.TRIGGER)
        with pytest.raises(HomeAssistantError):
            await act(
                hass,
                "trigger_message",
                reply=True,
                device_id=devices(hass, world, "charger"),
                requested_message="Heartbeat",
            )

    async def test_where_one_has_something_to_tell_the_other_tells_its_mistake(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, meanwhile: Meanwhile
    ) -> None:
        world.charger.modes.preference = ChargeMode.GREEN
        for site in world.sites.values():
            await setup_entry(site=site)
        chargers = devices(hass, world, "charger")
        reply = await meanwhile(act(hass, "start_charging", reply=True, device_id=chargers, charging_level=12))
        assert {charger["outcome"] for charger in reply["chargers"]} == {"confirmed", "rejected"}


class TestSignIn:
    """Each site says whether its session works again."""

    async def test_all_sites_are_tried_before_a_failure_is_told(
        self, hass: HomeAssistant, world: World, entries: list[MockConfigEntry], advance: Advance
    ) -> None:
        world.accounts.expire_sessions()
        await advance(90)
        with pytest.raises(HomeAssistantError) as raised:
            await act(hass, "clear_reauth_issue", device_id=devices(hass, world, "site"))
        assert "Lark Street" in str(raised.value)
        assert "Hill Cabin" in str(raised.value)


@pytest.mark.usefixtures("entries")
class TestSiteId:
    """A site may be named by its id."""

    async def test_digits_that_yaml_takes_for_a_number_are_an_id(self, hass: HomeAssistant) -> None:
        await act(hass, "clear_reauth_issue", site_id=4410287)

    async def test_an_id_that_nobody_has_is_told(self, hass: HomeAssistant) -> None:
        with pytest.raises(ServiceValidationError, match="4410299") as raised:
            await act(hass, "clear_reauth_issue", site_id="4410299")
        assert raised.value.translation_key == "unknown_site"


@pytest.mark.parametrize("day", ["0001-01-01", "1850-01-01", "9999-12-31"])
@pytest.mark.parametrize("action", ["get_prices", "get_sessions", "import_sessions"])
@pytest.mark.usefixtures("entries")
async def test_days_at_the_end_of_time_are_the_callers_mistake(
    hass: HomeAssistant, world: World, action: str, day: str
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, action, reply=True, device_id=devices(hass, world, "charger"), start=day, end=day)
    assert raised.value.translation_key == "day_out_of_reach"
