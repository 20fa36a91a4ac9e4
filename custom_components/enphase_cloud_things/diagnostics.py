"""What a person can send along with a report: everything that explains, nothing that identifies."""

from dataclasses import asdict
from datetime import datetime

from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util

from .const import CONF_SERIALS, DOMAIN
from .enlighten import IdKind, Pseudonyms, redact
from .runtime import EnphaseConfigEntry, RuntimeData


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: EnphaseConfigEntry) -> dict[str, object]:
    """Describe a site: its chargers, the link to the cloud and the state of the sign-in."""
    runtime = entry.runtime_data
    integration = await async_get_integration(hass, DOMAIN)
    pseudonyms = _pseudonyms(entry)
    described: dict[str, object] = {
        "version": str(integration.version),
        "entry": {
            "version": f"{entry.version}.{entry.minor_version}",
            "chargers": len(entry.data[CONF_SERIALS]),
            "password_remembered": CONF_PASSWORD in entry.data,
        },
        "options": asdict(runtime.options),
        "account": _account(runtime),
        "families": _families(runtime),
        "coordinators": {"chargers": _coordinator(runtime)},
        "chargers": [asdict(charger) for charger in runtime.chargers.data.chargers.values()],
        "time_zone": runtime.chargers.data.time_zone,
    }
    return _redacted(described, pseudonyms)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: EnphaseConfigEntry, device: DeviceEntry
) -> dict[str, object]:
    """Describe one charger, or for any other device the whole site."""
    identifiers = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
    for serial, charger in entry.runtime_data.chargers.data.chargers.items():
        if serial in identifiers:
            return _redacted(
                {"charger": asdict(charger), "families": _families(entry.runtime_data)}, _pseudonyms(entry)
            )
    return await async_get_config_entry_diagnostics(hass, entry)


def _account(runtime: RuntimeData) -> dict[str, object]:
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
    }


def _families(runtime: RuntimeData) -> dict[str, object]:
    now = dt_util.utcnow()
    return {
        family.value: asdict(health) | {"age": _seconds(health.last_success, now)}
        for family, health in runtime.account.transport.health.items()
    }


def _coordinator(runtime: RuntimeData) -> dict[str, object]:
    coordinator, transport = runtime.chargers, runtime.account.transport
    error = coordinator.last_exception
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": type(error).__name__ if error else None,
        "age": _seconds(coordinator.last_success, dt_util.utcnow()),
        "interval": coordinator.update_interval.total_seconds() if coordinator.update_interval else None,
        "requests_last_hour": transport.requests_last_hour,
        "budget": transport.budget,
        "paused_until": transport.paused_until,
    }


def _seconds(since: datetime | None, now: datetime) -> float | None:
    return (now - since).total_seconds() if since else None


def _pseudonyms(entry: EnphaseConfigEntry) -> Pseudonyms:
    """Prepare pseudonyms for all that identifies the site and its chargers, the names people gave them included."""
    pseudonyms = Pseudonyms()
    chargers = entry.runtime_data.chargers.data.chargers
    pseudonyms.learn(IdKind.SITE, [entry.runtime_data.site_id, entry.title])
    pseudonyms.learn(IdKind.CHARGER, chargers)
    pseudonyms.learn(IdKind.OTHER, [charger.name for charger in chargers.values() if charger.name != charger.serial])
    return pseudonyms


def _redacted(described: dict[str, object], pseudonyms: Pseudonyms) -> dict[str, object]:
    redacted = redact(described, pseudonyms)
    return redacted if isinstance(redacted, dict) else {}
