"""How long a reply can keep the event loop from everything else."""

import asyncio
from collections.abc import Iterator
import json
from time import perf_counter
from typing import Final

from homeassistant.core import HomeAssistant
import pytest

from simulator import Family, Simulator, World, faults
from tests.integration.conftest import SetupEntry

from .conftest import Record
from .other_thread import running_in_a_thread

LARGEST: Final = 4 * 1024 * 1024
PAUSE: Final = 0.001
ROUNDS: Final = 5
REPLIES: Final = {
    "one text": '"' + "a" * LARGEST + '"',
    "nothing but lists": "[" + "[]," * (LARGEST // 3) + "[]]",
    "nested lists": "[" * (LARGEST // 2) + "]" * (LARGEST // 2),
    "numbers": "[" + "1," * (LARGEST // 2) + "1]",
    "an error": json.dumps({"error": {"message": "a.b-" * (LARGEST // 4)}}),
    "chargers": json.dumps({"data": {"chargers": [{"sn": str(sn), "name": "x" * 400} for sn in range(9000)]}}),
    "a page": "<html>" + "<p>" * (LARGEST // 3),
}


@pytest.fixture
def simulator(world: World, socket_enabled: None) -> Iterator[Simulator]:
    with running_in_a_thread(world) as simulator:
        yield simulator


async def longest_wait(waiting: asyncio.Task[None]) -> float:
    """Return the longest time (s) for which the event loop kept somebody else waiting until a task was done."""
    longest = 0.0
    while not waiting.done():
        before = perf_counter()
        await asyncio.sleep(PAUSE)
        longest = max(longest, perf_counter() - before - PAUSE)
    await waiting
    return longest


@pytest.mark.parametrize("reply", REPLIES)
async def test_a_hostile_status(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, record: Record, reply: str
) -> None:
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.requests.clear()
    simulator.faults.add(faults.text_body(REPLIES[reply]), Family.STATUS)
    waits = []
    for number in range(1, ROUNDS + 1):
        refreshing = asyncio.create_task(entry.runtime_data.chargers.async_refresh())
        waits.append(await longest_wait(refreshing))
        if simulator.requests.count(Family.STATUS) < number:
            # A page ends the session, and nothing is asked again before the next sign-in
            break
    # A busy machine makes a wait longer, never shorter
    record(f"event loop blocked by 4 MiB of {reply}", min(waits) * 1000, "ms", most=50)
