"""What happens at a charger, as events for automations."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import UnitOfLength
from homeassistant.core import callback
from homeassistant.util.unit_conversion import DistanceConverter

from ..chargers.sessions import SessionEvent, SessionEventType
from .charger import ChargerEntity, ChargerEntityDescription


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
