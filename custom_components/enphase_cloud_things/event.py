"""What happens at a charger, as events for automations."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_charger_entities
from .entities.sessions import EVENTS, SessionEvents
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of every charger."""
    add_charger_entities(entry, async_add_entities, EVENTS, SessionEvents)
