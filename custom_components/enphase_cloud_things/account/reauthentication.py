"""What follows when a session works again after a person was asked to sign in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import CONF_ACCOUNT, DOMAIN
from ..enlighten import AuthenticationRequired, EnlightenError
from ..errors import action_failed
from ..runtime import EnphaseConfigEntry
from .registry import Account, async_get_registry


async def async_clear_reauthentication(hass: HomeAssistant, entry: EnphaseConfigEntry) -> None:
    """Try once to renew the session without a password; if that works, poll on and withdraw the request.

    Raises HomeAssistantError if a person has to sign in after all, or if the cloud cannot tell now.
    """
    try:
        async with account_of(hass, entry) as account:
            await account.session.renew_without_password()
    except AuthenticationRequired as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="still_signed_out",
            translation_placeholders={"name": entry.title},
        ) from error
    except EnlightenError as error:
        raise action_failed(error, entry.title) from error
    withdraw_request(hass, entry)
    if entry.state is ConfigEntryState.LOADED:
        await entry.runtime_data.chargers.async_refresh()
    else:
        await hass.config_entries.async_reload(entry.entry_id)


@asynccontextmanager
async def account_of(hass: HomeAssistant, entry: EnphaseConfigEntry) -> AsyncIterator[Account]:
    """Lend the account of an entry that need not be loaded; a set-up that goes on is waited for."""
    async with entry.setup_lock:
        if entry.state is ConfigEntryState.LOADED:
            yield entry.runtime_data.account
            return
        registry = async_get_registry(hass)
        account = await registry.async_acquire(entry)
        try:
            yield account
        finally:
            await registry.async_release(entry)


@callback
def withdraw_request(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """End the open requests to sign an entry in again, which also removes Home Assistant's own repair."""
    for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
        hass.config_entries.flow.async_abort(flow["flow_id"])


async def async_resume(hass: HomeAssistant, account_key: str, *, without: ConfigEntry | None = None) -> None:
    """Have the sites of an account that works again go on now, whatever they were waiting for."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry is without or entry.data.get(CONF_ACCOUNT) != account_key:
            continue
        asked = any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
        if entry.state is ConfigEntryState.LOADED:
            if not entry.runtime_data.chargers.last_update_success:
                await entry.runtime_data.chargers.async_refresh()
        elif entry.state is ConfigEntryState.SETUP_RETRY or (entry.state is ConfigEntryState.SETUP_ERROR and asked):
            hass.config_entries.async_schedule_reload(entry.entry_id)
