"""What the entities of a charger have in common, and how they are added."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Final, override

from homeassistant.core import Context, callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..chargers.charger import ChargerSnapshot
from ..chargers.command import LEVEL_REFUSED, Outcome
from ..chargers.coordinator import ChargerCoordinator, of_all
from ..chargers.site import SiteSnapshot
from ..commands.commands import Commands
from ..devices import charger_device_info
from ..entity import EnphaseEntity, call_until_unload
from ..errors import validation_error
from ..runtime import EnphaseConfigEntry

_SENTENCES: Final[Mapping[Outcome, str]] = {
    Outcome.NOT_PLUGGED_IN: "nothing_to_start",
    Outcome.NOT_CHARGING: "nothing_to_stop",
    Outcome.ALREADY_CHARGING: "charging_already",
}
"""What a person is told who asks for what needs nothing to be done."""


@dataclass(frozen=True, kw_only=True)
class ChargerEntityDescription(EntityDescription):
    """Describes an entity of a charger.

    `exists_fn` returns whether the charger has the capability, `part_fn` what of the charger the entity shows: while
    that is the same, the entity has nothing to compute.
    """

    exists_fn: Callable[[ChargerSnapshot], bool] = lambda _: True
    part_fn: Callable[[ChargerSnapshot], object] = lambda charger: charger


_CAPABILITIES: Final = attrgetter("green", "configuration", "schedule", "firmware")
"""What decides on the entities that a charger has."""


@dataclass(frozen=True, kw_only=True)
class ScheduleEntityDescription(ChargerEntityDescription):
    """Describes an entity of a charger that has schedules."""

    exists_fn: Callable[[ChargerSnapshot], bool] = lambda charger: charger.schedule is not None
    part_fn: Callable[[ChargerSnapshot], object] = attrgetter("schedule")


class ChargerEntity(EnphaseEntity[SiteSnapshot]):
    """An entity of one charger."""

    coordinator: ChargerCoordinator
    entity_description: ChargerEntityDescription

    def __init__(self, coordinator: ChargerCoordinator, description: ChargerEntityDescription, serial: str) -> None:
        super().__init__(coordinator, context=self._view)
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
    def may_be_controlled(self) -> bool:
        """Whether the account has the right to control the charger, as far as the cloud tells."""
        charger = self.coordinator.records.get(self.serial)
        return charger is None or charger.may_be_controlled

    @callback
    @override
    def write_if_changed(self) -> None:
        """Write the state if it has changed, in the name of whoever asked for what the last reading has confirmed."""
        charger = self.coordinator.data.chargers.get(self.serial)
        if charger is not None and charger.cause is not None:
            self.async_set_context(charger.cause)
        super().write_if_changed()

    @property
    @override
    def available(self) -> bool:
        """Whether the cloud lists the charger, and its last answer is young enough; one lost poll is no outage."""
        if not self.coordinator.is_reachable:
            return False
        charger = self.coordinator.data.chargers.get(self.serial)
        return charger is not None and charger.present

    def _view(self) -> object:
        """Return what the entity shows; all times are shown on the clock of the site."""
        site = self.coordinator.data
        charger = site.chargers.get(self.serial)
        if charger is None or not charger.present or not self.coordinator.is_reachable:
            return None
        return self.entity_description.part_fn(charger), site.time_zone


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
        self.caller: Context | None = None

    @property
    @override
    def available(self) -> bool:
        """Whether the account may control the charger, and its state is known."""
        return super().available and self.may_be_controlled

    @override
    def _view(self) -> object:
        return super()._view(), self.may_be_controlled

    @callback
    @override
    def async_set_context(self, context: Context) -> None:
        """Note who calls."""
        self.caller = context
        super().async_set_context(context)

    async def async_start_or_stop(self, *, on: bool) -> None:
        """Start or stop charging, and tell a person who asked for it why nothing, or not all of it, is done.

        An automation or a script that asks for what is already so has made no mistake.
        """
        caller, act = self.caller, self.commands.async_start if on else self.commands.async_stop
        command = await act(self.serial, context=caller)
        is_person = caller is not None and caller.user_id is not None and caller.parent_id is None
        sentence = "started_without_level" if command.reason == LEVEL_REFUSED else _SENTENCES.get(command.outcome)
        if is_person and sentence:
            raise validation_error(sentence, self.charger.name, amps=str(self.charger.setpoint))


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

    call_until_unload(entry, coordinator, add_new, of_all(coordinator, _CAPABILITIES))


def add_command_entities[DescriptionT: ChargerEntityDescription](
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[DescriptionT],
    create: Callable[[Commands, ChargerCoordinator, DescriptionT, str], Entity],
) -> None:
    """Add entities that command chargers, for every charger that has them."""
    add_charger_entities(entry, async_add_entities, descriptions, partial(create, entry.runtime_data.commands))
