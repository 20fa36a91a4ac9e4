"""Past sessions: pages that fit together, or none at all."""

from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ConnectionFailed,
    EnlightenClient,
    Family as ClientFamily,
    HistorySession,
    InvalidResponse,
    ServiceUnavailable,
)
from simulator import Family, ManualClock, Simulator, World, faults
from simulator.history import SessionRecord
from simulator.ready_tariffs import NONE
from simulator.wire import Json

from .conftest import SERIAL, SITE, START_OF_TEST
from .optional_reads import TODAY, ZONE

FIRST_DAY = date(2026, 11, 1)


def record(number: int, *, started_at: datetime | None = None) -> SessionRecord:
    """A session of an hour on the cable, of which it charges for ten minutes; the numbers go back in time."""
    begin = started_at or START_OF_TEST - timedelta(hours=1 + number)
    return SessionRecord(
        session_id=1_700_000_000 + number,
        started_at=begin,
        charging_from=begin + timedelta(seconds=30),
        ended_at=begin + timedelta(minutes=59),
        energy_wh=1250.0 + number,
        active_seconds=600,
    )


def page(*rows: Json, more: Json = False) -> Json:
    return {"source": "evse", "data": {"result": list(rows), "hasMore": more}}


def row(number: Json = 1, **fields: Json) -> dict[str, Json]:
    return {"sessionId": number, "startTime": "2026-11-09T22:41:00.310Z[UTC]", **fields}


@pytest.fixture
def hundred_and_twenty(world: World) -> list[str]:
    """The ids of 120 sessions, the oldest first."""
    for number in range(120):
        world.charger.history.add(record(number))
    return [str(1_700_000_000 + number) for number in reversed(range(120))]


async def sessions_of(client: EnlightenClient, *, max_pages: int = 5) -> tuple[HistorySession, ...]:
    return await client.history.sessions(SITE, SERIAL, FIRST_DAY, TODAY, time_zone=ZONE, max_pages=max_pages)


def ids(sessions: tuple[HistorySession, ...]) -> list[str]:
    return [session.session_id for session in sessions]


# Request


async def test_the_history_is_asked_for_as_the_page_asks_for_it(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 59: this service wants its dates the other way round."""
    await client.history.sessions(SITE, SERIAL, date(2026, 2, 1), date(2026, 11, 10), time_zone="America/Los_Angeles")

    request = simulator.requests.last(Family.HISTORY)
    path = f"/service/enho_historical_events_ms/{SITE}/sessions/{SERIAL}/history"
    assert (request.method, request.path, request.query) == ("POST", path, {})
    assert request.json == {
        "source": "evse",
        "params": {
            "offset": 0,
            "limit": 50,
            "startDate": "01-02-2026",
            "endDate": "10-11-2026",
            "timezone": "America/Los_Angeles",
        },
    }
    credentials = client.session.credentials
    assert request.headers["authorization"] == f"Bearer {credentials.access_token}"
    assert request.headers["e-auth-token"] == credentials.session_id
    assert request.headers["username"] == credentials.user_id
    assert request.headers["accept"] == "application/json, text/javascript, */*; q=0.01"
    assert request.headers["content-type"] == "application/json"
    assert len(request.headers["requestid"]) == 36


# Sessions


async def test_a_session_is_read_with_all_that_the_cloud_tells(client: EnlightenClient, simulator: Simulator) -> None:
    wire: Json = {
        "id": f"{SERIAL}:1794283950",
        "sessionId": 1794283950,
        "startTime": "2026-11-09T22:41:00.310Z[UTC]",
        "endTime": "2026-11-10T04:55:19.006Z[UTC]",
        "aggEnergyValue": 17.42,
        "activeChargeTime": 9330,
        "milesAdded": 61.2,
        "sessionCost": "3.14",
        "costCalculated": True,
        "sessionCostState": "COST_CALCULATED",
        "authIdentifier": "04A2B3",
    }
    simulator.faults.add(faults.payload(page(wire)), Family.HISTORY)

    assert await sessions_of(client) == (
        HistorySession(
            session_id="1794283950",
            started_at=datetime(2026, 11, 9, 22, 41, 0, 310_000, UTC),
            ended_at=datetime(2026, 11, 10, 4, 55, 19, 6_000, UTC),
            energy=17.42,
            active_seconds=9330,
            range_miles=61.2,
            cost=3.14,
        ),
    )


async def test_the_cost_of_a_session_comes_when_it_comes(
    client: EnlightenClient, world: World, clock: ManualClock
) -> None:
    """Trap 23: it is missing for hours after the end, and for ever without a tariff."""
    world.charger.history.cost_after = timedelta(hours=2)
    world.charger.history.add(record(0))

    (before,) = await sessions_of(client)
    clock.tick(3 * 3600)
    (after,) = await sessions_of(client)
    world.site.tariff = NONE
    (without,) = await sessions_of(client)

    assert before.cost is None
    assert after.cost == 0.34
    assert without.cost is None
    assert before.energy == after.energy == 1.25


async def test_a_session_under_way_has_no_end(client: EnlightenClient, world: World) -> None:
    begin = START_OF_TEST - timedelta(hours=9)
    world.charger.history.add(
        SessionRecord(
            session_id=1_700_000_001,
            started_at=begin,
            charging_from=begin,
            ended_at=None,
            energy_wh=400,
            active_seconds=300,
        )
    )

    (session,) = await sessions_of(client)

    assert (session.started_at, session.ended_at, session.cost) == (begin, None, None)


async def test_a_session_over_midnight_is_listed_once(client: EnlightenClient, world: World) -> None:
    """Trap 21: what belongs to which day is not for the list to say."""
    begin = datetime(2026, 11, 9, 22, 30, tzinfo=UTC)
    world.charger.history.add(record(1, started_at=begin))

    (session,) = await sessions_of(client)

    assert (session.started_at, session.ended_at) == (begin, begin + timedelta(minutes=59))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1_794_200_000, 1_794_203_600_000, (1_794_200_000, 1_794_203_600)),
        ("1794200000", None, (1_794_200_000, None)),
        (None, "2026-11-09T05:53:20.103221904Z[UTC]", (None, 1_794_203_600.103221)),
        ("soon", "2026-11-09T06:53:20+01:00", (None, 1_794_203_600)),
        ("2026-11-09T04:53:20", "", (1_794_200_000, None)),
    ],
)
async def test_times_are_read_in_every_spelling_and_one_of_them_is_enough(
    client: EnlightenClient,
    simulator: Simulator,
    *,
    start: Json,
    end: Json,
    expected: tuple[float | None, float | None],
) -> None:
    simulator.faults.add(faults.payload(page({"sessionId": "7", "startTime": start, "endTime": end})), Family.HISTORY)

    (session,) = await sessions_of(client)

    times = [moment and moment.timestamp() for moment in (session.started_at, session.ended_at)]
    assert times == [expected[0], expected[1]]


@pytest.mark.parametrize("name", ["aggEnergyValue", "activeChargeTime", "milesAdded", "sessionCost"])
@pytest.mark.parametrize("value", [None, "", "much", True, [1]], ids=repr)
async def test_a_figure_that_is_missing_or_unreadable_is_unknown(
    client: EnlightenClient, simulator: Simulator, name: str, value: Json
) -> None:
    simulator.faults.add(faults.payload(page(row(**{name: value}))), Family.HISTORY)

    (session,) = await sessions_of(client)

    assert session.energy is session.active_seconds is session.range_miles is session.cost is None


async def test_sessions_come_oldest_first_whatever_the_order_of_the_cloud(
    client: EnlightenClient, world: World, hundred_and_twenty: list[str]
) -> None:
    newest_first = await sessions_of(client)
    world.charger.history.oldest_first = True

    assert ids(newest_first) == ids(await sessions_of(client)) == hundred_and_twenty


# Pages


async def test_pages_are_turned_until_there_are_no_more(
    client: EnlightenClient, simulator: Simulator, hundred_and_twenty: list[str]
) -> None:
    assert ids(await sessions_of(client)) == hundred_and_twenty

    bodies = [request.json for request in simulator.requests.of(Family.HISTORY)]
    offsets = [
        body["params"]["offset"] for body in bodies if isinstance(body, dict) and isinstance(body["params"], dict)
    ]
    assert offsets == [0, 50, 100]


async def test_sessions_on_two_pages_count_once(
    client: EnlightenClient, world: World, hundred_and_twenty: list[str]
) -> None:
    """Trap 21: overlapping pages counted energy twice."""
    world.charger.history.page_overlap = 7

    sessions = await sessions_of(client)

    assert ids(sessions) == hundred_and_twenty
    assert sum(session.energy or 0 for session in sessions) == pytest.approx(sum(1.25 + n / 1000 for n in range(120)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"sessionId": 7}, {"sessionId": "7"}),
        ({"sessionId": 7, "id": f"{SERIAL}:7"}, {"id": f"{SERIAL}:7"}),
        ({"id": "7"}, {"sessionId": 7.0, "id": "7"}),
        ({"sessionId": None, "id": f"{SERIAL}:7"}, {"sessionId": "", "id": 7}),
    ],
    ids=repr,
)
async def test_a_session_is_known_by_either_of_its_ids(
    client: EnlightenClient, simulator: Simulator, first: dict[str, Json], second: dict[str, Json]
) -> None:
    """Trap 21, for ids in several spellings, which never tell the serial."""
    start: dict[str, Json] = {"startTime": 1_794_200_000}
    simulator.faults.add(faults.payload(page({**first, **start}, {**second, **start})), Family.HISTORY)

    assert ids(await sessions_of(client)) == ["7"]


async def test_more_pages_than_wanted_are_no_history(
    client: EnlightenClient, simulator: Simulator, hundred_and_twenty: list[str]
) -> None:
    """Trap 22: the first pages alone look like a history with fewer sessions."""
    with pytest.raises(InvalidResponse):
        await sessions_of(client, max_pages=2)

    assert simulator.requests.count(Family.HISTORY) == 2
    assert ids(await sessions_of(client, max_pages=3)) == hundred_and_twenty


async def test_a_history_may_be_empty(client: EnlightenClient) -> None:
    assert await sessions_of(client) == ()


async def test_a_page_without_sessions_need_not_say_that_there_are_no_more(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.payload({"data": {"result": []}}), Family.HISTORY)

    assert await sessions_of(client) == ()


async def test_pages_can_be_taken_one_by_one_without_end(
    client: EnlightenClient, simulator: Simulator, world: World, hundred_and_twenty: list[str]
) -> None:
    world.charger.history.page_overlap = 7
    pages = client.history.pages(SITE, SERIAL, FIRST_DAY, TODAY, time_zone=ZONE)

    first = await anext(pages)
    assert simulator.requests.count(Family.HISTORY) == 1
    rest = [page async for page in pages]

    assert [len(page) for page in (first, *rest)] == [50, 50, 20]
    assert ids(tuple(session for page in (first, *rest) for session in page)) == hundred_and_twenty[::-1]


async def test_pages_before_a_failure_are_true(
    client: EnlightenClient, simulator: Simulator, hundred_and_twenty: list[str]
) -> None:
    pages = client.history.pages(SITE, SERIAL, FIRST_DAY, TODAY, time_zone=ZONE)
    assert len(await anext(pages)) == 50
    simulator.faults.add(faults.status_code(550), Family.HISTORY)

    with pytest.raises(ServiceUnavailable) as caught:
        await anext(pages)

    assert caught.value.retry_at == START_OF_TEST + timedelta(minutes=15)


MALFORMED_PAGES: list[Json] = [
    {},
    None,
    [],
    {"data": None},
    {"data": []},
    {"data": {}},
    {"data": {"result": None, "hasMore": False}},
    {"data": {"result": {}, "hasMore": False}},
    {"data": {"result": "none", "hasMore": False}},
    {"data": {"result": [row()]}},
    page(row(), more=None),
    page(row(), more="perhaps"),
    page(more=True),
    page(row(), None),
    page(row(), "session"),
    page(row(), {"sessionId": 2}),
    page(row(), row(2, startTime="soon", endTime=None)),
    page(row(), {"startTime": 1_794_200_000}),
    page(row(), {"id": f"{SERIAL}:", "startTime": 1_794_200_000}),
    page(row(), {"sessionId": [7], "startTime": 1_794_200_000}),
]


@pytest.mark.parametrize("body", MALFORMED_PAGES, ids=repr)
async def test_one_malformed_page_spoils_the_history(
    client: EnlightenClient, simulator: Simulator, hundred_and_twenty: list[str], body: Json
) -> None:
    """Trap 22: what could not be read wiped what was known."""
    pages = client.history.pages(SITE, SERIAL, FIRST_DAY, TODAY, time_zone=ZONE)
    await anext(pages)
    simulator.faults.add(faults.payload(body), Family.HISTORY)

    with pytest.raises(InvalidResponse):
        await anext(pages)
    with pytest.raises(ServiceUnavailable):
        await sessions_of(client)

    assert client.transport.health[ClientFamily.HISTORY].last_error == "invalid_response"
    assert simulator.requests.count(Family.HISTORY) == 2


@pytest.mark.parametrize("more", [True, False])
async def test_a_page_that_comes_again_is_no_progress(
    client: EnlightenClient, simulator: Simulator, more: bool
) -> None:
    """Trap 22: a cloud that ignores the offset would be read for ever."""
    first, again = page(row(1), row(2), more=True), page(row(2), row(1), more=more)
    simulator.faults.add(faults.payload(first), Family.HISTORY, times=1)
    simulator.faults.add(faults.payload(again), Family.HISTORY)

    with pytest.raises(InvalidResponse):
        await sessions_of(client)

    assert simulator.requests.count(Family.HISTORY) == 2


async def test_a_lost_connection_between_pages_loses_the_history(
    client: EnlightenClient, simulator: Simulator, hundred_and_twenty: list[str]
) -> None:
    """Trap 22, for a page that never came."""
    pages = client.history.pages(SITE, SERIAL, FIRST_DAY, TODAY, time_zone=ZONE)
    await anext(pages)
    simulator.faults.add(faults.dropped(), Family.HISTORY)

    with pytest.raises(ConnectionFailed):
        await anext(pages)

    # As an idempotent read it was repeated once
    assert simulator.requests.count(Family.HISTORY) == 3
