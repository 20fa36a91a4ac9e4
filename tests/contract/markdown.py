"""Pages in Markdown, as GitHub shows them: their headings, their links and their blocks of code."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
import re
from typing import Final

_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([\w-]*)")
_HEADING: Final = re.compile(r"^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE: Final = re.compile(r"(`+)(?:(?!\1).)+?\1")
_INLINE: Final = re.compile(r"\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)")
_DEFINITION: Final = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?")
_ATTRIBUTE: Final = re.compile(r"<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)\s*=\s*[\"']([^\"']+)[\"']")
_ANCHOR: Final = re.compile(r"<[a-z]+\b[^>]*?\b(?:id|name)\s*=\s*[\"']([^\"']+)[\"']")
_TEXT_OF_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_NOT_IN_SLUG: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line outside of the blocks of code; lines are counted from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of code: its language, the heading and the line of text it stands under, and what is in it."""

    language: str
    heading: str
    lead: str
    text: str


def _read(page: str) -> Iterator[Line | Block]:
    """Go through the lines and the blocks of a page, in order."""
    page = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), page)
    heading, lead, fence, language = "", "", "", ""
    inside: list[str] = []
    for number, text in enumerate(page.splitlines(), 1):
        if fence:
            if text.strip().startswith(fence) and not text.strip().strip(fence[0]):
                yield Block(language=language, heading=heading, lead=lead, text="\n".join(inside))
                lead, fence, inside = "", "", []
            else:
                inside.append(text)
        elif match := _FENCE.match(text):
            fence, language = match[1], match[2].lower()
        else:
            if match := _HEADING.match(text):
                heading = match[1]
            lead = text.strip() or lead
            yield Line(number, text)


def lines(page: str) -> list[Line]:
    """Return the lines of a page that are not code."""
    return [each for each in _read(page) if isinstance(each, Line)]


def blocks(page: str, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page that are in one of some languages."""
    return [each for each in _read(page) if isinstance(each, Block) and each.language in languages]


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives the first heading with some text."""
    shown = _TEXT_OF_LINK.sub(r"\1", heading)
    return _NOT_IN_SLUG.sub("", shown.lower()).replace(" ", "-")


def anchors(page: str) -> set[str]:
    """Return what can be linked to within a page; headings that are there more than once are numbered."""
    found: set[str] = set()
    times: Counter[str] = Counter()
    for line in lines(page):
        found.update(_ANCHOR.findall(line.text))
        if match := _HEADING.match(line.text):
            base = slug(match[1])
            found.add(f"{base}-{times[base]}" if times[base] else base)
            times[base] += 1
    return found


def links(page: str) -> Iterator[tuple[int, str]]:
    """Go through the targets of the links and images of a page, with their lines; code is left out."""
    for line in lines(page):
        shown = _CODE.sub("", line.text)
        for pattern in (_INLINE, _DEFINITION, _ATTRIBUTE):
            yield from ((line.number, target) for target in pattern.findall(shown))
