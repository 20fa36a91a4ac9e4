"""The charger's own schedule: read, shown, and edited in Home Assistant's calendar, by switches and by actions."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.calendar import DOMAIN as CALENDAR_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, Slot, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .planning import act, only_reply
from .wishes import shown, turn_off, turn_on

CALENDAR = "calendar.carport_schedule"
NIGHT = Slot(id="4410287:202640011873:night", start=time(22, 15), end=time(5, 45), days=(1, 2, 3, 4, 5), amps=20)
WEEKEND = Slot(id="4410287:202640011873:weekend", start=time(13), end=time(15), days=(6, 7), enabled=False)
OFF_PEAK = Slot(id="4410287:202640011873:cheap", start=None, end=None, kind="OFF_PEAK", enabled=False)
NIGHT_SWITCH = "switch.carport_schedule_22_15_05_45_mon_fri"


@pytest.fixture
async def slots(hass: HomeAssistant, setup_entry: SetupEntry, world: World) -> None:
    """A charger with a slot of the working nights, one that is off, and one of the tariff."""
    world.charger.slots = [NIGHT, WEEKEND, OFF_PEAK]
    await setup_entry()


async def events(hass: HomeAssistant, start: str, end: str) -> list[tuple[str, str]]:
    """Return the start and end of all events of a range."""
    reply = await hass.services.async_call(
        CALENDAR_DOMAIN,
        "get_events",
        {ATTR_ENTITY_ID: CALENDAR, "start_date_time": start, "end_date_time": end},
        blocking=True,
        return_response=True,
    )
    assert reply is not None
    found: Any = reply[CALENDAR]
    return [(event["start"], event["end"]) for event in found["events"]]


@pytest.fixture
async def edit(hass_ws_client: WebSocketGenerator, hass: HomeAssistant, meanwhile: Meanwhile) -> Any:
    """Return a function that edits the calendar as the dialog of the frontend does, and returns its answer."""
    client = await hass_ws_client(hass)

    async def send(what: str, **data: Any) -> Mapping[str, Any]:
        async def exchange() -> Mapping[str, Any]:
            await client.send_json_auto_id({"type": f"calendar/event/{what}", "entity_id": CALENDAR, **data})
            answer: Mapping[str, Any] = await client.receive_json()
            return answer

        return await meanwhile(exchange())

    return send


def enabled(world: World) -> list[str]:
    """Return the ids of the slots that are on."""
    return [slot.id for slot in world.charger.slots if slot.enabled]


def event_of(start: str, end: str, rule: str | None) -> dict[str, str]:
    event = {"summary": "Charging", "dtstart": start, "dtend": end}
    return event | ({"rrule": rule} if rule else {})


@pytest.mark.usefixtures("slots")
async def test_enabled_slots_are_events_of_every_week(hass: HomeAssistant) -> None:
    found = await events(hass, "2026-11-19T12:00:00+01:00", "2026-11-23T12:00:00+01:00")
    assert found == [
        ("2026-11-19T22:15:00+01:00", "2026-11-20T05:45:00+01:00"),
        ("2026-11-20T22:15:00+01:00", "2026-11-21T05:45:00+01:00"),
    ]


@pytest.mark.usefixtures("slots")
async def test_the_next_start_follows_the_clock(hass: HomeAssistant, advance: Advance) -> None:
    assert shown(hass, "sensor.carport_next_scheduled_start") == "2026-11-17T21:15:00+00:00"
    await advance(10 * 3600, step=600)
    assert shown(hass, "sensor.carport_next_scheduled_start") == "2026-11-18T21:15:00+00:00"


@pytest.mark.usefixtures("slots")
async def test_a_night_slot_is_made_in_the_calendar(hass: HomeAssistant, world: World, edit: Any) -> None:
    night = event_of("2026-11-21T23:00:00+01:00", "2026-11-22T06:30:00+01:00", "FREQ=WEEKLY;BYDAY=SA,SU")
    assert (await edit("create", event=night))["success"]
    made = world.charger.slots[-1]
    assert (made.start, made.end, made.days, made.enabled) == (time(23), time(6, 30), (6, 7), True)
    found = await events(hass, "2026-11-22T12:00:00+01:00", "2026-11-23T12:00:00+01:00")
    assert found == [("2026-11-22T23:00:00+01:00", "2026-11-23T06:30:00+01:00")]


@pytest.mark.usefixtures("slots")
async def test_an_event_is_moved_and_deleted(hass: HomeAssistant, world: World, edit: Any) -> None:
    moved = event_of("2026-11-18T23:00:00+01:00", "2026-11-19T04:00:00+01:00", "FREQ=WEEKLY;BYDAY=MO,WE")
    assert (await edit("update", uid="night", event=moved))["success"]
    slot = world.charger.slots[0]
    assert (slot.start, slot.end, slot.days) == (time(23), time(4), (1, 3))
    assert (await edit("delete", uid="night"))["success"]
    assert NIGHT.id not in {slot.id for slot in world.charger.slots}


@pytest.mark.usefixtures("slots")
@pytest.mark.parametrize(
    ("start", "end", "rule", "said"),
    [
        ("2026-11-18T23:00:00+01:00", "2026-11-19T04:00:00+01:00", None, "repeat every week"),
        ("2026-11-18T23:00:00+01:00", "2026-11-19T04:00:00+01:00", "FREQ=WEEKLY;COUNT=3", "without an end"),
        ("2026-11-18", "2026-11-19", "FREQ=WEEKLY", "all-day"),
        ("2026-11-18T23:00:00+01:00", "2026-11-19T23:00:00+01:00", "FREQ=WEEKLY", "cannot end at the time it starts"),
        ("2026-11-18T23:00:00+01:00", "2026-11-20T01:00:00+01:00", "FREQ=WEEKLY", "shorter than a day"),
        ("2026-11-18T23:00:10+01:00", "2026-11-19T01:00:00+01:00", "FREQ=WEEKLY", "full minute"),
    ],
)
async def test_what_the_charger_cannot_hold_is_refused_before_anything_is_sent(
    simulator: Simulator, edit: Any, start: str, end: str, rule: str | None, said: str
) -> None:
    answer = await edit("create", event=event_of(start, end, rule))
    assert not answer["success"]
    assert said in answer["error"]["message"]
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == 0


@pytest.mark.usefixtures("slots")
async def test_one_day_of_a_series_is_not_deleted(world: World, edit: Any) -> None:
    answer = await edit("delete", uid="night", recurrence_id="20261118T221500")
    assert "single day" in answer["error"]["message"]
    assert NIGHT in world.charger.slots


@pytest.mark.usefixtures("slots")
async def test_a_switch_for_each_slot_turns_it_on_and_off(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    assert (shown(hass, NIGHT_SWITCH), shown(hass, "switch.carport_off_peak_schedule")) == (STATE_ON, STATE_OFF)
    await meanwhile(turn_off(hass, NIGHT_SWITCH))
    assert (shown(hass, NIGHT_SWITCH), enabled(world)) == (STATE_OFF, [])
    await meanwhile(turn_on(hass, NIGHT_SWITCH))
    assert (shown(hass, NIGHT_SWITCH), enabled(world)) == (STATE_ON, [NIGHT.id])


@pytest.mark.usefixtures("slots")
async def test_a_slot_that_is_gone_takes_its_switch_along(
    hass: HomeAssistant, world: World, advance: Advance, entity_registry: er.EntityRegistry
) -> None:
    world.charger.slots = [WEEKEND]
    await advance(1000)
    assert hass.states.get(NIGHT_SWITCH) is None
    assert entity_registry.async_get(NIGHT_SWITCH) is None


async def test_slots_of_the_same_times_are_told_apart_by_a_number(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    twin = replace(NIGHT, id="4410287:202640011873:twin", enabled=False)
    world.charger.slots = [NIGHT, WEEKEND, twin]
    await setup_entry()
    name = "Carport Schedule 22:15–05:45 Mon–Fri"
    numbered = hass.states.get(f"{NIGHT_SWITCH}_2")
    assert numbered is not None
    assert (numbered.name, numbered.state, shown(hass, NIGHT_SWITCH)) == (f"{name} (2)", STATE_OFF, STATE_ON)
    world.charger.slots = [WEEKEND, twin]
    await advance(1000)
    numbered = hass.states.get(f"{NIGHT_SWITCH}_2")
    assert numbered is not None
    assert numbered.name == name


async def test_schedules_that_cannot_be_read_at_first_are_asked_for_again_soon(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES, method="GET", times=1)
    await setup_entry()
    assert hass.states.get("select.carport_charging_plan") is None
    await advance(16 * 60, step=30)
    assert shown(hass, "select.carport_charging_plan") == "off"


@pytest.mark.usefixtures("slots")
async def test_actions_make_change_and_delete_slots(hass: HomeAssistant, world: World, meanwhile: Meanwhile) -> None:
    call = act(hass, "set_schedule", start="01:00", end="04:30", days=["tue", "thu"])
    made = only_reply(await meanwhile(call))["schedules"][-1]
    assert (made["start"], made["end"], made["days"], made["enabled"]) == ("01:00", "04:30", ["tue", "thu"], True)
    changed = only_reply(
        await meanwhile(act(hass, "set_schedule", schedule_id=made["schedule_id"], end="05:00", enabled=False))
    )["schedules"][-1]
    assert (changed["end"], changed["enabled"]) == ("05:00", False)
    await meanwhile(act(hass, "enable_schedule", schedule_id=made["schedule_id"]))
    assert len(enabled(world)) == 2
    await meanwhile(act(hass, "disable_schedule", schedule_id=made["schedule_id"]))
    assert enabled(world) == [NIGHT.id]
    left = only_reply(await meanwhile(act(hass, "delete_schedule", schedule_id=made["schedule_id"])))["schedules"]
    assert [slot["kind"] for slot in left] == ["custom", "custom", "off_peak"]
    read = only_reply(await meanwhile(act(hass, "get_schedules")))
    assert read["schedules"] == left
    assert left[0]["amps"] == world.charger.slots[0].amps


@pytest.mark.usefixtures("slots")
async def test_no_identifier_is_in_what_is_shown_or_replied(hass: HomeAssistant, meanwhile: Meanwhile) -> None:
    reply = await meanwhile(act(hass, "get_schedules"))
    shown_states = [str(state.as_dict()) for state in hass.states.async_all()]
    assert not any("4410287" in text for text in (str(only_reply(reply)["schedules"]), *shown_states))


@pytest.mark.usefixtures("slots")
@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("set_schedule", {"start": "01:00"}, "needs a start, an end and days"),
        ("set_schedule", {"schedule_id": "cheap", "start": "01:00"}, "follows the tariff"),
        ("delete_schedule", {"schedule_id": "cheap"}, "follows the tariff"),
        ("delete_schedule", {"schedule_id": "nobody"}, "no such schedule"),
        ("set_schedule", {"start": "01:00", "end": "01:00", "days": ["mon"]}, "cannot end at the time it starts"),
        ("set_schedule", {"start": "01:00", "end": "02:00", "days": []}, "at least one day"),
    ],
)
async def test_what_is_wrong_is_said(hass: HomeAssistant, action: str, data: dict[str, Any], said: str) -> None:
    with pytest.raises(ServiceValidationError, match=said):
        await act(hass, action, **data)


@pytest.mark.usefixtures("slots")
async def test_an_off_peak_slot_is_switched_but_not_without_such_a_tariff(
    hass: HomeAssistant, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    await meanwhile(act(hass, "enable_schedule", schedule_id="cheap"))
    assert OFF_PEAK.id in enabled(world)
    await meanwhile(act(hass, "set_schedule", schedule_id="cheap", enabled=False))
    assert OFF_PEAK.id not in enabled(world)
    world.site.off_peak_eligible = False
    await meanwhile(act(hass, "get_schedules"))
    with pytest.raises(ServiceValidationError, match="cannot use off-peak schedules"):
        await act(hass, "enable_schedule", schedule_id="cheap")


@pytest.mark.usefixtures("slots")
async def test_an_event_that_is_gone_cannot_be_moved(edit: Any, simulator: Simulator) -> None:
    moved = event_of("2026-11-18T23:00:00+01:00", "2026-11-19T04:00:00+01:00", "FREQ=WEEKLY;BYDAY=MO,WE")
    answer = await edit("update", uid="nobody", event=moved)
    assert "no such schedule" in answer["error"]["message"]
    assert simulator.requests.count(Family.SCHEDULES, method="PATCH") == 0


@pytest.mark.usefixtures("slots")
async def test_a_schedule_that_cannot_be_read_or_written_says_so(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    world.faults.add(faults.status_code(400), Family.SCHEDULES, method="POST")
    with pytest.raises(HomeAssistantError, match="Carport"):
        await meanwhile(act(hass, "set_schedule", start="01:00", end="04:30", days=["tue"]))
    world.faults.add(faults.status_code(503), Family.SCHEDULES, method="GET")
    with pytest.raises(HomeAssistantError, match="temporarily unavailable"):
        await meanwhile(act(hass, "get_schedules"))
    assert len(world.charger.slots) == 3


async def test_nothing_is_written_before_the_schedule_is_known(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES, method="GET")
    await setup_entry()
    for action, data in (
        ("set_schedule", {"start": "01:00", "end": "04:30", "days": ["tue"]}),
        ("delete_schedule", {"schedule_id": "night"}),
    ):
        with pytest.raises(ServiceValidationError, match="have not been read yet"):
            await act(hass, action, **data)
    assert {request.method for request in simulator.requests.of(Family.SCHEDULES)} <= {"GET"}


@pytest.mark.usefixtures("slots")
async def test_a_read_that_fails_after_a_write_is_followed_by_another(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    world.faults.add(faults.status_code(503), Family.SCHEDULES, method="GET", times=1)
    made = only_reply(await meanwhile(act(hass, "set_schedule", start="01:00", end="04:30", days=["tue"])))
    assert len(made["schedules"]) == len(world.charger.slots) == 4


@pytest.mark.usefixtures("slots")
async def test_a_new_slot_that_the_cloud_switches_on_is_switched_off_again(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    world.faults.add(faults.field_value("data.slots.3.enabled", value=True), Family.SCHEDULES, method="GET", times=1)
    await meanwhile(act(hass, "set_schedule", start="01:00", end="04:30", days=["tue"], enabled=False))
    assert enabled(world) == [NIGHT.id]
    assert world.requests.count(Family.SCHEDULES, method="PATCH") == 1


@pytest.mark.usefixtures("slots")
@pytest.mark.parametrize("lost", [faults.status_code(503, executes=True), faults.dropped(executes=True)])
@pytest.mark.parametrize("server_chooses_ids", [False, True])
async def test_a_write_whose_answer_is_lost_counts_once_it_shows(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile, lost: faults.Trouble, *, server_chooses_ids: bool
) -> None:
    world.charger.quirks.server_chooses_ids = server_chooses_ids
    world.charger.quirks.schedule_lag = timedelta(seconds=8)
    world.faults.add(lost, Family.SCHEDULES, method="POST", times=1)
    await meanwhile(act(hass, "set_schedule", start="01:00", end="04:30", days=["tue"]))
    assert len(world.charger.slots) == 4


@pytest.mark.usefixtures("slots")
async def test_what_two_people_change_of_a_slot_at_once_is_all_kept(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    later = asyncio.ensure_future(act(hass, "set_schedule", schedule_id="night", end="04:00"))
    fewer = asyncio.ensure_future(act(hass, "set_schedule", schedule_id="night", days=["mon"]))
    await meanwhile(asyncio.wait([later, fewer]))
    await asyncio.gather(later, fewer)
    slot = world.charger.slots[0]
    assert (slot.start, slot.end, slot.days) == (time(22, 15), time(4), (1,))


@pytest.mark.usefixtures("slots")
async def test_what_was_changed_in_the_app_meanwhile_is_not_taken_back(
    hass: HomeAssistant, world: World, meanwhile: Meanwhile
) -> None:
    """Nobody has read it yet when the next write names all slots, and the whole of one."""
    made = Slot(id="4410287:202640011873:made", start=time(10), end=time(11), days=(7,), enabled=False)
    world.charger.slots = [replace(NIGHT, end=time(6, 30)), replace(WEEKEND, enabled=True), OFF_PEAK, made]
    await meanwhile(turn_off(hass, NIGHT_SWITCH))
    assert enabled(world) == [WEEKEND.id]
    await meanwhile(act(hass, "set_schedule", schedule_id="night", start="23:00"))
    assert (world.charger.slots[0].start, world.charger.slots[0].end) == (time(23), time(6, 30))


@pytest.mark.usefixtures("slots")
async def test_a_slot_that_was_deleted_in_the_app_meanwhile_is_said_to_be_gone(
    hass: HomeAssistant, world: World, simulator: Simulator, meanwhile: Meanwhile
) -> None:
    world.charger.slots = [WEEKEND, OFF_PEAK]
    with pytest.raises(ServiceValidationError, match="no such schedule"):
        await meanwhile(act(hass, "set_schedule", schedule_id="night", end="04:00"))
    assert simulator.requests.count(Family.SCHEDULES, method="PATCH") == 0


@pytest.mark.usefixtures("slots")
async def test_a_write_that_never_shows_is_said_to_have_failed(
    hass: HomeAssistant, world: World, simulator: Simulator, meanwhile: Meanwhile
) -> None:
    world.faults.add(faults.dropped(), Family.SCHEDULES, method="POST")
    with pytest.raises(HomeAssistantError, match="does not show it"):
        await meanwhile(act(hass, "set_schedule", start="01:00", end="04:30", days=["tue"]))
    assert simulator.requests.count(Family.SCHEDULES, method="POST") == 1, "sent once"


async def test_idle_requests_stay_in_their_budget_with_schedules(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.slots = [NIGHT]
    await setup_entry()
    await advance(600)
    simulator.requests.clear()
    await advance(3600)
    assert simulator.requests.count(Family.SCHEDULES) == 4
    assert len(simulator.requests) <= 160


@pytest.mark.usefixtures("slots")
async def test_diagnostics_hold_no_id_of_a_slot(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, world: World
) -> None:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    told = str(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert "22:15" in told
    assert world.charger.serial not in told
    assert world.site.site_id not in told


async def test_an_account_without_rights_sees_the_schedule_and_changes_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
) -> None:
    """Trap 80: each control was offered, and refused by the cloud."""
    world.charger.owner_may_control = False
    world.charger.slots = [NIGHT]
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert shown(hass, NIGHT_SWITCH) == STATE_UNAVAILABLE
    calendar = hass.states.get(CALENDAR)
    assert calendar is not None
    assert (calendar.state, calendar.attributes.get("supported_features")) == (STATE_OFF, 0)
    assert len(await events(hass, "2026-11-19T12:00:00+01:00", "2026-11-20T12:00:00+01:00")) == 1
    for action, data in (
        ("set_schedule", {"start": "23:00:00", "end": "05:00:00", "days": ["mon"]}),
        ("disable_schedule", {"schedule_id": "night"}),
        ("delete_schedule", {"schedule_id": "night"}),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, action, **data)
        assert raised.value.translation_key == "no_control"
    assert {request.method for request in simulator.requests.of(Family.SCHEDULES)} == {"GET"}


@pytest.mark.usefixtures("slots")
async def test_a_slow_older_read_brings_nothing_back_of_what_was_changed_meanwhile(
    hass: HomeAssistant,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    advance: Advance,
    meanwhile: Meanwhile,
) -> None:
    """Trap 36: an answer from before a slot was turned off still has it on, and comes after it."""
    requests = simulator.requests
    requests.clear()
    late = asyncio.Event()
    simulator.faults.add(faults.held(late, executes=True), Family.SCHEDULES, method="GET", times=1)
    while not requests.count(Family.SCHEDULES):
        freezer.tick(timedelta(seconds=30))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        await meanwhile(asyncio.sleep(0.2))
    await meanwhile(turn_off(hass, NIGHT_SWITCH))
    assert shown(hass, NIGHT_SWITCH) == STATE_OFF
    told = requests.count(Family.SCHEDULES)
    late.set()
    await advance(1, step=1)
    assert requests.count(Family.SCHEDULES) == told, "nothing newer has been read"
    assert shown(hass, NIGHT_SWITCH) == STATE_OFF
