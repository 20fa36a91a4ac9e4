"""The limits this project sets itself so that a reader can keep a module, a class and a function in mind."""

import ast
from functools import cache
import io
import tokenize
from typing import Final

import pytest

from .repository import INTEGRATION, ROOT, Function, listed, modules

LONGEST_MODULE: Final = 600
LONGEST_FUNCTION: Final = 50
MOST_METHODS: Final = 20
BROAD_ERRORS: Final = frozenset({"Exception", "BaseException"})

PRODUCT: Final = modules(INTEGRATION, ROOT / "simulator")
PYTHON: Final = modules(*(ROOT / name for name in ("custom_components", "simulator", "demo", "tests")))
NAMELESS: Final = frozenset({"helpers", "helper", "misc", "utils", "util", "common", "tools"})


@cache
def comments() -> tuple[tuple[str, str], ...]:
    """Return all comments, with their places."""
    return tuple(
        (token.string, f"{each.place}:{token.start[0]}")
        for each in PYTHON
        for token in tokenize.generate_tokens(io.StringIO(each.source).readline)
        if token.type == tokenize.COMMENT
    )


def length(function: Function) -> int:
    """Return how many lines a function has, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def methods(of: ast.ClassDef) -> list[str]:
    """Return the methods of a class, public and private, without those that Python names."""
    return [
        node.name
        for node in of.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__")
    ]


def handled(handler: ast.ExceptHandler) -> set[str]:
    """Return the names of the errors that a handler catches; a bare one catches all."""
    match handler.type:
        case None:
            return set(BROAD_ERRORS)
        case ast.Tuple(elts=errors):
            return {ast.unparse(error) for error in errors}
        case error:
            return {ast.unparse(error)}


def test_no_module_is_too_long_to_be_read_in_one_go() -> None:
    long = {each.place: lines for each in PRODUCT if (lines := len(each.source.splitlines())) > LONGEST_MODULE}
    assert not long, listed(f"split these by concept into modules of at most {LONGEST_MODULE} lines", long)


def test_no_function_is_too_long_for_a_screen() -> None:
    long = {
        f"{each.place}:{function.lineno} {function.name}": lines
        for each in PRODUCT
        for function in each.functions()
        if (lines := length(function)) > LONGEST_FUNCTION
    }
    assert not long, listed(f"split these into functions of at most {LONGEST_FUNCTION} lines", long)


def test_no_class_does_too_many_things() -> None:
    many = {
        f"{each.place}:{kind.lineno} {kind.name}": count
        for each in modules(INTEGRATION)
        for kind in each.classes()
        if (count := len(methods(kind))) > MOST_METHODS
    }
    assert not many, listed(f"a concept is missing where a class has more than {MOST_METHODS} methods", many)


def test_no_module_is_named_after_nothing() -> None:
    assert not [each.place for each in PYTHON if each.path.stem in NAMELESS], "name these after what they hold"


@pytest.mark.parametrize("marker", ["type: ignore", "noqa", "pragma: no cover", "pylint:", "fmt: off", "isort:"])
def test_no_checker_is_silenced(marker: str) -> None:
    silenced = [place for text, place in comments() if marker in text.lower()]
    assert not silenced, listed(f"solve what {marker!r} hides", silenced)


@pytest.mark.parametrize("marker", ["TODO", "FIXME", "XXX", "HACK"])
def test_nothing_is_left_to_do_in_the_code(marker: str) -> None:
    left = [place for text, place in comments() if marker in text]
    assert not left, listed("do it, or write it down where it is planned", left)


def test_no_handler_catches_everything() -> None:
    broad = [
        f"{each.place}:{node.lineno}"
        for each in PYTHON
        for node in ast.walk(each.tree)
        if isinstance(node, ast.ExceptHandler) and handled(node) & BROAD_ERRORS
    ]
    assert not broad, listed("name the errors that are expected", broad)


def test_attributes_are_read_by_their_names() -> None:
    indirect = [
        f"{each.place}:{call.lineno}"
        for each in PYTHON
        for call in each.calls()
        if isinstance(call.func, ast.Name)
        and call.func.id in {"getattr", "setattr", "delattr", "hasattr"}
        and len(call.args) > 1
        and isinstance(call.args[1], ast.Constant)
    ]
    assert not indirect, listed("a type that has the attribute is missing", indirect)


def test_any_stays_at_the_border_where_home_assistant_has_it() -> None:
    loose = [
        f"{each.place}:{line}"
        for each in modules(INTEGRATION / "enlighten")
        for name, line in each.imports()
        if name == "typing.Any"
    ]
    assert not loose, listed("past the parsing border everything has a type", loose)


def test_the_code_says_that_it_is_typed() -> None:
    assert (INTEGRATION / "py.typed").is_file()
    assert (INTEGRATION / "enlighten" / "py.typed").is_file()


def test_each_module_says_what_it_is_about() -> None:
    silent = [each.place for each in PYTHON if each.tree.body and not ast.get_docstring(each.tree)]
    assert not silent, listed("begin these with a docstring", silent)
