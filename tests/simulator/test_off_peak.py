"""When energy is cheap, and who keeps to it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from simulator import TARIFFS, Car, ChargeMode, ManualClock, Slot, World
from simulator.off_peak import CheapHours, cheap_hours

from .browser import SERIAL, SITE, Browser, pick

VIENNA = ZoneInfo("Europe/Vienna")
OFF_PEAK = Slot(id=f"{SITE}:{SERIAL}:cheap", start=None, end=None, kind="OFF_PEAK")


def at(text: str) -> datetime:
    """Return a local moment of November 2026."""
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=VIENNA)


@pytest.mark.parametrize(
    ("tariff", "moment", "hours"),
    [
        ("none", "10T12:00", None),
        ("none", "10T22:59", None),
        ("none", "10T23:00", ("10T23:00", "11T06:00")),
        ("none", "11T05:59", ("10T23:00", "11T06:00")),
        ("flat", "11T02:00", ("10T23:00", "11T06:00")),
        ("tiered", "11T07:00", None),
        ("weekends", "10T06:00", None),
        ("weekends", "10T22:00", ("10T21:00", "11T06:00")),
        ("weekends", "11T00:00", ("10T21:00", "11T06:00")),
        ("weekends", "14T09:00", ("13T21:00", "14T10:00")),
        ("weekends", "14T12:00", None),
        ("weekends", "16T01:00", ("16T00:00", "16T06:00")),
        ("time-of-use", "10T14:59", ("10T00:00", "10T15:00")),
        ("time-of-use", "10T15:00", None),
        ("time-of-use", "10T23:30", None),
    ],
)
def test_cheap_hours_follow_the_tariff_and_the_night_where_it_tells_none_apart(
    tariff: str, moment: str, hours: tuple[str, str] | None
) -> None:
    expected = None if hours is None else CheapHours(start=at(hours[0]), end=at(hours[1]))

    assert cheap_hours(TARIFFS[tariff], at(moment)) == expected


@pytest.fixture
def world(clock: ManualClock) -> World:
    """A site where energy is cheap from 21 to 6 o'clock on working days, and an empty car."""
    world = World.with_one_charger(clock)
    world.site.tariff = TARIFFS["weekends"]
    return world


async def test_an_off_peak_schedule_opens_with_the_tariff_s_hours(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.slots = [OFF_PEAK]
    world.charger.modes.fix(ChargeMode.SCHEDULED)
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))
    clock.move_to(at("10T20:59"))
    assert world.charger.watts == 0

    clock.move_to(at("10T21:01"))

    assert world.charger.watts > 0
    await browser.sign_in()
    window = pick(await browser.charger(), "sch_d", "info", 0)
    assert window == {
        "type": "OFF_PEAK",
        "startTime": int(at("10T21:00").timestamp()),
        "endTime": int(at("11T06:00").timestamp()),
        "limit": 0,
    }
    clock.move_to(at("11T06:01"))
    assert world.charger.watts == 0


def test_an_off_peak_schedule_keeps_to_its_days(world: World, clock: ManualClock) -> None:
    world.charger.slots = [Slot(id="x", start=None, end=None, kind="OFF_PEAK", days=(3,))]
    world.charger.modes.fix(ChargeMode.SCHEDULED)
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))

    clock.move_to(at("10T22:00"))
    assert world.charger.watts == 0
    clock.move_to(at("11T22:00"))
    assert world.charger.watts > 0


def test_smart_charging_follows_the_tariff(world: World, clock: ManualClock) -> None:
    world.charger.modes.smart = True
    world.charger.modes.fix(ChargeMode.SMART)
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))

    clock.move_to(at("10T20:59"))
    assert world.charger.watts == 0
    clock.move_to(at("10T21:01"))
    assert world.charger.watts > 0


def test_an_earlier_slot_goes_first(world: World, clock: ManualClock) -> None:
    world.charger.slots = [Slot(id="evening", start=time(20), end=time(23), amps=8), OFF_PEAK]
    world.charger.modes.fix(ChargeMode.SCHEDULED)
    world.charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))

    clock.move_to(at("10T22:00"))
    assert world.charger.watts == 8 * 230 * 3
    clock.move_to(at("10T23:01"))
    assert world.charger.watts == 16 * 230 * 3
