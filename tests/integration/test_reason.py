"""Why a charger does what it does, as its owner reads it."""

from datetime import time, timedelta

from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, Slot, World, faults

from .conftest import SetupEntry
from .passing_time import Advance

REASON = "sensor.carport_reason"
STATUS = "sensor.carport_status"


def shown(hass: HomeAssistant, entity_id: str = REASON) -> State:
    """Return a state that is there."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def act(hass: HomeAssistant, action: str) -> None:
    """Start or stop."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": "switch.carport"}, blocking=True)


def plug_in(world: World, *, state_of_charge: float = 0.4) -> None:
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=state_of_charge, max_amps=16))


def wait_for_the_night(world: World) -> None:
    """Plug in a car that the schedule lets charge at night."""
    world.charger.slots = [Slot(id="4410287:202640011873:night", start=time(22), end=time(5))]
    world.charger.modes.active = world.charger.modes.preference = ChargeMode.SCHEDULED
    plug_in(world)


async def test_an_empty_charger_waits_for_nobody(hass: HomeAssistant, setup_entry: SetupEntry) -> None:
    await setup_entry()
    assert shown(hass).state == "no_vehicle"


async def test_a_charge_and_its_stop_are_explained(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    plug_in(world)
    await setup_entry()
    await act(hass, "start_charging")
    await advance(60)
    assert (shown(hass).state, shown(hass, STATUS).state) == ("charging_as_asked", "charging")
    await act(hass, "stop_charging")
    await advance(60)
    assert (shown(hass).state, shown(hass, STATUS).state) == ("stopped_by_request", "stopped")
    world.charger.unplug()
    await advance(60)
    assert shown(hass).state == "no_vehicle"


async def test_a_stop_is_remembered_over_a_restart(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    plug_in(world)
    entry = await setup_entry()
    await act(hass, "start_charging")
    await advance(60)
    await act(hass, "stop_charging")
    await advance(60)
    await hass.config_entries.async_reload(entry.entry_id)
    await advance(60)
    assert (shown(hass).state, shown(hass, STATUS).state) == ("stopped_by_request", "stopped")


async def test_a_full_car_is_why_nothing_flows(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    plug_in(world, state_of_charge=0.999)
    await setup_entry()
    await act(hass, "start_charging")
    await advance(900)
    assert shown(hass).state == "vehicle_does_not_draw"
    assert "connector_status: suspended_ev" in shown(hass).attributes["evidence"]


async def test_a_cloudy_day_is_why_green_charging_waits(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.site.solar_watts = 0
    world.charger.use_battery = False
    world.charger.modes.active = world.charger.modes.preference = ChargeMode.GREEN
    plug_in(world)
    await setup_entry()
    await act(hass, "start_charging")
    await advance(120)
    assert (shown(hass).state, shown(hass, STATUS).state) == ("waiting_for_sun", "waiting_for_sun")


async def test_load_balancing_is_told(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    plug_in(world)
    world.charger.adjust(load_limit_amps=8)
    await setup_entry()
    await act(hass, "start_charging")
    await advance(60)
    assert shown(hass).state == "load_management"


async def test_a_fault_is_told(hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance) -> None:
    await setup_entry()
    world.charger.break_down()
    await advance(60)
    assert shown(hass).state == "fault"


async def test_an_offline_charger_is_told(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    await setup_entry()
    world.charger.go_offline()
    await advance(60)
    assert shown(hass).state == "charger_offline"


async def test_the_reason_is_told_while_everything_else_is_unavailable(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    outage = simulator.faults.add(faults.status_code(503))
    await advance(timedelta(minutes=10).total_seconds())
    assert shown(hass, STATUS).state == "unavailable"
    assert shown(hass).state == "cloud_unreachable"
    simulator.faults.remove(outage)
    await advance(timedelta(minutes=15).total_seconds())
    assert shown(hass).state == "no_vehicle"


async def test_since_stands_still_while_the_reason_does(
    hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
) -> None:
    await setup_entry()
    before = shown(hass)
    await advance(1200)
    assert shown(hass).attributes["since"] == before.attributes["since"]
    assert shown(hass).last_updated == before.last_updated


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
async def test_the_schedule_is_why_a_car_waits_and_until_when(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.charger.modes.active = world.charger.modes.preference = ChargeMode.SCHEDULED
    plug_in(world)
    await setup_entry()
    await advance(60)
    reason = shown(hass)
    assert reason.state == shown(hass, STATUS).state == "waiting_for_schedule"
    next_start = hass.states.get("sensor.carport_next_scheduled_start")
    if next_start is not None and next_start.state != "unknown":
        assert reason.attributes["until"].isoformat() == next_start.state


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
class TestStormGuard:
    """The answer about the mode says whether it is at work; it is a reason only while the charger gives nothing."""

    async def test_it_is_why_a_car_waits_until_it_is_over(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        wait_for_the_night(world)
        world.charger.modes.storm_disables_green = True
        await setup_entry()
        await act(hass, "start_charging")
        await advance(60)
        assert shown(hass).state == "storm_guard"
        assert "storm_guard" in shown(hass).attributes["evidence"]
        world.charger.modes.storm_disables_green = False
        await advance(1000, step=30)
        assert shown(hass).state == "waiting_for_schedule"

    async def test_it_is_none_while_the_car_charges(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.modes.storm_disables_green = True
        plug_in(world)
        await setup_entry()
        await act(hass, "start_charging")
        await advance(60)
        assert shown(hass).state == "charging_as_asked"

    async def test_it_is_none_while_nobody_can_tell_whether_it_is_over(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        wait_for_the_night(world)
        world.charger.modes.storm_disables_green = True
        await setup_entry()
        await act(hass, "start_charging")
        await advance(60)
        simulator.faults.add(faults.status_code(503), Family.MODE)
        await advance(1000, step=30)
        assert shown(hass).state == "scheduler_down"
