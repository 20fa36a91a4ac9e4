"""Enrolment and events of a virtual power plant."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from simulator import (
    DetailAnswer,
    EnrolmentAnswer,
    EventType,
    Family,
    ManualClock,
    OtherProgram,
    Simulator,
    World,
    faults,
)
from simulator.wire import Json

from .browser import Browser, pick
from .services_browser import ENROLMENT, NO_FILTERS, GridBrowser

PARAMETERS = ["site_id", "programId", *NO_FILTERS]


async def rows(grid: GridBrowser, world: World, **filters: str) -> list[Json]:
    listed = (await grid.events(world.site.vpp.program_id, **filters)).at("data")
    assert isinstance(listed, list)
    return listed


async def test_the_program_is_found_in_two_steps(grid: GridBrowser, world: World) -> None:
    enrolment_id = (await grid.enrolled()).at("data")
    detail = await grid.detail(str(enrolment_id))

    assert enrolment_id == world.site.vpp.enrolment_id
    assert detail.at("data", "program_id") == world.site.vpp.program_id
    assert detail.at("error") == {}


async def test_ids_are_24_hex_digits_of_either_case(grid: GridBrowser, world: World) -> None:
    plant = world.site.vpp

    assert len(bytes.fromhex(plant.enrolment_id)) == len(bytes.fromhex(plant.program_id)) == 12
    assert (await grid.detail(plant.enrolment_id.upper())).status == 200
    assert (await grid.events(plant.program_id.upper())).status == 200


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        (EnrolmentAnswer.NULL, None),
        (EnrolmentAnswer.EMPTY_TEXT, ""),
        (EnrolmentAnswer.BAD_ID, "not-a-hex-id"),
    ],
)
async def test_a_look_up_may_lead_nowhere(grid: GridBrowser, world: World, answer: EnrolmentAnswer, data: Json) -> None:
    world.site.vpp.enrolment = answer

    reply = await grid.enrolled()

    assert (reply.status, reply.at("data")) == (200, data)


@pytest.mark.parametrize(("answer", "kind"), [(EnrolmentAnswer.LIST, list), (EnrolmentAnswer.OBJECT, dict)])
async def test_a_look_up_may_be_ambiguous(
    grid: GridBrowser, world: World, answer: EnrolmentAnswer, kind: type[object]
) -> None:
    world.site.vpp.enrolment = answer

    assert isinstance((await grid.enrolled()).at("data"), kind)


async def test_a_look_up_may_lack_its_data(grid: GridBrowser, world: World) -> None:
    world.site.vpp.enrolment = EnrolmentAnswer.NO_DATA

    reply = (await grid.enrolled()).json

    assert isinstance(reply, dict)
    assert sorted(reply) == ["error", "meta"]


async def test_a_site_without_program_may_be_refused_for_good(grid: GridBrowser, world: World) -> None:
    """Trap 3: such a 401 comes with a healthy session."""
    plant = world.site.vpp
    plant.leave(EnrolmentAnswer.UNAUTHORIZED)

    answers = [await grid.enrolled(), await grid.detail(plant.enrolment_id), await grid.events(plant.program_id)]

    assert [answer.status for answer in answers] == [401, 401, 401]


@pytest.mark.parametrize("face", [EnrolmentAnswer.NULL, EnrolmentAnswer.EMPTY_TEXT])
async def test_who_left_has_no_details_and_no_events(grid: GridBrowser, world: World, face: EnrolmentAnswer) -> None:
    plant = world.site.vpp
    plant.schedule()
    plant.leave(face)

    assert (await grid.detail(plant.enrolment_id)).status == 404
    assert (await grid.events(plant.program_id)).status == 404
    plant.enrol()
    assert await rows(grid, world) == []


@pytest.mark.parametrize(
    ("detail", "data"),
    [
        (DetailAnswer.NULL, None),
        (DetailAnswer.NO_PROGRAM, "absent"),
        (DetailAnswer.BAD_PROGRAM, "not-a-hex-id"),
    ],
)
async def test_details_may_hide_the_program(grid: GridBrowser, world: World, detail: DetailAnswer, data: Json) -> None:
    world.site.vpp.detail = detail

    told = (await grid.detail(world.site.vpp.enrolment_id)).at("data")

    assert (told.get("program_id", "absent") if isinstance(told, dict) else told) == data


@pytest.mark.parametrize(
    ("path", "status"), [("enrolled/1", 403), ("enrolled/home", 400), ("f00", 400), ("ab" * 12, 404)]
)
async def test_strange_ids_are_refused(grid: GridBrowser, path: str, status: int) -> None:
    assert (await grid.get(f"{ENROLMENT}/{path}")).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": "_enlighten_4_session=1"}, 401),
        ({"e-auth-token": "null"}, 401),
        ({"X-Requested-With": "XMLHttpRequest"}, 400),
        ({"X-CSRF-Token": "x"}, 400),
        ({"Content-Type": "application/json"}, 400),
        ({"Authorization": "nonsense"}, 401),
        ({"Referer": "http://elsewhere.example/"}, 400),
        ({"User-Agent": "HomeAssistant/2026.11"}, 406),
        ({"Accept": "application/json"}, 406),
    ],
)
async def test_every_sign_of_the_web_application_is_refused(
    grid: GridBrowser, world: World, headers: dict[str, str], status: int
) -> None:
    """Trap 52: this host takes the bare token and nothing beside it."""
    answers = [
        await grid.get(f"{ENROLMENT}/enrolled/4410287", headers=headers),
        await grid.get(f"{ENROLMENT}/{world.site.vpp.enrolment_id}", headers=headers),
        await grid.get("/vpp-mgr/api/v1/events/get", headers=headers),
    ]

    assert [answer.status for answer in answers] == [status] * 3


@pytest.mark.parametrize(("header", "status"), [("Authorization", 401), ("Origin", 400), ("Referer", 400)])
async def test_no_header_of_the_profile_may_be_missing(grid: GridBrowser, header: str, status: int) -> None:
    assert (await grid.get(f"{ENROLMENT}/enrolled/4410287", without=header)).status == status


async def test_a_bearer_is_no_bare_token(grid: GridBrowser) -> None:
    """Trap 52: the scheme in front of the token breaks it."""
    bearer = f"Bearer {grid.headers['Authorization']}"

    assert (await grid.get(f"{ENROLMENT}/enrolled/4410287", headers={"Authorization": bearer})).status == 401


async def test_the_access_token_is_as_good_until_it_is_withdrawn(
    grid: GridBrowser, browser: Browser, world: World
) -> None:
    grid.headers["Authorization"] = browser.tokens["e-auth-token"]
    assert (await grid.enrolled()).status == 200

    world.accounts.expire_sessions()

    assert (await grid.enrolled()).status == 401


@pytest.mark.parametrize("parameter", PARAMETERS)
async def test_every_parameter_is_needed_even_if_empty(grid: GridBrowser, world: World, parameter: str) -> None:
    answer = await grid.events(world.site.vpp.program_id, without=parameter)

    assert answer.status == 400
    assert parameter in answer.text


async def test_an_enrolled_site_may_have_no_events(grid: GridBrowser, world: World) -> None:
    answer = await grid.events(world.site.vpp.program_id)

    assert answer.at("data") == []
    assert answer.at("meta", "rowCount") == 0


async def test_a_planned_event_has_every_known_field(grid: GridBrowser, world: World) -> None:
    event = world.site.vpp.schedule(start=datetime(2026, 11, 11, 1, tzinfo=UTC), duration=timedelta(hours=2))

    assert await rows(grid, world) == [
        {
            "id": event.id,
            "event_id": event.event_id,
            "name": "Event 202611110100",
            "type": "battery_discharge",
            "subtype": "Discharge_To_Load_Grid",
            "status": "scheduled",
            "start_time": "2026-11-11T01:00:00.000+00:00",
            "end_time": "2026-11-11T03:00:00.000+00:00",
            "target_soc": 20,
            "rate_watt": 7680,
            "mode": "GS_TOU_MODE",
            "avg_kw_discharged": None,
            "avg_kw_charged": None,
            "cancellation_timestamp": None,
            "superceded": False,
        }
    ]


@pytest.mark.parametrize(
    ("kind", "subtype", "discharges", "charges"),
    [
        (EventType.DISCHARGE, "Discharge_To_Load_Grid", True, False),
        (EventType.CHARGE, "Charge_From_PV_Grid", False, True),
        (EventType.IDLE, "Idle", True, True),
        ("pv_curtail", "pv_curtail", True, True),
    ],
)
async def test_averages_are_filled_in_when_an_event_is_over(
    *, grid: GridBrowser, world: World, clock: ManualClock, kind: str, subtype: str, discharges: bool, charges: bool
) -> None:
    world.site.vpp.schedule(kind=kind)
    clock.tick(12 * 60)

    row = pick(await rows(grid, world), 0)

    assert (pick(row, "subtype"), pick(row, "status")) == (subtype, "completed")
    assert (pick(row, "avg_kw_discharged") != 0, pick(row, "avg_kw_charged") != 0) == (discharges, charges)


@pytest.mark.parametrize(("says_in_progress", "during"), [(False, "scheduled"), (True, "in_progress")])
async def test_the_status_follows_the_clock(
    *, grid: GridBrowser, world: World, clock: ManualClock, says_in_progress: bool, during: str
) -> None:
    """Trap 56: while an event runs its status may still be that of a coming one."""
    world.site.vpp.says_in_progress = says_in_progress
    world.site.vpp.schedule(starts_in=timedelta(seconds=120), duration=timedelta(seconds=600))
    told = []
    for seconds in (119, 1, 599, 1):
        clock.tick(seconds)
        told.append(pick(await rows(grid, world), 0, "status"))

    assert told == ["scheduled", during, during, "completed"]


async def test_a_cancelled_event_says_so_twice_or_once(grid: GridBrowser, world: World, clock: ManualClock) -> None:
    """Trap 54: the timestamp may be the only sign."""
    plant = world.site.vpp
    twice, once = plant.schedule(starts_in=timedelta(hours=2)), plant.schedule(starts_in=timedelta(hours=1))
    clock.tick(60)
    plant.cancel(twice)
    plant.cancel(once, status=None)

    told = [(pick(row, "status"), pick(row, "cancellation_timestamp")) for row in await rows(grid, world)]

    at = "2026-11-10T07:01:00.000+00:00"
    assert told == [("cancelled", at), ("scheduled", at)]


async def test_a_superseded_event_is_followed_by_its_successor(grid: GridBrowser, world: World) -> None:
    """Trap 54: the flag is misspelt and may be the only sign."""
    plant = world.site.vpp
    old = plant.schedule()
    new = plant.supersede(old, rate_watt=5000)

    listed = {pick(row, "id"): row for row in await rows(grid, world)}

    assert (pick(listed[old.id], "superceded"), pick(listed[old.id], "status")) == (True, "scheduled")
    assert (pick(listed[new.id], "superceded"), pick(listed[new.id], "rate_watt")) == (False, 5000)
    assert pick(listed[new.id], "start_time") == pick(listed[old.id], "start_time")


async def test_only_the_rest_of_a_running_event_is_superseded(
    grid: GridBrowser, world: World, clock: ManualClock
) -> None:
    old = world.site.vpp.schedule(starts_in=timedelta(), duration=timedelta(minutes=10))
    clock.tick(240)

    new = world.site.vpp.supersede(old)

    assert (new.start, new.end) == (old.start + timedelta(minutes=4), old.end)


async def test_an_event_is_edited_and_vanishes(grid: GridBrowser, world: World) -> None:
    plant = world.site.vpp
    event = plant.schedule()
    event.rate_watt, event.target_soc, event.status = 3000, 45, "optedout"

    row = pick(await rows(grid, world), 0)
    assert [pick(row, name) for name in ("rate_watt", "target_soc", "status")] == [3000, 45, "optedout"]

    plant.withdraw(plant.event(event.id))
    assert await rows(grid, world) == []
    with pytest.raises(KeyError):
        plant.event(event.id)


async def test_an_event_may_lack_its_second_identity(grid: GridBrowser, world: World) -> None:
    world.site.vpp.schedule().event_id = None

    row = pick(await rows(grid, world), 0)

    assert isinstance(row, dict)
    assert "event_id" not in row


async def test_the_newest_event_stands_first_and_old_ones_fall_off(
    grid: GridBrowser, world: World, clock: ManualClock
) -> None:
    """Trap 55: the order is not that of the clock."""
    world.site.vpp.seed()
    starts = [str(pick(row, "start_time")) for row in await rows(grid, world)]
    assert starts == sorted(starts, reverse=True)
    assert {pick(row, "status") for row in await rows(grid, world)} == {"completed", "cancelled", "scheduled"}

    world.site.vpp.kept_for = timedelta(days=1)
    clock.tick(timedelta(days=3).total_seconds())

    assert await rows(grid, world) == []


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"ascending": "true"}, ["Event 202611090700", "Event 202611110700"]),
        ({"ascending": "false"}, ["Event 202611110700", "Event 202611090700"]),
        ({"start_date": "2026-11-10"}, ["Event 202611110700"]),
        ({"end_date": "2026-11-10"}, ["Event 202611090700"]),
    ],
)
async def test_events_are_filtered_and_turned_round(
    grid: GridBrowser, world: World, filters: dict[str, str], names: list[str]
) -> None:
    for days in (-1, 1):
        world.site.vpp.schedule(starts_in=timedelta(days=days))

    assert [pick(row, "name") for row in await rows(grid, world, **filters)] == names


@pytest.mark.parametrize("filters", [{"start_date": "10-11-2026"}, {"end_date": "soon"}, {"ascending": "maybe"}])
async def test_a_malformed_filter_is_refused(grid: GridBrowser, world: World, filters: dict[str, str]) -> None:
    assert (await grid.events(world.site.vpp.program_id, **filters)).status == 400


@pytest.mark.parametrize(
    ("answer", "status"),
    [(OtherProgram.NOT_FOUND, 404), (OtherProgram.BAD_REQUEST, 400), (OtherProgram.EMPTY, 200)],
)
async def test_the_events_of_another_program_are_not_given(
    grid: GridBrowser, world: World, answer: OtherProgram, status: int
) -> None:
    """Trap 53: an outdated program is refused or silently has no events."""
    plant = world.site.vpp
    left = plant.program_id
    plant.schedule()
    plant.enrol("0123456789abcdef01234567")
    plant.other_programs = answer

    assert (await grid.events(left)).status == status
    assert (await grid.detail(str((await grid.enrolled()).at("data")))).at("data", "program_id") == plant.program_id
    assert await rows(grid, world) == []


@pytest.mark.parametrize("program_id", ["", "lark-street", "65f0"])
async def test_a_program_that_is_no_id_is_refused(grid: GridBrowser, program_id: str) -> None:
    assert (await grid.events(program_id)).status == 400


async def test_both_families_can_be_broken_apart(grid: GridBrowser, world: World, simulator: Simulator) -> None:
    simulator.faults.add(faults.null_data(), Family.VPP_EVENTS)
    simulator.faults.add(faults.status_code(503), Family.VPP_ENROLMENT)

    assert (await grid.events(world.site.vpp.program_id)).at("data") is None
    assert (await grid.enrolled()).status == 503
    assert simulator.requests.last(Family.VPP_EVENTS).host == "gs.enphaseenergy.com"
    assert simulator.requests.last(Family.VPP_ENROLMENT).headers.get("cookie") is None


async def test_the_host_header_leads_to_the_same_service(grid: GridBrowser, simulator: Simulator) -> None:
    headers = {**grid.headers, "Host": "gs.enphaseenergy.com"}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        answer = await session.get(f"{simulator.url}{ENROLMENT}/enrolled/4410287", headers=headers)

    assert answer.status == 200
