"""Sensors of a charger: figures, times, words, and facts that are true or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricCurrent, UnitOfEnergy, UnitOfPower, UnitOfTime
from homeassistant.helpers.typing import StateType

from ..chargers.charger import ChargerSnapshot
from ..chargers.settings import MODE_OPTIONS, option_of, running_amps
from ..chargers.status import (
    KNOWN_CONNECTOR_REASONS,
    KNOWN_CONNECTOR_STATES,
    NO_CONNECTOR_REASON,
    OTHER_CONNECTOR_REASON,
    OTHER_CONNECTOR_STATE,
    ChargerState,
    connector_reason,
    connector_status,
    effective_mode,
    faulted,
    leading_connector,
    plugged_in,
)
from ..enlighten import ChargerStatus, ChargerSummary
from .charger import ChargerEntity, ChargerEntityDescription

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


_SUMMARY: Final = attrgetter("summary")
_MEASUREMENTS: Final = attrgetter("measurements")


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


def _reason_in_words(charger: ChargerSnapshot) -> Mapping[str, object]:
    leading = leading_connector(charger.status) if charger.status else None
    return {"raw": leading.reason if leading else None}


def _power_attributes(charger: ChargerSnapshot) -> Mapping[str, object]:
    figures = charger.measurements
    return {"estimated": True, "as_of": figures.power_as_of, "expected": figures.expected_power}


def _rounded(value: float | None) -> float | None:
    """Return an energy without the noise of binary fractions."""
    return round(value, 3) if value is not None else None


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
        value_fn=lambda charger: charger.state,
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
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[
            NO_CONNECTOR_REASON,
            *sorted(reason.lower() for reason in KNOWN_CONNECTOR_REASONS),
            OTHER_CONNECTOR_REASON,
        ],
        value_fn=_from_status(connector_reason),
        attributes_fn=_reason_in_words,
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
        part_fn=_MEASUREMENTS,
        value_fn=lambda charger: charger.measurements.power,
        attributes_fn=_power_attributes,
    ),
    ChargerSensorDescription(
        key="energy_since_plugged_in",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        part_fn=_MEASUREMENTS,
        value_fn=lambda charger: _rounded(charger.measurements.visit_energy),
        last_reset_fn=lambda charger: charger.measurements.visit_since,
    ),
    ChargerSensorDescription(
        key="session_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        part_fn=_MEASUREMENTS,
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
        part_fn=_MEASUREMENTS,
        value_fn=lambda charger: _rounded(charger.measurements.energy_today),
        attributes_fn=lambda charger: {"estimated": charger.measurements.energy_today_estimated},
        last_reset_fn=lambda charger: charger.measurements.energy_today_since,
    ),
    ChargerSensorDescription(
        key="lifetime_energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        part_fn=_MEASUREMENTS,
        value_fn=lambda charger: _rounded(charger.measurements.lifetime_energy),
    ),
    ChargerSensorDescription(
        key="set_amps",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=0,
        value_fn=lambda charger: running_amps(
            charger.status,
            charger.summary,
            charger.setpoint,
            flowing=charger.flowing,
            safe_limit=charger.measurements.safe_limited,
        ),
    ),
    ChargerSensorDescription(
        key="min_amps",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        part_fn=_SUMMARY,
        value_fn=_from_summary(lambda summary: summary.amps_min),
    ),
    ChargerSensorDescription(
        key="max_amps",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        part_fn=_SUMMARY,
        value_fn=_from_summary(lambda summary: summary.amps_max),
    ),
    ChargerSensorDescription(
        key="phase_mode",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=["single", "split", "three"],
        part_fn=_SUMMARY,
        value_fn=_from_summary(lambda summary: PHASE_MODES.get((summary.phase_mode or "").lower())),
    ),
    ChargerSensorDescription(
        key="dynamic_load_balancing",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=["enabled", "disabled"],
        part_fn=_SUMMARY,
        value_fn=_from_summary(_load_balancing),
    ),
    ChargerSensorDescription(
        key="connection",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[*INTERFACES, "other"],
        part_fn=_SUMMARY,
        value_fn=_from_summary(_connection),
    ),
    ChargerSensorDescription(
        key="ip_address",
        entity_category=EntityCategory.DIAGNOSTIC,
        part_fn=_SUMMARY,
        value_fn=_from_summary(lambda summary: summary.ip_address),
    ),
    ChargerSensorDescription(
        key="reporting_interval",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        part_fn=_SUMMARY,
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


class ChargerSensor(ChargerEntity, SensorEntity):
    """A figure, a time or a word about one charger."""

    entity_description: ChargerSensorDescription

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


@dataclass(frozen=True, kw_only=True)
class ChargerBinarySensorDescription(ChargerEntityDescription, BinarySensorEntityDescription):
    """Describes a yes-or-no fact of a charger."""

    is_on_fn: Callable[[ChargerSnapshot], bool | None]


def _load_balancing_active(status: ChargerStatus) -> bool | None:
    known = [c.load_balancing_active for c in status.connectors if c.load_balancing_active is not None]
    return any(known) if known else None


BINARY_SENSORS: Final = (
    ChargerBinarySensorDescription(
        key="plugged_in",
        device_class=BinarySensorDeviceClass.PLUG,
        is_on_fn=_from_status(plugged_in),
    ),
    ChargerBinarySensorDescription(
        key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        part_fn=attrgetter("flowing"),
        is_on_fn=lambda charger: charger.flowing,
    ),
    ChargerBinarySensorDescription(
        key="faulted",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=_from_status(faulted),
    ),
    ChargerBinarySensorDescription(
        key="connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=_from_status(lambda status: status.connected),
    ),
    ChargerBinarySensorDescription(
        key="commissioned",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        is_on_fn=_from_status(lambda status: status.commissioned),
    ),
    ChargerBinarySensorDescription(
        key="load_balancing_active",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        is_on_fn=_from_status(_load_balancing_active),
    ),
)


class ChargerBinarySensor(ChargerEntity, BinarySensorEntity):
    """A yes-or-no fact of one charger."""

    entity_description: ChargerBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.charger)
