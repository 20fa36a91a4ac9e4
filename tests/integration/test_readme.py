"""The examples in README.md and docs/ work as they stand there, with the names of the simulated charger and site."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.components.automation.config import async_validate_config_item
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager, WebSocketGenerator

from simulator import Car, Family, Simulator, World
from simulator.ready_tariffs import TARIFFS

from .conftest import SetupEntry
from .long_runs import enable_event_loop_debug
from .passing_time import Advance, Meanwhile
from .past_sessions import add_session
from .readme_examples import Example, Json, Made, automations, calls, example, examples, made

__all__ = ["enable_event_loop_debug"]

OFFERING = (
    "air_quality",
    "battery",
    "door",
    "garage_door",
    "gate",
    "humidity",
    "illuminance",
    "moisture",
    "motion",
    "occupancy",
    "power",
    "temperature",
    "vibration",
    "window",
)
"""Integrations that every Home Assistant sets up for the sake of their triggers and conditions."""

SESSION_DELIVERED = "Automations: Announce how much energy a session delivered"
AT_NIGHT = "Automations: Charge at night, but not while the grid needs the battery"
BEFORE_GRID_EVENT = "Automations: Stop five minutes before a grid event"
EXPENSIVE = "Automations: Stop when energy becomes expensive"
START = "Actions: enphase_cloud_things.start_charging"

type Answer = Callable[[Example], Awaitable[Json]]
type Automate = Callable[[str], Awaitable[None]]
type Household = Callable[[], Awaitable[MockConfigEntry]]


def name_of(case: Example | Made) -> str:
    """Return what a test of an example, or of a row of the table, is called by."""
    return case.name if isinstance(case, Example) else case.entity_ids[0]


@pytest.fixture
def phone(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the messages to the phone that an example speaks of."""
    return async_mock_service(hass, "notify", "mobile_app_phone")


@pytest.fixture
def household(hass: HomeAssistant, setup_entry: SetupEntry, world: World, phone: list[ServiceCall]) -> Household:
    """Return a function that sets up a site with a charger, prices and a virtual power plant."""

    async def set_up() -> MockConfigEntry:
        await hass.config.async_set_time_zone("Europe/Vienna")
        entry = await setup_entry()
        for domain in OFFERING:
            assert await async_setup_component(hass, domain, {})
        await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    return set_up


@pytest.fixture
async def automate(hass: HomeAssistant) -> AsyncIterator[Automate]:
    """Return a function that has an example run in Home Assistant, until the test ends."""

    async def run(name: str) -> None:
        config = {"id": "example", "alias": "Example", **example(name).config}
        assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: [config]})
        await hass.async_block_till_done()

    yield run
    if hass.services.has_service(AUTOMATION, "turn_off"):
        await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": "automation.example"}, blocking=True)


async def offered(client: WebSocketGenerator, what: str, **target: str | list[str]) -> set[str]:
    """Return the triggers or conditions that the automation editor offers for a target."""
    connection = await client()
    await connection.send_json_auto_id({"type": f"get_{what}_for_target", "target": target})
    reply = await connection.receive_json()
    assert reply["success"], reply
    return set(reply["result"])


class TestExamples:
    """All of them."""

    @pytest.mark.parametrize("case", examples(), ids=name_of)
    def test_an_example_is_an_automation_or_an_action(self, case: Example) -> None:
        assert case in automations() or case in calls()

    @pytest.mark.parametrize("case", examples(), ids=name_of)
    async def test_the_entities_and_actions_of_an_example_exist(
        self, hass: HomeAssistant, household: Household, case: Example
    ) -> None:
        await household()
        missing = {action for action in case.called() if not hass.services.has_service(*action.split("."))}
        assert not missing | case.entity_ids() - set(hass.states.async_entity_ids())


@pytest.mark.usefixtures("recording")
class TestActions:
    """Examples that call an action."""

    @pytest.fixture
    def mock_recorder_before_hass(self, async_test_recorder: RecorderInstanceContextManager) -> None:
        """Prepare the database, which has to be there before Home Assistant."""

    @pytest.fixture
    def recording(self, recorder_mock: Recorder) -> None:
        """Have Home Assistant record, as the import of sessions needs it."""

    @pytest.fixture
    def answer(self, hass: HomeAssistant, household: Household, world: World, meanwhile: Meanwhile) -> Answer:
        """Return a function that runs an example as a script, with a car plugged in, and returns its answer."""

        async def run(case: Example) -> Json:
            world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
            add_session(world, datetime(2026, 10, 7, 18, tzinfo=UTC), timedelta(hours=2))
            await household()
            sequence: list[Json] = [case.config]
            variable = case.config.get("response_variable")
            if variable is not None:
                sequence.append({"stop": "answered", "response_variable": variable})
            assert await async_setup_component(hass, "script", {"script": {"example": {"sequence": sequence}}})
            reply = await meanwhile(
                hass.services.async_call("script", "example", blocking=True, return_response=variable is not None)
            )
            await async_wait_recording_done(hass)
            return dict(reply or {})

        return run

    @pytest.mark.parametrize("case", calls(), ids=name_of)
    async def test_the_action_of_an_example_answers(self, answer: Answer, case: Example) -> None:
        reply = await answer(case)
        assert bool(reply) is ("response_variable" in case.config)

    async def test_the_start_reaches_the_cloud_with_its_current(self, answer: Answer, simulator: Simulator) -> None:
        reply = await answer(example(START))
        assert simulator.requests.last(Family.START).json == {"chargingLevel": 16, "connectorId": 1}
        assert "confirmed" in str(reply)


class TestAutomations:
    """Examples that run by themselves."""

    @pytest.mark.parametrize("case", automations(), ids=name_of)
    async def test_home_assistant_accepts_the_automation(
        self, hass: HomeAssistant, household: Household, case: Example
    ) -> None:
        await household()
        assert await async_validate_config_item(hass, "example", case.config)

    @pytest.mark.freeze_time("2026-11-17 21:58:00+00:00")
    async def test_the_car_is_charged_at_night(
        self, household: Household, automate: Automate, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
        world.site.vpp.schedule(starts_in=timedelta(minutes=30))
        await household()
        await automate(AT_NIGHT)
        await advance(90)
        assert simulator.requests.count(Family.START) == 0
        await advance(60)
        assert simulator.requests.count(Family.START) == 1

    @pytest.mark.freeze_time("2026-11-17 21:58:00+00:00")
    async def test_the_car_is_not_charged_while_the_grid_needs_the_battery(
        self, household: Household, automate: Automate, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
        world.site.vpp.schedule(starts_in=timedelta(minutes=1), duration=timedelta(hours=1))
        await household()
        await automate(AT_NIGHT)
        await advance(150)
        assert simulator.requests.count(Family.START) == 0

    async def test_the_end_of_a_session_is_announced_with_its_energy(
        self,
        hass: HomeAssistant,
        household: Household,
        automate: Automate,
        world: World,
        advance: Advance,
        phone: list[ServiceCall],
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
        await household()
        await automate(SESSION_DELIVERED)
        await hass.services.async_call("switch", "turn_on", {"entity_id": "switch.carport"}, blocking=True)
        await advance(700)
        assert phone == []
        world.charger.unplug()
        await advance(150)  # the final figures are waited for
        (message,) = phone
        energy, rest = message.data["message"].split(maxsplit=1)
        assert float(energy) > 1
        assert rest == "kWh in the car."

    @pytest.mark.parametrize("charging", [True, False], ids=["charging", "idle"])
    async def test_a_car_that_charges_is_stopped_five_minutes_before_a_grid_event(
        self,
        hass: HomeAssistant,
        household: Household,
        automate: Automate,
        world: World,
        simulator: Simulator,
        advance: Advance,
        *,
        charging: bool,
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
        world.site.vpp.schedule(starts_in=timedelta(minutes=10))
        await household()
        await automate(BEFORE_GRID_EVENT)
        if charging:
            await hass.services.async_call("switch", "turn_on", {"entity_id": "switch.carport"}, blocking=True)
        await advance(280)
        assert simulator.requests.count(Family.STOP) == 0
        await advance(40)
        assert simulator.requests.count(Family.STOP) == int(charging)

    @pytest.mark.freeze_time("2026-11-17 14:58:00+00:00")
    async def test_charging_stops_when_energy_becomes_expensive(
        self,
        hass: HomeAssistant,
        household: Household,
        automate: Automate,
        world: World,
        simulator: Simulator,
        advance: Advance,
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
        await household()
        await automate(EXPENSIVE)
        await hass.services.async_call("switch", "turn_on", {"entity_id": "switch.carport"}, blocking=True)
        await advance(110)
        assert simulator.requests.count(Family.STOP) == 0
        await advance(20)
        assert simulator.requests.count(Family.STOP) == 1


class TestTable:
    """What Home Assistant has made for entities of these kinds."""

    @pytest.mark.parametrize("case", made(), ids=name_of)
    async def test_each_entity_of_a_row_is_offered_what_the_row_says(
        self, household: Household, hass_ws_client: WebSocketGenerator, case: Made
    ) -> None:
        await household()
        for entity_id in case.entity_ids:
            assert case.triggers <= await offered(hass_ws_client, "triggers", entity_id=[entity_id])
            assert case.conditions <= await offered(hass_ws_client, "conditions", entity_id=[entity_id])

    @pytest.mark.pinned
    async def test_nothing_that_is_offered_is_missing(
        self, hass: HomeAssistant, household: Household, hass_ws_client: WebSocketGenerator
    ) -> None:
        entry = await household()
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        target = [device.id for device in devices]
        triggers = frozenset[str]().union(*(row.triggers for row in made()))
        conditions = frozenset[str]().union(*(row.conditions for row in made()))
        assert await offered(hass_ws_client, "triggers", device_id=target) == triggers
        assert await offered(hass_ws_client, "conditions", device_id=target) == conditions

    @pytest.mark.parametrize("case", automations(), ids=name_of)
    async def test_what_an_automation_takes_from_the_table_fits_its_entities(
        self, household: Household, hass_ws_client: WebSocketGenerator, case: Example
    ) -> None:
        await household()
        for what, key in (("triggers", "trigger"), ("conditions", "condition")):
            for part in case.config.get(what, []):
                if "." in part[key]:
                    assert part[key] in await offered(hass_ws_client, what, **part["target"])
