"""What all entities share: their device, their name, and writing a state only when what it shows has changed."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator

from .chargers.coordinator import ChargerCoordinator
from .chargers.snapshot import ChargerSnapshot, SiteSnapshot
from .commands.commands import Commands
from .devices import ServiceDevice, charger_device_info
from .runtime import EnphaseConfigEntry


class EnphaseEntity[DataT](CoordinatorEntity[DataUpdateCoordinator[DataT]]):
    """An entity that follows a coordinator and stays silent while it shows the same.

    The coordinator tells everybody about every change of its data; without the comparison each report of a charger
    would write the states of all entities again.
    """

    _attr_has_entity_name = True
    _shown: object = None

    @abstractmethod
    def shown(self) -> object:
        """Return everything that the written state depends on, as a value that compares equal while unchanged."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._shown = (self.available, self.shown())

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        shown = (self.available, self.shown())
        if shown != self._shown:
            self._shown = shown
            super()._handle_coordinator_update()


@dataclass(frozen=True, kw_only=True)
class ChargerEntityDescription(EntityDescription):
    """Describes an entity of a charger; `exists_fn` tells whether the charger has the capability."""

    exists_fn: Callable[[ChargerSnapshot], bool] = lambda _: True


class ChargerEntity(EnphaseEntity[SiteSnapshot]):
    """An entity of one charger."""

    coordinator: ChargerCoordinator
    entity_description: ChargerEntityDescription

    def __init__(self, coordinator: ChargerCoordinator, description: ChargerEntityDescription, serial: str) -> None:
        """Tie the entity to its charger and its device."""
        super().__init__(coordinator)
        self.entity_description = description
        self.serial = serial
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{serial}_{description.key}"
        self._attr_device_info = charger_device_info(self.charger, coordinator.site_device_id)

    @property
    def charger(self) -> ChargerSnapshot:
        """The charger as the coordinator last saw it."""
        return self.coordinator.data.chargers[self.serial]

    @property
    @override
    def available(self) -> bool:
        """Whether the cloud answers and lists the charger."""
        if not super().available:
            return False
        charger = self.coordinator.data.chargers.get(self.serial)
        return charger is not None and charger.present


class ChargerCommandEntity(ChargerEntity):
    """An entity of one charger that passes on wishes."""

    def __init__(
        self,
        commands: Commands,
        coordinator: ChargerCoordinator,
        description: ChargerEntityDescription,
        serial: str,
    ) -> None:
        """Tie the entity to its charger and to the one way for wishes."""
        super().__init__(coordinator, description, serial)
        self.commands = commands


class SiteEntity(EnphaseEntity[SiteSnapshot]):
    """An entity of a site that tells about the link to the cloud, and therefore does so when the link is down, too."""

    coordinator: ChargerCoordinator

    def __init__(self, coordinator: ChargerCoordinator, key: str) -> None:
        """Tie the entity to its site."""
        super().__init__(coordinator)
        self._attr_translation_key = key
        self._attr_unique_id = f"{coordinator.site_id}_{key}"
        self._attr_device_info = DeviceInfo(identifiers={ServiceDevice.SITE.identifier(coordinator.site_id)})

    @property
    @override
    def available(self) -> bool:
        return True


def add_entities_while[DataT](
    entry: ConfigEntry,
    coordinator: DataUpdateCoordinator[DataT],
    async_add_entities: AddConfigEntryEntitiesCallback,
    wanted: Callable[[], bool],
    create: Callable[[], Iterable[Entity]],
) -> None:
    """Add entities once there is something to show, and again after that has been gone for a while."""
    added = False

    @callback
    def look() -> None:
        nonlocal added
        if wanted() and not added:
            async_add_entities(create())
        added = wanted()

    _look_at_updates(entry, coordinator, look)


def add_charger_entities[DescriptionT: ChargerEntityDescription](
    entry: ConfigEntry,
    coordinator: ChargerCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[DescriptionT],
    create: Callable[[ChargerCoordinator, DescriptionT, str], Entity],
) -> None:
    """Add the entities of every charger, now and whenever a charger or a capability shows up later."""
    descriptions = tuple(descriptions)
    added: set[tuple[str, str]] = set()

    @callback
    def add_new() -> None:
        added.difference_update([known for known in added if known[0] not in coordinator.data.chargers])
        new = [
            (description, serial)
            for serial, charger in coordinator.data.chargers.items()
            for description in descriptions
            if (serial, description.key) not in added and description.exists_fn(charger)
        ]
        if new:
            added.update((serial, description.key) for description, serial in new)
            async_add_entities(create(coordinator, description, serial) for description, serial in new)

    _look_at_updates(entry, coordinator, add_new)


def _look_at_updates[DataT](
    entry: ConfigEntry, coordinator: DataUpdateCoordinator[DataT], look: Callable[[], None]
) -> None:
    """Look for entities to add, now and at every update until the entry begins to unload.

    Entities that are added to what is going stay behind, and keep those of the next start out.
    """

    @callback
    def look_while_in_use() -> None:
        if entry.state is not ConfigEntryState.UNLOAD_IN_PROGRESS:
            look()

    look()
    entry.async_on_unload(coordinator.async_add_listener(look_while_in_use))


def add_command_entities[DescriptionT: ChargerEntityDescription](
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[DescriptionT],
    create: Callable[[Commands, ChargerCoordinator, DescriptionT, str], Entity],
) -> None:
    """Add entities that pass on wishes, for every charger that has them."""
    runtime = entry.runtime_data
    add_charger_entities(entry, runtime.chargers, async_add_entities, descriptions, partial(create, runtime.commands))
