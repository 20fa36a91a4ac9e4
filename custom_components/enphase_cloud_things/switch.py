"""Switches: charging itself, and settings that are on or off."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.command import CHARGING_COMMANDS
from .chargers.configuration import APP_AUTHENTICATION_KEY, app_authentication, setting
from .chargers.snapshot import ChargerSnapshot
from .chargers.status import session_active
from .commands.commands import Commands
from .entity import ChargerCommandEntity, ChargerEntityDescription, add_command_entities
from .runtime import EnphaseConfigEntry

# Each charger has a lock of its own, and a stop waits for no other charger
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ChargerSwitchDescription(ChargerEntityDescription, SwitchEntityDescription):
    """Describes a switch of a charger: what it shows and the wish it stands for."""

    is_on_fn: Callable[[ChargerSnapshot], bool | None]
    turn_fn: Callable[[Commands, str, bool], Awaitable[object]]
    attributes_fn: Callable[[ChargerSnapshot], Mapping[str, object]] | None = None


def _pending(charger: ChargerSnapshot) -> Mapping[str, object]:
    """Tell what was asked for and is not seen yet; the state itself is what the cloud measured."""
    return {"pending": next((each.kind for each in charger.pending if each.kind in CHARGING_COMMANDS), None)}


SWITCHES: Final = (
    ChargerSwitchDescription(
        key="charging",
        name=None,
        is_on_fn=lambda charger: session_active(charger.status) if charger.status else None,
        turn_fn=lambda commands, serial, on: commands.async_start(serial) if on else commands.async_stop(serial),
        attributes_fn=_pending,
    ),
    ChargerSwitchDescription(
        key="green_use_battery",
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda charger: charger.green is not None and charger.green.use_battery is not None,
        is_on_fn=lambda charger: charger.green.use_battery if charger.green else None,
        turn_fn=lambda commands, serial, on: commands.async_set_use_battery(serial, on),
    ),
    ChargerSwitchDescription(
        key="app_authentication",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=lambda charger: setting(charger.configuration or (), APP_AUTHENTICATION_KEY) is not None,
        is_on_fn=lambda charger: app_authentication(charger.configuration or ()),
        turn_fn=lambda commands, serial, on: commands.async_set_app_authentication(serial, on),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of every charger."""
    add_command_entities(entry, async_add_entities, SWITCHES, ChargerSwitch)


class ChargerSwitch(ChargerCommandEntity, SwitchEntity):
    """A switch of one charger, which shows what is and not what was asked for."""

    entity_description: ChargerSwitchDescription

    @override
    def shown(self) -> object:
        return (self.is_on, self.extra_state_attributes)

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.charger)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        attributes_fn = self.entity_description.attributes_fn
        return attributes_fn(self.charger) if attributes_fn else None

    @override
    async def async_turn_on(self, **kwargs: object) -> None:
        await self.entity_description.turn_fn(self.commands, self.serial, True)

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self.entity_description.turn_fn(self.commands, self.serial, False)
