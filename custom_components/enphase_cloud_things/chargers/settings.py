"""What can be set at a charger: its mode, its charging current, and the settings that it stores.

A level is only ever sent inside bounds that the charger itself gave: an invented default may be more than the circuit
behind the charger carries.

A stored setting (docs/api.md §6.5) whose key is missing from the answer is one the charger does not have. A key without
a value is "off" or "unset". A change of the authentication keys is pending while the old value still stands in `value`;
the requested one beside it is not a fact yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ChargerSummary
from ..enlighten.models.modes import ChargeMode, ConfigurationValue, ModePreference
from .status import session_active

OPTION_TO_MODE: Final[Mapping[str, ChargeMode]] = {
    "manual": ChargeMode.MANUAL,
    "scheduled": ChargeMode.SCHEDULED,
    "green": ChargeMode.GREEN,
    "smart": ChargeMode.SMART,
}
MODE_OPTIONS: Final = tuple(OPTION_TO_MODE)
_MODE_TO_OPTION: Final = {mode: option for option, mode in OPTION_TO_MODE.items()}


def option_of(mode: ChargeMode | None) -> str | None:
    """Return the option of a mode, `None` for an unknown mode."""
    return _MODE_TO_OPTION[mode] if mode is not None else None


def offered_options(preference: ModePreference | None) -> list[str]:
    """Return the options a charger offers: those it lists and does not hide, all of them while none is known."""
    if preference is None:
        return list(MODE_OPTIONS)
    shown = {option.mode for option in preference.options if not option.hidden}
    return [option for option, mode in OPTION_TO_MODE.items() if mode in shown or mode == preference.selected]


LEVEL_MODES: Final = frozenset({ChargeMode.MANUAL, ChargeMode.SCHEDULED})
"""Modes that take a charging level; in the others one would force charging at full power (docs/api.md §5.1)."""

_AGREEING: Final = 1.25
"""A car may take a little more than the current says, for the voltage is a nominal one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmpsBounds:
    """The currents (A) a charger offers: `low`, `low + step`, … up to `high`."""

    low: int
    high: int
    step: int = 1

    def nearest(self, amps: float) -> int:
        """Return the highest offered current that is not above `amps`, at least the lowest one."""
        steps = (min(int(amps), self.high) - self.low) // self.step
        return self.low + max(steps, 0) * self.step

    def offers(self, amps: float) -> bool:
        """Return whether the charger takes exactly this current."""
        return self.nearest(amps) == amps


def may_be_controlled(summary: ChargerSummary | None) -> bool:
    """Return whether the account has the right to control the charger, as far as the cloud tells (docs/traps.md 80)."""
    return summary is None or summary.owner_control is not False


def amps_bounds(summary: ChargerSummary | None) -> AmpsBounds | None:
    """Return the currents the charger offers (docs/api.md §3.2), `None` while it has not named both ends."""
    if summary is None or summary.amps_min is None:
        return None
    high = summary.amps_max if summary.amps_max is not None else summary.max_current
    if high is None or not 0 < summary.amps_min <= high:
        return None
    step = summary.amps_step or 1
    return AmpsBounds(low=summary.amps_min, high=high, step=max(step, 1))


def start_level(summary: ChargerSummary | None, mode: ChargeMode | None, setpoint: int | None) -> int | None:
    """Return the current (A) that a start asks for when nobody named one, `None` to leave it to the charger."""
    return setpoint if mode in LEVEL_MODES and amps_bounds(summary) else None


def given_level(status: ChargerStatus) -> int | None:
    """Return the current (A) that the session was started with, `None` where the cloud does not tell."""
    return (status.session and status.session.charge_level) or status.charge_level


def safe_limited(status: ChargerStatus, *, power: float | None, least_power: float | None) -> bool:
    """Return whether a safe limit holds a charging car at the charger's own minimum.

    The flag alone says nothing, also while charging: the measured `power` has to agree with `least_power`, what the
    lowest current gives (W; docs/api.md §4.5, docs/traps.md 67).
    """
    if not any(connector.safe_limit for connector in status.connectors):
        return False
    return power is not None and least_power is not None and 0 < power <= least_power * _AGREEING


def running_amps(
    status: ChargerStatus | None,
    summary: ChargerSummary | None,
    setpoint: int | None,
    *,
    flowing: bool | None,
    safe_limit: bool = False,
) -> int | None:
    """Return the current (A) that the running session was given, else the setpoint of the next one.

    `safe_limit` says that a safe limit holds it at the charger's minimum (see `safe_limited`).
    """
    if status is None or not (flowing or session_active(status)):
        return setpoint
    if flowing and safe_limit and summary and summary.amps_min:
        return summary.amps_min
    return given_level(status) or setpoint


def amps_to_apply(
    status: ChargerStatus | None,
    summary: ChargerSummary | None,
    mode: ChargeMode | None,
    setpoint: int | None,
    *,
    flowing: bool | None,
    before: int | None,
) -> int | None:
    """Return the setpoint (A) if a running session should be restarted to get it, else `None`.

    Only while energy flows, only in a mode that takes a level, only within known bounds, and only if the session runs
    at another current. Where the cloud does not tell at which it runs, that is taken to be the setpoint `before`.
    """
    if status is None or not flowing:
        return None
    level = start_level(summary, mode, setpoint)
    return level if level != (given_level(status) or before) else None


APP_AUTHENTICATION_KEY: Final = "sessionAuthentication"
CARD_AUTHENTICATION_KEY: Final = "rfidSessionAuthentication"
DEFAULT_LEVEL_KEY: Final = "DefaultChargeLevel"

_SWITCHED: Final[Mapping[str, bool]] = {
    "enabled": True,
    "on": True,
    "true": True,
    "1": True,
    "disabled": False,
    "off": False,
    "false": False,
    "0": False,
}


def setting(values: Iterable[ConfigurationValue], key: str) -> ConfigurationValue | None:
    """Return the setting with this key, `None` if the charger does not have it."""
    return next((value for value in values if value.key == key), None)


def app_authentication(values: Iterable[ConfigurationValue]) -> bool | None:
    """Return whether a start must be confirmed in the app; `None` if unsupported or unclear."""
    return _switched_on(setting(values, APP_AUTHENTICATION_KEY))


def authentication_required(values: Iterable[ConfigurationValue]) -> bool:
    """Return whether a start waits for the app or for a card, as far as known."""
    known = tuple(values)
    return any(_switched_on(setting(known, key)) is True for key in (APP_AUTHENTICATION_KEY, CARD_AUTHENTICATION_KEY))


def default_charge_level(values: Iterable[ConfigurationValue]) -> int | None:
    """Return the charger's own default current in A, `None` if unset or unsupported."""
    found = setting(values, DEFAULT_LEVEL_KEY)
    text = (found.value or "").strip() if found else ""
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _switched_on(found: ConfigurationValue | None) -> bool | None:
    if found is None:
        return None
    if not found.value:
        return False
    return _SWITCHED.get(found.value.strip().lower())
