"""The schedules that a charger keeps, and its firmware, from the cloud and back."""

from datetime import time, timedelta

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    CommandOutcomeUnknown,
    CommandRejected,
    EnlightenClient,
    InvalidResponse,
    NotSupported,
    Schedule,
    Slot,
    new_slot,
)
from custom_components.enphase_cloud_things.enlighten.models.schedules import SlotKind
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities
from simulator import Family, Simulator, World, faults
from simulator.settings import ScheduleReply

from .conftest import SERIAL, SITE


def a_slot() -> Slot:
    return new_slot(SITE, SERIAL, start=time(23, 0), end=time(5, 30), days=(5, 1), amps=16)


async def stored(client: EnlightenClient) -> tuple[Slot, ...]:
    return (await client.schedules.read(SITE, SERIAL)).slots


async def created(client: EnlightenClient) -> Slot:
    await client.schedules.create(SITE, SERIAL, a_slot())
    return (await stored(client))[-1]


async def test_a_new_slot_is_stored_under_the_id_that_it_came_with(client: EnlightenClient, world: World) -> None:
    slot = a_slot()

    slot_id = await client.schedules.create(SITE, SERIAL, slot)

    (found,) = await stored(client)
    assert slot_id == slot.slot_id == found.slot_id
    assert (found.start, found.end, found.days) == (time(23, 0), time(5, 30), frozenset({1, 5}))
    assert (found.enabled, found.kind, found.is_off_peak) == (True, SlotKind.CUSTOM, False)


@pytest.mark.parametrize("shape", ScheduleReply)
async def test_the_id_of_the_server_wins(client: EnlightenClient, world: World, shape: ScheduleReply) -> None:
    world.charger.quirks.server_chooses_ids = True
    world.charger.quirks.schedule_reply = shape
    slot = a_slot()

    slot_id = await client.schedules.create(SITE, SERIAL, slot)

    (found,) = await stored(client)
    assert found.slot_id != slot.slot_id
    assert slot_id in {found.slot_id, slot.slot_id}


async def test_the_amps_of_a_slot_are_those_that_are_stored(client: EnlightenClient, world: World) -> None:
    found = await created(client)

    assert found.amps == world.charger.model.max_amps


async def test_an_edit_keeps_what_it_does_not_change(client: EnlightenClient, simulator: Simulator) -> None:
    slot = await created(client)

    await client.schedules.edit(SITE, SERIAL, slot.changed(start=time(22, 15), days=(7,), enabled=False))

    (found,) = await stored(client)
    assert (found.start, found.end, found.days, found.enabled) == (time(22, 15), time(5, 30), frozenset({7}), False)
    unchanged = {"startTime", "days", "enabled"}
    assert {name: value for name, value in found.raw.items() if name not in unchanged} == {
        name: value for name, value in slot.raw.items() if name not in unchanged
    }


def test_fields_that_nobody_knows_go_back_as_they_came() -> None:
    """Trap 36."""
    raw: dict[str, JsonValue] = {
        "id": "a:b:c",
        "startTime": "23:00",
        "novelty": {"deep": [1, None]},
        "serializedDays": None,
    }
    (slot,) = Schedule.from_wire({"data": {"slots": [raw]}}, Oddities()).slots

    changed = slot.changed(enabled=True)

    assert dict(changed.raw) == {**raw, "enabled": True}
    assert "novelty" not in repr(changed)
    assert "a:b:c" not in repr(changed)


async def test_a_deleted_slot_is_gone(client: EnlightenClient) -> None:
    slot = await created(client)

    await client.schedules.delete(SITE, SERIAL, slot.slot_id)

    assert await stored(client) == ()


async def test_slots_are_switched_by_naming_all_of_them(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 36: a whole list would delete what it leaves out, and overwrite what was changed elsewhere."""
    first, second = await created(client), await created(client)

    await client.schedules.set_states(SITE, SERIAL, {first.slot_id: False, second.slot_id: True})

    assert [slot.enabled for slot in await stored(client)] == [False, True]


@pytest.mark.parametrize("trouble", [faults.status_code(503), faults.dropped()], ids=["503", "no answer"])
async def test_a_write_is_sent_once_and_its_outcome_may_be_unknown(
    client: EnlightenClient, simulator: Simulator, trouble: faults.Trouble
) -> None:
    simulator.faults.add(trouble, Family.SCHEDULES)

    with pytest.raises(CommandOutcomeUnknown):
        await client.schedules.create(SITE, SERIAL, a_slot())

    assert simulator.requests.count(Family.SCHEDULES) == 1


async def test_a_refused_write_has_its_reason(client: EnlightenClient, world: World) -> None:
    world.charger.quirks.most_slots = 0

    with pytest.raises(CommandRejected):
        await client.schedules.create(SITE, SERIAL, a_slot())


async def test_an_id_that_leads_elsewhere_is_not_sent(client: EnlightenClient, simulator: Simulator) -> None:
    with pytest.raises(NotSupported):
        await client.schedules.delete(SITE, SERIAL, "../start_charging")

    assert simulator.requests.count(Family.SCHEDULES) == 0


async def test_slots_under_way_to_the_charger_are_not_synced(client: EnlightenClient, world: World) -> None:
    world.charger.quirks.schedule_lag = timedelta(minutes=1)

    await client.schedules.create(SITE, SERIAL, a_slot())

    assert (await client.schedules.read(SITE, SERIAL)).synced in {False, True}
    assert await stored(client) == ()


@pytest.mark.parametrize("reply", [{}, {"data": None}, {"data": {}}, {"data": "x"}, {"data": {"slots": {}}}], ids=repr)
def test_a_reply_without_a_list_never_means_no_slots(reply: JsonValue) -> None:
    with pytest.raises(InvalidResponse):
        Schedule.from_wire(reply, Oddities())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("23:05", time(23, 5)),
        ("7:30", time(7, 30)),
        ("07:30:00", time(7, 30)),
        (450, time(7, 30)),
        ("450", time(7, 30)),
        (1440, time(0, 0)),
        (None, None),
        ("24:00", None),
        ("noon", None),
        (-1, None),
        (1e300, None),
    ],
    ids=repr,
)
def test_a_time_of_day_has_several_spellings(value: JsonValue, expected: time | None) -> None:
    (slot,) = Schedule.from_wire({"data": {"slots": [{"id": "x", "startTime": value}]}}, Oddities()).slots

    assert slot.start == expected


async def test_the_firmware_of_each_charger_is_read(client: EnlightenClient, world: World) -> None:
    (details,) = await client.firmware(SITE)

    assert details.serial == world.charger.serial
    assert details.installed == world.charger.firmware
    assert details.target == world.charger.target_firmware


async def test_an_account_that_may_not_read_the_firmware_needs_no_sign_in(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(403), Family.FIRMWARE)

    with pytest.raises(NotSupported):
        await client.firmware(SITE)

    assert simulator.requests.count(Family.JWT) == 0
