"""Switches: charging itself, and settings that are on or off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calc.pending import CHARGING_COMMANDS
from .calc.status import session_active
from .entity import ChargerCommandEntity, ChargerEntityDescription, add_charger_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ChargerSwitchDescription(ChargerEntityDescription, SwitchEntityDescription):
    """Describes a switch of a charger."""


CHARGING: Final = ChargerSwitchDescription(key="charging", name=None)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of every charger."""
    runtime = entry.runtime_data
    add_charger_entities(
        entry,
        runtime.chargers,
        async_add_entities,
        [CHARGING],
        lambda coordinator, description, serial: ChargingSwitch(runtime.commands, coordinator, description, serial),
    )


class ChargingSwitch(ChargerCommandEntity, SwitchEntity):
    """On while a session is active; the device's main entity.

    The state is what the cloud measured. What was asked for and is not yet seen stands in the attribute `pending`.
    """

    entity_description: ChargerSwitchDescription

    @override
    def shown(self) -> object:
        return (self.is_on, self.extra_state_attributes)

    @property
    @override
    def is_on(self) -> bool | None:
        status = self.charger.status
        return session_active(status) if status else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object]:
        pending = next((each.kind for each in self.charger.pending if each.kind in CHARGING_COMMANDS), None)
        return {"pending": pending}

    @override
    async def async_turn_on(self, **kwargs: object) -> None:
        await self.commands.async_start(self.serial)

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self.commands.async_stop(self.serial)
