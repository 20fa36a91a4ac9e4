"""Upgrading from the earlier integration of the same name: entities keep their ids, names and history.

Its sessions and tokens came from a way to sign in that the cloud has closed, so they are left behind: a remembered
password signs in again by itself, anything else asks a person to.
"""

from collections.abc import Mapping
from dataclasses import asdict
import re
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import (
    CONF_ACCOUNT,
    CONF_API_TIMEOUT,
    CONF_ENABLE_MONETARY,
    CONF_ENABLE_VPP,
    CONF_FAST_POLL_INTERVAL,
    CONF_FAST_WHILE_STREAMING,
    CONF_NOMINAL_VOLTAGE,
    CONF_REMEMBER_PASSWORD,
    CONF_SERIALS,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    CONF_SLOW_POLL_INTERVAL,
    CONF_VPP_PROGRAM_ID,
    DOMAIN,
)
from .options import Options

VERSION: Final = 2
MINOR_VERSION: Final = 1

_OPTION_NAMES: Final[Mapping[str, str]] = {
    "scan_interval": CONF_SLOW_POLL_INTERVAL,
    "slow_poll_interval": CONF_SLOW_POLL_INTERVAL,
    "fast_poll_interval": CONF_FAST_POLL_INTERVAL,
    "fast_while_streaming": CONF_FAST_WHILE_STREAMING,
    "api_timeout": CONF_API_TIMEOUT,
    "nominal_voltage": CONF_NOMINAL_VOLTAGE,
    "enable_monetary_device": CONF_ENABLE_MONETARY,
    "enable_vpp_device": CONF_ENABLE_VPP,
}
"""Old option names in the order of increasing weight; the oldest one is a fall-back of its successor."""

_CHARGER_KEYS: Final[Mapping[str, str]] = {
    "charging_switch": "charging",
    "charge_mode_select": "charge_mode",
    "charge_mode": "charge_mode",
    "amps_number": "charging_amps",
    "charging_amps": "set_amps",
    "start_charging": "start_charging",
    "stop_charging": "stop_charging",
    "plugged": "plugged_in",
    "charging": "charging",
    "faulted": "faulted",
    "connected": "connected",
    "commissioned": "commissioned",
    "energy_today": "energy_today",
    "lifetime_kwh": "lifetime_energy",
    "power": "power",
    "session_duration": "session_duration",
    "last_rpt": "last_reported",
    "status": "status",
    "phase_mode": "phase_mode",
    "connector_status": "connector_status",
    "connection": "connection",
    "ip_address": "ip_address",
    "reporting_interval": "reporting_interval",
    "dlb_enabled": "dynamic_load_balancing",
    "min_amp": "min_amps",
    "max_amp": "max_amps",
}
_SITE_KEYS: Final[Mapping[str, str]] = {
    "cloud_reachable": "cloud_reachable",
    "last_update": "last_successful_update",
    "latency_ms": "cloud_latency",
}
_VPP_KEYS: Final[Mapping[str, str]] = {
    "vpp_events": "vpp_events",
    "vpp_events_today_count": "vpp_events_today",
    "vpp_next_event_start": "vpp_next_event_start",
    "vpp_next_event_type": "vpp_next_event_type",
    "vpp_future_events_count": "vpp_future_events",
    "event_today": "vpp_event_today",
    "calendar": "vpp_events",
}
_MONETARY_KEYS: Final[Mapping[str, str]] = {
    "import_cost_now": "import_price",
    "export_price_now": "export_price",
    "savings_imported_today": "savings_imported_today",
    "savings_exported_today": "savings_exported_today",
    "import_cost_calendar": "import_prices",
    "export_price_calendar": "export_prices",
}
_REMOVED: Final = frozenset({"max_current"})

_OLD_UNIQUE_IDS: Final[tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]] = (
    (re.compile(rf"{DOMAIN}_site_(?P<owner>\d+)_(?P<key>\w+)"), _SITE_KEYS),
    (re.compile(rf"{DOMAIN}_vpp_(?P<owner>\d+)_[^_]+_(?P<key>\w+)"), _VPP_KEYS),
    (re.compile(rf"{DOMAIN}_monetary_(?P<owner>\d+)_(?P<key>\w+)"), _MONETARY_KEYS),
    (re.compile(rf"{DOMAIN}_(?P<owner>[^_]+)_(?P<key>\w+)"), _CHARGER_KEYS),
)
_OLD_VPP_DEVICE: Final = re.compile(r"(?P<kept>vpp:\d+):.+")


async def async_migrate(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Bring an entry of the earlier integration up to date; false for one from the future."""
    if entry.version > VERSION:
        return False
    if entry.version < VERSION:
        data = _migrated_data(entry.data)
        hass.config_entries.async_update_entry(
            entry,
            data=data,
            options=_migrated_options(entry),
            unique_id=str(data[CONF_SITE_ID]),
            version=VERSION,
            minor_version=MINOR_VERSION,
        )
        _migrate_devices(hass, entry)
        _migrate_entities(hass, entry)
    return True


def _migrated_data(old: Mapping[str, object]) -> dict[str, object]:
    email = str(old.get("email") or "")
    serials = old.get("serials")
    data: dict[str, object] = {
        CONF_SITE_ID: str(old["site_id"]),
        CONF_SITE_NAME: old.get("site_name"),
        CONF_SERIALS: [str(serial) for serial in serials] if isinstance(serials, list | tuple) else [],
        CONF_EMAIL: email,
        CONF_ACCOUNT: email.casefold(),
        CONF_REMEMBER_PASSWORD: bool(old.get("password")),
    }
    if password := old.get("password"):
        data[CONF_PASSWORD] = password
    return data


def _migrated_options(entry: ConfigEntry) -> dict[str, object]:
    old = {"scan_interval": entry.data.get("scan_interval"), **entry.options}
    renamed = {new: old[name] for name, new in _OPTION_NAMES.items() if old.get(name) is not None}
    program_id = str(entry.data.get("vpp_program_id") or "").strip()
    if re.fullmatch(r"[0-9a-fA-F]{24}", program_id):
        renamed[CONF_VPP_PROGRAM_ID] = program_id
    options = asdict(Options.from_mapping(renamed))
    return {name: options[name] for name in renamed}


@callback
def _migrate_devices(hass: HomeAssistant, entry: ConfigEntry) -> None:
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        identifiers = {(domain, _OLD_VPP_DEVICE.sub(r"\g<kept>", name)) for domain, name in device.identifiers}
        if identifiers != device.identifiers:
            registry.async_update_device(device.id, new_identifiers=identifiers)


@callback
def _migrate_entities(hass: HomeAssistant, entry: ConfigEntry) -> None:
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        owner, key = _old_key(entity.unique_id)
        if owner is None:
            continue
        if key is None:
            registry.async_remove(entity.entity_id)
        elif not registry.async_get_entity_id(entity.domain, DOMAIN, f"{owner}_{key}"):
            registry.async_update_entity(entity.entity_id, new_unique_id=f"{owner}_{key}")


def _old_key(unique_id: str) -> tuple[str | None, str | None]:
    """Return whose an old unique id is and the new key; no owner for a foreign id, no key for one that has gone."""
    for pattern, keys in _OLD_UNIQUE_IDS:
        if match := pattern.fullmatch(unique_id):
            if match["key"] in keys:
                return match["owner"], keys[match["key"]]
            if match["key"] in _REMOVED:
                return match["owner"], None
    return None, None
