"""The current that the next start will ask for."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calc.amps import AmpsBounds, amps_bounds
from .const import FALLBACK_MAX_AMPS, FALLBACK_MIN_AMPS
from .entity import ChargerCommandEntity, ChargerEntityDescription, add_charger_entities
from .runtime import EnphaseConfigEntry

PARALLEL_UPDATES = 1

FALLBACK_BOUNDS: Final = AmpsBounds(low=FALLBACK_MIN_AMPS, high=FALLBACK_MAX_AMPS)


@dataclass(frozen=True, kw_only=True)
class ChargerNumberDescription(ChargerEntityDescription, NumberEntityDescription):
    """Describes a number of a charger."""


CHARGING_AMPS: Final = ChargerNumberDescription(
    key="charging_amps",
    device_class=NumberDeviceClass.CURRENT,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
    mode=NumberMode.SLIDER,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the numbers of every charger."""
    runtime = entry.runtime_data
    add_charger_entities(
        entry,
        runtime.chargers,
        async_add_entities,
        [CHARGING_AMPS],
        lambda coordinator, description, serial: ChargingAmps(runtime.commands, coordinator, description, serial),
    )


class ChargingAmps(ChargerCommandEntity, NumberEntity):
    """The setpoint in the bounds and steps of the charger. Setting it starts nothing."""

    entity_description: ChargerNumberDescription

    @override
    def shown(self) -> object:
        return (self.native_value, self._bounds)

    @property
    def _bounds(self) -> AmpsBounds:
        return amps_bounds(self.charger.summary) or FALLBACK_BOUNDS

    @property
    @override
    def native_value(self) -> float | None:
        return self.charger.setpoint

    @property
    @override
    def native_min_value(self) -> float:
        return self._bounds.low

    @property
    @override
    def native_max_value(self) -> float:
        return self._bounds.high

    @property
    @override
    def native_step(self) -> float:
        return self._bounds.step

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.commands.async_set_amps(self.serial, int(value))
