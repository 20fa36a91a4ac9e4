"""The files with the texts of one language each, and how to bring them in line with the English one.

`python -m tests.contract.languages [FOLDER]`, which scripts/translations runs, takes what a file
lacks from the file of the same name in the folder, drops what English no longer has, sorts, and lists what is missing.
"""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import sys
from typing import Final

from homeassistant.generated.languages import LANGUAGES

from .repository import INTEGRATION, load_json

type Texts = dict[str, Texts | str]
"""Texts by key, nested as in the files."""

TRANSLATIONS: Final = INTEGRATION / "translations"
ENGLISH: Final = TRANSLATIONS / "en.json"
PARTIAL: Final = frozenset({"en-GB"})
"""Languages that hold only what differs: for the rest Home Assistant shows the English text."""


def flat(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Go through all texts with their full keys."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def aligned(english: Mapping[str, object], *sources: Mapping[str, object]) -> Texts:
    """Return the texts that the first source with the key has for the keys of the English ones, without empty parts."""
    result: Texts = {}
    for key, original in english.items():
        found = [source[key] for source in sources if key in source]
        if isinstance(original, Mapping):
            if part := aligned(original, *(each for each in found if isinstance(each, Mapping))):
                result[key] = part
        elif texts := [each for each in found if isinstance(each, str)]:
            result[key] = texts[0]
    return result


def missing(english: Mapping[str, object], texts: Mapping[str, object]) -> list[str]:
    """Return the full keys of the English texts that a language lacks."""
    return sorted(dict(flat(english)).keys() - dict(flat(texts)).keys())


def written(texts: Mapping[str, object]) -> str:
    """Return the content of a file: sorted, so that changes are easy to read."""
    return json.dumps(texts, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(folder: Path | None) -> int:
    """Bring all files in line; return 1 if texts are still missing."""
    english = load_json(ENGLISH)
    lacking: list[str] = []
    for language in sorted(LANGUAGES - {ENGLISH.stem}):
        name = f"{language}.json"
        sources = [load_json(place / name) for place in (TRANSLATIONS, folder) if place and (place / name).exists()]
        if not sources:
            continue
        texts = aligned(english, *sources)
        (TRANSLATIONS / name).write_text(written(texts), encoding="utf-8")
        if language not in PARTIAL:
            lacking += [f"{name}: {key}\n" for key in missing(english, texts)]
    sys.stdout.writelines(lacking)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
