"""What keeps a plan from being set: each has a state and a sentence, and never leaves half a plan in the charger."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from simulator import ChargeMode, Family, Simulator, World, faults
from simulator.ready_tariffs import WEEKENDS

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .planning import (
    NIGHT,
    act,
    choose_strategy,
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
from .wishes import shown

__all__ = ["planned", "priced"]


def is_offline(world: World) -> None:
    world.charger.go_offline()


def has_no_rights(world: World) -> None:
    world.charger.owner_may_control = False


def is_full_of_slots(world: World) -> None:
    world.charger.quirks.most_slots = 1


def is_in_smart_mode(world: World) -> None:
    world.charger.modes.smart = True
    world.charger.modes.fix(ChargeMode.SMART)


def scheduler_is_down(world: World) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES)


OBSTACLES: Final[Mapping[str, tuple[Callable[[World], None], str]]] = {
    "charger_offline": (is_offline, "is offline"),
    "no_control": (has_no_rights, "not allowed to control"),
    "refused": (is_full_of_slots, "refused the plan"),
    "smart_mode": (is_in_smart_mode, "plans by itself"),
    "unreachable": (scheduler_is_down, "could not be reached"),
}


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("failure", OBSTACLES)
async def test_an_obstacle_is_said_and_leaves_the_charger_alone(
    hass: HomeAssistant, world: World, advance: Advance, meanwhile: Meanwhile, failure: str
) -> None:
    happen, sentence = OBSTACLES[failure]
    happen(world)
    await advance(330)
    mode = world.charger.modes.preference
    with pytest.raises(HomeAssistantError, match=sentence):
        await meanwhile(act(hass, "plan_charging", energy=10))
    assert (plan_of(hass).state, plan_of(hass).attributes["failure"]) == ("failed", failure)
    assert slot_states(world) == {"owner": True}
    assert world.charger.modes.preference is mode


@pytest.mark.usefixtures("priced")
async def test_rights_that_are_gone_when_the_plan_is_sent_leave_everything_as_it_was(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.owner_may_control = False
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert (plan_of(hass).state, plan_of(hass).attributes["failure"]) == ("failed", "refused")
    assert slot_states(world) == {"owner": True}


@pytest.mark.usefixtures("priced")
async def test_a_charger_that_comes_back_gets_its_plan(
    hass: HomeAssistant, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    world.charger.go_offline()
    await advance(60)
    with pytest.raises(HomeAssistantError, match="as soon as it is back"):
        await meanwhile(act(hass, "plan_charging", energy=10))
    world.charger.come_online()
    await advance(120)
    assert plan_of(hass).state == "set"
    assert plan_of(hass).attributes["energy"] == 10


@pytest.mark.usefixtures("priced")
async def test_a_charger_that_is_lost_while_its_plan_is_set_gets_all_of_it_or_nothing(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.effect_delay = timedelta(seconds=30)
    await choose_strategy(hass, "cheapest")
    await advance(5)
    world.charger.go_offline()
    await advance(60)
    assert (plan_of(hass).state, plan_of(hass).attributes["failure"]) == ("failed", "charger_offline")
    world.charger.come_online()
    await advance(240)
    assert plan_of(hass).state == "set"
    assert len(own_slots(world)) == 1
    assert slot_states(world)["owner"] is False


@pytest.mark.usefixtures("planned")
async def test_a_charger_that_has_its_plan_keeps_it_offline(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.go_offline()
    await advance(120)
    assert plan_of(hass).state == "set"
    assert plan_of(hass).attributes["failure"] is None


@pytest.mark.usefixtures("priced")
async def test_a_cloud_that_does_not_answer_is_said_and_the_plan_follows(
    hass: HomeAssistant, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    world.faults.add(faults.status_code(503))
    await advance(150)
    with pytest.raises(HomeAssistantError, match="could not be reached"):
        await meanwhile(act(hass, "plan_charging", energy=10))
    assert slot_states(world) == {"owner": True}
    world.faults.clear()
    await advance(700, step=10)
    assert plan_of(hass).state == "set"


@pytest.mark.usefixtures("priced")
async def test_more_energy_than_fits_is_charged_at_once(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile, advance: Advance
) -> None:
    reply = only_reply(await meanwhile(act(hass, "plan_charging", energy=500, ready_by="20:00")))
    assert reply["status"] == "too_late"
    await advance(600, step=30)
    assert plan_of(hass).state == "too_late"
    assert world.charger.watts > 0
    assert len(own_slots(world)) <= 3


@pytest.mark.usefixtures("priced")
async def test_a_time_of_day_that_has_just_passed_is_that_of_tomorrow(
    hass: HomeAssistant, meanwhile: Meanwhile
) -> None:
    reply = only_reply(await meanwhile(act(hass, "plan_charging", energy=10, ready_by="12:59")))
    assert reply["status"] == "set"
    assert reply["ready_by"] == "2026-11-18T12:59:00+01:00"


@pytest.mark.usefixtures("priced")
async def test_prices_that_end_before_the_goal_leave_the_unknown_hours_for_later(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    publish(hass, NIGHT[:11])
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert plan_of(hass).state == "waiting_for_prices"
    assert plan_of(hass).attributes["cost"] is None
    assert windows(hass)[-1][1] == "06:45", "as late as possible, should none come"
    assert len(own_slots(world)) == 1
    publish(hass)
    await advance(60)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [("03:50", "05:00")]


@pytest.mark.usefixtures("planned")
async def test_prices_that_go_away_leave_the_plan_as_it_is(
    hass: HomeAssistant, simulator: Simulator, advance: Advance
) -> None:
    writes = simulator.requests.count(Family.SCHEDULES, method="POST")
    hass.states.async_set("sensor.spot_price", "unavailable")
    await advance(4000, step=30)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [("03:50", "05:00")]
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == writes
    assert shown(hass, "sensor.carport_plan_start") == "2026-11-18T02:50:00+00:00"


async def test_a_restart_before_the_tariff_can_be_read_leaves_the_plan_as_it_is(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, world: World, advance: Advance
) -> None:
    world.site.tariff = WEEKENDS
    plug_in_car(world)
    entry = await setup_entry(remember_password=True)
    await advance(30)
    await set_plan_energy(hass, 20)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert plan_of(hass).state == "set"
    before = windows(hass)
    writes = simulator.requests.count(Family.SCHEDULES, method="POST")
    outage = simulator.faults.add(faults.status_code(503), Family.TARIFF)
    await hass.config_entries.async_reload(entry.entry_id)
    await advance(1200, step=30)
    simulator.faults.remove(outage)
    await advance(4000, step=30)
    assert plan_of(hass).state == "set"
    assert windows(hass) == before
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == writes
