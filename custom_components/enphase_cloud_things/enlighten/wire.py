"""The border between JSON and typed values.

The cloud sends numbers as text, times in five spellings and, now and then, something else altogether. A field that
cannot be read becomes `None` and one debug line that names its place, never its content. See docs/api.md Appendix A.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from itertools import islice
import logging
import math
import re
import sys
from typing import Final, cast

from .errors import InvalidResponse

type JsonValue = bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None

_LOGGER = logging.getLogger(__name__)

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER: Final = 64
_WORD: Final = re.compile(r"[A-Za-z][\w -]{0,39}", re.ASCII)
_NUMBER_IN_WORD: Final = re.compile(r"\d{5}", re.ASCII)
_PLAIN_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_ -]{0,39}")
# Line breaks, other controls, and what turns the direction of a text around
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_TRUE: Final = frozenset({"true", "1", "yes", "on", "enabled"})
_FALSE: Final = frozenset({"false", "0", "no", "off", "disabled"})
# Later than any time in seconds and earlier than any in milliseconds
_FIRST_MILLISECONDS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value that is believed, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


# What a figure can be at all: one outside is an error of the cloud's, and as unknown as one that is missing. A voltage
# of 10³⁰⁸ would break whatever calculates with it. No real site is ever outside of these
AMPS: Final = Range(1, 400)
VOLTS: Final = Range(1, 1_000)
PHASES: Final = Range(1, 3)
WATTS: Final = Range(-1e8, 1e8)
KILOWATTS: Final = Range(-1e5, 1e5)
PERCENT: Final = Range(0, 100)
MILES: Final = Range(0, 100_000)

SESSION_WATT_HOURS: Final = Range(0, 1e7)
LIFETIME_WATT_HOURS: Final = Range(0, 1e10)
TIER_KILOWATT_HOURS: Final = Range(-1, 1e9)

# In any currency: a kilowatt hour costs thousands in some
PRICE: Final = Range(-1e6, 1e6)
MONEY: Final = Range(-1e9, 1e9)

REPORTING_SECONDS: Final = Range(1, 7 * 86_400)
STREAM_SECONDS: Final = Range(1, 86_400)
ACTIVE_SECONDS: Final = Range(0, 10 * 366 * 86_400)

MINUTE_OF_DAY: Final = Range(0, 1_440)
MONTH: Final = Range(1, 12)
WEEKDAY: Final = Range(1, 7)

CONNECTOR: Final = Range(1, 100)
# Numbers of states and modes, whose meaning is not all known
CODE: Final = Range(-100_000, 100_000)
_FINITE: Final = Range(-sys.float_info.max, sys.float_info.max)

_EARLIEST: Final = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

# Characters of a text for people, of an identifier, of a token or cookie (servers refuse headers of more than twice as
# many, and with them every request), and of a structured text before it is parsed
_TEXT_LENGTH: Final = 255
_IDENTIFIER_LENGTH: Final = 128
_OPAQUE_LENGTH: Final = 4_096
STRUCTURE_LENGTH: Final = 8_192
# Objects of one list: a site with more chargers, or a page with more sessions, does not exist
_ROWS: Final = 1_000

_MASK: Final = "…"

# Longer texts are cut before any pattern sees them
LONGEST_SCRUBBED: Final = 4096
# Anything that looks like a token, an address or an identifier, longest forms first. No run of characters is looked at
# twice: each pattern begins where such a run does, and gives nothing back.
_PATTERNS: Final = (
    re.compile(r"(?<![\w-])eyJ[\w-]++(?:\.[\w-]*+){1,2}"),
    re.compile(r"(?<![\w.+-])[\w.+-]++@[\w.-]++"),
    re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    re.compile(r"\b(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b"),
    re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b"),
    re.compile(r"(?<![\w:])[0-9a-fA-F:]*::[0-9a-fA-F:]*"),
    re.compile(r"\b[0-9a-fA-F]{16,}+\b"),
    # Not the fraction of a number or time
    re.compile(r"(?<!\d\.)(?<!\d)\d{5,}+"),
)
_IP_VERSION_4: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


class Oddities:
    """Logs each unexpected thing in the cloud's replies once, and not again with every poll.

    It remembers at most `capacity` different ones; later ones are not logged at all.
    """

    def __init__(self, *, capacity: int = 256) -> None:
        self._capacity = capacity
        self._seen: set[tuple[str, str]] = set()

    def unreadable(self, path: str) -> None:
        """Note that the value at `path` could not be read."""
        if self._is_new(path, ""):
            _LOGGER.debug("The cloud sent something unreadable at %s", path)

    def unknown(self, path: str, value: str) -> None:
        """Note that `value` is not one of the known words at `path`.

        The value itself is logged only if it is a plain word, which no identifier or secret is.
        """
        if self._is_new(path, value):
            shown = value if _PLAIN_WORD.fullmatch(value) else "of another form"
            _LOGGER.debug("The cloud sent an unknown value at %s: %s", path, shown)

    def _is_new(self, path: str, value: str) -> bool:
        oddity = (path, value)
        if oddity in self._seen or len(self._seen) >= self._capacity:
            return False
        self._seen.add(oddity)
        return True


def text(value: JsonValue) -> str:
    """Read text for people: one line without surrounding blanks or control characters, cut to a sane length.

    JSON can name half a surrogate pair, which is no text: nothing that contains it can be stored or sent.
    """
    if isinstance(value, str):
        start = value[: 4 * _TEXT_LENGTH]
        start.encode()
        return _UNPRINTABLE.sub(" ", start).strip()[:_TEXT_LENGTH].rstrip()
    raise ValueError


def scrub(text: str) -> str:
    """Mask whatever in a text could be a token, an address or an identifier; the end of a very long one is left out."""
    if len(text) > LONGEST_SCRUBBED:
        text = text[:LONGEST_SCRUBBED] + _MASK
    text = _IP_VERSION_4.sub(_mask_address, text)
    for pattern in _PATTERNS:
        text = pattern.sub(_MASK, text)
    return text


def free_text(text: str | None) -> str | None:
    """Keep whatever words the cloud chooses, without what in them could be an identifier."""
    return scrub(text) if text else None


def _mask_address(match: re.Match[str]) -> str:
    """Mask an address of a local network; firmware versions look like public ones."""
    try:
        is_local = not ip_address(match[0]).is_global
    except ValueError:
        return match[0]
    return _MASK if is_local else match[0]


def opaque(value: JsonValue) -> str:
    """Read what is handed back as it came, such as a token; longer than any real one it is none."""
    if not isinstance(value, str) or len(value) > _OPAQUE_LENGTH:
        raise ValueError
    value.encode()
    return value.strip()


def identifier(value: JsonValue) -> str:
    """Read an identifier, which is text even where the cloud sends a number, and no longer than any real one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**_IDENTIFIER_LENGTH else ""
    if not isinstance(value, str) or len(value) > _IDENTIFIER_LENGTH:
        raise ValueError
    value.encode()
    result = value.strip()
    if not result or not result.isprintable():
        raise ValueError
    return result


def scalar(value: JsonValue) -> str:
    """Read a single value of any type as text; booleans become `true` and `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _FIRST_MILLISECONDS else str(value)
    return identifier(value) if isinstance(value, int) else text(value)


def number(value: JsonValue, within: Range = _FINITE) -> float:
    """Read a number within a range, also from text. A boolean is no number."""
    result = math.nan
    if isinstance(value, str):
        digits = value[:_LONGEST_NUMBER].strip() if len(value) <= _LONGEST_NUMBER else ""
        result = float(digits) if _NUMBER.fullmatch(digits) else math.nan
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            result = float(value)
        except OverflowError:
            result = math.inf
    if result not in within:
        raise ValueError
    return result


def integer(value: JsonValue, within: Range = _FINITE) -> int:
    """Read a whole number within a range, also from text or a decimal number without fraction."""
    result = number(value, within)
    if not result.is_integer():
        raise ValueError
    return int(result)


def boolean(value: JsonValue) -> bool:
    """Read a boolean, also from 0 and 1 and from words such as `enabled`."""
    word = scalar(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def moment(seconds: float) -> datetime:
    """Return the time that many seconds, or from 10¹² milliseconds, after the start of 1970."""
    try:
        result = datetime.fromtimestamp(seconds / 1000 if seconds >= _FIRST_MILLISECONDS else seconds, UTC)
    except OverflowError, OSError:
        raise ValueError from None
    return _believed(result)


def time(value: JsonValue) -> datetime:
    """Read a time as aware UTC.

    Numbers, also as text, are seconds or milliseconds since 1970. Text is ISO 8601 with up to nanoseconds and an
    optional zone name in brackets (`2026-11-10T07:05:12.118Z[UTC]`); without any zone it is UTC. Times up to 1970 mean
    that there is none, and so cannot be read.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value[:_LONGEST_NUMBER].strip()):
        return moment(number(value))
    iso, bracket, _ = value[:_IDENTIFIER_LENGTH].strip().partition("[")
    if bracket and not value.rstrip().endswith("]"):
        raise ValueError
    result = datetime.fromisoformat(iso)
    try:
        return _believed(result.replace(tzinfo=UTC) if result.tzinfo is None else result.astimezone(UTC))
    except OverflowError:
        raise ValueError from None


def _believed(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError
    return moment


class Fields:
    """The fields of one JSON object at `path` of a reply, read by name.

    Every reading method takes one or more names (the spellings that the cloud uses for one field), reads the first
    that is neither missing nor null, and returns `None` if there is none, if it is blank, or if it cannot be read.
    """

    __slots__ = ("oddities", "path", "values")

    def __init__(self, values: Mapping[str, JsonValue], path: str, oddities: Oddities) -> None:
        self.values = values
        self.oddities = oddities
        self.path = path

    @classmethod
    def of_reply(cls, value: JsonValue, path: str, oddities: Oddities) -> Fields:
        """Read a whole reply that should be an object. An empty reply has no fields.

        Raises:
            InvalidResponse: the reply is something else.
        """
        if isinstance(value, dict):
            return cls(value, path, oddities)
        if value is None or value == []:
            return cls({}, path, oddities)
        raise InvalidResponse(path)

    def build[T](self, model: Callable[..., T], **given: object) -> T:
        """Return an instance of a dataclass: what is `given`, and every `wire_field` that is not, read from here."""
        read = {name: read(self) for name, read in _reads(model) if name not in given}
        return model(**read, **given)

    def required(self, *names: str) -> str:
        """Read the identifier without which the object is nothing.

        Raises:
            InvalidResponse: it is missing or cannot be read.
        """
        if (value := self.identifier(*names)) is None:
            raise InvalidResponse(f"{self.path}.{names[0]}")
        return value

    def text(self, *names: str) -> str | None:
        """Read text for people."""
        return self._read(text, names)

    def opaque(self, *names: str) -> str | None:
        """Read what is handed back as it came, such as a token."""
        return self._read(opaque, names)

    def identifier(self, *names: str) -> str | None:
        """Read an identifier (text or a whole number) as text."""
        return self._read(identifier, names)

    def scalar(self, *names: str) -> str | None:
        """Read a single value of any type as text."""
        return self._read(scalar, names)

    def number(self, within: Range, *names: str) -> float | None:
        """Read a number within a range of values that is believed."""
        return self._read(lambda value: number(value, within), names)

    def integer(self, within: Range, *names: str) -> int | None:
        """Read a whole number within a range of values that is believed."""
        return self._read(lambda value: integer(value, within), names)

    def boolean(self, *names: str) -> bool | None:
        """Read a boolean."""
        return self._read(boolean, names)

    def time(self, *names: str) -> datetime | None:
        """Read a time as aware UTC."""
        return self._read(time, names)

    def word(self, known: type[StrEnum], *names: str) -> str | None:
        """Read a word of an open set in upper case: a member of `known`, or the text itself if it is a new one.

        What could be an identifier is no word.
        """
        word = self._read(text, names)
        if word is None:
            return None
        try:
            return known(word.upper())
        except ValueError:
            if not _WORD.fullmatch(word) or _NUMBER_IN_WORD.search(word):
                self.unreadable(*names)
                return None
            name, _ = self._find(names)
            self.oddities.unknown(f"{self.path}.{name}", word)
            return word.upper()

    def raw(self, *names: str) -> JsonValue:
        """Return the value as the cloud sent it."""
        return self._find(names)[1]

    def fields(self, *names: str) -> Fields:
        """Return the object at that name; it has no fields if it is missing or something else."""
        name, value = self._find(names)
        path = f"{self.path}.{name}"
        if isinstance(value, dict):
            return Fields(value, path, self.oddities)
        if value is not None:
            self.oddities.unreadable(path)
        return Fields({}, path, self.oddities)

    def rows(self, *names: str) -> tuple[Fields, ...]:
        """Return the objects of the list at that name; there are none if it is missing or something else."""
        name, value = self._find(names)
        path = f"{self.path}.{name}"
        if isinstance(value, list):
            return rows(value, path, self.oddities)
        if value is not None:
            self.oddities.unreadable(path)
        return ()

    def entries(self) -> tuple[tuple[str, Fields], ...]:
        """Return those values that are objects, each with its key. The keys may be identifiers: paths count instead."""
        result = []
        for index, (key, value) in enumerate(islice(self.values.items(), _ROWS)):
            path = f"{self.path}[{index}]"
            try:
                name = identifier(key)
            except ValueError:
                self.oddities.unreadable(path)
                continue
            if isinstance(value, dict):
                result.append((name, Fields(value, path, self.oddities)))
        return tuple(result)

    def scalars(self) -> dict[str, str]:
        """Return those values that are single ones as text, each with its key; blank and null ones are left out."""
        result = {}
        for index, (key, value) in enumerate(islice(self.values.items(), _ROWS)):
            try:
                name, content = text(key), "" if value is None else scalar(value)
            except ValueError:
                self.oddities.unreadable(f"{self.path}[{index}]")
                continue
            if content:
                result[name] = content
        return result

    def unreadable(self, *names: str) -> None:
        """Note that the field cannot be used although it could be read."""
        name, _ = self._find(names)
        self.oddities.unreadable(f"{self.path}.{name}")

    def __contains__(self, name: object) -> bool:
        """Return whether the field is there, be it null."""
        return name in self.values

    def _find(self, names: tuple[str, ...]) -> tuple[str, JsonValue]:
        for name in names:
            if (value := self.values.get(name)) is not None:
                return name, value
        return names[0], None

    def _read[T](self, convert: Callable[[JsonValue], T], names: tuple[str, ...]) -> T | None:
        name, value = self._find(names)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return convert(value)
        except ValueError:
            self.oddities.unreadable(f"{self.path}.{name}")
            return None


def object_at(value: JsonValue, path: str, oddities: Oddities | None = None) -> Fields:
    """Return the fields of an object, of which anything else has none."""
    return Fields(value if isinstance(value, dict) else {}, path, oddities or Oddities())


def rows(values: list[JsonValue], path: str, oddities: Oddities) -> tuple[Fields, ...]:
    """Return the objects of a list; anything else in it costs its own row only, and what is too much its end."""
    result = []
    if len(values) > _ROWS:
        oddities.unreadable(f"{path}[{_ROWS}]")
    for index, value in enumerate(values[:_ROWS]):
        if isinstance(value, dict):
            result.append(Fields(value, f"{path}[{index}]", oddities))
        else:
            oddities.unreadable(f"{path}[{index}]")
    return tuple(result)


def readable[T](listed: Iterable[Fields], read: Callable[[Fields], T]) -> tuple[T, ...]:
    """Read the rows of a list; one that raises InvalidResponse costs itself only."""
    results = []
    for row in listed:
        try:
            results.append(read(row))
        except InvalidResponse as err:
            row.oddities.unreadable(err.path)
    return tuple(results)


def wire_field[T](read: Callable[[Fields], T], *, default: object = None, shown: bool = True) -> T:
    """Declare a field of a model by how `Fields.build` reads it; it is `default` in a model made in another way."""
    return cast("T", field(default=default, repr=shown, metadata={"read": read}))


@cache
def _reads(model: object) -> tuple[tuple[str, Callable[[Fields], object]], ...]:
    declared: tuple[Field[object], ...] = fields(model) if is_dataclass(model) else ()
    return tuple((each.name, each.metadata["read"]) for each in declared if "read" in each.metadata)
