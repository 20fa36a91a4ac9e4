"""An update from a version that people have installed: what it left on the disk is taken over as it is."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
import shutil
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Account, Car, Family, Simulator, World
from simulator.ready_tariffs import WEEKENDS

from .passing_time import let_pass

INSTALLED: Final = Path(__file__).parents[1] / "fixtures" / "installed_0_1_0"
SERIAL: Final = "202640011873"
LIFETIME: Final = 2482.02742
ENERGY_TODAY: Final = 0.69
SESSION_ENERGY: Final = 0.79354
UNSEEN: Final = 0.25
"""kWh that the charger counted until the car was stopped, and reported only while Home Assistant was updated."""

pytestmark = pytest.mark.freeze_time("2026-11-28 01:45:00+00:00")


def stored(name: str) -> dict[str, Any]:
    """Return what the earlier version left in a file of Home Assistant's storage."""
    content: dict[str, Any] = json.loads((INSTALLED / ".storage" / name).read_text(encoding="utf-8"))
    return content


ENTRY: Final[dict[str, Any]] = stored("core.config_entries")["data"]["entries"][0]
ENTITIES: Final[list[dict[str, Any]]] = stored("core.entity_registry")["data"]["entities"]
DEVICES: Final[list[dict[str, Any]]] = stored("core.device_registry")["data"]["devices"]


@pytest.fixture
def world(freezer: FrozenDateTimeFactory) -> World:
    """The cloud half an hour later: the same charger with the same car, its counter a little further."""
    world = World()
    site = world.add_site()
    charger = site.add_charger(SERIAL, lifetime_wh=(LIFETIME + UNSEEN) * 1000)
    world.add_account(Account(), sites=[site])
    site.tariff = WEEKENDS
    site.vpp.seed()
    charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=32, phases=3))
    return world


@pytest.fixture
def config_directory(world: World, tmp_path: Path) -> Path:
    """What the earlier version left, its session being one that the cloud knows."""
    directory = tmp_path / "config"
    shutil.copytree(INSTALLED, directory)
    session = world.accounts.open_session(world.account)
    assert session
    token = world.accounts.fetch_token(session)
    assert token
    accounts = directory / ".storage" / f"{DOMAIN}.accounts"
    content = accounts.read_text(encoding="utf-8")
    for stands_for, value in {
        "AN ACCESS TOKEN": token.text,
        "A MANAGER TOKEN": session.manager_token,
        "A SESSION ID": session.session_id,
        "A SESSION COOKIE": session.cookie,
        "AN XSRF TOKEN": session.csrf,
    }.items():
        content = content.replace(stands_for, value)
    accounts.write_text(content, encoding="utf-8")
    return directory


@pytest.fixture
async def hass(config_directory: Path) -> AsyncIterator[HomeAssistant]:
    """Home Assistant, started from that directory."""
    async with async_test_home_assistant(load_registries=False, config_dir=str(config_directory)) as hass:
        await async_load_base_functionality(hass)
        yield hass
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_stop(force=True)


@pytest.fixture
async def updated(hass: HomeAssistant, cloud: Simulator) -> ConfigEntry:
    """The entry, set up by the present version."""
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done(wait_background_tasks=True)
    [entry] = hass.config_entries.async_entries(DOMAIN)
    return entry


def number(hass: HomeAssistant, entity_id: str) -> float:
    """Return a state as a number."""
    state = hass.states.get(entity_id)
    assert state
    return float(state.state)


async def test_the_entry_is_loaded_with_its_data_and_its_options(updated: ConfigEntry) -> None:
    assert updated.state is ConfigEntryState.LOADED
    assert updated.entry_id == ENTRY["entry_id"]
    assert updated.unique_id == ENTRY["unique_id"]
    assert updated.title == ENTRY["title"]
    assert updated.data.items() >= ENTRY["data"].items()
    assert updated.options.items() >= ENTRY["options"].items()


async def test_every_entity_keeps_its_ids_its_name_and_whether_it_is_enabled(
    hass: HomeAssistant, updated: ConfigEntry
) -> None:
    registry = er.async_get(hass)
    for earlier in ENTITIES:
        entity = registry.async_get(earlier["entity_id"])
        assert entity, f"{earlier['entity_id']} is gone"
        assert entity.id == earlier["id"]
        assert entity.unique_id == earlier["unique_id"]
        assert entity.name == earlier["name"]
        assert entity.disabled_by == earlier["disabled_by"]


async def test_every_enabled_entity_is_provided_again(hass: HomeAssistant, updated: ConfigEntry) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    orphans = {
        earlier["entity_id"]
        for earlier in ENTITIES
        if earlier["disabled_by"] is None
        and ((state := hass.states.get(earlier["entity_id"])) is None or state.attributes.get("restored"))
    }
    assert not orphans


async def test_every_device_keeps_its_id_its_name_and_its_area(hass: HomeAssistant, updated: ConfigEntry) -> None:
    registry = dr.async_get(hass)
    for earlier in DEVICES:
        device = registry.async_get(earlier["id"])
        assert device, f"{earlier['name']} is gone"
        assert sorted(map(list, device.identifiers)) == sorted(earlier["identifiers"])
        assert (device.name, device.name_by_user, device.area_id) == (
            earlier["name"],
            earlier["name_by_user"],
            earlier["area_id"],
        )


async def test_the_session_goes_on_without_a_sign_in(hass: HomeAssistant, updated: ConfigEntry, world: World) -> None:
    assert world.requests.logins == 0
    assert not hass.config_entries.flow.async_progress()


async def test_the_counters_go_on_where_they_were(hass: HomeAssistant, updated: ConfigEntry) -> None:
    assert number(hass, "sensor.car_energy") == pytest.approx(LIFETIME + UNSEEN, abs=0.001)
    assert number(hass, "sensor.carport_energy_today") == pytest.approx(ENERGY_TODAY + UNSEEN, abs=0.001)
    assert number(hass, "sensor.carport_session_energy") == pytest.approx(SESSION_ENERGY, abs=0.001)


async def test_the_current_that_a_person_set_is_kept(hass: HomeAssistant, updated: ConfigEntry) -> None:
    assert number(hass, "number.carport_charging_amps") == 24
    assert number(hass, "sensor.carport_set_amps") == 24


async def test_nothing_is_commanded_and_no_event_is_made_up(
    hass: HomeAssistant, updated: ConfigEntry, world: World, freezer: FrozenDateTimeFactory
) -> None:
    await let_pass(hass, freezer, 120)

    assert world.charger.watts == 0
    assert world.requests.count(Family.START, Family.STOP) == 0
    assert world.requests.count(Family.MODE, Family.SCHEDULES, method="PUT") == 0
    [earlier] = [
        each["state"]
        for each in stored("core.restore_state")["data"]
        if each["state"]["entity_id"] == "event.carport_session"
    ]
    event = hass.states.get("event.carport_session")
    assert event
    assert event.state == earlier["state"]
    assert event.attributes["event_type"] == "stopped"
