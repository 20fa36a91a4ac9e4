"""A start without a car and a stop without charging: no errors, but one line in the log and the truth in the reply."""

from collections.abc import Awaitable, Callable
from functools import partial
import logging
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World

from .conftest import SetupEntry
from .wishes import START_BUTTON, STOP_BUTTON, SWITCH, pending, press, shown, turn_off, turn_on

type Ask = Callable[[HomeAssistant], Awaitable[object]]


async def act(action: str, hass: HomeAssistant) -> None:
    """Call an action of the integration that wants no reply."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": SWITCH}, blocking=True)


STARTS: list[Ask] = [partial(press, button=START_BUTTON), turn_on, partial(act, "start_charging")]
STOPS: list[Ask] = [partial(press, button=STOP_BUTTON), turn_off, partial(act, "stop_charging")]
WAYS = ["button", "switch", "action"]


def said(caplog: pytest.LogCaptureFixture, word: str) -> list[int]:
    """Return the severity of each line in which the integration says a word."""
    return [
        record.levelno
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}") and word in record.getMessage()
    ]


@pytest.mark.parametrize("start", STARTS, ids=WAYS)
async def test_a_start_without_a_car_is_logged_and_changes_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, caplog: pytest.LogCaptureFixture, start: Ask
) -> None:
    await setup_entry()
    caplog.clear()
    await start(hass)
    assert said(caplog, "not_plugged_in") == [logging.INFO]
    assert (shown(hass), pending(hass)) == ("off", None)


@pytest.mark.parametrize("stop", STOPS, ids=WAYS)
@pytest.mark.parametrize("plugged_in", [True, False], ids=["plugged in", "unplugged"])
async def test_a_stop_without_charging_is_logged_and_changes_nothing(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    caplog: pytest.LogCaptureFixture,
    stop: Ask,
    plugged_in: bool,
) -> None:
    if plugged_in:
        world.charger.plug_in(Car())
    await setup_entry()
    caplog.clear()
    await stop(hass)
    assert said(caplog, "not_charging") == [logging.INFO]
    assert (shown(hass), pending(hass)) == ("off", None)


@pytest.mark.parametrize("start", STARTS, ids=WAYS)
async def test_a_car_that_left_unnoticed_is_no_error_either(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    start: Ask,
) -> None:
    """Trap 29: the cloud's refusal says in its code that there is no car."""
    world.charger.plug_in(Car())
    await setup_entry()
    world.charger.unplug()
    caplog.clear()
    await start(hass)
    assert simulator.requests.count(Family.START) == 1
    assert said(caplog, "not_plugged_in") == [logging.INFO]
    assert (shown(hass), pending(hass)) == ("off", None)


@pytest.mark.parametrize(
    ("action", "outcome"), [("start_charging", "not_plugged_in"), ("stop_charging", "not_charging")]
)
async def test_the_reply_of_an_action_says_what_there_was_to_do(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, action: str, outcome: str
) -> None:
    await setup_entry()
    reply: Any = await hass.services.async_call(
        DOMAIN, action, {"entity_id": SWITCH}, blocking=True, return_response=True
    )
    assert [charger["outcome"] for charger in reply["chargers"]] == [outcome]
