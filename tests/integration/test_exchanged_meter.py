"""What Home Assistant's long-term statistics make of a meter that was exchanged."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from simulator import Car, World

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .planning import act

LIFETIME = "sensor.carport_lifetime_energy"
PERIOD = timedelta(minutes=5)
POWER = 3 * 16 * 230 / 1000


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the database, which has to be there before Home Assistant."""


@pytest.fixture
def recording(recorder_mock: Recorder) -> None:
    """Have Home Assistant record."""


async def sums(hass: HomeAssistant) -> list[float]:
    """Return the sum (kWh) of each hour."""
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, datetime(2026, 1, 1, tzinfo=UTC), None, {LIFETIME}, "hour", None, {"sum"}
    )
    return [row.get("sum") or 0.0 for row in rows[LIFETIME]]


async def record(hass: HomeAssistant, advance: Advance, *, hours: float) -> None:
    """Let hours pass and have their statistics compiled."""
    for _ in range(round(hours * 12)):
        start = dt_util.utcnow().replace(second=0, microsecond=0)
        await advance(PERIOD.total_seconds(), step=150)
        await async_wait_recording_done(hass)
        do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)


@pytest.mark.freeze_time("2026-11-17 11:00:00+00:00")
@pytest.mark.usefixtures("recording")
async def test_a_lower_counter_is_a_new_meter_to_the_statistics_once_and_takes_nothing_from_them(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    """Trap 71: the hour that accepts it holds the new counter, as docs/troubleshooting.md says; none is negative.

    A fall of a total that increases means to Home Assistant that a new meter began at 0, with a `last_reset` as well.
    """
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1, max_amps=16, phases=3))
    await setup_entry()
    before = world.charger.lifetime_wh
    world.charger.replace_meter(before * 0.7)
    await meanwhile(act(hass, "start_charging"))
    await record(hass, advance, hours=1)
    await advance(timedelta(hours=4).total_seconds(), step=300)
    await record(hass, advance, hours=3)
    state = hass.states.get(LIFETIME)
    assert state is not None
    assert float(state.state) * 1000 < before, "the lower one is the counter now"
    hours = [later - earlier for earlier, later in pairwise(await sums(hass))]
    (leap,) = [hour for hour in hours if hour > 1.2 * POWER]
    assert leap == pytest.approx(float(state.state), abs=3 * POWER)
    assert all(hour >= 0 for hour in hours)
    assert 0.8 * POWER < hours[-1] < 1.2 * POWER, "it goes on from there"
