"""Past sessions in Home Assistant's long-term statistics."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
import logging
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import get_metadata, statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util, slugify
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults
from simulator.faults import Trouble
from simulator.ready_tariffs import TARIFFS
from simulator.reply import Reply

from .conftest import SetupEntry
from .long_runs import enable_event_loop_debug
from .past_sessions import STATUS, add_session

__all__ = ["enable_event_loop_debug"]

pytestmark = pytest.mark.freeze_time("2026-11-10 09:00:00+00:00")

ENERGY = f"{DOMAIN}:202640011873_energy"
COST = f"{DOMAIN}:202640011873_cost"
VIENNA = ZoneInfo("Europe/Vienna")
A_YEAR_AGO = "2025-11-10"

type SetUp = Callable[[], Awaitable[MockConfigEntry]]
type Hours = dict[datetime, tuple[float, float]]


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the database, which has to be there before Home Assistant."""


@pytest.fixture
def recording(recorder_mock: Recorder) -> None:
    """Have Home Assistant record."""


@pytest.fixture
def world(freezer: FrozenDateTimeFactory) -> World:
    world = World.with_one_charger()
    world.account.token_lifetime = timedelta(days=30)
    return world


@pytest.fixture
def set_up(hass: HomeAssistant, setup_entry: SetupEntry) -> SetUp:
    """Return a function that sets up the site and waits for all that is read at first."""

    async def run() -> MockConfigEntry:
        entry = await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    return run


def after(count: int, trouble: Trouble) -> Trouble:
    """Return trouble that begins after some good answers."""
    answers = 0

    def reshape(reply: Reply) -> Reply:
        nonlocal answers
        answers += 1
        return trouble.answer if trouble.answer and answers > count else reply

    return Trouble(name=f"{trouble.name} after {count}", reshape=reshape)


async def replies_of(hass: HomeAssistant, **data: Any) -> list[Any]:
    """Import sessions, and return what the reply says of each charger."""
    response: Any = await hass.services.async_call(
        DOMAIN, "import_sessions", {"entity_id": STATUS, **data}, blocking=True, return_response=True
    )
    listed: list[Any] = response["chargers"]
    return listed


async def imported(hass: HomeAssistant, start: str, end: str | None = None) -> Any:
    """Import sessions of the one charger, and return the reply."""
    (charger,) = await replies_of(hass, start=start, **({"end": end} if end else {}))
    return charger


async def hours_of(hass: HomeAssistant, statistic_id: str) -> Hours:
    """Return the amount and the sum of every hour of a statistic."""
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2020, 1, 1, tzinfo=UTC),
        None,
        {statistic_id},
        "hour",
        None,
        {"state", "sum"},
    )
    return {
        dt_util.utc_from_timestamp(row["start"]): (row.get("state") or 0.0, row.get("sum") or 0.0)
        for row in rows.get(statistic_id, [])
    }


async def sums_of(hass: HomeAssistant, statistic_id: str) -> dict[datetime, float]:
    """Return the sum of every hour of a statistic."""
    return {start: total for start, (_, total) in (await hours_of(hass, statistic_id)).items()}


def assert_sums_are_running(hours: Hours) -> None:
    """Check that every sum is that of the amounts up to its hour."""
    ordered = [hours[start] for start in sorted(hours)]
    assert [total for _, total in ordered] == pytest.approx(list(accumulate(amount for amount, _ in ordered)))


@pytest.mark.usefixtures("recording")
class TestHours:
    """Energy and cost lie in the hours of the session, and add up to it."""

    async def test_a_session_is_divided_among_its_hours(self, hass: HomeAssistant, set_up: SetUp, world: World) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 30, tzinfo=VIENNA), timedelta(hours=3), energy=6)
        await set_up()
        reply = await imported(hass, "2026-11-08", "2026-11-08")
        evening = datetime(2026, 11, 8, 17, tzinfo=UTC)
        hours = await hours_of(hass, ENERGY)
        assert [(start - evening) // timedelta(hours=1) for start in hours] == [0, 1, 2, 3]
        assert list(hours.values()) == pytest.approx([(1, 1), (2, 3), (2, 5), (1, 6)])
        costs = await hours_of(hass, COST)
        assert costs.keys() == hours.keys()
        assert list(costs.values())[-1][1] == pytest.approx(reply["cost"])
        assert reply["cost"] > 0
        del reply["device_id"], reply["cost"]
        assert reply == {
            "name": "Carport",
            "start": "2026-11-08",
            "end": "2026-11-08",
            "outcome": "completed",
            "reason": None,
            "resumed_from": None,
            "next_start": None,
            "sessions": 1,
            "sessions_still_open": 0,
            "sessions_without_energy": 0,
            "sessions_without_cost": 0,
            "energy": 6.0,
            "currency": "EUR",
            "cost_refused": None,
            "hours": 4,
            "hours_changed": 8,
        }

    async def test_statistics_are_found_by_the_serial_and_carry_their_units(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 30, tzinfo=VIENNA), timedelta(hours=3))
        await set_up()
        await imported(hass, "2026-11-08")
        metadata = await get_instance(hass).async_add_executor_job(lambda: get_metadata(hass, statistic_source=DOMAIN))
        assert {
            statistic_id: (entry["name"], entry["unit_of_measurement"], entry["unit_class"], entry["has_sum"])
            for statistic_id, (_, entry) in metadata.items()
        } == {
            ENERGY: ("Carport energy", "kWh", "energy", True),
            COST: ("Carport cost", "EUR", None, True),
        }

    @pytest.mark.parametrize(
        ("evening", "hours"),
        [
            pytest.param(date(2026, 11, 7), 8, id="over midnight"),
            pytest.param(date(2026, 10, 24), 9, id="an hour twice"),
            pytest.param(date(2026, 3, 28), 7, id="an hour skipped"),
        ],
    )
    async def test_a_night_counts_once(
        self, hass: HomeAssistant, set_up: SetUp, world: World, evening: date, hours: int
    ) -> None:
        """Trap 21: no day gets the energy of the whole session."""
        morning = evening + timedelta(days=1)
        begin, end = datetime.combine(evening, time(22), VIENNA), datetime.combine(morning, time(6), VIENNA)
        add_session(world, begin, end.astimezone(UTC) - begin.astimezone(UTC), energy=7.2)
        await set_up()
        for day in (evening, morning):
            await imported(hass, day.isoformat(), day.isoformat())
        stored = await hours_of(hass, ENERGY)
        assert len(stored) == hours
        assert sum(amount for amount, _ in stored.values()) == pytest.approx(7.2)
        assert_sums_are_running(stored)

    async def test_a_month_may_have_any_number_of_sessions(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        """A charger that follows the sun starts and stops with every cloud."""
        begin = datetime(2026, 10, 1, 6, 5, tzinfo=VIENNA)
        for number in range(30 * 12):
            day, hour = divmod(number, 12)
            add_session(world, begin + timedelta(days=day, hours=hour), timedelta(minutes=40), energy=0.5)
        await set_up()
        reply = await imported(hass, "2026-10-01", "2026-10-30")
        assert (reply["outcome"], reply["sessions"], reply["energy"]) == ("completed", 360, 180)

    async def test_a_year_adds_up_to_its_sessions(self, hass: HomeAssistant, set_up: SetUp, world: World) -> None:
        world.charger.history.seed_year()
        await set_up()
        reply = await imported(hass, A_YEAR_AGO)
        records = world.charger.history.earlier
        stored = await hours_of(hass, ENERGY)
        assert reply["sessions"] == len(records)
        assert max(total for _, total in stored.values()) == pytest.approx(
            sum(record.energy_wh for record in records) / 1000, abs=0.001 * len(records)
        )
        assert_sums_are_running(stored)
        assert_sums_are_running(await hours_of(hass, COST))


@pytest.mark.usefixtures("recording")
class TestRepeated:
    """Days can be imported as often as anybody likes, in any order."""

    async def test_the_same_import_changes_nothing(self, hass: HomeAssistant, set_up: SetUp, world: World) -> None:
        world.charger.history.seed_year(days=60)
        await set_up()
        first = await imported(hass, "2026-09-20")
        before = await hours_of(hass, ENERGY), await hours_of(hass, COST)
        second = await imported(hass, "2026-09-20")
        assert (await hours_of(hass, ENERGY), await hours_of(hass, COST)) == before
        assert (first["hours"], second["hours_changed"]) == (second["hours"], 0)
        assert first["hours_changed"] > 0

    @pytest.mark.parametrize(
        "ranges",
        [
            [("2026-09-20", "2026-10-15"), ("2026-10-16", "2026-11-10")],
            [("2026-10-16", "2026-11-10"), ("2026-09-20", "2026-10-15")],
            [("2026-10-01", "2026-10-20"), ("2026-10-10", "2026-11-10"), ("2026-09-20", "2026-10-30")],
            [("2026-11-01", "2026-11-10"), ("2026-09-20", "2026-09-30"), ("2026-09-25", "2026-11-05")],
        ],
        ids=["one after the other", "the later one first", "overlapping", "with a gap that is filled"],
    )
    async def test_ranges_give_the_same_as_everything_at_once(
        self, hass: HomeAssistant, set_up: SetUp, world: World, ranges: list[tuple[str, str]]
    ) -> None:
        world.charger.history.seed_year(days=51)
        await set_up()
        for start, end in ranges:
            await imported(hass, start, end)
        stored = await sums_of(hass, ENERGY)
        assert max(stored.values()) == pytest.approx(
            sum(record.energy_wh for record in world.charger.history.earlier) / 1000, abs=0.1
        )
        assert_sums_are_running(await hours_of(hass, ENERGY))
        assert (await imported(hass, "2026-09-15"))["hours_changed"] == 0
        assert await sums_of(hass, ENERGY) == pytest.approx(stored)

    async def test_a_range_as_the_cloud_may_understand_it_gives_the_same(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        world.charger.history.seed_year(days=40)
        await set_up()
        await imported(hass, "2026-10-01", "2026-10-20")
        stored = await sums_of(hass, ENERGY)
        world.charger.history.by_overlap = True
        world.charger.history.page_overlap = 2
        world.charger.history.oldest_first = True
        assert (await imported(hass, "2026-10-01", "2026-10-20"))["hours_changed"] == 0
        assert await sums_of(hass, ENERGY) == stored

    async def test_two_imports_at_once_give_the_same_as_one(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        world.charger.history.seed_year(days=30)
        await set_up()
        await asyncio.gather(imported(hass, "2026-10-20"), imported(hass, "2026-10-11"), imported(hass, "2026-10-30"))
        assert (await imported(hass, "2026-10-11"))["hours_changed"] == 0
        assert_sums_are_running(await hours_of(hass, ENERGY))

    async def test_costs_that_come_later_are_filled_in(
        self, hass: HomeAssistant, set_up: SetUp, world: World, freezer: FrozenDateTimeFactory
    ) -> None:
        """Trap 23: a cost comes hours after the session."""
        add_session(world, datetime(2026, 11, 10, 7, 0, tzinfo=VIENNA), timedelta(hours=2))
        await set_up()
        first = await imported(hass, "2026-11-10")
        assert (first["sessions_without_cost"], first["cost"]) == (1, 0)
        assert await hours_of(hass, COST) == {}
        energy = await hours_of(hass, ENERGY)
        freezer.tick(timedelta(hours=3))
        second = await imported(hass, "2026-11-10")
        assert (second["sessions_without_cost"], second["hours_changed"]) == (0, 2)
        costs = await hours_of(hass, COST)
        assert costs.keys() == energy.keys()
        assert list(costs.values())[-1][1] == pytest.approx(second["cost"])
        assert await hours_of(hass, ENERGY) == energy

    async def test_a_correction_of_the_cloud_shifts_all_later_sums(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        for day in (3, 8):
            add_session(world, datetime(2026, 11, day, 12, 0, tzinfo=VIENNA), timedelta(hours=1), energy=5)
        await set_up()
        await imported(hass, "2026-11-01")
        world.charger.history.earlier[0] = replace(world.charger.history.earlier[0], energy_wh=8000)
        await imported(hass, "2026-11-03", "2026-11-03")
        assert list((await hours_of(hass, ENERGY)).values()) == pytest.approx([(8, 8), (5, 13)])

    async def test_a_session_that_became_shorter_leaves_nothing_behind(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        for day in (8, 9):
            add_session(world, datetime(2026, 11, day, 23, 0, tzinfo=VIENNA), timedelta(hours=4), energy=8)
        await set_up()
        await imported(hass, "2026-11-08", "2026-11-08")
        await imported(hass, "2026-11-09", "2026-11-09")
        first = world.charger.history.earlier[0]
        world.charger.history.earlier[0] = replace(first, ended_at=first.started_at + timedelta(hours=1))
        reply = await imported(hass, "2026-11-08", "2026-11-08")
        stored = await hours_of(hass, ENERGY)
        assert list(stored.values()) == pytest.approx(
            [(8, 8), (0, 8), (0, 8), (0, 8), (2, 10), (2, 12), (2, 14), (2, 16)]
        )
        assert reply["hours_changed"] > 0

    async def test_a_session_that_the_cloud_deleted_leaves_nothing_behind(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        for day in (3, 8):
            add_session(world, datetime(2026, 11, day, 12, 0, tzinfo=VIENNA), timedelta(hours=1), energy=5)
        await set_up()
        await imported(hass, "2026-11-01")
        del world.charger.history.earlier[0]
        await imported(hass, "2026-11-03", "2026-11-03")
        assert list((await hours_of(hass, ENERGY)).values()) == pytest.approx([(0, 0), (5, 5)])
        assert max(total for _, total in (await hours_of(hass, COST)).values()) == pytest.approx(
            sum(amount for amount, _ in (await hours_of(hass, COST)).values())
        )

    async def test_a_session_that_began_long_before_what_is_read_keeps_its_hours(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        add_session(world, datetime(2026, 10, 12, 12, 0, tzinfo=VIENNA), timedelta(days=20), energy=48)
        await set_up()
        await imported(hass, "2026-10-01")
        before = await hours_of(hass, ENERGY)
        assert (await imported(hass, "2026-10-30"))["hours_changed"] == 0
        assert await hours_of(hass, ENERGY) == before

    async def test_energy_that_is_left_out_for_once_is_no_reason_to_forget_it(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 30, tzinfo=VIENNA), timedelta(hours=3))
        await set_up()
        await imported(hass, "2026-11-08")
        before = await hours_of(hass, ENERGY)
        simulator.faults.add(faults.field_value("data.result.*.aggEnergyValue", None), Family.HISTORY)
        assert (await imported(hass, "2026-11-08"))["hours_changed"] == 0
        assert await hours_of(hass, ENERGY) == before

    async def test_importing_yesterday_every_day_loses_nothing_of_a_night(
        self, hass: HomeAssistant, set_up: SetUp, world: World, freezer: FrozenDateTimeFactory
    ) -> None:
        add_session(world, datetime(2026, 11, 9, 20, 0, tzinfo=VIENNA), None, energy=4)
        await set_up()
        first = await imported(hass, "2026-11-09", "2026-11-09")
        assert (first["sessions"], first["sessions_still_open"], await hours_of(hass, ENERGY)) == (0, 1, {})
        freezer.tick(timedelta(days=1))
        world.charger.history.earlier.clear()
        add_session(world, datetime(2026, 11, 9, 20, 0, tzinfo=VIENNA), timedelta(hours=16), energy=8)
        second = await imported(hass, "2026-11-10", "2026-11-10")
        assert (second["sessions"], second["sessions_still_open"]) == (1, 0)
        assert sum(amount for amount, _ in (await hours_of(hass, ENERGY)).values()) == pytest.approx(8)

    async def test_a_session_without_energy_is_counted_and_left_out(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 30, tzinfo=VIENNA), timedelta(hours=3))
        await set_up()
        simulator.faults.add(faults.field_value("data.result.*.aggEnergyValue", None), Family.HISTORY)
        reply = await imported(hass, "2026-11-08")
        assert (reply["sessions"], reply["sessions_without_energy"], reply["energy"]) == (1, 1, 0)
        assert await hours_of(hass, ENERGY) == {}


@pytest.mark.usefixtures("recording")
class TestStopped:
    """An import that cannot go on keeps what it has, says where it is, and goes on from there."""

    async def test_an_outage_stops_it_and_the_same_call_goes_on(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        world: World,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
    ) -> None:
        world.charger.history.seed_year()
        await set_up()
        outage = simulator.faults.add(after(2, faults.status_code(503)), Family.HISTORY)
        stopped = await imported(hass, A_YEAR_AGO)
        assert (stopped["outcome"], stopped["next_start"]) == ("stopped", "2026-01-04")
        assert "temporarily unavailable" in stopped["reason"]
        known = await hours_of(hass, ENERGY)
        assert known
        assert max(known) < datetime(2026, 1, 11, tzinfo=UTC)

        simulator.faults.remove(outage)
        freezer.tick(timedelta(minutes=20))
        simulator.requests.clear()
        rest = await imported(hass, A_YEAR_AGO)
        assert (rest["outcome"], rest["resumed_from"]) == ("completed", "2026-01-04")
        assert simulator.requests.count(Family.HISTORY) == 11
        assert stopped["sessions"] + rest["sessions"] >= len(world.charger.history.earlier)
        assert (await imported(hass, A_YEAR_AGO))["hours_changed"] == 0
        assert_sums_are_running(await hours_of(hass, ENERGY))

    async def test_a_repeated_import_that_is_stopped_leaves_a_night_between_two_parts_whole(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        """The hour after the last midnight of the first part belongs to the first session of the next one as well."""
        add_session(world, datetime(2026, 10, 13, 20, 0, tzinfo=VIENNA), timedelta(hours=4, minutes=30), energy=9)
        add_session(world, datetime(2026, 10, 14, 0, 40, tzinfo=VIENNA), timedelta(hours=2), energy=6)
        await set_up()
        await imported(hass, "2026-09-20")
        before = await hours_of(hass, ENERGY)
        simulator.faults.add(after(1, faults.status_code(503)), Family.HISTORY)
        stopped = await imported(hass, "2026-09-20")
        assert (stopped["next_start"], stopped["hours_changed"]) == ("2026-10-14", 0)
        assert await hours_of(hass, ENERGY) == before

    @pytest.mark.parametrize(
        ("trouble", "words"),
        [
            (faults.status_code(429, retry_after=600), "Too many requests"),
            (faults.payload({"data": {"result": [], "hasMore": True}}), "could not be read"),
            (faults.login_wall(), "temporarily unavailable"),
        ],
        ids=["a pause the cloud asks for", "an incomplete page", "a login page"],
    )
    async def test_the_reason_is_told_and_nobody_signs_in(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, trouble: Trouble, words: str
    ) -> None:
        await set_up()
        simulator.faults.add(after(1, trouble), Family.HISTORY)
        stopped = await imported(hass, A_YEAR_AGO)
        assert (stopped["outcome"], stopped["next_start"]) == ("stopped", "2025-12-04")
        assert words in stopped["reason"]
        assert simulator.requests.logins == 1

    async def test_it_keeps_within_the_requests_of_the_account(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        entry = await set_up()
        transport = entry.runtime_data.account.transport
        asked = 0
        while (stopped := await imported(hass, A_YEAR_AGO))["outcome"] == "completed":
            asked += 1
        assert asked > 10
        assert "Too many requests" in stopped["reason"]
        assert transport.requests_last_hour < transport.budget

    async def test_another_range_begins_where_it_is_asked_to(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
    ) -> None:
        await set_up()
        outage = simulator.faults.add(faults.status_code(503), Family.HISTORY)
        assert (await imported(hass, A_YEAR_AGO))["next_start"] == A_YEAR_AGO
        simulator.faults.remove(outage)
        freezer.tick(timedelta(minutes=20))
        other = await imported(hass, "2026-01-01")
        assert (other["outcome"], other["resumed_from"]) == ("completed", None)

    async def test_whoever_wants_no_reply_gets_an_error_that_names_the_charger(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator
    ) -> None:
        await set_up()
        simulator.faults.add(after(1, faults.status_code(503)), Family.HISTORY)
        with pytest.raises(HomeAssistantError, match="Carport stopped before 2025-12-04") as raised:
            await hass.services.async_call(
                DOMAIN, "import_sessions", {"entity_id": STATUS, "start": A_YEAR_AGO}, blocking=True
            )
        assert raised.value.translation_key == "import_stopped"

    async def test_whoever_wants_no_reply_hears_nothing_of_a_complete_one(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 30, tzinfo=VIENNA), timedelta(hours=3))
        await set_up()
        await hass.services.async_call(
            DOMAIN, "import_sessions", {"entity_id": STATUS, "start": "2026-11-08"}, blocking=True
        )
        assert len(await hours_of(hass, ENERGY)) == 4

    async def test_its_progress_is_in_the_log_without_any_id(
        self, hass: HomeAssistant, set_up: SetUp, caplog: pytest.LogCaptureFixture
    ) -> None:
        await set_up()
        with caplog.at_level(logging.INFO):
            await imported(hass, A_YEAR_AGO)
        told = [record.getMessage() for record in caplog.records if "Imported charging sessions" in record.getMessage()]
        assert len(told) == 13
        assert "13 of 13" in told[-1]
        assert not any("2026400" in message or "4410287" in message for message in told)

    async def test_without_a_known_currency_only_energy_is_written(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 30, tzinfo=VIENNA), timedelta(hours=3))
        simulator.faults.add(faults.status_code(503), Family.CURRENCY)
        await set_up()
        reply = await imported(hass, "2026-11-08")
        assert (reply["currency"], reply["cost"]) == (None, None)
        assert len(await hours_of(hass, ENERGY)) == 4
        assert await hours_of(hass, COST) == {}


@pytest.mark.usefixtures("recording")
class TestOtherCurrency:
    """Costs of two currencies in one statistic would add up to nothing."""

    @pytest.fixture
    async def before(self, hass: HomeAssistant, set_up: SetUp, world: World) -> Hours:
        """Costs in euros that were imported, of a site that has become another's."""
        add_session(world, datetime(2026, 11, 3, 12, 0, tzinfo=VIENNA), timedelta(hours=1), energy=5)
        entry = await set_up()
        await imported(hass, "2026-11-03")
        add_session(world, datetime(2026, 11, 8, 12, 0, tzinfo=VIENNA), timedelta(hours=1), energy=5)
        await hass.config_entries.async_remove(entry.entry_id)
        world.site.tariff = TARIFFS["nem3"]
        await set_up()
        return await hours_of(hass, COST)

    async def test_costs_are_refused_and_energy_is_not(self, hass: HomeAssistant, before: Hours) -> None:
        reply = await imported(hass, "2026-11-08")
        assert "EUR" in reply["cost_refused"]
        assert (reply["outcome"], reply["currency"]) == ("completed", "USD")
        assert await hours_of(hass, COST) == before
        assert len(await hours_of(hass, ENERGY)) == 2

    async def test_whoever_wants_no_reply_gets_an_error(self, hass: HomeAssistant, before: Hours) -> None:
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(
                DOMAIN, "import_sessions", {"entity_id": STATUS, "start": "2026-11-08"}, blocking=True
            )
        assert raised.value.translation_key == "cost_in_other_currency"


@pytest.mark.usefixtures("recording")
class TestSeveral:
    """Several chargers are imported side by side."""

    @pytest.fixture
    def world(self, freezer: FrozenDateTimeFactory) -> World:
        world = World.with_chargers(2)
        for charger in world.site.chargers:
            charger.history.seed_year(days=20)
        return world

    async def test_each_has_statistics_of_its_own_and_one_failure_stops_no_other(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        await set_up()
        first, second = world.site.chargers
        simulator.faults.add(faults.status_code(503), Family.HISTORY, path_part=second.serial)
        entities = [f"sensor.{slugify(charger.name)}_status" for charger in (first, second)]
        replies = {each["name"]: each for each in await replies_of(hass, entity_id=entities, start="2026-10-01")}
        assert (replies[first.name]["outcome"], replies[second.name]["outcome"]) == ("completed", "stopped")
        assert await hours_of(hass, f"{DOMAIN}:{first.serial}_energy")
        assert not await hours_of(hass, f"{DOMAIN}:{second.serial}_energy")


class TestMistakes:
    """What cannot be imported is said in words."""

    async def test_without_a_recorder_there_is_nowhere_to_write(self, hass: HomeAssistant, set_up: SetUp) -> None:
        await set_up()
        with pytest.raises(HomeAssistantError) as raised:
            await imported(hass, "2026-11-01")
        assert raised.value.translation_key == "recorder_missing"

    @pytest.mark.parametrize(
        ("start", "end", "key"),
        [
            ("2026-11-06", "2026-11-05", "end_before_start"),
            ("2026-11-12", None, "end_before_start"),
            ("2025-10-01", "2026-11-05", "range_too_long"),
        ],
    )
    async def test_an_impossible_range_is_the_callers_mistake(
        self, hass: HomeAssistant, set_up: SetUp, start: str, end: str | None, key: str
    ) -> None:
        await set_up()
        with pytest.raises(ServiceValidationError) as raised:
            await imported(hass, start, end)
        assert raised.value.translation_key == key
