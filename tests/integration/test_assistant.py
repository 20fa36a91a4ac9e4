"""What voice and chat assistants learn of chargers, through Home Assistant's own interface for them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.llm import LLM_API_ASSIST, APIInstance, LLMContext, Tool, ToolInput, async_get_api
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance
from .past_sessions import add_session
from .planning import BY_PRICE_SENSOR, choose_strategy, publish, set_plan_energy

EXPLAIN = f"{DOMAIN}__explain_charging"
COST = f"{DOMAIN}__get_charging_cost"
ASSISTANT = "conversation"
TELLING = ("switch.carport", "sensor.carport_status", "sensor.carport_reason")
VIENNA = ZoneInfo("Europe/Vienna")


@pytest.fixture(autouse=True)
async def assist(hass: HomeAssistant) -> None:
    """Assist, to which switches are exposed unless their owner says otherwise."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    assert await async_setup_component(hass, "llm", {})


def asking(*, language: str = "en", context: Context | None = None) -> LLMContext:
    """Return who asks."""
    return LLMContext(platform="test", context=context, language=language, assistant=ASSISTANT, device_id=None)


async def api(hass: HomeAssistant, who: LLMContext) -> APIInstance:
    return await async_get_api(hass, LLM_API_ASSIST, who)


async def our_tools(hass: HomeAssistant) -> list[Tool]:
    """Return the tools that the integration offers."""
    return [tool for tool in (await api(hass, asking())).tools if tool.integration == DOMAIN]


async def ask(hass: HomeAssistant, tool: str, who: LLMContext | None = None, **data: Any) -> list[Any]:
    """Return the answers for all chargers that a question is about."""
    who = who or asking()
    result = await (await api(hass, who)).async_call_tool(ToolInput(tool_name=tool, tool_args=data))
    assert not result.error, result.data
    answers = result.data["chargers"]
    assert isinstance(answers, list)
    return answers


def expose(hass: HomeAssistant, *entity_ids: str) -> None:
    """Expose these of the telling entities, and none of the others."""
    for entity_id in TELLING:
        async_expose_entity(hass, ASSISTANT, entity_id, entity_id in entity_ids)


class TestExposure:
    """An assistant knows the chargers of which an entity is exposed to it, and a person those that they may read."""

    async def test_the_switch_is_enough_and_the_tools_only_read(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        tools = await our_tools(hass)
        assert [tool.name for tool in tools] == [EXPLAIN, COST]
        assert all(tool.annotations.read_only and not tool.annotations.destructive for tool in tools)

    @pytest.mark.parametrize("exposed", TELLING)
    async def test_each_of_three_entities_makes_a_charger_known(
        self, hass: HomeAssistant, setup_entry: SetupEntry, exposed: str
    ) -> None:
        await setup_entry()
        expose(hass, exposed)
        assert [answer["charger"] for answer in await ask(hass, EXPLAIN)] == ["Carport"]

    async def test_without_any_there_are_no_tools(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        expose(hass)
        assert await our_tools(hass) == []

    async def test_another_interface_than_assist_gets_none(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        tools = (await async_get_tools(hass, asking(), "another")).tools
        assert not [tool for tool in tools if tool.integration == DOMAIN]

    async def test_an_entry_that_is_not_loaded_has_no_chargers(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        await hass.config_entries.async_unload(entry.entry_id)
        assert await our_tools(hass) == []

    async def test_a_charger_whose_switch_was_disabled_is_known_by_another_entity(
        self, hass: HomeAssistant, setup_entry: SetupEntry, entity_registry: er.EntityRegistry
    ) -> None:
        entry = await setup_entry()
        entity_registry.async_update_entity("switch.carport", disabled_by=er.RegistryEntryDisabler.USER)
        await hass.config_entries.async_reload(entry.entry_id)
        async_expose_entity(hass, ASSISTANT, "sensor.carport_status", should_expose=True)
        assert [answer["charger"] for answer in await ask(hass, EXPLAIN)] == ["Carport"]

    @pytest.mark.parametrize(
        ("policy", "may"), [({"entities": {"all": {POLICY_READ: True}}}, True), ({}, False)], ids=["reader", "nobody"]
    )
    @pytest.mark.parametrize("tool", [EXPLAIN, COST])
    async def test_a_person_learns_only_what_they_may_read(
        self, hass: HomeAssistant, setup_entry: SetupEntry, tool: str, policy: dict[str, Any], may: bool
    ) -> None:
        await setup_entry()
        user = MockUser().add_to_hass(hass)
        user.mock_policy(policy)
        who = asking(context=Context(user_id=user.id))
        result = await (await api(hass, who)).async_call_tool(ToolInput(tool_name=tool, tool_args={}))
        assert result.error is not may

    async def test_a_charger_goes_by_its_aliases_as_well(
        self, hass: HomeAssistant, setup_entry: SetupEntry, entity_registry: er.EntityRegistry
    ) -> None:
        await setup_entry()
        entity_registry.async_update_entity("switch.carport", aliases=["The blue one"])
        assert [answer["charger"] for answer in await ask(hass, EXPLAIN, charger="The blue one")] == ["Carport"]
        with pytest.raises(probatio.Invalid):
            await ask(hass, EXPLAIN, charger="The red one")

    async def test_two_chargers_of_one_name_both_answer_and_are_told_apart_by_their_place(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, area_registry: ar.AreaRegistry
    ) -> None:
        world.site.add_charger("202640011901", name="Carport")
        entry = await setup_entry()
        area = area_registry.async_create("Barn")
        device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "202640011901"), entry.entry_id)
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, area_id=area.id)
        answers = await ask(hass, EXPLAIN, charger="Carport")
        assert {answer["area"] for answer in answers} == {None, "Barn"}
        assert {answer["site"] for answer in answers} == {"Lark Street"}


class TestWhy:
    """Why the car is or is not charging, and when it is ready, from what the sensors show."""

    async def test_an_empty_charger_waits_for_nobody(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        (answer,) = await ask(hass, EXPLAIN)
        assert (answer["status"], answer["reason"]) == ("unplugged", "no_vehicle")
        assert answer["explanation"] == "No car is plugged in."
        assert (answer["charging"], answer["vehicle_plugged_in"]) == (False, False)
        assert (answer["ready"], answer["ready_at"]) == (False, None)

    async def test_the_sentence_comes_in_the_language_of_the_question(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        (answer,) = await ask(hass, EXPLAIN, asking(language="nl"))
        assert answer["explanation"] == "Er is geen auto aangesloten."

    async def test_it_says_what_the_sensor_says_and_since_when(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
        await setup_entry()
        await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": "switch.carport"}, blocking=True)
        await advance(900)
        (answer,) = await ask(hass, EXPLAIN)
        reason = hass.states.get("sensor.carport_reason")
        assert reason is not None
        assert answer["reason"] == reason.state == "charging_as_asked"
        assert answer["evidence"] == reason.attributes["evidence"]
        assert datetime.fromisoformat(answer["since"]) == reason.attributes["since"]
        assert answer["charging"] is True
        assert answer["session"]["running"] is True
        assert answer["session"]["energy_kwh"] > 0

    @pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
    async def test_the_end_of_the_plan_is_when_the_car_is_ready(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        publish(hass)
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=32, phases=3))
        await setup_entry(options=BY_PRICE_SENSOR, remember_password=True)
        await advance(30)
        await set_plan_energy(hass, 20)
        await choose_strategy(hass, "cheapest")
        await advance(60)
        (answer,) = await ask(hass, EXPLAIN)
        plan_end = hass.states.get("sensor.carport_plan_end")
        assert plan_end is not None
        assert answer["reason"] == "waiting_for_plan"
        assert answer["until"] == answer["plan"]["start"] == "2026-11-18T03:50:00+01:00"
        assert datetime.fromisoformat(answer["ready_at"]) == datetime.fromisoformat(plan_end.state)
        assert answer["plan"]["wanted_energy_kwh"] == 20
        assert answer["plan"]["ready_by"] == "2026-11-18T07:00:00+01:00"

    async def test_what_was_seen_last_is_not_told_while_the_cloud_does_not_answer(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(503))
        await advance(600, step=30)
        (answer,) = await ask(hass, EXPLAIN)
        assert answer["reason"] == "cloud_unreachable"
        assert (answer["status"], answer["charging"], answer["vehicle_plugged_in"]) == (None, None, None)

    async def test_a_question_sends_nothing(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        before = len(simulator.requests)
        await ask(hass, EXPLAIN)
        assert len(simulator.requests) == before


@pytest.mark.freeze_time("2026-11-10 09:00:00+00:00")
class TestCost:
    """What charging has cost: the last session, and all sessions of some days."""

    async def test_sessions_are_added_up_and_the_latest_are_listed(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        for day in range(1, 10):
            add_session(world, datetime(2026, 11, day, 18, tzinfo=VIENNA), timedelta(hours=6), energy=5)
        await setup_entry()
        (week,) = await ask(hass, COST, days=3)
        assert (week["start"], week["end"]) == ("2026-11-08", "2026-11-10")
        listed = week["latest_sessions"]
        assert [session["plugged_in_at"][:10] for session in listed] == ["2026-11-09", "2026-11-08"]
        assert (week["sessions"], week["energy_kwh"], week["currency"]) == (2, 10, "EUR")
        assert week["cost"] == pytest.approx(sum(session["cost"] for session in listed), abs=0.001)
        (month,) = await ask(hass, COST)
        assert month["sessions"] == 9

    async def test_no_session_is_no_energy_and_no_known_cost(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        (answer,) = await ask(hass, COST)
        assert (answer["sessions"], answer["energy_kwh"], answer["cost"]) == (0, 0, None)
        assert (answer["latest_sessions"], answer["last_session"]) == ([], None)

    async def test_the_running_session_is_what_the_sensor_of_its_cost_shows(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
        await setup_entry()
        await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": "switch.carport"}, blocking=True)
        await advance(1200, step=10)
        (answer,) = await ask(hass, COST, days=1)
        shown = hass.states.get("sensor.carport_session_cost")
        assert shown is not None
        assert answer["last_session"]["cost"] == float(shown.state)
        assert answer["last_session"]["cost_is_estimated"] is shown.attributes["estimated"] is True

    async def test_a_history_that_does_not_answer_leaves_the_last_session(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.faults.add(faults.status_code(503), Family.HISTORY)
        (answer,) = await ask(hass, COST)
        assert answer["error"] == "The Enphase cloud is temporarily unavailable"
        assert "last_session" in answer
        assert "cost" not in answer

    @pytest.mark.parametrize("days", [0, 400, "many"])
    async def test_days_beyond_a_year_are_refused(
        self, hass: HomeAssistant, setup_entry: SetupEntry, days: object
    ) -> None:
        await setup_entry()
        with pytest.raises(probatio.Invalid):
            await ask(hass, COST, days=days)

    async def test_every_parameter_can_be_put_to_a_model(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        instance = await api(hass, asking())
        for tool in await our_tools(hass):
            described = probatio.to_openapi(tool.parameters, custom_serializer=instance.custom_serializer)
            assert described["properties"]["charger"]["enum"] == ["Carport"]
