"""The charge modes as Home Assistant's options name them."""

from collections.abc import Mapping
from typing import Final

from ..enlighten import ChargeMode, ModePreference

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
