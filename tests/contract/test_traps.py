"""Whether what went wrong for others is tried here: docs/traps.md against the tests, and the other way round."""

import ast
from pathlib import Path
import re
from typing import Final

from .repository import INTEGRATION, ROOT

PAGE: Final = ROOT / "docs" / "traps.md"
TESTS: Final = [path for path in (ROOT / "tests").rglob("test_*.py") if "simulator" not in path.parts]
NOT_TOUCHED: Final = "*Not touched:*"
LISTED: Final = r"(\d+(?:(?:, | and | to )\d+)*)"


def traps() -> list[tuple[int, str]]:
    """Return all traps in the order of the page: the number and what stands beside it."""
    entries = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^#|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [(int(number), text) for number, text in entries]


def numbers_of_traps() -> set[int]:
    """Return the numbers of all traps that concern this project."""
    return {number for number, text in traps() if NOT_TOUCHED not in text}


def numbers_in(text: str, words: str) -> set[int]:
    """Return the numbers that are listed after certain words."""
    numbers: set[int] = set()
    for listed in re.findall(rf"(?:{words})\s+{LISTED}", text):
        numbers.update(int(number) for number in re.findall(r"\d+", listed))
        for first, last in re.findall(r"(\d+) to (\d+)", listed):
            numbers.update(range(int(first), int(last)))
    return numbers


def docstrings(path: Path) -> list[str]:
    """Return the docstrings of a file: its own and those of what is in it."""
    documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
    return [
        ast.get_docstring(node) or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, documented)
    ]


def numbers_in_tests() -> set[int]:
    """Return the numbers that tests of the integration and of its client name in their docstrings."""
    return {number for path in TESTS for text in docstrings(path) for number in numbers_in(text, "[Tt]raps?")}


def test_the_traps_are_numbered_without_a_gap() -> None:
    """Numbers are permanent, because tests and code cite them."""
    numbers = [number for number, _ in traps()]
    assert len(numbers) >= 92
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_trap_has_a_name_and_a_rule() -> None:
    assert [number for number, text in traps() if not text.startswith("**") or "*Rule:*" not in text] == []


def test_every_trap_that_concerns_this_project_is_tried() -> None:
    assert numbers_of_traps() - numbers_in_tests() == set()


def test_every_trap_that_a_test_names_concerns_this_project() -> None:
    assert numbers_in_tests() - numbers_of_traps() == set()


def test_every_trap_that_the_code_cites_concerns_this_project() -> None:
    cited = {number for path in INTEGRATION.rglob("*.py") for number in numbers_in(path.read_text(), r"docs/traps\.md")}
    assert cited
    assert cited - numbers_of_traps() == set()
