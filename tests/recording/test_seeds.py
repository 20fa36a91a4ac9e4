"""Every scenario and every shape of the simulator leaves a recording that can be played, and has one that is kept."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.enphase_cloud_things.enlighten import unknown_shapes
from simulator import ScaledClock, World
from simulator.replay.recording import parse_recording
from simulator.scenarios import SCENARIOS
from simulator.shapes import SHAPES
from tests.integration.conftest import SetupEntry, cloud, setup_entry
from tests.integration.passing_time import let_pass

__all__ = ["cloud", "setup_entry"]

WORLDS = SCENARIOS | SHAPES

# Stands for the words that docs/api.md §7.2 does not know
MADE_UP = {"COST_PENDING"}


@pytest.fixture
def world(scenario: str, freezer: FrozenDateTimeFactory) -> World:
    """The world of a scenario."""
    return WORLDS[scenario](ScaledClock())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Record each scenario; shapes, whose recordings are kept, only to write these down anew."""
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", WORLDS if metafunc.config.getoption("--write-expected") else SCENARIOS)


@pytest.mark.timeout(300)
async def test_a_scenario_is_recorded_without_anything_new(
    scenario: str,
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
    setup_entry: SetupEntry,
    world: World,
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await setup_entry()
    await let_pass(hass, freezer, 330, step=10)
    file: dict[str, Any] = dict(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    document = file["recording"]
    assert {each.found for each in unknown_shapes(document)} <= MADE_UP
    recording = parse_recording(document)
    assert recording.end - recording.start >= timedelta(minutes=5)
    if request.config.getoption("--write-expected"):
        folder: Path = request.config.getoption("--recordings")
        (folder / f"{scenario}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", WORLDS)
def test_a_recording_of_each_world_is_kept_and_has_nothing_new(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.config.getoption("--recordings")
    path = folder / f"{name}.json"
    assert path.exists(), "pytest tests/recording --write-expected writes it"
    assert {each.found for each in unknown_shapes(json.loads(path.read_text(encoding="utf-8")))} <= MADE_UP
