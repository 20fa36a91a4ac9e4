"""How many files of the integration something passes through, from its cause to its effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
import sys
from types import FrameType

from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults
from tests.integration.conftest import SetupEntry

from .conftest import Record
from .other_thread import running_in_a_thread

PRODUCT = f"custom_components/{DOMAIN}/"
SWITCH = {"entity_id": "switch.carport"}


@pytest.fixture
def world() -> World:
    """A charger that obeys at once, with a car."""
    world = World.with_one_charger()
    world.charger.effect_delay = timedelta()
    world.charger.plug_in(Car(battery_kwh=80, state_of_charge=0.2))
    return world


@pytest.fixture
def simulator(world: World, socket_enabled: None) -> Iterator[Simulator]:
    with running_in_a_thread(world) as simulator:
        yield simulator


@contextmanager
def passing(simulator: Simulator, *until: Family) -> Iterator[set[str]]:
    """Note the files of the product that are run, until a request of a family has arrived where one is named."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and not (until and simulator.requests.count(*until)):
            _, found, name = frame.f_code.co_filename.partition(PRODUCT)
            if found:
                files.add(name)

    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(None)


async def test_hops(hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, record: Record) -> None:
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    chargers = entry.runtime_data.chargers
    await chargers.async_refresh()
    simulator.faults.add(faults.field_value("data.chargers.0.session_d.e_c", 1234), Family.STATUS)
    with passing(simulator) as files:
        await chargers.async_refresh()
        await hass.async_block_till_done()
    record("files that a changed status passes, listeners included", len(files), most=40)
    simulator.requests.clear()
    with passing(simulator, Family.START) as files:
        await hass.services.async_call("switch", "turn_on", SWITCH, blocking=True)
    record("files that a press passes until it is on the wire", len(files), most=35)
    await hass.services.async_call("switch", "turn_off", SWITCH, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    with passing(simulator) as files:
        await hass.services.async_call(DOMAIN, "start_charging", SWITCH, blocking=True, return_response=True)
    record("files that an action passes until it is confirmed", len(files))
