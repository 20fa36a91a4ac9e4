"""How often the cloud is asked, and what happens when it does not answer."""

import asyncio
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, EventStateChangedData, EventStateReportedData, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile

REACHABLE = "binary_sensor.lark_street_cloud_reachable"
STATUS = "sensor.carport_status"
AN_HOUR = 3600.0


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity shows."""
    shown = hass.states.get(entity_id)
    assert shown is not None, entity_id
    return shown.state


async def test_an_idle_hour_stays_below_the_promised_requests(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 57: not everything is asked for on every tick."""
    await setup_entry()
    simulator.requests.clear()
    await advance(AN_HOUR)
    assert simulator.requests.count(Family.STATUS) <= 122
    assert len(simulator.requests) <= 160


async def test_an_hour_of_charging_stays_below_the_promised_requests(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1))
    await setup_entry()
    await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": "switch.carport"}, blocking=True)
    await advance(60)
    simulator.requests.clear()
    await advance(AN_HOUR)
    assert 280 < len(simulator.requests) <= 430


async def test_setup_takes_few_requests_and_no_second_sign_in(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    before_chargers: list[int] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == "switch.carport":
            signing_in = simulator.requests.count(Family.LOGIN, Family.JWT, Family.PAGE)
            before_chargers.append(len(simulator.requests) - signing_in)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await setup_entry()
    assert simulator.requests.logins == 1
    assert before_chargers[0] == 5
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(simulator.requests) <= 16
    assert state(hass, "switch.carport_use_battery_for_green_charging") == STATE_OFF


async def test_an_idle_hour_writes_few_states(hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance) -> None:
    """Data that stays the same writes nothing; what moves are figures of the link and the savings of the day."""
    await setup_entry()
    await advance(60)  # the firmware, which no start waits for
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData] | Event[EventStateReportedData]) -> None:
        written.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    hass.bus.async_listen(EVENT_STATE_REPORTED, note, event_filter=callback(lambda _data: True))
    await advance(AN_HOUR)
    assert len(written) <= 70
    assert set(written) <= {
        "sensor.lark_street_last_successful_update",
        "sensor.lark_street_cloud_latency",
        "sensor.energy_prices_lark_street_import_cost_today",
        "sensor.energy_prices_lark_street_export_earnings_today",
    }


async def test_the_cloud_counts_as_reachable_for_three_intervals(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    assert state(hass, REACHABLE) == STATE_ON
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    await advance(85)
    assert (state(hass, REACHABLE), state(hass, STATUS)) == (STATE_ON, "unplugged")
    await advance(15)
    assert (state(hass, REACHABLE), state(hass, STATUS)) == (STATE_OFF, STATE_UNAVAILABLE)


async def test_one_lost_poll_is_no_outage(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 77: the chargers and the link follow one rule, and a single failure is forgotten."""
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    written: list[str] = []
    hass.bus.async_listen(EVENT_STATE_CHANGED, callback(lambda event: written.append(event.data["entity_id"])))
    simulator.faults.add(faults.status_code(503), Family.STATUS, times=1)
    await advance(80)
    assert not [entity_id for entity_id in written if "carport" in entity_id or entity_id == REACHABLE]


async def test_a_refused_command_ends_the_fast_rhythm(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 77: a stop each minute on an idle charger kept polling fast, 140 status reads in 20 minutes."""
    await setup_entry()
    simulator.requests.clear()
    for _ in range(20):
        await hass.services.async_call("switch", "turn_off", {"entity_id": "switch.carport"}, blocking=True)
        await advance(60)
    assert simulator.requests.count(Family.STATUS) <= 65


async def test_a_change_of_the_rhythm_does_not_make_the_cloud_seem_unreachable(
    hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
) -> None:
    changes: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == REACHABLE:
            changes.append(event.data["entity_id"])

    await setup_entry()
    await advance(28, step=1)
    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    for action in ("start_live_stream", "stop_live_stream"):
        await hass.services.async_call(DOMAIN, action, {}, blocking=True)
        await advance(55, step=1)
    assert not changes


async def test_an_outage_is_shown_and_passes_by_itself(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    outage = simulator.faults.add(faults.status_code(503), Family.STATUS)
    await advance(110)
    assert state(hass, STATUS) == STATE_UNAVAILABLE
    simulator.faults.remove(outage)
    await advance(700)
    assert (state(hass, STATUS), state(hass, REACHABLE)) == ("unplugged", STATE_ON)


async def test_an_outage_is_logged_once_down_and_once_up(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await setup_entry()
    outage = simulator.faults.add(faults.status_code(503), Family.STATUS)
    await advance(300)
    simulator.faults.remove(outage)
    await advance(700)
    ours = [r for r in caplog.records if r.name.startswith("custom_components.enphase") and r.levelname != "DEBUG"]
    assert [record.levelname for record in ours] == ["ERROR", "INFO"]


@pytest.mark.parametrize("family", [Family.SUMMARY, Family.MODE, Family.GREEN, Family.CONFIGURATION])
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(faults.status_code(401), id="401"),
        pytest.param(faults.status_code(403), id="403"),
        pytest.param(faults.status_code(404), id="404"),
        pytest.param(faults.status_code(500), id="500"),
        pytest.param(faults.status_code(550), id="550"),
        pytest.param(faults.maintenance(), id="maintenance"),
        pytest.param(faults.truncated(), id="truncated"),
        pytest.param(faults.null_data(), id="null"),
        pytest.param(faults.payload([]), id="list"),
        pytest.param(faults.payload("oops"), id="text"),
    ],
)
async def test_another_family_in_trouble_costs_only_its_own_values(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, family: Family, trouble: faults.Trouble
) -> None:
    """Trap 46: the state of the charger is there whatever else fails, and nobody is signed in again for it."""
    simulator.faults.add(trouble, family)
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
    statuses = [s for s in hass.states.async_all("sensor") if s.entity_id.endswith("_status")]
    assert {"unplugged", "available"} == {s.state for s in statuses}
    assert simulator.requests.logins == 1


@pytest.mark.parametrize(
    ("trouble", "key"),
    [
        (faults.status_code(503), "service_unavailable"),
        (faults.status_code(429, retry_after=120), "rate_limited"),
        (faults.maintenance(), "service_unavailable"),
        (faults.truncated(), "invalid_response"),
        (faults.dropped(), "cannot_connect"),
    ],
)
async def test_a_cloud_in_trouble_delays_the_setup_and_says_why(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, trouble: faults.Trouble, key: str
) -> None:
    simulator.faults.add(trouble, Family.STATUS)
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == key


@pytest.mark.parametrize("family", [Family.MODE, Family.SCHEDULES, Family.CONFIGURATION])
async def test_a_service_that_does_not_answer_holds_up_no_set_up(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, meanwhile: Meanwhile, family: Family
) -> None:
    """Trap 46: what hangs costs its own part; Home Assistant complains about set-ups of ten seconds."""
    entry = await setup_entry()
    simulator.faults.add(faults.slow(14), family)
    began = dt_util.utcnow()
    await meanwhile(hass.config_entries.async_reload(entry.entry_id))
    assert timedelta(seconds=4) < dt_util.utcnow() - began < timedelta(seconds=8)
    assert state(hass, STATUS) == "unplugged"
    await meanwhile(asyncio.sleep(12))


async def test_a_slow_service_shows_what_it_says_when_it_says_it(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, meanwhile: Meanwhile
) -> None:
    entry = await setup_entry()
    simulator.faults.add(faults.slow(14), Family.MODE)
    await meanwhile(hass.config_entries.async_reload(entry.entry_id))
    assert state(hass, "select.carport_charge_mode") == STATE_UNKNOWN
    await meanwhile(asyncio.sleep(12))
    assert state(hass, "select.carport_charge_mode") == "manual"


async def test_side_facts_that_contradict_the_rest_change_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 50: when a charger was last offline, and what is known of its car, says nothing about now."""
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    before = {shown.entity_id: shown.state for shown in hass.states.async_all() if "carport" in shown.entity_id}
    for contradiction in (
        faults.field_value("data.chargers.0.offlineAt", "2026-11-17T11:59:00Z[UTC]"),
        faults.field_value("data.chargers.0.isEVDetailsSet", True),
        faults.field_value("data.chargers.0.smartEV", {"hasToken": True, "hasEVDetails": False}),
    ):
        simulator.faults.add(contradiction, Family.STATUS)
    await advance(70)
    assert {entity_id: state(hass, entity_id) for entity_id in before} == before


async def test_an_isolated_empty_answer_changes_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 45: healthy accounts sometimes list no chargers for a moment."""
    await setup_entry()
    simulator.faults.add(faults.empty_list(), Family.STATUS, times=2)
    await advance(65)
    assert state(hass, STATUS) == "unplugged"


async def test_a_charger_missing_from_three_answers_is_unavailable(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    simulator.faults.add(faults.empty_list(), Family.STATUS)
    await advance(120)
    assert state(hass, STATUS) == STATE_UNAVAILABLE


async def test_an_offline_charger_shows_no_power_and_says_offline(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    await setup_entry()
    world.charger.go_offline()
    await advance(35)
    assert state(hass, STATUS) == "offline"
    assert state(hass, "sensor.carport_power") == "unknown"
    assert state(hass, "binary_sensor.carport_cloud_connection") == STATE_OFF


async def test_the_link_figures_rest_for_five_minutes(
    hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
) -> None:
    await setup_entry()
    first = state(hass, "sensor.lark_street_last_successful_update")
    await advance(280)
    assert state(hass, "sensor.lark_street_last_successful_update") == first
    await advance(30)
    assert state(hass, "sensor.lark_street_last_successful_update") > first
