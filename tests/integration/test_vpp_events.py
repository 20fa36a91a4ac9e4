"""Events of a virtual power plant: the clock decides what runs, comes and counts today, the cloud what may."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.entities import calendar_event
from simulator import Family, Simulator, World, faults
from simulator.vpp import EventType, GridEvent, VirtualPowerPlant

from .energy_plan import (
    ACTIVE,
    ALL_OF_THE_PROGRAM,
    EVENT_CALENDAR,
    EVENTS,
    EVENTS_TODAY,
    FUTURE_EVENTS,
    NEXT_END,
    NEXT_START,
    NEXT_TYPE,
    PROGRAM_ONLY,
    STATUS,
    TODAY,
    PassTime,
    SetUp,
    loud,
    number,
    pass_time,
    set_up,
    shown,
    value,
)
from .long_runs import enable_event_loop_debug

__all__ = ["enable_event_loop_debug", "pass_time", "set_up"]

MOMENT = timedelta(seconds=1)
# Not a multiple of any interval, so that no poll and no transition fall together
SOON = timedelta(minutes=11, seconds=23)
LONG = timedelta(minutes=20, seconds=9)


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def with_status(status: str) -> Callable[[VirtualPowerPlant, GridEvent], None]:
    """Return a change of an event's status."""

    def change(_plant: VirtualPowerPlant, event: GridEvent) -> None:
        event.status = status

    return change


def superseded(_plant: VirtualPowerPlant, event: GridEvent) -> None:
    """Mark an event as replaced by another."""
    event.superseded = True


async def until_just_before(moment: datetime, simulator: Simulator, pass_time: PassTime) -> None:
    """Let time pass until a second before a moment, and forget the requests so far."""
    await pass_time(moment - MOMENT)
    simulator.requests.clear()


@pytest.mark.freeze_time("2026-11-17 09:00:00+00:00")
class TestClock:
    """Trap 56: nothing tells of a start or an end, so nobody has to be asked for it either."""

    @pytest.fixture
    async def event(self, world: World, set_up: SetUp) -> GridEvent:
        """An event that begins soon."""
        event = world.site.vpp.schedule(starts_in=SOON, duration=LONG)
        await set_up(options=PROGRAM_ONLY)
        return event

    async def test_what_is_to_come(self, hass: HomeAssistant, event: GridEvent) -> None:
        assert value(hass, ACTIVE) == STATE_OFF
        assert value(hass, FUTURE_EVENTS) == "1"
        assert datetime.fromisoformat(value(hass, NEXT_START)) == event.start.replace(microsecond=0)
        assert datetime.fromisoformat(value(hass, NEXT_END)) == event.end.replace(microsecond=0)
        assert value(hass, NEXT_TYPE) == "battery_discharge"
        assert value(hass, EVENT_CALENDAR) == STATE_OFF
        assert shown(hass, EVENT_CALENDAR).attributes["message"] == "Battery discharge"

    async def test_an_event_begins_on_the_second_without_a_request(
        self, hass: HomeAssistant, event: GridEvent, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await until_just_before(event.start, simulator, pass_time)
        assert (value(hass, ACTIVE), value(hass, FUTURE_EVENTS), value(hass, EVENT_CALENDAR)) == (
            STATE_OFF,
            "1",
            STATE_OFF,
        )
        await pass_time(MOMENT)
        assert (value(hass, ACTIVE), value(hass, FUTURE_EVENTS), value(hass, EVENT_CALENDAR)) == (
            STATE_ON,
            "0",
            STATE_ON,
        )
        assert datetime.fromisoformat(value(hass, NEXT_START)) == event.start, "it is the next one until it ends"
        assert simulator.requests.count(Family.VPP_EVENTS, Family.VPP_ENROLMENT) == 0

    async def test_an_event_ends_on_the_second_without_a_request(
        self, hass: HomeAssistant, event: GridEvent, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await until_just_before(event.end, simulator, pass_time)
        assert (value(hass, ACTIVE), value(hass, NEXT_TYPE)) == (STATE_ON, "battery_discharge")
        await pass_time(MOMENT)
        assert (value(hass, ACTIVE), value(hass, NEXT_TYPE), value(hass, NEXT_START)) == (
            STATE_OFF,
            "none",
            STATE_UNKNOWN,
        )
        assert (value(hass, EVENT_CALENDAR), value(hass, EVENTS), value(hass, TODAY)) == (STATE_OFF, "1", STATE_ON)
        assert simulator.requests.count(Family.VPP_EVENTS, Family.VPP_ENROLMENT) == 0

    async def test_one_event_follows_another_without_a_pause(
        self, hass: HomeAssistant, event: GridEvent, world: World, simulator: Simulator, pass_time: PassTime
    ) -> None:
        world.site.vpp.schedule(start=event.end, duration=LONG, kind=EventType.CHARGE)
        await until_just_before(event.end, simulator, pass_time)
        assert (value(hass, ACTIVE), value(hass, NEXT_TYPE)) == (STATE_ON, "battery_discharge")
        await pass_time(MOMENT)
        assert (value(hass, ACTIVE), value(hass, NEXT_TYPE)) == (STATE_ON, "battery_charge")

    async def test_the_events_are_read_every_five_minutes(
        self, event: GridEvent, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await pass_time(event.end + timedelta(minutes=5))
        simulator.requests.clear()
        await pass_time(timedelta(minutes=60), step=5)
        assert 11 <= simulator.requests.count(Family.VPP_EVENTS) <= 13

    @pytest.mark.parametrize("boundary", ["start", "end"])
    async def test_the_events_are_read_every_minute_around_a_start_and_an_end(
        self, event: GridEvent, simulator: Simulator, pass_time: PassTime, boundary: str
    ) -> None:
        moment = event.start if boundary == "start" else event.end
        await pass_time(moment - timedelta(minutes=3), step=1)
        await pass_time(moment + timedelta(minutes=2), step=1)
        times = [read.time for read in simulator.requests.of(Family.VPP_EVENTS)]
        around = [time for time in times if abs(time - moment) <= timedelta(seconds=122)]
        assert len(around) >= 4
        gaps = [later - earlier for earlier, later in pairwise(around)]
        assert max(gaps) <= timedelta(seconds=62)
        assert min(gaps) >= timedelta(seconds=58)


class TestDays:
    """Today is the day at the site, in Vienna; Home Assistant stands in California."""

    @pytest.mark.freeze_time("2026-11-17 21:02:10+00:00")
    async def test_today_changes_at_the_midnight_of_the_site_without_a_request(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        """Trap 55: the day is the site's."""
        midnight = datetime(2026, 11, 17, 23, tzinfo=UTC)
        world.site.vpp.schedule(start=datetime(2026, 11, 17, 10, tzinfo=UTC))
        await set_up(options=PROGRAM_ONLY)
        await until_just_before(midnight, simulator, pass_time)
        assert (value(hass, TODAY), value(hass, EVENTS_TODAY)) == (STATE_ON, "1")
        await pass_time(MOMENT)
        assert (value(hass, TODAY), value(hass, EVENTS_TODAY)) == (STATE_OFF, "0")
        assert simulator.requests.count(Family.VPP_EVENTS) == 0

    @pytest.mark.freeze_time("2026-11-17 22:02:10+00:00")
    async def test_an_event_over_midnight_counts_on_both_days(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        midnight = datetime(2026, 11, 17, 23, tzinfo=UTC)
        world.site.vpp.schedule(start=midnight - timedelta(minutes=30), duration=timedelta(hours=1))
        world.site.vpp.schedule(start=midnight, duration=timedelta(hours=2), kind=EventType.IDLE)
        await set_up(options=PROGRAM_ONLY)
        assert (value(hass, TODAY), value(hass, EVENTS_TODAY)) == (STATE_ON, "1")
        await until_just_before(midnight, simulator, pass_time)
        assert value(hass, ACTIVE) == STATE_ON
        await pass_time(MOMENT)
        assert (value(hass, ACTIVE), value(hass, EVENTS_TODAY)) == (STATE_ON, "2")

    @pytest.mark.freeze_time("2026-10-25 00:20:00+00:00")
    @pytest.mark.parametrize("zone", ["US/Pacific", "Europe/Vienna"])
    async def test_an_event_in_the_hour_that_comes_twice_runs_its_time(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime, zone: str
    ) -> None:
        """The clock at the site shows that it begins at 2:40 and ends at 2:10, half an hour later."""
        await hass.config.async_set_time_zone(zone)
        start = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
        event = world.site.vpp.schedule(start=start, duration=timedelta(minutes=30))
        await set_up(options=PROGRAM_ONLY)
        for moment, state in [
            (event.start - MOMENT, STATE_OFF),
            (event.start, STATE_ON),
            (event.end - MOMENT, STATE_ON),
            (event.end, STATE_OFF),
        ]:
            await pass_time(moment, step=10)
            assert (value(hass, ACTIVE), value(hass, EVENT_CALENDAR)) == (state, state), moment


@pytest.mark.freeze_time("2026-11-17 09:00:00+00:00")
class TestMeaning:
    """What the cloud says of an event."""

    @pytest.mark.parametrize(
        "withdraw",
        [
            pytest.param(lambda plant, event: plant.cancel(event), id="cancelled"),
            pytest.param(lambda plant, event: plant.cancel(event, status=None), id="time of a cancellation only"),
            pytest.param(lambda plant, event: plant.withdraw(event), id="vanished"),
            pytest.param(with_status("optedout"), id="opted out"),
            pytest.param(with_status("Opted-Out"), id="spelt otherwise"),
            pytest.param(with_status("deleted"), id="deleted"),
            pytest.param(superseded, id="superseded"),
            pytest.param(with_status("superceded"), id="superceded"),
        ],
    )
    @pytest.mark.parametrize("running", [False, True])
    async def test_an_event_that_is_called_off_is_over(
        self,
        hass: HomeAssistant,
        world: World,
        set_up: SetUp,
        pass_time: PassTime,
        withdraw: Callable[[VirtualPowerPlant, GridEvent], None],
        running: bool,
    ) -> None:
        """Trap 54: the cloud has many ways to call an event off."""
        event = world.site.vpp.schedule(starts_in=timedelta(minutes=10), duration=timedelta(hours=1))
        await set_up(options=PROGRAM_ONLY)
        if running:
            await pass_time(timedelta(minutes=20))
        withdraw(world.site.vpp, event)
        await pass_time(timedelta(minutes=6))
        assert (value(hass, ACTIVE), value(hass, NEXT_TYPE), value(hass, FUTURE_EVENTS), value(hass, TODAY)) == (
            STATE_OFF,
            "none",
            "0",
            STATE_OFF,
        )

    async def test_a_superseded_event_gives_way_to_the_one_that_replaces_it(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime
    ) -> None:
        event = world.site.vpp.schedule(starts_in=timedelta(minutes=30), duration=timedelta(hours=1))
        await set_up(options=PROGRAM_ONLY)
        world.site.vpp.supersede(event, rate_watt=2500)
        await pass_time(timedelta(minutes=6))
        assert (value(hass, FUTURE_EVENTS), value(hass, EVENTS)) == ("1", "2")
        assert "Rate: 2500 W" in shown(hass, EVENT_CALENDAR).attributes["description"]

    async def test_an_edited_event_is_shown_as_edited(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        event = world.site.vpp.schedule(starts_in=timedelta(minutes=8), duration=timedelta(hours=1))
        await set_up(options=PROGRAM_ONLY)
        old_start = event.start
        event.start += timedelta(minutes=20)
        event.type = EventType.CHARGE
        await pass_time(old_start + MOMENT)
        assert (value(hass, ACTIVE), value(hass, NEXT_TYPE)) == (STATE_OFF, "battery_charge")
        await until_just_before(event.start, simulator, pass_time)
        assert value(hass, ACTIVE) == STATE_OFF
        await pass_time(MOMENT)
        assert value(hass, ACTIVE) == STATE_ON

    async def test_an_event_of_an_unknown_type_and_status_is_an_event(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime
    ) -> None:
        event = world.site.vpp.schedule(starts_in=timedelta(minutes=2), kind="ev_pause")
        event.status = "pending_review"
        await set_up(options=PROGRAM_ONLY)
        assert value(hass, NEXT_TYPE) == "other"
        assert shown(hass, EVENT_CALENDAR).attributes["message"] == "Grid event"
        await pass_time(timedelta(minutes=3), step=30)
        assert value(hass, ACTIVE) == STATE_ON

    @pytest.mark.parametrize("kind", [*EventType])
    async def test_each_known_type_has_its_name(
        self, hass: HomeAssistant, world: World, set_up: SetUp, kind: EventType
    ) -> None:
        world.site.vpp.schedule(kind=kind)
        await set_up(options=PROGRAM_ONLY)
        assert value(hass, NEXT_TYPE) == kind

    async def test_the_cloud_lists_what_was_as_well(self, hass: HomeAssistant, world: World, set_up: SetUp) -> None:
        """Trap 55: newest first in the cloud, by start here."""
        world.site.vpp.seed()
        await set_up(options=PROGRAM_ONLY)
        assert (value(hass, EVENTS), value(hass, FUTURE_EVENTS), value(hass, TODAY)) == ("6", "1", STATE_OFF)
        events = shown(hass, EVENTS).attributes["events"]
        assert [event["start"] for event in events] == sorted(event["start"] for event in events)
        assert {
            "type": "battery_discharge",
            "subtype": "Discharge_To_Load_Grid",
            "status": "completed",
            "mode": "GS_TOU_MODE",
            "target_soc": 20,
            "rate": 7680,
            "average_discharge": 7.45,
            "average_charge": 0,
            "cancelled": False,
            "cancelled_at": None,
            "superseded": False,
        }.items() <= events[0].items()
        assert [event["cancelled"] for event in events] == [False, False, True, False, False, False]

    async def test_nothing_that_identifies_an_event_is_shown(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        event = world.site.vpp.schedule()
        await set_up(options=PROGRAM_ONLY)
        told = " ".join(f"{state.state} {state.attributes}" for state in hass.states.async_all())
        assert event.event_id is not None
        assert event.event_id not in told
        assert event.id not in told
        assert world.site.vpp.enrolment_id not in told


@pytest.mark.freeze_time("2026-11-17 09:00:00+00:00")
class TestOutage:
    """Known events are good for an hour."""

    @pytest.fixture
    async def event(self, world: World, set_up: SetUp) -> GridEvent:
        """An event half an hour ahead."""
        event = world.site.vpp.schedule(starts_in=timedelta(minutes=30, seconds=23), duration=timedelta(hours=3))
        await set_up(options=PROGRAM_ONLY)
        return event

    @pytest.mark.parametrize(
        "trouble",
        [
            pytest.param(faults.status_code(401), id="401"),
            pytest.param(faults.status_code(403), id="403"),
            pytest.param(faults.status_code(406), id="406"),
            pytest.param(faults.status_code(500), id="500"),
            pytest.param(faults.status_code(503, retry_after=30), id="503"),
            pytest.param(faults.login_wall(), id="login wall"),
            pytest.param(faults.login_wall(as_json=True), id="login wall as JSON"),
            pytest.param(faults.maintenance(), id="maintenance"),
            pytest.param(faults.truncated(), id="truncated"),
            pytest.param(faults.text_body("oops"), id="text"),
            pytest.param(faults.payload({"data": "oops"}), id="no list"),
            pytest.param(faults.payload({"data": [{"id": "1"}]}), id="no usable row"),
            pytest.param(faults.field_missing("data"), id="no data"),
            pytest.param(faults.dropped(), id="dropped"),
        ],
    )
    async def test_events_outlive_every_failure_by_an_hour_and_no_longer(
        self,
        hass: HomeAssistant,
        event: GridEvent,
        simulator: Simulator,
        pass_time: PassTime,
        trouble: faults.Trouble,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Traps 3 and 46: what fails here costs nothing else, and nobody is signed in again for it."""
        known_at = simulator.requests.last(Family.VPP_EVENTS).time
        simulator.faults.add(trouble, Family.VPP_EVENTS)
        await until_just_before(event.start, simulator, pass_time)
        assert value(hass, ACTIVE) == STATE_OFF
        await pass_time(MOMENT)
        assert value(hass, ACTIVE) == STATE_ON
        await pass_time(known_at + timedelta(minutes=59))
        assert value(hass, ACTIVE) == STATE_ON
        assert not loud(caplog)
        await pass_time(known_at + timedelta(hours=1, seconds=1), step=1)
        assert {value(hass, entity_id) for entity_id in ALL_OF_THE_PROGRAM} == {STATE_UNAVAILABLE}
        await pass_time(timedelta(minutes=90), step=300)
        assert [line.split()[0] for line in loud(caplog)] == ["ERROR"]
        assert value(hass, STATUS) == "unplugged"
        assert simulator.requests.logins == 0
        simulator.faults.clear()
        # What is refused three times in a row is tried once a day
        await pass_time(timedelta(hours=25), step=1800)
        assert value(hass, EVENTS) == "1"
        assert [line.split()[0] for line in loud(caplog)] == ["ERROR", "INFO"]

    async def test_events_expire_even_if_polling_stands_still(
        self,
        hass: HomeAssistant,
        world: World,
        setup_entry: SetUp,
        simulator: Simulator,
        pass_time: PassTime,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Trap 56: the end of validity is a boundary, too."""
        world.site.vpp.schedule(starts_in=timedelta(minutes=30))
        entry = await setup_entry(options=PROGRAM_ONLY)
        hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
        await hass.async_block_till_done(wait_background_tasks=True)
        known_at = simulator.requests.last(Family.VPP_EVENTS).time
        reads = simulator.requests.count(Family.VPP_EVENTS)
        await pass_time(known_at + timedelta(minutes=59, seconds=58))
        assert value(hass, EVENTS) == "1"
        await pass_time(timedelta(seconds=3), step=1)
        assert {value(hass, entity_id) for entity_id in ALL_OF_THE_PROGRAM} == {STATE_UNAVAILABLE}
        assert simulator.requests.count(Family.VPP_EVENTS) == reads
        assert len(loud(caplog)) == 1

    async def test_a_list_without_events_is_a_good_answer(
        self, hass: HomeAssistant, event: GridEvent, simulator: Simulator, pass_time: PassTime
    ) -> None:
        simulator.faults.add(faults.null_data(), Family.VPP_EVENTS)
        await pass_time(timedelta(minutes=6))
        assert (value(hass, EVENTS), value(hass, NEXT_TYPE)) == ("0", "none")

    async def test_rows_that_cannot_be_used_leave_the_others_alone(
        self, hass: HomeAssistant, event: GridEvent, world: World, simulator: Simulator, pass_time: PassTime
    ) -> None:
        """Trap 55: a row without a time cannot be placed."""
        world.site.vpp.schedule(start=event.end, duration=timedelta(hours=1))
        simulator.faults.add(faults.field_missing("data.0.end_time"), Family.VPP_EVENTS)
        await pass_time(timedelta(minutes=6))
        assert number(hass, EVENTS) == 1
        assert datetime.fromisoformat(value(hass, NEXT_START)) == event.start


async def test_an_event_of_the_calendar_speaks_the_language_of_the_home(
    hass: HomeAssistant, world: World, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def texts(_hass: HomeAssistant, language: str, category: str, integration: str) -> dict[str, str]:
        prefix = f"component.{integration}.{category}.calendar.vpp_events.state_attributes"
        return {f"{prefix}.type.state.battery_discharge": f"Batterie wird entladen ({language})"}

    monkeypatch.setattr(calendar_event, "async_get_cached_translations", texts)
    hass.config.language = "de"
    world.site.vpp.schedule(starts_in=timedelta(minutes=30), duration=timedelta(hours=1))
    await set_up(options=PROGRAM_ONLY)
    (message,) = [
        state.attributes["message"] for state in hass.states.async_all("calendar") if "message" in state.attributes
    ]
    assert message == "Batterie wird entladen (de)"
