"""The dashboard strategy, as far as it can be read without a browser."""

import re
from typing import Final

from .repository import INTEGRATION, load_json

STRATEGY: Final = (INTEGRATION / "dashboard" / "strategy.js").read_text(encoding="utf-8")
TEXTS: Final = load_json(INTEGRATION / "translations" / "en.json")


def test_the_words_of_the_dashboard_are_those_that_are_translated() -> None:
    used = set(re.findall(r"""word\("(\w+)"\)""", STRATEGY))
    assert used == TEXTS["selector"]["dashboard"]["options"].keys()


def test_the_dashboard_depends_on_nothing_from_elsewhere() -> None:
    assert not re.search(r"\bimport\b|\brequire\(|https?://", STRATEGY)
    assert "custom:" not in STRATEGY, "only cards that every Home Assistant has"
