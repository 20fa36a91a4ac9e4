"""Whether anything grows with the number of refreshes."""

import gc
import tracemalloc

from freezegun.api import FrozenDateTimeFactory
from homeassistant.helpers.storage import Store
import pytest

from custom_components.enphase_cloud_things.runtime import EnphaseConfigEntry
from simulator import Simulator
from tests.integration.conftest import SetupEntry

from .conftest import Record

REFRESHES = 10_000
WARM_UP = 1_000
MEBIBYTE = 1 << 20


async def refresh(entry: EnphaseConfigEntry, simulator: Simulator, freezer: FrozenDateTimeFactory, times: int) -> int:
    """Refresh every half minute of simulated time and return the bytes in use afterwards."""
    for number in range(times):
        freezer.tick(30)
        await entry.runtime_data.chargers.async_refresh()
        if not number % 100:
            simulator.requests.clear()
    simulator.requests.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.mark.timeout(900)
async def test_ten_thousand_refreshes(
    setup_entry: SetupEntry,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    record: Record,
) -> None:
    # The storage of Home Assistant's tests remembers everything that was ever written
    monkeypatch.setattr(Store, "async_delay_save", lambda *_arguments: None)
    entry = await setup_entry()
    tracemalloc.start()
    try:
        before = await refresh(entry, simulator, freezer, WARM_UP)
        after = await refresh(entry, simulator, freezer, REFRESHES)
    finally:
        tracemalloc.stop()
    record(f"memory after {REFRESHES} more refreshes", (after - before) / MEBIBYTE, "MiB", most=1)
