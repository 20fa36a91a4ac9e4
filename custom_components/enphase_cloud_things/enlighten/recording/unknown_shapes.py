"""What in a recording docs/api.md does not know: new fields, values, types and statuses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
from typing import Final, override

from ..wire import JsonValue
from .kinds import Kind, fits
from .known_shapes import KNOWN_STATUSES, shape_of
from .shape import AS_TEXT, EACH, Shape

_LONGEST: Final = 60


class Novelty(StrEnum):
    """In what way something is new."""

    PATH = "path"
    STATUS = "status"
    FIELD = "field"
    TYPE = "type"
    VALUE = "value"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class UnknownShape:
    """Something that docs/api.md does not know: where it stands, and what stands there."""

    request: str
    where: str
    novelty: Novelty
    found: str

    @override
    def __str__(self) -> str:
        return " · ".join(part for part in (self.request, self.where, f"new {self.novelty}: {self.found}") if part)


def unknown_shapes(document: Mapping[str, JsonValue]) -> tuple[UnknownShape, ...]:
    """Return what is new in a recording, each once."""
    replies = document.get("replies")
    rows = [row for row in replies if isinstance(row, dict)] if isinstance(replies, list) else []
    return tuple(sorted({found for row in rows for found in _of_reply(row)}))


def _of_reply(row: Mapping[str, JsonValue]) -> Iterator[UnknownShape]:
    path, status = row.get("path"), row.get("status")
    if not isinstance(path, str) or not isinstance(status, int):
        return
    request = f"{row.get('method')} {_without_ids(path)}"
    if status not in KNOWN_STATUSES:
        yield UnknownShape(request=request, where="", novelty=Novelty.STATUS, found=str(status))
    shape = shape_of(path, status)
    if shape is None:
        yield UnknownShape(request=request, where="", novelty=Novelty.PATH, found="a reply that is not described")
    elif (value := _body(row)) is not None:
        for where, novelty, found in _differences(value, shape, ""):
            yield UnknownShape(request=request, where=where or "the whole", novelty=novelty, found=found)
    elif "text" in row and status < 400 and "cut" not in row:
        text = str(row["text"]).lstrip()
        if not text.startswith("<"):
            yield UnknownShape(request=request, where="", novelty=Novelty.BODY, found="text in place of JSON")


def _body(row: Mapping[str, JsonValue]) -> JsonValue:
    value = row.get("json", row.get("json_text"))
    if not isinstance(value, str):
        return value
    try:
        inner: JsonValue = json.loads(value)
    except ValueError, RecursionError:
        return value
    return inner


def _without_ids(path: str) -> str:
    return "/".join("…" if any(map(str.isdigit, part)) and len(part) > 4 else part for part in path.split("/"))


def _differences(value: JsonValue, shape: Shape, where: str) -> Iterator[tuple[str, Novelty, str]]:
    """Yield where a value differs from a known shape. Nothing (`null`, no rows, no fields) differs from none."""
    if value is None or value == "":
        return
    if isinstance(value, list):
        yield from _of_list(value, shape, where)
    elif isinstance(value, dict):
        yield from _of_object(value, shape, where)
    else:
        yield from _of_single(value, shape, where)


def _of_list(value: list[JsonValue], shape: Shape, where: str) -> Iterator[tuple[str, Novelty, str]]:
    if shape is Kind.NETWORK:
        return
    if value and not isinstance(shape, tuple | Mapping):
        yield where, Novelty.TYPE, "a list"
        return
    inner = shape[0] if isinstance(shape, tuple) else shape
    for item in value:
        yield from _differences(item, inner, f"{where}[]")


def _of_object(value: Mapping[str, JsonValue], shape: Shape, where: str) -> Iterator[tuple[str, Novelty, str]]:
    # A single row may stand in the place of a list (docs/api.md Appendix A)
    fields = shape[0] if isinstance(shape, tuple) else shape
    if isinstance(fields, Mapping):
        yield from _of_fields(value, fields, where)
    elif value and shape is not Kind.NETWORK:
        yield where, Novelty.TYPE, "an object"


def _of_single(value: float | str, shape: Shape, where: str) -> Iterator[tuple[str, Novelty, str]]:
    match shape:
        case Mapping():
            if not (isinstance(value, str) and (AS_TEXT in shape or not value.strip())):
                yield where, Novelty.TYPE, _type(value)
        case tuple():
            yield where, Novelty.TYPE, _type(value)
        case frozenset():
            yield from _of_word(value, shape, where)
        case Kind():
            if not fits(shape, value):
                yield where, Novelty.TYPE, f"{_type(value)} that is no {shape.name.lower()}"


def _of_fields(
    value: Mapping[str, JsonValue], shape: Mapping[str, Shape], where: str
) -> Iterator[tuple[str, Novelty, str]]:
    is_record = any(name in shape for name in value if name != EACH)
    for name, item in value.items():
        place = f"{where}.{name}" if where else name
        if name in shape and name != EACH:
            yield from _differences(item, shape[name], place)
        elif EACH in shape and not is_record:
            yield from _differences(item, shape[EACH], f"{where}.*")
        else:
            yield place, Novelty.FIELD, _type(item)


def _of_word(value: float | str, known: frozenset[str], where: str) -> Iterator[tuple[str, Novelty, str]]:
    if isinstance(value, bool):
        yield where, Novelty.TYPE, _type(value)
    elif (word := str(value).strip()) and word.casefold() not in known:
        yield where, Novelty.VALUE, word[:_LONGEST]


def _type(value: JsonValue) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
    return "null"
