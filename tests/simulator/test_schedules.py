"""Schedules over HTTP."""

from datetime import time

import pytest

from simulator import ManualClock, Slot, World
from simulator.wire import Json

from .browser import SERIAL, SITE, Browser, pick

BASE = f"/service/evse_scheduler/api/v1/iqevc/charging-mode/SCHEDULED_CHARGING/{SITE}/{SERIAL}"
SCHEDULES = f"{BASE}/schedules"
NIGHT = f"{SITE}:{SERIAL}:night"
NOON = f"{SITE}:{SERIAL}:noon"
NEW: dict[str, Json] = {
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
    world.charger.slots = [
        Slot(id=NIGHT, start=time(22, 0), end=time(6, 0), amps=10),
        Slot(id=NOON, start=time(12, 0), end=time(13, 0), enabled=False),
    ]


async def ids(browser: Browser) -> list[Json]:
    slots = (await browser.get(SCHEDULES)).at("data", "slots")
    assert isinstance(slots, list)
    return [pick(slot, "id") for slot in slots]


async def test_a_created_schedule_is_listed_in_the_scheduler_s_form(browser: Browser) -> None:
    created = await browser.post(f"{BASE}/schedule", NEW)

    slot = (await browser.get(SCHEDULES)).at("data", "slots", 2)
    assert pick(slot, "id") == created.at("data")
    assert str(pick(slot, "id")).startswith(f"{SITE}:{SERIAL}:")
    assert slot == {**NEW, "id": pick(slot, "id"), "reminderTimeUtc": "21:00", "serializedDays": None}


async def test_the_list_says_whether_the_charger_has_it(browser: Browser, clock: ManualClock) -> None:
    await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")
    assert (await browser.get(SCHEDULES)).at("data", "config", "scheduleSyncStatus") == "pending"

    clock.tick(10)

    assert (await browser.get(SCHEDULES)).at("data", "config", "scheduleSyncStatus") == "synced"


@pytest.mark.parametrize("slot", [NIGHT, NIGHT.replace(":", "%3A")])
async def test_one_schedule_is_edited_by_its_id_raw_or_encoded(browser: Browser, slot: str) -> None:
    answer = await browser.request("PATCH", f"{BASE}/schedule/{slot}", body={"startTime": "21:30"})

    assert answer.status == 200
    first = (await browser.get(SCHEDULES)).at("data", "slots", 0)
    assert [pick(first, name) for name in ("startTime", "endTime", "chargingLevelAmp")] == ["21:30", "06:00", 10]


async def test_a_deleted_schedule_is_gone(browser: Browser) -> None:
    assert (await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")).status == 200

    assert await ids(browser) == [NOON]
    assert (await browser.request("DELETE", f"{BASE}/schedule/{NIGHT}")).status == 404


async def test_the_full_list_deletes_what_it_leaves_out(browser: Browser) -> None:
    kept = (await browser.get(SCHEDULES)).at("data", "slots", 0)
    body: Json = {"meta": {"serverTimeStamp": "2026-11-10T07:00:00.000+00:00", "rowCount": 1}, "data": [kept]}

    assert (await browser.request("PATCH", SCHEDULES, body=body)).status == 200

    assert await ids(browser) == [NIGHT]


async def test_states_are_switched_without_the_rest(browser: Browser) -> None:
    await browser.request("PATCH", SCHEDULES, body={NIGHT: "DISABLED", NOON: "ENABLED"})

    slots = (await browser.get(SCHEDULES)).at("data", "slots")
    assert [pick(slots, index, "enabled") for index in (0, 1)] == [False, True]


@pytest.mark.parametrize("level", [100, None])
async def test_a_level_that_means_the_maximum_is_normalised(browser: Browser, level: int | None) -> None:
    await browser.post(f"{BASE}/schedule", {**NEW, "chargingLevel": level, "chargingLevelAmp": level})

    assert (await browser.get(SCHEDULES)).at("data", "slots", 2, "chargingLevelAmp") == 32


@pytest.mark.parametrize(
    ("change", "amps"),
    [
        ({"chargingLevel": 14}, 14),
        ({"chargingLevel": 14, "chargingLevelAmp": 10}, 14),
        ({"chargingLevelAmp": 14}, 14),
        ({"chargingLevel": 100, "chargingLevelAmp": 10}, 32),
        ({"chargingLevel": None}, 32),
        ({"startTime": "21:00"}, 10),
    ],
)
async def test_the_charging_level_of_an_edit_wins(browser: Browser, change: dict[str, Json], amps: int) -> None:
    assert (await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=change)).status == 200

    slot = (await browser.get(SCHEDULES)).at("data", "slots", 0)
    assert (pick(slot, "chargingLevel"), pick(slot, "chargingLevelAmp")) == (amps, amps)


async def test_fields_nobody_knows_are_kept_as_they_came(browser: Browser) -> None:
    change: Json = {"serializedDays": "1,2", "colour": {"hue": 7}}
    await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body=change)
    await browser.request("PATCH", f"{BASE}/schedule/{NIGHT}", body={"startTime": "21:00"})

    slot = (await browser.get(SCHEDULES)).at("data", "slots", 0)

    assert (pick(slot, "serializedDays"), pick(slot, "colour")) == ("1,2", {"hue": 7})


async def test_a_list_with_one_schedule_twice_is_refused(browser: Browser) -> None:
    kept = (await browser.get(SCHEDULES)).at("data", "slots", 0)

    assert (await browser.request("PATCH", SCHEDULES, body={"data": [kept, kept]})).status == 400
    assert await ids(browser) == [NIGHT, NOON]


async def test_an_off_peak_schedule_needs_an_eligible_site(browser: Browser, world: World) -> None:
    off_peak: Json = {"scheduleType": "OFF_PEAK", "startTime": None, "endTime": None, "enabled": True}
    assert (await browser.post(f"{BASE}/schedule", off_peak)).status == 201

    world.site.off_peak_eligible = False

    assert (await browser.post(f"{BASE}/schedule", off_peak)).status == 400


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
        {"endTime": "22:15"},
    ],
)
async def test_a_senseless_schedule_is_refused(browser: Browser, change: dict[str, Json]) -> None:
    assert (await browser.post(f"{BASE}/schedule", {**NEW, **change})).status == 400
    assert await ids(browser) == [NIGHT, NOON]


@pytest.mark.parametrize("body", [{NIGHT: "ON"}, {"unknown": "ENABLED"}, [1]])
async def test_senseless_changes_of_the_list_are_refused(browser: Browser, body: Json) -> None:
    assert (await browser.request("PATCH", SCHEDULES, body=body)).status == 400
    assert await ids(browser) == [NIGHT, NOON]


async def test_a_tariff_change_is_accepted(browser: Browser) -> None:
    answer = await browser.put(f"/service/evse_scheduler/api/v1/siteConfig/{SITE}/tariff_change")

    assert (answer.status, answer.at("data")) == (202, "Request Accepted")
