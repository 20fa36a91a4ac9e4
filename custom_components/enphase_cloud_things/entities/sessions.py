"""Sessions as entities: what happens in them as events for automations, and the figures that the history completes.

Cost and range of the last session often come with the history, for the status lacks them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfEnergy, UnitOfLength
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.unit_conversion import DistanceConverter

from ..chargers.coordinator import ChargerCoordinator
from ..chargers.metering import Measurements
from ..chargers.sessions import SessionEvent, SessionEventType
from ..enlighten import ChargingSession, HistorySession
from ..entity import call_until_unload
from ..history.coordinator import HistoryCoordinator
from ..history.sessions import begun_at, estimated_cost, last_session, session_cost, session_range
from ..runtime import EnphaseConfigEntry
from .charger import ChargerEntity, ChargerEntityDescription, add_charger_entities


@dataclass(frozen=True, kw_only=True)
class SessionFigureDescription(ChargerEntityDescription, SensorEntityDescription):
    """Describes a figure of the running session, or of the last one."""


@dataclass(frozen=True, kw_only=True)
class SessionSensorDescription(SessionFigureDescription):
    """Describes a figure of the session in the status, completed by the history, until then perhaps estimated."""

    value_fn: Callable[[ChargingSession | None, Sequence[HistorySession]], float | None]
    estimate_fn: Callable[[ChargingSession | None, Measurements], float | None] | None = None


RANGE: Final = SessionSensorDescription(
    key="session_range",
    device_class=SensorDeviceClass.DISTANCE,
    native_unit_of_measurement=UnitOfLength.MILES,
    suggested_display_precision=0,
    entity_registry_enabled_default=False,
    value_fn=session_range,
)
COST: Final = SessionSensorDescription(
    key="session_cost",
    device_class=SensorDeviceClass.MONETARY,
    state_class=SensorStateClass.TOTAL,
    suggested_display_precision=2,
    value_fn=session_cost,
    estimate_fn=estimated_cost,
)
ENERGY: Final = SessionFigureDescription(
    key="session_energy",
    part_fn=attrgetter("measurements"),
    device_class=SensorDeviceClass.ENERGY,
    state_class=SensorStateClass.TOTAL,
    native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    suggested_display_precision=2,
)


class _CompletedSensor(ChargerEntity, SensorEntity):
    """A sensor of a charger that follows its history, too."""

    entity_description: SessionFigureDescription

    def __init__(
        self,
        coordinator: ChargerCoordinator,
        description: SessionFigureDescription,
        serial: str,
        *,
        history: HistoryCoordinator,
    ) -> None:
        super().__init__(coordinator, description, serial)
        self._history = history

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._history.async_add_listener(self._handle_coordinator_update))

    @property
    def sessions(self) -> Sequence[HistorySession]:
        """The recent sessions of the charger, as far as known."""
        return self._history.data.of(self.serial)


class SessionEnergySensor(_CompletedSensor):
    """The energy of the running session, or of the last one, which only the history knows on a fresh install."""

    @property
    def _past(self) -> HistorySession | None:
        """The last session of the history, where the charger itself tells of none."""
        figures = self.charger.measurements
        knows_one = figures.session_started_at is not None or figures.session_energy
        return None if knows_one else last_session(self.sessions)

    @property
    @override
    def native_value(self) -> float | None:
        value = self._past.energy if self._past else self.charger.measurements.session_energy
        return round(value, 3) if value is not None else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        return begun_at(self._past) if self._past else self.charger.measurements.session_started_at


class SessionSensor(_CompletedSensor):
    """A figure that may come hours after the session, and change after that; nothing is added up from it here."""

    entity_description: SessionSensorDescription

    @property
    def _session(self) -> ChargingSession | None:
        status = self.charger.status
        return status.session if status else None

    @property
    @override
    def native_value(self) -> float | None:
        told, estimate = self._told, self._estimate
        value = told if told is not None else estimate
        return round(value, 3) if value is not None else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, object] | None:
        if self.entity_description.estimate_fn is None:
            return None
        return {"estimated": self._told is None and self._estimate is not None}

    @property
    def _told(self) -> float | None:
        return self.entity_description.value_fn(self._session, self.sessions)

    @property
    def _estimate(self) -> float | None:
        estimate_fn = self.entity_description.estimate_fn
        return estimate_fn(self._session, self.charger.measurements) if estimate_fn else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        if self.entity_description.state_class is not SensorStateClass.TOTAL:
            return None
        return self._session.started_at if self._session else None


def add_session_sensors(entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of every charger; that of the cost once the currency is known, so that its unit never changes."""
    runtime = entry.runtime_data
    waiting = True

    create = partial(SessionSensor, history=runtime.history)

    @callback
    def look() -> None:
        nonlocal waiting
        if waiting and (currency := runtime.currency.data):
            waiting = False
            cost = replace(COST, native_unit_of_measurement=currency)
            add_charger_entities(entry, async_add_entities, [cost], create)

    add_charger_entities(entry, async_add_entities, [ENERGY], partial(SessionEnergySensor, history=runtime.history))
    add_charger_entities(entry, async_add_entities, [RANGE], create)
    call_until_unload(entry, runtime.currency, look)


@dataclass(frozen=True, kw_only=True)
class ChargerEventDescription(ChargerEntityDescription, EventEntityDescription):
    """Describes the events of a charger."""


EVENTS: Final = (ChargerEventDescription(key="session", event_types=list(SessionEventType)),)


class SessionEvents(ChargerEntity, EventEntity):
    """Each change of a session, once, with the session's figures."""

    entity_description: ChargerEventDescription

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._tell()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        super()._handle_coordinator_update()
        self._tell()

    @callback
    def _tell(self) -> None:
        for event in self.coordinator.records[self.serial].take_events():
            self._trigger_event(event.kind, self._attributes(event))
            self.write_if_changed()

    def _attributes(self, event: SessionEvent) -> dict[str, object]:
        """Return the figures as people read them: rounded, the range in the unit of the home."""
        figures, unit = event.figures, self.hass.config.units.length_unit
        miles = figures.range_miles
        distance = None if miles is None else DistanceConverter.convert(miles, UnitOfLength.MILES, unit)
        attributes: dict[str, object] = {
            "energy": None if figures.energy is None else round(figures.energy, 3),
            "duration": None if figures.duration is None else round(figures.duration),
            "range": None if distance is None else round(distance, 1),
            "range_unit": unit,
            "cost": None if figures.cost is None else round(figures.cost, 3),
            "observed_late": event.observed_late,
        }
        if event.final is not None:
            attributes["final"] = event.final
        return attributes
