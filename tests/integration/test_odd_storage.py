"""What an entry or a file in storage holds that has another shape counts as never known."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import World

from .conftest import SetupEntry, sign_in

ODD: Final[dict[str, Any]] = {
    "a list": [],
    "a text": "text",
    "a number": 5,
    "nothing": None,
    "other keys": {"site": "7700213"},
    "a list of lists": {"accounts": [[]], "site_id": [], "code": {}},
    "lists of numbers": {"accounts": {"7700213": [1, 2]}, "site_id": 5, "code": 5},
    "a charger that is a list": {"202640011873": [1, 2]},
    "a charger of odd parts": {"202640011873": {"standing": 5, "memory": [], "goal": "soon", "chosen_amps": "many"}},
}
FILES: Final = ("accounts", "{entry}", "{entry}.currency", "plans.{entry}")


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", FILES)
async def test_a_file_with_data_of_another_shape_stops_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any], setup_entry: SetupEntry, name: str, data: Any
) -> None:
    """Trap 86."""
    entry = await setup_entry(remember_password=True)
    await hass.config_entries.async_unload(entry.entry_id)
    key = f"{DOMAIN}.{name.format(entry=entry.entry_id)}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("envelope", [{"version": 9, "data": {}}, {"version": "1", "data": {}}])
async def test_a_file_of_another_shape_stops_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any], setup_entry: SetupEntry, envelope: dict[str, Any]
) -> None:
    """Trap 86."""
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    key = f"{DOMAIN}.{entry.entry_id}.currency"
    hass_storage[key] = {"key": key} | envelope
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    "odd",
    [
        {"site_id": 4410287},
        {"site_id": None},
        {"site_name": 5},
        {"serials": None},
        {"serials": "482417003321"},
        {"serials": [482417003321, None, {}]},
        {"left_out": 5},
        {"account": None},
        {"email": None},
        {"remember_password": "yes"},
        {"password": 5},
    ],
    ids=str,
)
async def test_an_entry_with_odd_data_is_set_up(hass: HomeAssistant, world: World, odd: dict[str, Any]) -> None:
    """Trap 86."""
    key = await sign_in(hass, world)
    data = {
        "site_id": world.site.site_id,
        "site_name": world.site.title,
        "serials": [world.charger.serial],
        "email": world.account.email,
        "account": key,
        "remember_password": True,
        "password": world.account.password,
    }
    entry = MockConfigEntry(domain=DOMAIN, unique_id=world.site.site_id, data=data | odd, version=2, minor_version=1)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
