"""Schedules over HTTP, and the charger that follows them."""

from collections.abc import Mapping
from datetime import time

import pytest

from simulator import Car, ChargeMode, ManualClock, Quirks, ScheduleReply, Slot, World, faults
from simulator.families import Family
from simulator.wire import Json

from .browser import MODE, SERIAL, SITE, START, STOP, Browser, pick

BASE = f"/service/evse_scheduler/api/v1/iqevc/charging-mode/SCHEDULED_CHARGING/{SITE}/{SERIAL}"
SCHEDULES = f"{BASE}/schedules"
NIGHT = f"{SITE}:{SERIAL}:night"
NOON = f"{SITE}:{SERIAL}:noon"
OFF_PEAK = f"{SITE}:{SERIAL}:cheap"
NEW_ID = f"{SITE}:{SERIAL}:c0ffee00-0000-4000-8000-000000000001"
NEW: dict[str, Json] = {
    "id": NEW_ID,
    "startTime": "22:15",
    "endTime": "05:45",
    "chargingLevel": 20,
    "chargingLevelAmp": 20,
    "scheduleType": "CUSTOM",
    "days": [1, 2, 3, 4, 5],
    "remindTime": 15,
    "remindFlag": True,
    "enabled": True,
    "recurringKind": "Recurring",
    "chargeLevelType": "Weekly",
    "sourceType": "SYSTEM",
}


@pytest.fixture(autouse=True)
def two_slots(world: World) -> None:
    """A night in use and a noon that is switched off; amps were set where they stay, in the app."""
    world.charger.slots = [
        Slot(id=NIGHT, start=time(22, 0), end=time(6, 0), amps=10),
        Slot(id=NOON, start=time(12, 0), end=time(13, 0), enabled=False),
    ]


async def slots(browser: Browser) -> list[Json]:
    listed = (await browser.get(SCHEDULES)).at("data", "slots")
    assert isinstance(listed, list)
    return listed


async def ids(browser: Browser) -> list[Json]:
    return [pick(slot, "id") for slot in await slots(browser)]


async def whole(browser: Browser, index: int, **changes: Json) -> dict[str, Json]:
    """A listed slot as it is sent back, with changes."""
    slot = (await slots(browser))[index]
    assert isinstance(slot, Mapping)
    return {**slot, **changes}


async def test_a_created_schedule_is_listed_under_the_id_it_came_with(browser: Browser) -> None:
    created = await browser.post(f"{BASE}/schedule", NEW)

    assert (created.status, created.at("data")) == (201, NEW_ID)
    stored = (await slots(browser))[2]
    assert stored == {
        **NEW,
        "chargingLevel": 32,
        "chargingLevelAmp": 32,
        "reminderTimeUtc": "21:00",
        "serializedDays": None,
    }


async def test_the_server_may_choose_another_id(browser: Browser, world: World) -> None:
    world.charger.quirks.server_chooses_ids = True

    created = await browser.post(f"{BASE}/schedule", NEW)

    assert created.at("data") == (await ids(browser))[2] != NEW_ID


async def test_a_schedule_without_an_id_is_refused(browser: Browser) -> None:
    answer = await browser.post(f"{BASE}/schedule", {name: value for name, value in NEW.items() if name != "id"})

    assert answer.status == 400


async def test_a_full_answer_bears_the_time_of_the_server_inside_its_data(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.quirks.schedule_reply = ScheduleReply.FULL

    created = await browser.post(f"{BASE}/schedule", NEW)
    states = await browser.request("PATCH", SCHEDULES, body=dict.fromkeys([NIGHT, NOON, NEW_ID], "DISABLED"))

    assert created.at("data") == {"id": NEW_ID, "meta": {"serverTimeStamp": "2026-11-10T07:00:00.000+00:00"}}
    assert [pick(slot, "enabled") for slot in _list(states.at("data", "slots"))] == [False, False, False]
    assert states.at("data", "config", "scheduleSyncStatus") == "pending"


def _list(value: Json) -> list[Json]:
    assert isinstance(value, list)
    return value


async def test_a_read_begun_too_early_shows_the_old_list(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.quirks = Quirks(schedule_lag=world.charger.effect_delay / 4)

    await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")
    await browser.post(f"{BASE}/schedule", NEW)
    assert await ids(browser) == [NIGHT, NOON]

    clock.tick(1)
    assert await ids(browser) == [NOON, NEW_ID]


async def test_the_list_says_whether_the_charger_has_it(browser: Browser, clock: ManualClock) -> None:
    await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")
    assert (await browser.get(SCHEDULES)).at("data", "config", "scheduleSyncStatus") == "pending"

    clock.tick(10)

    assert (await browser.get(SCHEDULES)).at("data", "config", "scheduleSyncStatus") == "synced"


async def test_a_charger_out_of_reach_gets_its_schedules_when_it_is_back(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    charger = world.charger
    charger.go_offline()
    await browser.post(f"{BASE}/schedule", NEW)
    clock.tick(3600)

    config = (await browser.get(SCHEDULES)).at("data", "config")
    assert (pick(config, "scheduleSyncStatus"), pick(config, "pendingSchedulesOffGrid")) == ("pending", True)

    charger.come_online()
    clock.tick(10)

    config = (await browser.get(SCHEDULES)).at("data", "config")
    assert (pick(config, "scheduleSyncStatus"), pick(config, "pendingSchedulesOffGrid")) == ("synced", False)


@pytest.mark.parametrize(("executes", "listed"), [(True, 3), (False, 2)])
async def test_a_server_error_may_have_had_its_effect(
    browser: Browser, world: World, executes: bool, listed: int
) -> None:
    world.faults.add(faults.status_code(503, executes=executes), Family.SCHEDULES, method="POST")

    assert (await browser.post(f"{BASE}/schedule", NEW)).status == 503

    assert len(await ids(browser)) == listed


@pytest.mark.parametrize("slot", [NIGHT, NIGHT.replace(":", "%3A")])
async def test_one_schedule_is_edited_by_its_id_raw_or_encoded(browser: Browser, slot: str) -> None:
    body = await whole(browser, 0, startTime="21:30", recurringKind=None)

    assert (await browser.request("PATCH", f"{BASE}/schedule/{slot}", body=body)).status == 200

    first = (await slots(browser))[0]
    assert [pick(first, name) for name in ("startTime", "endTime", "recurringKind")] == ["21:30", "06:00", None]


@pytest.mark.parametrize("changes", [{"id": NOON}, {"days": []}, {"scheduleType": "OFF_PEAK"}])
async def test_an_edit_that_does_not_fit_its_path_or_the_charger_is_refused(
    browser: Browser, changes: dict[str, Json]
) -> None:
    body = await whole(browser, 0, **changes)

    assert (await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=body)).status == 400


async def test_an_edit_names_the_whole_schedule(browser: Browser) -> None:
    body: Json = {"id": NIGHT, "startTime": "21:30"}

    assert (await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=body)).status == 400


async def test_a_deleted_schedule_is_gone(browser: Browser) -> None:
    assert (await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")).status == 200

    assert await ids(browser) == [NOON]
    assert (await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")).status == 404


def _replacing(stamp: Json, *rows: Json) -> Json:
    return {"meta": {"serverTimeStamp": stamp, "rowCount": len(rows)}, "data": list(rows)}


async def test_the_full_list_deletes_what_it_leaves_out(browser: Browser) -> None:
    listed = await browser.get(SCHEDULES)
    body = _replacing(listed.at("meta", "serverTimeStamp"), listed.at("data", "slots", 0))

    answer = await browser.request("PATCH", SCHEDULES, body=body)

    assert (answer.status, len(_list(answer.at("data")))) == (200, 1)
    assert await ids(browser) == [NIGHT]


async def test_a_full_list_by_somebody_who_missed_a_change_is_refused(browser: Browser, clock: ManualClock) -> None:
    listed = await browser.get(SCHEDULES)
    clock.tick(1)
    await browser.request("DELETE", f"{BASE}/schedule/{NOON}")

    body = _replacing(listed.at("meta", "serverTimeStamp"), *_list(listed.at("data", "slots")))

    assert (await browser.request("PATCH", SCHEDULES, body=body)).status == 409
    assert await ids(browser) == [NIGHT]


async def test_states_are_switched_without_the_rest(browser: Browser) -> None:
    await browser.request("PATCH", SCHEDULES, body={NIGHT: "DISABLED", NOON: "ENABLED"})

    assert [pick(slot, "enabled") for slot in await slots(browser)] == [False, True]


@pytest.mark.parametrize(
    "body",
    [
        {NIGHT: "ON", NOON: "ENABLED"},
        {NIGHT: "ENABLED"},
        {NIGHT: "ENABLED", NOON: "ENABLED", "unknown": "ENABLED"},
        {"data": []},
        [1],
    ],
)
async def test_senseless_changes_of_the_list_are_refused(browser: Browser, body: Json) -> None:
    assert (await browser.request("PATCH", SCHEDULES, body=body)).status == 400
    assert await ids(browser) == [NIGHT, NOON]


async def test_an_edit_leaves_the_amps_as_they_are_stored(browser: Browser) -> None:
    """docs/api.md §6.4: amps do not persist through these endpoints."""
    body = await whole(browser, 0, chargingLevel=14, chargingLevelAmp=14)

    await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=body)

    assert pick((await slots(browser))[0], "chargingLevelAmp") == 10


@pytest.mark.parametrize(
    ("change", "amps"),
    [
        ({"chargingLevel": 14, "chargingLevelAmp": 10}, 14),
        ({"chargingLevel": 100, "chargingLevelAmp": 10}, 32),
        ({"chargingLevel": None, "chargingLevelAmp": None}, 32),
    ],
)
async def test_where_amps_persist_the_charging_level_wins_and_100_means_the_maximum(
    browser: Browser, world: World, change: dict[str, Json], amps: int
) -> None:
    world.charger.quirks.slot_amps_persist = True
    body = await whole(browser, 0, **change)

    await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=body)

    slot = (await slots(browser))[0]
    assert (pick(slot, "chargingLevel"), pick(slot, "chargingLevelAmp")) == (amps, amps)


async def test_fields_nobody_knows_are_kept_as_they_came(browser: Browser) -> None:
    body = await whole(browser, 0, serializedDays="1,2", colour={"hue": 7})

    await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=body)

    slot = (await slots(browser))[0]
    assert (pick(slot, "serializedDays"), pick(slot, "colour")) == ("1,2", {"hue": 7})


@pytest.fixture
def off_peak(world: World) -> None:
    """A slot of the server's beside the others."""
    world.charger.slots.append(Slot(id=OFF_PEAK, start=None, end=None, kind="OFF_PEAK", enabled=False))


@pytest.mark.usefixtures("off_peak")
async def test_an_off_peak_schedule_is_only_switched_on_and_off(browser: Browser) -> None:
    listed = await browser.get(SCHEDULES)
    rows = _list(listed.at("data", "slots"))
    without = _replacing(listed.at("meta", "serverTimeStamp"), *rows[:2])

    edited = await browser.request("PATCH", f"{BASE}/schedule/{OFF_PEAK}", body=rows[2])
    added = await browser.post(f"{BASE}/schedule", {**NEW, "scheduleType": "OFF_PEAK"})
    deleted = await browser.request("DELETE", f"{BASE}/schedule/{OFF_PEAK}")
    left_out = await browser.request("PATCH", SCHEDULES, body=without)
    switched = await browser.request("PATCH", SCHEDULES, body=dict.fromkeys([NIGHT, NOON, OFF_PEAK], "ENABLED"))

    assert [answer.status for answer in (edited, added, deleted, left_out, switched)] == [400, 400, 400, 400, 200]
    assert pick((await slots(browser))[2], "enabled") is True


@pytest.mark.usefixtures("off_peak")
async def test_an_off_peak_schedule_needs_an_eligible_site(browser: Browser, world: World) -> None:
    world.site.off_peak_eligible = False

    answer = await browser.request("PATCH", SCHEDULES, body=dict.fromkeys([NIGHT, NOON, OFF_PEAK], "ENABLED"))

    assert answer.status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": "yes"},
        {"enabled": None},
        {"chargingLevel": 5},
        {"chargingLevel": "20"},
        {"id": f"{SITE}:202640019999:night"},
        {"id": NIGHT},
        {"id": 5},
        {"startTime": "25:00"},
        {"startTime": None},
        {"days": [0]},
        {"days": []},
        {"days": None},
        {"endTime": "22:15"},
    ],
)
async def test_a_senseless_schedule_is_refused(browser: Browser, change: dict[str, Json]) -> None:
    assert (await browser.post(f"{BASE}/schedule", {**NEW, **change})).status == 400
    assert await ids(browser) == [NIGHT, NOON]


@pytest.mark.parametrize(
    ("quirks", "status"),
    [(Quirks(most_slots=2), 400), (Quirks(most_slots=3), 201), (Quirks(refuses_overlaps=True), 400)],
)
async def test_a_schedule_too_many_or_over_another_may_be_refused(
    browser: Browser, world: World, quirks: Quirks, status: int
) -> None:
    world.charger.quirks = quirks

    assert (await browser.post(f"{BASE}/schedule", NEW)).status == status


@pytest.mark.parametrize(
    ("start", "status"), [("06:00", 201), ("05:59", 400)], ids=["it begins as the other ends", "a minute before"]
)
async def test_a_window_over_midnight_overlaps_the_next_morning(
    browser: Browser, world: World, start: str, status: int
) -> None:
    world.charger.quirks.refuses_overlaps = True
    monday: Json = {**NEW, "startTime": start, "endTime": "07:00", "days": [1]}

    assert (await browser.post(f"{BASE}/schedule", monday)).status == status


async def test_a_tariff_change_is_accepted(browser: Browser) -> None:
    answer = await browser.put(f"/service/evse_scheduler/api/v1/siteConfig/{SITE}/tariff_change")

    assert (answer.status, answer.at("data")) == (202, "Request Accepted")


# The charger by itself: it is 08:00 in Vienna on a Tuesday


async def test_a_charger_follows_its_schedule_while_nobody_asks(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in(Car(state_of_charge=0.1))
    await browser.post(f"{BASE}/schedule", {**NEW, "startTime": "23:30", "endTime": "00:30", "days": [2]})
    await browser.request("PATCH", SCHEDULES, body={NIGHT: "DISABLED", NOON: "DISABLED", NEW_ID: "ENABLED"})
    await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})

    clock.tick(8 * 86_400)

    charger = world.charger
    assert [day.isoformat() for day in charger.energy_by_day] == [
        "2026-11-10",
        "2026-11-11",
        "2026-11-17",
        "2026-11-18",
    ]
    assert sum(charger.energy_by_day.values()) == pytest.approx(2 * 3 * 230 * 16, rel=0.02)


async def test_a_scheduled_session_gets_the_default_level_where_the_slot_has_no_amps(
    world: World, clock: ManualClock
) -> None:
    charger = world.charger
    charger.slots = [Slot(id=NIGHT, start=time(9, 0), end=time(10, 0))]
    charger.settings["DefaultChargeLevel"].value = "8"
    charger.modes.fix(ChargeMode.SCHEDULED)
    charger.plug_in(Car())

    clock.tick(3600 + 60)

    assert world.charger.watts == 3 * 230 * 8


async def test_a_stop_holds_until_the_next_window_opens(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.slots = [Slot(id=NIGHT, start=time(7, 0), end=time(10, 0))]
    world.charger.plug_in(Car(state_of_charge=0.1))
    clock.tick(10)
    assert (await browser.post(START)).status == 200
    clock.tick(10)
    await browser.put(STOP)
    clock.tick(10)
    await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})

    clock.tick(3600)
    assert world.charger.watts == 0

    clock.tick(86_400)
    assert world.charger.watts > 0
