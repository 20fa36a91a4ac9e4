"""One reply with anything anywhere in it may cost what it was about, never what comes next."""

from dataclasses import replace
import json
import logging
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.enlighten.wire import JsonValue
from simulator import Car, Family, Simulator, World, faults
from simulator.faults import Trouble
from simulator.reply import Reply
from tests.client.answers import ABSURD, ANY_JSON, mutated, places

from .conftest import SetupEntry
from .long_runs import STATUS, STEP, enable_event_loop_debug
from .passing_time import let_pass

__all__ = ["enable_event_loop_debug"]

HALF_AN_HOUR: Final = 1800.0
SELDOM: Final = {"slow_poll_interval": 1700}
"""Options with which nearly everything is read once in half an hour."""

READS: Final = (
    Family.STATUS,
    Family.SUMMARY,
    Family.MODE,
    Family.GREEN,
    Family.CONFIGURATION,
    Family.SCHEDULES,
    Family.SAVINGS,
    Family.HISTORY,
    Family.VPP_EVENTS,
)
OUTAGE: Final = ("Error fetching ", "Error requesting ")
"""What Home Assistant itself says of a coordinator that failed."""

CLOCKS: Final = ("last_successful_update", "cloud_latency", "requests_in_the_last_hour", "last_reported", "_today")
"""Parts of entity ids whose state follows the time."""


def mutation(share: float, other: JsonValue) -> Trouble:
    """Put something else into a reply, at the place that is that share of the way through it."""

    def reshape(reply: Reply) -> Reply:
        whole: JsonValue = json.loads(reply.body)
        found = places(whole)
        return replace(reply, body=json.dumps(mutated(whole, found[int(share * len(found))], other)).encode())

    return Trouble(name="mutation", reshape=reshape)


class Home:
    """A home in which nothing happens, so that everything should stay as it is."""

    def __init__(
        self, hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, freezer: FrozenDateTimeFactory
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._simulator = simulator
        self._freezer = freezer

    @property
    def states(self) -> dict[str, str]:
        """What is shown that does not follow the time."""
        entries = er.async_entries_for_config_entry(er.async_get(self._hass), self._entry.entry_id)
        shown = {each.entity_id: self._hass.states.get(each.entity_id) for each in entries}
        return {
            entity_id: state.state
            for entity_id, state in shown.items()
            if state is not None and not any(clock in entity_id for clock in CLOCKS)
        }

    async def read(self, family: Family) -> None:
        """Let time pass until a family is read once more, and what follows from it has settled."""
        before = self._simulator.requests.count(family)
        for _ in range(12):
            await let_pass(self._hass, self._freezer, HALF_AN_HOUR, step=HALF_AN_HOUR)
            if self._simulator.requests.count(family) > before:
                return
        pytest.fail(f"{family} is not read any more")


@pytest.fixture
async def home(
    hass: HomeAssistant,
    entity_registry_enabled_by_default: None,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> Home:
    """A home with a car that waits."""
    world.charger.plug_in(Car())
    entry = await setup_entry(options=SELDOM)
    await let_pass(hass, freezer, 2 * HALF_AN_HOUR, step=STEP)
    return Home(hass, entry, simulator, freezer)


@pytest.mark.parametrize("family", READS)
@given(share=st.floats(0, 1, exclude_max=True), other=ABSURD | ANY_JSON)
@settings(deadline=None, derandomize=True, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_next_good_reply_brings_everything_back(
    home: Home,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    family: Family,
    share: float,
    other: JsonValue,
) -> None:
    """Traps 81 and 82: one absurd figure once broke every later refresh."""
    before = home.states
    simulator.faults.add(mutation(share, other), family, times=1)
    await home.read(family)
    assert simulator.faults.active == ()
    if family is not Family.STATUS:
        assert home.states[STATUS] == before[STATUS] != STATE_UNAVAILABLE
    await home.read(family)
    assert home.states == before
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record for record in errors if record.exc_info or not record.getMessage().startswith(OUTAGE)] == []


@pytest.mark.parametrize(
    ("family", "field", "figure"),
    [
        (Family.SUMMARY, "data.*.lifeTimeConsumption", 5e9),
        (Family.STATUS, "data.chargers.*.session_d.e_c", 9e6),
    ],
)
async def test_an_energy_that_nothing_can_have_drawn_is_no_reading(
    home: Home, simulator: Simulator, family: Family, field: str, figure: float
) -> None:
    """Trap 81: a counter that fell back afterwards would have taken the leap into the statistics for ever."""
    before = home.states
    simulator.faults.add(faults.field_value(field, figure), family, times=1)
    await home.read(family)
    assert simulator.faults.active == ()
    assert home.states == before
