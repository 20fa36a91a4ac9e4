"""By when a car has to be ready."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.plans import READY_BY, ReadyByTime, add_plan_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the times of every charger's plan."""
    add_plan_entities(entry, async_add_entities, (READY_BY,), ReadyByTime)
