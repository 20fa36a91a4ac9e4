"""Unloading an entry while the cloud still has answers to give."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest

from simulator import Car, Family, Simulator, World, faults

from .charging_car import APPLY
from .conftest import SetupEntry
from .passing_time import Meanwhile
from .wishes import set_amps, turn_on

NEXT_EVENT = "sensor.vpp_lark_street_next_event_type"


async def test_what_comes_during_an_unload_takes_no_place_from_the_next_start(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    meanwhile: Meanwhile,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Entities that were added to what is going would keep the new ones out, and never change again."""
    program, start = asyncio.Event(), asyncio.Event()
    simulator.faults.add(faults.held(program), Family.VPP_ENROLMENT, times=1)
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=32, phases=3))
    entry = await setup_entry(options={**APPLY, "api_timeout": 60})
    await set_amps(hass, 16)
    await turn_on(hass)
    await meanwhile(asyncio.sleep(8))
    await set_amps(hass, 10)
    await meanwhile(asyncio.sleep(5))
    simulator.faults.add(faults.held(start), Family.START, times=1)
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    await meanwhile(simulator.requests.until(2, Family.START))
    program.set()
    await meanwhile(asyncio.sleep(1))
    start.set()
    assert await meanwhile(asyncio.wait_for(reload, 60))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "already exists" not in caplog.text
    assert hass.states.get(NEXT_EVENT) is not None


async def test_a_currency_that_answers_during_an_unload_adds_no_entity_to_what_is_going(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    meanwhile: Meanwhile,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Trap 89: the cost of the session stayed the object of the platform that was going."""
    currency, start = asyncio.Event(), asyncio.Event()
    simulator.faults.add(faults.held(currency), Family.CURRENCY, Family.TARIFF)
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=32, phases=3))
    entry = await setup_entry(options={**APPLY, "api_timeout": 60})
    await set_amps(hass, 16)
    await turn_on(hass)
    await meanwhile(asyncio.sleep(8))
    await set_amps(hass, 10)
    await meanwhile(asyncio.sleep(5))
    simulator.faults.add(faults.held(start), Family.START, times=1)
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    await meanwhile(simulator.requests.until(2, Family.START))
    assert hass.states.get("sensor.carport_session_cost") is None
    currency.set()
    await meanwhile(asyncio.sleep(1))
    start.set()
    assert await meanwhile(asyncio.wait_for(reload, 60))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "already exists" not in caplog.text
    assert hass.states.get("sensor.carport_session_cost") is not None
