"""A stop is never in anybody's way, and nothing is in its way."""

import asyncio
from collections.abc import Iterator
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .wishes import SWITCH, choose_mode, pending, turn_off, turn_on


@pytest.fixture
def release() -> Iterator[asyncio.Event]:
    """What the cloud holds its answers for."""
    release = asyncio.Event()
    yield release
    release.set()


class TestWhileSomethingHangs:
    """Trap 88: a stop queued behind a start's preliminary read or a hanging start, for seconds to a minute."""

    async def test_a_start_that_hangs_does_not_hold_up_the_stop(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, release: asyncio.Event
    ) -> None:
        world.charger.plug_in(Car())
        await setup_entry()
        simulator.faults.add(faults.held(release, executes=True), Family.START)
        starting = asyncio.create_task(turn_on(hass))
        await simulator.requests.until(1, Family.START)
        await turn_off(hass)
        assert (simulator.requests.count(Family.STOP), release.is_set()) == (1, False)
        await starting
        assert pending(hass) == "stop"

    async def test_the_superseded_start_says_so_at_once(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, release: asyncio.Event
    ) -> None:
        world.charger.plug_in(Car())
        await setup_entry()
        simulator.faults.add(faults.held(release, executes=True), Family.START)
        starting = asyncio.create_task(reply_to(hass, "start_charging"))
        await simulator.requests.until(1, Family.START)
        await turn_off(hass)
        assert await starting == {"outcome": "superseded", "reason": "stop"}

    async def test_a_start_that_still_looks_is_given_up(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, release: asyncio.Event
    ) -> None:
        """The start reads the status because no car seems plugged in; it must not go on once the stop is sent."""
        await setup_entry()
        simulator.requests.clear()
        simulator.faults.add(faults.held(release, executes=True), Family.STATUS, times=1)
        starting = asyncio.create_task(turn_on(hass))
        await simulator.requests.until(1, Family.STATUS)
        await turn_off(hass)
        await starting
        release.set()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert (simulator.requests.count(Family.STOP), simulator.requests.count(Family.START)) == (1, 0)

    async def test_a_start_that_waits_for_another_one_is_given_up(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, release: asyncio.Event
    ) -> None:
        world.charger.plug_in(Car())
        await setup_entry()
        simulator.faults.add(faults.held(release, executes=True), Family.START)
        starting = [asyncio.create_task(turn_on(hass)) for _ in range(2)]
        await simulator.requests.until(1, Family.START)
        await turn_off(hass)
        await asyncio.gather(*starting)
        release.set()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert (simulator.requests.count(Family.STOP), simulator.requests.count(Family.START)) == (1, 1)

    async def test_a_choice_of_mode_that_hangs_does_not_hold_up_the_stop(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, release: asyncio.Event
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.requests.clear()
        simulator.faults.add(faults.held(release, executes=True), Family.MODE)
        choosing = asyncio.create_task(choose_mode(hass, "green"))
        await simulator.requests.until(1, Family.MODE)
        await turn_off(hass)
        assert (simulator.requests.count(Family.STOP), release.is_set()) == (1, False)
        release.set()
        await choosing


async def reply_to(hass: HomeAssistant, action: str) -> dict[str, object]:
    """Return what an action replies for the one charger."""
    reply: Any = await hass.services.async_call(
        DOMAIN, action, {"entity_id": SWITCH}, blocking=True, return_response=True
    )
    return {key: reply["chargers"][0][key] for key in ("outcome", "reason")}


async def test_a_read_that_confirms_does_not_queue_behind_a_slow_poll(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    release: asyncio.Event,
    meanwhile: Meanwhile,
) -> None:
    """Trap 44: an accepted start stayed pending until the poll ended that had begun before it."""
    world.charger.plug_in(Car())
    await setup_entry()
    simulator.requests.clear()
    simulator.faults.add(faults.held(release, executes=True), Family.STATUS, times=1)
    await meanwhile(simulator.requests.until(1, Family.STATUS))
    reply = await meanwhile(reply_to(hass, "start_charging"))
    assert (reply, release.is_set()) == ({"outcome": "confirmed", "reason": None}, False)
    release.set()
    await meanwhile(asyncio.sleep(0.5))
    assert hass.states.is_state(SWITCH, "on")


async def test_the_poll_that_ends_late_takes_nothing_back(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    release: asyncio.Event,
    meanwhile: Meanwhile,
    advance: Advance,
) -> None:
    """Trap 44: what began before the newest reading is old, whenever it arrives, and so is its failure."""
    world.charger.plug_in(Car())
    await setup_entry()
    simulator.requests.clear()
    simulator.faults.add(faults.held(release), Family.STATUS, times=1)
    await meanwhile(simulator.requests.until(1, Family.STATUS))
    await meanwhile(reply_to(hass, "start_charging"))
    await meanwhile(asyncio.sleep(16))
    assert hass.states.is_state(SWITCH, "on")
