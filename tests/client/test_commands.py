"""Commands to a charger: what is sent, how often, and what each answer means."""

import asyncio
import json

import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    AlreadyCharging,
    CommandOutcomeUnknown,
    CommandRejected,
    CommandReply,
    ConnectionFailed,
    Credentials,
    EnlightenClient,
    EnlightenError,
    Hosts,
    LevelRefused,
    NotCharging,
    NotPluggedIn,
    NotReady,
    RateLimited,
    RouteGone,
    TriggerMessage,
)
from custom_components.enphase_cloud_things.enlighten.models.site import LiveStream
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities
from simulator import Car, Family, ManualClock, Simulator, World, faults
from simulator.faults import Trouble
from simulator.settings import CommandReply as ReplyShape, StartRoute

from .answers import redirected
from .conftest import SERIAL, SITE, Connect


@pytest.fixture
def world(clock: ManualClock) -> World:
    """A car waits at the charger."""
    world = World.with_one_charger(clock)
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16, phases=3))
    return world


async def start(client: EnlightenClient, level: int | None = 16) -> CommandReply:
    return await client.start_charging(SITE, SERIAL, level=level)


@pytest.mark.parametrize(
    ("level", "body"),
    [(16, {"chargingLevel": 16, "connectorId": 1}), (None, {"connectorId": 1})],
    ids=["with amps", "without amps"],
)
async def test_a_start_is_sent_as_the_web_page_does(
    client: EnlightenClient, simulator: Simulator, level: int | None, body: JsonValue
) -> None:
    reply = await start(client, level)

    (request,) = simulator.requests.of(Family.START)
    assert reply.status == "accepted"
    assert (request.method, request.json) == ("POST", body)
    assert request.path == f"/service/evse_controller/{SITE}/ev_chargers/{SERIAL}/start_charging"
    assert request.headers["accept"] == "application/json, text/javascript, */*; q=0.01"
    assert request.headers["authorization"] == f"Bearer {client.session.credentials.manager_token}"
    assert request.headers["content-type"] == "application/json"


async def test_a_start_names_its_connector(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.payload({"status": "accepted"}), Family.START)

    await client.start_charging(SITE, SERIAL, level=None, connector_id=2)

    assert simulator.requests.last(Family.START).json == {"connectorId": 2}


@pytest.mark.parametrize("shape", ReplyShape)
async def test_an_accepted_command_is_recognised_in_every_shape(
    client: EnlightenClient, world: World, clock: ManualClock, shape: ReplyShape
) -> None:
    """Trap 60: success may come without content."""
    world.charger.quirks.command_reply = shape

    reply = await start(client)

    assert reply.status in {"accepted", None}
    clock.tick(60)
    assert (await client.status(SITE)).chargers[0].charging


@pytest.mark.parametrize("status", [200, 202, 204, 205])
async def test_an_empty_success_has_no_status(client: EnlightenClient, simulator: Simulator, status: int) -> None:
    simulator.faults.add(faults.empty_body(status), Family.STOP, Family.START)

    assert await start(client) == CommandReply()


def coded(status: int, code: str | None, text: str = "No", *, at_top: bool = False) -> Trouble:
    error: dict[str, JsonValue] = {"displayMessage": text, "code": str(status), "errorMessageCode": code}
    return faults.payload(error if at_top else {"data": None, "error": error}, status)


def quoted(trouble: Trouble) -> Trouble:
    answer = trouble.answer
    assert answer is not None
    return faults.text_body(json.dumps(answer.body.decode()), answer.status)


START_ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "not plugged in": (coded(400, "iqevc_ms-10008"), NotPluggedIn),
    "not plugged in, code at the top": (coded(400, "iqevc_ms-10008", at_top=True), NotPluggedIn),
    "not plugged in, quoted": (quoted(coded(400, "iqevc_ms-10008")), NotPluggedIn),
    "not plugged in, by text": (coded(400, None, "Charger is not plugged to EV"), NotPluggedIn),
    "not plugged in, 409": (coded(409, "iqevc_ms-10008"), NotPluggedIn),
    "not plugged in, with 200": (coded(200, "iqevc_ms-10008"), NotPluggedIn),
    "already charging": (coded(400, "iqevc_ms-10012"), AlreadyCharging),
    "already charging, code at the top": (coded(400, "iqevc_ms-10012", at_top=True), AlreadyCharging),
    "already charging, by text": (coded(400, None, "EV is already in charging state"), AlreadyCharging),
    "409": (faults.status_code(409), NotReady),
    "422": (faults.status_code(422), NotReady),
    "a code of another kind that speaks of plugs": (
        coded(400, "iqevc_ms-10099", "Display not plugged"),
        CommandRejected,
    ),
    "400": (faults.status_code(400), CommandRejected),
    "403": (faults.status_code(403), CommandRejected),
    "404": (faults.status_code(404), NotReady),
    "406": (faults.status_code(406), CommandRejected),
    "466": (faults.status_code(466), CommandRejected),
    "468": (faults.status_code(468), CommandRejected),
    "472": (faults.status_code(472), CommandRejected),
    "473": (faults.status_code(473), CommandRejected),
    "a redirect": (redirected("/somewhere"), CommandRejected),
    "an error with 200": (faults.payload({"data": None, "error": {"code": "7"}}), CommandRejected),
    "429": (faults.status_code(429), RateLimited),
    "level refused": (coded(500, None, "Invalid Charge Level"), LevelRefused),
    "500": (faults.status_code(500), CommandOutcomeUnknown),
    "service trouble": (coded(503, "iqevc_ms-10007"), CommandOutcomeUnknown),
    "550": (faults.status_code(550), CommandOutcomeUnknown),
    "551": (faults.status_code(551), CommandOutcomeUnknown),
    "552": (faults.status_code(552), CommandOutcomeUnknown),
    "a page": (faults.maintenance(), CommandOutcomeUnknown),
    "plain text": (faults.text_body("OK"), CommandOutcomeUnknown),
    "no answer": (faults.dropped(), CommandOutcomeUnknown),
    "no answer to what was done": (faults.dropped(executes=True), CommandOutcomeUnknown),
}


@pytest.mark.parametrize(("trouble", "error"), START_ANSWERS.values(), ids=START_ANSWERS)
async def test_every_answer_to_a_start_has_its_meaning_and_is_asked_for_once(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    """Traps 29 and 30: the body is read before it is dropped, and no other address is tried."""
    simulator.faults.add(trouble, Family.START)

    with pytest.raises(EnlightenError) as caught:
        await start(client)

    assert type(caught.value) is error
    assert simulator.requests.count(Family.START) == 1


async def test_a_refusal_carries_what_the_cloud_said(client: EnlightenClient, world: World) -> None:
    """Trap 29, through the HTTP layer."""
    world.charger.unplug()

    with pytest.raises(NotPluggedIn) as caught:
        await start(client)

    refusal = caught.value.refusal
    assert (refusal.http_status, refusal.code) == (400, "iqevc_ms-10008")
    assert refusal.display
    assert not refusal.routing


async def test_a_running_session_is_told_apart(client: EnlightenClient, clock: ManualClock) -> None:
    await start(client)
    clock.tick(60)

    with pytest.raises(AlreadyCharging):
        await start(client)


async def test_a_display_text_loses_what_could_identify_somebody(client: EnlightenClient, simulator: Simulator) -> None:
    text = f"Charger {SERIAL} of owner@example.com failed"
    simulator.faults.add(coded(400, "iqevc_ms-10500", text), Family.START)

    with pytest.raises(CommandRejected) as caught:
        await start(client)

    assert caught.value.refusal.display == "Charger … of … failed"


async def test_a_level_that_is_refused_is_not_left_out(
    client: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.charger.quirks.refuses_levels = True

    with pytest.raises(LevelRefused):
        await start(client)

    assert simulator.requests.count(Family.START) == 1


async def test_a_start_without_a_level_is_not_repeated_without_one(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(coded(500, None, "Invalid charge level"), Family.START)

    with pytest.raises(LevelRefused):
        await client.start_charging(SITE, SERIAL, level=None)

    assert simulator.requests.count(Family.START) == 1


@pytest.mark.parametrize(
    ("route", "tried"),
    [
        (StartRoute.POST_PLURAL, ["POST ev_chargers"]),
        (StartRoute.PUT_PLURAL, ["POST ev_chargers", "PUT ev_chargers"]),
        (StartRoute.POST_SINGULAR, ["POST ev_chargers", "PUT ev_chargers", "POST ev_charger"]),
    ],
)
async def test_another_route_is_tried_after_a_routing_answer_and_remembered(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock, route: StartRoute, tried: list[str]
) -> None:
    """Trap 30: only an answer about the route is a reason for another one."""
    world.charger.quirks.start_route = route
    await start(client)
    await client.stop_charging(SITE, SERIAL)
    clock.tick(60)

    await start(client)

    assert routes_of(simulator) == [*tried, tried[-1]]


def routes_of(simulator: Simulator) -> list[str]:
    return [f"{request.method} {request.path.split('/')[4]}" for request in simulator.requests.of(Family.START)]


async def test_a_route_is_remembered_for_starts_with_amps_and_without(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.charger.quirks.start_route = StartRoute.PUT_PLURAL
    await start(client)
    await client.stop_charging(SITE, SERIAL)
    clock.tick(60)

    await start(client, None)

    assert routes_of(simulator) == ["POST ev_chargers", "PUT ev_chargers"] * 2


async def test_a_remembered_route_that_is_gone_is_looked_for_again(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.charger.quirks.start_route = StartRoute.PUT_PLURAL
    await start(client)
    await client.stop_charging(SITE, SERIAL)
    clock.tick(60)
    world.charger.quirks.start_route = StartRoute.POST_PLURAL

    await start(client)

    assert routes_of(simulator)[-2:] == ["PUT ev_chargers", "POST ev_chargers"]


@pytest.mark.parametrize(
    "trouble",
    [
        faults.status_code(405),
        faults.text_body("No static resource here", 404),
        faults.payload({"detail": "No static resource"}, 404),
        faults.payload({"title": "No Static Resource"}, 404),
        faults.payload({"error": "No static resource", "status": 404}, 404),
    ],
    ids=["405", "text", "detail", "title", "error"],
)
async def test_without_any_route_a_command_is_not_supported(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble
) -> None:
    simulator.faults.add(trouble, Family.START, Family.STOP)

    with pytest.raises(RouteGone):
        await start(client)
    with pytest.raises(RouteGone):
        await client.stop_charging(SITE, SERIAL)

    assert simulator.requests.count(Family.START) == 3
    assert simulator.requests.count(Family.STOP) == 2


async def test_a_refusal_on_the_way_through_the_routes_is_final(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(405), Family.START, times=1)
    simulator.faults.add(coded(400, "iqevc_ms-10008"), Family.START)

    with pytest.raises(NotPluggedIn):
        await start(client)

    assert simulator.requests.count(Family.START) == 2


async def test_a_stop_is_sent_as_the_web_page_does(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    await start(client)
    clock.tick(60)

    assert (await client.stop_charging(SITE, SERIAL)).status == "accepted"

    (request,) = simulator.requests.of(Family.STOP)
    assert (request.method, request.body) == ("PUT", "")
    assert request.path == f"/service/evse_controller/{SITE}/ev_chargers/{SERIAL}/stop_charging"
    assert "content-type" not in request.headers


STOP_ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "400": (faults.status_code(400), NotCharging),
    "404": (faults.status_code(404), NotCharging),
    "409": (faults.status_code(409), NotCharging),
    "422": (faults.status_code(422), NotCharging),
    "not plugged in, with 200": (coded(200, "iqevc_ms-10008"), NotCharging),
    "403": (faults.status_code(403), CommandRejected),
    "service trouble": (coded(503, "iqevc_ms-10007"), CommandOutcomeUnknown),
    "500": (faults.status_code(500), CommandOutcomeUnknown),
    "no answer": (faults.dropped(), CommandOutcomeUnknown),
    "no answer to what was done": (faults.dropped(executes=True), CommandOutcomeUnknown),
}


@pytest.mark.parametrize(("trouble", "error"), STOP_ANSWERS.values(), ids=STOP_ANSWERS)
async def test_every_answer_to_a_stop_has_its_meaning_and_is_asked_for_once(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    """Trap 28: a 503 and then the 404 of a dead address were taken for a stop, and the car charged on."""
    simulator.faults.add(trouble, Family.STOP)

    with pytest.raises(EnlightenError) as caught:
        await client.stop_charging(SITE, SERIAL)

    assert type(caught.value) is error
    assert simulator.requests.count(Family.STOP) == 1


async def test_a_stop_with_nothing_to_stop_leaves_the_route_open(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 28: such an answer says nothing about the route."""
    simulator.faults.add(faults.status_code(405), Family.STOP, method="PUT", times=1)
    simulator.faults.add(faults.status_code(400), Family.STOP, method="POST", times=1)
    with pytest.raises(NotCharging):
        await client.stop_charging(SITE, SERIAL)
    await start(client)
    clock.tick(60)

    await client.stop_charging(SITE, SERIAL)

    assert [request.method for request in simulator.requests.of(Family.STOP)] == ["PUT", "POST", "PUT"]


async def test_the_route_of_a_stop_is_remembered(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    await start(client)
    clock.tick(60)
    simulator.faults.add(faults.status_code(405), Family.STOP, method="PUT")
    simulator.faults.add(faults.payload({"status": "accepted"}), Family.STOP, method="POST")

    await client.stop_charging(SITE, SERIAL)
    await client.stop_charging(SITE, SERIAL)

    assert [request.method for request in simulator.requests.of(Family.STOP)] == ["PUT", "POST", "POST"]


async def test_a_command_that_takes_too_long_may_have_been_carried_out(
    client: EnlightenClient, simulator: Simulator
) -> None:
    client = client.with_timeout(0.1)
    simulator.faults.add(faults.slow(5, executes=True), Family.START)

    with pytest.raises(CommandOutcomeUnknown) as caught:
        await start(client)

    assert caught.value.refusal is None
    assert simulator.requests.count(Family.START) == 1


async def test_a_command_that_was_never_sent_has_no_outcome(connect: Connect, unused_tcp_port: int) -> None:
    nobody = Hosts(enlighten=URL(f"http://127.0.0.1:{unused_tcp_port}"))
    client = await connect(hosts=nobody, credentials=Credentials(email="a@example.com"))

    with pytest.raises(ConnectionFailed):
        await start(client)


@pytest.mark.parametrize("message", TriggerMessage)
async def test_a_message_is_triggered_over_the_singular_route(
    client: EnlightenClient, simulator: Simulator, message: TriggerMessage
) -> None:
    reply = await client.trigger_message(SITE, SERIAL, message)

    (request,) = simulator.requests.of(Family.TRIGGER)
    assert reply.status == "accepted"
    assert request.path.endswith(f"/ev_charger/{SERIAL}/trigger_message")
    assert request.json == {"requestedMessage": message.value}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"data": {"status": "accepted"}}, CommandReply(status="accepted")),
        (
            {"status": "accepted", "message": "MeterValues", "details": {"trackingId": "T-1"}},
            CommandReply(status="accepted", message="MeterValues", details={"trackingId": "T-1"}),
        ),
        (
            {"data": {"status": "accepted", "message": " ", "details": {"trackingId": 17, "late": False, "at": None}}},
            CommandReply(status="accepted", details={"trackingId": "17", "late": "false"}),
        ),
        (
            {"data": {"status": "accepted", "message": ["?"], "details": {"trackingId": {}, "initiatedAt": " "}}},
            CommandReply(status="accepted"),
        ),
        ({"status": "accepted", "details": "soon"}, CommandReply(status="accepted")),
        ({"status": 200, "data": {"status": "queued"}}, CommandReply(status="queued")),
        ({}, CommandReply()),
        ([], CommandReply()),
        ("accepted", CommandReply()),
        (None, CommandReply()),
    ],
    ids=repr,
)
def test_the_reply_to_a_command_has_several_shapes(reply: JsonValue, expected: CommandReply) -> None:
    assert CommandReply.from_wire(reply, Oddities()) == expected


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        ({"data": {"liveStreamTopicList": [], "liveStreamDuration": 600}}, 600),
        ({"status": "accepted", "duration_s": "60"}, 60),
        ({"data": {"liveStreamDuration": 0}}, 900),
        ({"data": None}, 900),
        ({}, 900),
        (None, 900),
    ],
    ids=repr,
)
def test_the_duration_of_a_stream_has_two_names(reply: JsonValue, seconds: int) -> None:
    """Trap 63: one of them was never read."""
    assert LiveStream.from_wire(reply, Oddities()) == LiveStream(duration=seconds)


async def test_a_live_stream_is_started_and_stopped(client: EnlightenClient, simulator: Simulator) -> None:
    stream = await client.start_live_stream(SITE)
    await client.stop_live_stream(SITE)

    first, second = simulator.requests.of(Family.LIVE_STREAM)
    assert stream.duration == 900
    assert (first.method, first.path.rsplit("/", 1)[1]) == ("GET", "start_live_stream")
    assert (second.method, second.path.rsplit("/", 1)[1]) == ("GET", "stop_live_stream")
    assert first.headers["authorization"].startswith("Bearer ")


async def test_commands_go_out_while_reads_wait(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.slow(30), Family.STATUS)
    readers = [asyncio.create_task(client.status(SITE)) for _ in range(3)]
    await simulator.requests.until(2, Family.STATUS)

    await start(client)

    assert simulator.requests.count(Family.STATUS) == 2
    for reader in readers:
        reader.cancel()


async def test_a_stop_waits_for_no_start(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 88: nor for reads that hang, nor for a budget that is spent."""
    simulator.faults.add(faults.slow(30), Family.START, Family.STATUS)
    simulator.faults.add(faults.payload({}), Family.STOP)
    waiting = [asyncio.create_task(start(client)), *(asyncio.create_task(client.status(SITE)) for _ in range(3))]
    await simulator.requests.until(1, Family.START)

    await client.stop_charging(SITE, SERIAL)

    assert simulator.requests.count(Family.STOP) == 1
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)


async def test_other_commands_to_one_charger_go_one_after_another(
    client: EnlightenClient, simulator: Simulator
) -> None:
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.START)
    first = asyncio.create_task(start(client))
    await simulator.requests.until(1, Family.START)

    second = asyncio.create_task(client.trigger_message(SITE, SERIAL, TriggerMessage.HEARTBEAT))
    await client.status(SITE)

    assert simulator.requests.count(Family.TRIGGER) == 0
    release.set()
    await first
    await second


class TestManyChargers:
    """A site with more chargers than commands may be under way."""

    @pytest.fixture
    def world(self, clock: ManualClock) -> World:
        return World.with_chargers(12, clock)

    async def test_ten_commands_are_under_way_at_most(
        self, client: EnlightenClient, world: World, simulator: Simulator
    ) -> None:
        simulator.faults.add(faults.slow(30), Family.TRIGGER)
        serials = [charger.serial for charger in world.site.chargers]
        commands = [
            asyncio.create_task(client.trigger_message(SITE, serial, TriggerMessage.HEARTBEAT)) for serial in serials
        ]
        await simulator.requests.until(10, Family.TRIGGER)
        await client.status(SITE)

        assert simulator.requests.count(Family.TRIGGER) == 10
        commands[0].cancel()
        await simulator.requests.until(11, Family.TRIGGER)
        for command in commands:
            command.cancel()
