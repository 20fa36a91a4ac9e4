"""The charger status over HTTP: shapes, times, lag, and what it keeps."""

from datetime import timedelta
import re

import pytest

from simulator import Car, ManualClock, StatusShape, World, commands

from .browser import SERIAL, SITE, START, STATUS, STOP, Browser, charging, pick

TEXT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\[UTC\]")
LAST_REPORTED = f"/service/evse_controller/api/v2/{SITE}/ev_chargers/last_reported_at"


async def test_an_idle_charger_that_was_never_used_has_an_empty_session(browser: Browser) -> None:
    charger = await browser.charger()

    assert pick(charger, "sn") == SERIAL
    assert pick(charger, "connected") is True
    assert pick(charger, "pluggedIn") is False
    assert pick(charger, "connectors", 0, "connectorStatusType") == "AVAILABLE"
    session = pick(charger, "session_d")
    assert [pick(session, name) for name in ("plg_in_at", "strt_chrg", "plg_out_at", "charge_level")] == [None] * 4


async def test_times_and_numbers_are_sent_in_the_controller_s_types(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 60, level=12)

    answer = await browser.get(STATUS)
    charger = answer.at("data", "chargers", 0)

    assert answer.at("meta", "serverTimeStamp") == round(clock().timestamp() * 1000)
    assert TEXT_TIME.fullmatch(str(pick(charger, "lst_rpt_at")))
    assert TEXT_TIME.fullmatch(str(pick(charger, "session_d", "plg_in_at")))
    started = clock() - timedelta(seconds=56)
    assert pick(charger, "session_d", "strt_chrg") == round(started.timestamp() * 1000)
    assert pick(charger, "session_d", "charge_level") == 12
    assert pick(charger, "session_d", "auth_status") == -1
    assert pick(charger, "commissioned") == 1
    assert pick(charger, "connectors", 0, "safeLimitState") == 0


async def test_session_energy_is_in_watt_hours_and_waits_for_the_report(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 33, car=Car(max_amps=10, phases=1))
    assert pick(await browser.charger(), "session_d", "e_c") == 0

    clock.tick(1)
    assert pick(await browser.charger(), "session_d", "e_c") == pytest.approx(2300 * 30 / 3600, abs=0.01)
    clock.tick(299)
    assert pick(await browser.charger(), "session_d", "e_c") == pytest.approx(2300 * 30 / 3600, abs=0.01)
    clock.tick(1)
    assert pick(await browser.charger(), "session_d", "e_c") == pytest.approx(2300 * 330 / 3600, abs=0.01)


async def test_plugging_in_is_reported_at_once(browser: Browser, world: World, clock: ManualClock) -> None:
    clock.tick(17)
    world.charger.plug_in(Car(manufacturer="Any Motors"))

    charger = await browser.charger()

    assert pick(charger, "lst_rpt_at") == "2026-11-10T07:00:17.000Z[UTC]"
    assert pick(charger, "pluggedIn") is True
    assert pick(charger, "evManufacturerName") == "Any Motors"
    assert pick(charger, "connectors", 0, "connectorStatusInfo") == "EVConnected"


async def test_a_start_is_accepted_at_once_and_takes_effect_later(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in()
    assert (await browser.post(START)).status == 200
    assert pick(await browser.charger(), "charging") is False

    clock.tick(world.charger.effect_delay.total_seconds())

    charger = await browser.charger()
    assert pick(charger, "charging") is True
    assert pick(charger, "connectors", 0, "connectorStatusType") == "CHARGING"


async def test_a_stopped_charger_keeps_its_session_and_says_so(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 600)
    await browser.put(STOP)
    clock.tick(10)

    charger = await browser.charger()

    assert pick(charger, "charging") is False
    assert pick(charger, "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"
    assert pick(charger, "session_d", "plg_out_at") is None
    assert pick(charger, "session_d", "charge_level") is None


async def test_an_idle_charger_shows_its_previous_session(browser: Browser, world: World, clock: ManualClock) -> None:
    await charging(browser, world, clock, 900)
    world.charger.unplug()
    clock.tick(600)

    charger = await browser.charger()

    assert pick(charger, "pluggedIn") is False
    assert pick(charger, "connectors", 0, "connectorStatusType") == "AVAILABLE"
    assert TEXT_TIME.fullmatch(str(pick(charger, "session_d", "plg_out_at")))
    assert pick(charger, "session_d", "e_c") == pytest.approx(16 * 230 * 3 * 896 / 3600, abs=0.01)


async def test_a_start_after_a_stop_is_a_new_session_whose_energy_comes_later(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 500)
    first = pick(await browser.charger(), "session_d")
    await browser.put(STOP)
    clock.tick(30)
    await browser.post(START)
    clock.tick(10)

    second = pick(await browser.charger(), "session_d")
    assert pick(second, "plg_in_at") == pick(first, "plg_in_at")
    assert pick(second, "strt_chrg") != pick(first, "strt_chrg")
    assert pick(second, "e_c") == pick(first, "e_c")
    clock.tick(30)
    assert pick(await browser.charger(), "session_d", "e_c") == pytest.approx(16 * 230 * 3 * 30 / 3600, abs=0.01)


async def test_a_car_that_is_full_suspends_while_the_session_lives(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 1200, car=Car(battery_kwh=10, state_of_charge=0.79, charge_limit=0.8))

    charger = await browser.charger()

    assert pick(charger, "charging") is True
    assert pick(charger, "connectors", 0, "connectorStatusType") == "SUSPENDED_EV"
    assert world.charger.watts == 0


@pytest.mark.parametrize("state", ["RESERVED", "UNAVAILABLE"])
async def test_a_free_connector_may_be_in_a_state_of_ocpp_s(
    browser: Browser, world: World, clock: ManualClock, state: str
) -> None:
    world.charger.quirks.unplugged = state
    clock.tick(300)

    assert pick(await browser.charger(), "connectors", 0, "connectorStatusType") == state


async def test_an_offline_charger_is_frozen_and_catches_up_later(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 400)
    before = await browser.charger()
    world.charger.go_offline()
    clock.tick(3600)

    frozen = await browser.charger()
    assert pick(frozen, "connected") is False
    assert pick(frozen, "offlineAt") == "2026-11-10T07:06:40.000Z[UTC]"
    for name in ("lst_rpt_at", "charging", "session_d", "connectors"):
        assert pick(frozen, name) == pick(before, name)

    world.charger.come_online()
    back = await browser.charger()
    assert pick(back, "connected") is True
    assert pick(back, "offlineAt") == pick(frozen, "offlineAt")
    assert pick(back, "session_d", "e_c") == pytest.approx(16 * 230 * 3 * 3996 / 3600, abs=0.01)


async def test_a_broken_charger_is_faulted_and_draws_nothing(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 60)
    world.charger.break_down()

    charger = await browser.charger()
    assert pick(charger, "faulted") is True
    assert pick(charger, "connectors", 0, "connectorStatusType") == "FAULTED"
    assert world.charger.watts == 0

    world.charger.repair()
    assert pick(await browser.charger(), "faulted") is False


async def test_the_live_stream_brings_energy_more_often_for_its_time(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 60)
    stream = STATUS.replace("status", "start_live_stream")
    assert (await browser.get(stream)).at("data", "liveStreamDuration") == 900

    clock.tick(10)
    early = pick(await browser.charger(), "session_d", "e_c")
    clock.tick(10)
    assert pick(await browser.charger(), "session_d", "e_c") != early

    stopped = await browser.get(STATUS.replace("status", "stop_live_stream"))
    assert stopped.at("data") is None
    clock.tick(10)
    late = pick(await browser.charger(), "session_d", "e_c")
    clock.tick(200)
    assert pick(await browser.charger(), "session_d", "e_c") == late


async def test_the_flat_shape_has_kilowatt_hours_and_seconds(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.presentation.status_shape = StatusShape.FLAT
    await charging(browser, world, clock, 340)

    answer = await browser.get(STATUS)

    charger = answer.at("evChargerData", 0)
    assert answer.at("ts") == int(clock().timestamp())
    assert pick(charger, "connectorStatusType") == "CHARGING"
    assert pick(charger, "session_d", "e_c") == pytest.approx(16 * 230 * 3 * 330 / 3.6e6, abs=0.01)
    assert pick(charger, "session_d", "start_time") == int((clock() - timedelta(seconds=336)).timestamp())


async def test_the_keyed_shape_has_four_fields_a_charger(browser: Browser, clock: ManualClock) -> None:
    answer = await browser.get(f"/service/evse_controller/api/v2/{SITE}/ev_chargers/status")

    assert answer.at("data") == {
        SERIAL: {
            "connected": True,
            "pluggedIn": False,
            "charging": False,
            "lst_rpt_at": round(clock().timestamp() * 1000),
        }
    }


async def test_last_reported_at_tells_the_report_time_alone(browser: Browser, clock: ManualClock) -> None:
    reported = clock()
    clock.tick(100)

    answer = await browser.get(LAST_REPORTED)

    assert answer.at("data") == {SERIAL: round(reported.timestamp() * 1000)}


async def test_a_retired_charger_leaves_the_status(browser: Browser, world: World) -> None:
    world.charger.retired = True

    assert (await browser.get(STATUS)).at("data", "chargers") == []


async def test_a_second_connector_charges_on_its_own(browser: Browser, world: World, clock: ManualClock) -> None:
    double = world.site.add_charger("202640011999", connectors=2)
    double.plug_in(connector=2)
    commands.start(double, level=None, connector=double.connector(2))
    clock.tick(10)

    connectors = (await browser.get(STATUS)).at("data", "chargers", 1, "connectors")

    assert [pick(connectors, index, "connectorStatusType") for index in (0, 1)] == ["AVAILABLE", "CHARGING"]
    assert [pick(connectors, index, "pluggedIn") for index in (0, 1)] == [False, True]


async def test_load_balancing_limits_and_shows(browser: Browser, world: World, clock: ManualClock) -> None:
    await charging(browser, world, clock, 10)
    world.charger.adjust(load_limit_amps=8)

    assert pick(await browser.charger(), "connectors", 0, "dlbActive") is True
    assert world.charger.watts == 8 * 230 * 3

    world.charger.adjust(load_limit_amps=4)
    assert pick(await browser.charger(), "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"


async def test_the_safe_limit_is_the_charger_s_minimum_and_shows_when_idle_too(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    assert pick(await browser.charger(), "connectors", 0, "safeLimitState") == 1
    await charging(browser, world, clock, 10)
    world.charger.adjust(safe_limit=True)

    assert pick(await browser.charger(), "connectors", 0, "safeLimitState") == 1
    assert world.charger.watts == 6 * 230 * 3
