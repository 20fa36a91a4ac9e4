"""Frozen dataclasses that survive a restart as JSON.

Home Assistant's storage writes a dataclass as it is: its fields by name, times as ISO 8601. `restored` is the way back.
A file may have been written by an older version, cut off by a crash or edited by hand, so a value of another shape
counts as one that was never known.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints


class _Unfit(ValueError):
    """A stored value has another shape than the type that it is read for."""


def restored[ValueT](kind: type[ValueT], stored: object) -> ValueT | None:
    """Return a stored value as an instance of `kind`, `None` if it has another shape.

    `kind` is a dataclass, a number, text, a time with a zone, a date, an enum, or a tuple or mapping of these. A field
    that is missing or does not fit takes its default; if it has none, or if the class raises ValueError for the
    values, the whole does not fit. Elements of a tuple and entries of a mapping that do not fit are left out.
    """
    try:
        return cast("ValueT", _read(kind, stored))
    except ValueError:
        return None


def _read(kind: Any, stored: object) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _read_union(arguments, stored)
    if origin is tuple:
        return _read_tuple(arguments, stored)
    if origin is not None and issubclass(origin, Mapping):
        return _read_mapping(arguments[0], arguments[1], stored)
    if is_dataclass(kind):
        return _read_dataclass(kind, stored)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(stored)
    if (read := _SCALARS.get(kind)) is None:
        raise TypeError(f"No way to read a stored {kind}")
    return read(stored)


def _read_union(kinds: tuple[object, ...], stored: object) -> object:
    if stored is None and NoneType in kinds:
        return None
    for kind in kinds:
        if kind is NoneType:
            continue
        try:
            return _read(kind, stored)
        except ValueError:
            continue
    raise _Unfit


def _read_tuple(kinds: tuple[object, ...], stored: object) -> tuple[object, ...]:
    if not isinstance(stored, list | tuple):
        raise _Unfit
    if kinds[-1] is not ...:
        return tuple(_read(kind, element) for kind, element in zip(kinds, stored, strict=True))
    elements: list[object] = []
    for element in stored:
        try:
            elements.append(_read(kinds[0], element))
        except ValueError:
            continue
    return tuple(elements)


def _read_mapping(key_kind: object, value_kind: object, stored: object) -> dict[object, object]:
    if not isinstance(stored, Mapping):
        raise _Unfit
    entries: dict[object, object] = {}
    for key, value in stored.items():
        try:
            entries[_read(key_kind, key)] = _read(value_kind, value)
        except ValueError:
            continue
    return entries


def _read_dataclass(kind: Any, stored: object) -> object:
    if isinstance(stored, kind):
        return stored
    if not isinstance(stored, Mapping):
        raise _Unfit
    values: dict[str, object] = {}
    for field, field_kind in _fields_of(kind):
        try:
            values[field.name] = _read(field_kind, stored[field.name])
        except (KeyError, ValueError) as error:
            if field.default is MISSING and field.default_factory is MISSING:
                raise _Unfit from error
    made: object = kind(**values)
    return made


@cache
def _fields_of(kind: Any) -> tuple[tuple[Field[object], object], ...]:
    kinds = get_type_hints(kind)
    return tuple((field, kinds[field.name]) for field in fields(kind) if field.init)


def _number(stored: object) -> float:
    if isinstance(stored, bool) or not isinstance(stored, int | float) or not isfinite(stored):
        raise _Unfit
    return float(stored)


def _integer(stored: object) -> int:
    number = _number(stored)
    if not number.is_integer():
        raise _Unfit
    return int(number)


def _flag(stored: object) -> bool:
    if not isinstance(stored, bool):
        raise _Unfit
    return stored


def _text(stored: object) -> str:
    if not isinstance(stored, str):
        raise _Unfit
    return stored


def _time(stored: object) -> datetime:
    moment = datetime.fromisoformat(_text(stored))
    if moment.tzinfo is None:
        raise _Unfit
    return moment


def _day(stored: object) -> date:
    return date.fromisoformat(_text(stored))


_SCALARS: Final[Mapping[object, Callable[[object], object]]] = {
    bool: _flag,
    float: _number,
    int: _integer,
    str: _text,
    datetime: _time,
    date: _day,
}
