"""Entities that tell about the link to the cloud, also while it is down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import StateType

from ..chargers.coordinator import ChargerCoordinator, latency
from ..chargers.site import SiteSnapshot
from ..const import DIAGNOSTIC_STATE_PERIOD
from ..devices import ServiceDevice
from ..entity import EnphaseEntity


class SiteEntity(EnphaseEntity[SiteSnapshot]):
    """An entity of a site that tells about the link to the cloud, and therefore does so when the link is down, too."""

    coordinator: ChargerCoordinator

    def __init__(self, coordinator: ChargerCoordinator, key: str) -> None:
        super().__init__(coordinator, context=partial(attrgetter("is_reachable"), coordinator))
        self._attr_translation_key = key
        self._attr_unique_id = f"{coordinator.site_id}_{key}"
        self._attr_device_info = DeviceInfo(identifiers={ServiceDevice.SITE.identifier(coordinator.site_id)})

    @property
    @override
    def available(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class SiteSensorDescription(SensorEntityDescription):
    """Describes a figure about the link to the cloud."""

    value_fn: Callable[[ChargerCoordinator], StateType | datetime]
    attributes_fn: Callable[[ChargerCoordinator], dict[str, object]] | None = None


SITE_SENSORS: Final = (
    SiteSensorDescription(
        key="last_successful_update",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.last_success,
    ),
    SiteSensorDescription(
        key="cloud_latency",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=latency,
    ),
    SiteSensorDescription(
        key="requests_last_hour",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda coordinator: coordinator.transport.requests_last_hour,
        attributes_fn=lambda coordinator: {"budget": coordinator.transport.budget},
    ),
)


class SiteSensor(SiteEntity, SensorEntity):
    """A figure about the link to the cloud.

    It would change with every single request, so it is looked at only every few minutes, and when the link breaks or
    recovers.
    """

    entity_description: SiteSensorDescription

    def __init__(self, coordinator: ChargerCoordinator, description: SiteSensorDescription) -> None:
        super().__init__(coordinator, description.key)
        self.entity_description = description
        self._look()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._look_again, DIAGNOSTIC_STATE_PERIOD))

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._look_again()

    @callback
    def _look_again(self, _now: datetime | None = None) -> None:
        self._look()
        self.write_if_changed()

    def _look(self) -> None:
        description = self.entity_description
        self._attr_native_value = description.value_fn(self.coordinator)
        self._attr_extra_state_attributes = (
            description.attributes_fn(self.coordinator) if description.attributes_fn else {}
        )


class CloudReachable(SiteEntity, BinarySensorEntity):
    """Whether the last status answer is young enough."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, coordinator: ChargerCoordinator) -> None:
        super().__init__(coordinator, "cloud_reachable")

    @property
    @override
    def is_on(self) -> bool:
        return self.coordinator.is_reachable
