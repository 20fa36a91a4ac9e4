"""What all entities share: writing a state only when it has changed, and being added late."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator


class EnphaseEntity[DataT](CoordinatorEntity[DataUpdateCoordinator[DataT]]):
    """An entity that follows a coordinator and stays silent while its state is the same.

    Of what it looks at something else may have changed; without the comparison its state would be written again.
    """

    _attr_has_entity_name = True
    _written: object = None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._written = self._to_write()

    @callback
    def write_if_changed(self) -> None:
        """Write the state if it differs from the one that was written last."""
        if (to_write := self._to_write()) != self._written:
            self._written = to_write
            self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self.write_if_changed()

    def _to_write(self) -> object:
        """Return what Home Assistant would write, `None` while unavailable."""
        if not self.available:
            return None
        return (self.state, self.capability_attributes, self.state_attributes, self.extra_state_attributes)


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

    call_until_unload(entry, coordinator, look)


def call_until_unload[DataT](
    entry: ConfigEntry,
    coordinator: DataUpdateCoordinator[DataT],
    look: Callable[[], None],
    context: object | None = None,
) -> None:
    """Call now and at every update that concerns the `context` until the entry begins to unload."""
    look()
    entry.async_on_unload(coordinator.async_add_listener(while_in_use(entry, look), context))


def while_in_use(entry: ConfigEntry, look: Callable[[], None]) -> CALLBACK_TYPE:
    """Return a listener that calls until the entry begins to unload.

    What is called may add entities; added to a platform that is going, they would stay behind and keep those of the
    next start out.
    """

    @callback
    def look_while_in_use() -> None:
        if entry.state is not ConfigEntryState.UNLOAD_IN_PROGRESS:
            look()

    return look_while_in_use
