"""Which devices belong to a config entry."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN


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
