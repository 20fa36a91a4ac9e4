"""Charge modes and charger settings as the scheduler and the controller store them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..wire import CODE, Fields, JsonValue, Oddities, wire_field


class ChargeMode(StrEnum):
    """The mode a person chose for a charger (docs/api.md §6.1), with the cloud's wire values."""

    MANUAL = "MANUAL_CHARGING"
    SCHEDULED = "SCHEDULED_CHARGING"
    GREEN = "GREEN_CHARGING"
    SMART = "SMART_CHARGING"


_MODE_OF_KEY: Final[Mapping[str, str]] = {
    "manualCharging": ChargeMode.MANUAL,
    "scheduledCharging": ChargeMode.SCHEDULED,
    "greenCharging": ChargeMode.GREEN,
    "smartCharging": ChargeMode.SMART,
}
USE_BATTERY: Final = "USE_BATTERY_FOR_SELF_CONSUMPTION"
CONFIGURATION_KEYS: Final = (
    "sessionAuthentication",
    "rfidSessionAuthentication",
    "DefaultChargeLevel",
    "phase_switch_config",
    "ConnectorLock",
)
_CHANGE_PENDING: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeOption:
    """One mode that the cloud lists for a charger. `mode` is text, a `ChargeMode` where known."""

    mode: str
    enabled: bool | None = wire_field(lambda row: row.boolean("enabled"))
    hidden: bool | None = wire_field(lambda row: row.boolean("isHidden"))
    disabled_by_storm: bool | None = wire_field(lambda row: row.boolean("isDisabledByStorm"))

    @classmethod
    def from_wire(cls, key: str, row: Fields) -> ModeOption:
        """Read one mode; short replies name it by the key alone."""
        return row.build(cls, mode=row.word(ChargeMode, "chargingMode") or _MODE_OF_KEY.get(key, key))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModePreference:
    """The stored preference and what else is on offer (docs/api.md §6.1).

    `selected` is text, a `ChargeMode` where known, and `None` when no mode is enabled. `synced` is
    false while the change has not reached the charger, `storm_active` says that Storm Guard is at work.
    """

    selected: str | None = None
    options: tuple[ModeOption, ...] = ()
    synced: bool | None = None
    storm_active: bool | None = None

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> ModePreference:
        """Read a preference."""
        data = Fields.of_reply(value, "mode", oddities).fields("data")
        options = tuple(ModeOption.from_wire(key, row) for key, row in data.fields("modes").entries())
        selected = next((option.mode for option in options if option.enabled), None)
        config = data.fields("config")
        return cls(
            selected=selected, options=options, synced=_synced(config), storm_active=config.boolean("stormActive")
        )


def _synced(config: Fields) -> bool | None:
    status = config.text("modeSyncStatus")
    if config.boolean("pendingModesOffGrid"):
        return False
    return None if status is None else status.lower() == "synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenSettings:
    """Settings of green charging (docs/api.md §6.3).

    `use_battery` is `None` where the charger has no such setting.
    """

    use_battery: bool | None = None

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> GreenSettings:
        """Read the settings."""
        for row in Fields.of_reply(value, "green", oddities).rows("data"):
            if row.text("chargerSettingName") == USE_BATTERY:
                return cls(use_battery=row.boolean("enabled"))
        return cls()


def _is_change_pending(row: Fields) -> bool:
    requested = row.scalar("reqValue")
    return requested not in {None, row.scalar("value")} or row.integer(CODE, "status") == _CHANGE_PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationValue:
    """The settled value of one charger setting, and whether a change of it is pending (docs/api.md §6.5)."""

    key: str
    value: str | None = wire_field(lambda row: row.scalar("value"))
    pending: bool = wire_field(_is_change_pending, default=False)


def read_configuration(value: JsonValue, oddities: Oddities) -> tuple[ConfigurationValue, ...]:
    """Read charger settings; a key that is missing is not supported."""
    return tuple(
        row.build(ConfigurationValue, key=key)
        for row in Fields.of_reply(value, "configuration", oddities).rows("data")
        if (key := row.text("key")) is not None
    )
