"""Entities of energy prices and savings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .calc.days import start_of_day
from .calc.prices import PriceInterval, PriceSchedule
from .const import DOMAIN, MANUFACTURER
from .coordinators.prices import PriceCoordinator, PriceSnapshot
from .enlighten import Savings
from .entity import EnphaseEntity, add_entities_while
from .runtime import EnphaseConfigEntry

LONGEST_RANGE: Final = timedelta(days=400)


class PriceEntity(EnphaseEntity[PriceSnapshot]):
    """An entity of the prices of a site."""

    coordinator: PriceCoordinator

    def __init__(
        self, coordinator: PriceCoordinator, description: EntityDescription, *, site_name: str, site_device_id: str
    ) -> None:
        """Tie the entity to the device of the prices."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{coordinator.site_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, f"monetary:{coordinator.site_id}")},
            manufacturer=MANUFACTURER,
            name=f"Energy prices {site_name}",
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=site_device_id,
        )


@dataclass(frozen=True, kw_only=True)
class PriceSensorDescription(SensorEntityDescription):
    """Describes a sensor of the price of now in one direction."""

    schedule_fn: Callable[[PriceCoordinator], PriceSchedule]


PRICE_SENSORS: Final = (
    PriceSensorDescription(
        key="import_price",
        state_class=SensorStateClass.MEASUREMENT,
        schedule_fn=lambda coordinator: coordinator.import_prices,
    ),
    PriceSensorDescription(
        key="export_price",
        state_class=SensorStateClass.MEASUREMENT,
        schedule_fn=lambda coordinator: coordinator.export_prices,
    ),
)


class PriceSensor(PriceEntity, SensorEntity):
    """The price of now, which switches exactly at the boundary of a price period."""

    entity_description: PriceSensorDescription
    _unrecorded_attributes = frozenset({"rate_components", "period", "valid_until", "base_rate"})

    @property
    @override
    def available(self) -> bool:
        return super().available and self.coordinator.data.tariff is not None

    @override
    def shown(self) -> object:
        return self._interval

    @property
    def _interval(self) -> PriceInterval | None:
        return self.entity_description.schedule_fn(self.coordinator).price_at(dt_util.utcnow())

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        return f"{self.coordinator.currency}/kWh"

    @property
    @override
    def native_value(self) -> float | None:
        interval = self._interval
        return interval.price.rate if interval and interval.price else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        interval = self._interval
        if interval is None or interval.price is None:
            return None
        price = interval.price
        return {
            "period": price.period,
            "valid_until": interval.end,
            "rate_components": {component.name: component.rate for component in price.components},
            "base_rate": price.base_rate,
        }


@dataclass(frozen=True, kw_only=True)
class SavingsSensorDescription(SensorEntityDescription):
    """Describes a sensor of money that was saved or spent today."""

    value_fn: Callable[[Savings], float | None]


SAVINGS_SENSORS: Final = (
    SavingsSensorDescription(
        key="savings_imported_today",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda savings: savings.imported_amount,
    ),
    SavingsSensorDescription(
        key="savings_exported_today",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda savings: savings.exported_amount,
    ),
)


class SavingsSensor(PriceEntity, SensorEntity):
    """Money of the day at the site, as the cloud reports it."""

    entity_description: SavingsSensorDescription

    @override
    def shown(self) -> object:
        return (self.native_value, self.last_reset)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        return self.coordinator.currency

    @property
    @override
    def native_value(self) -> float | None:
        savings = self.coordinator.data.savings
        return self.entity_description.value_fn(savings) if savings else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        savings = self.coordinator.data.savings
        return start_of_day(savings.day, self.coordinator.zone) if savings else None


@dataclass(frozen=True, kw_only=True)
class PriceCalendarDescription(CalendarEntityDescription):
    """Describes a calendar of the prices in one direction."""

    schedule_fn: Callable[[PriceCoordinator], PriceSchedule]


PRICE_CALENDARS: Final = (
    PriceCalendarDescription(key="import_prices", schedule_fn=lambda coordinator: coordinator.import_prices),
    PriceCalendarDescription(key="export_prices", schedule_fn=lambda coordinator: coordinator.export_prices),
)


class PriceCalendar(PriceEntity, CalendarEntity):
    """One event for each price period, from the tariff that is valid now."""

    entity_description: PriceCalendarDescription

    @property
    @override
    def available(self) -> bool:
        return super().available and self.coordinator.data.tariff is not None

    @override
    def shown(self) -> object:
        return self.event

    @property
    @override
    def event(self) -> CalendarEvent | None:
        interval = self.entity_description.schedule_fn(self.coordinator).price_at(dt_util.utcnow())
        return self._calendar_event(interval) if interval else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        if end_date - start_date > LONGEST_RANGE + timedelta(days=1):
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="range_too_long")
        intervals = self.entity_description.schedule_fn(self.coordinator).intervals(start_date, end_date)
        return [event for interval in intervals if (event := self._calendar_event(interval))]

    def _calendar_event(self, interval: PriceInterval) -> CalendarEvent | None:
        price = interval.price
        if price is None:
            return None
        lines = [price.period or ""]
        lines += [f"{component.name}: {component.rate:g}" for component in price.components]
        if price.base_rate:
            lines.append("Base rate; the price depends on the consumption")
        zone = self.coordinator.zone
        return CalendarEvent(
            summary=f"{price.rate:g} {self.coordinator.currency}/kWh",
            description="\n".join(line for line in lines if line) or None,
            start=interval.start.astimezone(zone),
            end=interval.end.astimezone(zone),
        )


def add_price_entities(
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    kinds: Mapping[type[PriceEntity], Iterable[EntityDescription]],
) -> None:
    """Add entities of the prices once the currency is settled, so that no unit changes afterwards."""
    runtime = entry.runtime_data
    if (coordinator := runtime.prices) is None:
        return
    add_entities_while(
        entry,
        runtime.currency,
        async_add_entities,
        lambda: coordinator.currency is not None,
        lambda: [
            kind(
                coordinator,
                description,
                site_name=entry.title,
                site_device_id=runtime.chargers.site_device_id,
            )
            for kind, descriptions in kinds.items()
            for description in descriptions
        ],
    )
