"""What plans do when the cloud, the charger or the prices are not what a plan needs."""

from datetime import datetime, time
import logging

from homeassistant.components.time import DOMAIN as TIME_DOMAIN, SERVICE_SET_VALUE
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import ChargeMode, Family, Simulator, World, commands, faults
from simulator.ready_tariffs import NONE, VALLEY

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .planning import (
    HOUR,
    NIGHT,
    NOON,
    PLAN_START,
    act,
    being_set,
    choose_strategy,
    own_slots,
    plan_of,
    planned,
    plug_in_car,
    priced,
    publish,
    set_plan_energy,
    slot_states,
    windows,
)
from .wishes import shown

__all__ = ["being_set", "planned", "priced"]

AS_BEFORE = {"owner": True}
AT_NIGHT = [(time(3, 50), time(5), (3,))]


def big_car(world: World) -> None:
    plug_in_car(world)


def shows_failure(hass: HomeAssistant) -> tuple[str, str | None]:
    """Return the state of the plan and why it failed."""
    return plan_of(hass).state, plan_of(hass).attributes["failure"]


# The cloud


@pytest.mark.usefixtures("priced")
async def test_a_schedule_that_cannot_be_read_fails_the_plan_until_it_can(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES, method="GET")
    await choose_strategy(hass, "cheapest")
    await advance(30)
    assert shows_failure(hass) == ("failed", "unreachable")
    assert slot_states(world) == AS_BEFORE
    world.faults.clear()
    await advance(15 * 60, step=30)
    await advance(60)
    assert plan_of(hass).state == "set"
    assert own_slots(world) == AT_NIGHT


@pytest.mark.usefixtures("being_set")
async def test_reads_that_fail_while_a_plan_is_set_leave_everything_as_it_was(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.faults.add(faults.dropped(), Family.SCHEDULES, method="GET")
    await advance(120)
    assert shows_failure(hass) == ("failed", "unreachable")
    world.faults.clear()
    await advance(400)
    assert slot_states(world) == AS_BEFORE
    assert world.charger.modes.preference is ChargeMode.MANUAL


@pytest.mark.usefixtures("planned")
async def test_what_cannot_be_cleared_now_is_cleared_later(hass: HomeAssistant, world: World, advance: Advance) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES)
    world.charger.unplug()
    await advance(180, step=10)
    assert own_slots(world) == AT_NIGHT
    world.faults.clear()
    await advance(360, step=10)
    assert slot_states(world) == AS_BEFORE
    assert world.charger.modes.preference is ChargeMode.MANUAL


@pytest.mark.usefixtures("planned")
async def test_a_new_plan_that_is_refused_leaves_the_former_one_in_force(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.faults.add(faults.status_code(400), Family.SCHEDULES, method="POST")
    publish(hass, (*NIGHT[:12], 0.01, 0.01, *NIGHT[14:]))
    await advance(120)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [("03:50", "05:00")]
    assert own_slots(world) == AT_NIGHT


async def test_a_plan_stays_where_the_schedule_cannot_be_read_after_a_restart(
    hass: HomeAssistant, planned: MockConfigEntry, world: World, advance: Advance
) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES)
    await hass.config_entries.async_reload(planned.entry_id)
    await advance(300, step=30)
    assert own_slots(world) == AT_NIGHT
    world.faults.clear()
    await advance(4000, step=200)
    assert plan_of(hass).state == "set"
    assert own_slots(world) == AT_NIGHT


async def test_an_entry_that_is_removed_while_the_cloud_is_out_says_what_may_be_left(
    hass: HomeAssistant, planned: MockConfigEntry, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults.add(faults.status_code(503), Family.STATUS)
    await hass.config_entries.async_remove(planned.entry_id)
    await hass.async_block_till_done()
    assert "Slots of a plan may be left at a charger" in caplog.text
    assert own_slots(world) == AT_NIGHT


# The charger


@pytest.mark.usefixtures("being_set")
async def test_a_plan_that_is_cancelled_while_it_is_set_leaves_nothing_behind(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    await act(hass, "cancel_plan")
    await advance(120)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == []


async def test_a_plan_for_the_next_car_can_be_cancelled(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    publish(hass)
    await setup_entry(options={"price_entity": "sensor.spot_price"})
    await meanwhile(act(hass, "plan_charging", energy=10))
    await act(hass, "cancel_plan")
    big_car(world)
    await advance(120)
    assert plan_of(hass).state == "off"
    assert own_slots(world) == []


@pytest.mark.usefixtures("planned")
async def test_a_charger_that_does_not_say_whether_a_car_is_there_keeps_its_plan(
    hass: HomeAssistant, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.faults.add(faults.field_value("data.chargers.0.pluggedIn", None), Family.STATUS)
    world.faults.add(faults.field_missing("data.chargers.0.connectors"), Family.STATUS)
    simulator.requests.clear()
    await advance(120)
    assert plan_of(hass).state == "set"
    assert own_slots(world) == AT_NIGHT
    assert simulator.requests.count(Family.SCHEDULES) == 0


@pytest.mark.usefixtures("priced")
async def test_a_charger_that_the_owner_may_not_control_has_no_plan(
    hass: HomeAssistant, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.owner_may_control = False
    await advance(660, step=30)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert shows_failure(hass) == ("failed", "no_control")
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == 0


async def test_a_charger_without_the_scheduled_mode_has_no_plan(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    publish(hass)
    big_car(world)
    world.faults.add(faults.field_value("data.modes.scheduledCharging.isHidden", value=True), Family.MODE)
    await setup_entry(options={"price_entity": "sensor.spot_price"})
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert shows_failure(hass) == ("failed", "no_scheduled_mode")


async def test_without_a_known_current_there_is_no_plan(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    publish(hass)
    big_car(world)
    world.faults.add(faults.field_missing("data.*.chargeLevelDetails"), Family.SUMMARY)
    await setup_entry(options={"price_entity": "sensor.spot_price"})
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert shows_failure(hass) == ("failed", "no_power")


async def test_energy_counts_from_the_first_reading_of_the_counter(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    publish(hass)
    big_car(world)
    world.faults.add(faults.field_missing("data.*.lifeTimeConsumption"), Family.SUMMARY)
    await setup_entry(options={"price_entity": "sensor.spot_price"})
    await meanwhile(act(hass, "plan_charging", energy=2, ready_by=(NOON + HOUR).isoformat()))
    world.faults.clear()
    await advance(3600, step=30)
    assert plan_of(hass).state == "done"
    assert own_slots(world) == []


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize(("fault", "said"), [(None, ""), (faults.status_code(503), "although the planned energy")])
async def test_a_charger_that_goes_on_without_its_slot_is_stopped_once(
    hass: HomeAssistant,
    world: World,
    simulator: Simulator,
    advance: Advance,
    meanwhile: Meanwhile,
    caplog: pytest.LogCaptureFixture,
    fault: faults.Trouble | None,
    said: str,
) -> None:
    await meanwhile(act(hass, "plan_charging", energy=6, ready_by=(NOON + HOUR).isoformat()))
    begin = datetime.fromisoformat(shown(hass, PLAN_START))
    await advance((begin - NOON).total_seconds() + 60, step=15)
    assert plan_of(hass).state == "charging"
    # From now on nothing reaches the charger
    world.charger.effect_delay = 2 * HOUR
    if fault:
        world.faults.add(fault, Family.STOP)
    caplog.set_level(logging.WARNING)
    await advance(1800, step=20)
    assert plan_of(hass).state == "done"
    assert own_slots(world) == []
    assert simulator.requests.count(Family.STOP) == 1
    assert said in caplog.text


# Prices and goals


async def test_prices_come_from_the_tariff_where_no_sensor_is_chosen(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.site.tariff = VALLEY
    big_car(world)
    await setup_entry()
    await choose_strategy(hass, "cheapest")
    await advance(120)
    assert plan_of(hass).state == "set"
    ((start, end),) = windows(hass)
    assert "01:00" <= start < end == "05:00"
    assert plan_of(hass).attributes["cost"] == pytest.approx(20 * 0.061)


@pytest.mark.parametrize(
    "options",
    [{"enable_monetary": False}, {"price_entity": "sensor.is_not_there"}, {}],
    ids=["no prices at all", "the sensor is gone", "no tariff"],
)
async def test_a_plan_without_any_prices_charges_as_late_as_possible(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, options: dict[str, object]
) -> None:
    world.site.tariff = NONE
    big_car(world)
    await setup_entry(options=options)
    await choose_strategy(hass, "cheapest")
    await advance(300)
    assert shows_failure(hass) == ("waiting_for_prices", None)
    assert windows(hass)[-1][1] == "06:45"
    assert len(own_slots(world)) == 1


@pytest.mark.usefixtures("planned")
async def test_a_little_less_energy_in_the_same_windows_is_no_write(
    hass: HomeAssistant, simulator: Simulator, advance: Advance
) -> None:
    simulator.requests.clear()
    await set_plan_energy(hass, 19.9)
    await advance(60)
    assert plan_of(hass).attributes["energy"] == 19.9
    assert windows(hass) == [("03:50", "05:00")]
    assert simulator.requests.count(Family.SCHEDULES) == 0


@pytest.mark.usefixtures("planned")
async def test_another_time_to_be_ready_by_makes_another_plan(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    data = {ATTR_ENTITY_ID: "time.carport_ready_by", "time": "03:45:00"}
    await hass.services.async_call(TIME_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)
    await advance(60)
    assert windows(hass)[-1][1] <= "03:45"
    assert len(own_slots(world)) == 1


# The sun


@pytest.fixture
async def in_sun(hass: HomeAssistant, priced: MockConfigEntry, world: World, advance: Advance) -> None:
    """A charger that is left to the sun, which sets in Vienna at ten past three UTC."""
    hass.config.latitude, hass.config.longitude = 48.2, 16.37
    world.site.solar_watts = 0
    await choose_strategy(hass, "sun_then_cheapest")
    await advance(60)
    assert plan_of(hass).state == "set"
    assert world.charger.modes.preference is ChargeMode.GREEN
    assert own_slots(world) == []


@pytest.mark.usefixtures("in_sun")
async def test_what_the_sun_did_not_bring_comes_from_the_cheapest_hours(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    await advance(3.0 * 3600, step=300)
    assert own_slots(world) == []
    await advance(0.3 * 3600, step=30)
    assert plan_of(hass).state == "set"
    ((start, end, _),) = own_slots(world)
    assert start is not None
    assert time(2) <= start < time(5) == end
    world.charger.unplug()
    await advance(120)
    assert world.charger.modes.preference is ChargeMode.MANUAL
    assert slot_states(world) == AS_BEFORE


@pytest.mark.usefixtures("in_sun")
async def test_a_start_in_the_app_takes_the_car_from_the_sun(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.site.solar_watts = 8600
    await advance(700, step=10)
    commands.start(world.charger, level=16, connector=world.charger.connector(1))
    await advance(400, step=10)
    assert plan_of(hass).state == "ended"
    assert world.charger.watts > 8600, "the car charges on"
