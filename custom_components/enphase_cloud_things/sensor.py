"""Sensors of the chargers and their plans, of the link to the cloud, of grid events and of prices."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.charger import add_charger_entities
from .entities.charger_sensors import SENSORS, ChargerSensor
from .entities.plans import PLAN_SENSORS, PlanSensor, add_plan_entities
from .entities.prices import PRICE_SENSORS, SAVINGS_SENSORS, PriceSensor, SavingsSensor, add_price_entities
from .entities.reason import add_reason_sensors
from .entities.schedules import SCHEDULE_SENSORS, ScheduleSensor
from .entities.sessions import add_session_sensors
from .entities.site import SITE_SENSORS, SiteSensor
from .entities.vpp import VPP_EVENTS, VPP_SENSORS, VppEventsSensor, VppSensor, add_vpp_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of a site."""
    coordinator = entry.runtime_data.chargers
    async_add_entities(SiteSensor(coordinator, description) for description in SITE_SENSORS)
    add_charger_entities(entry, async_add_entities, SENSORS, ChargerSensor)
    add_reason_sensors(entry, async_add_entities)
    add_session_sensors(entry, async_add_entities)
    add_charger_entities(entry, async_add_entities, SCHEDULE_SENSORS, ScheduleSensor)
    add_plan_entities(entry, async_add_entities, PLAN_SENSORS, PlanSensor)
    add_vpp_entities(entry, async_add_entities, {VppEventsSensor: [VPP_EVENTS], VppSensor: VPP_SENSORS})
    add_price_entities(entry, async_add_entities, {PriceSensor: PRICE_SENSORS, SavingsSensor: SAVINGS_SENSORS})
