"""What happens at a charger, as events for automations."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.session_events import SessionEventType
from .entity import ChargerEntity, ChargerEntityDescription, add_charger_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ChargerEventDescription(ChargerEntityDescription, EventEntityDescription):
    """Describes the events of a charger."""


SESSION: Final = ChargerEventDescription(key="session", event_types=list(SessionEventType))


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the events of every charger."""
    add_charger_entities(entry, entry.runtime_data.chargers, async_add_entities, [SESSION], SessionEvents)


class SessionEvents(ChargerEntity, EventEntity):
    """Each change of a session, once, with the session's figures."""

    entity_description: ChargerEventDescription

    @override
    def shown(self) -> object:
        return None

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
            self.async_write_ha_state()
