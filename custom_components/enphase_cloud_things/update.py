"""The firmware of the chargers, which Enphase installs by itself."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_charger_entities
from .entities.firmware import UPDATES, FirmwareUpdate
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of every charger."""
    add_charger_entities(entry, async_add_entities, UPDATES, FirmwareUpdate)
