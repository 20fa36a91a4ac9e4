"""Letting time pass in Home Assistant and in the simulated cloud alike."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from math import ceil
from typing import Any, Protocol

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest

_A_LITTLE = timedelta(microseconds=1)


class Advance(Protocol):
    """Lets seconds pass, a few at a time, so that timers come due in their order.

    A larger `step` lets days pass where nothing depends on when within a step something happens.
    """

    async def __call__(self, seconds: float, *, step: float = 5.0) -> None:
        """Return once the seconds have passed and all has settled."""


class Meanwhile(Protocol):
    """Lets time pass until something that waits for it is done."""

    async def __call__[T](self, waiting: Coroutine[Any, Any, T]) -> T:
        """Return what it was waiting for."""


async def let_pass(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float, *, step: float = 5.0) -> None:
    """Let seconds pass for one of several Home Assistants. See `Advance`.

    What is under way ends first, at the moment at which it began. Its own time-out may be the next timer that is due,
    and would come before an answer that needs real time on its sockets.
    """
    await hass.async_block_till_done(wait_background_tasks=True)
    while seconds > 0:
        seconds_now = min(seconds, max(step, _seconds_until_something_is_due(hass)))
        freezer.tick(timedelta(seconds=seconds_now))
        await _run_what_is_due(freezer)
        await hass.async_block_till_done(wait_background_tasks=True)
        seconds -= seconds_now


async def _run_what_is_due(freezer: FrozenDateTimeFactory) -> None:
    """Let the event loop, whose clock is the frozen one, run its timers up to and including this moment.

    A timer of this very moment is due to the loop a little later. By the time the first turn comes back here it has
    been found, and it runs in its own time. To fire timers from outside would cost several mocks for each of them.
    """
    freezer.tick(_A_LITTLE)
    await asyncio.sleep(0)
    freezer.tick(-_A_LITTLE)
    await asyncio.sleep(0)


def _seconds_until_something_is_due(hass: HomeAssistant) -> int:
    """Return after how many whole seconds the next timer is due: what lies before that need not be looked at."""
    due = (timer.when() for timer in get_scheduled_timer_handles(hass.loop) if not timer.cancelled())
    return ceil(min(due, default=0.0) - hass.loop.time())


@pytest.fixture
def advance(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Advance:
    """Return a function that lets time pass."""

    async def pass_by(seconds: float, *, step: float = 5.0) -> None:
        await let_pass(hass, freezer, seconds, step=step)

    return pass_by


def _nothing() -> None:
    """Take one turn in a thread."""


@pytest.fixture
def meanwhile(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Meanwhile:
    """Return a function that runs a call which waits for time to pass, and lets it pass."""

    async def run[T](waiting: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(waiting)
        while not task.done():
            freezer.tick(timedelta(seconds=0.1))
            await _run_what_is_due(freezer)
            for _ in range(20):
                await asyncio.sleep(0)
            # What runs in threads, as writing a file does, needs real time, of which little passes here
            await hass.loop.run_in_executor(None, _nothing)
        return await task

    return run
