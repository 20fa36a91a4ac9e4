"""What can be checked, in the files, of the promises in quality_scale.yaml.

A proof returns what contradicts the promise, in words that tell what to do.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import cache
import re
from typing import Final

from homeassistant.util.yaml import load_yaml_dict

from custom_components.enphase_cloud_things.options import BOUNDS, Options

from .repository import INTEGRATION, ROOT, Json, called_name, load_json, modules

type Proof = Callable[[], list[str]]

TRANSLATED_ERRORS: Final = frozenset(
    {
        "ConfigEntryAuthFailed",
        "ConfigEntryError",
        "ConfigEntryNotReady",
        "HomeAssistantError",
        "ServiceValidationError",
        "UpdateFailed",
    }
)
PARAMETERS: Final = ("email", "password", "remember", "one-time code", "site", "chargers")
BLOCKING: Final = frozenset({"http.client", "requests", "socket", "subprocess", "urllib.request", "urllib3"})


@cache
def _english() -> Json:
    return load_json(INTEGRATION / "translations" / "en.json")


@cache
def _documentation() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.name not in {"api.md", "traps.md"})


def _in_the_check(*texts: str) -> Proof:
    def prove() -> list[str]:
        script = (ROOT / "scripts" / "test").read_text(encoding="utf-8")
        return [f"scripts/test does not say {text}" for text in texts if text not in script]

    return prove


def _heading(*words: str) -> Proof:
    """Prove that the documentation has a section whose heading has one of the words in it."""

    def prove() -> list[str]:
        headings = [line.casefold() for line in _documentation().splitlines() if line.startswith("#")]
        found = any(word in heading for heading in headings for word in words)
        return [] if found else [f"the documentation has no heading with {' or '.join(words)}"]

    return prove


def _documented(names: Callable[[], Iterable[str]]) -> Proof:
    """Prove that the documentation has each of the names in it, in small letters or capitals."""

    def prove() -> list[str]:
        text = _documentation().casefold()
        return [f"the documentation does not mention {name!r}" for name in names() if name.casefold() not in text]

    return prove


def _actions_and_fields() -> Iterable[str]:
    for service, description in load_yaml_dict(str(INTEGRATION / "services.yaml")).items():
        yield f"`{service}`"
        for name, field in ((description or {}).get("fields") or {}).items():
            yield from (f"`{each}`" for each in field.get("fields", [name]))


def _labels_of_options() -> Iterable[str]:
    for step in _english()["options"]["step"].values():
        for part in (step, *step.get("sections", {}).values()):
            yield from part.get("data", {}).values()


def _words_of_entity_names() -> Iterable[str]:
    """Go through the words in the names of entities: in prose, several entities may share a word."""
    for entities in _english()["entity"].values():
        for entity in entities.values():
            yield from re.sub(r"\{\w+\}", "", entity.get("name", "")).split()


def _untranslated_errors() -> list[str]:
    return [
        f"{each.place}:{call.lineno}: {called_name(call)} needs translation_domain and translation_key"
        for each in modules(INTEGRATION)
        for call in each.calls()
        if called_name(call) in TRANSLATED_ERRORS
        and not {"translation_domain", "translation_key"} <= {keyword.arg for keyword in call.keywords}
    ]


def _data_outside_of_the_entry() -> list[str]:
    return [
        f"{each.place}:{node.lineno}: keep it in entry.runtime_data"
        for each in modules(INTEGRATION)
        for node in ast.walk(each.tree)
        if isinstance(node, ast.Subscript) and ast.unparse(node) == "hass.data[DOMAIN]"
    ]


def _blocking_client() -> list[str]:
    return [
        f"{each.place}:{line}: {name} blocks the event loop"
        for each in modules(INTEGRATION / "enlighten")
        for name, line in each.imports()
        if any(name == library or name.startswith(f"{library}.") for library in BLOCKING) or name == "time.sleep"
    ]


def _own_sessions() -> list[str]:
    return [
        f"{each.place}:{call.lineno}: take the HTTP session as an argument"
        for each in modules(INTEGRATION)
        for call in each.calls()
        if called_name(call) in {"ClientSession", "async_get_clientsession"}
    ]


def _hasty_polling() -> list[str]:
    options = Options()
    intervals = {"slow": options.slow_poll_interval, "fast": options.fast_poll_interval}
    hasty = [f"{name}: {seconds} s is too often" for name, seconds in intervals.items() if seconds < 10]
    return hasty + [f"{key} may be set below 5 s" for key, bounds in BOUNDS.items() if bounds.low < 5]


def _requirements() -> list[str]:
    return [f"where does {each} come from?" for each in load_json(INTEGRATION / "manifest.json")["requirements"]]


def _loose_typing() -> list[str]:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return [] if "\nstrict = true" in settings.partition("[tool.mypy]")[2] else ["mypy has to be strict"]


def _all(*proofs: Proof) -> Proof:
    return lambda: [problem for proof in proofs for problem in proof()]


PROOFS: Final[Mapping[str, Proof]] = {
    "appropriate-polling": _hasty_polling,
    "config-flow-test-coverage": _in_the_check("--fail-under 100", "config_flow.py"),
    "dependency-transparency": _requirements,
    "docs-actions": _documented(_actions_and_fields),
    "docs-high-level-description": _documented(lambda: ["Home Assistant", "Enphase", "Enlighten"]),
    "docs-installation-instructions": _all(_heading("install"), _documented(lambda: ["HACS"])),
    "docs-removal-instructions": _heading("remov", "uninstall"),
    "runtime-data": _data_outside_of_the_entry,
    "docs-configuration-parameters": _documented(_labels_of_options),
    "docs-installation-parameters": _documented(lambda: PARAMETERS),
    "test-coverage": _in_the_check("--fail-under 95", "--fail-under 97"),
    "docs-data-update": _heading("update", "poll", "how often"),
    "docs-examples": _heading("example", "automation", "blueprint"),
    "docs-known-limitations": _heading("limit"),
    "docs-supported-devices": _heading("supported", "charger", "device"),
    "docs-supported-functions": _documented(_words_of_entity_names),
    "docs-troubleshooting": _heading("trouble", "problem"),
    "docs-use-cases": _heading("use case", "automation"),
    "exception-translations": _untranslated_errors,
    "async-dependency": _blocking_client,
    "inject-websession": _own_sessions,
    "strict-typing": _loose_typing,
}
"""By rule. The other rules are proven by the tests of what the integration does, or judged by readers."""
