"""Whatever the control interface is sent, the simulated cloud lives on."""

import asyncio
import json
import math
from pathlib import Path
import re

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from simulator import ScaledClock, World, control_actions, running
from simulator.control_actions import ACTIONS
from simulator.wire import Json

FOLDER = Path(control_actions.__file__).parent
# Every word in quotes of the actions' source: the names of all fields are among them
NAMES = st.sampled_from(
    sorted(
        {word for path in FOLDER.glob("control_*.py") for word in re.findall(r'"([a-z_]+)"', path.read_text("utf-8"))}
    )
)
EXTREMES: st.SearchStrategy[Json] = st.sampled_from(
    [0, -1, 1, 0.5, 1e-300, 1e300, 10**400, -(10**400), math.nan, math.inf, -math.inf, "", "\ud800", "1", None, [], {}]
)
VALUES = st.one_of(
    EXTREMES,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(["status", "GREEN_CHARGING", "sessions", "202640011900", "flat", "none", "23:00", "energy_step"]),
)
CALLS = st.lists(
    st.tuples(st.sampled_from(sorted(ACTIONS)), st.dictionaries(NAMES, VALUES, max_size=5)), min_size=1, max_size=6
)


async def lives_through(calls: list[tuple[str, dict[str, Json]]]) -> None:
    """Send the calls to a charging world and look whether it can still be read."""
    world = World.with_one_charger(ScaledClock())
    world.charger.plug_in()
    async with running(world) as simulator, aiohttp.ClientSession() as http:
        for action, body in [("start", {}), *calls]:
            async with http.post(simulator.control_url + action, data=json.dumps(body)) as answer:
                assert answer.status in {200, 400}, (action, body)
        for path in ("state", "requests"):
            async with http.get(simulator.control_url + path) as answer:
                assert answer.status == 200
                await answer.json()


@given(calls=CALLS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@pytest.mark.usefixtures("socket_enabled")
def test_no_body_however_odd_does_lasting_harm(calls: list[tuple[str, dict[str, Json]]]) -> None:
    asyncio.run(lives_through(calls))
