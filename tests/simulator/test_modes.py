"""Mode preference, green settings, schedules and what the charger makes of them."""

from datetime import time, timedelta

import pytest

from simulator import Car, ChargeMode, ManualClock, Slot, World
from simulator.wire import Json

from .browser import MODE, SERIAL, SITE, START, STOP, Browser, charging, pick

GREEN = f"/service/evse_scheduler/api/v1/iqevc/charging-mode/GREEN_CHARGING/{SITE}/{SERIAL}/settings"
BATTERY = "USE_BATTERY_FOR_SELF_CONSUMPTION"


def night(*, enabled: bool = True) -> Slot:
    return Slot(id=f"{SITE}:{SERIAL}:night", start=time(22, 0), end=time(6, 0), amps=10, enabled=enabled)


async def enabled_mode(browser: Browser) -> Json:
    modes = (await browser.get(MODE)).at("data", "modes")
    assert isinstance(modes, dict)
    return next(pick(mode, "chargingMode") for mode in modes.values() if pick(mode, "enabled") is True)


async def test_the_preference_lists_the_offered_modes(browser: Browser) -> None:
    answer = await browser.get(MODE)

    assert answer.at("data", "modes") == {
        "greenCharging": {
            "chargingMode": "GREEN_CHARGING",
            "enabled": False,
            "isHidden": False,
            "showSettings": True,
            "isDisabledByStorm": False,
        },
        "scheduledCharging": {"chargingMode": "SCHEDULED_CHARGING", "enabled": False, "schedulesEnabled": 0},
        "manualCharging": {"chargingMode": "MANUAL_CHARGING", "enabled": True},
    }
    assert answer.at("meta", "serverTimeStamp") == "2026-11-10T07:00:00.000+00:00"


async def test_smart_charging_takes_green_s_place_where_it_exists(browser: Browser, world: World) -> None:
    world.charger.modes.smart = True

    answer = await browser.get(MODE)

    modes = answer.at("data", "modes")
    assert isinstance(modes, dict)
    assert list(modes) == ["smartCharging", "scheduledCharging", "manualCharging"]
    assert answer.at("data", "config", "profile") == "ai_optimisation"
    assert (await browser.put(MODE, {"mode": "GREEN_CHARGING"})).status == 400
    assert (await browser.put(MODE, {"mode": "SMART_CHARGING"})).status == 200


async def test_a_new_mode_is_stored_at_once_and_followed_later(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    answer = await browser.put(MODE, {"mode": "GREEN_CHARGING"})

    assert answer.at("data", "modes", "greenCharging", "enabled") is True
    assert answer.at("data", "config", "modeSyncStatus") == "pending"
    assert pick(await browser.charger(), "mode") == 0

    clock.tick(world.charger.effect_delay.total_seconds())

    assert pick(await browser.charger(), "mode") == 1
    assert (await browser.get(MODE)).at("data", "config", "modeSyncStatus") == "synced"


async def test_a_preference_may_show_late(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.quirks.preference_lag = timedelta(seconds=6)
    await browser.put(MODE, {"mode": "GREEN_CHARGING"})
    assert await enabled_mode(browser) == "MANUAL_CHARGING"

    clock.tick(6)

    assert await enabled_mode(browser) == "GREEN_CHARGING"


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("MANUAL_CHARGING", None),
        ("SCHEDULED_CHARGING", "iqevc_sch_10031"),
        ("SOLAR_CHARGING", None),
        (None, None),
    ],
)
async def test_a_mode_that_cannot_be_set_is_refused(browser: Browser, mode: str | None, code: str | None) -> None:
    answer = await browser.put(MODE, {"mode": mode})

    assert answer.status == 400
    error = answer.at("error")
    assert isinstance(error, dict)
    assert error.get("errorMessageCode") == code
    assert await enabled_mode(browser) == "MANUAL_CHARGING"


async def test_a_refusal_may_have_been_applied(browser: Browser, world: World) -> None:
    world.charger.quirks.preference_400_but_applied = True

    assert (await browser.put(MODE, {"mode": "GREEN_CHARGING"})).status == 400
    assert await enabled_mode(browser) == "GREEN_CHARGING"


async def test_a_storm_disables_green(browser: Browser, world: World) -> None:
    world.charger.modes.storm_disables_green = True

    assert (await browser.get(MODE)).at("data", "modes", "greenCharging", "isDisabledByStorm") is True
    assert (await browser.put(MODE, {"mode": "GREEN_CHARGING"})).status == 400


async def test_green_charging_follows_the_sun(browser: Browser, world: World, clock: ManualClock) -> None:
    world.site.solar_watts = 1000
    world.charger.modes.fix(ChargeMode.GREEN)
    world.charger.plug_in()
    clock.tick(30)
    waiting = await browser.charger()
    assert pick(waiting, "charging") is True
    assert pick(waiting, "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"
    assert pick(waiting, "connectors", 0, "connectorStatusReason") == "INSUFFICIENT_SOLAR"
    assert pick(waiting, "sch_d", "info", 0, "type") == "greencharging"

    world.site.solar_watts = 6000
    clock.tick(30)

    charging = await browser.charger()
    assert pick(charging, "connectors", 0, "connectorStatusType") == "CHARGING"
    assert pick(charging, "mode") == 1
    assert world.charger.watts == 8 * 230 * 3


async def test_a_level_in_green_mode_forces_full_manual_power(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.site.solar_watts = 0
    world.charger.modes.fix(ChargeMode.GREEN)
    world.charger.plug_in()
    clock.tick(30)
    await browser.post(START, {"connectorId": 1})
    clock.tick(30)
    assert world.charger.watts == 0

    await browser.post(START, {"chargingLevel": 32, "connectorId": 1})
    clock.tick(30)

    assert pick(await browser.charger(), "mode") == 0
    assert await enabled_mode(browser) == "GREEN_CHARGING"
    assert world.charger.watts == 16 * 230 * 3


async def test_the_battery_may_help_green_charging(browser: Browser, world: World, clock: ManualClock) -> None:
    world.site.solar_watts = 2000
    world.charger.modes.fix(ChargeMode.GREEN)
    world.charger.plug_in()
    clock.tick(30)
    assert world.charger.watts == 0

    body: Json = {"chargerSettingList": [{"chargerSettingName": BATTERY, "enabled": True, "value": None}]}
    answer = await browser.put(GREEN, body)
    clock.tick(30)

    row = {"chargerSettingName": BATTERY, "enabled": True, "value": None}
    assert answer.at("data", "data") == [row]
    assert (await browser.get(GREEN)).at("data") == [row]
    assert world.charger.watts == 6 * 230 * 3


async def test_a_charger_without_battery_support_has_no_such_setting(browser: Browser, world: World) -> None:
    world.charger.supports_use_battery = False
    body: Json = {"chargerSettingList": [{"chargerSettingName": BATTERY, "enabled": True}]}

    assert (await browser.get(GREEN)).at("data") == []
    assert (await browser.put(GREEN, body)).status == 400
    assert (await browser.put(GREEN, {"chargerSettingList": []})).status == 400


async def test_scheduled_charging_keeps_to_its_window_across_midnight(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.slots = [night()]
    assert (await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})).status == 200
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))
    clock.tick(60)
    assert pick(await browser.charger(), "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"
    assert pick(await browser.charger(), "sch_d", "status") == 0

    clock.tick(14 * 3600)
    await browser.sign_in()
    during = await browser.charger()
    assert pick(during, "connectors", 0, "connectorStatusType") == "CHARGING"
    assert pick(during, "sch_d", "info", 0, "limit") == 10
    assert world.charger.watts == 10 * 230 * 3

    clock.tick(4 * 3600)
    assert world.charger.watts == 10 * 230 * 3
    clock.tick(4 * 3600)
    assert world.charger.watts == 0


@pytest.fixture
def waiting(world: World, clock: ManualClock) -> World:
    """A car on a charger in scheduled mode, in the morning, long before its window."""
    world.charger.slots = [night()]
    world.charger.modes.fix(ChargeMode.SCHEDULED)
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))
    clock.tick(30)
    return world


async def test_a_start_without_a_level_waits_for_the_window(
    browser: Browser, waiting: World, clock: ManualClock
) -> None:
    assert (await browser.post(START, {"connectorId": 1})).status == 200
    clock.tick(3600)

    assert pick(await browser.charger(), "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"
    assert await enabled_mode(browser) == "SCHEDULED_CHARGING"
    assert waiting.charger.watts == 0
    clock.tick(13 * 3600)
    assert waiting.charger.watts == 10 * 230 * 3


async def test_a_start_with_a_level_charges_by_hand_until_scheduled_is_put_again(
    browser: Browser, waiting: World, clock: ManualClock
) -> None:
    await browser.post(START, {"chargingLevel": 12, "connectorId": 1})
    clock.tick(30)
    assert await enabled_mode(browser) == "MANUAL_CHARGING"
    assert pick(await browser.charger(), "session_d", "charge_level") == 12
    assert waiting.charger.watts == 12 * 230 * 3

    assert (await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})).status == 200
    clock.tick(30)

    assert pick(await browser.charger(), "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"
    assert waiting.charger.watts == 0
    clock.tick(14 * 3600)
    assert waiting.charger.watts == 10 * 230 * 3


async def test_scheduled_put_right_behind_a_start_applies_to_it(
    browser: Browser, waiting: World, clock: ManualClock
) -> None:
    await browser.post(START, {"chargingLevel": 12, "connectorId": 1})
    clock.tick(1)
    await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})

    clock.tick(60)

    assert await enabled_mode(browser) == "SCHEDULED_CHARGING"
    assert waiting.charger.watts == 0


async def test_choosing_scheduled_ends_a_session_by_hand_outside_the_window(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.slots = [night()]
    await charging(browser, world, clock, 30, level=16)
    assert world.charger.watts > 0

    await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})
    clock.tick(30)

    assert world.charger.watts == 0


async def test_a_stop_in_scheduled_mode_drifts_to_manual_until_reasserted(
    browser: Browser, waiting: World, clock: ManualClock
) -> None:
    waiting.charger.quirks.window_ends_a_stop = False
    assert (await browser.put(STOP)).status == 200
    assert await enabled_mode(browser) == "MANUAL_CHARGING"
    assert (await browser.put(MODE, {"mode": "SCHEDULED_CHARGING"})).status == 200
    clock.tick(14 * 3600)

    await browser.sign_in()
    assert await enabled_mode(browser) == "SCHEDULED_CHARGING"
    assert waiting.charger.watts == 0


async def test_smart_charging_waits_for_the_night(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.modes.smart = True
    world.charger.modes.fix(ChargeMode.SMART)
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))
    clock.tick(60)
    assert world.charger.watts == 0

    clock.tick(16 * 3600)

    assert world.charger.watts > 0


async def test_switching_to_green_tames_a_running_manual_session(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.site.solar_watts = 0
    await charging(browser, world, clock, 30, level=16)
    assert world.charger.watts > 0

    await browser.put(MODE, {"mode": "GREEN_CHARGING"})
    clock.tick(30)

    assert world.charger.watts == 0


class TestTheAmpsOfASession:
    CONFIGURATION = f"/service/evse_controller/api/v1/{SITE}/ev_chargers/{SERIAL}/ev_charger_config"

    async def default_level(self, browser: Browser, amps: int) -> None:
        answer = await browser.put(self.CONFIGURATION, [{"key": "DefaultChargeLevel", "value": amps}])
        assert answer.status == 200

    async def test_nothing_asked_for_is_no_level_and_full_power(
        self, browser: Browser, world: World, clock: ManualClock
    ) -> None:
        world.charger.plug_in()
        await browser.post(START, {"connectorId": 1})
        clock.tick(30)

        assert pick(await browser.charger(), "session_d", "charge_level") is None
        assert world.charger.watts == 16 * 230 * 3

    async def test_the_default_level_holds_for_later_sessions_only(
        self, browser: Browser, world: World, clock: ManualClock
    ) -> None:
        world.charger.plug_in()
        await self.default_level(browser, 10)
        clock.tick(10)
        await browser.post(START, {"connectorId": 1})
        clock.tick(30)
        assert world.charger.watts == 10 * 230 * 3

        await self.default_level(browser, 13)
        clock.tick(600)

        assert world.charger.watts == 10 * 230 * 3
        assert pick(await browser.charger(), "session_d", "charge_level") == 10
        await browser.put(STOP)
        clock.tick(30)
        await browser.post(START, {"connectorId": 1})
        clock.tick(30)
        assert world.charger.watts == 13 * 230 * 3
        assert pick(await browser.charger(), "session_d", "charge_level") == 13
