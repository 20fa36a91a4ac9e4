"""Replies without what is private, and with the fault that is looked for.

A value stays as it is only where docs/api.md knows its field, its kind identifies nobody, and its spelling is one of
that kind. Of sentences and pages the words of a fixed list stay. Everything else is replaced by something of the same
type and shape: an unknown field can be seen, its content cannot.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
import math
import re
from typing import Final

from ..wire import JsonValue, time
from .account_shapes import CLAIMS
from .kinds import Kind, fits, is_time
from .pseudonyms import Pseudonyms
from .shape import EACH, Shape
from .vocabulary import is_compound, is_known

_DEEPEST: Final = 48
_TOKEN: Final = re.compile(r"eyJ[\w-]{2,}\.[\w-]{2,}(?:\.[\w-]*)?", re.ASCII)
_CODE: Final = re.compile(r"(?P<words>[A-Za-z]+(?:[_.-][A-Za-z]+)*)?[_.-]?(?P<number>\d{3,5})?", re.ASCII)
# A time so near to the reply is one of the charger's, and nobody's birthday
_NEAR: Final = timedelta(days=400)
_LARGEST_HARMLESS: Final = 100
_DATE: Final = re.compile(r"\d{2}-\d{2}-\d{4}", re.ASCII)


class Redaction:
    """Redacts values of replies that came at about one time."""

    def __init__(self, pseudonyms: Pseudonyms, *, now: datetime) -> None:
        self._pseudonyms = pseudonyms
        self._now = now

    def value(self, value: JsonValue, shape: Shape | None, depth: int = 0) -> JsonValue:
        """Redact a value that stands where the documentation knows a shape, or knows nothing."""
        if depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            return self._object(value, shape, depth)
        if isinstance(value, list):
            inner = shape[0] if isinstance(shape, tuple) else shape
            return [self.value(item, inner, depth + 1) for item in value]
        if value is None or isinstance(value, bool) or (isinstance(value, str) and not value.strip()):
            return value
        if isinstance(shape, tuple):
            shape = shape[0]
        if self._is_harmless(value, shape):
            return value
        if isinstance(value, str):
            return self._text_of(value, shape)
        return self._pseudonyms.of_number(value)

    def text(self, text: str) -> str:
        """Redact free text, such as a page or a sentence: only words of the fixed list stay."""
        pieces = _TOKEN.split(text)
        tokens = [self._token(token) for token in _TOKEN.findall(text)]
        kept = [self._pseudonyms.of_text(piece, is_known) for piece in pieces]
        return "".join(part for pair in zip(kept, [*tokens, ""], strict=True) for part in pair)

    def identifier(self, text: str) -> str:
        """Redact an identifier or a name, of which nothing stays."""
        return self._pseudonyms.of_text(text)

    def _object(self, value: Mapping[str, JsonValue], shape: Shape | None, depth: int) -> JsonValue:
        if isinstance(shape, tuple):
            shape = shape[0]
        fields = shape if isinstance(shape, Mapping) else {}
        # What stands in the place of a single value has that value's parts
        inherited: Shape | None = shape if isinstance(shape, Kind) else None
        is_record = any(name in fields for name in value if name != EACH)
        result: dict[str, JsonValue] = {}
        for name, item in value.items():
            if name in fields and name != EACH:
                shown, inner = name, fields.get(name)
            elif EACH in fields and not is_record:
                shown, inner = self.identifier(name), fields.get(EACH)
            else:
                shown, inner = self._field_name(name, is_record=is_record), inherited
            while shown in result:
                shown += "_"
            result[shown] = self.value(item, inner, depth + 1)
        return result

    def _field_name(self, name: str, *, is_record: bool) -> str:
        is_name = is_record and is_compound(name) and not self._pseudonyms.is_known(name)
        return name if is_name else self.text(name)

    def _is_harmless(self, value: float | str, shape: Shape | None) -> bool:
        if self._pseudonyms.is_known(_spelled(value)):
            return False
        match shape:
            case Kind.CODE | Kind.WORD:
                return fits(shape, value) and _is_code(str(value).strip())
            case Kind():
                return shape.is_harmless and fits(shape, value)
            case frozenset():
                word = str(value).strip()
                return word.casefold() in shape or (isinstance(value, str) and is_compound(word))
        if isinstance(value, str):
            return is_time(value) and not value.strip().isdecimal() and self._is_near(value)
        if isinstance(value, float) and not math.isfinite(value):
            return True
        return (value == int(value) and abs(value) < _LARGEST_HARMLESS) or (is_time(value) and self._is_near(value))

    def _is_near(self, value: float | str) -> bool:
        try:
            if isinstance(value, str) and _DATE.fullmatch(value.strip()):
                moment = datetime.strptime(value.strip(), "%d-%m-%Y").replace(tzinfo=UTC)
            else:
                moment = time(value)
            return abs(moment - self._now) < _NEAR
        except ValueError:
            return False

    def _text_of(self, text: str, shape: Shape | None) -> str:
        if shape in (Kind.ID, Kind.NAME):
            return self.identifier(text)
        if is_time(text) and not text.strip().isdecimal():
            return self._pseudonyms.of_time(text)
        return self.text(text) if shape is not Kind.SECRET or _TOKEN.fullmatch(text) else self.identifier(text)

    def _token(self, token: str) -> str:
        """Redact what a token says about itself, and close it again; its signature is nobody's."""
        header, payload, *signature = token.split(".")
        try:
            opened = [self._opened(part) for part in (header, payload)]
        except ValueError, RecursionError:
            return self.identifier(token)
        # The last character of base64 may not be just any
        return ".".join([*opened, *(f"{self.identifier(part)[:-1]}A" for part in signature)])

    def _opened(self, part: str) -> str:
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        shape: Shape = {**CLAIMS, "data": CLAIMS}
        redacted = json.dumps(self.value(claims, shape), separators=(",", ":"), ensure_ascii=False)
        return urlsafe_b64encode(redacted.encode()).decode().rstrip("=")


def _spelled(value: float | str) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_code(text: str) -> bool:
    match = _CODE.fullmatch(text)
    return match is not None and (match["words"] is None or all(map(is_compound, re.split(r"[_.-]", match["words"]))))
