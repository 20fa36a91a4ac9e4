"""The shape of the texts, as Home Assistant's validator reads them: what every text and every key has to look like."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from string import Formatter
from typing import Final

import probatio
import pytest

from .repository import INTEGRATION, Json, listed, load_json

TRANSLATIONS: Final = INTEGRATION / "translations"
LANGUAGES: Final = sorted(TRANSLATIONS.glob("*.json"))
ENGLISH: Final = load_json(TRANSLATIONS / "en.json")

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-([A-Z]{2}|[A-Z][a-z]{3}))?")
KEY: Final = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
TAG: Final = re.compile(r"<[a-zA-Z/!]")
ADDRESS: Final = re.compile(r"(?i)(\b[a-z]+://|\bwww\.)")
QUOTED_PLACEHOLDER: Final = re.compile(r"'\{\w*\}'")

type Keyed = tuple[str, str]


def flat(tree: Mapping[str, object], prefix: str = "") -> Iterator[Keyed]:
    """Go through all texts with their full keys."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            assert isinstance(value, str), f"{prefix}{key} has to be a text"
            yield f"{prefix}{key}", value


def all_keys(tree: Mapping[str, object]) -> Iterator[str]:
    """Go through the keys of all levels."""
    for key, value in tree.items():
        yield key
        if isinstance(value, Mapping):
            yield from all_keys(value)


def placeholders(text: str) -> set[str]:
    """Return the names in braces; raises ValueError for a brace without its partner."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def a_text(value: object) -> str:
    """Accept a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise probatio.Invalid("a text is expected")
    return value


def a_key(value: object) -> str:
    """Accept a key of a text."""
    if not isinstance(value, str) or not KEY.fullmatch(value):
        raise probatio.Invalid("keys are made of a-z, 0-9, - and _ and neither begin nor end with - or _")
    return value


TEXTS: Final = {a_key: a_text}
FIELDS: Final = {
    probatio.Optional("data"): TEXTS,
    probatio.Optional("data_description"): TEXTS,
}
STEP: Final = {
    probatio.Optional("title"): a_text,
    probatio.Optional("description"): a_text,
    probatio.Optional("submit"): a_text,
    probatio.Optional("menu_options"): TEXTS,
    probatio.Optional("menu_option_descriptions"): TEXTS,
    **FIELDS,
    probatio.Optional("sections"): {
        a_key: {probatio.Optional("name"): a_text, probatio.Optional("description"): a_text, **FIELDS}
    },
}
FLOW: Final = {
    probatio.Optional("flow_title"): a_text,
    probatio.Required("step"): {a_key: STEP},
    probatio.Optional("error"): TEXTS,
    probatio.Optional("abort"): TEXTS,
    probatio.Optional("progress"): TEXTS,
    probatio.Optional("create_entry"): TEXTS,
}
NAMED: Final = {probatio.Required("name"): a_text, probatio.Required("description"): a_text}
SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional("title"): a_text,
        probatio.Optional("config"): FLOW,
        probatio.Optional("options"): FLOW,
        probatio.Optional("entity"): {
            a_key: {
                a_key: {
                    probatio.Optional("name"): a_text,
                    probatio.Optional("state"): TEXTS,
                    probatio.Optional("unit_of_measurement"): a_text,
                    probatio.Optional("state_attributes"): {
                        a_key: {probatio.Optional("name"): a_text, probatio.Optional("state"): TEXTS}
                    },
                }
            }
        },
        probatio.Optional("device"): {a_key: {probatio.Required("name"): a_text}},
        probatio.Optional("exceptions"): {a_key: {probatio.Required("message"): a_text}},
        probatio.Optional("issues"): {
            a_key: {
                probatio.Required("title"): a_text,
                probatio.Exclusive("description", "body"): a_text,
                probatio.Exclusive("fix_flow", "body"): FLOW,
            }
        },
        probatio.Optional("services"): {
            a_key: {
                **NAMED,
                probatio.Optional("fields"): {a_key: {**NAMED, probatio.Optional("example"): a_text}},
                probatio.Optional("sections"): {
                    a_key: {probatio.Required("name"): a_text, probatio.Optional("description"): a_text}
                },
            }
        },
        probatio.Optional("selector"): {
            a_key: {
                probatio.Optional("options"): TEXTS,
                probatio.Optional("fields"): {a_key: NAMED},
                probatio.Optional("unit_of_measurement"): TEXTS,
            }
        },
        probatio.Optional("system_health"): {probatio.Required("info"): TEXTS},
    }
)


def english() -> list[Keyed]:
    """Return all English texts."""
    return list(flat(ENGLISH))


@pytest.fixture(params=LANGUAGES, ids=lambda path: path.stem)
def language(request: pytest.FixtureRequest) -> Json:
    """The texts of one language."""
    path: Path = request.param
    return load_json(path)


def test_no_build_step_is_left_to_do() -> None:
    assert not list(INTEGRATION.rglob("strings.json")), (
        "strings.json is read by Home Assistant's own build only: write translations/en.json"
    )


def test_each_file_is_named_after_a_language() -> None:
    odd = [path.name for path in TRANSLATIONS.iterdir() if path.suffix != ".json" or not LANGUAGE.fullmatch(path.stem)]
    assert not odd, listed("these are no translations: xx.json or xx-XX.json is expected", odd)


def test_the_texts_have_the_shape_home_assistant_reads(language: Json) -> None:
    SCHEMA(language)


@pytest.mark.parametrize("name", ["translations/en.json", "icons.json"])
def test_keys_are_sorted_so_that_changes_are_easy_to_read(name: str) -> None:
    content = (INTEGRATION / name).read_text(encoding="utf-8")
    sorted_content = json.dumps(json.loads(content), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    assert content == sorted_content, f"write {name} with json.dumps(indent=2, ensure_ascii=False, sort_keys=True)"


def test_texts_hold_no_html(language: Json) -> None:
    assert not [key for key, text in flat(language) if TAG.search(text)], "use Markdown in place of HTML tags"


def test_texts_hold_no_addresses(language: Json) -> None:
    assert not [key for key, text in flat(language) if ADDRESS.search(text)], (
        "addresses are no matter of translation: pass them as placeholders"
    )


def test_texts_begin_and_end_with_what_is_read(language: Json) -> None:
    assert not [key for key, text in flat(language) if text != text.strip()], "remove the blanks around these texts"


def test_texts_refer_to_no_other_texts(language: Json) -> None:
    assert not [key for key, text in flat(language) if "[%" in text], (
        "references are resolved by Home Assistant's own build only: write the text out"
    )


def test_placeholders_are_names(language: Json) -> None:
    odd = [key for key, text in flat(language) if not all(name.isidentifier() for name in placeholders(text))]
    assert not odd, listed("placeholders in these texts have to be identifiers, such as {name}", odd)


def test_placeholders_stand_in_no_single_quotes(language: Json) -> None:
    assert not [key for key, text in flat(language) if QUOTED_PLACEHOLDER.search(text)], (
        "single quotes make braces mean themselves: use double quotes around the placeholders of these texts"
    )


def test_states_hold_no_placeholders(language: Json) -> None:
    states = [(key, text) for key, text in flat(language.get("entity", {})) if ".state." in key]
    assert not [key for key, text in states if placeholders(text)], "nothing fills a placeholder in a state"


def test_a_text_begins_with_a_capital_letter_unless_it_follows_a_number() -> None:
    small = [key for key, text in english() if text[0].islower() and not key.endswith(".unit_of_measurement")]
    assert not small, listed("begin these texts with a capital", small)


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_field_of_a_step_has_a_label_and_a_description(flow: str) -> None:
    for name, step in ENGLISH[flow]["step"].items():
        for part in (step, *step.get("sections", {}).values()):
            labels, descriptions = part.get("data", {}).keys(), part.get("data_description", {}).keys()
            assert labels == descriptions, f"{flow}.step.{name}: data and data_description name different fields"


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_step_has_a_title(flow: str) -> None:
    assert not [name for name, step in ENGLISH[flow]["step"].items() if not step.get("title")]


def test_an_issue_says_what_to_do() -> None:
    silent = [key for key, issue in ENGLISH.get("issues", {}).items() if not issue.keys() & {"description", "fix_flow"}]
    assert not silent, listed("these issues need a description, or a fix_flow if they can be fixed", silent)


def test_other_languages_hold_no_texts_that_english_does_not_have(language: Json) -> None:
    surplus = dict(flat(language)).keys() - dict(english()).keys()
    assert not surplus, listed("remove these texts, or add them to en.json", surplus)


def test_other_languages_fill_in_what_english_fills_in(language: Json) -> None:
    originals = dict(english())
    different = [
        key for key, text in flat(language) if key in originals and placeholders(text) - placeholders(originals[key])
    ]
    assert not different, listed("these texts have placeholders that nobody fills in", different)
