"""Text from the cloud where Home Assistant may render it: titles, repairs, forms and messages."""

import re
from typing import Final

_CONTROL: Final = re.compile(r"\s+|[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MARKUP: Final = re.compile(r"[<>\[\]`*\\]")
_ADDRESS: Final = re.compile(r"://|(?i:\bwww\.)")
_LONGEST: Final = 255


def plain(text: str) -> str:
    """Return a text as one line that is no HTML, no Markdown and no link (docs/traps.md 92)."""
    line = _CONTROL.sub(" ", text[: 4 * _LONGEST])
    line = _ADDRESS.sub(" ", _MARKUP.sub("", line))
    return " ".join(line.split())[:_LONGEST].rstrip()
