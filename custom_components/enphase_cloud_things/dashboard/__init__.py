"""The ready-made dashboard: a strategy that Home Assistant's frontend loads and lists under "Add dashboard"."""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

URL: Final = f"/{DOMAIN}/dashboard-strategy.js"
STRATEGY: Final = Path(__file__).with_name("strategy.js")


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Serve the strategy and have the frontend load it; without a frontend there is nothing to do.

    The version in the address keeps browsers from going on with the module of an earlier release.
    """
    if "frontend" not in hass.config.components:
        return
    await hass.http.async_register_static_paths([StaticPathConfig(URL, str(STRATEGY), cache_headers=False)])
    integration = await async_get_integration(hass, DOMAIN)
    add_extra_js_url(hass, f"{URL}?{integration.version}")
