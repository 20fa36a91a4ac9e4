"""The files of this repository, as the checks read them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import subprocess
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "enphase_cloud_things"
PACKAGE: Final = "custom_components.enphase_cloud_things"

type Json = dict[str, Any]
type Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One Python file: where it lies, how it is imported, and what it says."""

    path: Path
    name: str
    source: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path within the repository, as messages name it."""
        return self.path.relative_to(ROOT).as_posix()

    def functions(self) -> Iterator[Function]:
        """Go through all functions, those within classes and functions included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        """Go through all classes."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef):
                yield node

    def calls(self) -> Iterator[ast.Call]:
        """Go through all calls."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node

    def imports(self) -> Iterator[tuple[str, int]]:
        """Go through what is imported, with its line: `a.b` for `import a.b`, `a.b.c` for `from a.b import c`.

        Names relative to the module are made absolute.
        """
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                parts = package.split(".")
                above = parts[: len(parts) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


@cache
def module(path: Path) -> Module:
    """Read a Python file."""
    relative = path.relative_to(ROOT).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    source = path.read_text(encoding="utf-8")
    return Module(path=path, name=".".join(parts), source=source, tree=ast.parse(source, filename=str(path)))


def modules(*folders: Path) -> list[Module]:
    """Return the Python files in some folders, and in the folders within."""
    return [module(path) for folder in folders for path in sorted(folder.rglob("*.py"))]


def load_json(path: Path) -> Json:
    """Read a JSON file whose top is an object."""
    content = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict), f"{path.relative_to(ROOT)} has to hold one JSON object"
    return content


def strings(node: ast.AST) -> Iterator[str]:
    """Go through the text constants in a piece of code."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def called_name(call: ast.Call) -> str:
    """Return the last part of the name that is called, or nothing for a call of something without a name."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


@cache
def files() -> tuple[Path, ...]:
    """Return all files that are in the repository, or would be after `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Go through the place and the content of all files of the repository that are text."""
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8")


def listed(advice: str, found: Iterable[str]) -> str:
    """Return a message: what to do, and each thing to do it with on a line of its own."""
    return "\n  ".join(
        [f"{advice}:", *(f"{each}: {found[each]}" if isinstance(found, Mapping) else each for each in found)]
    )
