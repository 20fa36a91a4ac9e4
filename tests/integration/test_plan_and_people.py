"""What people do beside a plan, mostly in the app: where the cloud shows it, the charger is theirs for this visit."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta

from homeassistant.core import HomeAssistant
import pytest

from simulator import ChargeMode, Family, Simulator, Slot, World, commands, faults

from .passing_time import Advance, Meanwhile
from .planning import (
    HOUR,
    NOON,
    OWNERS,
    act,
    being_set,
    choose_strategy,
    lifetime_kwh,
    own_slots,
    plan_of,
    planned,
    priced,
    slot_states,
    windows,
)
from .wishes import turn_off, turn_on

__all__ = ["being_set", "planned", "priced"]

MORNING = Slot(id="4410287:202640011873:morning", start=time(8), end=time(9), days=(3,))


def start_in_app(world: World) -> None:
    """Start as the app does, with a level: the charger does not wait for its schedule."""
    commands.start(world.charger, level=16, connector=world.charger.connector(1))


async def into_the_window(advance: Advance) -> None:
    """Let the window of the plan open, and the car charge for some minutes."""
    await advance(14.8 * 3600, step=3600)
    await advance(0.4 * 3600, step=30)


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("drifts", [True, False], ids=["the mode drifts", "the mode stays"])
async def test_a_start_in_the_app_ends_the_plan(
    hass: HomeAssistant, world: World, advance: Advance, *, drifts: bool
) -> None:
    world.charger.quirks.drifts_to_manual = drifts
    await advance(660, step=30)
    start_in_app(world)
    await advance(240)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == []
    assert world.charger.watts > 0, "the car charges on"
    world.charger.unplug()
    await advance(120)
    assert world.charger.modes.preference is ChargeMode.MANUAL
    assert slot_states(world) == {"owner": True}


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("drifts", "reads_as"),
    [(True, "SUSPENDED_EVSE"), (False, "AVAILABLE")],
    ids=["the mode drifts", "the session is over"],
)
async def test_a_stop_in_the_app_ends_the_plan(
    hass: HomeAssistant, world: World, advance: Advance, *, drifts: bool, reads_as: str
) -> None:
    world.charger.quirks.drifts_to_manual, world.charger.quirks.after_stop = drifts, reads_as
    await into_the_window(advance)
    assert plan_of(hass).state == "charging"
    commands.stop(world.charger)
    await advance(240)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == []
    before = lifetime_kwh(world)
    await advance(8 * 3600, step=3600)
    assert lifetime_kwh(world) == before, "nothing starts the car again"


@pytest.mark.usefixtures("planned")
async def test_a_pause_by_load_management_is_nobodys_stop(hass: HomeAssistant, world: World, advance: Advance) -> None:
    await into_the_window(advance)
    world.charger.adjust(load_limit_amps=0)
    await advance(420)
    assert world.charger.watts == 0
    assert plan_of(hass).state == "set"
    world.charger.adjust()
    await advance(60)
    assert plan_of(hass).state == "charging"


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("reason", ["a grid event", "Storm Guard"])
async def test_what_begins_for_another_reason_is_nobodys_start(
    hass: HomeAssistant, world: World, advance: Advance, reason: str
) -> None:
    world.charger.quirks.drifts_to_manual = False
    if reason == "Storm Guard":
        world.charger.modes.storm_disables_green = True
    else:
        world.site.vpp.schedule(start=NOON + HOUR / 2, duration=HOUR)
    await advance(2400, step=30)
    start_in_app(world)
    await advance(420)
    assert plan_of(hass).state == "set"


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("made", ["a new slot", "the owner's slot switched on"])
async def test_a_slot_that_is_put_in_force_in_the_app_ends_the_plan(
    hass: HomeAssistant, world: World, advance: Advance, made: str
) -> None:
    if made == "a new slot":
        world.charger.slots = [*world.charger.slots, MORNING]
    else:
        world.charger.slots = [replace(slot, enabled=True) for slot in world.charger.slots]
    before = {name: on for name, on in slot_states(world).items() if name in {"owner", "morning"}}
    await advance(1000)
    assert plan_of(hass).state == "ended"
    assert slot_states(world) == before, "the plan's own are gone, and no other is touched"


@pytest.mark.usefixtures("planned")
async def test_a_list_from_before_the_plan_is_nobodys_choice(
    hass: HomeAssistant, world: World, simulator: Simulator, advance: Advance
) -> None:
    """The cloud may show an old list once more after it has shown the new one."""
    world.faults.add(faults.field_value("data.slots", []), Family.SCHEDULES, method="GET", times=1)
    simulator.requests.clear()
    await advance(1000)
    assert simulator.requests.count(Family.SCHEDULES, method="GET") > 1
    assert plan_of(hass).state == "set"
    assert len(own_slots(world)) == 1


@pytest.mark.usefixtures("planned")
async def test_a_window_that_is_moved_in_the_app_belongs_to_whoever_moved_it(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.slots = [
        slot if slot.id == OWNERS.id else replace(slot, end=time(6, 30)) for slot in world.charger.slots
    ]
    await advance(1000)
    assert plan_of(hass).state == "ended"
    assert own_slots(world) == [(time(3, 50), time(6, 30), (3,))]
    world.charger.unplug()
    await advance(120)
    assert own_slots(world) == [(time(3, 50), time(6, 30), (3,))]


@pytest.mark.usefixtures("being_set")
async def test_a_slot_made_in_the_app_while_the_plan_is_set_is_treated_like_the_others(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.slots = [*world.charger.slots, MORNING]
    await advance(240)
    assert plan_of(hass).state == "set"
    assert (slot_states(world)["owner"], slot_states(world)["morning"]) == (False, False)
    world.charger.unplug()
    await advance(180)
    assert slot_states(world) == {"owner": True, "morning": True}


@pytest.mark.usefixtures("priced")
async def test_a_window_that_is_deleted_in_the_app_while_the_plan_is_set_leaves_no_half_of_it(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.effect_delay = timedelta(seconds=60)
    await choose_strategy(hass, "cheapest")
    await advance(10)
    world.charger.slots = [slot for slot in world.charger.slots if slot.id == OWNERS.id]
    await advance(600)
    assert plan_of(hass).state == "set"
    assert len(own_slots(world)) == 1
    assert slot_states(world)["owner"] is False


@pytest.mark.usefixtures("priced")
async def test_two_people_at_once_both_get_what_they_asked_for(
    hass: HomeAssistant, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    """One chooses a plan, while the other makes a slot that is to be off."""
    asked = asyncio.create_task(
        act(hass, "set_schedule", start="12:00", end="13:00", days=["sun"], enabled=False),
    )
    await choose_strategy(hass, "cheapest")
    await meanwhile(asyncio.wait([asked]))
    await asked
    await advance(120)
    assert plan_of(hass).state == "set"
    assert sorted(slot_states(world).values()) == [False, False, True]
    assert len(own_slots(world)) == 2


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("read", [Family.MODE, Family.SCHEDULES])
@pytest.mark.parametrize("says", ["off", "cancel", "another goal"])
async def test_what_is_asked_for_counts_also_while_a_slow_read_holds_the_plan_up(
    hass: HomeAssistant,
    world: World,
    simulator: Simulator,
    advance: Advance,
    meanwhile: Meanwhile,
    read: Family,
    says: str,
) -> None:
    asked: asyncio.Task[object]
    late = asyncio.Event()
    simulator.requests.clear()
    simulator.faults.add(faults.held(late, executes=True), read, method="GET", times=1)
    await choose_strategy(hass, "cheapest")
    await meanwhile(simulator.requests.until(1, read))
    assert plan_of(hass).state == "setting"
    match says:
        case "off":
            asked = asyncio.create_task(choose_strategy(hass, "off"))
        case "cancel":
            asked = asyncio.create_task(act(hass, "cancel_plan"))
        case _:
            asked = asyncio.create_task(act(hass, "plan_charging", energy=5))
    await meanwhile(asyncio.sleep(0.5))
    late.set()
    await meanwhile(asyncio.wait([asked]))
    await asked
    await advance(120)
    writes = [request for request in simulator.requests if request.method != "GET"]
    if says == "another goal":
        assert windows(hass) == [("04:30", "05:00")]
        assert own_slots(world) == [(time(4, 30), time(5), (3,))]
    else:
        assert (plan_of(hass).state, writes) == ("off" if says == "off" else "ended", [])


@pytest.mark.usefixtures("planned")
async def test_choosing_a_strategy_anew_asks_for_a_plan_anew(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    await turn_on(hass)
    await turn_off(hass)
    await advance(120)
    assert plan_of(hass).state == "ended"
    await choose_strategy(hass, "cheapest")
    await advance(120)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [("03:50", "05:00")]
    world.charger.unplug()
    await advance(120)
    assert slot_states(world) == {"owner": True}
