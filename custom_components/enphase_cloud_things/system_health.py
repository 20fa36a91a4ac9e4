"""What the system information page shows of the link to the cloud."""

from datetime import datetime
from typing import Final

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .account import registry as accounts
from .chargers.coordinator import latency
from .const import CONF_SITE_ID, DOMAIN
from .enlighten import Family
from .runtime import EnphaseConfigEntry, RuntimeData

type Figures = dict[str, datetime | str]
"""What is known of one site, by the key of its text."""

NONE: Final = "none"
UNKNOWN: Final = "unknown"


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Offer the information; the page asks for it when it is opened."""
    register.async_register_info(async_system_health_info)


async def async_system_health_info(hass: HomeAssistant) -> dict[str, object]:
    """Return the figures of all sites, and a check that runs while the page is open.

    The check asks the web tier whether it answers, which needs no session (docs/api.md §1.1) and is not counted as a
    request of an account.
    """
    entries: list[EnphaseConfigEntry] = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    figures = {entry.data[CONF_SITE_ID]: _figures(entry) for entry in entries}
    return {
        "site_ids": ", ".join(figures) or NONE,
        "can_reach_server": system_health.async_check_can_reach_url(
            hass, str(accounts.HOSTS.enlighten / "healthcheck")
        ),
        **_merged(figures),
    }


def _merged(figures: dict[str, Figures]) -> dict[str, object]:
    """Return the figures of the only site as they are, those of several in one line each, by site."""
    if len(figures) == 1:
        return dict(*figures.values())
    return {
        key: "; ".join(f"{site_id}: {_text(of_site[key])}" for site_id, of_site in figures.items())
        for key in next(iter(figures.values()), {})
    }


def _figures(entry: EnphaseConfigEntry) -> Figures:
    if entry.state is not ConfigEntryState.LOADED:
        return {
            "last_successful_update": UNKNOWN,
            "cloud_latency": UNKNOWN,
            "requests_last_hour": UNKNOWN,
            "back_off_until": UNKNOWN,
            "last_error": entry.reason or entry.state.value,
        }
    runtime = entry.runtime_data
    took = latency(runtime.chargers)
    transport = runtime.account.transport
    return {
        "last_successful_update": runtime.chargers.last_success or UNKNOWN,
        "cloud_latency": UNKNOWN if took is None else f"{took:.0f} ms",
        "requests_last_hour": f"{transport.requests_last_hour} of {transport.budget}",
        "back_off_until": _back_off_until(runtime) or NONE,
        "last_error": _last_error(runtime) or NONE,
    }


def _back_off_until(runtime: RuntimeData) -> datetime | None:
    """Return until when the status is not read: the account pauses, the family backs off, or no sign-in is allowed."""
    transport = runtime.account.transport
    ends = [transport.paused_until, transport.health_of(Family.STATUS).next_try]
    if not runtime.chargers.last_update_success:
        ends.append(runtime.account.session.credentials.guard.blocked_until)
    now = dt_util.utcnow()
    return max((end for end in ends if end is not None and end > now), default=None)


def _last_error(runtime: RuntimeData) -> str | None:
    """Return the latest failure of any family since the start: when, which family, and the name of the error."""
    failures = [
        (health.last_failure, family.value, health.last_error)
        for family, health in runtime.account.transport.health.items()
        if health.last_failure
    ]
    if not failures:
        return None
    moment, family, error = max(failures)
    return f"{family}: {error} ({_text(moment)})"


def _text(value: datetime | str) -> str:
    return dt_util.as_local(value).isoformat(timespec="seconds") if isinstance(value, datetime) else value
