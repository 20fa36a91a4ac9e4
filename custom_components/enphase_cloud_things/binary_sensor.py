"""Facts that are true or not: of the chargers, of the link to the cloud, and of grid events."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_charger_entities
from .entities.charger_sensors import BINARY_SENSORS, ChargerBinarySensor
from .entities.site import CloudReachable
from .entities.vpp import VPP_BINARY_SENSORS, VppBinarySensor, add_vpp_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of a site."""
    async_add_entities([CloudReachable(entry.runtime_data.chargers)])
    add_charger_entities(entry, async_add_entities, BINARY_SENSORS, ChargerBinarySensor)
    add_vpp_entities(entry, async_add_entities, {VppBinarySensor: VPP_BINARY_SENSORS})
