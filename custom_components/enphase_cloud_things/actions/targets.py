"""From the target of an action (areas, labels, devices, entities) to chargers and sites of this integration."""

from collections.abc import Container
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.util.json import JsonObjectType

from ..const import CONF_SERIALS, CONF_SITE_ID, DOMAIN
from ..devices import ServiceDevice
from ..runtime import EnphaseConfigEntry, RuntimeData
from .rights import Caller, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTarget:
    """One targeted site, which need not be loaded."""

    entry: EnphaseConfigEntry
    device_id: str | None

    @property
    def described(self) -> JsonObjectType:
        """How a reply names the site."""
        return {"device_id": self.device_id, "name": self.entry.title}

    @property
    def runtime(self) -> RuntimeData:
        """What the site holds. Raises ServiceValidationError if it is not loaded."""
        if self.entry.state is not ConfigEntryState.LOADED:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="site_not_loaded",
                translation_placeholders={"site": self.entry.title},
            )
        return self.entry.runtime_data


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerTarget:
    """One targeted charger, of a site that need not be loaded."""

    site: SiteTarget
    serial: str = field(repr=False)
    device_id: str
    name: str

    @property
    def described(self) -> JsonObjectType:
        """How a reply names the charger."""
        return {"device_id": self.device_id, "name": self.name}

    @property
    def runtime(self) -> RuntimeData:
        """What the site of the charger holds. Raises ServiceValidationError if it is not loaded."""
        return self.site.runtime


async def async_targeted_chargers(call: ServiceCall, right: Right) -> list[ChargerTarget]:
    """Return the chargers an action is aimed at, each once.

    Raises ServiceValidationError if there is none, and Unauthorized if the caller lacks the right to the main entity
    of one, the switch that starts and stops it.
    """
    hass, caller = call.hass, await Caller.async_of(call.hass, call.context)
    targets = [
        ChargerTarget(
            site=_site(hass, entry),
            serial=serial,
            device_id=device.id,
            name=device.name_by_user or device.name or serial,
        )
        for device in _targeted_devices(call)
        for entry, serial in _owners(hass, device)
        if serial in _chargers_of(entry)
    ]
    if not targets:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_charger_targeted")
    for target in targets:
        caller.require(right, _entity_id(hass, Platform.SWITCH, f"{target.serial}_charging"))
    return targets


async def async_targeted_sites(call: ServiceCall, right: Right) -> list[SiteTarget]:
    """Return the sites an action is aimed at: those of the targeted devices, all loaded ones without a target.

    Without a target, sites that the caller has no right to are left out. Raises ServiceValidationError if there is no
    site, and Unauthorized if the caller lacks the right to a targeted one, or to all.
    """
    hass, caller = call.hass, await Caller.async_of(call.hass, call.context)
    if has_target(call):
        sites = targeted_sites(call)
        for site in sites:
            caller.require(right, _main_entity(hass, site))
        return sites
    loaded = [_site(hass, entry) for entry in hass.config_entries.async_loaded_entries(DOMAIN)]
    if not loaded:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_site_loaded")
    allowed = [site for site in loaded if caller.may(right, _main_entity(hass, site))]
    if not allowed:
        raise Unauthorized(context=call.context, permission=right)
    return allowed


@callback
def has_target(call: ServiceCall) -> bool:
    """Return whether an action is aimed at anything."""
    return TargetSelection(call.data).has_any_target


@callback
def targeted_sites(call: ServiceCall) -> list[SiteTarget]:
    """Return the sites of the targeted devices, loaded or not, whatever the caller may do.

    Raises ServiceValidationError if there is none.
    """
    owners = [entry for device in _targeted_devices(call) for entry, _ in _owners(call.hass, device)]
    entries = {entry.entry_id: entry for entry in owners}
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_site_targeted")
    return [_site(call.hass, entry) for entry in entries.values()]


@callback
def site_of_id(hass: HomeAssistant, site_id: str) -> SiteTarget:
    """Return a site by its id. Raises ServiceValidationError if there is none."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.unique_id == site_id:
            return _site(hass, entry)
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="unknown_site", translation_placeholders={"site_id": site_id}
    )


def _site(hass: HomeAssistant, entry: EnphaseConfigEntry) -> SiteTarget:
    identifier = ServiceDevice.SITE.identifier(entry.data[CONF_SITE_ID])
    device_id = dr.async_get_device_id_by_identifier(hass, identifier, config_entry_id=entry.entry_id)
    return SiteTarget(entry=entry, device_id=device_id)


def _main_entity(hass: HomeAssistant, site: SiteTarget) -> str:
    return _entity_id(hass, Platform.BINARY_SENSOR, f"{site.entry.data[CONF_SITE_ID]}_cloud_reachable")


def _entity_id(hass: HomeAssistant, platform: Platform, unique_id: str) -> str:
    """Return the entity id of a main entity; of one that is not registered, an id that only general rights cover."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id) or f"{platform}.{DOMAIN}"


def _targeted_devices(call: ServiceCall) -> list[dr.AnyDeviceEntry]:
    hass = call.hass
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
