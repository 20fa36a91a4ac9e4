"""The texts of all languages, and what of the English ones the code uses.

hassfest checks the shape of the English texts and of the icons. What is checked here it does not see: the other
languages, and whether a text belongs to something. The texts of flows are checked where the flows are walked.
"""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from string import Formatter
from typing import Final

import pytest

from custom_components.enphase_cloud_things import errors
from custom_components.enphase_cloud_things.enlighten import EnlightenError

from .languages import TRANSLATIONS, flat, written
from .repository import INTEGRATION, Json, listed, load_json, modules, strings
from .used_keys import UsedKey, exception_keys, filled_placeholders

LANGUAGES: Final = sorted(TRANSLATIONS.glob("*.json"))
ENGLISH: Final = load_json(TRANSLATIONS / "en.json")
CODE: Final = modules(INTEGRATION)
CONSTANTS: Final = frozenset(text for code in CODE for text in strings(code.tree))
MARKUP: Final = re.compile(r"(?i)<[a-z/!]|\b[a-z]+://|\bwww\.|\[%|'\{\w*\}'")
"""What Home Assistant does not want in a text: HTML, addresses, references, placeholders that mean themselves."""


def placeholders(text: str) -> set[str]:
    """Return the names in braces; raises ValueError for a brace without its partner."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def lacking(used: set[UsedKey], existing: Mapping[str, object]) -> list[str]:
    """Return the keys without a text, each with a place that uses it."""
    assert used, "nothing was found in the code: this check reads it in a wrong way"
    return sorted(f"{each.key} ({each.place})" for each in used if each.key not in existing)


def all_errors(kind: type[EnlightenError] = EnlightenError) -> Iterator[type[EnlightenError]]:
    """Go through the client's errors."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from all_errors(narrower)


@pytest.fixture(params=LANGUAGES, ids=lambda path: path.stem)
def language(request: pytest.FixtureRequest) -> Json:
    """The texts of one language."""
    path: Path = request.param
    return load_json(path)


def test_no_build_step_is_left_to_do() -> None:
    assert not list(INTEGRATION.rglob("strings.json")), (
        "strings.json is read by Home Assistant's own build only: write translations/en.json"
    )


@pytest.mark.parametrize("path", [*LANGUAGES, INTEGRATION / "icons.json"], ids=lambda path: path.stem)
def test_keys_are_sorted_so_that_changes_are_easy_to_read(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert content == written(json.loads(content)), f"run scripts/translations to sort {path.name}"


def test_texts_are_plain_and_neither_begin_nor_end_with_blanks(language: Json) -> None:
    odd = [key for key, text in flat(language) if not text or text != text.strip() or MARKUP.search(text)]
    assert not odd, listed("write these as plain text or Markdown, addresses as placeholders", odd)


def test_every_language_fills_in_what_english_fills_in_and_has_no_texts_of_its_own(language: Json) -> None:
    originals = dict(flat(ENGLISH))
    different = [
        key
        for key, text in flat(language)
        if key not in originals or placeholders(text) != placeholders(originals[key])
    ]
    assert not different, listed("these texts are not in en.json, or have other placeholders there", different)


def test_every_exception_that_is_raised_has_a_text() -> None:
    missing = lacking(exception_keys(CODE), ENGLISH["exceptions"])
    assert not missing, listed("add the messages of these exceptions to en.json", missing)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_client_has_a_text_for_actions_and_one_for_forms(kind: type[EnlightenError]) -> None:
    error = kind.__new__(kind)  # what it would tell beside its kind does not matter
    assert errors.translation_key(error) in ENGLISH["exceptions"]
    assert errors.form_key(error) in ENGLISH["config"]["error"]


def test_every_placeholder_of_an_exception_is_filled_in() -> None:
    unfilled = [
        f"{used.place}: {used.key} lacks {', '.join(sorted(missing))}"
        for used, filled in filled_placeholders(CODE)
        if (missing := placeholders(ENGLISH["exceptions"].get(used.key, {}).get("message", "")) - filled)
    ]
    assert not unfilled, listed("fill these in with translation_placeholders", unfilled)


def unused(section: Mapping[str, object], path: str) -> Iterator[str]:
    """Go through the keys of a section that are in no text constant of the code."""
    yield from (f"{path}.{key}" for key in section if key not in CONSTANTS)


def test_no_text_is_for_something_that_the_code_does_not_know() -> None:
    surplus = [*unused(ENGLISH["exceptions"], "exceptions"), *unused(ENGLISH["issues"], "issues")]
    for flow in ("config", "options"):
        # Home Assistant goes to a step by the name of its method, and ends some flows by itself
        surplus += [
            f"{flow}.step.{step}"
            for step in ENGLISH[flow]["step"]
            if step not in CONSTANTS and not any(f"async_step_{step}" in code.source for code in CODE)
        ]
        for part in ("error", "abort"):
            known = CONSTANTS | {"already_configured", "reauth_successful", "reconfigure_successful"}
            surplus += [f"{flow}.{part}.{key}" for key in ENGLISH[flow].get(part, {}) if key not in known]
        for name, step in ENGLISH[flow]["step"].items():
            for part in (step, *step.get("sections", {}).values()):
                surplus += [
                    f"{flow}.step.{name}.data.{field}"
                    for field in part.get("data", {})
                    if not any(field in code.source for code in CODE)
                ]
                surplus += unused(part.get("menu_options", {}), f"{flow}.step.{name}.menu_options")
    assert not surplus, listed("remove these from en.json", surplus)


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_field_of_a_step_has_a_label_and_a_description(flow: str) -> None:
    for name, step in ENGLISH[flow]["step"].items():
        for part in (step, *step.get("sections", {}).values()):
            assert part.get("data", {}).keys() == part.get("data_description", {}).keys(), (
                f"{flow}.step.{name}: data and data_description name different fields"
            )
