"""What tests need in which Home Assistant runs for days, or more than once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
import logging

from homeassistant import loader
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Simulator

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

STEP = 5 * MINUTE
SELDOM = {"slow_poll_interval": 280}
"""Options with which a status is read in each step, jitter included."""

STATUS = "sensor.carport_status"
PRICE = "sensor.energy_prices_lark_street_import_price"
GRID_EVENTS = "sensor.vpp_lark_street_listed_events"


@pytest.fixture(autouse=True)
def enable_event_loop_debug(caplog: pytest.LogCaptureFixture) -> None:
    """Leave out the debug mode of the event loop and debug logs: days are long, and nobody reads them."""
    caplog.set_level(logging.INFO)


def shown(hass: HomeAssistant, *entity_ids: str) -> list[str]:
    """Return what entities show."""
    states = [hass.states.get(entity_id) for entity_id in entity_ids]
    assert None not in states, entity_ids
    return [state.state for state in states if state]


def asks_to_sign_in(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Tell whether Home Assistant asks a person to sign an entry in again."""
    return any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


def most_requests_in_an_hour(simulator: Simulator) -> int:
    """Return how many requests the busiest sliding hour had."""
    times = [request.time for request in simulator.requests]
    first, most = 0, 0
    for last, time in enumerate(times):
        while times[first] < time - timedelta(hours=1):
            first += 1
        most = max(most, last - first + 1)
    return most


@asynccontextmanager
async def restarted(hass: HomeAssistant, entry: ConfigEntry) -> AsyncIterator[tuple[HomeAssistant, ConfigEntry]]:
    """Stop Home Assistant and start another from what it has stored, with the entry set up as far as it can be."""
    await hass.async_stop(force=True)
    again = MockConfigEntry(
        domain=DOMAIN,
        entry_id=entry.entry_id,
        title=entry.title,
        unique_id=entry.unique_id,
        data=entry.data,
        options=entry.options,
        version=entry.version,
        minor_version=entry.minor_version,
    )
    async with async_test_home_assistant() as second:
        second.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        again.add_to_hass(second)
        await second.config_entries.async_setup(again.entry_id)
        await second.async_block_till_done(wait_background_tasks=True)
        yield second, again
        await second.config_entries.async_unload(again.entry_id)
        await second.async_stop(force=True)
