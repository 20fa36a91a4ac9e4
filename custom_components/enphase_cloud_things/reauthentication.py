"""Ending a request to sign in again that has become pointless because the session works after all."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .accounts import async_get_registry
from .const import DOMAIN
from .enlighten import AuthenticationRequired, EnlightenError
from .errors import action_failed
from .runtime import EnphaseConfigEntry


async def async_clear_reauthentication(hass: HomeAssistant, entry: EnphaseConfigEntry) -> None:
    """Try once to renew the session without a password; if that works, poll on and withdraw the request.

    Ending the flow also removes Home Assistant's own repair. Raises HomeAssistantError if a person has to sign in
    after all, or if the cloud cannot tell now.
    """
    registry = async_get_registry(hass)
    account = await registry.async_acquire(entry)
    try:
        await account.session.renew_without_password()
    except AuthenticationRequired as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="still_signed_out",
            translation_placeholders={"name": entry.title},
        ) from error
    except EnlightenError as error:
        raise action_failed(error, entry.title) from error
    finally:
        if entry.state is not ConfigEntryState.LOADED:
            await registry.async_release(entry)
    for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
        hass.config_entries.flow.async_abort(flow["flow_id"])
    if entry.state is ConfigEntryState.LOADED:
        await entry.runtime_data.chargers.async_refresh()
    else:
        await hass.config_entries.async_reload(entry.entry_id)
