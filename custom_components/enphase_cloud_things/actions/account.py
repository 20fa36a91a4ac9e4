"""The action that tries to end a request to sign in again."""

from typing import Final

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import probatio

from ..account.reauthentication import async_clear_reauthentication
from ..const import CONF_SITE_ID
from .action import Action, async_act
from .charging import SITE_ID
from .targets import SiteTarget, site_of_id, targeted_sites


async def _async_clear_reauth_issue(call: ServiceCall) -> None:
    site_id = call.data.get(CONF_SITE_ID)

    async def clear(site: SiteTarget) -> JsonObjectType:
        await async_clear_reauthentication(call.hass, site.entry)
        return {}

    await async_act(call, [site_of_id(call.hass, site_id)] if site_id else targeted_sites(call), clear)


ACTIONS: Final = (
    Action(
        name="clear_reauth_issue",
        handler=_async_clear_reauth_issue,
        schema=probatio.Schema({**cv.TARGET_FIELDS, probatio.Optional(CONF_SITE_ID): SITE_ID}),
        admin=True,
    ),
)
