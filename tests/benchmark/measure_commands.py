"""How long commands take with a cloud that answers in a tenth of a second, in real time."""

from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter

from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Simulator, World, faults
from tests.integration.conftest import SetupEntry

from .conftest import Record
from .other_thread import running_in_a_thread

CHARGERS = 10


@pytest.fixture
def world() -> World:
    """Ten chargers that obey at once, each with a car."""
    world = World.with_chargers(CHARGERS)
    for charger in world.site.chargers:
        charger.effect_delay = timedelta()
        charger.plug_in(Car(battery_kwh=80, state_of_charge=0.2))
    return world


@pytest.fixture
def simulator(world: World, socket_enabled: None) -> Iterator[Simulator]:
    with running_in_a_thread(world) as simulator:
        yield simulator


async def act(hass: HomeAssistant, action: str, chargers: int, *, confirmed: bool) -> float:
    """Command some chargers and return the seconds until all have accepted, or until all show the effect."""
    entity_ids = [f"switch.charger_{number}" for number in range(1, chargers + 1)]
    before = perf_counter()
    await hass.services.async_call(DOMAIN, action, {"entity_id": entity_ids}, blocking=True, return_response=confirmed)
    taken = perf_counter() - before
    if confirmed:
        wanted = "on" if action == "start_charging" else "off"
        assert all(hass.states.is_state(entity_id, wanted) for entity_id in entity_ids)
    return taken


async def test_commands(hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, record: Record) -> None:
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.faults.add(faults.slow(0.1))
    confirmed = await act(hass, "start_charging", 1, confirmed=True)
    record("from a start to its confirmed state", confirmed, "s", most=2)
    record("from a stop to its confirmed state", await act(hass, "stop_charging", 1, confirmed=True), "s", most=2)
    await act(hass, "start_charging", CHARGERS, confirmed=True)
    one = await act(hass, "stop_charging", 1, confirmed=False)
    await act(hass, "start_charging", 1, confirmed=True)
    ten = await act(hass, "stop_charging", CHARGERS, confirmed=False)
    record("a stop that 1 charger accepts", one, "s")
    record("a stop that 10 chargers accept, compared with 1", ten / one, most=1.2)
