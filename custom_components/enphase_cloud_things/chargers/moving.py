"""Moving a charger from the entry of one site to that of another, with its entities, their history and its counters.

Unique ids of a charger's entities are made of its serial number alone, so two entries must never have it at once
(docs/traps.md 75). Taking over happens when the new entry is set up, because it may not exist before.
"""

from collections.abc import Iterable

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import CONF_SERIALS, DOMAIN
from .charger import StoredCharger
from .store import charger_file


@callback
def other_owner(hass: HomeAssistant, serial: str, entry: ConfigEntry | None) -> ConfigEntry | None:
    """Return the entry that has a charger already, other than `entry`."""
    for other in hass.config_entries.async_entries(DOMAIN):
        if other is not entry and other.source != SOURCE_IGNORE and serial in other.data.get(CONF_SERIALS, ()):
            return other
    return None


async def async_give_up(hass: HomeAssistant, owner: ConfigEntry, serials: Iterable[str]) -> None:
    """Take chargers out of the entry that has them, and set it up again without them."""
    given = set(serials)
    was_loaded = owner.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)
    if was_loaded:
        await hass.config_entries.async_unload(owner.entry_id)
    kept = [serial for serial in owner.data[CONF_SERIALS] if serial not in given]
    hass.config_entries.async_update_entry(owner, data={**owner.data, CONF_SERIALS: kept})
    if was_loaded:
        hass.async_create_task(
            hass.config_entries.async_setup(owner.entry_id), f"{DOMAIN} without chargers", eager_start=False
        )


async def async_take_over(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, StoredCharger]:
    """Move the chargers that other entries have given up to `entry`, and return what was stored of them there."""
    taken: dict[str, StoredCharger] = {}
    for device in _given_up(hass, entry):
        (serial,) = _serials(device) & set(entry.data[CONF_SERIALS])
        stored = await charger_file(hass, device.config_entry_id).async_load()
        if stored and serial in stored:
            taken[serial] = stored[serial]
        _move(hass, device, entry)
    return taken


def _given_up(hass: HomeAssistant, entry: ConfigEntry) -> list[dr.DeviceEntry]:
    """Return the devices of the entry's chargers that still belong to an entry that does not have them any more."""
    wanted = set(entry.data[CONF_SERIALS])
    devices = [
        device
        for other in hass.config_entries.async_entries(DOMAIN)
        if other is not entry
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), other.entry_id)
        if _serials(device) & wanted - set(other.data.get(CONF_SERIALS, ()))
    ]
    registry = dr.async_get(hass)
    own = dr.async_entries_for_config_entry(registry, entry.entry_id)
    known = {serial for device in own for serial in _serials(device)}
    return [device for device in devices if not _serials(device) & known]


@callback
def _move(hass: HomeAssistant, device: dr.DeviceEntry, entry: ConfigEntry) -> None:
    entities = er.async_get(hass)
    for entity in er.async_entries_for_device(entities, device.id, include_disabled_entities=True):
        # Before the device, or they would be removed with what it leaves
        entities.async_update_entity(entity.entity_id, config_entry_id=entry.entry_id)
    dr.async_get(hass).async_update_device(device.id, new_config_entry_id=entry.entry_id)


def _serials(device: dr.DeviceEntry) -> set[str]:
    return {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
