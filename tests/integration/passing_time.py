"""Letting time pass in Home Assistant and in the simulated cloud alike."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

type Advance = Callable[[float], Awaitable[None]]


@pytest.fixture
def advance(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Advance:
    """Return a function that lets seconds pass, a few at a time, so that timers come due in their order."""

    async def pass_by(seconds: float) -> None:
        while seconds > 0:
            step = min(seconds, 5.0)
            freezer.tick(timedelta(seconds=step))
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
            seconds -= step

    return pass_by
