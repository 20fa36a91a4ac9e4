"""Stand-ins of the same shape: what is private is replaced, and looks to the client like the original.

Digits stay digits, letters stay letters of their case, and everything else stays where it is, so that an odd spelling
stays as odd. The same original has the same stand-in throughout one download, be it a number, a key, or a part of a
longer id; in the next download it has another one.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
import math
import re
import secrets
import string
from typing import Final

_KEY_BYTES: Final = 16
_SHORTEST_UNIQUE: Final = 4
_MOST_TRIES: Final = 32
_HEX_DIGITS: Final = frozenset(string.hexdigits)

_PIECES: Final = (
    r"(?P<mail>[\w.+%-]+@[\w-]+\.[\w.-]+)"
    r"|(?P<mac>\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b)"
    r"|(?P<ipv6>(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}(?![\w:]))"
    r"|(?P<ipv4>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]))"
    r"|(?P<run>[^\W_]+)"
)
_RUN: Final = re.compile(r"[^\W_]+")
_DATE_OR_TIME: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?P<rest>.*)", re.DOTALL)
_DAY_FIRST: Final = re.compile(r"(?P<day>\d\d)-(?P<month>\d\d)-(?P<year>\d{4})")
_HOURS: Final = re.compile(r"(?<=[T ])\d\d:\d\d(:\d\d)?")
_FRACTION: Final = re.compile(r"(?<=:\d\d[.,])\d+")

_SMALL: Final = "àéîõü"
_CAPITAL: Final = "ÀÉÎÕÜ"
_NUMERALS: Final = "٠١٢٣٤"
_OTHERS: Final = "山川木水火"


def _nothing(_run: str) -> bool:
    return False


class Pseudonyms:
    """Stand-ins for one download.

    `known` are the identifiers and secrets that the caller knows of; a text that has one of them in it is never taken
    for harmless, whatever it looks like.
    """

    def __init__(self, known: Iterable[str] = (), *, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(_KEY_BYTES)
        private = sorted({text for text in known if len(text) >= _SHORTEST_UNIQUE}, key=len, reverse=True)
        self._known = tuple(text.casefold() for text in private)
        pattern = "|".join(map(re.escape, private))
        self._private = re.compile(pattern, re.IGNORECASE)
        self._pieces = re.compile(f"(?P<private>{pattern})|{_PIECES}" if private else _PIECES, re.IGNORECASE)
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def is_known(self, text: str) -> bool:
        """Return whether a text has something in it that is known to be private."""
        folded = text.casefold()
        return any(private in folded for private in self._known)

    def around_known(self, text: str, otherwise: Callable[[str], str]) -> str:
        """Replace what is known to be private in a text, and treat the rest of it otherwise."""
        if not self._known:
            return otherwise(text)
        pieces = self._private.split(text)
        found = [self.of_text(piece) for piece in self._private.findall(text)]
        return "".join(part for pair in zip(map(otherwise, pieces), [*found, ""], strict=True) for part in pair)

    def of_text(self, text: str, keeps: Callable[[str], bool] = _nothing) -> str:
        """Replace all runs of letters and digits but those that `keeps` names, and addresses as a whole."""

        def replaced(match: re.Match[str]) -> str:
            piece = match[0]
            match match.lastgroup:
                case "mail" | "private":
                    return _RUN.sub(lambda run: self.of_run(run[0]), piece)
                case "mac" | "ipv6":
                    return self._hexadecimal(piece)
                case "ipv4":
                    return ".".join(self._octet(piece, place, octet) for place, octet in enumerate(piece.split(".")))
            return piece if keeps(piece) and not self.is_known(piece) else self.of_run(piece)

        return self._pieces.sub(replaced, text)

    def of_run(self, run: str) -> str:
        """Replace a run of letters and digits by one of the same shape; longer ones by one that no other has."""
        if run not in self._given:
            name = run
            for attempt in range(_MOST_TRIES):
                name = self._drawn(run, attempt)
                if name != run and (len(run) < _SHORTEST_UNIQUE or name not in self._taken):
                    break
            self._given[run] = name
            self._taken.add(name)
        return self._given[run]

    def of_number[NumberT: (int, float)](self, value: NumberT) -> NumberT:
        """Replace the digits of a number; a whole one has the stand-in that its text has. NaN and infinity stay."""
        if isinstance(value, float) and not math.isfinite(value):
            return value
        mantissa, exponent, power = repr(value).partition("e")
        digits = re.sub(r"\d+", lambda run: self.of_run(run[0]), mantissa)
        if isinstance(value, int):
            return type(value)(digits)
        # A last zero would be lost
        return type(value)((f"{digits[:-1]}5" if digits.endswith("0") else digits) + exponent + power)

    def of_time(self, text: str) -> str:
        """Replace a date or time by another that exists, in the same spelling and zone."""
        match = _DAY_FIRST.fullmatch(text.strip()) or _DATE_OR_TIME.fullmatch(text.strip())
        if match is None:
            return self.of_text(text)
        found = match.groupdict()
        draw = self._numbers(text, 0)
        year, month, day = 1950 + next(draw) % 100, 1 + next(draw) % 12, 1 + next(draw) % 28
        if "rest" not in found:
            return f"{day:02}-{month:02}-{year}"
        rest = _FRACTION.sub(lambda run: self.of_run(run[0]), found["rest"])
        rest = _HOURS.sub(lambda hours: f"{next(draw) % 24:02}:{next(draw) % 60:02}{':30' if hours[1] else ''}", rest)
        return f"{year}-{month:02}-{day:02}{rest}"

    def _drawn(self, run: str, attempt: int) -> str:
        has_digits, has_letters = any(map(str.isdigit, run)), any(map(str.isalpha, run))
        is_hexadecimal = _HEX_DIGITS.issuperset(run) and has_letters and (has_digits or len(run) >= 8)
        draw = self._numbers(run, attempt)
        drawn = [_like(character, next(draw), is_hexadecimal=is_hexadecimal) for character in run]
        if run[0].isdecimal():
            # So that a number neither gets nor loses a leading zero
            drawn[0] = "0" if run[0] == "0" else "123456789"[next(draw) % 9]
        return "".join(drawn)

    def _hexadecimal(self, text: str) -> str:
        draw = self._numbers(text, 0)
        return "".join(
            _like(character, next(draw), is_hexadecimal=True) if character.isalnum() else character
            for character in text
        )

    def _octet(self, address: str, place: int, octet: str) -> str:
        low, high = {1: (1, 9), 2: (10, 99)}.get(len(octet), (100, 254))
        return str(low + next(self._numbers(f"{address}/{place}", 0)) % (high - low + 1))

    def _numbers(self, seed: str, attempt: int) -> Iterator[int]:
        block = 0
        while True:
            text = f"{attempt}/{block}/{seed}".encode(errors="surrogatepass")
            yield from blake2b(text, key=self._key).digest()
            block += 1


def _like(character: str, number: int, *, is_hexadecimal: bool) -> str:
    """Return a character of the same class."""
    if character.isascii():
        if character.isdigit():
            return string.digits[number % 10]
        letters = string.ascii_lowercase[: 6 if is_hexadecimal else 26]
        letter = letters[number % len(letters)]
        return letter.upper() if character.isupper() else letter
    if character.isupper():
        return _CAPITAL[number % 5]
    if character.islower():
        return _SMALL[number % 5]
    return (_NUMERALS if character.isnumeric() else _OTHERS)[number % 5]
