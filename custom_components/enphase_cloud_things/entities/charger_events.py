"""What happens at a charger, as events for automations."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import callback

from ..chargers.session_events import SessionEventType
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
            self._trigger_event(
                event.kind,
                {
                    "energy": event.figures.energy,
                    "duration": event.figures.duration,
                    "range": event.figures.range_miles,
                    "cost": event.figures.cost,
                    "observed_late": event.observed_late,
                },
            )
            self.write_if_changed()
