"""The dashboard strategy, as Home Assistant's frontend gets it."""

from http import HTTPStatus

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.enphase_cloud_things.const import DOMAIN


@pytest.fixture
def module_urls(hass: HomeAssistant) -> UrlManager:
    """A frontend, of which nothing matters but what it loads."""
    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda *_: None, [])
    hass.config.components.add("frontend")
    return hass.data[DATA_EXTRA_MODULE_URL]


async def test_the_frontend_loads_the_strategy_of_this_version(
    hass: HomeAssistant, module_urls: UrlManager, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    (url,) = module_urls.urls

    reply = await (await hass_client_no_auth()).get(url)

    assert reply.status == HTTPStatus.OK
    assert "javascript" in reply.content_type
    assert "ll-strategy-dashboard-" in await reply.text()


async def test_without_a_frontend_nothing_is_served(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    reply = await (await hass_client_no_auth()).get(f"/{DOMAIN}/dashboard-strategy.js")
    assert reply.status == HTTPStatus.NOT_FOUND
