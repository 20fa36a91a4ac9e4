"""What the charger's stored settings mean (docs/api.md §6.5).

A key that is missing from the answer is a setting the charger does not have. A key
without a value is "off" or "unset". A change of the authentication keys is pending while
the old value still stands in `value`; the wish beside it is not a fact yet.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from ..enlighten.models.modes import ConfigurationValue

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
    """Tell whether a start must be confirmed in the app; `None` if unsupported or unclear."""
    return _switched_on(setting(values, APP_AUTHENTICATION_KEY))


def authentication_required(values: Iterable[ConfigurationValue]) -> bool:
    """Tell whether a start waits for the app or for a card, as far as known."""
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
