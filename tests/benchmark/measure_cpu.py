"""CPU time of Home Assistant's thread: for a refresh in which nothing has changed, and for the setup."""

from collections.abc import Iterator
from statistics import median
from time import thread_time

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.enphase_cloud_things.runtime import EnphaseConfigEntry
from simulator import Family, Simulator, World, faults
from tests.integration.conftest import SetupEntry

from .conftest import Record
from .other_thread import running_in_a_thread

WARM_UP = 5
REFRESHES = 25


@pytest.fixture
def simulator(world: World, socket_enabled: None) -> Iterator[Simulator]:
    with running_in_a_thread(world) as simulator:
        yield simulator


async def cpu_of_refreshes(entry: EnphaseConfigEntry, times: int) -> list[float]:
    """Refresh the chargers a number of times and return the milliseconds that each took."""
    chargers = entry.runtime_data.chargers
    spent = []
    for _ in range(times):
        before = thread_time()
        await chargers.async_refresh()
        spent.append((thread_time() - before) * 1000)
        assert chargers.last_update_success
    return spent


class TestOneCharger:
    """What nearly everybody has."""

    async def test_an_unchanged_refresh(self, setup_entry: SetupEntry, record: Record) -> None:
        entry = await setup_entry()
        await cpu_of_refreshes(entry, WARM_UP)
        spent = await cpu_of_refreshes(entry, REFRESHES * 4)
        record("CPU of an unchanged refresh, 1 charger", median(spent), "ms", most=1.5)

    async def test_setup(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, record: Record
    ) -> None:
        entry = await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        await hass.config_entries.async_unload(entry.entry_id)
        simulator.requests.clear()
        before_chargers: list[int] = []

        @callback
        def note(event: Event[EventStateChangedData]) -> None:
            if event.data["entity_id"] == "switch.carport" and not before_chargers:
                before_chargers.append(len(simulator.requests))

        hass.bus.async_listen(EVENT_STATE_CHANGED, note)
        before = thread_time()
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        record("CPU of a setup", thread_time() - before, "s", most=0.5)
        record("requests of a setup", len(simulator.requests), most=16)
        record("requests before the charger entities exist", before_chargers[0], most=5)


class TestManyChargers:
    """A site beyond all that exist, to see what a charger costs."""

    @pytest.fixture
    def world(self, chargers: int) -> World:
        return World.with_chargers(chargers)

    @pytest.mark.timeout(600)
    @pytest.mark.parametrize(("chargers", "most"), [(100, 25), (1000, 250)])
    async def test_an_unchanged_refresh(
        self, setup_entry: SetupEntry, simulator: Simulator, record: Record, chargers: int, most: float
    ) -> None:
        # Otherwise the chargers would have their turns with these for as long as this takes
        simulator.faults.add(faults.status_code(503), Family.MODE, Family.GREEN, Family.CONFIGURATION, Family.HISTORY)
        entry = await setup_entry()
        await cpu_of_refreshes(entry, WARM_UP)
        spent = await cpu_of_refreshes(entry, REFRESHES)
        record(f"CPU of an unchanged refresh, {chargers} chargers", median(spent), "ms", most=most)
