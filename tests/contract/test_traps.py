"""Whether what went wrong for others is tried here: docs/traps.md against the tests."""

import ast
import re
from typing import Final

from .repository import ROOT

TRAPS: Final = (ROOT / "docs" / "traps.md").read_text()
TESTS: Final = [path for path in (ROOT / "tests").rglob("test_*.py") if "simulator" not in path.parts]


def numbers_of_traps() -> set[int]:
    """Return the numbers of all traps that concern this project."""
    entries = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^#|\Z)", TRAPS, re.MULTILINE | re.DOTALL)
    return {int(number) for number, text in entries if "*Not touched:*" not in text}


def numbers_in_tests() -> set[int]:
    """Return the numbers that tests of the integration and of its client name in their docstrings."""
    named: set[int] = set()
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
                for listed in re.findall(r"Traps? (\d+(?:(?:, | and )\d+)*)", ast.get_docstring(node) or ""):
                    named.update(int(number) for number in re.findall(r"\d+", listed))
    return named


def test_every_trap_that_concerns_this_project_is_tried() -> None:
    assert len(numbers_of_traps()) > 50
    assert not numbers_of_traps() - numbers_in_tests()
