"""What a person chose: the charge mode, and what happens when a car is plugged in."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_command_entities
from .entities.charger_controls import SELECTS, ChargeModeSelect
from .entities.plans import CHARGING_PLAN, ChargingPlanSelect, add_plan_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of every charger."""
    add_command_entities(entry, async_add_entities, SELECTS, ChargeModeSelect)
    add_plan_entities(entry, async_add_entities, (CHARGING_PLAN,), ChargingPlanSelect)
