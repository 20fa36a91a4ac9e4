"""Session history."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from simulator import TARIFFS, Car, Family, ManualClock, SessionRecord, Simulator, World, commands, faults
from simulator.wire import Json

from .browser import SERIAL, Browser, pick
from .services_browser import HISTORY, ServicesBrowser

TODAY = date(2026, 11, 10)
LONG_AGO = date(2025, 11, 1)
CRITERIA = HISTORY.partition("/sessions")[0] + "/filter_criteria?source=evse&requestId=1&username=3158804"
PARAMS: Mapping[str, Json] = {
    "offset": 0,
    "limit": 50,
    "startDate": "09-11-2026",
    "endDate": "10-11-2026",
    "timezone": "Europe/Vienna",
}


def charge(world: World, clock: ManualClock, *, minutes: float = 60, idle: float = 30, amps: float = 10) -> None:
    """Let a car charge on one phase, be stopped, wait and drive away."""
    world.charger.plug_in(Car(max_amps=amps, phases=1))
    start(world)
    clock.tick(minutes * 60 + 4)
    commands.stop(world.charger)
    clock.tick(idle * 60)
    world.charger.unplug()


def start(world: World) -> None:
    charger = world.charger
    commands.start(charger, level=None, connector=charger.connector(1))


def result(answer: Json) -> list[Json]:
    rows = pick(answer, "data", "result")
    assert isinstance(rows, list)
    return rows


async def today(services: ServicesBrowser) -> list[Json]:
    """Return the rows of today and yesterday."""
    return result((await services.sessions(TODAY - timedelta(days=1), TODAY)).json)


def numbers(rows: list[Json]) -> list[Json]:
    return [pick(row, "sessionId") for row in rows]


async def test_nothing_happened_yet(services: ServicesBrowser) -> None:
    answer = await services.sessions(TODAY, TODAY)

    assert answer.at("source") == "evse"
    assert answer.at("data") == {
        "result": [],
        "hasMore": False,
        "startDate": "10-11-2026",
        "endDate": "10-11-2026",
        "offset": 0,
        "limit": 50,
    }


async def test_a_session_lasts_from_plug_to_plug_and_counts_kilowatt_hours(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    charge(world, clock)
    world.charger.history.cost_after = timedelta()

    rows = await today(services)

    assert rows == [
        {
            "id": f"{SERIAL}:1794294004",
            "sessionId": 1794294004,
            "startTime": "2026-11-10T07:00:00.000Z[UTC]",
            "endTime": "2026-11-10T08:30:04.000Z[UTC]",
            "aggEnergyValue": 2.303,
            "activeChargeTime": 3604,
            "milesAdded": 8.1,
            "sessionCost": 0.62,
            "costCalculated": True,
            "manualOverridden": False,
            "avgCostPerUnitEnergy": 0.271,
            "sessionCostState": "COST_CALCULATED",
            "chargeProfileStackLevel": 4,
            "authType": None,
            "authIdentifier": None,
            "authToken": None,
        }
    ]


async def test_an_open_session_has_no_end_and_the_energy_last_reported(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in(Car(max_amps=10, phases=1))
    start(world)
    clock.tick(3500)

    rows = await today(services)

    assert len(rows) == 1
    assert isinstance(rows[0], Mapping)
    assert "endTime" not in rows[0]
    assert pick(rows[0], "sessionCost") is None
    assert pick(rows[0], "aggEnergyValue") == round(world.charger.cloud.meter.session_wh / 1000, 3) != 0


async def test_a_car_that_only_hangs_on_the_cable_has_no_session(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in()
    clock.tick(600)

    assert await today(services) == []


async def test_two_starts_on_one_cable_are_two_sessions_side_by_side(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in(Car(max_amps=10, phases=1))
    for _ in range(2):
        start(world)
        clock.tick(1800)
        commands.stop(world.charger)
        clock.tick(600)
    world.charger.unplug()

    second, first = await today(services)

    assert pick(first, "endTime") == pick(second, "startTime") == "2026-11-10T07:40:04.000Z[UTC]"
    assert pick(first, "startTime") == "2026-11-10T07:00:00.000Z[UTC]"
    assert pick(first, "aggEnergyValue") == pick(second, "aggEnergyValue")


async def test_the_cost_comes_hours_later(services: ServicesBrowser, world: World, clock: ManualClock) -> None:
    """Trap 23: a session is listed at once and priced later."""
    charge(world, clock)
    clock.tick(2 * 3600 - 1)
    (early,) = await today(services)
    clock.tick(1)
    (late,) = await today(services)

    assert [pick(early, name) for name in ("sessionCost", "costCalculated", "avgCostPerUnitEnergy")] == [
        None,
        False,
        None,
    ]
    assert pick(early, "sessionCostState") != pick(late, "sessionCostState") == "COST_CALCULATED"
    assert pick(late, "sessionCost") == 0.62


async def test_a_session_costs_what_energy_cost_while_it_flowed(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.site.tariff = TARIFFS["weekends"]
    world.charger.history.cost_after = timedelta()
    clock.move_to(datetime(2026, 11, 10, 15, 29, 56, tzinfo=UTC))
    await services.browser.sign_in()

    charge(world, clock)

    (row,) = await today(services)
    assert pick(row, "avgCostPerUnitEnergy") == pytest.approx((0.264 + 0.348) / 2, abs=0.001)


async def test_energy_that_flowed_late_costs_what_it_cost_late(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.site.tariff = TARIFFS["weekends"]
    world.charger.history.cost_after = timedelta()
    clock.move_to(datetime(2026, 11, 10, 14, 0, tzinfo=UTC))
    await services.browser.sign_in()
    world.charger.adjust(load_limit_amps=0)
    world.charger.plug_in(Car(max_amps=10, phases=1))
    start(world)
    clock.tick(2 * 3600 + 60)
    world.charger.adjust()
    clock.tick(3600)
    world.charger.unplug()

    (row,) = await today(services)

    assert pick(row, "avgCostPerUnitEnergy") == pytest.approx(0.348)


async def test_sessions_close_together_do_not_pay_for_each_other(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.charger.history.cost_after = timedelta()
    world.charger.plug_in(Car(max_amps=10, phases=1))
    for _ in range(2):
        start(world)
        clock.tick(420)
        commands.stop(world.charger)
        clock.tick(10)
    world.charger.unplug()

    prices = [pick(row, "avgCostPerUnitEnergy") for row in await today(services)]

    assert prices == [pytest.approx(0.271, abs=0.001)] * 2


async def test_without_a_tariff_there_is_never_a_cost(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.site.tariff = TARIFFS["none"]
    charge(world, clock)
    clock.tick(3 * 3600)

    assert [pick(row, "sessionCost") for row in await today(services)] == [None]


async def test_what_an_offline_charger_does_is_heard_of_later(
    services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    world.charger.plug_in(Car(max_amps=10, phases=1))
    start(world)
    clock.tick(1200)
    world.charger.go_offline()
    clock.tick(1800)
    world.charger.unplug()
    world.charger.quirks.starts_when_plugged_in = True
    world.charger.plug_in(Car(max_amps=10, phases=1))
    clock.tick(3600)
    world.charger.unplug()
    (unheard,) = await today(services)
    world.charger.come_online()
    newest, oldest = await today(services)

    assert isinstance(unheard, Mapping)
    assert "endTime" not in unheard
    assert pick(unheard, "sessionId") == pick(oldest, "sessionId") != pick(newest, "sessionId")
    assert pick(oldest, "endTime") == "2026-11-10T07:50:00.000Z[UTC]"


async def test_a_finished_session_may_appear_late(services: ServicesBrowser, world: World, clock: ManualClock) -> None:
    world.charger.history.appears_after = timedelta(minutes=10)
    charge(world, clock)
    assert await today(services) == []

    clock.tick(600)

    assert len(await today(services)) == 1


class TestSeededYear:
    @pytest.fixture
    def world(self, world: World) -> World:
        """A world whose charger has been used for a year."""
        world.charger.history.seed_year()
        return world

    async def all_rows(self, services: ServicesBrowser, *, limit: int = 500) -> list[Json]:
        return result((await services.sessions(LONG_AGO, TODAY, limit=limit)).json)

    async def test_most_days_have_a_session_with_a_cost(self, services: ServicesBrowser) -> None:
        rows = await self.all_rows(services)

        assert 260 < len(rows) < 330
        assert all(pick(row, "costCalculated") for row in rows)
        assert len({str(number) for number in numbers(rows)}) == len(rows)

    async def test_they_are_the_same_in_every_world_and_never_doubled(
        self, services: ServicesBrowser, world: World, clock: ManualClock
    ) -> None:
        other = World.with_one_charger(clock)
        other.charger.history.seed_year()
        other.charger.history.seed_year()

        assert other.charger.history.earlier == world.charger.history.earlier

    async def test_they_follow_one_another_with_idle_hours_and_across_midnights(
        self, services: ServicesBrowser
    ) -> None:
        """Trap 21: time on the cable says little about the time of charging."""
        rows = (await self.all_rows(services))[::-1]

        zone = ZoneInfo("Europe/Vienna")
        times = [(moment(row, "startTime"), moment(row, "endTime")) for row in rows]
        assert all(end < start for (_, end), (start, _) in pairwise(times))
        assert any(start.astimezone(zone).date() != end.astimezone(zone).date() for start, end in times)
        lengths = [(end - start).total_seconds() for start, end in times]
        active = [pick(row, "activeChargeTime") for row in rows]
        assert all(isinstance(part, int) and part < whole for part, whole in zip(active, lengths, strict=True))

    async def test_pages_follow_one_another_newest_first(self, services: ServicesBrowser) -> None:
        whole = await self.all_rows(services)
        pages = []
        for offset in range(0, len(whole), 100):
            answer = await services.sessions(LONG_AGO, TODAY, offset=offset, limit=100)
            assert answer.at("data", "hasMore") is (offset + 100 < len(whole))
            pages.extend(result(answer.json))

        assert pages == whole
        starts = [str(pick(row, "startTime")) for row in whole]
        assert starts == sorted(starts, reverse=True)

    async def test_a_page_that_holds_everything_has_no_more_after_it(
        self, services: ServicesBrowser, world: World
    ) -> None:
        count = len(await self.all_rows(services))

        whole, short = [await services.sessions(LONG_AGO, TODAY, limit=limit) for limit in (count, count - 1)]

        assert (whole.at("data", "hasMore"), short.at("data", "hasMore")) == (False, True)

    async def test_the_order_may_be_the_other_one(self, services: ServicesBrowser, world: World) -> None:
        newest_first = numbers(await self.all_rows(services))
        world.charger.history.oldest_first = True

        assert numbers(await self.all_rows(services)) == newest_first[::-1]

    async def test_pages_may_overlap(self, services: ServicesBrowser, world: World) -> None:
        """Trap 21: rows of the previous page come again."""
        world.charger.history.page_overlap = 3

        first, second = [
            numbers(result((await services.sessions(LONG_AGO, TODAY, offset=offset, limit=50)).json))
            for offset in (0, 50)
        ]

        assert second[:3] == first[-3:]
        assert (len(first), len(second)) == (50, 53)

    async def test_a_page_beyond_the_end_is_empty(self, services: ServicesBrowser) -> None:
        answer = await services.sessions(LONG_AGO, TODAY, offset=1000)

        assert (answer.at("data", "result"), answer.at("data", "hasMore")) == ([], False)


def moment(row: Json, name: str) -> datetime:
    return datetime.fromisoformat(str(pick(row, name)).removesuffix("[UTC]"))


def overnight(world: World) -> SessionRecord:
    """Add a session from 22:30 on the 8th to 06:00 on the 9th of November, by the clock in Vienna."""
    began = datetime(2026, 11, 8, 21, 30, tzinfo=UTC)
    record = SessionRecord(
        session_id=1,
        started_at=began,
        charging_from=began,
        ended_at=began + timedelta(hours=7, minutes=30),
        energy_wh=7000,
        active_seconds=3600,
    )
    world.charger.history.add(record)
    return record


@pytest.mark.parametrize(
    ("by_overlap", "days", "count"), [(False, (8, 8), 1), (False, (9, 9), 0), (True, (9, 9), 1), (True, (10, 10), 0)]
)
async def test_a_range_holds_what_starts_in_it_or_what_touches_it(
    *, services: ServicesBrowser, world: World, by_overlap: bool, days: tuple[int, int], count: int
) -> None:
    overnight(world)
    world.charger.history.by_overlap = by_overlap

    answer = await services.sessions(date(2026, 11, days[0]), date(2026, 11, days[1]))

    assert len(result(answer.json)) == count


@pytest.mark.parametrize(("zone", "count"), [("Europe/Vienna", 1), ("Asia/Tokyo", 0)])
async def test_days_are_cut_in_the_zone_that_is_asked_for(
    services: ServicesBrowser, world: World, zone: str, count: int
) -> None:
    overnight(world)

    answer = await services.sessions(date(2026, 11, 8), date(2026, 11, 8), zone=zone)

    assert len(result(answer.json)) == count


@pytest.mark.parametrize(
    "body",
    [
        {"source": "evse", "params": {**PARAMS, "startDate": "2026-11-09"}},
        {"source": "evse", "params": {**PARAMS, "endDate": "9-11-2026"}},
        {"source": "evse", "params": {**PARAMS, "endDate": "31-02-2026"}},
        {"source": "evse", "params": {**PARAMS, "endDate": "08-11-2026"}},
        {"source": "evse", "params": {**PARAMS, "timezone": "Lark Street"}},
        {"source": "evse", "params": {**PARAMS, "timezone": None}},
        {"source": "evse", "params": {**PARAMS, "timezone": "a" * 300}},
        {"source": "evse", "params": {**PARAMS, "timezone": "Europe"}},
        {"source": "evse", "params": {**PARAMS, "startDate": "01-01-0001"}},
        {"source": "evse", "params": {**PARAMS, "endDate": "31-12-9999"}},
        {"source": "evse", "params": {**PARAMS, "offset": -1}},
        {"source": "evse", "params": {**PARAMS, "limit": 0}},
        {"source": "evse", "params": {**PARAMS, "limit": "50"}},
        {"source": "solar", "params": PARAMS},
        {"source": "evse"},
        PARAMS,
        [],
    ],
)
async def test_a_wrong_body_is_refused(services: ServicesBrowser, body: Json) -> None:
    """Trap 59: dates are DD-MM-YYYY here and only here, and the flat body of old is gone."""
    assert (await services.history(body=body)).status == 400


@pytest.mark.parametrize("path", [HISTORY, CRITERIA])
@pytest.mark.parametrize(
    ("header", "status"), [("Authorization", 401), ("e-auth-token", 401), ("Username", 400), ("Requestid", 400)]
)
async def test_the_history_service_wants_its_own_headers(
    services: ServicesBrowser, path: str, header: str, status: int
) -> None:
    body: Json = {"source": "evse", "params": PARAMS} if path == HISTORY else None

    assert (await services.history(path, body)).status == 200
    assert (await services.history(path, body, without=header)).status == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("e-auth-token", "null", 401),
        ("Username", "1", 403),
        ("Requestid", "7", 400),
        ("Authorization", "Bearer x", 401),
    ],
)
async def test_the_history_service_looks_at_what_headers_say(
    services: ServicesBrowser, header: str, value: str, status: int
) -> None:
    assert (await services.history(CRITERIA, headers={header: value})).status == status


async def test_the_token_itself_does_not_stand_for_the_session_id(services: ServicesBrowser) -> None:
    token = services.browser.tokens["e-auth-token"]

    assert (await services.history(CRITERIA, headers={"e-auth-token": token})).status == 401


async def test_the_criteria_name_the_chargers(services: ServicesBrowser) -> None:
    assert (await services.history(CRITERIA)).at("data", "chargers") == [{"id": SERIAL, "name": "Carport"}]


@pytest.mark.parametrize(
    "path", [CRITERIA.replace("evse", "solar"), CRITERIA.replace("&requestId=1", ""), CRITERIA.replace("3158804", "1")]
)
async def test_the_criteria_need_their_parameters(services: ServicesBrowser, path: str) -> None:
    assert (await services.history(path)).status == 400


async def test_another_s_charger_is_not_found(services: ServicesBrowser) -> None:
    body: Json = {"source": "evse", "params": PARAMS}

    assert (await services.history(HISTORY.replace(SERIAL, "202640000000"), body)).status == 404
    assert (await services.history(HISTORY.replace("4410287", "1"), body)).status == 403


async def test_history_fails_by_itself(services: ServicesBrowser, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(550), Family.HISTORY, times=1, path_part="/sessions/")
    body: Json = {"source": "evse", "params": PARAMS}

    assert (await services.history(CRITERIA)).status == 200
    assert [(await services.history(body=body)).status for _ in range(2)] == [550, 200]


async def test_a_page_may_claim_more_than_there_is(services: ServicesBrowser, simulator: Simulator) -> None:
    """Trap 22: an empty page that announces more."""
    simulator.faults.add(faults.field_value("data.hasMore", value=True), Family.HISTORY)

    answer = await services.sessions(TODAY, TODAY)

    assert (answer.at("data", "result"), answer.at("data", "hasMore")) == ([], True)


async def test_an_ended_session_does_not_open_the_history(services: ServicesBrowser, world: World) -> None:
    world.accounts.expire_sessions()

    assert (await services.history(CRITERIA)).status == 401


async def test_the_status_learns_the_cost_when_the_history_does(
    browser: Browser, services: ServicesBrowser, world: World, clock: ManualClock
) -> None:
    charge(world, clock)
    assert pick(await browser.charger(), "session_d", "session_cost") is None
    assert [pick(row, "sessionCost") for row in await today(services)] == [None]

    clock.tick(2 * 3600)

    cost = pick(await browser.charger(), "session_d", "session_cost")
    assert isinstance(cost, float)
    assert cost > 0
    assert [pick(row, "sessionCost") for row in await today(services)] == [cost]
    world.charger.history.cost_in_status = False
    assert pick(await browser.charger(), "session_d", "session_cost") is None
    world.charger.history.cost_in_status = True
    world.charger.plug_in()
    start(world)
    clock.tick(10)
    assert pick(await browser.charger(), "session_d", "session_cost") is None
