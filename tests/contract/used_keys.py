"""The keys of exceptions, issues and flow texts that the code names."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .repository import Function, Module, called_name, strings

ISSUE_CALLS: Final = frozenset({"async_create_issue", "create_issue"})
SHOWING_METHODS: Final = ("_show_", "async_show_form")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedKey:
    """A key and the place that names it."""

    key: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapper:
    """A function that takes the key of an exception or issue as a parameter and passes it on."""

    name: str
    parameter: str
    position: int
    is_issue: bool


def exception_keys(modules: Iterable[Module]) -> set[UsedKey]:
    """Return the keys of the texts of exceptions that are named where one is made."""
    return _translation_keys(tuple(modules), issues=False)


def issue_keys(modules: Iterable[Module]) -> set[UsedKey]:
    """Return the keys of the texts of repair issues that are named where one is made."""
    return _translation_keys(tuple(modules), issues=True)


def _translation_keys(modules: tuple[Module, ...], *, issues: bool) -> set[UsedKey]:
    """Collect the texts that stand after `translation_key=`, or are passed to a function that puts them there."""
    wrappers = [wrapper for module in modules for wrapper in _wrappers(module) if wrapper.is_issue is issues]
    used = set()
    for module in modules:
        for call in module.calls():
            given = [keyword.value for keyword in _key_keywords(call) if _makes_issue(call) is issues]
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
    if called_name(call).endswith(("Description", "SelectorConfig")):
        return
    for keyword in call.keywords:
        if keyword.arg == "translation_key":
            yield keyword


def _makes_issue(call: ast.Call) -> bool:
    return called_name(call) in ISSUE_CALLS


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
                        is_issue=_makes_issue(call),
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


def flow_steps(module: Module) -> set[UsedKey]:
    """Return the steps that a flow shows as a form or a menu."""
    return {
        UsedKey(key=key, place=f"{module.place}:{call.lineno}")
        for call in module.calls()
        for keyword in call.keywords
        if keyword.arg == "step_id"
        for key in _possible_texts(keyword.value)
    }


def flow_aborts(module: Module) -> set[UsedKey]:
    """Return the reasons that a flow names for its end, those of Home Assistant's own helpers included."""
    used = set()
    for call in module.calls():
        place = f"{module.place}:{call.lineno}"
        reasons = [
            key for keyword in call.keywords if keyword.arg == "reason" for key in _possible_texts(keyword.value)
        ]
        match called_name(call):
            case "_abort_if_unique_id_configured" | "_async_abort_entries_match":
                reasons = reasons or ["already_configured"]
            case "async_update_reload_and_abort" | "async_update_and_abort":
                reasons = reasons or ["reauth_successful", "reconfigure_successful"]
            case "_abort_if_unique_id_mismatch":
                reasons = reasons or ["unique_id_mismatch"]
        used |= {UsedKey(key=key, place=place) for key in reasons}
    return used


def flow_errors(module: Module) -> set[UsedKey]:
    """Return the errors that forms show: the values of `{field: error}`, and what is passed on to be shown."""
    used = set()
    for node in ast.walk(module.tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Dict):
            values = [value for key, value in zip(node.keys, node.values, strict=True) if _is_field(key)]
        elif isinstance(node, ast.Assign):
            values = [node.value for target in node.targets if ast.unparse(target).startswith("errors[")]
        elif isinstance(node, ast.Call) and called_name(node).startswith(SHOWING_METHODS):
            values = node.args
        used |= {
            UsedKey(key=key, place=f"{module.place}:{value.lineno}")
            for value in values
            for key in _possible_texts(value)
        }
    return used


def _is_field(key: ast.expr | None) -> bool:
    return (isinstance(key, ast.Constant) and key.value == "base") or (
        isinstance(key, ast.Name) and key.id.startswith("CONF_")
    )


def menu_options(module: Module) -> set[UsedKey]:
    """Return what the menus of a flow offer."""
    used = set()
    for node in ast.walk(module.tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="menu_options")], value=value):
                values = [value]
            case ast.keyword(arg="menu_options", value=value):
                values = [value]
            case ast.Call(func=ast.Attribute(value=ast.Name(id="menu_options")), args=arguments):
                values = arguments
            case _:
                continue
        used |= {UsedKey(key=key, place=f"{module.place}:{value.lineno}") for value in values for key in strings(value)}
    return used
