"""The examples that people copy, read out of the pages themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
import re
from typing import Any, Final

from homeassistant.util.yaml import parse_yaml

from tests.contract.markdown import Block, blocks, lines
from tests.contract.repository import ROOT

PAGES: Final = "\n".join(
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/actions.md", "docs/automations.md")
)

_IN_TEMPLATE: Final = re.compile(r"""['"]([a-z_]+\.[a-z0-9_]+)['"]""")
_CODE: Final = re.compile(r"`([a-z0-9_.]+)`")

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An automation, or the call of an action, as somebody would copy it."""

    name: str
    config: Json

    def called(self) -> set[str]:
        """Return the actions that are named, `domain.service`."""
        return {value for key, value in _named(self.config) if key == "action"}

    def entity_ids(self) -> set[str]:
        """Return the entities that are named, those in templates included."""
        found: set[str] = set()
        for key, value in _named(self.config):
            if key == "entity_id":
                found.add(value)
            elif "{{" in value or "{%" in value:
                found.update(_IN_TEMPLATE.findall(value))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What Home Assistant has made for entities of one kind, as the table of the page tells it."""

    entity_ids: tuple[str, ...]
    triggers: frozenset[str]
    conditions: frozenset[str]


def _named(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Go through all texts in a structure, with the key that each belongs to."""
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _named(inner, str(inner_key))
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, key)
    elif isinstance(value, str):
        yield key, value


def _example(block: Block) -> Example:
    """Read an example, and name it after its heading and the sentence above it, or the action it calls."""
    config = parse_yaml(block.text)
    assert isinstance(config, dict), f"an example under “{block.heading}” is neither an automation nor an action"
    title = block.lead.removesuffix(":") if block.lead.endswith(":") else config.get("action", block.lead)
    return Example(name=f"{block.heading}: {title}", config=config)


@cache
def examples() -> tuple[Example, ...]:
    """Return all examples."""
    return tuple(_example(block) for block in blocks(PAGES, "yaml", "yml"))


def automations() -> list[Example]:
    """Return the examples that are automations."""
    return [example for example in examples() if "triggers" in example.config]


def calls() -> list[Example]:
    """Return the examples that call an action."""
    return [example for example in examples() if "action" in example.config]


def example(name: str) -> Example:
    """Return one example."""
    return next(example for example in examples() if example.name == name)


@cache
def made() -> tuple[Made, ...]:
    """Return the table of triggers and conditions, row by row."""
    rows: list[Made] = []
    for line in lines(PAGES):
        cells = [frozenset(_CODE.findall(cell)) for cell in line.text.split("|")[1:-1]]
        if len(cells) == 3 and any("." in name for name in cells[0]):
            rows.append(Made(entity_ids=tuple(sorted(cells[0])), triggers=cells[1], conditions=cells[2]))
    return tuple(rows)
