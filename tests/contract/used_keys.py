"""The keys of exceptions that the code names."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .repository import Function, Module, called_name

OTHERS: Final = ("Description", "SelectorConfig", "create_issue")
"""Calls whose `translation_key` is not that of an exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedKey:
    """A key and the place that names it."""

    key: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapper:
    """A function that takes the key of an exception as a parameter and passes it on."""

    name: str
    parameter: str
    position: int


def exception_keys(modules: Iterable[Module]) -> set[UsedKey]:
    """Return the texts that stand after `translation_key=`, or are passed to a function that puts them there."""
    modules = tuple(modules)
    wrappers = [wrapper for module in modules for wrapper in _wrappers(module)]
    used = set()
    for module in modules:
        for call in module.calls():
            given = [keyword.value for keyword in _key_keywords(call)]
            for wrapper in wrappers:
                if wrapper.name == called_name(call):
                    given += _argument(call, wrapper)
            used |= {
                UsedKey(key=key, place=f"{module.place}:{call.lineno}")
                for value in given
                for key in _possible_texts(value)
            }
    return used


def _key_keywords(call: ast.Call) -> Iterator[ast.keyword]:
    if called_name(call).endswith(OTHERS):
        return
    for keyword in call.keywords:
        if keyword.arg == "translation_key":
            yield keyword


def _wrappers(module: Module) -> Iterator[_Wrapper]:
    for function in module.functions():
        parameters = _parameters(function)
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            for keyword in _key_keywords(call):
                if isinstance(keyword.value, ast.Name) and keyword.value.id in parameters:
                    yield _Wrapper(
                        name=function.name,
                        parameter=keyword.value.id,
                        position=parameters.index(keyword.value.id),
                    )


def _parameters(function: Function) -> list[str]:
    """Return the names of the parameters as a caller counts them, without `self` and `cls`."""
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    return names[1:] if names and names[0] in {"self", "cls"} else names


def _argument(call: ast.Call, wrapper: _Wrapper) -> list[ast.expr]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == wrapper.parameter]
    return named or call.args[wrapper.position : wrapper.position + 1]


def _possible_texts(value: ast.expr) -> Iterator[str]:
    """Go through the texts a value can have as far as they stand there: one, or those on both sides of an `else`."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _possible_texts(value.body)
        yield from _possible_texts(value.orelse)


def filled_placeholders(modules: Iterable[Module]) -> Iterator[tuple[UsedKey, set[str]]]:
    """Go through the keys that stand beside all the placeholders they are used with."""
    for module in modules:
        for call in module.calls():
            names = _placeholder_names(call)
            if names is None:
                continue
            for keyword in _key_keywords(call):
                for key in _possible_texts(keyword.value):
                    yield UsedKey(key=key, place=f"{module.place}:{call.lineno}"), names


def _placeholder_names(call: ast.Call) -> set[str] | None:
    """Return the names in `translation_placeholders={...}`, none for a call without it, `None` if unknown."""
    for keyword in call.keywords:
        if keyword.arg is None:
            return None
        if keyword.arg == "translation_placeholders":
            if not isinstance(keyword.value, ast.Dict):
                return None
            keys = [key.value if isinstance(key, ast.Constant) else None for key in keyword.value.keys]
            return None if None in keys else {str(key) for key in keys}
    return set()
