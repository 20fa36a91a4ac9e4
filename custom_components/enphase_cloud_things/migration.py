"""Upgrading from the earlier integration of the same name: entities keep their ids, names and history.

Its sessions and tokens came from a way to sign in that the cloud has closed, so they are left behind: a remembered
password signs in again by itself, anything else asks a person to.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
import re
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.typing import UNDEFINED

from .const import (
    CONF_ACCOUNT,
    CONF_LEFT_OUT,
    CONF_REMEMBER_PASSWORD,
    CONF_SERIALS,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    DOMAIN,
)
from .options import Options

VERSION: Final = 2
MINOR_VERSION: Final = 1

_OPTION_NAMES: Final[Mapping[str, str]] = {
    "scan_interval": "slow_poll_interval",
    "slow_poll_interval": "slow_poll_interval",
    "fast_poll_interval": "fast_poll_interval",
    "fast_while_streaming": "fast_while_streaming",
    "api_timeout": "api_timeout",
    "nominal_voltage": "nominal_voltage",
    "enable_monetary_device": "enable_monetary",
    "enable_vpp_device": "enable_vpp",
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
    (re.compile(rf"{DOMAIN}_site_(?P<owner>\d+)(?P<program>)_(?P<key>\w+)"), _SITE_KEYS),
    (re.compile(rf"{DOMAIN}_vpp_(?P<owner>\d+)_(?P<program>.+)_(?P<key>{'|'.join(_VPP_KEYS)})"), _VPP_KEYS),
    (re.compile(rf"{DOMAIN}_monetary_(?P<owner>\d+)(?P<program>)_(?P<key>\w+)"), _MONETARY_KEYS),
    (re.compile(rf"{DOMAIN}_(?P<owner>[^_]+)(?P<program>)_(?P<key>\w+)"), _CHARGER_KEYS),
)
"""What old unique ids look like; a program's id may be anything that a person has typed."""

_OLD_VPP_DEVICE: Final = re.compile(r"(?P<kept>vpp:\d+):(?P<program>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """An entity that may go on under a new unique id; `program` is empty for all but those of a program."""

    entity: er.RegistryEntry
    program: str
    is_old: bool


async def async_migrate(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Bring an entry of the earlier integration up to date; false for one from the future."""
    if entry.version > VERSION:
        return False
    if entry.version < VERSION:
        program = str(entry.data.get("vpp_program_id") or "").strip()
        device = _kept_vpp_device(hass, entry, program)
        _migrate_entities(hass, entry, program, device)
        _migrate_devices(hass, entry, device)
        data = _migrated_data(entry.data)
        # Last of all, so that whatever stops the migration has it tried again
        hass.config_entries.async_update_entry(
            entry,
            data=data,
            options=_migrated_options(entry),
            unique_id=str(data[CONF_SITE_ID]),
            version=VERSION,
            minor_version=MINOR_VERSION,
        )
    return True


@callback
def mend_entry_data(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Have entry data of another shape count as never known (docs/traps.md 86), so that the rest can rely on them."""
    old = entry.data
    mended = {
        **old,
        CONF_SITE_ID: _text(old.get(CONF_SITE_ID)) or entry.unique_id or "",
        CONF_SITE_NAME: _text(old.get(CONF_SITE_NAME)) or None,
        CONF_SERIALS: _texts(old.get(CONF_SERIALS)),
        CONF_EMAIL: _text(old.get(CONF_EMAIL)),
        CONF_ACCOUNT: _text(old.get(CONF_ACCOUNT)) or _text(old.get(CONF_EMAIL)).casefold(),
        CONF_REMEMBER_PASSWORD: old.get(CONF_REMEMBER_PASSWORD) is True,
    }
    if CONF_LEFT_OUT in old:
        mended[CONF_LEFT_OUT] = _texts(old[CONF_LEFT_OUT])
    if not isinstance(old.get(CONF_PASSWORD, ""), str):
        del mended[CONF_PASSWORD]
    if mended != old:
        hass.config_entries.async_update_entry(entry, data=mended)


def _text(value: object) -> str:
    """Return a text, also one that was written as a number."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(values: object) -> list[str]:
    return [text for value in values if (text := _text(value))] if isinstance(values, list | tuple) else []


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
        renamed["vpp_program_id"] = program_id
    options = asdict(Options.from_mapping(renamed))
    return {name: options[name] for name in renamed}


@callback
def _kept_vpp_device(hass: HomeAssistant, entry: ConfigEntry, program: str) -> dr.DeviceEntry | None:
    """Return the device to go on with: that of the program in use, else the newest.

    The earlier integration made one for each program. What this one may have made already counts least, for nobody
    can have built on it.
    """

    def weight(device: dr.DeviceEntry) -> tuple[bool, bool, datetime]:
        programs = {match["program"] for _, name in device.identifiers if (match := _OLD_VPP_DEVICE.match(name))}
        return program in programs, bool(programs), device.created_at

    return max(_vpp_devices(hass, entry), key=weight, default=None)


def _vpp_devices(hass: HomeAssistant, entry: ConfigEntry) -> list[dr.DeviceEntry]:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return [device for device in devices if any(name.startswith("vpp:") for _, name in device.identifiers)]


@callback
def _migrate_devices(hass: HomeAssistant, entry: ConfigEntry, kept: dr.DeviceEntry | None) -> None:
    """Leave one device of a program under the new identifier; entities of the others go with them."""
    if kept is None:
        return
    registry = dr.async_get(hass)
    for device in _vpp_devices(hass, entry):
        if device.id != kept.id:
            registry.async_remove_device(device.id)
    identifiers = {(domain, _OLD_VPP_DEVICE.sub(r"\g<kept>", name)) for domain, name in kept.identifiers}
    if identifiers != kept.identifiers:
        registry.async_update_device(kept.id, new_identifiers=identifiers)


@callback
def _migrate_entities(hass: HomeAssistant, entry: ConfigEntry, program: str, vpp_device: dr.DeviceEntry | None) -> None:
    """Give each entity its new unique id; where several would have the same, one of them goes on and the others go."""
    registry = er.async_get(hass)
    candidates: dict[tuple[str, str], list[_Candidate]] = {}
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        old = _old_key(entity.unique_id)
        if old is not None and old.key is None:
            registry.async_remove(entity.entity_id)
            continue
        candidate = _Candidate(entity=entity, program=old.program if old else "", is_old=old is not None)
        new_id = f"{old.owner}_{old.key}" if old else entity.unique_id
        candidates.setdefault((entity.domain, new_id), []).append(candidate)

    def weight(candidate: _Candidate) -> tuple[bool, bool, datetime]:
        return candidate.is_old, candidate.program == program, candidate.entity.created_at

    for (_, unique_id), rivals in candidates.items():
        chosen = max(rivals, key=weight)
        for rival in rivals:
            if rival is not chosen:
                registry.async_remove(rival.entity.entity_id)
        if chosen.is_old:
            _rename(registry, chosen, unique_id, vpp_device)


@callback
def _rename(
    registry: er.EntityRegistry, candidate: _Candidate, unique_id: str, vpp_device: dr.DeviceEntry | None
) -> None:
    """Give an entity its new unique id, and one of another program the device that stays."""
    device_id = vpp_device.id if vpp_device and candidate.program and candidate.entity.device_id else UNDEFINED
    registry.async_update_entity(candidate.entity.entity_id, new_unique_id=unique_id, device_id=device_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OldId:
    """What an old unique id says; without a `key` there is no such entity any more."""

    owner: str
    program: str
    key: str | None


def _old_key(unique_id: str) -> _OldId | None:
    """Return whose an old unique id is and the new key, `None` for an id that the earlier integration never gave."""
    for pattern, keys in _OLD_UNIQUE_IDS:
        if (match := pattern.fullmatch(unique_id)) and (match["key"] in keys or match["key"] in _REMOVED):
            return _OldId(owner=match["owner"], program=match["program"], key=keys.get(match["key"]))
    return None
