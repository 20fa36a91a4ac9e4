"""What the entities of a charger have in common, and how they are added."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..chargers.coordinator import ChargerCoordinator
from ..chargers.snapshot import ChargerSnapshot, SiteSnapshot
from ..commands.commands import Commands
from ..devices import charger_device_info
from ..entity import EnphaseEntity, call_until_unload
from ..runtime import EnphaseConfigEntry


@dataclass(frozen=True, kw_only=True)
class ChargerEntityDescription(EntityDescription):
    """Describes an entity of a charger; `exists_fn` tells whether the charger has the capability."""

    exists_fn: Callable[[ChargerSnapshot], bool] = lambda _: True


class ChargerEntity(EnphaseEntity[SiteSnapshot]):
    """An entity of one charger."""

    coordinator: ChargerCoordinator
    entity_description: ChargerEntityDescription

    def __init__(self, coordinator: ChargerCoordinator, description: ChargerEntityDescription, serial: str) -> None:
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
    """An entity of one charger that commands it."""

    def __init__(
        self,
        commands: Commands,
        coordinator: ChargerCoordinator,
        description: ChargerEntityDescription,
        serial: str,
    ) -> None:
        super().__init__(coordinator, description, serial)
        self.commands = commands


def add_charger_entities[DescriptionT: ChargerEntityDescription](
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[DescriptionT],
    create: Callable[[ChargerCoordinator, DescriptionT, str], Entity],
) -> None:
    """Add the entities of every charger, now and whenever a charger or a capability shows up later."""
    coordinator, descriptions = entry.runtime_data.chargers, tuple(descriptions)
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

    call_until_unload(entry, coordinator, add_new)


def add_command_entities[DescriptionT: ChargerEntityDescription](
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[DescriptionT],
    create: Callable[[Commands, ChargerCoordinator, DescriptionT, str], Entity],
) -> None:
    """Add entities that command chargers, for every charger that has them."""
    add_charger_entities(entry, async_add_entities, descriptions, partial(create, entry.runtime_data.commands))
