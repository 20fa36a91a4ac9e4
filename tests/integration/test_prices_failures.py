"""What fails costs what depends on it, and nothing else: nobody signs in for it, and nothing is logged."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from simulator import Family, Simulator, World, faults
from simulator.ready_tariffs import TARIFFS

from .conftest import SetupEntry
from .energy_plan import (
    ALL_OF_THE_PROGRAM,
    ALL_PRICES,
    EXPORT_CALENDAR,
    EXPORT_PRICE,
    IMPORT_CALENDAR,
    IMPORT_PRICE,
    SAVED_EXPORT,
    SAVED_IMPORT,
    STATUS,
    PassTime,
    SetUp,
    loud,
    pass_time,
    set_up,
    value,
)
from .long_runs import enable_event_loop_debug
from .passing_time import Meanwhile

__all__ = ["enable_event_loop_debug", "pass_time", "set_up"]

PRICES = frozenset({IMPORT_PRICE, EXPORT_PRICE, IMPORT_CALENDAR, EXPORT_CALENDAR})
EXPORT = frozenset({EXPORT_PRICE, EXPORT_CALENDAR})
SAVINGS = frozenset({SAVED_IMPORT, SAVED_EXPORT})
NOTHING: frozenset[str] = frozenset()
OPTIONS = {"slow_poll_interval": 3600}

COSTS = {
    # Without a tariff nobody knows whether there are rates by date
    Family.TARIFF: PRICES,
    Family.DATED_RATES: EXPORT,
    Family.SAVINGS: SAVINGS,
    # The unit of everything
    Family.CURRENCY: ALL_PRICES,
}
REFUSALS = {
    "401": faults.status_code(401),
    "403": faults.status_code(403),
    "404": faults.status_code(404),
}
TROUBLES = {
    "400": faults.status_code(400),
    "406": faults.status_code(406),
    "500": faults.status_code(500),
    "502": faults.status_code(502),
    "503 with a pause": faults.status_code(503, retry_after=30),
    "550": faults.status_code(550),
    "login page": faults.login_wall(),
    "login page as JSON": faults.login_wall(as_json=True),
    "maintenance": faults.maintenance(),
    "truncated": faults.truncated(),
    "text": faults.text_body("oops"),
    "number": faults.payload(42),
    "list": faults.payload([]),
    "empty object": faults.payload({}),
    "null": faults.payload(None),
    "empty": faults.empty_body(),
    "dropped": faults.dropped(),
}
LASTING = {name: (TROUBLES | REFUSALS)[name] for name in ("401", "500", "empty object")}
PASSING = {name: TROUBLES[name] for name in ("503 with a pause", "login page", "dropped")}
"""One of each way to fail; what is a failure at all is told by the table above."""


def without_value(hass: HomeAssistant) -> frozenset[str]:
    """Return the entities of both devices that show no value, or are not there at all."""
    states = {
        entity_id: hass.states.get(entity_id) for entity_id in ALL_PRICES | {"sensor.vpp_lark_street_listed_events"}
    }
    off = {"unavailable", "unknown"}
    return frozenset(entity_id for entity_id, state in states.items() if state is None or state.state in off)


@pytest.fixture(autouse=True)
def tariff(world: World) -> None:
    """A tariff for which every request is needed."""
    world.site.tariff = TARIFFS["nem3"]


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
@pytest.mark.parametrize("family", COSTS)
class TestEachFamily:
    """Trap 46: families fail one by one."""

    @pytest.mark.parametrize("trouble", (TROUBLES | REFUSALS).values(), ids=TROUBLES | REFUSALS)
    async def test_a_family_in_trouble_from_the_start_costs_its_own_entities(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        simulator: Simulator,
        pass_time: PassTime,
        family: Family,
        trouble: faults.Trouble,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        simulator.faults.add(trouble, family)
        entry = await set_up(options=OPTIONS)
        assert entry.state is ConfigEntryState.LOADED
        await pass_time(timedelta(minutes=12), step=360)
        assert without_value(hass) <= COSTS[family]
        assert value(hass, STATUS) == "unplugged"
        assert simulator.requests.logins == 1
        assert 1 <= simulator.requests.count(family) <= 6
        assert not any(entry.async_get_active_flows(hass, {"reauth"}))
        assert not loud(caplog)

    @pytest.mark.parametrize("trouble", LASTING.values(), ids=LASTING)
    async def test_a_family_in_trouble_later_leaves_what_is_known(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        simulator: Simulator,
        pass_time: PassTime,
        family: Family,
        trouble: faults.Trouble,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        await set_up(options=OPTIONS)
        assert without_value(hass) == NOTHING
        simulator.faults.add(trouble, family)
        # Until the savings were due
        await pass_time(timedelta(minutes=90), step=900)
        assert without_value(hass) == NOTHING
        assert simulator.requests.logins == 1
        assert not loud(caplog)

    @pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
    async def test_all_is_well_once_the_trouble_has_passed(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        simulator: Simulator,
        pass_time: PassTime,
        family: Family,
        trouble: faults.Trouble,
    ) -> None:
        simulator.faults.add(trouble, family)
        await set_up(options=OPTIONS)
        assert without_value(hass) == COSTS[family]
        simulator.faults.clear()
        # Rates by date are asked for again after an hour
        await pass_time(timedelta(minutes=75), step=900)
        assert without_value(hass) == NOTHING


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
async def test_both_services_out_of_order_cost_both_devices_and_nothing_else(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """Trap 3: nobody signs in again because of something optional."""
    simulator.faults.add(faults.status_code(401), *COSTS, Family.VPP_ENROLMENT, Family.VPP_EVENTS)
    entry = await set_up(options=OPTIONS)
    await pass_time(timedelta(hours=4), step=900)
    assert value(hass, STATUS) == "unplugged"
    assert not ALL_OF_THE_PROGRAM & set(hass.states.async_entity_ids())
    assert simulator.requests.logins == 1
    assert simulator.requests.count(Family.JWT) <= 1
    assert not any(entry.async_get_active_flows(hass, {"reauth"}))


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
async def test_a_pause_of_one_family_is_kept_and_is_that_of_no_other(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(options=OPTIONS)
    simulator.faults.add(faults.status_code(429, retry_after=3600), Family.SAVINGS, times=1)
    await pass_time(timedelta(minutes=31), step=60)
    simulator.requests.clear()
    await pass_time(timedelta(minutes=50), step=600)
    assert simulator.requests.count(Family.SAVINGS) == 0
    assert simulator.requests.count(Family.STATUS) > 0


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
async def test_a_cloud_that_answers_slowly_at_the_start_costs_the_prices_a_minute_or_two(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, meanwhile: Meanwhile, pass_time: PassTime
) -> None:
    """What waits for its turn among all that is read at the start may wait too long."""
    slow = [simulator.faults.add(faults.slow(5), family) for family in Family]
    await meanwhile(setup_entry())
    await meanwhile(hass.async_block_till_done(wait_background_tasks=True))
    for fault in slow:
        simulator.faults.remove(fault)
    await pass_time(timedelta(seconds=90), step=5)
    assert "sensor.energy_prices_lark_street_import_price" not in without_value(hass)
