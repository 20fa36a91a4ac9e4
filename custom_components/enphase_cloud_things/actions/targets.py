"""From the target of an action (areas, labels, devices, entities) to chargers and sites of this integration."""

from collections.abc import Container
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import CONF_SERIALS, DOMAIN
from ..runtime import EnphaseConfigEntry, RuntimeData


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerTarget:
    """One targeted charger, of a site that need not be loaded."""

    entry: EnphaseConfigEntry
    serial: str = field(repr=False)
    device_id: str
    name: str

    @property
    def runtime(self) -> RuntimeData:
        """What the site of the charger holds. Raises ServiceValidationError if it is not loaded."""
        return runtime_of(self.entry)


@callback
def async_targeted_chargers(hass: HomeAssistant, call: ServiceCall) -> list[ChargerTarget]:
    """Return the chargers an action is aimed at, each once.

    Raises ServiceValidationError if there is none.
    """
    targets = [
        ChargerTarget(
            entry=entry, serial=serial, device_id=device.id, name=device.name_by_user or device.name or serial
        )
        for device in _targeted_devices(hass, call)
        for entry, serial in _owners(hass, device)
        if serial in _chargers_of(entry)
    ]
    if not targets:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_charger_targeted")
    return targets


@callback
def async_targeted_sites(hass: HomeAssistant, call: ServiceCall) -> list[EnphaseConfigEntry]:
    """Return the sites an action is aimed at: those of the targeted devices, all loaded ones without a target.

    Raises ServiceValidationError if there is none.
    """
    if has_target(call):
        return async_targeted_entries(hass, call)
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_site_loaded")
    return entries


@callback
def has_target(call: ServiceCall) -> bool:
    """Tell whether an action is aimed at anything."""
    return TargetSelection(call.data).has_any_target


@callback
def async_targeted_entries(hass: HomeAssistant, call: ServiceCall) -> list[EnphaseConfigEntry]:
    """Return the config entries of the targeted devices, loaded or not.

    Raises ServiceValidationError if there is none.
    """
    entries = {entry.entry_id: entry for device in _targeted_devices(hass, call) for entry, _ in _owners(hass, device)}
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_site_targeted")
    return list(entries.values())


@callback
def async_entries_of_site(hass: HomeAssistant, site_id: str) -> list[EnphaseConfigEntry]:
    """Return the config entry of a site by the site's id.

    Raises ServiceValidationError if there is none.
    """
    entries = [entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.unique_id == site_id]
    if not entries:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="unknown_site", translation_placeholders={"site_id": site_id}
        )
    return entries


def _targeted_devices(hass: HomeAssistant, call: ServiceCall) -> list[dr.AnyDeviceEntry]:
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(call.data), primary_entities_only=False)
    entities = er.async_get(hass)
    device_ids = set(selected.referenced_devices)
    for entity_id in selected.referenced | selected.indirectly_referenced:
        if (entity := entities.async_get(entity_id)) and entity.device_id:
            device_ids.add(entity.device_id)
    devices = dr.async_get(hass)
    return [device for device_id in sorted(device_ids) if (device := devices.async_get(device_id))]


def _owners(hass: HomeAssistant, device: dr.AnyDeviceEntry) -> list[tuple[EnphaseConfigEntry, str]]:
    entry = hass.config_entries.async_get_entry(device.config_entry_id) if device.config_entry_id else None
    if entry is None:
        return []
    return [(entry, identifier) for domain, identifier in device.identifiers if domain == DOMAIN]


def _chargers_of(entry: EnphaseConfigEntry) -> Container[str]:
    """Return the serial numbers of the chargers of an entry."""
    if entry.state is not ConfigEntryState.LOADED:
        serials: list[str] = entry.data[CONF_SERIALS]
        return serials
    return entry.runtime_data.chargers.data.chargers


def runtime_of(entry: EnphaseConfigEntry) -> RuntimeData:
    """Return what a loaded site holds. Raises ServiceValidationError if it is not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="site_not_loaded",
            translation_placeholders={"site": entry.title},
        )
    return entry.runtime_data
