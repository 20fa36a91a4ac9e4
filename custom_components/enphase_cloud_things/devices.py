"""Which devices belong to a config entry, and what the device registry knows of them."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.typing import UNDEFINED

from .chargers.snapshot import SiteSnapshot
from .const import CONF_SERIALS, CONF_SITE_ID, DOMAIN
from .runtime import EnphaseConfigEntry
from .vpp.coordinator import VppCoordinator


@callback
def remove_devices_left_out(hass: HomeAssistant, entry: ConfigEntry, *, site_id: str, serials: Iterable[str]) -> None:
    """Remove the devices of an entry that belong neither to the site nor to one of the chargers.

    Their entities go with them. Devices that stay keep their entities and so their history.
    """
    kept = {(DOMAIN, f"{kind}:{site_id}") for kind in ("site", "vpp", "monetary")}
    kept.update((DOMAIN, serial) for serial in serials)
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if kept.isdisjoint(device.identifiers):
            registry.async_remove_device(device.id)


@callback
def update_charger_devices(hass: HomeAssistant, entry: ConfigEntry, site: SiteSnapshot) -> None:
    """Bring the device registry up to what the cloud tells of the chargers.

    What the cloud leaves out for a moment stays as it is, and so does the name a person gave the device here.
    """
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        for serial in _own_identifiers(device) & site.chargers.keys():
            charger = site.chargers[serial]
            summary = charger.summary
            registry.async_update_device(
                device.id,
                name=charger.given_name or UNDEFINED,
                model=(summary and summary.model) or UNDEFINED,
                model_id=(summary and summary.model_id) or UNDEFINED,
                sw_version=(summary and summary.firmware) or UNDEFINED,
                hw_version=(summary and summary.hardware) or UNDEFINED,
            )


@callback
def remove_device(hass: HomeAssistant, entry: ConfigEntry, identifier: str) -> None:
    """Remove the device of a feature that is off or has ended, with its entities."""
    registry = dr.async_get(hass)
    if device := registry.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id):
        registry.async_remove_device(device.id)


@callback
def remove_with_programme(hass: HomeAssistant, entry: ConfigEntry, vpp: VppCoordinator) -> None:
    """Remove the device of the programme whenever the cloud says that the site takes part in none."""

    @callback
    def look() -> None:
        if vpp.data.settled and not vpp.data.enrolled:
            remove_device(hass, entry, f"vpp:{vpp.site_id}")

    entry.async_on_unload(vpp.async_add_listener(look))


@callback
def release_device(hass: HomeAssistant, entry: EnphaseConfigEntry, device: dr.DeviceEntry) -> bool:
    """Tell whether a person may remove a device, and if it is a charger, drop it from the entry.

    A charger may go once the cloud no longer knows it, the device of a feature once the feature is off. Everything
    else would come back with the next start.
    """
    identifiers = _own_identifiers(device)
    if identifiers & _needed(entry):
        return False
    serials = [serial for serial in entry.data[CONF_SERIALS] if serial not in identifiers]
    if serials != entry.data[CONF_SERIALS]:
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERIALS: serials})
    return True


def _own_identifiers(device: dr.DeviceEntry) -> set[str]:
    return {identifier for domain, identifier in device.identifiers if domain == DOMAIN}


def _needed(entry: EnphaseConfigEntry) -> set[str]:
    """Return the identifiers of the devices that the entry has a use for, all possible ones while it is not loaded."""
    site_id = entry.data[CONF_SITE_ID]
    devices = {
        "site": f"site:{site_id}",
        "vpp": f"vpp:{site_id}",
        "monetary": f"monetary:{site_id}",
    }
    serials = set(entry.data[CONF_SERIALS])
    if entry.state is ConfigEntryState.LOADED:
        runtime = entry.runtime_data
        serials -= {serial for serial, charger in runtime.chargers.data.chargers.items() if charger.gone}
        if not runtime.options.enable_vpp:
            del devices["vpp"]
        if not runtime.options.enable_monetary:
            del devices["monetary"]
    return serials | set(devices.values())
