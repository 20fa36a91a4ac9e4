"""Energy and money of a day."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator import TARIFFS, Car, EventType, Family, ManualClock, Simulator, WithoutTariff, World, commands, faults
from simulator.wire import Json

from .browser import Browser, pick
from .services_browser import savings

TODAY, TOMORROW, YESTERDAY = "2026-11-10", "2026-11-11", "2026-11-09"
MIDNIGHT = datetime(2026, 11, 9, 23, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """Midnight in Vienna, so that a day is known from its first minute."""
    return ManualClock(MIDNIGHT)


@pytest.fixture
def world(clock: ManualClock) -> World:
    """A site whose owner stays signed in for days."""
    world = World.with_one_charger(clock)
    world.account.token_lifetime = timedelta(days=3)
    return world


async def day(browser: Browser, date: str = TODAY) -> Json:
    return (await browser.get(savings(date))).at("data")


async def test_a_day_begins_with_nothing(browser: Browser) -> None:
    assert await day(browser) == {
        "startDate": TODAY,
        "endDate": TODAY,
        "energy": {"imported": 0, "exported": 0},
        "monetary": {"imported": 0, "exported": 0},
    }


async def test_the_house_imports_by_night_and_pays_the_tariff(
    browser: Browser, clock: ManualClock, world: World
) -> None:
    clock.tick(3 * 3600)

    totals = await day(browser)

    assert pick(totals, "energy") == {"imported": 1200, "exported": 0}
    assert pick(totals, "monetary", "imported") == pytest.approx(1.2 * 0.271, abs=0.001)


async def test_the_sun_s_surplus_is_exported(browser: Browser, clock: ManualClock, world: World) -> None:
    world.site.solar_watts = 3400
    clock.tick(2 * 3600)

    totals = await day(browser)

    assert pick(totals, "energy") == {"imported": 0, "exported": 6000}
    assert pick(totals, "monetary", "exported") == pytest.approx(6 * 0.082, abs=0.001)


async def test_what_was_set_later_does_not_change_what_has_been(
    browser: Browser, clock: ManualClock, world: World
) -> None:
    clock.tick(3700)
    world.site.house_watts = 4000
    clock.tick(3600)

    assert pick(await day(browser), "energy", "imported") == pytest.approx(400 * 3700 / 3600 + 4000, abs=1)


async def test_a_charging_car_is_imported_too(browser: Browser, clock: ManualClock, world: World) -> None:
    charger = world.charger
    charger.plug_in(Car(max_amps=10, phases=1))
    commands.start(charger, level=None, connector=charger.connector(1))
    clock.tick(3600)

    imported = pick(await day(browser), "energy", "imported")

    drawn = sum(world.charger.energy_by_day.values())
    assert drawn > 2000
    assert imported == pytest.approx(400 + drawn, abs=1)


async def test_charging_from_the_sun_costs_nothing(browser: Browser, clock: ManualClock, world: World) -> None:
    world.site.solar_watts = 8000
    charger = world.charger
    charger.plug_in(Car(max_amps=10, phases=1))
    commands.start(charger, level=None, connector=charger.connector(1))
    clock.tick(3600)

    totals = await day(browser)

    drawn = sum(world.charger.energy_by_day.values())
    assert pick(totals, "energy") == {"imported": 0, "exported": round(7600 - drawn)}


async def test_each_hour_costs_what_it_costs_at_that_hour(browser: Browser, clock: ManualClock, world: World) -> None:
    world.site.tariff = TARIFFS["weekends"]
    world.site.solar_watts = 0
    clock.tick(18 * 3600)

    paid = pick(await day(browser), "monetary", "imported")

    assert paid == pytest.approx(0.4 * (6 * 0.189 + 11 * 0.264 + 1 * 0.348), abs=0.001)


async def test_a_battery_that_is_told_to_discharge_exports(browser: Browser, clock: ManualClock, world: World) -> None:
    """Trap 16: a grid event sends energy out at night."""
    world.site.vpp.schedule(starts_in=timedelta(hours=1), duration=timedelta(hours=2), rate_watt=5000)
    clock.tick(4 * 3600)

    energy = pick(await day(browser), "energy")

    assert pick(energy, "imported") == 800
    assert pick(energy, "exported") == pytest.approx(2 * (5000 * 0.97 - 400), abs=1)


@pytest.mark.parametrize(("kind", "extra_watts"), [(EventType.CHARGE, 4850), (EventType.IDLE, 0), ("pv_curtail", 0)])
async def test_a_battery_that_is_told_to_charge_imports_and_other_events_change_nothing(
    *, browser: Browser, clock: ManualClock, world: World, kind: str, extra_watts: float
) -> None:
    world.site.vpp.schedule(starts_in=timedelta(), duration=timedelta(hours=1), kind=kind, rate_watt=5000)
    clock.tick(3600)

    assert pick(await day(browser), "energy", "imported") == pytest.approx(400 + extra_watts, abs=1)


async def test_an_event_that_is_cancelled_half_way_exports_half(
    browser: Browser, clock: ManualClock, world: World
) -> None:
    world.site.house_watts = 0
    event = world.site.vpp.schedule(starts_in=timedelta(), duration=timedelta(hours=2), rate_watt=5000)
    clock.tick(3600)
    world.site.vpp.cancel(event)
    clock.tick(3600)

    assert pick(await day(browser), "energy", "exported") == pytest.approx(5000 * 0.97, abs=1)


async def test_the_day_is_that_of_the_site(browser: Browser, clock: ManualClock) -> None:
    """Trap 24: the totals restart at midnight on the site's clock, an hour before midnight UTC."""
    clock.tick(23.5 * 3600)
    assert pick(await day(browser), "energy", "imported") != 0

    clock.tick(1800)

    assert pick(await day(browser, TOMORROW), "energy") == {"imported": 0, "exported": 0}
    assert pick(await day(browser), "startDate") == TODAY


async def test_the_hours_before_the_world_began_belong_to_the_day(browser: Browser, world: World) -> None:
    whole_day = await day(browser, YESTERDAY)

    imported, exported = (pick(whole_day, "energy", name) for name in ("imported", "exported"))
    assert imported == pytest.approx(400 * 13, rel=0.1)
    assert exported == pytest.approx(9000 * 11 * 2 / 3.1416 - 400 * 11, rel=0.1)


async def test_for_a_while_the_new_day_shows_the_old_one(browser: Browser, clock: ManualClock, world: World) -> None:
    """Trap 24: the start date tells whose totals they are."""
    world.site.savings.lag = timedelta(minutes=20)
    clock.tick(24 * 3600 + 19 * 60)
    assert pick(await day(browser, TOMORROW), "startDate") == TODAY

    clock.tick(60)

    assert pick(await day(browser, TOMORROW), "startDate") == TOMORROW


async def test_without_computing_the_last_result_is_shown(browser: Browser, clock: ManualClock) -> None:
    clock.tick(3600)
    assert (await browser.get(savings(TODAY, compute="false"))).at("data") is None
    await browser.get(savings(TODAY))
    clock.tick(3600)

    assert (await browser.get(savings(TODAY, compute="false"))).at("data", "energy", "imported") == 400


@pytest.mark.parametrize(
    ("shape", "status", "data"),
    [
        (WithoutTariff.NULL_MONEY, 200, {"imported": None, "exported": None}),
        (WithoutTariff.NULL_DATA, 200, None),
        (WithoutTariff.NOT_FOUND, 404, None),
    ],
)
async def test_without_a_tariff_there_is_no_money(
    *, browser: Browser, world: World, shape: WithoutTariff, status: int, data: Json
) -> None:
    world.site.tariff = TARIFFS["none"]
    world.site.savings.without_tariff = shape

    answer = await browser.get(savings(TODAY))

    told = answer.at("data")
    assert answer.status == status
    assert (pick(told, "monetary") if isinstance(told, dict) else told) == data


@pytest.mark.parametrize(
    "path",
    [
        savings("10-11-2026"),
        savings("2026/11/10"),
        savings("20261110"),
        savings(""),
        savings("2026-02-30"),
        savings(TOMORROW),
        savings(TODAY, compute="yes"),
        savings(TODAY).replace("DAY", "MONTH"),
        savings(TODAY).replace("&simulated=false", ""),
        savings(TODAY).replace("date=", "start_date="),
    ],
)
async def test_wrong_parameters_are_refused(browser: Browser, path: str) -> None:
    """Trap 59: the date is YYYY-MM-DD, and it has come at the site."""
    assert (await browser.get(path)).status == 400


async def test_savings_need_a_session(browser: Browser, visitor: Browser, world: World) -> None:
    world.accounts.expire_sessions()

    assert (await browser.get(savings(TODAY))).status == 401


async def test_savings_fail_by_themselves(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.null_data(), Family.SAVINGS, times=1)

    assert await day(browser) is None
    assert await day(browser) is not None
