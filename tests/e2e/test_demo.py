"""A person starts the demo: a real Home Assistant, its frontend, the integration and the simulated cloud."""

from datetime import timedelta
from pathlib import Path
import signal
from typing import Final

from homeassistant.util.yaml import load_yaml
import pytest

from demo.config_flow import DOMAIN, add_integration
from demo.show import DEMOS, demo_world
from simulator import OWNER_EMAIL, OWNER_KEY, ChargeMode, Quirks

from .running_demo import RunningDemo, eventually, figure, running_demo

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(300)]

AUTOMATIONS: Final = Path(__file__).parent.parent.parent / "demo" / "automations.yaml"
SWITCH = "switch.carport"
POWER = "sensor.carport_power"
SESSION_ENERGY = "sensor.carport_session_energy"


async def charge(demo: RunningDemo) -> None:
    """Turn the switch on and see the car being charged; turn it off and see it end."""
    api = demo.home_assistant

    async def is_on() -> bool:
        return await api.state(SWITCH) == "on"

    async def is_off() -> bool:
        return await api.state(SWITCH) == "off"

    async def energy_flows() -> bool:
        # Until the first step the last session's energy is shown, which may be more
        return await figure(api, POWER) > 1000 and await figure(api, SESSION_ENERGY) not in {0, before}

    async def no_power() -> bool:
        return await figure(api, POWER) == 0

    before = await figure(api, SESSION_ENERGY)
    await api.call("switch", "turn_on", entity_id=SWITCH)
    assert await eventually(is_on)
    assert await eventually(energy_flows, seconds=120)
    await api.call("switch", "turn_off", entity_id=SWITCH)
    assert await eventually(is_off)
    assert await eventually(no_power)


async def missing_entities(demo: RunningDemo) -> list[str]:
    """Return the enabled entities of the integration that Home Assistant has no state for."""
    entries = await demo.home_assistant.command("config/entity_registry/list")
    assert isinstance(entries, list)
    own = [each["entity_id"] for each in entries if each["platform"] == DOMAIN and not each["disabled_by"]]
    assert SWITCH in own
    states = {entity_id: await demo.home_assistant.state(entity_id) for entity_id in own}
    return [entity_id for entity_id, state in states.items() if state in (None, "unavailable")]


@pytest.mark.parametrize("scenario", DEMOS)
def test_every_scenario_has_chargers_of_the_field_and_a_year_behind_it(scenario: str) -> None:
    world = demo_world(scenario)
    sites = list(world.sites.values())
    chargers = [charger for site in sites for charger in site.chargers]
    assert len(sites) == (2 if scenario == "two-sites" else 1)
    assert (scenario == "green") is (chargers[0].modes.active is ChargeMode.GREEN)
    for charger in chargers:
        assert charger.quirks == Quirks.of_the_field()
        assert charger.reporting_interval == timedelta(minutes=5)
        past = [session.started_at for session in charger.history.earlier]
        assert max(past) - min(past) > timedelta(days=300)


async def missing_automations(demo: RunningDemo) -> set[str]:
    """Return the examples that Home Assistant has not taken up."""
    examples = load_yaml(str(AUTOMATIONS))
    assert isinstance(examples, list)
    states = await demo.home_assistant.get("api/states")
    assert isinstance(states, list)
    running = {state["attributes"].get("id") for state in states if state["state"] in {"on", "off"}}
    return {example["id"] for example in examples} - running


async def test_a_person_adds_the_integration_and_charges_the_car_and_all_ends_without_a_trace(tmp_path: Path) -> None:
    # Much faster, and every poll would skip reports, of which a power takes some
    async with running_demo(tmp_path, "--empty", "--speed", "20") as demo:
        await demo.control("one-time-codes", enabled=True)
        await demo.control("plug")
        assert OWNER_EMAIL in "".join(demo.told)

        await add_integration(
            demo.home_assistant, email=OWNER_EMAIL, password=OWNER_KEY, one_time_code=demo.one_time_code
        )
        await charge(demo)

        assert await missing_entities(demo) == []
        assert await missing_automations(demo) == set()
        # The frontend asks for this before it shows anything.
        assert await demo.home_assistant.command("get_services")
        assert await demo.end(signal.SIGINT) == 0
        assert any("there is a dashboard for the charger" in line for line in demo.told)
        assert not demo.left_over()
        assert demo.complaints() == []
        assert "Traceback" not in demo.log()


async def test_a_demo_that_is_killed_takes_home_assistant_with_it_and_can_be_gone_on_with(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        assert any("reports its energy every five minutes" in line for line in demo.told)
        await demo.end(signal.SIGKILL)

        async def gone() -> bool:
            return not demo.left_over()

        assert await eventually(gone)

    async with running_demo(tmp_path, "--keep") as demo:
        assert await demo.home_assistant.state(SWITCH) == "off"
        assert demo.complaints() == []
