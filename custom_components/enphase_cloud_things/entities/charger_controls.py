"""Controls of a charger: switches, buttons, choices and currents. They show what is, not what was asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, UnitOfElectricCurrent

from ..chargers.charger import ChargerSnapshot
from ..chargers.command import CHARGING_COMMANDS
from ..chargers.settings import (
    APP_AUTHENTICATION_KEY,
    DEFAULT_LEVEL_KEY,
    OPTION_TO_MODE,
    AmpsBounds,
    amps_bounds,
    app_authentication,
    default_charge_level,
    offered_options,
    option_of,
    setting,
)
from ..commands.commands import Commands
from ..const import FALLBACK_MAX_AMPS, FALLBACK_MIN_AMPS
from .charger import ChargerCommandEntity, ChargerEntityDescription

FALLBACK_BOUNDS: Final = AmpsBounds(low=FALLBACK_MIN_AMPS, high=FALLBACK_MAX_AMPS)


@dataclass(frozen=True, kw_only=True)
class ChargerSwitchDescription(ChargerEntityDescription, SwitchEntityDescription):
    """Describes a switch of a charger: what it shows and what turning it does."""

    is_on_fn: Callable[[ChargerSnapshot], bool | None]
    turn_fn: Callable[[ChargerCommandEntity, bool], Awaitable[None]]
    attributes_fn: Callable[[ChargerSnapshot], Mapping[str, object]] | None = None


def _commands(charger: ChargerSnapshot) -> Mapping[str, object]:
    """Return what was asked for and is not seen yet, and what became of the last start or stop."""
    return {
        "pending": next((each.kind for each in charger.pending if each.kind in CHARGING_COMMANDS), None),
        "last_outcome": charger.last_command.outcome if charger.last_command else None,
    }


SWITCHES: Final = (
    ChargerSwitchDescription(
        key="charging",
        name=None,
        is_on_fn=lambda charger: charger.session_active,
        turn_fn=lambda entity, on: entity.async_start_or_stop(on=on),
        attributes_fn=_commands,
    ),
    ChargerSwitchDescription(
        key="green_use_battery",
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda charger: charger.green is not None and charger.green.use_battery is not None,
        part_fn=attrgetter("green"),
        is_on_fn=lambda charger: charger.green.use_battery if charger.green else None,
        turn_fn=lambda entity, on: entity.commands.async_set_use_battery(entity.serial, on),
    ),
    ChargerSwitchDescription(
        key="app_authentication",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=lambda charger: setting(charger.configuration or (), APP_AUTHENTICATION_KEY) is not None,
        part_fn=attrgetter("configuration"),
        is_on_fn=lambda charger: app_authentication(charger.configuration or ()),
        turn_fn=lambda entity, on: entity.commands.async_set_app_authentication(entity.serial, on),
    ),
)


class ChargerSwitch(ChargerCommandEntity, SwitchEntity):
    """A switch of one charger, which shows what is and not what was asked for."""

    entity_description: ChargerSwitchDescription

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
        await self.entity_description.turn_fn(self, True)

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self.entity_description.turn_fn(self, False)


@dataclass(frozen=True, kw_only=True)
class ChargerButtonDescription(ChargerEntityDescription, ButtonEntityDescription):
    """Describes a button of a charger: whether it starts or stops."""

    starts: bool


BUTTONS: Final = (
    ChargerButtonDescription(key="start_charging", starts=True, part_fn=attrgetter("summary")),
    ChargerButtonDescription(key="stop_charging", starts=False, part_fn=attrgetter("summary")),
)


class ChargerButton(ChargerCommandEntity, ButtonEntity):
    """A button of one charger. It can be pressed even while its state is unknown: stopping is always allowed."""

    entity_description: ChargerButtonDescription

    @property
    @override
    def available(self) -> bool:
        return self.may_be_controlled

    @override
    async def async_press(self) -> None:
        await self.async_start_or_stop(on=self.entity_description.starts)


@dataclass(frozen=True, kw_only=True)
class ChargerNumberDescription(ChargerEntityDescription, NumberEntityDescription):
    """Describes a current (A) that a person sets for a charger."""

    value_fn: Callable[[ChargerSnapshot], int | None]
    set_fn: Callable[[Commands, str, float], Awaitable[None]]


NUMBERS: Final = (
    ChargerNumberDescription(
        key="charging_amps",
        device_class=NumberDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        part_fn=attrgetter("setpoint", "summary"),
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
        part_fn=attrgetter("configuration", "summary"),
        value_fn=lambda charger: default_charge_level(charger.configuration or ()),
        set_fn=lambda commands, serial, amps: commands.async_set_default_level(serial, int(amps)),
    ),
)


class ChargerNumber(ChargerCommandEntity, NumberEntity):
    """A current in the bounds and steps of the charger."""

    entity_description: ChargerNumberDescription

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
        await self.entity_description.set_fn(self.commands, self.serial, value)


@dataclass(frozen=True, kw_only=True)
class ChargerSelectDescription(ChargerEntityDescription, SelectEntityDescription):
    """Describes a choice of a charger."""


SELECTS: Final = (ChargerSelectDescription(key="charge_mode", part_fn=attrgetter("mode", "preference")),)


class ChargeModeSelect(ChargerCommandEntity, SelectEntity):
    """The stored preference, which may differ from what the charger does now."""

    entity_description: ChargerSelectDescription

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
