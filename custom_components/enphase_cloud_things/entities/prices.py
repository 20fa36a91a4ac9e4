"""Entities of energy prices and savings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..actions.days import LONGEST_RANGE, within_reach
from ..const import DOMAIN
from ..days import local_day, start_of_day
from ..devices import ServiceDevice
from ..enlighten import Savings
from ..prices.coordinator import PriceCoordinator, PricePart, PriceSnapshot
from ..prices.intervals import PriceInterval, PriceSchedule
from ..runtime import EnphaseConfigEntry
from .calendar_event import ExactCalendarEvent, calendar_text
from .service import ServiceEntity, add_service_entities


class PriceEntity(ServiceEntity[PriceSnapshot]):
    """An entity of the prices of a site."""

    coordinator: PriceCoordinator


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceDirection:
    """Energy from the grid, or to it: what is known of its price, and whether anything is."""

    schedule_fn: Callable[[PriceCoordinator], PriceSchedule]
    known_fn: Callable[[PriceSnapshot, date], bool]


IMPORT: Final = PriceDirection(
    schedule_fn=lambda coordinator: coordinator.import_prices,
    known_fn=lambda prices, _today: prices.tariff is not None,
)
EXPORT: Final = PriceDirection(
    schedule_fn=lambda coordinator: coordinator.export_prices,
    known_fn=lambda prices, today: prices.knows_export_of(today),
)


@dataclass(frozen=True, kw_only=True)
class PriceDescription(EntityDescription):
    """Describes an entity of the prices in one direction."""

    direction: PriceDirection


class DirectionEntity(PriceEntity):
    """An entity of the prices in one direction."""

    entity_description: PriceDescription

    @property
    @override
    def available(self) -> bool:
        known_fn = self.entity_description.direction.known_fn
        return super().available and known_fn(self.coordinator.data, self.coordinator.today)

    @property
    def schedule(self) -> PriceSchedule:
        """The prices."""
        return self.entity_description.direction.schedule_fn(self.coordinator)

    @property
    def interval(self) -> PriceInterval | None:
        """The price of now, `None` while it is unknown."""
        return self.schedule.price_at(dt_util.utcnow())


@dataclass(frozen=True, kw_only=True)
class PriceSensorDescription(SensorEntityDescription, PriceDescription):
    """Describes a sensor of the price of now in one direction."""


PRICE_SENSORS: Final = (
    PriceSensorDescription(key="import_price", state_class=SensorStateClass.MEASUREMENT, direction=IMPORT),
    PriceSensorDescription(key="export_price", state_class=SensorStateClass.MEASUREMENT, direction=EXPORT),
)


class PriceSensor(DirectionEntity, SensorEntity):
    """The price of now, which switches exactly at the boundary of a price period."""

    entity_description: PriceSensorDescription
    _unrecorded_attributes = frozenset({"rate_components", "period", "valid_until", "base_rate"})

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        return f"{self.coordinator.currency}/kWh"

    @property
    @override
    def native_value(self) -> float | None:
        interval = self.interval
        return interval.price.rate if interval and interval.price else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        interval = self.interval
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

    @property
    @override
    def available(self) -> bool:
        is_failing = PricePart.SAVINGS in self.coordinator.data.failing
        return super().available and (self._savings is not None or not is_failing)

    @property
    def _savings(self) -> Savings | None:
        """What is known of today: yesterday's figures are not shown as today's."""
        return self.coordinator.data.savings_of(self.coordinator.today)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        return self.coordinator.currency

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value_fn(self._savings) if self._savings else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        return start_of_day(self._savings.day, self.coordinator.zone) if self._savings else None


@dataclass(frozen=True, kw_only=True)
class PriceCalendarDescription(CalendarEntityDescription, PriceDescription):
    """Describes a calendar of the prices in one direction."""


PRICE_CALENDARS: Final = (
    PriceCalendarDescription(key="import_prices", direction=IMPORT),
    PriceCalendarDescription(key="export_prices", direction=EXPORT),
)


class PriceCalendar(DirectionEntity, CalendarEntity):
    """One event for each price period, from the tariff that is valid now."""

    entity_description: PriceCalendarDescription

    @property
    @override
    def event(self) -> CalendarEvent | None:
        return self._calendar_event(self.interval) if self.interval else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        for moment in (start_date, end_date):
            within_reach(moment.date())
        zone = self.coordinator.zone
        if local_day(end_date, zone) - local_day(start_date, zone) > LONGEST_RANGE:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="range_too_long")
        intervals = self.schedule.intervals(dt_util.as_utc(start_date), dt_util.as_utc(end_date))
        return [event for interval in intervals if (event := self._calendar_event(interval))]

    def _calendar_event(self, interval: PriceInterval) -> CalendarEvent | None:
        price = interval.price
        if price is None:
            return None
        lines = [price.period] if price.period else []
        lines += [f"{component.name}: {component.rate:g}" for component in price.components]
        if price.base_rate:
            lines.append(calendar_text(self.hass, self.entity_description.key, "base_rate"))
        zone = self.coordinator.zone
        return ExactCalendarEvent(
            summary=f"{price.rate:g} {self.coordinator.currency}/kWh",
            description="\n".join(lines) or None,
            start=interval.start.astimezone(zone),
            end=interval.end.astimezone(zone),
        )


def add_price_entities(
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    kinds: Mapping[type[ServiceEntity[PriceSnapshot]], Iterable[EntityDescription]],
) -> None:
    """Add entities of the prices once their unit is settled, so that it does not change afterwards."""
    if (coordinator := entry.runtime_data.prices) is not None:
        add_service_entities(
            entry,
            async_add_entities,
            coordinator,
            ServiceDevice.MONETARY,
            kinds,
            wanted=lambda: coordinator.settled,
        )
