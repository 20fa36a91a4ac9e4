"""Yes-or-no facts about the chargers and about the link to the cloud."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .chargers.coordinator import ChargerCoordinator
from .chargers.status import drawing_power, faulted, plugged_in
from .enlighten import ChargerStatus
from .entities.vpp import VPP_BINARY_SENSORS, VppBinarySensor, add_vpp_entities
from .entity import ChargerEntity, ChargerEntityDescription, SiteEntity, add_charger_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ChargerBinarySensorDescription(ChargerEntityDescription, BinarySensorEntityDescription):
    """Describes a yes-or-no fact of a charger."""

    is_on_fn: Callable[[ChargerStatus], bool | None]


def _load_balancing_active(status: ChargerStatus) -> bool | None:
    known = [c.load_balancing_active for c in status.connectors if c.load_balancing_active is not None]
    return any(known) if known else None


BINARY_SENSORS: Final = (
    ChargerBinarySensorDescription(
        key="plugged_in",
        device_class=BinarySensorDeviceClass.PLUG,
        is_on_fn=plugged_in,
    ),
    ChargerBinarySensorDescription(
        key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        is_on_fn=drawing_power,
    ),
    ChargerBinarySensorDescription(
        key="faulted",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=faulted,
    ),
    ChargerBinarySensorDescription(
        key="connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda status: status.connected,
    ),
    ChargerBinarySensorDescription(
        key="commissioned",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        is_on_fn=lambda status: status.commissioned,
    ),
    ChargerBinarySensorDescription(
        key="load_balancing_active",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        is_on_fn=_load_balancing_active,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of the site and of its chargers."""
    coordinator = entry.runtime_data.chargers
    async_add_entities([CloudReachable(coordinator)])
    add_charger_entities(entry, coordinator, async_add_entities, BINARY_SENSORS, ChargerBinarySensor)
    add_vpp_entities(entry, async_add_entities, {VppBinarySensor: VPP_BINARY_SENSORS})


class ChargerBinarySensor(ChargerEntity, BinarySensorEntity):
    """A yes-or-no fact of one charger."""

    entity_description: ChargerBinarySensorDescription

    @override
    def shown(self) -> object:
        return self.is_on

    @property
    @override
    def is_on(self) -> bool | None:
        status = self.charger.status
        return self.entity_description.is_on_fn(status) if status else None


class CloudReachable(SiteEntity, BinarySensorEntity):
    """Whether the last good status answer is younger than two polling intervals.

    Nothing happens when answers stop coming, so the entity looks at the clock itself at the moment when the last
    answer would become too old.
    """

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _cancel_check: CALLBACK_TYPE | None = None

    def __init__(self, coordinator: ChargerCoordinator) -> None:
        """Tie the entity to its site."""
        super().__init__(coordinator, "cloud_reachable")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._arm()
        self.async_on_remove(self._disarm)

    @override
    def shown(self) -> object:
        return self.is_on

    @property
    @override
    def is_on(self) -> bool:
        return dt_util.utcnow() < self.coordinator.reachable_until

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._arm()
        super()._handle_coordinator_update()

    @callback
    def _check(self, _now: datetime) -> None:
        self._cancel_check = None
        self._handle_coordinator_update()

    @callback
    def _arm(self) -> None:
        self._disarm()
        if self.is_on:
            self._cancel_check = async_track_point_in_utc_time(self.hass, self._check, self.coordinator.reachable_until)

    @callback
    def _disarm(self) -> None:
        if self._cancel_check:
            self._cancel_check()
            self._cancel_check = None
