"""A call at a moment that moves, and waiting for time to pass."""

import asyncio
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.enphase_cloud_things.timer import Timer, async_pass

MINUTE = timedelta(minutes=1)


@pytest.fixture
def calls() -> list[datetime]:
    """What a timer has called."""
    return []


@pytest.fixture
def timer(hass: HomeAssistant, calls: list[datetime]) -> Timer:
    """A timer that is not set."""
    return Timer(hass, calls.append)


def pass_by(hass: HomeAssistant, freezer: FrozenDateTimeFactory, span: timedelta) -> None:
    freezer.tick(span)
    async_fire_time_changed(hass)


async def test_it_calls_once_at_its_moment(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, timer: Timer, calls: list[datetime]
) -> None:
    timer.set(dt_util.utcnow() + MINUTE)
    pass_by(hass, freezer, 0.9 * MINUTE)
    assert calls == []
    pass_by(hass, freezer, MINUTE)
    pass_by(hass, freezer, 60 * MINUTE)
    assert len(calls) == 1


async def test_another_moment_replaces_the_first(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, timer: Timer, calls: list[datetime]
) -> None:
    timer.set(dt_util.utcnow() + MINUTE)
    timer.set(dt_util.utcnow() + 3 * MINUTE)
    pass_by(hass, freezer, 2 * MINUTE)
    assert calls == []
    pass_by(hass, freezer, 2 * MINUTE)
    assert len(calls) == 1


async def test_a_moment_that_has_passed_is_now(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, timer: Timer, calls: list[datetime]
) -> None:
    timer.set(dt_util.utcnow() - 60 * MINUTE)
    pass_by(hass, freezer, timedelta(seconds=1))
    assert len(calls) == 1


async def test_it_waits_for_its_moment_although_the_clock_is_set_back(
    hass: HomeAssistant, timer: Timer, calls: list[datetime]
) -> None:
    moment = dt_util.utcnow()
    with patch("homeassistant.helpers.event.time_tracker_utcnow", return_value=moment - MINUTE):
        timer.set(moment)
        for _ in range(5):
            await asyncio.sleep(0)
        assert calls == []
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(calls) == 1


async def test_a_cancelled_one_does_not_call(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, timer: Timer, calls: list[datetime]
) -> None:
    timer.set(dt_util.utcnow() + MINUTE)
    timer.cancel()
    pass_by(hass, freezer, 2 * MINUTE)
    assert calls == []


async def test_whoever_waits_goes_on_when_the_time_has_passed(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    waiting = asyncio.create_task(async_pass(hass, MINUTE))
    await asyncio.sleep(0)
    pass_by(hass, freezer, 0.5 * MINUTE)
    await asyncio.sleep(0)
    assert not waiting.done()
    pass_by(hass, freezer, MINUTE)
    await waiting


async def test_whoever_gives_up_as_the_time_is_over_leaves_nothing_behind(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    waiting = asyncio.create_task(async_pass(hass, MINUTE))
    await asyncio.sleep(0)
    waiting.cancel()
    pass_by(hass, freezer, 2 * MINUTE)
    with pytest.raises(asyncio.CancelledError):
        await waiting
