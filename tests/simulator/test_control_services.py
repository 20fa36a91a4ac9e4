"""Grid events, tariffs and sessions through the HTTP control interface."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from simulator import TARIFFS, DetailAnswer, EnrolmentAnswer, ManualClock, OtherProgram, ScheduleReply, Simulator, World
from simulator.scenarios import SCENARIOS
from simulator.session_list import sessions_of
from simulator.wire import Json

from .browser import Act, pick
from .services_browser import GridBrowser

type Do = Callable[..., Awaitable[Json]]


@pytest.fixture
def do(act: Act) -> Do:
    """Do something and return the state of the world after it, or the error."""

    async def send(action: str, **fields: Json) -> Json:
        return (await act(action, **fields))[1]

    return send


def events(state: Json) -> list[Json]:
    listed = pick(state, "sites", 0, "vpp", "events")
    assert isinstance(listed, list)
    return listed


async def test_an_event_is_made_to_happen_soon(do: Do, world: World, clock: ManualClock, grid: GridBrowser) -> None:
    after = await do("vpp-event", in_seconds=120, seconds=600)
    (event,) = events(after)
    assert (pick(event, "start"), pick(event, "end")) == ("2026-11-10T07:02:00+00:00", "2026-11-10T07:12:00+00:00")

    listed = await grid.events(world.site.vpp.program_id)

    assert listed.at("data", 0, "id") == pick(event, "id")


async def test_an_event_is_what_was_asked_for(do: Do) -> None:
    (event,) = events(await do("vpp-event", kind="battery_charge", rate_watt=1200, target_soc=77))

    assert (pick(event, "type"), pick(event, "rate_watt")) == ("battery_charge", 1200)


async def test_the_next_event_is_delayed_superseded_cancelled_and_withdrawn(
    do: Do, world: World, clock: ManualClock
) -> None:
    await do("vpp-event", in_seconds=3600)
    await do("vpp-event", in_seconds=60)
    clock.tick(30)

    await do("vpp-edit", delay_seconds=300, rate_watt=999, target_soc=5)
    later, sooner = world.site.vpp.listed(clock())
    assert (sooner.start - clock(), sooner.rate_watt, sooner.target_soc) == (timedelta(seconds=330), 999, 5)
    await do("vpp-supersede", rate_watt=4000)
    assert (sooner.superseded, later.superseded) == (True, False)
    replacing = next(event for event in world.site.vpp.events if event.rate_watt == 4000)
    await do("vpp-cancel")
    assert (replacing.status, later.status) == ("cancelled", None)
    await do("vpp-withdraw")
    assert later not in world.site.vpp.events


async def test_an_event_that_is_over_is_not_superseded(do: Do, world: World, clock: ManualClock) -> None:
    (event,) = events(await do("vpp-event", in_seconds=0, seconds=60))
    clock.tick(61)

    answer = await do("vpp-supersede", id=pick(event, "id"))

    assert pick(answer, "error") == "that event is over"
    assert len(world.site.vpp.events) == 1
    with pytest.raises(ValueError, match="over"):
        world.site.vpp.supersede(world.site.vpp.events[0])


async def test_an_event_is_meant_by_its_id(do: Do, world: World) -> None:
    await do("vpp-event", in_seconds=60)
    last, _first = events(await do("vpp-event", in_seconds=3600))

    after = await do("vpp-edit", id=pick(last, "id"), status="failed")

    assert [pick(event, "status") for event in events(after)] == ["failed", "scheduled"]


async def test_the_enrolment_is_changed(do: Do, world: World) -> None:
    plant = world.site.vpp

    after = await do("enrolment", answer="null", detail="no_program", other_programs="empty")
    assert (plant.enrolment, plant.detail, plant.other_programs) == (
        EnrolmentAnswer.NULL,
        DetailAnswer.NO_PROGRAM,
        OtherProgram.EMPTY,
    )
    assert pick(after, "sites", 0, "vpp", "enrolment") == "null"

    after = await do("enrolment", program_id="0123456789abcdef01234567")
    assert pick(after, "sites", 0, "vpp", "enrolment") == "enrolled"
    assert pick(after, "sites", 0, "vpp", "program_id") == "0123456789abcdef01234567"


async def test_a_tariff_is_chosen_and_its_present_prices_shown(do: Do, clock: ManualClock) -> None:
    clock.tick(9 * 3600)

    tariff = pick(await do("tariff", name="weekends"), "sites", 0, "tariff")

    assert tariff == {"name": "weekends", "currency": "€", "import_rate": 0.348, "export_rate": 0.074}


async def test_the_day_s_energy_and_money_are_shown(do: Do, world: World, clock: ManualClock) -> None:
    before = pick(await do("solar", watts=2400), "sites", 0, "today")
    clock.tick(3600)

    after = pick(await do("solar"), "sites", 0, "today")

    for name, growth in (("exported_wh", 2000), ("export_earning", 0.164), ("imported_wh", 0), ("import_cost", 0)):
        old, new = pick(before, name), pick(after, name)
        assert isinstance(old, int | float)
        assert new == pytest.approx(old + growth, abs=0.002)


async def test_a_year_of_sessions_is_filled_in_once(do: Do, world: World) -> None:
    await do("seed-history", days=30)
    month = len(world.charger.history.earlier)
    await do("seed-history", serial="202640011873")
    year = len(world.charger.history.earlier)
    await do("seed-history")

    assert 15 < month < 31 < year == len(world.charger.history.earlier)


class TestALivedInWorld:
    @pytest.fixture
    def world(self, clock: ManualClock) -> World:
        return SCENARIOS["home"](clock)

    async def test_another_year_of_sessions_fills_no_day_twice(self, do: Do, world: World, clock: ManualClock) -> None:
        await do("start")
        clock.tick(5 * 86_400)
        world.charger.unplug()

        await do("seed-history")

        shown = sorted(sessions_of(world.charger, clock()), key=lambda record: record.started_at)
        days = [world.site.local(record.started_at).date() for record in shown]
        assert len(days) == len(set(days)) > 250
        ends = [record.ended_at for record in shown if record.ended_at is not None]
        assert all(end <= record.started_at for end, record in zip(ends, shown[1:], strict=False))


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("vpp-event", {"seconds": 0}),
        ("vpp-event", {"in_seconds": 1e12}),
        ("vpp-event", {"target_soc": 101}),
        ("vpp-event", {"kind": "\ud800"}),
        ("seed-history", {"days": 10**9}),
        ("vpp-event", {"site": "1"}),
        ("vpp-event", {"rate_watt": "much"}),
        ("vpp-cancel", {}),
        ("vpp-withdraw", {"id": "f00"}),
        ("enrolment", {"answer": "perhaps"}),
        ("enrolment", {"detail": "perhaps"}),
        ("tariff", {"name": "cheap"}),
        ("seed-history", {"serial": "1"}),
    ],
)
async def test_a_senseless_wish_is_answered_with_the_reason(do: Do, action: str, fields: dict[str, Json]) -> None:
    assert isinstance(pick(await do(action, **fields), "error"), str)


async def test_the_page_offers_every_ready_tariff_family_and_enrolment(
    http: aiohttp.ClientSession, simulator: Simulator
) -> None:
    page = await (await http.get(simulator.control_url)).text()

    wanted = [*TARIFFS, *EnrolmentAnswer, "vpp_events", "dated_rates", "savings", "history"]
    assert [name for name in wanted if f'"{name}"' not in page] == []


@pytest.mark.parametrize("name", ["home", "north-america"])
def test_a_lived_in_scenario_has_a_past_and_a_tariff(name: str, clock: ManualClock) -> None:
    site = SCENARIOS[name](clock).site

    assert site.tariff.purchase is not None
    assert site.tariff.purchase.structure == "tou"
    assert len(site.vpp.listed(clock())) > 3
    assert all(charger.history.earlier for charger in site.chargers)


async def test_slots_are_made_edited_switched_and_deleted_as_in_the_app(do: Do, world: World) -> None:
    def slots(after: Json) -> list[Json]:
        listed = pick(after, "sites", 0, "chargers", 0, "slots")
        assert isinstance(listed, list)
        return listed

    await do("slot-add", start="01:00", end="05:00", days=[6, 7], amps=10, enabled=False)
    (slot,) = world.charger.slots
    assert (slot.recurring_kind, slot.level_kind, slot.days, slot.amps) == (None, None, (6, 7), 10)

    edited = slots(await do("slot-edit", id=slot.id, start="02:30"))[0]
    assert (pick(edited, "start"), pick(edited, "enabled")) == ("02:30", True)
    assert pick(slots(await do("slot-switch", id=slot.id))[0], "enabled") is False
    assert pick(slots(await do("slot-add", off_peak=True))[1], "kind") == "OFF_PEAK"
    assert len(slots(await do("slot-delete", id=slot.id))) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"start": "5", "end": "06:00"}, "start must be HH:MM"),
        ({"start": "05:00", "end": "05:00"}, "a slot must not end as it starts"),
        ({"start": "05:00", "end": "06:00", "days": [8]}, "days must be a list of numbers from 1 (Monday) to 7"),
        ({"start": "05:00", "end": "06:00", "amps": 3}, "amps must be a level that the charger can be set to"),
    ],
)
async def test_a_slot_that_cannot_be_is_not_made(do: Do, world: World, fields: dict[str, Json], error: str) -> None:
    assert pick(await do("slot-add", **fields), "error") == error
    assert world.charger.slots == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("refuses_levels", True, True),
        ("schedule_lag", 2.5, timedelta(seconds=2.5)),
        ("most_slots", 4, 4),
        ("most_slots", None, None),
        ("schedule_reply", "full", ScheduleReply.FULL),
        ("after_stop", "FINISHING", "FINISHING"),
    ],
)
async def test_a_quirk_is_set_by_its_name(do: Do, world: World, name: str, value: Json, expected: object) -> None:
    await do("quirk", name=name, value=value)

    assert getattr(world.charger.quirks, name) == expected


@pytest.mark.parametrize(
    "fields", [{"name": "no such quirk"}, {"name": "schedule_reply", "value": "x"}, {"name": "after_stop", "value": 1}]
)
async def test_a_quirk_that_cannot_be_set_is_refused(do: Do, world: World, fields: dict[str, Json]) -> None:
    before = replace(world.charger.quirks)

    assert "error" in str(await do("quirk", **fields))
    assert world.charger.quirks == before
