"""The plan: from what an owner wants to slots in the charger, and back to what was before."""

from datetime import time, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .planning import (
    BY_PRICE_SENSOR,
    HOUR,
    NIGHT,
    NOON,
    OWNERS,
    act,
    being_set,
    choose_strategy,
    lifetime_kwh,
    only_reply,
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
from .wishes import choose_mode, shown, turn_off, turn_on

__all__ = ["being_set", "planned", "priced"]


@pytest.mark.usefixtures("planned")
async def test_the_cheapest_hours_are_written_into_the_charger(hass: HomeAssistant, world: World) -> None:
    assert windows(hass) == [("03:50", "05:00")]
    assert own_slots(world) == [(time(3, 50), time(5), (3,))]
    assert world.charger.modes.preference is ChargeMode.SCHEDULED
    assert slot_states(world)["owner"] is False
    attributes = plan_of(hass).attributes
    assert attributes["energy"] == 20
    assert attributes["cost"] == pytest.approx(2.0)
    assert attributes["cost_at_once"] == pytest.approx(6.0)
    assert attributes["saving"] == pytest.approx(4.0)
    assert attributes["missing"] == 0
    assert shown(hass, "sensor.carport_plan_start") == "2026-11-18T02:50:00+00:00"
    assert shown(hass, "sensor.carport_plan_end") == "2026-11-18T04:00:00+00:00"


@pytest.mark.usefixtures("planned")
async def test_the_car_is_charged_at_night_and_everything_is_as_before_when_it_leaves(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    before = lifetime_kwh(world)
    await advance(14.8 * 3600, step=3600)
    await advance(0.4 * 3600, step=30)
    assert plan_of(hass).state == "charging"
    await advance(1.5 * 3600, step=30)
    assert plan_of(hass).state == "done"
    assert lifetime_kwh(world) - before == pytest.approx(20, abs=1.5)
    assert own_slots(world) == []
    assert slot_states(world) == {"owner": False}, "nothing comes back while the car is there"
    world.charger.unplug()
    await advance(120)
    assert plan_of(hass).state == "waiting_for_vehicle"
    assert slot_states(world) == {"owner": True}
    assert world.charger.modes.preference is ChargeMode.MANUAL


@pytest.mark.usefixtures("planned")
async def test_a_plan_goes_on_without_home_assistant(
    hass: HomeAssistant, planned: MockConfigEntry, world: World, advance: Advance
) -> None:
    before = lifetime_kwh(world)
    await hass.config_entries.async_unload(planned.entry_id)
    await advance(18 * 3600, step=600)
    assert lifetime_kwh(world) - before >= 20
    await hass.config_entries.async_setup(planned.entry_id)
    await advance(120)
    assert own_slots(world) == [], "the first contact cleans up"


@pytest.mark.usefixtures("planned")
async def test_the_next_start_after_the_car_has_left_leaves_nothing_behind(
    hass: HomeAssistant, planned: MockConfigEntry, world: World, advance: Advance
) -> None:
    await hass.config_entries.async_unload(planned.entry_id)
    world.charger.unplug()
    await advance(9 * 24 * 3600, step=3600)
    await hass.config_entries.async_setup(planned.entry_id)
    await advance(120)
    assert slot_states(world) == {"owner": True}
    assert world.charger.modes.preference is ChargeMode.MANUAL


async def test_removing_the_entry_removes_the_slots(
    hass: HomeAssistant, planned: MockConfigEntry, world: World
) -> None:
    await hass.config_entries.async_remove(planned.entry_id)
    await hass.async_block_till_done()
    assert own_slots(world) == []
    assert slot_states(world) == {"owner": False}, "the owner's slot might start the car that is there"


async def test_removing_the_entry_brings_everything_back_where_no_car_is_there(
    hass: HomeAssistant, planned: MockConfigEntry, world: World
) -> None:
    world.charger.unplug()
    await hass.config_entries.async_remove(planned.entry_id)
    await hass.async_block_till_done()
    assert slot_states(world) == {"owner": True}
    assert world.charger.modes.preference is ChargeMode.MANUAL


FAULTS = {
    "refused": faults.status_code(400),
    "5xx without effect": faults.status_code(503),
    "no answer, without effect": faults.dropped(),
}
LOST_ANSWERS = {
    "5xx with effect": faults.status_code(503, executes=True),
    "no answer, with effect": faults.dropped(executes=True),
}
STEPS = {
    "create": (Family.SCHEDULES, "POST"),
    "the owner's slots off": (Family.SCHEDULES, "PATCH"),
    "the mode": (Family.MODE, "PUT"),
}


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_step_that_fails_leaves_everything_as_it_was_and_says_why(
    hass: HomeAssistant, world: World, advance: Advance, step: str, fault: str
) -> None:
    family, method = STEPS[step]
    world.faults.add(FAULTS[fault], family, method=method)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    world.faults.clear()
    await advance(360)
    assert plan_of(hass).state == "failed"
    assert plan_of(hass).attributes["failure"] in {"refused", "no_effect", "unreachable"}
    assert slot_states(world) == {"owner": True}
    assert world.charger.modes.preference is ChargeMode.MANUAL


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", LOST_ANSWERS)
async def test_a_step_whose_answer_is_lost_is_done_all_the_same(
    hass: HomeAssistant, world: World, advance: Advance, step: str, fault: str
) -> None:
    family, method = STEPS[step]
    world.charger.quirks.server_chooses_ids = True
    world.faults.add(LOST_ANSWERS[fault], family, method=method, times=1)
    await choose_strategy(hass, "cheapest")
    await advance(120)
    assert plan_of(hass).state == "set"
    assert len(own_slots(world)) == 1
    assert world.charger.modes.preference is ChargeMode.SCHEDULED


@pytest.mark.usefixtures("priced")
async def test_a_charger_that_never_takes_the_plan_over_gets_everything_back(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.effect_delay = timedelta(hours=2)
    await choose_strategy(hass, "cheapest")
    await advance(700)
    assert plan_of(hass).state == "failed"
    assert plan_of(hass).attributes["failure"] == "not_synced"
    await advance(60)
    assert slot_states(world) == {"owner": True}


async def test_after_a_restart_in_between_the_plan_is_made_anew(
    hass: HomeAssistant, being_set: MockConfigEntry, world: World, advance: Advance
) -> None:
    await hass.config_entries.async_reload(being_set.entry_id)
    await advance(240)
    assert plan_of(hass).state == "set"
    assert len(own_slots(world)) == 1


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("deed", ["start", "stop", "mode"])
async def test_what_a_person_does_ends_the_plan_for_this_visit(
    hass: HomeAssistant, world: World, advance: Advance, deed: str
) -> None:
    match deed:
        case "start":
            await turn_on(hass)
        case "stop":
            await turn_off(hass)
        case _:
            await choose_mode(hass, "green")
    await advance(60)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == []


@pytest.mark.usefixtures("planned")
async def test_a_mode_that_is_chosen_in_the_app_ends_the_plan(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.modes.fix(ChargeMode.GREEN)
    await advance(1000)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == []
    world.charger.unplug()
    await advance(120)
    assert world.charger.modes.preference is ChargeMode.GREEN
    assert slot_states(world) == {"owner": True}


@pytest.mark.usefixtures("planned")
async def test_a_slot_that_is_deleted_in_the_app_ends_the_plan(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.slots = [slot for slot in world.charger.slots if slot.id == OWNERS.id]
    await advance(1000)
    assert plan_of(hass).state == "ended"


@pytest.mark.usefixtures("planned")
async def test_new_prices_make_a_new_plan_at_most_once_an_hour(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    cheap_at_one = (*NIGHT[:12], 0.01, 0.01, *NIGHT[14:])
    publish(hass, cheap_at_one)
    await advance(60)
    assert windows(hass) == [("01:50", "03:00")]
    assert own_slots(world) == [(time(1, 50), time(3), (3,))]
    publish(hass)
    await advance(600)
    assert windows(hass) == [("01:50", "03:00")]
    await advance(3600, step=30)
    assert windows(hass) == [("03:50", "05:00")]
    assert len(own_slots(world)) == 1


@pytest.mark.usefixtures("planned")
async def test_the_same_prices_in_other_pieces_change_nothing(
    hass: HomeAssistant, simulator: Simulator, advance: Advance
) -> None:
    writes = simulator.requests.count(Family.SCHEDULES, method="POST")
    publish(hass, (*NIGHT, 0.3))
    await advance(120)
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == writes


@pytest.mark.usefixtures("planned")
async def test_another_standing_goal_makes_another_plan(hass: HomeAssistant, world: World, advance: Advance) -> None:
    await set_plan_energy(hass, 40)
    await advance(60)
    assert plan_of(hass).attributes["energy"] == 40
    assert len(own_slots(world)) == 1


@pytest.mark.usefixtures("planned")
async def test_turning_plans_off_removes_the_slots(hass: HomeAssistant, world: World, advance: Advance) -> None:
    await choose_strategy(hass, "off")
    await advance(60)
    assert plan_of(hass).state == "off"
    assert own_slots(world) == []


@pytest.mark.usefixtures("planned")
async def test_cancelling_removes_the_slots(hass: HomeAssistant, world: World, advance: Advance) -> None:
    await act(hass, "cancel_plan")
    await advance(60)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == []


@pytest.mark.usefixtures("planned")
async def test_a_slot_of_the_plan_is_not_edited_by_the_actions_on_schedules(hass: HomeAssistant, world: World) -> None:
    (slot_id,) = slot_states(world).keys() - {"owner"}
    with pytest.raises(ServiceValidationError, match="belongs to the charging plan"):
        await act(hass, "delete_schedule", schedule_id=slot_id)
    assert len(own_slots(world)) == 1


@pytest.mark.usefixtures("priced")
async def test_the_action_replies_the_plan_once_the_charger_has_it(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    reply = await meanwhile(act(hass, "plan_charging", energy=10, ready_by="06:30"))
    plan = only_reply(reply)
    assert plan["status"] == "set"
    assert plan["ready_by"] == "2026-11-18T06:30:00+01:00"
    assert plan["energy"] == 10
    assert plan["windows"] == [
        {"start": "2026-11-18T04:25:00+01:00", "end": "2026-11-18T05:00:00+01:00", "energy": 10, "cost": 1}
    ]
    assert own_slots(world) == [(time(4, 25), time(5), (3,))]


@pytest.mark.usefixtures("priced")
async def test_the_action_raises_where_the_plan_fails(hass: HomeAssistant, world: World, meanwhile: Meanwhile) -> None:
    world.faults.add(faults.status_code(400), Family.SCHEDULES, method="POST")
    with pytest.raises(HomeAssistantError, match="refused the plan"):
        await meanwhile(act(hass, "plan_charging", energy=10))


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"energy": 0}, "above 0"),
        ({"ready_by": "2026-11-17T12:00:00+01:00"}, "already passed"),
        ({"ready_by": "2026-11-30T07:00:00+01:00"}, "at most 6 days"),
    ],
)
async def test_what_cannot_be_planned_is_said(hass: HomeAssistant, data: dict[str, object], said: str) -> None:
    with pytest.raises(ServiceValidationError, match=said):
        await act(hass, "plan_charging", **data)


@pytest.mark.usefixtures("priced")
async def test_a_goal_that_is_a_minute_away_charges_at_once(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile, advance: Advance
) -> None:
    await meanwhile(act(hass, "plan_charging", energy=10, ready_by=(NOON + timedelta(minutes=2)).isoformat()))
    await advance(900)
    assert plan_of(hass).state == "too_late"
    assert world.charger.watts > 0


@pytest.mark.usefixtures("priced")
async def test_hours_that_are_too_dear_are_left_out(hass: HomeAssistant, meanwhile: Meanwhile) -> None:
    await meanwhile(act(hass, "plan_charging", energy=100, max_price=0.2))
    assert windows(hass) == [("02:00", "05:00")]
    assert plan_of(hass).attributes["missing"] > 40


@pytest.mark.usefixtures("priced")
async def test_without_an_hour_that_is_cheap_enough_the_plan_fails_with_a_sentence(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    with pytest.raises(HomeAssistantError, match="as cheap as required"):
        await meanwhile(act(hass, "plan_charging", energy=10, max_price=0.01))
    assert slot_states(world) == {"owner": True}


@pytest.mark.usefixtures("priced")
async def test_without_prices_the_car_charges_as_late_as_possible_until_some_come(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    hass.states.async_set("sensor.spot_price", "unknown")
    await choose_strategy(hass, "cheapest")
    await advance(300)
    assert plan_of(hass).state == "waiting_for_prices"
    assert plan_of(hass).attributes["cost"] is None
    assert windows(hass)[-1][1] == "06:45"
    assert len(own_slots(world)) == 1
    publish(hass)
    await advance(60)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [("03:50", "05:00")]


async def test_a_plan_waits_for_the_vehicle_and_begins_when_it_comes(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    publish(hass)
    await setup_entry(options=BY_PRICE_SENSOR)
    reply = await meanwhile(act(hass, "plan_charging", energy=10))
    assert only_reply(reply)["status"] == plan_of(hass).state == "waiting_for_vehicle"
    plug_in_car(world)
    await advance(120)
    assert plan_of(hass).state == "set"
    assert plan_of(hass).attributes["energy"] == 10


async def test_a_plan_is_on_disk_before_the_caller_is_answered(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, hass_storage: dict[str, Any], meanwhile: Meanwhile
) -> None:
    """Trap 83: what is to last outlives a process that is killed a moment later."""
    entry = await setup_entry(options=BY_PRICE_SENSOR)

    def stored() -> Any:
        return hass_storage[f"{DOMAIN}.plans.{entry.entry_id}"]["data"][world.charger.serial]

    await choose_strategy(hass, "cheapest")
    assert stored()["standing"]["strategy"] == "cheapest"
    await set_plan_energy(hass, 23.5)
    assert stored()["standing"]["energy"] == 23.5
    await meanwhile(act(hass, "plan_charging", energy=7))
    assert stored()["asked"]["energy"] == 7


@pytest.mark.usefixtures("priced")
async def test_a_charger_in_smart_mode_is_left_alone(
    hass: HomeAssistant, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.modes.smart = True
    world.charger.modes.fix(ChargeMode.SMART)
    await advance(1000)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert (plan_of(hass).state, plan_of(hass).attributes["failure"]) == ("failed", "smart_mode")
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == 0


async def test_a_car_that_is_full_ends_its_plan(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    publish(hass)
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=1.0, max_amps=32, phases=3))
    await setup_entry(options=BY_PRICE_SENSOR)
    await choose_strategy(hass, "cheapest")
    await advance(14.5 * 3600, step=3600)
    await advance(3.5 * 3600, step=300)
    assert plan_of(hass).state == "done"
    assert own_slots(world) == []


@pytest.mark.usefixtures("planned")
async def test_a_discharge_event_that_is_announced_later_is_kept_free(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    publish(hass, (*NIGHT[:12], 0.01, 0.01, *NIGHT[14:]))
    await advance(60)
    assert windows(hass) == [("01:50", "03:00")]
    world.site.vpp.schedule(start=NOON + 12 * HOUR, duration=2 * HOUR)
    await advance(400)
    assert windows(hass) == [("03:50", "05:00")]
    assert own_slots(world) == [(time(3, 50), time(5), (3,))]
