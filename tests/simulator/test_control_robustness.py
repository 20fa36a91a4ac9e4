"""Whatever the control interface is sent, the simulated cloud lives on."""

import asyncio
import json
import math

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from simulator import ScaledClock, World, running
from simulator.control_actions import ACTIONS
from simulator.wire import Json

NAMES = st.sampled_from(
    [
        "serial",
        "connector",
        "battery_kwh",
        "state_of_charge",
        "charge_limit",
        "max_amps",
        "phases",
        "level",
        "mode",
        "load_limit_amps",
        "safe_limit",
        "watts",
        "name",
        "what",
        "email",
        "blocked",
        "sessions",
        "enabled",
        "by_cookie",
        "trouble",
        "status",
        "retry_after",
        "retry_after_date",
        "executes",
        "code",
        "text",
        "as_json",
        "payload",
        "path",
        "value",
        "content_type",
        "seconds",
        "families",
        "times",
        "method",
        "path_part",
        "requests",
        "speed",
        "dead_session",
        "in_seconds",
        "kind",
        "rate_watt",
        "target_soc",
        "id",
        "delay_seconds",
        "answer",
        "detail",
        "program_id",
        "days",
        "site",
        "start",
        "end",
        "amps",
        "off_peak",
        "asleep",
        "owner_may_control",
        "lifetime_kwh",
        "report_seconds",
        "effect_seconds",
        "cost_seconds",
        "location",
        "version",
    ]
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
    st.sampled_from(
        [
            "status",
            "SCHEDULED_CHARGING",
            "GREEN_CHARGING",
            "sessions",
            "202640011900",
            "flat",
            "none",
            "23:00",
            "energy_step",
        ]
    ),
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
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("socket_enabled")
def test_no_body_however_odd_does_lasting_harm(calls: list[tuple[str, dict[str, Json]]]) -> None:
    asyncio.run(lives_through(calls))
