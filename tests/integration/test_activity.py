"""What Home Assistant's activity (its logbook) tells of one press, and how little of it is worth telling."""

from typing import Any, Final, Protocol

from homeassistant.auth.models import User
from homeassistant.components.recorder import Recorder
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager, WebSocketGenerator

from simulator import Car, World
from tests.contract.markdown import blocks
from tests.contract.repository import ROOT

from .conftest import SetupEntry
from .passing_time import Advance

PRESS: Final = ("button", "press", "button.carport_start_charging")
FLIP: Final = ("switch", "turn_on", "switch.carport")
ON_THE_DASHBOARD: Final = ("switch.carport", "event.carport_session", "sensor.carport_plan")
"""What the card of the dashboard tells of."""


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the database, which has to be there before Home Assistant."""


@pytest.fixture
def user(recorder_mock: Recorder, hass: HomeAssistant) -> User:
    """Somebody who presses."""
    return MockUser(is_owner=True).add_to_hass(hass)


class Press(Protocol):
    """Has a person start a car that has just been plugged in."""

    async def __call__(
        self, what: tuple[str, str, str], *, logbook: ConfigType | None = None, of: tuple[str, ...] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows of a logbook of that configuration once all that follows has happened, of some or of all."""


@pytest.fixture
def press(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    user: User,
    advance: Advance,
    hass_ws_client: WebSocketGenerator,
) -> Press:
    """Return a function that has a person press, and returns what the activity tells of it."""

    async def run(
        what: tuple[str, str, str], *, logbook: ConfigType | None = None, of: tuple[str, ...] | None = None
    ) -> list[dict[str, Any]]:
        assert await async_setup_component(hass, "logbook", logbook or {})
        world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
        await setup_entry()
        await advance(60)
        since = dt_util.utcnow()
        await advance(1, step=1)
        domain, action, entity_id = what
        context = Context(user_id=user.id)
        await hass.services.async_call(domain, action, {"entity_id": entity_id}, blocking=True, context=context)
        await advance(120)
        await async_wait_recording_done(hass)
        client = await hass_ws_client()
        limit = {} if of is None else {"entity_ids": list(of)}
        await client.send_json({"id": 1, "type": "logbook/get_events", "start_time": since.isoformat(), **limit})
        reply = await client.receive_json()
        listed: list[dict[str, Any]] = reply["result"]
        return [row for row in listed if "carport" in row.get("entity_id", "")]

    return run


def told(listed: list[dict[str, Any]]) -> list[str]:
    """Return of which entities rows tell, in their order."""
    return sorted(row["entity_id"] for row in listed)


async def test_every_row_that_follows_from_a_press_names_who_pressed(user: User, press: Press) -> None:
    listed = await press(PRESS)
    assert told(listed) == [
        "binary_sensor.carport_charging",
        "button.carport_start_charging",
        "event.carport_session",
        "sensor.carport_connector_status",
        "sensor.carport_reason",
        "sensor.carport_reason",
        "sensor.carport_status",
        "sensor.carport_status",
        "switch.carport",
    ]
    assert {row.get("context_user_id") for row in listed} == {user.id}


async def test_the_card_of_the_dashboard_tells_a_press_in_two_rows(press: Press) -> None:
    listed = await press(FLIP, of=ON_THE_DASHBOARD)
    assert told(listed) == ["event.carport_session", "switch.carport"]
    (event,) = (row for row in listed if row["entity_id"] == "event.carport_session")
    assert event["attributes"] == {"event_type": "started"}


async def test_what_the_page_leaves_out_leaves_two_rows_of_a_press(press: Press) -> None:
    (example,) = blocks((ROOT / "docs" / "entities.md").read_text(encoding="utf-8"), "yaml")
    configuration = parse_yaml(example.text)
    assert isinstance(configuration, dict)
    assert told(await press(PRESS, logbook=configuration)) == ["event.carport_session", "switch.carport"]
