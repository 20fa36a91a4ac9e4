"""Trouble on purpose, and the record of requests."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator import TARIFFS, Family, ManualClock, RateLimit, Simulator, World, faults, running
from simulator.faults import Trouble
from simulator.wire import Json

from .browser import AGENT, MODE, SITES, START, STATUS, SUMMARY, Browser
from .services_browser import ServicesBrowser, dated_rates


@pytest.mark.parametrize(
    ("trouble", "status", "content_type", "text"),
    [
        (faults.status_code(401), 401, "application/json", "UNAUTHORIZED"),
        (faults.status_code(403), 403, "application/json", "FORBIDDEN"),
        (faults.status_code(404), 404, "application/json", "NOT_FOUND"),
        (faults.status_code(406), 406, "application/json", "NOT_ACCEPTABLE"),
        (faults.status_code(500), 500, "application/json", "INTERNAL_SERVER_ERROR"),
        (faults.status_code(550, body={"error": "INVALID_SITE"}), 550, "application/json", "INVALID_SITE"),
        (faults.coded_error(503, "iqevc_ms-10007", "Try later"), 503, "application/json", "iqevc_ms-10007"),
        (faults.login_wall(), 200, "text/html", "/login/login"),
        (faults.login_wall(as_json=True), 200, "application/json", "/login/login"),
        (faults.maintenance(), 200, "text/html", "maintenance"),
        (faults.maintenance(503), 503, "text/html", "maintenance"),
        (faults.text_body("upstream connect error"), 200, "text/plain", "upstream"),
        (faults.payload([1, 2]), 200, "application/json", "[1,2]"),
        (faults.empty_body(), 204, "", ""),
    ],
)
async def test_an_answer_is_replaced(
    *, browser: Browser, simulator: Simulator, trouble: Trouble, status: int, content_type: str, text: str
) -> None:
    simulator.faults.add(trouble, Family.STATUS)

    answer = await browser.get(STATUS)

    assert answer.status == status
    assert answer.headers.get("content-type", "").startswith(content_type)
    assert text in answer.text


def test_a_maintenance_page_bears_no_sign_of_a_login() -> None:
    reply = faults.maintenance().answer
    assert reply is not None
    page = reply.body.decode().casefold()

    signs = ("optanonwrapper", "var otlang", "one trust", "x-ua-compatible", "/login/login", "enphaseenergy.com")
    assert [sign for sign in signs if sign in page] == []


@pytest.mark.parametrize(("retry_after", "sent"), [(120, "120"), ("Tue, 10 Nov 2026 07:10:00 GMT",) * 2, (None, None)])
async def test_a_rate_limit_says_when_to_come_back(
    browser: Browser, simulator: Simulator, retry_after: int | str | None, sent: str | None
) -> None:
    simulator.faults.add(faults.status_code(429, retry_after=retry_after), Family.STATUS)

    answer = await browser.get(STATUS)

    assert answer.status == 429
    assert answer.headers.get("retry-after") == sent


@pytest.mark.parametrize(
    ("trouble", "path", "value"),
    [
        (faults.null_data(), ("data",), None),
        (faults.empty_list(), ("data", "chargers"), []),
        (faults.field_value("data.chargers.0.connected", "yes"), ("data", "chargers", 0, "connected"), "yes"),
        (faults.field_value("data.chargers.*.mode", None), ("data", "chargers", 0, "mode"), None),
        (faults.field_value("data.*", 1), ("data",), {"site": 1, "tz": 1, "chargers": 1}),
        (faults.field_missing("data.chargers"), ("data",), {"site": "4410287", "tz": "Europe/Vienna"}),
        (faults.transformed(lambda data: {"wrapped": data}), ("wrapped", "data", "site"), "4410287"),
    ],
)
async def test_a_payload_is_changed_in_place(
    browser: Browser, simulator: Simulator, trouble: Trouble, path: tuple[str | int, ...], value: Json
) -> None:
    simulator.faults.add(trouble, Family.STATUS)

    assert (await browser.get(STATUS)).at(*path) == value


async def test_the_lists_of_other_services_are_emptied_too(
    services: ServicesBrowser, simulator: Simulator, world: World
) -> None:
    world.charger.history.seed_year(days=30)
    world.site.tariff = TARIFFS["nem3"]
    simulator.faults.add(faults.empty_list(), Family.HISTORY, Family.DATED_RATES)

    page = await services.sessions(date(2026, 10, 20), date(2026, 11, 10), limit=2)
    rates = await services.tariffs(dated_rates("2026-11-10"))

    assert (page.at("data", "result"), page.at("data", "hasMore"), page.at("data", "limit")) == ([], False, 2)
    assert (rates.at("data", "buyback"), rates.at("data", "currency")) == ([], "$")


@pytest.mark.parametrize(
    "trouble",
    [faults.null_data(), faults.empty_list(), faults.field_missing("data"), faults.quoted(), faults.truncated()],
)
@pytest.mark.parametrize("first", [faults.maintenance(), faults.empty_body(), faults.text_body("grün"), None])
async def test_an_answer_that_is_no_json_is_not_reshaped(
    visitor: Browser, simulator: Simulator, trouble: Trouble, first: Trouble | None
) -> None:
    if first is not None:
        simulator.faults.add(first, Family.PAGE)
    simulator.faults.add(trouble, Family.PAGE)
    simulator.faults.add(faults.quoted(), Family.PAGE)

    answer = await visitor.get("/login")

    assert answer.status in {200, 204}


async def test_a_coded_error_bears_the_present_time(browser: Browser, simulator: Simulator, clock: ManualClock) -> None:
    simulator.faults.add(faults.coded_error(503, "iqevc_ms-10007", "Service is unavailable"), Family.STATUS)

    first = (await browser.get(STATUS)).at("meta", "serverTimeStamp")
    clock.tick(60)
    second = (await browser.get(STATUS)).at("meta", "serverTimeStamp")

    assert (first, second) == (1794294000000, 1794294060000)


async def test_a_connection_ends_in_the_middle_of_a_body(browser: Browser, simulator: Simulator, world: World) -> None:
    world.charger.plug_in()
    simulator.faults.add(faults.cut_off(), Family.START, Family.STATUS, times=2)

    with pytest.raises(aiohttp.ClientPayloadError):
        await browser.get(STATUS)
    with pytest.raises(aiohttp.ClientPayloadError):
        await browser.post(START)

    assert len(world.charger.effects) == 1
    assert (await browser.get(STATUS)).status == 200


@pytest.mark.parametrize("status", [0, 99, 600])
def test_a_status_that_http_has_not_is_refused(status: int) -> None:
    for build in (faults.status_code, faults.maintenance, faults.empty_body):
        with pytest.raises(ValueError, match="100 and 599"):
            build(status)
    with pytest.raises(ValueError, match="100 and 599"):
        faults.coded_error(status, "iqevc_ms-10007", "Service is unavailable")


def test_a_fault_for_no_request_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="one request"):
        world.faults.add(faults.maintenance(), times=0)


@pytest.mark.parametrize(("path", "family"), [(SITES, Family.SITES), (SUMMARY, Family.SUMMARY)])
async def test_every_list_can_be_emptied(browser: Browser, simulator: Simulator, path: str, family: Family) -> None:
    simulator.faults.add(faults.empty_list(), family)

    emptied = (await browser.get(path)).json

    assert isinstance(emptied, Mapping)
    assert [] in emptied.values()


async def test_a_field_inside_list_elements_can_go_missing(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.field_missing("data.*.chargeLevelDetails.min"), Family.SUMMARY)

    details = (await browser.get(SUMMARY)).at("data", 0, "chargeLevelDetails")

    assert isinstance(details, dict)
    assert sorted(details) == ["defaultChargeLevel", "granularity", "max"]


async def test_json_may_wear_another_label(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.labelled("text/plain"), Family.STATUS)

    answer = await browser.get(STATUS)

    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.at("data", "site") == "4410287"


async def test_server_errors_carry_a_request_id(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(502), Family.STATUS)
    simulator.faults.add(faults.status_code(404), Family.SITES)

    assert UUID((await browser.get(STATUS)).headers["x-request-id"])
    assert "x-request-id" not in (await browser.get(SITES)).headers


async def test_an_empty_answer_hides_no_refusal(browser: Browser, simulator: Simulator, world: World) -> None:
    simulator.faults.add(faults.empty_body(), Family.START)
    assert (await browser.post(START)).status == 400

    world.charger.plug_in()

    assert (await browser.post(START)).status == 204
    assert len(world.charger.effects) == 1


async def test_json_is_cut_in_half(browser: Browser, simulator: Simulator) -> None:
    whole = (await browser.get(STATUS)).text
    simulator.faults.add(faults.truncated(), Family.STATUS)

    assert whole.startswith((await browser.get(STATUS)).text)


async def test_json_is_wrapped_in_quotes(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.quoted(), Family.START)

    answer = await browser.post(START)

    assert answer.status == 400
    assert isinstance(answer.json, str)
    assert "iqevc_ms-10008" in answer.json


async def test_a_fault_hits_as_many_requests_as_it_was_told_to(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(503), Family.STATUS, times=2)

    assert [(await browser.get(STATUS)).status for _ in range(3)] == [503, 503, 200]
    assert simulator.faults.active == ()


async def test_a_fault_can_mean_one_method_or_path_only(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(503), Family.MODE, method="PUT")
    simulator.faults.add(faults.status_code(502), path_part="/summary")

    assert (await browser.get(MODE)).status == 200
    assert (await browser.put(MODE, {"mode": "GREEN_CHARGING"})).status == 503
    assert (await browser.get(SUMMARY)).status == 502
    assert (await browser.get(STATUS)).status == 200


async def test_faults_end_one_by_one_by_family_or_all_at_once(browser: Browser, simulator: Simulator) -> None:
    one = simulator.faults.add(faults.status_code(503), Family.STATUS)
    simulator.faults.add(faults.status_code(503), Family.SUMMARY)
    simulator.faults.add(faults.status_code(503), Family.SITES)

    simulator.faults.remove(one)
    simulator.faults.remove(one)
    assert (await browser.get(STATUS)).status == 200
    simulator.faults.clear(Family.SUMMARY)
    assert [(await browser.get(path)).status for path in (SUMMARY, SITES)] == [200, 503]
    simulator.faults.clear()
    assert (await browser.get(SITES)).status == 200


@pytest.mark.parametrize(("executes", "pending"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("kind", ["status", "drop"])
async def test_a_failed_command_may_have_been_carried_out(
    *, browser: Browser, simulator: Simulator, world: World, executes: bool, pending: int, kind: str
) -> None:
    world.charger.plug_in()
    trouble = faults.status_code(504, executes=executes) if kind == "status" else faults.dropped(executes=executes)
    simulator.faults.add(trouble, Family.START)

    if kind == "status":
        assert (await browser.post(START)).status == 504
    else:
        with pytest.raises(aiohttp.ClientError):
            await browser.post(START)

    assert len(world.charger.effects) == pending


async def test_a_slow_answer_outlasts_a_short_patience(
    http: aiohttp.ClientSession, browser: Browser, simulator: Simulator
) -> None:
    simulator.faults.add(faults.slow(5), Family.STATUS)
    url = simulator.enlighten_url + STATUS

    with pytest.raises(asyncio.TimeoutError):
        await http.get(url, headers={"User-Agent": AGENT}, timeout=aiohttp.ClientTimeout(total=0.05))

    assert simulator.requests.last(Family.STATUS).status is None


@pytest.mark.parametrize(("executes", "pending"), [(True, 1), (False, 0)])
async def test_an_answer_is_held_until_it_is_released(
    *, browser: Browser, simulator: Simulator, world: World, executes: bool, pending: int
) -> None:
    world.charger.plug_in()
    release = asyncio.Event()
    simulator.faults.add(faults.held(release, executes=executes), Family.START)

    patient = asyncio.create_task(browser.post(START))
    await simulator.requests.until(1, Family.START)
    await browser.get(SUMMARY)

    assert not patient.done()
    assert len(world.charger.effects) == pending
    release.set()
    assert (await patient).status == 200
    assert len(world.charger.effects) == 1


@pytest.mark.parametrize(("executes", "pending"), [(True, 1), (False, 0)])
async def test_a_command_that_nobody_waits_for_may_have_been_carried_out(
    *, http: aiohttp.ClientSession, browser: Browser, simulator: Simulator, world: World, executes: bool, pending: int
) -> None:
    world.charger.plug_in()
    simulator.faults.add(faults.slow(5, executes=executes), Family.START)
    headers = {"User-Agent": AGENT, **browser.tokens}

    impatient = asyncio.create_task(http.post(simulator.enlighten_url + START, headers=headers).__aenter__())
    await simulator.requests.until(1, Family.START)
    impatient.cancel()
    await asyncio.wait({impatient})

    assert len(world.charger.effects) == pending


async def test_too_many_requests_are_limited_until_time_passes(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    clock.tick(60)
    world.rate_limit = RateLimit(requests=2, span=timedelta(seconds=60), retry_after=30)

    assert [(await browser.get(STATUS)).status for _ in range(3)] == [200, 200, 429]
    clock.tick(61)
    assert (await browser.get(STATUS)).status == 200


async def test_the_log_tells_what_was_asked_with_which_headers(browser: Browser, simulator: Simulator) -> None:
    await browser.post(START, {"chargingLevel": 16, "connectorId": 1})
    await browser.get(SUMMARY)

    start, summary = simulator.requests.last(Family.START), simulator.requests.last(Family.SUMMARY)
    assert (start.method, start.host, start.status) == ("POST", "enlighten.enphaseenergy.com", 400)
    assert start.json == {"chargingLevel": 16, "connectorId": 1}
    assert start.parameters == {"site": "4410287", "serial": "202640011873"}
    assert start.headers["authorization"].startswith("Bearer ")
    assert summary.query == {"filter_retired": "true"}
    assert start.number < summary.number


async def test_the_log_names_the_fault_that_struck(browser: Browser, simulator: Simulator) -> None:
    simulator.faults.add(faults.login_wall(), Family.STATUS, times=1)
    await browser.get(STATUS)

    assert simulator.requests.last(Family.STATUS).fault == "login wall"


async def test_a_slow_answer_does_not_keep_a_cloud_whose_clock_stands_still(
    world: World, http: aiohttp.ClientSession, freezer: FrozenDateTimeFactory
) -> None:
    async with running(world) as simulator:
        simulator.faults.add(faults.slow(14), Family.LOGIN)
        asking = asyncio.create_task(http.post(f"{simulator.url}/enlighten/login/login.json"))
        await simulator.requests.until(1, Family.LOGIN)

    with pytest.raises(aiohttp.ClientError):
        await asking
