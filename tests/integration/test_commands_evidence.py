"""What shows the effect of a command, and what does not although it looks like it (docs/api.md §5.6)."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, commands, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .wishes import SWITCH, pending, turn_off, turn_on

HELD = 6.0
"""Seconds that the answer to a status read is held."""


async def until_a_read_is_held(simulator: Simulator, meanwhile: Meanwhile) -> None:
    """Return once a status read has seen what is now and its answer is on its way."""
    simulator.requests.clear()
    simulator.faults.add(faults.slow(HELD, executes=True), Family.STATUS, times=1)
    await meanwhile(simulator.requests.until(1, Family.STATUS))
    # What follows happens after the read began, and not at the same moment
    await meanwhile(asyncio.sleep(0))


def charge_by_the_app(world: World, *, on: bool, then: timedelta) -> None:
    """Have somebody start or stop the car at once in the Enphase app; further commands take their time to work."""
    charger = world.charger
    charger.effect_delay = timedelta()
    if on:
        commands.start(charger, level=16, connector=charger.connectors[0])
    else:
        commands.stop(charger)
    charger.effect_delay = then


class TestAReadThatBeganBefore:
    """Its answer arrives after the command was acknowledged, and says nothing about it."""

    @pytest.fixture(autouse=True)
    async def car(self, setup_entry: SetupEntry, world: World) -> None:
        """A car that idles."""
        world.charger.plug_in(Car())
        await setup_entry()

    async def test_it_does_not_confirm_a_stop(
        self, hass: HomeAssistant, world: World, simulator: Simulator, meanwhile: Meanwhile
    ) -> None:
        """Trap 44: idle is what it saw before somebody had started the car that is being stopped."""
        await until_a_read_is_held(simulator, meanwhile)
        charge_by_the_app(world, on=True, then=timedelta(minutes=1))
        await turn_off(hass)
        await meanwhile(asyncio.sleep(HELD))
        assert (pending(hass), world.charger.watts > 0) == ("stop", True)

    async def test_it_does_not_confirm_a_start(
        self, hass: HomeAssistant, world: World, simulator: Simulator, meanwhile: Meanwhile
    ) -> None:
        """Trap 44: charging is what it saw before somebody had stopped the car that is being started."""
        charge_by_the_app(world, on=True, then=timedelta())
        await until_a_read_is_held(simulator, meanwhile)
        charge_by_the_app(world, on=False, then=timedelta(minutes=1))
        await turn_on(hass)
        await meanwhile(asyncio.sleep(HELD))
        assert (pending(hass), world.charger.watts) == ("start", 0)

    async def test_it_is_not_what_an_action_replies(
        self, hass: HomeAssistant, world: World, simulator: Simulator, meanwhile: Meanwhile
    ) -> None:
        """Trap 44: the reply waits for a reading that began after the stop."""
        await until_a_read_is_held(simulator, meanwhile)
        charge_by_the_app(world, on=True, then=timedelta(seconds=12))
        reply: Any = await meanwhile(
            hass.services.async_call(
                DOMAIN, "stop_charging", {"entity_id": SWITCH}, blocking=True, return_response=True
            )
        )
        assert (reply["chargers"][0]["outcome"], world.charger.watts) == ("confirmed", 0)


class TestAStopThatOvertakesAStart:
    """The charger idles because the start has not reached it, which looks as if the stop had worked already."""

    @pytest.fixture(autouse=True)
    async def started(self, hass: HomeAssistant, setup_entry: SetupEntry, world: World) -> None:
        """A start whose effect takes long to show."""
        world.charger.plug_in(Car())
        world.charger.effect_delay = timedelta(minutes=5)
        await setup_entry()
        await turn_on(hass)

    async def test_it_is_not_confirmed_by_the_first_idle_read(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 44: idle is what was before the start."""
        await turn_off(hass)
        simulator.requests.clear()
        await advance(15, step=1)
        assert simulator.requests.count(Family.STATUS) >= 3
        assert pending(hass) == "stop"

    async def test_it_is_confirmed_by_an_idle_read_after_the_delay(self, hass: HomeAssistant, advance: Advance) -> None:
        await turn_off(hass)
        await advance(35, step=1)
        assert pending(hass) is None

    async def test_its_reply_waits_for_the_delay(self, hass: HomeAssistant, meanwhile: Meanwhile) -> None:
        """Trap 44: a stop that is not known to have worked is not called confirmed."""
        asked_at = dt_util.utcnow()
        reply: Any = await meanwhile(
            hass.services.async_call(
                DOMAIN, "stop_charging", {"entity_id": SWITCH}, blocking=True, return_response=True
            )
        )
        assert reply["chargers"][0]["outcome"] == "confirmed"
        assert dt_util.utcnow() - asked_at >= timedelta(seconds=20)
