"""Sensors of the chargers and of the link to the cloud."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricCurrent, UnitOfEnergy, UnitOfPower, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import StateType

from .chargers.amps import running_amps
from .chargers.coordinator import ChargerCoordinator
from .chargers.modes import MODE_OPTIONS, option_of
from .chargers.snapshot import ChargerSnapshot
from .chargers.status import (
    KNOWN_CONNECTOR_STATES,
    OTHER_CONNECTOR_STATE,
    ChargerState,
    charger_state,
    connector_status,
    effective_mode,
    leading_connector,
)
from .const import DIAGNOSTIC_STATE_PERIOD
from .enlighten import ChargerStatus, ChargerSummary
from .entities.prices import PRICE_SENSORS, SAVINGS_SENSORS, PriceSensor, SavingsSensor, add_price_entities
from .entities.sessions import add_session_sensors
from .entities.vpp import VPP_EVENTS, VPP_SENSORS, VppEventsSensor, VppSensor, add_vpp_entities
from .entity import ChargerEntity, ChargerEntityDescription, SiteEntity, add_charger_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0

INTERFACES: Final = ("ethernet", "wifi", "cellular")
PHASE_MODES: Final[Mapping[str, str]] = {
    "1": "single",
    "single": "single",
    "1_phase": "single",
    "2": "split",
    "split": "split",
    "3": "three",
    "three": "three",
    "3_phase": "three",
}


@dataclass(frozen=True, kw_only=True)
class ChargerSensorDescription(ChargerEntityDescription, SensorEntityDescription):
    """Describes a sensor of a charger: where its value, its attributes and the start of its total come from."""

    value_fn: Callable[[ChargerSnapshot], StateType | datetime]
    attributes_fn: Callable[[ChargerSnapshot], Mapping[str, object]] | None = None
    last_reset_fn: Callable[[ChargerSnapshot], datetime | None] | None = None


def _from_status[ValueT](read: Callable[[ChargerStatus], ValueT]) -> Callable[[ChargerSnapshot], ValueT | None]:
    return lambda charger: read(charger.status) if charger.status else None


def _from_summary[ValueT](read: Callable[[ChargerSummary], ValueT]) -> Callable[[ChargerSnapshot], ValueT | None]:
    return lambda charger: read(charger.summary) if charger.summary else None


def _connector_attributes(charger: ChargerSnapshot) -> Mapping[str, object]:
    connectors = charger.status.connectors if charger.status else ()
    leading = leading_connector(charger.status) if charger.status else None
    attributes: dict[str, object] = {"reason": leading.reason if leading else None}
    if len(connectors) > 1:
        attributes["connectors"] = [
            {"connector": each.connector_id, "status": each.state, "reason": each.reason} for each in connectors
        ]
    return attributes


def _connector_reason(status: ChargerStatus) -> str | None:
    leading = leading_connector(status)
    return (leading.reason or "none") if leading else None


def _connection(summary: ChargerSummary) -> str | None:
    if not summary.connection:
        return None
    return summary.connection if summary.connection in INTERFACES else "other"


def _load_balancing(summary: ChargerSummary) -> str | None:
    if summary.load_balancing is None:
        return None
    return "enabled" if summary.load_balancing else "disabled"


SENSORS: Final = (
    ChargerSensorDescription(
        key="status",
        device_class=SensorDeviceClass.ENUM,
        options=list(ChargerState),
        value_fn=_from_status(charger_state),
    ),
    ChargerSensorDescription(
        key="connector_status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[*sorted(state.lower() for state in KNOWN_CONNECTOR_STATES), OTHER_CONNECTOR_STATE],
        value_fn=_from_status(connector_status),
        attributes_fn=_connector_attributes,
    ),
    ChargerSensorDescription(
        key="connector_reason",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_from_status(_connector_reason),
    ),
    ChargerSensorDescription(
        key="charge_mode",
        device_class=SensorDeviceClass.ENUM,
        options=list(MODE_OPTIONS),
        value_fn=_from_status(lambda status: option_of(effective_mode(status))),
    ),
    ChargerSensorDescription(
        key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=lambda charger: charger.measurements.power,
        attributes_fn=lambda charger: {"estimated": True, "as_of": charger.measurements.power_as_of},
    ),
    ChargerSensorDescription(
        key="session_energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        value_fn=lambda charger: charger.measurements.session_energy,
    ),
    ChargerSensorDescription(
        key="session_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        value_fn=lambda charger: charger.measurements.session_duration,
    ),
    ChargerSensorDescription(
        key="plugged_in_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=_from_status(lambda status: status.session.plugged_in_at if status.session else None),
    ),
    ChargerSensorDescription(
        key="session_started_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=_from_status(lambda status: status.session.started_at if status.session else None),
    ),
    ChargerSensorDescription(
        key="energy_today",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        value_fn=lambda charger: charger.measurements.energy_today,
        attributes_fn=lambda charger: {"estimated": charger.measurements.energy_today_estimated},
        last_reset_fn=lambda charger: charger.measurements.energy_today_since,
    ),
    ChargerSensorDescription(
        key="lifetime_energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        value_fn=lambda charger: charger.measurements.lifetime_energy,
    ),
    ChargerSensorDescription(
        key="set_amps",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=0,
        value_fn=lambda charger: running_amps(charger.status, charger.summary, charger.setpoint),
    ),
    ChargerSensorDescription(
        key="min_amps",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=_from_summary(lambda summary: summary.amps_min),
    ),
    ChargerSensorDescription(
        key="max_amps",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=_from_summary(lambda summary: summary.amps_max),
    ),
    ChargerSensorDescription(
        key="phase_mode",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=["single", "split", "three"],
        value_fn=_from_summary(lambda summary: PHASE_MODES.get((summary.phase_mode or "").lower())),
    ),
    ChargerSensorDescription(
        key="dynamic_load_balancing",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=["enabled", "disabled"],
        value_fn=_from_summary(_load_balancing),
    ),
    ChargerSensorDescription(
        key="connection",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[*INTERFACES, "other"],
        value_fn=_from_summary(_connection),
    ),
    ChargerSensorDescription(
        key="ip_address",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_from_summary(lambda summary: summary.ip_address),
    ),
    ChargerSensorDescription(
        key="reporting_interval",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=_from_summary(lambda summary: summary.reporting_interval),
    ),
    ChargerSensorDescription(
        key="last_reported",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=_from_status(lambda status: status.reported_at),
    ),
)


@dataclass(frozen=True, kw_only=True)
class SiteSensorDescription(SensorEntityDescription):
    """Describes a figure about the link to the cloud."""

    value_fn: Callable[[ChargerCoordinator], StateType | datetime]
    attributes_fn: Callable[[ChargerCoordinator], dict[str, object]] | None = None


SITE_SENSORS: Final = (
    SiteSensorDescription(
        key="last_successful_update",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.last_success,
    ),
    SiteSensorDescription(
        key="cloud_latency",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=lambda coordinator: coordinator.latency,
    ),
    SiteSensorDescription(
        key="requests_last_hour",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda coordinator: coordinator.transport.requests_last_hour,
        attributes_fn=lambda coordinator: {"budget": coordinator.transport.budget},
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of the site and of its chargers."""
    coordinator = entry.runtime_data.chargers
    async_add_entities(SiteSensor(coordinator, description) for description in SITE_SENSORS)
    add_charger_entities(entry, coordinator, async_add_entities, SENSORS, ChargerSensor)
    add_session_sensors(entry, async_add_entities)
    add_vpp_entities(entry, async_add_entities, {VppEventsSensor: [VPP_EVENTS], VppSensor: VPP_SENSORS})
    add_price_entities(entry, async_add_entities, {PriceSensor: PRICE_SENSORS, SavingsSensor: SAVINGS_SENSORS})


class ChargerSensor(ChargerEntity, SensorEntity):
    """A figure, a time or a word about one charger."""

    entity_description: ChargerSensorDescription

    @override
    def shown(self) -> object:
        return (self.native_value, self.extra_state_attributes, self.last_reset)

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.charger)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, object] | None:
        attributes_fn = self.entity_description.attributes_fn
        return dict(attributes_fn(self.charger)) if attributes_fn else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        last_reset_fn = self.entity_description.last_reset_fn
        return last_reset_fn(self.charger) if last_reset_fn else None


class SiteSensor(SiteEntity, SensorEntity):
    """A figure about the link to the cloud.

    It would change with every single request, so it is looked at only every few minutes, and when the link breaks or
    recovers.
    """

    entity_description: SiteSensorDescription
    _link_is_up: bool | None = None

    def __init__(self, coordinator: ChargerCoordinator, description: SiteSensorDescription) -> None:
        """Tie the figure to its site."""
        super().__init__(coordinator, description.key)
        self.entity_description = description
        self._look()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._look_again, DIAGNOSTIC_STATE_PERIOD))

    @override
    def shown(self) -> object:
        return (self._attr_native_value, self._attr_extra_state_attributes)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self.coordinator.last_update_success != self._link_is_up:
            self._look()
            super()._handle_coordinator_update()

    @callback
    def _look_again(self, _now: datetime) -> None:
        self._look()
        super()._handle_coordinator_update()

    def _look(self) -> None:
        description = self.entity_description
        self._link_is_up = self.coordinator.last_update_success
        self._attr_native_value = description.value_fn(self.coordinator)
        self._attr_extra_state_attributes = (
            description.attributes_fn(self.coordinator) if description.attributes_fn else {}
        )
