"""Currents that a person sets: the one of the next start, and the charger's own default."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription
from homeassistant.const import EntityCategory, UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .chargers.amps import AmpsBounds, amps_bounds
from .chargers.configuration import DEFAULT_LEVEL_KEY, default_charge_level, setting
from .chargers.snapshot import ChargerSnapshot
from .commands.commands import Commands
from .const import FALLBACK_MAX_AMPS, FALLBACK_MIN_AMPS
from .entity import ChargerCommandEntity, ChargerEntityDescription, add_command_entities
from .errors import invalid_wish
from .runtime import EnphaseConfigEntry

# Each charger has a lock of its own, and a stop waits for no other charger
PARALLEL_UPDATES = 0

FALLBACK_BOUNDS: Final = AmpsBounds(low=FALLBACK_MIN_AMPS, high=FALLBACK_MAX_AMPS)


@dataclass(frozen=True, kw_only=True)
class ChargerNumberDescription(ChargerEntityDescription, NumberEntityDescription):
    """Describes a current (A) that a person sets for a charger."""

    value_fn: Callable[[ChargerSnapshot], int | None]
    set_fn: Callable[[Commands, str, int], Awaitable[None]]


NUMBERS: Final = (
    ChargerNumberDescription(
        key="charging_amps",
        device_class=NumberDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        value_fn=lambda charger: charger.setpoint,
        set_fn=lambda commands, serial, amps: commands.async_set_amps(serial, amps),
    ),
    ChargerNumberDescription(
        key="default_charge_level",
        device_class=NumberDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=lambda charger: setting(charger.configuration or (), DEFAULT_LEVEL_KEY) is not None,
        value_fn=lambda charger: default_charge_level(charger.configuration or ()),
        set_fn=lambda commands, serial, amps: commands.async_set_default_level(serial, amps),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the numbers of every charger."""
    add_command_entities(entry, async_add_entities, NUMBERS, ChargerNumber)


class ChargerNumber(ChargerCommandEntity, NumberEntity):
    """A current in the bounds and steps of the charger."""

    entity_description: ChargerNumberDescription

    @override
    def shown(self) -> object:
        return (self.native_value, self._bounds)

    @property
    def _bounds(self) -> AmpsBounds:
        return amps_bounds(self.charger.summary) or FALLBACK_BOUNDS

    @property
    @override
    def native_value(self) -> int | None:
        return self.entity_description.value_fn(self.charger)

    @property
    @override
    def native_min_value(self) -> int:
        return self._bounds.low

    @property
    @override
    def native_max_value(self) -> int:
        return self._bounds.high

    @property
    @override
    def native_step(self) -> int:
        return self._bounds.step

    @override
    async def async_set_native_value(self, value: float) -> None:
        if not value.is_integer():
            bounds = self._bounds
            raise invalid_wish(
                "amps_not_offered",
                self.charger.name,
                amps=f"{value:g}",
                low=str(bounds.low),
                high=str(bounds.high),
                step=str(bounds.step),
            )
        await self.entity_description.set_fn(self.commands, self.serial, int(value))
