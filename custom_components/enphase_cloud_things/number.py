"""Currents, and the energy of a plan, that a person sets."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_command_entities
from .entities.charger_controls import NUMBERS, ChargerNumber
from .entities.plans import PLAN_ENERGY, PlanEnergyNumber, add_plan_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of every charger."""
    add_command_entities(entry, async_add_entities, NUMBERS, ChargerNumber)
    add_plan_entities(entry, async_add_entities, (PLAN_ENERGY,), PlanEnergyNumber)
