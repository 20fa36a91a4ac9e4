"""How Home Assistant files the entities of grid events and of prices, and what of them it records."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from simulator import World
from simulator.ready_tariffs import TARIFFS

from .energy_plan import (
    ACTIVE,
    ALL_OF_THE_PROGRAM,
    ALL_PRICES,
    EVENT_CALENDAR,
    EVENTS,
    EVENTS_TODAY,
    EXPORT_CALENDAR,
    EXPORT_PRICE,
    FUTURE_EVENTS,
    IMPORT_CALENDAR,
    IMPORT_PRICE,
    NEXT_END,
    NEXT_START,
    NEXT_TYPE,
    SAVED_EXPORT,
    SAVED_IMPORT,
    TODAY,
    SetUp,
    set_up,
    shown,
)

__all__ = ["set_up"]

pytestmark = pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")

KEYS = {
    EVENTS: "vpp_events",
    EVENTS_TODAY: "vpp_events_today",
    FUTURE_EVENTS: "vpp_future_events",
    NEXT_START: "vpp_next_event_start",
    NEXT_END: "vpp_next_event_end",
    NEXT_TYPE: "vpp_next_event_type",
    ACTIVE: "vpp_event_active",
    TODAY: "vpp_event_today",
    EVENT_CALENDAR: "vpp_events",
    IMPORT_PRICE: "import_price",
    EXPORT_PRICE: "export_price",
    SAVED_IMPORT: "savings_imported_today",
    SAVED_EXPORT: "savings_exported_today",
    IMPORT_CALENDAR: "import_prices",
    EXPORT_CALENDAR: "export_prices",
}
CLASSES = {
    EVENTS: (None, None, "events"),
    EVENTS_TODAY: (None, None, "events"),
    FUTURE_EVENTS: (None, None, "events"),
    NEXT_START: ("timestamp", None, None),
    NEXT_END: ("timestamp", None, None),
    NEXT_TYPE: ("enum", None, None),
    ACTIVE: ("running", None, None),
    IMPORT_PRICE: (None, "measurement", "EUR/kWh"),
    EXPORT_PRICE: (None, "measurement", "EUR/kWh"),
    SAVED_IMPORT: ("monetary", "total", "EUR"),
    SAVED_EXPORT: ("monetary", "total", "EUR"),
}
"""Device class, state class and unit of those that have any."""


async def test_all_of_them_are_filed_under_the_site_and_enabled(
    hass: HomeAssistant, set_up: SetUp, entity_registry: er.EntityRegistry
) -> None:
    await set_up()
    filed: dict[str, Any] = {entity_id: entity_registry.async_get(entity_id) for entity_id in KEYS}
    assert KEYS.keys() == ALL_OF_THE_PROGRAM | ALL_PRICES
    assert {
        entity_id: (entity.unique_id, entity.translation_key, entity.entity_category, entity.disabled_by)
        for entity_id, entity in filed.items()
    } == {entity_id: (f"4410287_{key}", key, None, None) for entity_id, key in KEYS.items()}


async def test_each_has_the_classes_and_the_unit_of_what_it_shows(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up()
    names = ("device_class", "state_class", "unit_of_measurement")
    nothing = dict.fromkeys(KEYS, (None, None, None))
    assert {
        entity_id: tuple(shown(hass, entity_id).attributes.get(name) for name in names) for entity_id in KEYS
    } == nothing | CLASSES


class TestRecorded:
    """What is long or follows from the tariff is shown and not recorded."""

    @pytest.fixture
    def mock_recorder_before_hass(self, async_test_recorder: RecorderInstanceContextManager) -> None:
        """Prepare the database, which has to be there before Home Assistant."""

    @pytest.mark.parametrize(
        ("entity_id", "kept", "left_out"),
        [
            (EVENTS, {"program_id"}, {"events"}),
            (IMPORT_PRICE, {"unit_of_measurement"}, {"rate_components", "period", "valid_until"}),
            (EXPORT_PRICE, {"unit_of_measurement"}, {"rate_components", "period", "valid_until"}),
        ],
    )
    async def test_some_attributes_are_left_out(
        self,
        recorder_mock: Recorder,
        hass: HomeAssistant,
        world: World,
        set_up: SetUp,
        entity_id: str,
        kept: set[str],
        left_out: set[str],
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        world.site.vpp.schedule(starts_in=timedelta(hours=1), duration=timedelta(hours=1))
        await set_up()
        await async_wait_recording_done(hass)
        states = await get_instance(hass).async_add_executor_job(
            get_significant_states, hass, datetime(2026, 11, 17, tzinfo=UTC), None, [entity_id]
        )
        recorded = states[entity_id][-1]
        assert not isinstance(recorded, dict)
        assert kept | left_out <= shown(hass, entity_id).attributes.keys()
        assert kept <= recorded.attributes.keys()
        assert not left_out & recorded.attributes.keys()
