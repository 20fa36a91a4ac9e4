"""What a single value of the cloud means, and which spellings of it docs/api.md knows.

A kind decides two things: whether a value is what the documentation says (`fits`), and whether a fitting value may
leave the house as it is (`Kind.is_harmless`). A harmless kind admits nothing that could name a person, a place or a
device: its spellings are bounded.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import cache
from ipaddress import ip_address
import math
import re
from typing import Final
from zoneinfo import available_timezones

from ..wire import JsonValue


class Kind(Enum):
    """What a value means."""

    ID = auto()
    """Names an account, a site, a charger or another item: text or a whole number."""
    NAME = auto()
    """Text that people chose, or that tells where they live."""
    SECRET = auto()
    """A token or credential."""
    NETWORK = auto()
    """Addresses, as text or as an object."""
    MESSAGE = auto()
    """A sentence for people."""
    NUMBER = auto()
    """A measured value, an amount or a count of up to nine digits, also as text."""
    FLAG = auto()
    """A boolean, also as 0 and 1 or as a word."""
    TIME = auto()
    """A moment or a date: ISO 8601, day first, or seconds or milliseconds since 1970."""
    CLOCK = auto()
    """A time of the day: `HH:MM`, or minutes since midnight."""
    WORD = auto()
    """A word of an open set that the documentation does not list."""
    CODE = auto()
    """The code of an error."""
    VERSION = auto()
    """The version of software or hardware."""
    MODEL = auto()
    """A part number or the name of a model."""
    ZONE = auto()
    """The name of a time zone."""
    COUNTRY = auto()
    """A country by its code."""
    CURRENCY = auto()
    """A currency by its symbol or code."""

    @property
    def is_harmless(self) -> bool:
        """Whether a value that fits the kind identifies nobody."""
        return self not in _PRIVATE


_PRIVATE: Final = frozenset({Kind.ID, Kind.NAME, Kind.SECRET, Kind.NETWORK, Kind.MESSAGE})

# Nine digits are the most that an energy in Wh or an amount of money has; serial numbers have more
LARGEST_NUMBER: Final = 1e9
# From 2000 to 2100, in seconds
_FIRST_SECOND: Final = 946_684_800
_LAST_SECOND: Final = 4_102_444_800

_NUMBER: Final = re.compile(
    r"\s*[+-]?(?=[.,]?\d)\d{0,9}([.,]\d{0,9})?([eE][+-]?\d{1,2})?\s*(%|[kKMm]?[AVW]h?)?\s*", re.ASCII
)
_FLAGS: Final = frozenset({"true", "false", "0", "1", "yes", "no", "on", "off", "enabled", "disabled"})
_ISO_TIME: Final = re.compile(
    r"\s*[12]\d{3}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?)?"
    r"\s?(Z|UTC|[+-]\d{2}:?(\d{2})?)?(\[(?P<zone>[\w/+-]{1,40})\])?\s*",
    re.ASCII,
)
_DAY_FIRST: Final = re.compile(r"\d{2}-\d{2}-[12]\d{3}", re.ASCII)
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?|\d{1,4}", re.ASCII)
_WORD: Final = re.compile(r"[A-Z]{2,20}([_-][A-Z]{2,20}){0,5}|[a-z]{2,20}([_-][a-z]{2,20}){0,5}", re.ASCII)
_CODE: Final = re.compile(r"(?=.{1,64}$)[A-Za-z]{1,12}([_.-][A-Za-z]{1,12})*([_.-]?\d{1,5})?|\d{3}", re.ASCII)
_VERSION: Final = re.compile(r"[A-Za-z]?\d{1,4}(\.\d{1,4}){0,4}([-+_][A-Za-z]{1,8}\d{0,3})?", re.ASCII)
_MODEL: Final = re.compile(r"IQ EV Charger( \d)?|(?!.*\d{5})[A-Z]{1,8}\d{0,4}([ _-][A-Z0-9]{1,6}){0,8}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}|[^\w\s]{1,3}|[A-Za-z]{0,2}[^\w\s]|[Kk][rč]|zł", re.ASCII)
_ZONES: Final = frozenset({"UTC", "GMT", "Z"})


def fits(kind: Kind, value: JsonValue) -> bool:
    """Return whether a value is spelled as the documentation says; nothing (`null` or blank text) always is."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return _TESTS[kind](value)


def is_time(value: JsonValue) -> bool:
    """Return whether a value is a moment or a date in one of the cloud's spellings (docs/api.md Appendix A)."""
    if isinstance(value, str):
        if match := _ISO_TIME.fullmatch(value):
            return match["zone"] is None or is_zone(match["zone"])
        return bool(_DAY_FIRST.fullmatch(value)) or (value.strip().isdecimal() and _is_epoch(float(value)))
    return isinstance(value, int | float) and not isinstance(value, bool) and (-1 <= value <= 0 or _is_epoch(value))


def is_zone(value: JsonValue) -> bool:
    """Return whether a text is the name of a time zone."""
    return isinstance(value, str) and (value in _ZONES or value in _zones())


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_epoch(value: float) -> bool:
    return _FIRST_SECOND <= value <= _LAST_SECOND or _FIRST_SECOND * 1000 <= value <= _LAST_SECOND * 1000


def _is_identifier(value: JsonValue) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _is_network(value: JsonValue) -> bool:
    return isinstance(value, str | list | dict)


def _is_number(value: JsonValue) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_bounded(value)


def _is_bounded(value: float) -> bool:
    return abs(value) < LARGEST_NUMBER and not math.isnan(value)


def _is_flag(value: JsonValue) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _FLAGS
    return isinstance(value, bool) or (isinstance(value, int) and value in (0, 1))


def _is_clock(value: JsonValue) -> bool:
    if isinstance(value, str):
        return bool(_CLOCK.fullmatch(value))
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1440


def _is_version(value: JsonValue) -> bool:
    if not isinstance(value, str) or not _VERSION.fullmatch(value.strip()):
        return False
    try:
        return ip_address(value.strip()).is_global
    except ValueError:
        return True


def _matching(pattern: re.Pattern[str]) -> Callable[[JsonValue], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value.strip()))


_TESTS: Final[Mapping[Kind, Callable[[JsonValue], bool]]] = {
    Kind.ID: _is_identifier,
    Kind.NAME: _is_text,
    Kind.SECRET: _is_text,
    Kind.NETWORK: _is_network,
    Kind.MESSAGE: _is_text,
    Kind.NUMBER: _is_number,
    Kind.FLAG: _is_flag,
    Kind.TIME: is_time,
    Kind.CLOCK: _is_clock,
    Kind.WORD: _matching(_WORD),
    Kind.CODE: _matching(_CODE),
    Kind.VERSION: _is_version,
    Kind.MODEL: _matching(_MODEL),
    Kind.ZONE: is_zone,
    Kind.COUNTRY: _matching(_COUNTRY),
    Kind.CURRENCY: _matching(_CURRENCY),
}
