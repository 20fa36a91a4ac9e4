"""Start, stop and trigger over HTTP: routes, refusals, replies."""

import pytest

from simulator import NA_SINGLE_PHASE_80A, CommandReply, ManualClock, StartRoute, StopRoute, World
from simulator.wire import Json

from .browser import START, STOP, Browser, charging, pick

SINGULAR_START = START.replace("ev_chargers", "ev_charger")
SINGULAR_STOP = STOP.replace("ev_chargers", "ev_charger")
TRIGGER = START.replace("ev_chargers", "ev_charger").replace("start_charging", "trigger_message")


async def test_a_start_without_a_car_is_refused_with_its_code(browser: Browser) -> None:
    answer = await browser.post(START, {"chargingLevel": 16, "connectorId": 1})

    assert answer.status == 400
    assert answer.at("error", "errorMessageCode") == "iqevc_ms-10008"
    assert answer.at("data") is None


async def test_a_start_while_charging_is_refused_and_leaves_the_amps(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    await charging(browser, world, clock, 10, level=16)

    answer = await browser.post(START, {"chargingLevel": 8, "connectorId": 1})

    assert answer.status == 400
    assert answer.at("error", "errorMessageCode") == "iqevc_ms-10012"
    clock.tick(60)
    assert world.charger.watts == 16 * 230 * 3


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"chargingLevel": 33, "connectorId": 1}, 500, "Invalid charge level"),
        ({"chargingLevel": 5, "connectorId": 1}, 500, "Invalid charge level"),
        ({"chargingLevel": 101, "connectorId": 1}, 400, "Charging level must be between 0 and 100"),
        ({"chargingLevel": "16", "connectorId": 1}, 400, "Charging level must be between 0 and 100"),
        ({"chargingLevel": 16, "connectorId": 0}, 400, "Connector ID must be greater than 0"),
        ({"chargingLevel": 16, "connectorId": 2}, 400, "Connector not found"),
        ({"charging_level": 16, "connector_id": 1}, 400, "Unrecognized field"),
        ([16], 400, "Malformed JSON request"),
    ],
)
async def test_a_wrong_wish_is_refused(browser: Browser, world: World, body: Json, status: int, text: str) -> None:
    world.charger.plug_in()

    answer = await browser.post(START, body)

    assert answer.status == status
    assert answer.at("error", "displayMessage") == text
    assert answer.at("error", "code") == str(status)


async def test_the_80_a_model_takes_steps_of_sixteen_amps(browser: Browser, world: World) -> None:
    world.charger.model = NA_SINGLE_PHASE_80A
    world.charger.plug_in()

    assert (await browser.post(START, {"chargingLevel": 24, "connectorId": 1})).status == 500
    assert (await browser.post(START, {"chargingLevel": 48, "connectorId": 1})).status == 200


@pytest.mark.parametrize(
    ("shape", "status", "text"),
    [
        (CommandReply.FLAT, 200, '{"status":"accepted","chargingLevel":20}'),
        (CommandReply.ENVELOPE, 200, '"data":{"status":"accepted"}'),
        (CommandReply.EMPTY, 204, ""),
    ],
)
async def test_an_accepted_start_is_confirmed_in_every_known_shape(
    browser: Browser, world: World, shape: CommandReply, status: int, text: str
) -> None:
    world.charger.quirks.command_reply = shape
    world.charger.plug_in()

    answer = await browser.post(START, {"chargingLevel": 20, "connectorId": 1})

    assert answer.status == status
    assert text in answer.text


@pytest.mark.parametrize(
    ("working", "method", "path", "status"),
    [
        (StartRoute.POST_PLURAL, "POST", START, 200),
        (StartRoute.POST_PLURAL, "PUT", START, 405),
        (StartRoute.POST_PLURAL, "POST", SINGULAR_START, 404),
        (StartRoute.PUT_PLURAL, "POST", START, 405),
        (StartRoute.PUT_PLURAL, "PUT", START, 200),
        (StartRoute.POST_SINGULAR, "POST", START, 404),
        (StartRoute.POST_SINGULAR, "POST", SINGULAR_START, 200),
        (StopRoute.PUT_PLURAL, "PUT", STOP, 200),
        (StopRoute.PUT_PLURAL, "POST", STOP, 405),
        (StopRoute.PUT_PLURAL, "POST", SINGULAR_STOP, 404),
        (StopRoute.PUT_PLURAL, "PUT", SINGULAR_STOP, 404),
        (StopRoute.POST_PLURAL, "PUT", STOP, 405),
        (StopRoute.POST_PLURAL, "POST", STOP, 200),
        (StopRoute.POST_SINGULAR, "PUT", STOP, 404),
        (StopRoute.POST_SINGULAR, "POST", SINGULAR_STOP, 200),
    ],
)
async def test_a_charger_understands_one_route_to_start_and_one_to_stop(
    *, browser: Browser, world: World, working: StartRoute | StopRoute, method: str, path: str, status: int
) -> None:
    world.charger.plug_in()
    if isinstance(working, StartRoute):
        world.charger.quirks.start_route = working
    else:
        world.charger.quirks.stop_route = working
        await browser.post(START)

    answer = await browser.request(method, path, body={"connectorId": 1})

    assert answer.status == status
    if status == 404:
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert str(answer.at("detail")).startswith("No static resource")


async def test_a_stop_with_nothing_to_stop_is_a_bad_request(browser: Browser, world: World) -> None:
    unplugged = await browser.put(STOP)
    world.charger.plug_in()
    idle = await browser.put(STOP)

    assert (unplugged.status, unplugged.at("error", "errorMessageCode")) == (400, "iqevc_ms-10008")
    assert idle.status == 400
    assert "errorMessageCode" not in str(idle.at("error"))


async def test_a_stop_catches_a_start_that_is_still_on_its_way(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in()
    await browser.post(START)

    assert (await browser.put(STOP)).status == 200
    clock.tick(60)
    assert world.charger.watts == 0


async def test_commands_to_an_offline_charger_are_queued_for_nobody(browser: Browser, world: World) -> None:
    world.charger.plug_in()
    world.charger.go_offline()

    assert (await browser.post(START)).status == 552
    assert (await browser.put(STOP)).status == 552


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("MeterValues", 200),
        ("StatusNotification", 200),
        ("Heartbeat", 200),
        ("BootNotification", 200),
        ("LogStatusNotification", 400),
        ("TransactionEvent", 400),
        (None, 400),
    ],
)
async def test_only_some_messages_can_be_triggered(browser: Browser, message: str | None, status: int) -> None:
    answer = await browser.post(TRIGGER, {"requestedMessage": message})

    assert answer.status == status
    if status == 200:
        assert answer.at("data") == {"status": "accepted"}


async def test_triggered_meter_values_may_or_may_not_come(browser: Browser, world: World, clock: ManualClock) -> None:
    await charging(browser, world, clock, 100)
    before = pick(await browser.charger(), "session_d", "e_c")
    await browser.post(TRIGGER, {"requestedMessage": "MeterValues"})
    clock.tick(10)
    assert pick(await browser.charger(), "session_d", "e_c") == before

    world.charger.quirks.meter_values_on_trigger = True
    await browser.post(TRIGGER, {"requestedMessage": "MeterValues"})
    clock.tick(10)
    assert pick(await browser.charger(), "session_d", "e_c") != before


async def test_a_start_that_needs_confirmation_waits_for_it(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.settings["sessionAuthentication"].value = "enabled"
    world.charger.plug_in()
    assert (await browser.post(START)).status == 200
    clock.tick(60)
    waiting = await browser.charger()
    assert pick(waiting, "charging") is False
    assert pick(waiting, "connectors", 0, "connectorStatusType") == "SUSPENDED_EVSE"

    world.charger.authenticate()

    assert pick(await browser.charger(), "charging") is True
