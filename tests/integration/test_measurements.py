"""What the sensors of a charger measure: over restarts, over midnight, and after the end of a session."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance

LIFETIME, TODAY = "sensor.carport_lifetime_energy", "sensor.carport_energy_today"
DURATION, POWER, STATUS = "sensor.carport_session_duration", "sensor.carport_power", "sensor.carport_status"
SWITCH = "switch.carport"
VIENNA = ZoneInfo("Europe/Vienna")


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return what an entity shows."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


async def act(hass: HomeAssistant, action: str, **data: object) -> None:
    """Call an action of the integration on the charger."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": SWITCH, **data}, blocking=True)


async def test_the_lifetime_is_known_before_the_cloud_tells_it_again(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 13: never zero for what is not known yet."""
    entry = await setup_entry()
    await advance(60)
    before = shown(hass, LIFETIME).state
    assert float(before) > 100
    simulator.faults.add(faults.status_code(503), Family.SUMMARY)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, LIFETIME).state == before


async def test_a_counter_that_begins_anew_is_believed_when_it_is_read_twice(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 13: a second reading a minute later tells an exchanged meter from a wrong answer."""
    await setup_entry()
    before = shown(hass, LIFETIME).state
    simulator.faults.add(faults.field_value("data.*.lifeTimeConsumption", 1200), Family.SUMMARY, times=1)
    await advance(500)
    assert shown(hass, LIFETIME).state == before
    simulator.faults.add(faults.field_value("data.*.lifeTimeConsumption", 1200), Family.SUMMARY)
    await advance(500)
    assert float(shown(hass, LIFETIME).state) == 1.2


@pytest.mark.freeze_time("2026-11-17 21:30:00+00:00")
async def test_the_day_ends_at_the_midnight_of_the_site(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Home Assistant lives in another zone here."""
    world.charger.plug_in(Car(battery_kwh=80, state_of_charge=0.1, max_amps=16, phases=3))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(3600)
    assert float(shown(hass, TODAY).state) > 8
    await advance(2400, step=10)
    today = shown(hass, TODAY)
    assert 0 < float(today.state) < 4
    assert datetime.fromisoformat(today.attributes["last_reset"]) == datetime(2026, 11, 18, tzinfo=VIENNA)


async def test_the_duration_stands_still_once_the_session_has_ended(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.charger.plug_in(Car())
    await setup_entry()
    await act(hass, "start_charging")
    await advance(600)
    await act(hass, "stop_charging")
    await advance(60)
    ended = float(shown(hass, DURATION).state)
    assert 8 < ended < 12
    await advance(timedelta(minutes=15).total_seconds())
    assert float(shown(hass, DURATION).state) == ended


async def test_a_full_car_is_in_a_session_that_draws_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Trap 42: the session goes on, and no power is left standing."""
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.995))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(1800)
    assert shown(hass, STATUS).state == "paused_by_vehicle"
    assert shown(hass, SWITCH).state == "on"
    assert float(shown(hass, POWER).state) == 0


async def test_an_offline_spell_is_no_event(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.charger.plug_in(Car())
    await setup_entry()
    await act(hass, "start_charging")
    await advance(60)
    before = shown(hass, "event.carport_session")
    assert before.attributes["event_type"] == "started"
    world.charger.go_offline()
    await advance(120)
    world.charger.come_online()
    await advance(120)
    after = shown(hass, "event.carport_session")
    assert (after.state, after.attributes["event_type"]) == (before.state, "started")


async def test_a_message_can_be_asked_for_under_another_site(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    await setup_entry()
    simulator.faults.add(faults.payload({"status": "accepted"}), Family.TRIGGER)
    await act(hass, "trigger_message", requested_message="MeterValues", site_id="4410299")
    assert "/4410299/" in simulator.requests.last(Family.TRIGGER).path
