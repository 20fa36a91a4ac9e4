"""The texts in other languages: all of them there, translated, and short enough for a phone.

Their shape, their keys and their placeholders are checked with the English ones in test_texts.py.
"""

from pathlib import Path
import re
from typing import Final

from homeassistant.generated.languages import LANGUAGES
import pytest

from .languages import ENGLISH, PARTIAL, TRANSLATIONS, aligned, flat, missing
from .repository import listed, load_json

FILES: Final = [path for path in sorted(TRANSLATIONS.glob("*.json")) if path != ENGLISH]
COMPLETE: Final = [path for path in FILES if path.stem not in PARTIAL]
ORIGINALS: Final = dict(flat(load_json(ENGLISH)))
LABEL: Final = re.compile(
    r"entity\..*\.(name|state\.\w+|unit_of_measurement)"
    r"|(config|options)\.step\.\w+\.(.*\.)?(title|name|data\.\w+|menu_options\.\w+)"
    r"|issues\..*\.title"
    r"|selector\.\w+\.options\.\w+"
    r"|services\..*\.name"
    r"|system_health\.info\.\w+"
)
"""Keys of texts that stand in a row, on a button or above a page."""
LONGEST: Final = 48
"""The characters of a label that fit beside its value on a phone, in two lines."""
SAME_IN_BOTH: Final = frozenset({"{failures}"})
"""Texts of more than three words, or of placeholders only, that may be as in English."""


def translations(paths: list[Path]) -> pytest.MarkDecorator:
    """Run a test for the texts of each of these files."""
    return pytest.mark.parametrize("texts", [load_json(path) for path in paths], ids=[path.stem for path in paths])


def labels(texts: dict[str, str]) -> dict[str, str]:
    """Return the labels; what ends like a sentence is read as one, even where a state says it."""
    return {
        key: text for key, text in texts.items() if LABEL.fullmatch(key) and not ORIGINALS.get(key, "").endswith(".")
    }


def room(key: str) -> float:
    """Return how many characters a label may have."""
    relative = 1.8 * len(ORIGINALS.get(key, "")) + 10
    # titles of repairs wrap: they name a site and a charger anyhow
    return relative if key.startswith("issues.") else min(LONGEST, relative)


def test_every_file_is_named_after_a_language_of_home_assistant() -> None:
    assert {path.stem for path in FILES} <= LANGUAGES


@translations(COMPLETE)
def test_a_language_lacks_no_text(texts: dict[str, object]) -> None:
    lacking = missing(load_json(ENGLISH), texts)
    assert not lacking, listed("translate these; scripts/translations lists them for all languages", lacking)


@translations(COMPLETE)
def test_a_language_leaves_no_sentence_in_english(texts: dict[str, object]) -> None:
    english = [
        key
        for key, text in flat(texts)
        if text == ORIGINALS.get(key) and len(text.split()) > 3 and text not in SAME_IN_BOTH
    ]
    assert not english, listed("translate these", english)


@translations([path for path in FILES if path.stem in PARTIAL])
def test_another_english_holds_only_what_differs(texts: dict[str, object]) -> None:
    same = [key for key, text in flat(texts) if text == ORIGINALS.get(key)]
    assert not same, listed("remove these: Home Assistant shows the text of en.json for them", same)


@translations(FILES)
def test_a_label_fits_on_a_phone(texts: dict[str, object]) -> None:
    long = [
        f"{key}: {text} ({len(text)} characters, {room(key):.0f} fit)"
        for key, text in labels(dict(flat(texts))).items()
        if len(text) > room(key)
    ]
    assert not long, listed("say these in fewer words", long)


def test_english_labels_fit_on_a_phone() -> None:
    long = [f"{key}: {text}" for key, text in labels(ORIGINALS).items() if len(text) > room(key)]
    assert not long, listed("say these in fewer words", long)


def test_what_english_no_longer_has_is_dropped_and_the_first_source_wins() -> None:
    english = {"kept": "a", "part": {"one": "b", "two": "c"}, "empty": {"three": "d"}}
    own = {"kept": "A", "gone": "X", "part": {"one": "B", "gone": "X"}, "empty": {"gone": "X"}}
    returned = {"kept": "other", "part": {"one": "other", "two": "C"}}
    assert aligned(english, own, returned) == {"kept": "A", "part": {"one": "B", "two": "C"}}
    assert missing(english, aligned(english, own)) == ["empty.three", "part.two"]
