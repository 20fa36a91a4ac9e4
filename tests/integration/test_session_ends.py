"""When a session has ended: without unplugging, with the figures of the right session, and once."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, World

from .conftest import SetupEntry
from .passing_time import Advance

SESSION = "event.carport_session"


@pytest.fixture
def told(hass: HomeAssistant) -> list[State]:
    """The events of the charger, as an automation would be told."""
    told: list[State] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or state.entity_id != SESSION or state.state in {"unknown", "unavailable"}:
            return
        if not told or state.state != told[-1].state or state.attributes != told[-1].attributes:
            told.append(state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return told


LONGEST_WAIT = 165
"""Seconds: what tells of an end waits two minutes for the final figures, and shows at a poll."""


def kinds(told: list[State]) -> list[str]:
    """Return what happened, in order."""
    return [state.attributes["event_type"] for state in told]


async def act(hass: HomeAssistant, action: str) -> None:
    """Start or stop."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": "switch.carport"}, blocking=True)


@pytest.fixture
def world(freezer: FrozenDateTimeFactory) -> World:
    """A charger that goes on finishing after a stop, with a car on the cable."""
    world = World.with_one_charger()
    world.charger.quirks.after_stop = "FINISHING"
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=16))
    return world


def leave_finishing(world: World) -> None:
    """Let the charger be done with a session whose car stays on the cable."""
    world.charger.quirks.after_stop = "AVAILABLE"
    world.charger.adjust()


async def test_a_session_ends_when_the_connector_is_done_with_it(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, told: list[State]
) -> None:
    await setup_entry()
    await act(hass, "start_charging")
    await advance(700)
    await act(hass, "stop_charging")
    await advance(30)
    assert kinds(told) == ["started", "stopped"], "finishing is not finished"
    leave_finishing(world)
    await advance(LONGEST_WAIT)
    assert kinds(told) == ["started", "stopped", "finished"]
    assert told[-1].attributes["energy"] > 1


async def test_a_session_that_has_ended_does_not_end_again_by_unplugging(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, told: list[State]
) -> None:
    await setup_entry()
    await act(hass, "start_charging")
    await advance(60)
    await act(hass, "stop_charging")
    await advance(30)
    leave_finishing(world)
    await advance(LONGEST_WAIT)
    world.charger.unplug()
    await advance(LONGEST_WAIT)
    assert kinds(told) == ["started", "stopped", "finished", "unplugged"]


async def test_a_new_session_on_the_same_cable_ends_the_old_one_with_the_old_figures(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, told: list[State]
) -> None:
    world.charger.quirks.after_stop = "SUSPENDED_EVSE"
    await setup_entry()
    await act(hass, "start_charging")
    await advance(1300)
    await act(hass, "stop_charging")
    await advance(60)
    stopped = told[-1]
    assert stopped.attributes["energy"] > 3
    await act(hass, "start_charging")
    await advance(60)
    assert kinds(told) == ["started", "stopped", "finished", "started"]
    finished, started = told[-2:]
    assert finished.attributes["energy"] >= stopped.attributes["energy"]
    assert finished.attributes["duration"] == stopped.attributes["duration"]
    assert started.attributes["energy"] is None, "the cloud still tells the energy of the session before"


@pytest.mark.parametrize("reloads", ["while it is finishing", "over the end", "afterwards", "twice"])
async def test_a_session_ends_once_even_over_a_reload(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, told: list[State], reloads: str
) -> None:
    entry = await setup_entry()
    await act(hass, "start_charging")
    await advance(60)
    await act(hass, "stop_charging")
    await advance(30)
    if reloads in {"while it is finishing", "twice"}:
        await hass.config_entries.async_reload(entry.entry_id)
    if reloads == "over the end":
        await hass.config_entries.async_unload(entry.entry_id)
    leave_finishing(world)
    if reloads == "over the end":
        await hass.config_entries.async_setup(entry.entry_id)
    await advance(60)
    if reloads in {"afterwards", "twice"}:
        await hass.config_entries.async_reload(entry.entry_id)
    await advance(LONGEST_WAIT)
    assert told[-1].attributes["event_type"] == "finished"
    world.charger.unplug()
    await advance(LONGEST_WAIT)
    assert told[-1].attributes["event_type"] == "unplugged"
    assert kinds(told).count("finished") == 1
