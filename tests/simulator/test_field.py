"""What real chargers and the real cloud do beside the ordinary (docs/traps.md 67-92)."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from simulator import TARIFFS, Car, ManualClock, Quirks, World, faults
from simulator.families import Family
from simulator.wire import Json

from .browser import MODE, SERIAL, SITE, START, STATUS, STOP, SUMMARY, Browser, pick
from .services_browser import TARIFF, ServicesBrowser

WATTS = 16 * 3 * 230
CABIN = "4410288"


@pytest.fixture
def world(clock: ManualClock) -> World:
    """Two sites, for one of the tests."""
    return World.with_two_sites(clock)


async def figures(browser: Browser) -> tuple[Json, Json]:
    """Energy and type that the cloud tells of a session."""
    charger = await browser.charger()
    return pick(charger, "session_d", "e_c"), pick(charger, "connectors", 0, "connectorStatusType")


async def start(browser: Browser, world: World, clock: ManualClock, *, quirks: Quirks, reports: float) -> None:
    """Let a car charge with 11 kW from 07:00:10 on."""
    charger = world.charger
    charger.quirks, charger.effect_delay = quirks, timedelta(seconds=5)
    charger.plug_in(Car(battery_kwh=200, state_of_charge=0.1))
    clock.tick(5)
    await browser.post(START)
    clock.tick(5)
    world.charger.set_reporting(timedelta(seconds=reports))


async def test_energy_moves_in_steps_of_its_own_whatever_the_reports_do(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    """docs/traps.md 68: reports every minute, steps every 330 s."""
    quirks = Quirks(energy_step=timedelta(seconds=330), first_meter_after=timedelta(seconds=60))
    await start(browser, world, clock, quirks=quirks, reports=60)

    seen = []
    for _ in range(12):
        clock.tick(60)
        seen.append((await figures(browser))[0])

    step = pytest.approx(WATTS * 330 / 3600, abs=0.01)
    assert seen == [0] * 5 + [step] * 5 + [pytest.approx(2 * WATTS * 330 / 3600, abs=0.01)] * 2


async def test_steps_may_go_by_the_clock(browser: Browser, world: World, clock: ManualClock) -> None:
    quirks = Quirks(energy_step=timedelta(seconds=300), energy_steps_by_clock=True)
    await start(browser, world, clock, quirks=quirks, reports=60)

    clock.tick(350)

    assert (await figures(browser))[0] == pytest.approx(WATTS * 290 / 3600, abs=0.01)


async def test_the_final_figure_comes_with_a_report_after_the_end(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    """docs/traps.md 69 and 70."""
    await start(browser, world, clock, quirks=Quirks.of_the_field(), reports=300)
    clock.tick(200)
    await browser.put(STOP)
    clock.tick(5)
    assert await figures(browser) == (0, "SUSPENDED_EVSE")

    clock.tick(300)

    assert (await figures(browser))[0] == pytest.approx(WATTS * 205 / 3600, abs=0.01)


async def test_words_may_contradict_the_counter(browser: Browser, world: World, clock: ManualClock) -> None:
    """docs/traps.md 67."""
    quirks = Quirks(charging_reads_as="SUSPENDED_EV", safe_limit_always=True)
    await start(browser, world, clock, quirks=quirks, reports=60)
    clock.tick(120)

    charger = await browser.charger()
    assert pick(charger, "connectors", 0, "connectorStatusType") == "SUSPENDED_EV"
    assert pick(charger, "connectors", 0, "safeLimitState") == 1
    assert pick(charger, "charging") is True
    assert pick(charger, "session_d", "e_c") == pytest.approx(WATTS * 90 / 3600, abs=0.01)
    assert world.charger.watts == WATTS


async def test_a_new_meter_goes_on_from_its_own_figure(browser: Browser, world: World, clock: ManualClock) -> None:
    """docs/traps.md 71."""
    await start(browser, world, clock, quirks=Quirks(), reports=60)
    world.charger.replace_meter(1000)

    clock.tick(3600)

    counter = (await browser.get(SUMMARY)).at("data", 0, "lifeTimeConsumption")
    assert counter == pytest.approx(1000 + WATTS, rel=0.02)


@pytest.mark.parametrize(("wakes", "status"), [(True, 200), (False, 400)])
async def test_a_sleeping_car_takes_nothing_until_a_start_wakes_it(
    browser: Browser, world: World, clock: ManualClock, wakes: bool, status: int
) -> None:
    """docs/traps.md 79."""
    world.charger.quirks = Quirks(start_wakes_car=wakes, starts_when_plugged_in=True)
    world.charger.plug_in(Car(asleep=True))
    clock.tick(60)
    assert (await figures(browser))[1] == "SUSPENDED_EV"

    assert (await browser.post(START)).status == status
    clock.tick(60)

    assert (world.charger.watts > 0) is wakes


async def test_an_owner_without_rights_reads_and_changes_nothing(browser: Browser, world: World) -> None:
    """docs/traps.md 80."""
    world.charger.owner_may_control = False
    world.charger.plug_in()
    schedule = f"/service/evse_scheduler/api/v1/iqevc/charging-mode/SCHEDULED_CHARGING/{SITE}/{SERIAL}/schedules"
    config = f"/service/evse_controller/api/v1/{SITE}/ev_chargers/{SERIAL}/ev_charger_config"

    writes = [
        await browser.post(START),
        await browser.put(STOP),
        await browser.put(MODE, {"mode": "GREEN_CHARGING"}),
        await browser.put(config, [{"key": "DefaultChargeLevel", "value": 20}]),
        await browser.request("PATCH", schedule, body={}),
    ]

    assert [answer.status for answer in writes] == [403] * 5
    assert (await browser.get(schedule)).status == (await browser.get(MODE)).status == 200


async def test_a_dead_bearer_behind_live_cookies_stops_commands_only(browser: Browser, world: World) -> None:
    """docs/traps.md 85."""
    world.presentation.ignores_dead_bearer = True
    world.charger.plug_in()
    world.accounts.withdraw_managers()

    assert ((await browser.get(STATUS)).status, (await browser.post(START)).status) == (200, 401)

    token = (await browser.get("/users/self/token")).at("token")
    browser.tokens["Authorization"] = f"Bearer {token}"
    assert (await browser.post(START)).status == 200


@pytest.mark.parametrize("location", ["/login", "http://127.0.0.1:9/elsewhere"])
async def test_a_redirect_leads_to_a_path_of_the_host_or_to_an_address(
    browser: Browser, world: World, location: str
) -> None:
    """docs/traps.md 91."""
    world.faults.add(faults.redirected(location, 307), Family.STATUS)

    answer = await browser.request("GET", STATUS, follow=False)

    assert answer.status == 307
    assert answer.headers["location"].removeprefix("/enlighten") == location


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("clock-times", ("days", 0, "periods", 1, "startTime"), "15:00"),
        ("day-names", ("days", 0, "days", 0), "mon"),
        ("no-months", ("startMonth",), None),
    ],
)
async def test_a_tariff_may_be_oddly_spelt(
    services: ServicesBrowser, world: World, name: str, path: tuple[str | int, ...], expected: Json
) -> None:
    """docs/traps.md 74."""
    world.site.tariff = TARIFFS[name]

    value: Json = (await services.tariffs(TARIFF)).at("purchase", "seasons", 0)
    for step in path:
        value = value.get(str(step)) if isinstance(value, Mapping) else pick(value, step)

    assert value == expected


async def test_a_charger_that_moved_is_listed_at_its_new_site_only(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    """docs/traps.md 75."""
    await start(browser, world, clock, quirks=Quirks(), reports=60)
    world.move_charger(SERIAL, CABIN)
    clock.tick(600)

    here = (await browser.get(STATUS)).at("data", "chargers")
    there = (await browser.get(STATUS.replace(SITE, CABIN))).at("data", "chargers")

    assert here == []
    assert isinstance(there, list)
    assert [pick(charger, "sn") for charger in there] == ["202640011901", SERIAL]
    assert world.charger_of(SERIAL).watts == WATTS


async def test_a_cost_comes_hours_after_the_session(browser: Browser, world: World, clock: ManualClock) -> None:
    """docs/traps.md 70."""
    await start(browser, world, clock, quirks=Quirks(), reports=60)
    clock.tick(600)
    world.charger.unplug()
    clock.tick(300)
    assert pick(await browser.charger(), "session_d", "session_cost") is None

    clock.tick(2 * 3600)
    await browser.sign_in()

    assert pick(await browser.charger(), "session_d", "session_cost") == pytest.approx(0.50, abs=0.01)
