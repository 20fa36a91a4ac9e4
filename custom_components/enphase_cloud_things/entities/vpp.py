"""Entities of the virtual power plant: when the utility draws on the home battery, now and soon."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from ..devices import ServiceDevice
from ..enlighten import VppEvent
from ..runtime import EnphaseConfigEntry
from ..vpp.coordinator import VppCoordinator, VppSnapshot
from ..vpp.events import EventKind, active_event, event_kind, events_between, events_today, future_events, next_event
from .calendar_event import ExactCalendarEvent, calendar_text
from .service import ServiceEntity, add_service_entities


class VppEntity(ServiceEntity[VppSnapshot]):
    """An entity of the program of a site."""

    coordinator: VppCoordinator

    @property
    def events(self) -> tuple[VppEvent, ...]:
        """The events that the cloud lists, by start."""
        return self.coordinator.data.events


@dataclass(frozen=True, kw_only=True)
class VppSensorDescription(SensorEntityDescription):
    """Describes a sensor; its value comes from the events, the present time and the site's time zone."""

    value_fn: Callable[[tuple[VppEvent, ...], datetime, tzinfo], StateType | datetime]


def _start(event: VppEvent | None) -> datetime | None:
    return event.start if event else None


def _end(event: VppEvent | None) -> datetime | None:
    return event.end if event else None


VPP_EVENTS: Final = VppSensorDescription(key="vpp_events", value_fn=lambda events, _now, _zone: len(events))
VPP_SENSORS: Final = (
    VppSensorDescription(
        key="vpp_events_today", value_fn=lambda events, now, zone: len(events_today(events, now, zone))
    ),
    VppSensorDescription(key="vpp_future_events", value_fn=lambda events, now, _zone: len(future_events(events, now))),
    VppSensorDescription(
        key="vpp_next_event_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda events, now, _zone: _start(next_event(events, now)),
    ),
    VppSensorDescription(
        key="vpp_next_event_end",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda events, now, _zone: _end(next_event(events, now)),
    ),
    VppSensorDescription(
        key="vpp_next_event_type",
        device_class=SensorDeviceClass.ENUM,
        options=[kind.value for kind in EventKind],
        value_fn=lambda events, now, _zone: event_kind(next_event(events, now)),
    ),
)


class VppSensor(VppEntity, SensorEntity):
    """A count, a time or a word about the events."""

    entity_description: VppSensorDescription

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.events, dt_util.utcnow(), self.coordinator.zone)


class VppEventsSensor(VppSensor):
    """The number of events, with all that the cloud says of them."""

    _unrecorded_attributes = frozenset({"events"})

    @property
    @override
    def extra_state_attributes(self) -> dict[str, object]:
        return {
            "program_id": self.coordinator.data.program_id,
            "events": [_described(event) for event in self.events],
        }


def _described(event: VppEvent) -> dict[str, object]:
    return {
        "name": event.name,
        "type": event.kind,
        "subtype": event.subtype,
        "status": event.status,
        "start": event.start.isoformat(),
        "end": event.end.isoformat(),
        "mode": event.mode,
        "target_soc": event.target_soc,
        "rate": event.rate,
        "average_discharge": event.average_discharge,
        "average_charge": event.average_charge,
        "cancelled": event.cancelled,
        "cancelled_at": event.cancelled_at.isoformat() if event.cancelled_at else None,
        "superseded": event.superseded,
    }


@dataclass(frozen=True, kw_only=True)
class VppBinarySensorDescription(BinarySensorEntityDescription):
    """Describes a yes-or-no fact about the events."""

    is_on_fn: Callable[[tuple[VppEvent, ...], datetime, tzinfo], bool]


VPP_BINARY_SENSORS: Final = (
    VppBinarySensorDescription(
        key="vpp_event_active",
        device_class=BinarySensorDeviceClass.RUNNING,
        is_on_fn=lambda events, now, _zone: active_event(events, now) is not None,
    ),
    VppBinarySensorDescription(
        key="vpp_event_today",
        is_on_fn=lambda events, now, zone: bool(events_today(events, now, zone)),
    ),
)


class VppBinarySensor(VppEntity, BinarySensorEntity):
    """Whether an event runs, or is due today."""

    entity_description: VppBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool:
        return self.entity_description.is_on_fn(self.events, dt_util.utcnow(), self.coordinator.zone)


VPP_CALENDAR: Final = CalendarEntityDescription(key="vpp_events")


class VppCalendar(VppEntity, CalendarEntity):
    """Upcoming and past events; withdrawn ones are left out."""

    @property
    def _next(self) -> VppEvent | None:
        return next_event(self.events, dt_util.utcnow())

    @property
    @override
    def event(self) -> CalendarEvent | None:
        return self._calendar_event(self._next) if self._next else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        events = events_between(self.events, dt_util.as_utc(start_date), dt_util.as_utc(end_date))
        return [self._calendar_event(event) for event in events]

    def _calendar_event(self, event: VppEvent) -> CalendarEvent:
        zone = self.coordinator.zone
        details = {
            "type": event.subtype or event.kind,
            "status": event.status,
            "target_soc": f"{event.target_soc:g} %" if event.target_soc is not None else None,
            "rate": f"{event.rate:g} W" if event.rate is not None else None,
        }
        key = self.entity_description.key
        return ExactCalendarEvent(
            summary=calendar_text(self.hass, key, "type", value=event_kind(event)),
            start=event.start.astimezone(zone),
            end=event.end.astimezone(zone),
            description="\n".join(
                f"{calendar_text(self.hass, key, name)}: {value}" for name, value in details.items() if value
            ),
        )


def add_vpp_entities(
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    kinds: Mapping[type[ServiceEntity[VppSnapshot]], Iterable[EntityDescription]],
) -> None:
    """Add entities of the program while the site takes part in one."""
    if (coordinator := entry.runtime_data.vpp) is not None:
        add_service_entities(
            entry,
            async_add_entities,
            coordinator,
            ServiceDevice.VPP,
            kinds,
            wanted=lambda: coordinator.data.enrolled,
        )
