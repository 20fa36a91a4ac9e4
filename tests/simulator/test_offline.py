"""A charger without a way to the cloud: what it is asked for meanwhile, and what the cloud still shows of it."""

from datetime import time, timedelta

import pytest

from simulator import Car, ChargeMode, Charger, ManualClock, Slot, World, commands
from simulator.wire import Json

from .browser import MODE, SERIAL, SITE, START, STOP, Browser, pick

CONFIGURATION = f"/service/evse_controller/api/v1/{SITE}/ev_chargers/{SERIAL}/ev_charger_config"
SCHEDULER = "/service/evse_scheduler/api/v1/iqevc/charging-mode"
GREEN = f"{SCHEDULER}/GREEN_CHARGING/{SITE}/{SERIAL}/settings"
SCHEDULES = f"{SCHEDULER}/SCHEDULED_CHARGING/{SITE}/{SERIAL}/schedules"
ALL_DAY = Slot(id=f"{SITE}:{SERIAL}:day", start=time(0, 0), end=time(23, 59), amps=10)
DELAY = 4


def begin(charger: Charger, level: int | None = 16) -> None:
    """Start a session and let it run."""
    charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))
    commands.start(charger, level=level, connector=charger.connector(1))


@pytest.fixture
def charger(world: World, clock: ManualClock) -> Charger:
    """A charger that charges with 16 A."""
    begin(world.charger)
    clock.tick(60)
    return world.charger


async def test_a_mode_chosen_meanwhile_waits_for_its_return(
    browser: Browser, world: World, charger: Charger, clock: ManualClock
) -> None:
    world.site.solar_watts = 0
    charger.go_offline()
    assert (await browser.put(MODE, {"mode": "GREEN_CHARGING"})).status == 200
    clock.tick(600)
    assert charger.watts > 0
    assert (await browser.get(MODE)).at("data", "config", "modeSyncStatus") == "pending"

    charger.come_online()
    clock.tick(DELAY - 1)
    assert charger.watts > 0
    clock.tick(1)

    assert charger.watts == 0
    assert (await browser.get(MODE)).at("data", "config", "modeSyncStatus") == "synced"


async def test_the_cloud_shows_what_it_heard_last(
    browser: Browser, world: World, charger: Charger, clock: ManualClock
) -> None:
    charger.slots = [ALL_DAY]
    charger.modes.fix(ChargeMode.SCHEDULED)
    clock.tick(60)
    before = await browser.charger()
    assert pick(before, "sch_d", "info", 0, "limit") == 10
    charger.go_offline()

    charger.modes.fix(ChargeMode.GREEN)
    charger.slots = []
    world.site.solar_watts = 0
    clock.tick(900)

    after = await browser.charger()
    for name in ("sch_d", "mode", "charging", "connectors", "session_d", "lst_rpt_at"):
        assert pick(after, name) == pick(before, name)


async def test_settings_made_meanwhile_are_stored_and_followed_later(
    browser: Browser, charger: Charger, clock: ManualClock
) -> None:
    charger.go_offline()
    await browser.put(CONFIGURATION, [{"key": "DefaultChargeLevel", "value": 8}])
    clock.tick(600)
    row = (await browser.post(CONFIGURATION, [{"key": "DefaultChargeLevel"}])).at("data", 0)
    assert row == {"key": "DefaultChargeLevel", "value": "8", "reqValue": None, "status": 2}
    assert charger.settings["DefaultChargeLevel"].value is None

    charger.come_online()
    clock.tick(DELAY)
    charger.advance()

    assert charger.settings["DefaultChargeLevel"].value == "8"


async def test_schedules_made_meanwhile_are_stored_and_followed_later(
    browser: Browser, charger: Charger, clock: ManualClock
) -> None:
    charger.slots = [ALL_DAY]
    charger.modes.fix(ChargeMode.SCHEDULED)
    commands.set_mode(charger, ChargeMode.SCHEDULED)
    clock.tick(60)
    assert charger.watts == 10 * 230 * 3
    charger.go_offline()

    await browser.request("PATCH", SCHEDULES, body={ALL_DAY.id: "DISABLED"})
    clock.tick(600)
    assert (await browser.get(SCHEDULES)).at("data", "slots", 0, "enabled") is False
    assert charger.watts == 10 * 230 * 3
    charger.come_online()
    clock.tick(DELAY)

    assert charger.watts == 0


async def test_the_battery_s_help_waits_too(
    browser: Browser, world: World, charger: Charger, clock: ManualClock
) -> None:
    world.site.solar_watts = 4000
    charger.modes.fix(ChargeMode.GREEN)
    commands.set_mode(charger, ChargeMode.GREEN)
    clock.tick(60)
    assert charger.watts == 0
    charger.go_offline()

    body: Json = {"chargerSettingList": [{"chargerSettingName": "USE_BATTERY_FOR_SELF_CONSUMPTION", "enabled": True}]}
    answer = await browser.put(GREEN, body)
    assert answer.at("data", "data", 0, "enabled") is True
    clock.tick(600)
    assert charger.watts == 0
    charger.come_online()
    clock.tick(30)

    assert charger.watts > 0


def test_a_car_plugged_in_starts_without_the_cloud(world: World, clock: ManualClock) -> None:
    world.charger.quirks.starts_when_plugged_in = True
    world.charger.go_offline()
    world.charger.plug_in()

    clock.tick(DELAY)

    assert world.charger.watts > 0


@pytest.mark.parametrize("kept", [True, False])
async def test_a_command_answered_552_may_or_may_not_be_carried_out_later(
    browser: Browser, charger: Charger, clock: ManualClock, *, kept: bool
) -> None:
    charger.quirks.keeps_commands_for_later = kept
    charger.go_offline()

    assert (await browser.put(STOP)).status == 552
    clock.tick(600)
    assert charger.watts > 0
    charger.come_online()
    clock.tick(DELAY)

    assert (charger.watts == 0) is kept


async def test_a_start_answered_552_may_be_carried_out_later(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.quirks.keeps_commands_for_later = True
    world.charger.plug_in()
    world.charger.go_offline()

    assert (await browser.post(START, {"chargingLevel": 8, "connectorId": 1})).status == 552
    clock.tick(600)
    assert world.charger.watts == 0
    world.charger.come_online()
    clock.tick(DELAY)

    assert world.charger.watts == 8 * 230 * 3


async def test_a_live_stream_never_reaches_an_offline_charger(browser: Browser, charger: Charger) -> None:
    charger.go_offline()

    await browser.get(f"/service/evse_controller/{SITE}/ev_chargers/start_live_stream")

    assert charger.live_until is None


async def test_an_open_window_shows_with_the_next_report(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.slots = [Slot(id="noon", start=time(9, 0), end=time(10, 0))]
    world.charger.modes.fix(ChargeMode.SCHEDULED)

    clock.tick(timedelta(hours=1, minutes=5).total_seconds())

    assert pick(await browser.charger(), "sch_d", "info", 0, "type") == "CUSTOM"
