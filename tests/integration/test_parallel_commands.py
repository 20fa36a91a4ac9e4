"""Several chargers at once: commands go out side by side, and what fails or hangs concerns its own charger only."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Meanwhile
from .wishes import press, turn_off, turn_on

SWITCHES = [f"switch.charger_{number}" for number in (1, 2, 3)]
A_WHILE = 5.0
REFUSAL = faults.coded_error(400, "iqevc_ms-10044", "Charger is being updated")

type Start = Callable[[HomeAssistant], Coroutine[Any, Any, None]]


@pytest.fixture
def world(freezer: object) -> World:
    """Three chargers, each with a car."""
    world = World.with_chargers(3)
    for charger in world.site.chargers:
        charger.plug_in(Car())
    return world


async def by_action(hass: HomeAssistant) -> None:
    """Start all chargers by one action."""
    await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": SWITCHES}, blocking=True)


async def by_switches(hass: HomeAssistant) -> None:
    """Turn all switches on at once."""
    await turn_on(hass, SWITCHES)


WAYS = pytest.mark.parametrize("start", [by_action, by_switches])


@WAYS
async def test_all_starts_arrive_before_the_first_is_answered(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, meanwhile: Meanwhile, start: Start
) -> None:
    await setup_entry()
    simulator.faults.add(faults.slow(A_WHILE), Family.START)
    starting = asyncio.create_task(start(hass))
    await meanwhile(simulator.requests.until(3, Family.START))
    answered = [request.status for request in simulator.requests.of(Family.START)]
    await meanwhile(asyncio.wait([starting]))
    await starting
    assert answered == [None, None, None]


@WAYS
async def test_the_one_that_fails_is_named_and_does_not_stop_the_others(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, meanwhile: Meanwhile, start: Start
) -> None:
    await setup_entry()
    first, second, third = world.site.chargers
    simulator.faults.add(REFUSAL, Family.START, path_part=second.serial)
    with pytest.raises(HomeAssistantError, match=r"Charger 2.*Charger is being updated"):
        await start(hass)
    await meanwhile(asyncio.sleep(A_WHILE))
    assert [bool(charger.watts) for charger in (first, second, third)] == [True, False, True]


@pytest.mark.parametrize("hanging", ["switch", "button"])
async def test_a_stop_does_not_wait_for_a_start_on_another_charger_that_hangs(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    meanwhile: Meanwhile,
    hanging: str,
) -> None:
    """Trap 28: stopping is always allowed."""
    await setup_entry()
    first, second, _ = world.site.chargers
    simulator.faults.add(faults.slow(A_WHILE), Family.START, path_part=first.serial)
    if hanging == "switch":
        starting = asyncio.create_task(turn_on(hass, SWITCHES[0]))
        stopping = asyncio.create_task(turn_off(hass, SWITCHES[1]))
    else:
        starting = asyncio.create_task(press(hass, "button.charger_1_start_charging"))
        stopping = asyncio.create_task(press(hass, "button.charger_2_stop_charging"))
    await meanwhile(simulator.requests.until(1, Family.STOP))
    answered = [request.status for request in simulator.requests.of(Family.START)]
    await meanwhile(asyncio.wait([starting, stopping]))
    await asyncio.gather(starting, stopping)
    assert second.serial in simulator.requests.last(Family.STOP).path
    assert answered == [None]
