"""Buttons that start and stop charging, always pressable."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commands.commands import Commands
from .entity import ChargerCommandEntity, ChargerEntityDescription, add_command_entities
from .runtime import EnphaseConfigEntry

# Each charger has a lock of its own, and a stop waits for no other charger
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ChargerButtonDescription(ChargerEntityDescription, ButtonEntityDescription):
    """Describes a button of a charger and the wish it stands for."""

    press_fn: Callable[[Commands, str], Awaitable[object]]


BUTTONS: Final = (
    ChargerButtonDescription(
        key="start_charging",
        press_fn=lambda commands, serial: commands.async_start(serial),
    ),
    ChargerButtonDescription(
        key="stop_charging",
        press_fn=lambda commands, serial: commands.async_stop(serial),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of every charger."""
    add_command_entities(entry, async_add_entities, BUTTONS, ChargerButton)


class ChargerButton(ChargerCommandEntity, ButtonEntity):
    """A button of one charger. It can be pressed even while its state is unknown: stopping is always allowed."""

    entity_description: ChargerButtonDescription

    @property
    @override
    def available(self) -> bool:
        return True

    @override
    def shown(self) -> object:
        return None

    @override
    async def async_press(self) -> None:
        await self.entity_description.press_fn(self.commands, self.serial)
