"""Virtual power plants: enrolment, program and events over the grid services' own host."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    EnlightenClient,
    EnlightenError,
    Family as ClientFamily,
    InvalidResponse,
    NotSupported,
    ProgramUnknown,
    ServiceUnavailable,
    VppEvent,
    VppProgram,
)
from simulator import Family, ManualClock, Simulator, World, faults
from simulator.vpp import DetailAnswer, EnrolmentAnswer, EventType, OtherProgram, VirtualPowerPlant
from simulator.wire import Json

from .conftest import SITE, START_OF_TEST, Connect

PROGRAM = "5fa1c07e22b94d6810e3f7ab"
REFUSED = VppProgram(enrolled=False, refused=True)


@pytest.fixture
def plant(world: World) -> VirtualPowerPlant:
    return world.site.vpp


# Requests


async def test_every_request_carries_the_bare_token_and_nothing_of_the_web_page(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant
) -> None:
    """Trap 52: this host refuses a bearer, cookies and the headers of the page."""
    program = await client.grid_services.program(SITE)
    await client.grid_services.events(SITE, program.program_id or "")

    requests = simulator.requests.of(Family.VPP_ENROLMENT, Family.VPP_EVENTS)
    assert [request.path for request in requests] == [
        f"/enrollment-mgr/api/v1/enrollment/enrolled/{SITE}",
        f"/enrollment-mgr/api/v1/enrollment/{plant.enrolment_id}",
        "/vpp-mgr/api/v1/events/get",
    ]
    origin = simulator.url
    token = client.session.credentials.manager_token
    for request in requests:
        assert request.host == "gs.enphaseenergy.com"
        assert request.method == "GET"
        assert request.body == ""
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "accept-encoding"}}
        user_agent = headers.pop("user-agent")
        assert user_agent.startswith("Mozilla/5.0 (")
        assert headers == {
            "accept": "application/json, text/javascript, */*; q=0.01",
            "origin": origin,
            "referer": f"{simulator.enlighten_url}/",
            "authorization": token,
        }


async def test_without_a_manager_token_the_access_token_opens_the_grid_services(
    client: EnlightenClient, connect: Connect, simulator: Simulator
) -> None:
    credentials = client.session.credentials
    cookies = tuple(cookie for cookie in credentials.cookies if "manager_token" not in cookie.name)
    other = await connect(credentials=replace(credentials, manager_token=None, cookies=cookies))

    assert (await other.grid_services.program(SITE)).enrolled

    assert simulator.requests.last(Family.VPP_ENROLMENT).headers["authorization"] == credentials.access_token


async def test_a_client_without_a_cookieless_http_session_leaves_the_host_alone(
    client: EnlightenClient, simulator: Simulator, connect: Connect
) -> None:
    other = await connect(credentials=client.session.credentials, bare=False)

    with pytest.raises(NotSupported):
        await other.grid_services.program(SITE)

    assert simulator.requests.count(Family.VPP_ENROLMENT) == 0


async def test_events_are_asked_for_with_all_parameters_even_empty_ones(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant
) -> None:
    """Trap 59: what looks like an outage may be a parameter that is missing."""
    await client.grid_services.events(SITE, plant.program_id)

    assert simulator.requests.last(Family.VPP_EVENTS).query == {
        "site_id": SITE,
        "programId": plant.program_id,
        "start_date": "",
        "end_date": "",
        "sort_by": "",
        "ascending": "",
        "time": "",
    }


# Enrolment


async def test_the_program_is_found_without_anybody_typing_its_id(
    client: EnlightenClient, plant: VirtualPowerPlant
) -> None:
    """Trap 53: ids typed by hand were wrong or outdated, and nobody noticed."""
    program = await client.grid_services.program(SITE)

    assert program == VppProgram(enrolled=True, program_id=plant.program_id)


async def test_ids_may_be_in_upper_case(client: EnlightenClient, plant: VirtualPowerPlant) -> None:
    plant.enrolment_id = plant.enrolment_id.upper()
    plant.enrol(PROGRAM.upper())

    program = await client.grid_services.program(SITE)

    assert program.program_id == PROGRAM.upper()
    assert await client.grid_services.events(SITE, PROGRAM.upper()) == ()


@pytest.mark.parametrize("answer", [EnrolmentAnswer.NULL, EnrolmentAnswer.EMPTY_TEXT])
async def test_a_site_may_take_part_in_no_program(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant, answer: EnrolmentAnswer
) -> None:
    plant.leave(answer)

    assert await client.grid_services.program(SITE) == VppProgram(enrolled=False)

    assert simulator.requests.count(Family.VPP_ENROLMENT) == 1


@pytest.mark.parametrize(
    "answer", [EnrolmentAnswer.NO_DATA, EnrolmentAnswer.LIST, EnrolmentAnswer.OBJECT, EnrolmentAnswer.BAD_ID]
)
async def test_an_ambiguous_enrolment_is_neither_taken_nor_guessed(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant, answer: EnrolmentAnswer
) -> None:
    plant.enrolment = answer

    with pytest.raises(InvalidResponse) as caught:
        await client.grid_services.program(SITE)

    assert caught.value.path == "enrolment.data"
    assert simulator.requests.count(Family.VPP_ENROLMENT) == 1


@pytest.mark.parametrize("data", [17, True, "../events/get", "5fa1c07e22b94d6810e3f7ab/", "5fa1c07e22b94d6810e3f7a٣"])
async def test_no_id_enters_an_address_that_is_not_24_hex_digits(
    client: EnlightenClient, simulator: Simulator, data: Json
) -> None:
    simulator.faults.add(faults.field_value("data", data), Family.VPP_ENROLMENT, times=1)

    with pytest.raises(InvalidResponse):
        await client.grid_services.program(SITE)

    assert simulator.requests.count(Family.VPP_ENROLMENT) == 1


@pytest.mark.parametrize("detail", [DetailAnswer.NO_PROGRAM, DetailAnswer.BAD_PROGRAM, DetailAnswer.NULL])
async def test_an_enrolment_without_a_usable_program_is_ambiguous(
    client: EnlightenClient, plant: VirtualPowerPlant, detail: DetailAnswer
) -> None:
    plant.detail = detail

    with pytest.raises(InvalidResponse) as caught:
        await client.grid_services.program(SITE)

    assert caught.value.path == "enrolment.data.program_id"


async def test_an_empty_answer_tells_nothing_about_an_enrolment(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.empty_body(), Family.VPP_ENROLMENT)

    with pytest.raises(InvalidResponse):
        await client.grid_services.program(SITE)


async def test_refusals_mean_no_program_only_once_they_last(
    unattended: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant, clock: ManualClock
) -> None:
    """Trap 3: sites without a program may get 401 for ever, which led to sign-ins all day."""
    plant.leave(EnrolmentAnswer.UNAUTHORIZED)
    for minutes in (15, 30):
        with pytest.raises(ServiceUnavailable) as caught:
            await unattended.grid_services.program(SITE)
        assert caught.value.refusal is not None
        assert caught.value.refusal.http_status == HTTPStatus.UNAUTHORIZED
        assert caught.value.retry_at == clock() + timedelta(minutes=minutes)
        clock.tick(minutes * 60)

    assert await unattended.grid_services.program(SITE) == REFUSED
    clock.tick(7_199)
    assert await unattended.grid_services.program(SITE) == REFUSED

    assert simulator.requests.count(Family.VPP_ENROLMENT) == 3
    assert simulator.requests.count(Family.JWT) == simulator.requests.logins == 0
    clock.tick(1)
    assert await unattended.grid_services.program(SITE) == REFUSED
    assert simulator.requests.count(Family.VPP_ENROLMENT) == 4


async def test_an_enrolment_is_believed_again_as_soon_as_the_cloud_tells_it(
    client: EnlightenClient, plant: VirtualPowerPlant, clock: ManualClock
) -> None:
    plant.leave(EnrolmentAnswer.UNAUTHORIZED)
    for minutes in (15, 30, 120):
        try:
            assert await client.grid_services.program(SITE) == REFUSED
        except ServiceUnavailable:
            clock.tick(minutes * 60)
    plant.enrol(PROGRAM)

    assert (await client.grid_services.program(SITE)) == REFUSED
    assert (await client.grid_services.program(SITE, fresh=True)).program_id == PROGRAM
    assert (await client.grid_services.program(SITE)).program_id == PROGRAM


async def test_trouble_among_refusals_is_no_lasting_refusal(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant, clock: ManualClock
) -> None:
    plant.leave(EnrolmentAnswer.UNAUTHORIZED)
    for trouble in (None, None, faults.status_code(500), None):
        if trouble is not None:
            simulator.faults.add(trouble, Family.VPP_ENROLMENT, times=1)
        with pytest.raises(ServiceUnavailable):
            await client.grid_services.program(SITE)
        clock.tick(7_200)


async def test_details_that_stay_refused_mean_no_program_either(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(403), Family.VPP_ENROLMENT, path_part=plant.enrolment_id)
    for _ in range(2):
        with pytest.raises(NotSupported):
            await client.grid_services.program(SITE)
        clock.tick(7_200)

    assert await client.grid_services.program(SITE) == REFUSED


# Events


async def test_an_event_is_read_with_all_that_the_cloud_tells(
    client: EnlightenClient, plant: VirtualPowerPlant, clock: ManualClock
) -> None:
    planned = plant.schedule(start=START_OF_TEST + timedelta(hours=2), duration=timedelta(hours=1))
    past = plant.schedule(
        start=START_OF_TEST - timedelta(days=1), duration=timedelta(hours=2), kind=EventType.CHARGE, rate_watt=-3840
    )

    assert await client.grid_services.events(SITE, plant.program_id) == (
        VppEvent(
            start=planned.start,
            end=planned.end,
            event_id=planned.event_id,
            row_id=planned.id,
            name="Event 202611100900",
            kind="battery_discharge",
            subtype="Discharge_To_Load_Grid",
            status="scheduled",
            mode="GS_TOU_MODE",
            target_soc=20,
            rate=7680,
        ),
        VppEvent(
            start=past.start,
            end=past.end,
            event_id=past.event_id,
            row_id=past.id,
            name="Event 202611090700",
            kind="battery_charge",
            subtype="Charge_From_PV_Grid",
            status="completed",
            mode="GS_TOU_MODE",
            target_soc=90,
            rate=-3840,
            average_discharge=0,
            average_charge=3.725,
        ),
    )


@pytest.mark.parametrize(
    "status",
    ["scheduled", "in_progress", "completed", "stopped", "failed", "deleted", "optedout", "Cancelled", "brand-new"],
)
async def test_statuses_and_types_are_kept_as_they_come(
    client: EnlightenClient, plant: VirtualPowerPlant, status: str
) -> None:
    plant.schedule(kind="evse_pause").status = status

    (event,) = await client.grid_services.events(SITE, plant.program_id)

    assert (event.status, event.kind, event.subtype) == (status, "evse_pause", "evse_pause")


async def test_a_cancelled_event_tells_when(
    client: EnlightenClient, plant: VirtualPowerPlant, clock: ManualClock
) -> None:
    """Trap 54: the time stamp may be the only sign of a cancellation."""
    plant.cancel(plant.schedule(), status=None)

    (event,) = await client.grid_services.events(SITE, plant.program_id)

    assert (event.cancelled, event.cancelled_at, event.status) == (True, START_OF_TEST, "scheduled")


@pytest.mark.parametrize(
    ("stamp", "cancelled"), [("yesterday", True), ("", False), (None, False), (False, False)], ids=repr
)
async def test_any_cancellation_time_counts_readable_or_not(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant, stamp: Json, cancelled: bool
) -> None:
    plant.schedule()
    simulator.faults.add(faults.field_value("data.*.cancellation_timestamp", stamp), Family.VPP_EVENTS)

    (event,) = await client.grid_services.events(SITE, plant.program_id)

    assert (event.cancelled, event.cancelled_at) == (cancelled, None)


@pytest.mark.parametrize(
    ("fields", "superseded"),
    [
        ({"superceded": True}, True),
        ({"superseded": True}, True),
        ({"superceded": False, "superseded": True}, True),
        ({"superceded": None}, False),
        ({}, False),
    ],
    ids=repr,
)
async def test_superseded_events_are_recognised_in_both_spellings(
    client: EnlightenClient, simulator: Simulator, fields: dict[str, Json], superseded: bool
) -> None:
    simulator.faults.add(faults.payload({"data": [row(**fields)]}), Family.VPP_EVENTS)

    (event,) = await client.grid_services.events(SITE, PROGRAM)

    assert event.superseded is superseded


def row(start: Json = "2026-11-10T09:00:00.000+00:00", end: Json = "2026-11-10T10:00:00Z", **fields: Json) -> Json:
    return {"start_time": start, "end_time": end, **fields}


async def test_the_order_of_the_reply_is_kept_and_times_are_aware(
    client: EnlightenClient, simulator: Simulator
) -> None:
    """Trap 55: offsets differ, and the newest event comes first."""
    rows = [row(), row("2026-11-10T05:00:00+01:00", "2026-11-10T06:30:00+01:00"), row(1_794_200_000, 1_794_203_600_000)]
    simulator.faults.add(faults.payload({"data": rows}), Family.VPP_EVENTS)

    events = await client.grid_services.events(SITE, PROGRAM)

    assert [(event.start, event.end) for event in events] == [
        (datetime(2026, 11, 10, 9, tzinfo=UTC), datetime(2026, 11, 10, 10, tzinfo=UTC)),
        (datetime(2026, 11, 10, 4, tzinfo=UTC), datetime(2026, 11, 10, 5, 30, tzinfo=UTC)),
        (datetime(2026, 11, 9, 4, 53, 20, tzinfo=UTC), datetime(2026, 11, 9, 5, 53, 20, tzinfo=UTC)),
    ]


UNUSABLE_ROWS = (
    {"id": "6730c9a1b2d4e8f001a7c35d"},
    row(start=None),
    row(end=""),
    row(start="soon"),
    row(end="2026-11-10T09:00:00+00:00"),
    row(end="2026-11-10T08:00:00+00:00"),
    "text",
    None,
)


@pytest.mark.parametrize("unusable", UNUSABLE_ROWS, ids=repr)
async def test_an_event_without_two_times_costs_only_itself(
    client: EnlightenClient, simulator: Simulator, unusable: Json
) -> None:
    simulator.faults.add(faults.payload({"data": [unusable, row(name="good")]}), Family.VPP_EVENTS)

    assert [event.name for event in await client.grid_services.events(SITE, PROGRAM)] == ["good"]


@pytest.mark.parametrize("data", [[], None], ids=repr)
async def test_a_program_may_have_no_events(client: EnlightenClient, simulator: Simulator, data: Json) -> None:
    """Trap 55: null stands for an empty list."""
    simulator.faults.add(faults.payload({"data": data, "error": {}}), Family.VPP_EVENTS)

    assert await client.grid_services.events(SITE, PROGRAM) == ()


@pytest.mark.parametrize(
    "reply",
    [{}, None, {"meta": {"rowCount": 0}}, {"data": {}}, {"data": {"events": []}}, {"data": ""}, {"data": [None]}]
    + [{"data": [unusable]} for unusable in UNUSABLE_ROWS[:3]],
    ids=repr,
)
async def test_a_reply_without_usable_events_does_not_pass_for_an_empty_list(
    client: EnlightenClient, simulator: Simulator, reply: Json
) -> None:
    simulator.faults.add(faults.payload(reply), Family.VPP_EVENTS)

    with pytest.raises(InvalidResponse) as caught:
        await client.grid_services.events(SITE, PROGRAM)

    assert caught.value.path == "events.data"
    assert client.transport.health[ClientFamily.VPP_EVENTS].last_error == "invalid_response"


@pytest.mark.parametrize("answer", [OtherProgram.NOT_FOUND, OtherProgram.BAD_REQUEST])
async def test_a_program_that_the_cloud_does_not_know_is_looked_up_again_and_read_at_once(
    client: EnlightenClient, plant: VirtualPowerPlant, answer: OtherProgram
) -> None:
    """Trap 53: an outdated program went on without events."""
    outdated = plant.program_id
    plant.other_programs = answer
    plant.enrol(PROGRAM)
    plant.schedule()

    with pytest.raises(ProgramUnknown):
        await client.grid_services.events(SITE, outdated)

    program = await client.grid_services.program(SITE, fresh=True)
    assert program.program_id == PROGRAM
    assert len(await client.grid_services.events(SITE, PROGRAM)) == 1


@pytest.mark.parametrize("program_id", ["", "5fa1c07e", "Lark Street", f"{PROGRAM}0", f"{PROGRAM}\n"])
async def test_what_cannot_be_a_program_is_not_asked_for(
    client: EnlightenClient, simulator: Simulator, program_id: str
) -> None:
    with pytest.raises(ProgramUnknown):
        await client.grid_services.events(SITE, program_id)

    assert len(simulator.requests) == 0


@pytest.mark.parametrize(
    ("reply", "status"),
    [({"title": "Not Found", "detail": "No static resource vpp-mgr/api/v1/events/get."}, 404), ({}, 405), ({}, 403)],
)
async def test_a_route_or_right_that_is_missing_says_nothing_about_the_program(
    client: EnlightenClient, simulator: Simulator, reply: Json, status: int
) -> None:
    simulator.faults.add(faults.payload(reply, status), Family.VPP_EVENTS)

    with pytest.raises(NotSupported) as caught:
        await client.grid_services.events(SITE, PROGRAM)

    assert not isinstance(caught.value, ProgramUnknown)


async def test_a_fresh_read_does_not_wait_for_the_family_to_recover(
    client: EnlightenClient, simulator: Simulator, plant: VirtualPowerPlant
) -> None:
    simulator.faults.add(faults.status_code(502), Family.VPP_EVENTS, times=1)
    for _ in range(2):
        with pytest.raises(EnlightenError):
            await client.grid_services.events(SITE, plant.program_id)

    assert await client.grid_services.events(SITE, plant.program_id, fresh=True) == ()

    assert simulator.requests.count(Family.VPP_EVENTS) == 2
