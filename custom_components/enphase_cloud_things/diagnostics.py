"""What a person can send along with a report: everything that explains, nothing that identifies."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
import platform

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD, __version__ as home_assistant_version
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util

from .account.registry import async_get_registry
from .chargers.charger import ChargerSnapshot
from .chargers.settings import amps_bounds
from .const import CONF_ACCOUNT, CONF_LEFT_OUT, CONF_SERIALS, CONF_SITE_ID, DOMAIN
from .enlighten import Pseudonyms, Recorded, as_document, header_names, redact, unknown_shapes
from .options import Options
from .runtime import EnphaseConfigEntry, RuntimeData
from .vpp.coordinator import VppCoordinator

type Report = dict[str, object]


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: EnphaseConfigEntry) -> Report:
    """Describe a site: its chargers, the link to the cloud and the state of the sign-in."""
    return await _async_report(hass, entry, entry.data[CONF_SERIALS])


async def async_get_device_diagnostics(hass: HomeAssistant, entry: EnphaseConfigEntry, device: DeviceEntry) -> Report:
    """Describe one charger with its link to the cloud, or for any other device the whole site."""
    identifiers = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
    of_device = [serial for serial in entry.data[CONF_SERIALS] if serial in identifiers]
    return await _async_report(hass, entry, of_device or entry.data[CONF_SERIALS])


async def _async_report(hass: HomeAssistant, entry: EnphaseConfigEntry, serials: Iterable[str]) -> Report:
    integration = await async_get_integration(hass, DOMAIN)
    pseudonyms = Pseudonyms(_known(entry))
    report: Report = {
        "versions": {
            "integration": str(integration.version),
            "home_assistant": home_assistant_version,
            "python": platform.python_version(),
        },
        "entry": {
            "version": f"{entry.version}.{entry.minor_version}",
            "state": entry.state.value,
            "reason": entry.reason,
            "chargers": len(entry.data[CONF_SERIALS]),
            "password_remembered": CONF_PASSWORD in entry.data,
        },
        "options": _options(Options.from_mapping(entry.options)),
    }
    if entry.state is ConfigEntryState.LOADED:
        report |= _running(entry.runtime_data, serials)
        report["program"] = _program(entry.runtime_data.vpp)
    recorded = [
        each
        for each in async_get_registry(hass).recorders[entry.data[CONF_ACCOUNT]].recorded
        if each.asked.site_id in ("", entry.data[CONF_SITE_ID])
    ]
    return await hass.async_add_executor_job(_redacted, report, recorded, pseudonyms)


def _redacted(report: Report, recorded: Iterable[Recorded], pseudonyms: Pseudonyms) -> Report:
    """Redact all parts of a file with the same stand-ins; a long recording takes a second or two."""
    redacted = redact(report, pseudonyms)
    recording = as_document(recorded, pseudonyms)
    return (redacted if isinstance(redacted, dict) else {}) | {
        "shapes_never_seen": len(unknown_shapes(recording)),
        "recording": recording,
    }


def _running(runtime: RuntimeData, serials: Iterable[str]) -> Report:
    site = runtime.chargers.data
    return {
        "account": _account(runtime),
        "headers": _header_names(runtime),
        "families": _families(runtime),
        "coordinators": _coordinators(runtime),
        "chargers": [_charger(site.chargers[serial]) for serial in serials if serial in site.chargers],
        "other_chargers": len(site.others),
        "time_zone": site.time_zone,
        "prices": asdict(runtime.prices.data) | {"currency": runtime.prices.currency} if runtime.prices else None,
    }


def _options(options: Options) -> Report:
    told = asdict(options)
    given, price_entity = told.pop("vpp_program_id"), told.pop("price_entity")
    return told | {"vpp_program": given or None, "price_entity": bool(price_entity)}


def _program(vpp: VppCoordinator | None) -> Report | None:
    """Describe the program and its events; under names of secrets their ids would be masked, not replaced."""
    if vpp is None:
        return None
    return {
        "settled": vpp.data.settled,
        "program": vpp.data.program_id,
        "events": [
            asdict(replace(event, event_id=None, row_id=None)) | {"event": event.event_id, "row": event.row_id}
            for event in vpp.data.events
        ],
    }


def _account(runtime: RuntimeData) -> Report:
    credentials = runtime.account.session.credentials
    return {
        "sites_in_use": len(runtime.account.entry_ids),
        "one_time_codes": credentials.one_time_codes,
        "cookie_names": sorted(cookie.name for cookie in credentials.cookies),
        "has_access_token": credentials.access_token is not None,
        "has_manager_token": credentials.manager_token is not None,
        "access_token_expires_at": credentials.access_token_expires_at,
        "signed_in_at": credentials.signed_in_at,
        "guard": asdict(credentials.guard),
        "paused_until": credentials.rate_limited_until,
        "requests_last_hour": runtime.account.transport.requests_last_hour,
        "budget": runtime.account.transport.budget,
    }


def _families(runtime: RuntimeData) -> list[Report]:
    now = dt_util.utcnow()
    return [
        {"family": family.value} | asdict(health) | {"age": _seconds(health.last_success, now)}
        for family, health in sorted(runtime.account.transport.health.items())
    ]


def _header_names(runtime: RuntimeData) -> list[Report]:
    identity, hosts = runtime.account.session.identity().values(), runtime.account.transport.hosts
    return [
        {"profile": profile, "names": names} for profile, names in header_names(identity, base=hosts.enlighten).items()
    ]


def _coordinators(runtime: RuntimeData) -> Report:
    chargers = _coordinator(runtime.chargers) | {
        "last_success": runtime.chargers.last_success,
        "age": _seconds(runtime.chargers.last_success, dt_util.utcnow()),
    }
    return {
        "chargers": chargers,
        "currency": _coordinator(runtime.currency),
        "history": _coordinator(runtime.history),
        "prices": _coordinator(runtime.prices) if runtime.prices else None,
        "vpp": _coordinator(runtime.vpp) if runtime.vpp else None,
    }


def _coordinator[DataT](coordinator: DataUpdateCoordinator[DataT]) -> Report:
    error = coordinator.last_exception
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": type(error.__cause__ or error).__name__ if error else None,
        "interval": coordinator.update_interval.total_seconds() if coordinator.update_interval else None,
    }


def _charger(charger: ChargerSnapshot) -> Report:
    """Describe a charger without the names that people gave it, which tell about them and explain nothing."""
    nameless = replace(
        charger,
        status=charger.status and replace(charger.status, name=None),
        summary=charger.summary and replace(charger.summary, name=None),
    )
    if nameless.schedule:
        # The id of a slot holds those of its site and its charger, and nobody knows what else a slot holds
        slots = tuple(replace(slot, slot_id="", raw={}) for slot in nameless.schedule.slots)
        nameless = replace(nameless, schedule=replace(nameless.schedule, slots=slots))
    return asdict(nameless) | {"capabilities": _capabilities(charger)}


def _capabilities(charger: ChargerSnapshot) -> Report:
    """Tell what the charger can do as far as the cloud has told it; `None` is unknown."""
    summary, bounds = charger.summary, amps_bounds(charger.summary)
    options = charger.preference.options if charger.preference else None
    return {
        "named": charger.given_name is not None,
        "connectors": len(charger.status.connectors) if charger.status else None,
        "amps": asdict(bounds) if bounds else None,
        "modes": sorted(option.mode for option in options if not option.hidden) if options is not None else None,
        "use_battery": summary.supports_use_battery if summary else None,
        "settings": sorted(value.key for value in charger.configuration) if charger.configuration is not None else None,
    }


def _seconds(since: datetime | None, now: datetime) -> float | None:
    return (now - since).total_seconds() if since else None


def _known(entry: EnphaseConfigEntry) -> Iterator[str]:
    """Yield all that identifies or signs in, so that it is replaced wherever it occurs."""
    yield entry.data[CONF_SITE_ID]
    yield from entry.data[CONF_SERIALS]
    yield from entry.data.get(CONF_LEFT_OUT, ())
    yield from (entry.data.get(name) or "" for name in (CONF_EMAIL, CONF_ACCOUNT, CONF_PASSWORD))
    yield Options.from_mapping(entry.options).vpp_program_id
    if entry.state is not ConfigEntryState.LOADED:
        return
    runtime = entry.runtime_data
    credentials = runtime.account.session.credentials
    tokens = (credentials.session_id, credentials.access_token, credentials.manager_token)
    yield from filter(None, (credentials.user_id, *tokens))
    yield from runtime.chargers.data.others
    if runtime.vpp:
        yield runtime.vpp.data.program_id or ""
        yield from (text for event in runtime.vpp.data.events for text in (event.event_id, event.row_id) if text)
