"""What the entities of a site's service devices (its virtual power plant, its energy prices) have in common."""

from collections.abc import Callable, Iterable, Mapping

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import ClockCoordinator
from ..devices import ServiceDevice, service_device_info
from ..entity import EnphaseEntity, add_entities_while
from ..runtime import EnphaseConfigEntry


class ServiceEntity[DataT](EnphaseEntity[DataT]):
    """An entity of a service device of a site. What it shows follows the clock as well as the cloud."""

    coordinator: ClockCoordinator[DataT]

    def __init__(
        self, coordinator: ClockCoordinator[DataT], description: EntityDescription, device_info: DeviceInfo
    ) -> None:
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{coordinator.site_id}_{description.key}"
        self._attr_device_info = device_info


def add_service_entities[DataT](
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    coordinator: ClockCoordinator[DataT],
    device: ServiceDevice,
    kinds: Mapping[type[ServiceEntity[DataT]], Iterable[EntityDescription]],
    *,
    wanted: Callable[[], bool],
) -> None:
    """Add the entities of a service device while they are wanted."""
    device_info = service_device_info(device, entry, entry.runtime_data.chargers.site_device_id)

    def create() -> list[ServiceEntity[DataT]]:
        return [
            kind(coordinator, description, device_info)
            for kind, descriptions in kinds.items()
            for description in descriptions
        ]

    add_entities_while(entry, coordinator, async_add_entities, wanted, create)
