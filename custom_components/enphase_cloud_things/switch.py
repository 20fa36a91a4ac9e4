"""Switches: charging itself, settings that are on or off, and the slots of the schedules."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_command_entities
from .entities.charger_controls import SWITCHES, ChargerSwitch
from .entities.schedules import add_slot_switches
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of every charger."""
    add_command_entities(entry, async_add_entities, SWITCHES, ChargerSwitch)
    add_slot_switches(hass, entry, async_add_entities)
