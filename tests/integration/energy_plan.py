"""Looking at what Home Assistant shows of grid events and of energy prices."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import World

from .conftest import SetupEntry
from .passing_time import let_pass

EVENTS = "sensor.vpp_lark_street_listed_events"
EVENTS_TODAY = "sensor.vpp_lark_street_events_today"
FUTURE_EVENTS = "sensor.vpp_lark_street_future_events"
NEXT_START = "sensor.vpp_lark_street_next_event_start"
NEXT_END = "sensor.vpp_lark_street_next_event_end"
NEXT_TYPE = "sensor.vpp_lark_street_next_event_type"
ACTIVE = "binary_sensor.vpp_lark_street_event_active"
TODAY = "binary_sensor.vpp_lark_street_event_today"
EVENT_CALENDAR = "calendar.vpp_lark_street_events"
ALL_OF_THE_PROGRAM = frozenset(
    {EVENTS, EVENTS_TODAY, FUTURE_EVENTS, NEXT_START, NEXT_END, NEXT_TYPE, ACTIVE, TODAY, EVENT_CALENDAR}
)

IMPORT_PRICE = "sensor.energy_prices_lark_street_import_price"
EXPORT_PRICE = "sensor.energy_prices_lark_street_export_price"
SAVED_IMPORT = "sensor.energy_prices_lark_street_import_cost_today"
SAVED_EXPORT = "sensor.energy_prices_lark_street_export_earnings_today"
IMPORT_CALENDAR = "calendar.energy_prices_lark_street_import_prices"
EXPORT_CALENDAR = "calendar.energy_prices_lark_street_export_prices"
ALL_PRICES = frozenset({IMPORT_PRICE, EXPORT_PRICE, SAVED_IMPORT, SAVED_EXPORT, IMPORT_CALENDAR, EXPORT_CALENDAR})

STATUS = "sensor.carport_status"

PROGRAM_ONLY: Mapping[str, object] = {"slow_poll_interval": 3600, "enable_monetary": False}
PRICES_ONLY: Mapping[str, object] = {"slow_poll_interval": 3600, "enable_vpp": False}
"""Options for tests in which days pass."""

type SetUp = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[..., Awaitable[None]]


@pytest.fixture
def set_up(hass: HomeAssistant, setup_entry: SetupEntry) -> SetUp:
    """Return what `setup_entry` does, waiting also for what the chargers do not wait for."""

    async def run(**arguments: Any) -> MockConfigEntry:
        entry = await setup_entry(**arguments)
        await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    return run


@pytest.fixture
def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World) -> PassTime:
    """Return a function that lets time pass (`timedelta`, or until a `datetime`), `step` seconds at once."""
    world.account.token_lifetime = timedelta(days=30)

    async def run(until: timedelta | datetime, *, step: float = 60) -> None:
        left = until - datetime.now(UTC) if isinstance(until, datetime) else until
        await let_pass(hass, freezer, left.total_seconds(), step=step)

    return run


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state object of an entity that is there."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity shows."""
    return shown(hass, entity_id).state


def number(hass: HomeAssistant, entity_id: str) -> float:
    """Return the number an entity shows."""
    return float(value(hass, entity_id))


def unavailable(hass: HomeAssistant) -> set[str]:
    """Return the entities that show nothing because what they depend on is out of order."""
    return {state.entity_id for state in hass.states.async_all() if state.state == STATE_UNAVAILABLE}


def device_of(hass: HomeAssistant, identifier: str) -> dr.DeviceEntry | None:
    """Return the device with our identifier."""
    return next((device for device in dr.async_get(hass).devices if (DOMAIN, identifier) in device.identifiers), None)


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration has logged louder than for debugging."""
    return [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}") and record.levelname not in {"DEBUG", "NOTSET"}
    ]


async def calendar_events(hass: HomeAssistant, entity_id: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Ask a calendar for its events as a script does; start and end come back as moments."""
    answer = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": entity_id, "start_date_time": start.isoformat(), "end_date_time": end.isoformat()},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    listed = answer[entity_id]
    assert isinstance(listed, dict)
    events = listed["events"]
    assert isinstance(events, list)
    return [
        {
            **event,
            "start": datetime.fromisoformat(str(event["start"])),
            "end": datetime.fromisoformat(str(event["end"])),
        }
        for event in events
        if isinstance(event, dict)
    ]
