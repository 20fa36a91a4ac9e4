"""Every entity: what it is called, what it shows, and how Home Assistant files it."""

from datetime import timedelta
import time

from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components import enphase_cloud_things
from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, World

from .conftest import SetupEntry
from .passing_time import Advance

TESTED_ELSEWHERE = {Platform.CALENDAR, Platform.UPDATE}


@pytest.mark.freeze_time("2026-11-10 07:05:00+00:00")
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
class TestAll:
    """Registry entries and states of the site and its charger while a car charges."""

    @pytest.mark.pinned
    @pytest.mark.parametrize(
        "platform",
        [each for each in enphase_cloud_things.PLATFORMS if each not in TESTED_ELSEWHERE],
    )
    async def test_entities_of_a_platform_are_as_before(
        self,
        hass: HomeAssistant,
        monkeypatch: pytest.MonkeyPatch,
        setup_entry: SetupEntry,
        world: World,
        entity_registry: er.EntityRegistry,
        advance: Advance,
        snapshot: SnapshotAssertion,
        platform: Platform,
    ) -> None:
        monkeypatch.setattr(enphase_cloud_things, "PLATFORMS", [platform])
        # The round trip to the cloud is the one figure that the machine decides.
        monkeypatch.setattr(time, "perf_counter", lambda: 0.0)
        world.charger.reporting_interval = timedelta(minutes=1)
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16, phases=3))
        entry = await setup_entry(options={"enable_vpp": False, "enable_monetary": False})
        charger = dr.async_get_device_id_by_identifier(
            hass, (DOMAIN, world.charger.serial), config_entry_id=entry.entry_id
        )
        await hass.services.async_call(DOMAIN, "start_charging", {"device_id": charger}, blocking=True)
        await advance(200)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_devices_of_a_site(
    hass: HomeAssistant, setup_entry: SetupEntry, device_registry: dr.DeviceRegistry, snapshot: SnapshotAssertion
) -> None:
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert [
        {
            "name": device.name,
            "identifiers": sorted(device.identifiers),
            "manufacturer": device.manufacturer,
            "model": device.model,
            "model_id": device.model_id,
            "serial_number": device.serial_number,
            "sw_version": device.sw_version,
            "hw_version": device.hw_version,
            "entry_type": device.entry_type,
            "configuration_url": device.configuration_url,
            "connections": sorted(device.connections),
            "child of the site": device.via_device_id is not None,
        }
        for device in devices
    ] == snapshot


async def test_no_device_carries_a_hardware_address(
    hass: HomeAssistant, setup_entry: SetupEntry, device_registry: dr.DeviceRegistry
) -> None:
    """Trap 64: addresses of one network card merge unrelated devices."""
    entry = await setup_entry()
    assert not any(device.connections for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id))


async def test_everything_is_gone_after_an_unload_and_back_after_a_reload(
    hass: HomeAssistant, setup_entry: SetupEntry
) -> None:
    entry = await setup_entry()
    before = set(hass.states.async_entity_ids())
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert {state.state for state in hass.states.async_all()} == {STATE_UNAVAILABLE}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert set(hass.states.async_entity_ids()) == before
    assert STATE_UNAVAILABLE not in {state.state for state in hass.states.async_all()}


async def test_nothing_stays_behind_when_the_entry_is_removed(
    hass: HomeAssistant, setup_entry: SetupEntry, hass_storage: dict[str, object]
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
