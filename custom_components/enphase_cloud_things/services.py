"""Registers the actions, once for all sites."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.service import async_register_admin_service

from .actions import account, charging, plans, prices, schedules, sessions
from .const import DOMAIN


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    for action in (
        *charging.ACTIONS,
        *sessions.ACTIONS,
        *prices.ACTIONS,
        *schedules.ACTIONS,
        *plans.ACTIONS,
        *account.ACTIONS,
    ):
        if action.admin:
            async_register_admin_service(
                hass, DOMAIN, action.name, action.handler, schema=action.schema, supports_response=action.response
            )
        else:
            hass.services.async_register(
                DOMAIN, action.name, action.handler, schema=action.schema, supports_response=action.response
            )
