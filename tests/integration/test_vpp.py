"""Which program of a virtual power plant a site takes part in: found, typed, begun, ended, none."""

from datetime import timedelta

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from simulator import Family, Simulator, World, faults
from simulator.vpp import DetailAnswer, EnrolmentAnswer, OtherProgram

from .energy_plan import (
    ALL_OF_THE_PROGRAM,
    EVENTS,
    PROGRAM_ONLY,
    STATUS,
    PassTime,
    SetUp,
    device_of,
    loud,
    pass_time,
    set_up,
    shown,
    value,
)
from .long_runs import enable_event_loop_debug
from .repairs import issue_texts, shown_issues

__all__ = ["enable_event_loop_debug", "pass_time", "set_up"]

PROGRAM = "vpp:4410287"
ANOTHER = "7c0d5e21a94b3f68e1d20b57"
GRID_SERVICES = (Family.VPP_ENROLMENT, Family.VPP_EVENTS)
NOT_ENROLLED = [EnrolmentAnswer.NULL, EnrolmentAnswer.EMPTY_TEXT]
AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)


def of_the_program(hass: HomeAssistant) -> set[str]:
    """Return the entities of the program that are there."""
    return {entity_id for entity_id in hass.states.async_entity_ids() if "vpp_lark_street" in entity_id}


class TestFound:
    """Nobody has to type anything."""

    async def test_the_program_is_found_without_typing(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        """Trap 53: an id that a person types may be wrong, or outdated."""
        world.site.vpp.schedule()
        await set_up()
        assert of_the_program(hass) == ALL_OF_THE_PROGRAM
        assert value(hass, EVENTS) == "1"
        assert shown(hass, EVENTS).attributes["program_id"] == world.site.vpp.program_id
        assert simulator.requests.count(Family.VPP_ENROLMENT) == 2
        assert simulator.requests.last(Family.VPP_EVENTS).query["programId"] == world.site.vpp.program_id

    async def test_the_device_bears_the_name_of_the_site(self, hass: HomeAssistant, set_up: SetUp) -> None:
        await set_up()
        device, site = device_of(hass, PROGRAM), device_of(hass, "site:4410287")
        assert device is not None
        assert site is not None
        assert (device.name, device.entry_type, device.via_device_id) == (
            "VPP Lark Street",
            dr.DeviceEntryType.SERVICE,
            site.id,
        )

    async def test_a_program_is_looked_up_again_every_six_hours(
        self, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PROGRAM_ONLY)
        simulator.requests.clear()
        await pass_time(timedelta(hours=5, minutes=50))
        assert simulator.requests.count(Family.VPP_ENROLMENT) == 0
        await pass_time(timedelta(minutes=20))
        assert simulator.requests.count(Family.VPP_ENROLMENT) == 2

    async def test_a_program_is_known_for_a_week_without_confirmation(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator, pass_time: PassTime
    ) -> None:
        world.account.session_lifetime = timedelta(days=30)
        await set_up(options=PROGRAM_ONLY)
        simulator.faults.add(faults.status_code(503), Family.VPP_ENROLMENT)
        await pass_time(timedelta(days=6, hours=23), step=3000)
        assert value(hass, EVENTS) == "0"
        await pass_time(timedelta(hours=3), step=900)
        assert value(hass, EVENTS) == STATE_UNAVAILABLE
        assert device_of(hass, PROGRAM) is not None


class TestNotEnrolled:
    """Most sites take part in nothing, which is nothing to talk about."""

    @pytest.mark.parametrize("answer", NOT_ENROLLED)
    async def test_a_site_without_program_has_no_device(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        world: World,
        answer: EnrolmentAnswer,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        world.site.vpp.leave(answer)
        await set_up()
        assert device_of(hass, PROGRAM) is None
        assert not of_the_program(hass)
        assert not loud(caplog)

    @pytest.mark.parametrize("answer", NOT_ENROLLED)
    async def test_it_is_looked_at_again_once_a_day(
        self, set_up: SetUp, world: World, simulator: Simulator, pass_time: PassTime, answer: EnrolmentAnswer
    ) -> None:
        world.site.vpp.leave(answer)
        await set_up(options=PROGRAM_ONLY)
        simulator.requests.clear()
        await pass_time(timedelta(hours=23), step=3600)
        assert simulator.requests.count(*GRID_SERVICES) == 0
        await pass_time(timedelta(hours=2), step=1800)
        assert simulator.requests.count(*GRID_SERVICES) == 1

    @pytest.mark.parametrize("status", [401, 403, 404])
    async def test_a_cloud_that_keeps_refusing_means_no_program(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        simulator: Simulator,
        pass_time: PassTime,
        status: int,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Trap 3: to some sites that take part in nothing the cloud says so with a 401, for as long as it lasts."""
        simulator.faults.add(faults.status_code(status), *GRID_SERVICES)
        entry = await set_up(options=PROGRAM_ONLY)
        await pass_time(timedelta(hours=3), step=300)
        await pass_time(timedelta(hours=46), step=3600)
        assert device_of(hass, PROGRAM) is None
        assert not of_the_program(hass)
        assert not loud(caplog)
        assert simulator.requests.logins == 1
        assert not any(entry.async_get_active_flows(hass, {"reauth"}))
        assert value(hass, STATUS) == "unplugged"
        assert simulator.requests.count(*GRID_SERVICES) <= 6

    async def test_a_refusal_that_passes_is_no_answer(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        simulator.faults.add(faults.status_code(401), Family.VPP_ENROLMENT, times=2)
        await set_up(options=PROGRAM_ONLY)
        assert device_of(hass, PROGRAM) is None
        await pass_time(AN_HOUR)
        assert of_the_program(hass) == ALL_OF_THE_PROGRAM

    async def test_a_device_from_before_a_restart_stays_until_the_cloud_has_said_no(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        entry = await set_up(options=PROGRAM_ONLY)
        simulator.faults.add(faults.status_code(401), *GRID_SERVICES)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        await pass_time(timedelta(minutes=14))
        assert device_of(hass, PROGRAM) is not None
        await pass_time(timedelta(minutes=60))
        assert device_of(hass, PROGRAM) is None

    async def test_a_site_that_left_while_home_assistant_was_down_loses_its_device(
        self, hass: HomeAssistant, set_up: SetUp, world: World
    ) -> None:
        entry = await set_up()
        await hass.config_entries.async_unload(entry.entry_id)
        world.site.vpp.leave()
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert device_of(hass, PROGRAM) is None
        assert not of_the_program(hass)

    async def test_an_outage_before_anything_is_known_is_told_once(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        simulator: Simulator,
        pass_time: PassTime,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        outage = simulator.faults.add(faults.status_code(503), *GRID_SERVICES)
        await set_up(options=PROGRAM_ONLY)
        await pass_time(timedelta(hours=6), step=1800)
        simulator.faults.remove(outage)
        await pass_time(timedelta(hours=3), step=900)
        assert of_the_program(hass) == ALL_OF_THE_PROGRAM
        assert [line.split()[0] for line in loud(caplog)] == ["ERROR", "INFO"]


class TestChange:
    """Sites join programs, move on to others and leave."""

    @pytest.mark.parametrize("answer", NOT_ENROLLED)
    async def test_a_site_that_joins_gets_its_device_while_running(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime, answer: EnrolmentAnswer
    ) -> None:
        world.site.vpp.leave(answer)
        await set_up(options=PROGRAM_ONLY)
        world.site.vpp.enrol()
        await pass_time(A_DAY + AN_HOUR, step=1800)
        assert of_the_program(hass) == ALL_OF_THE_PROGRAM
        assert value(hass, EVENTS) == "0"

    @pytest.mark.parametrize("answer", NOT_ENROLLED)
    @pytest.mark.parametrize("other", [OtherProgram.NOT_FOUND, OtherProgram.BAD_REQUEST])
    async def test_a_site_that_leaves_loses_its_device_while_running(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        world: World,
        pass_time: PassTime,
        answer: EnrolmentAnswer,
        other: OtherProgram,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A 400 or 404 for the program has it looked up again at once."""
        world.site.vpp.other_programs = other
        await set_up()
        world.site.vpp.leave(answer)
        await pass_time(timedelta(minutes=6))
        assert device_of(hass, PROGRAM) is None
        assert not of_the_program(hass)
        assert value(hass, STATUS) == "unplugged"
        assert not loud(caplog)

    async def test_a_site_that_comes_back_finds_its_entities_as_they_were(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime, entity_registry: er.EntityRegistry
    ) -> None:
        await set_up(options=PROGRAM_ONLY)
        entity_registry.async_update_entity(EVENTS, new_entity_id="sensor.calls_of_the_grid")
        await hass.async_block_till_done()
        world.site.vpp.leave()
        await pass_time(timedelta(minutes=6))
        world.site.vpp.enrol()
        await pass_time(A_DAY + AN_HOUR, step=1800)
        assert value(hass, "sensor.calls_of_the_grid") == "0"

    async def test_another_program_is_found_at_once_and_brings_its_own_events(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime
    ) -> None:
        world.site.vpp.seed()
        await set_up()
        assert value(hass, EVENTS) == "6"
        world.site.vpp.enrol(ANOTHER)
        world.site.vpp.schedule()
        await pass_time(timedelta(minutes=6))
        assert shown(hass, EVENTS).attributes["program_id"] == ANOTHER
        assert value(hass, EVENTS) == "1"

    async def test_events_of_the_program_before_are_not_taken_for_those_of_the_next(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator, pass_time: PassTime
    ) -> None:
        world.site.vpp.seed()
        old = world.site.vpp.program_id
        await set_up()
        world.site.vpp.enrol(ANOTHER)
        simulator.faults.add(faults.field_missing("data"), Family.VPP_EVENTS)
        assert shown(hass, EVENTS).attributes["program_id"] == old
        await pass_time(timedelta(minutes=11))
        assert value(hass, EVENTS) == STATE_UNAVAILABLE

    @pytest.mark.parametrize(
        "answer", [EnrolmentAnswer.NO_DATA, EnrolmentAnswer.LIST, EnrolmentAnswer.OBJECT, EnrolmentAnswer.BAD_ID]
    )
    async def test_an_ambiguous_enrolment_is_no_enrolment_and_no_end_of_one(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime, answer: EnrolmentAnswer
    ) -> None:
        """Trap 53: not enrolled, ambiguous and out of order are three things."""
        world.site.vpp.enrolment = answer
        await set_up(options=PROGRAM_ONLY)
        assert device_of(hass, PROGRAM) is None
        world.site.vpp.enrol()
        await pass_time(AN_HOUR)
        assert of_the_program(hass) == ALL_OF_THE_PROGRAM
        world.site.vpp.enrolment = answer
        await pass_time(timedelta(hours=7), step=900)
        assert value(hass, EVENTS) == "0"

    @pytest.mark.parametrize("detail", [DetailAnswer.NO_PROGRAM, DetailAnswer.BAD_PROGRAM, DetailAnswer.NULL])
    async def test_an_enrolment_without_program_is_not_guessed_at(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime, detail: DetailAnswer
    ) -> None:
        world.site.vpp.detail = detail
        await set_up(options=PROGRAM_ONLY)
        assert device_of(hass, PROGRAM) is None
        world.site.vpp.detail = DetailAnswer.PROGRAM
        await pass_time(AN_HOUR)
        assert value(hass, EVENTS) == "0"

    async def test_turning_the_feature_off_removes_its_device_and_asks_nothing(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        entry = await set_up(options=PROGRAM_ONLY)
        hass.config_entries.async_update_entry(entry, options={**PROGRAM_ONLY, "enable_vpp": False})
        await hass.config_entries.async_reload(entry.entry_id)
        simulator.requests.clear()
        await pass_time(AN_HOUR)
        assert device_of(hass, PROGRAM) is None
        assert not of_the_program(hass)
        assert simulator.requests.count(*GRID_SERVICES) == 0


class TestTyped:
    """A person may give the id of the program."""

    async def test_a_typed_id_is_used_without_looking_anything_up(
        self, hass: HomeAssistant, set_up: SetUp, world: World, simulator: Simulator
    ) -> None:
        world.site.vpp.schedule()
        await set_up(options={"vpp_program_id": world.site.vpp.program_id})
        assert value(hass, EVENTS) == "1"
        assert simulator.requests.count(Family.VPP_ENROLMENT) == 0
        assert not shown_issues(hass)

    @pytest.mark.parametrize("other", [OtherProgram.NOT_FOUND, OtherProgram.BAD_REQUEST])
    async def test_a_wrong_id_is_told_to_the_person(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime, other: OtherProgram
    ) -> None:
        world.site.vpp.other_programs = other
        await set_up(options={"vpp_program_id": ANOTHER})
        await pass_time(timedelta(minutes=2))
        (issue,) = shown_issues(hass, "vpp_program_invalid")
        assert not issue.is_fixable
        assert "Lark Street" in " ".join(issue_texts(issue))
        assert ANOTHER not in " ".join(issue_texts(issue))

    async def test_the_device_of_a_wrong_id_is_there_and_shows_nothing(
        self, hass: HomeAssistant, set_up: SetUp
    ) -> None:
        await set_up(options={"vpp_program_id": ANOTHER})
        assert {value(hass, entity_id) for entity_id in ALL_OF_THE_PROGRAM} == {STATE_UNAVAILABLE}

    async def test_the_repair_is_gone_once_the_cloud_knows_the_id(
        self, hass: HomeAssistant, set_up: SetUp, world: World, pass_time: PassTime
    ) -> None:
        await set_up(options={"vpp_program_id": ANOTHER})
        await pass_time(timedelta(minutes=2))
        world.site.vpp.enrol(ANOTHER)
        await pass_time(timedelta(minutes=10))
        assert not shown_issues(hass)
        assert value(hass, EVENTS) == "0"

    async def test_the_repair_is_gone_once_the_id_is_corrected(
        self, hass: HomeAssistant, set_up: SetUp, pass_time: PassTime
    ) -> None:
        entry = await set_up(options={"vpp_program_id": ANOTHER})
        await pass_time(timedelta(minutes=2))
        assert shown_issues(hass, "vpp_program_invalid")
        flow = await hass.config_entries.options.async_init(entry.entry_id)
        flow = await hass.config_entries.options.async_configure(flow["flow_id"], {"next_step_id": "settings"})
        await hass.config_entries.options.async_configure(flow["flow_id"], {"vpp_program_id": ""})
        await pass_time(timedelta(minutes=2))
        assert not shown_issues(hass)
        assert value(hass, EVENTS) == "0"

    async def test_a_wrong_id_is_told_even_if_the_cloud_was_out_of_order_before(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        simulator.faults.add(faults.status_code(503), Family.VPP_EVENTS, times=1)
        await set_up(options={"vpp_program_id": ANOTHER})
        await pass_time(timedelta(minutes=2))
        assert not shown_issues(hass)
        await pass_time(timedelta(minutes=10))
        assert shown_issues(hass, "vpp_program_invalid")

    async def test_an_id_that_cannot_be_one_is_told_without_asking_the_cloud(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options={"vpp_program_id": "my program"})
        await pass_time(timedelta(minutes=2))
        assert shown_issues(hass, "vpp_program_invalid")
        assert simulator.requests.count(*GRID_SERVICES) == 0
