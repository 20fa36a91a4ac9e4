"""The devices of a config entry: what they are called, and what the device registry knows of them."""

from collections.abc import Iterable
from enum import StrEnum
from operator import attrgetter
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.typing import UNDEFINED

from .chargers.charger import ChargerSnapshot
from .chargers.coordinator import ChargerCoordinator, of_all
from .const import CONF_SERIALS, CONF_SITE_ID, DOMAIN, MANUFACTURER
from .enlighten import Hosts
from .runtime import EnphaseConfigEntry
from .vpp.coordinator import VppCoordinator

WEB_PAGE: Final = str(Hosts().enlighten)
"""Where a person signs in, which leads to their own site: its id belongs in no link."""


class ServiceDevice(StrEnum):
    """The service devices that a site may have, by the kind in their identifiers."""

    SITE = "site"
    VPP = "vpp"
    MONETARY = "monetary"

    def identifier(self, site_id: str) -> tuple[str, str]:
        """Return the device identifier at a site."""
        return DOMAIN, f"{self}:{site_id}"


def charger_identifier(serial: str) -> tuple[str, str]:
    """Return the device identifier of a charger."""
    return DOMAIN, serial


_NAMES: Final = {ServiceDevice.VPP: "VPP", ServiceDevice.MONETARY: "Energy prices"}


def service_device_info(device: ServiceDevice, entry: ConfigEntry, site_device_id: str) -> DeviceInfo:
    """Describe a service device below that of the site to the device registry."""
    return DeviceInfo(
        identifiers={device.identifier(entry.data[CONF_SITE_ID])},
        manufacturer=MANUFACTURER,
        name=f"{_NAMES[device]} {entry.title}",
        entry_type=DeviceEntryType.SERVICE,
        via_device_id=site_device_id,
    )


def charger_device_info(charger: ChargerSnapshot, site_device_id: str) -> DeviceInfo:
    """Describe a charger to the device registry, with what the cloud told so far."""
    summary = charger.summary
    return DeviceInfo(
        identifiers={charger_identifier(charger.serial)},
        manufacturer=MANUFACTURER,
        name=charger.name,
        serial_number=charger.serial,
        model=(summary and summary.model) or "IQ EV Charger",
        model_id=summary.model_id if summary else None,
        sw_version=summary.firmware if summary else None,
        hw_version=summary.hardware if summary else None,
        via_device_id=site_device_id,
    )


@callback
def register_site_device(hass: HomeAssistant, entry: ConfigEntry, site_id: str) -> str:
    """Register the site, the parent of all other devices, and return its device id."""
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={ServiceDevice.SITE.identifier(site_id)},
        name=entry.title,
        manufacturer=MANUFACTURER,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=WEB_PAGE,
    )
    return device.id


@callback
def remove_devices_left_out(hass: HomeAssistant, entry: ConfigEntry, *, site_id: str, serials: Iterable[str]) -> None:
    """Remove the devices of an entry that belong neither to the site nor to one of the chargers.

    Their entities go with them. Devices that stay keep their entities and so their history.
    """
    kept = {device.identifier(site_id) for device in ServiceDevice}
    kept.update(charger_identifier(serial) for serial in serials)
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if kept.isdisjoint(device.identifiers):
            registry.async_remove_device(device.id)


@callback
def follow_charger_devices(hass: HomeAssistant, entry: ConfigEntry, coordinator: ChargerCoordinator) -> None:
    """Keep the device registry up to what the cloud tells of the chargers.

    What the cloud leaves out for a moment stays as it is, and so does the name a person gave the device here.
    """
    registry = dr.async_get(hass)

    @callback
    def look() -> None:
        chargers = coordinator.data.chargers
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            for serial in _serials(device) & chargers.keys():
                charger, summary = chargers[serial], chargers[serial].summary
                registry.async_update_device(
                    device.id,
                    name=charger.given_name or UNDEFINED,
                    model=(summary and summary.model) or UNDEFINED,
                    model_id=(summary and summary.model_id) or UNDEFINED,
                    sw_version=(summary and summary.firmware) or UNDEFINED,
                    hw_version=(summary and summary.hardware) or UNDEFINED,
                )

    shown = of_all(coordinator, attrgetter("summary", "given_name"))
    entry.async_on_unload(coordinator.async_add_listener(look, shown))


@callback
def remove_service_device(hass: HomeAssistant, entry: ConfigEntry, device: ServiceDevice) -> None:
    """Remove the device of a feature that is off or has ended, with its entities."""
    registry = dr.async_get(hass)
    identifier = device.identifier(entry.data[CONF_SITE_ID])
    if found := registry.async_get_device_by_identifier(identifier, entry.entry_id):
        registry.async_remove_device(found.id)


@callback
def remove_with_program(hass: HomeAssistant, entry: ConfigEntry, vpp: VppCoordinator) -> None:
    """Remove the device of the program whenever the cloud says that the site takes part in none."""

    @callback
    def look() -> None:
        if vpp.data.settled and not vpp.data.enrolled:
            remove_service_device(hass, entry, ServiceDevice.VPP)

    entry.async_on_unload(vpp.async_add_listener(look))


@callback
def release_device(hass: HomeAssistant, entry: EnphaseConfigEntry, device: dr.DeviceEntry) -> bool:
    """Return whether a person may remove a device, and if it is a charger, drop it from the entry.

    A charger may go once the cloud no longer knows it, the device of a feature once the feature is off. Everything
    else would come back with the next start.
    """
    if device.identifiers & _needed(entry):
        return False
    gone = _serials(device)
    serials = [serial for serial in entry.data[CONF_SERIALS] if serial not in gone]
    if serials != entry.data[CONF_SERIALS]:
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERIALS: serials})
    return True


def _serials(device: dr.DeviceEntry) -> set[str]:
    """Return what may be the serial number of a charger among the identifiers of a device."""
    return {identifier for domain, identifier in device.identifiers if domain == DOMAIN}


def _needed(entry: EnphaseConfigEntry) -> set[tuple[str, str]]:
    """Return the identifiers of the devices that the entry has a use for, all possible ones while it is not loaded."""
    devices = set(ServiceDevice)
    serials = set(entry.data[CONF_SERIALS])
    if entry.state is ConfigEntryState.LOADED:
        runtime = entry.runtime_data
        serials -= {serial for serial, charger in runtime.chargers.data.chargers.items() if charger.gone}
        if not runtime.options.enable_vpp:
            devices.remove(ServiceDevice.VPP)
        if not runtime.options.enable_monetary:
            devices.remove(ServiceDevice.MONETARY)
    site_id = entry.data[CONF_SITE_ID]
    return {charger_identifier(serial) for serial in serials} | {device.identifier(site_id) for device in devices}
