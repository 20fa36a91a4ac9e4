"""A cloud that takes its time; here it is the time of the tests."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.number import DOMAIN as NUMBER_DOMAIN, SERVICE_SET_VALUE
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from simulator import Family, Simulator, faults

from .conftest import SetupEntry
from .passing_time import Meanwhile

STATUS, AMPS = "sensor.carport_status", "number.carport_charging_current"
LATENCY, UPDATED = "sensor.lark_street_cloud_latency", "sensor.lark_street_last_successful_update"
NO_EXTRAS = {"enable_vpp": False, "enable_monetary": False}


async def poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory, meanwhile: Meanwhile) -> None:
    """Let the next poll come, and pass."""
    freezer.tick(timedelta(seconds=32))
    async_fire_time_changed(hass)
    await meanwhile(hass.async_block_till_done(wait_background_tasks=True))


@pytest.mark.parametrize(("api_timeout", "shown"), [(5, STATE_UNAVAILABLE), (20, "unplugged")])
async def test_a_status_that_takes_longer_than_the_option_allows_is_no_answer(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    meanwhile: Meanwhile,
    api_timeout: int,
    shown: str,
) -> None:
    await setup_entry(options={**NO_EXTRAS, "api_timeout": api_timeout})
    simulator.faults.add(faults.slow(8), Family.STATUS)
    for _ in range(4):
        await poll(hass, freezer, meanwhile)
    assert hass.states.is_state(STATUS, shown)


async def test_the_figures_of_the_link_change_at_most_once_in_five_minutes(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    meanwhile: Meanwhile,
) -> None:
    """Every poll takes another time."""
    changes: dict[str, list[datetime]] = defaultdict(list)

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if new and old and new.entity_id in {LATENCY, UPDATED}:
            changes[new.entity_id].append(new.last_changed)

    await setup_entry(options=NO_EXTRAS)
    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    for round_number in range(30):
        simulator.faults.add(faults.slow(0.5 + round_number % 7 / 2), Family.STATUS, times=1)
        await poll(hass, freezer, meanwhile)
    assert set(changes) == {LATENCY, UPDATED}
    for moments in changes.values():
        assert len(moments) >= 2
        assert all(later - earlier > timedelta(minutes=4.9) for earlier, later in pairwise(moments))


async def test_a_slow_reading_takes_nothing_back_of_what_has_been_set_meanwhile(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    meanwhile: Meanwhile,
) -> None:
    """Trap 51: what comes late is laid over what is known now, not over what was known when it was asked for."""
    await setup_entry(options=NO_EXTRAS)
    simulator.requests.clear()
    fault = simulator.faults.add(faults.slow(8), Family.SUMMARY, times=1)
    for _ in range(40):
        freezer.tick(timedelta(seconds=32))
        async_fire_time_changed(hass)
        await meanwhile(asyncio.sleep(0.5))
        if not fault.remaining:
            break
    assert fault.remaining == 0, "the metadata have been asked for"
    data = {"entity_id": AMPS, "value": 10}
    await hass.services.async_call(NUMBER_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)
    assert hass.states.is_state(AMPS, "10")
    await meanwhile(asyncio.sleep(10))
    assert hass.states.is_state(AMPS, "10")
