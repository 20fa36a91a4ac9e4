"""Calendars of the chargers' schedules, of grid events and of energy prices."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.prices import PRICE_CALENDARS, PriceCalendar, add_price_entities
from .entities.schedules import add_schedule_calendars
from .entities.vpp import VPP_CALENDAR, VppCalendar, add_vpp_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of every charger, and of the site as far as it has programs and prices."""
    add_schedule_calendars(entry, async_add_entities)
    add_vpp_entities(entry, async_add_entities, {VppCalendar: [VPP_CALENDAR]})
    add_price_entities(entry, async_add_entities, {PriceCalendar: PRICE_CALENDARS})
