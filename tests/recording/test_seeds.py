"""Every scenario of the simulator leaves a recording that can be played, and has one that is kept."""

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
from tests.integration.conftest import SetupEntry, cloud, setup_entry
from tests.integration.passing_time import let_pass

__all__ = ["cloud", "setup_entry"]

# With one-time codes a person has to be there, and without chargers there is nothing to show
PLAYABLE = sorted(SCENARIOS.keys() - {"one-time-code", "no-chargers"})

# Stands for the words that docs/api.md §7.2 does not know
MADE_UP = {"COST_PENDING"}


@pytest.fixture
def world(scenario: str, freezer: FrozenDateTimeFactory) -> World:
    """The world of a scenario."""
    return SCENARIOS[scenario](ScaledClock())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", PLAYABLE)
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


@pytest.mark.parametrize("scenario", PLAYABLE)
def test_a_recording_of_each_scenario_is_kept(scenario: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.config.getoption("--recordings")
    assert (folder / f"{scenario}.json").exists(), "pytest tests/recording --write-expected writes it"
