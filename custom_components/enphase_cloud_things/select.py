"""The charge mode a person chose."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.modes import OPTION_TO_MODE, offered_options, option_of
from .entity import ChargerCommandEntity, ChargerEntityDescription, add_command_entities
from .runtime import EnphaseConfigEntry

# Each charger has a lock of its own, and a stop waits for no other charger
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ChargerSelectDescription(ChargerEntityDescription, SelectEntityDescription):
    """Describes a choice of a charger."""


CHARGE_MODE: Final = ChargerSelectDescription(key="charge_mode")


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the choices of every charger."""
    add_command_entities(entry, async_add_entities, [CHARGE_MODE], ChargeModeSelect)


class ChargeModeSelect(ChargerCommandEntity, SelectEntity):
    """The stored preference, which may differ from what the charger does now."""

    entity_description: ChargerSelectDescription

    @override
    def shown(self) -> object:
        return (self.current_option, self.options)

    @property
    @override
    def options(self) -> list[str]:
        return offered_options(self.charger.preference)

    @property
    @override
    def current_option(self) -> str | None:
        return option_of(self.charger.mode)

    @override
    async def async_select_option(self, option: str) -> None:
        await self.commands.async_set_mode(self.serial, OPTION_TO_MODE[option])
