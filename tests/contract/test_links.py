"""Links between the pages of this repository: whoever follows one has to arrive."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest

from .markdown import anchors, links, slug
from .repository import ROOT, files, listed

PAGES: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def relative_links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Go through the links that stay in the repository: where they stand, the file and the anchor they name."""
    for number, target in links(page.read_text(encoding="utf-8")):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        base = ROOT if parts.path.startswith("/") else page.parent
        goal = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else page
        yield f"{page.relative_to(ROOT)}:{number} {target}", goal, unquote(parts.fragment)


def exists(path: Path) -> bool:
    """Tell whether a file, or a folder with a file in it, is in the repository under just this name."""
    return any(path in (file, *file.parents) for file in files())


def has_anchor(path: Path, anchor: str) -> bool:
    """Tell whether a page can be opened at an anchor."""
    return path.suffix == ".md" and path.is_file() and anchor in anchors(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_links_to_is_there(page: Path) -> None:
    missing = [place for place, goal, _ in relative_links(page) if not exists(goal)]
    assert not missing, listed("mend these links, or add the files", missing)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_heading_that_a_page_links_to_is_there(page: Path) -> None:
    missing = [place for place, goal, anchor in relative_links(page) if anchor and not has_anchor(goal, anchor)]
    assert not missing, listed("mend these links, or add the headings", missing)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Try it", "try-it"),
        ("How data is updated, and what is sent", "how-data-is-updated-and-what-is-sent"),
        ("7. Session history and EV energy series", "7-session-history-and-ev-energy-series"),
        ("Grid events (VPP)", "grid-events-vpp"),
        ("4.6 `connectorStatusType`", "46-connectorstatustype"),
        ("Prices & savings", "prices--savings"),
        ("Two-way, snake_case", "two-way-snake_case"),
        ("Straßen – Öl", "straßen--öl"),
        ("See [the traps](docs/traps.md)", "see-the-traps"),
    ],
)
def test_anchors_are_made_as_github_makes_them(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_headings_that_are_there_twice_are_numbered() -> None:
    assert anchors("# Added\n## Added\n### Added\n") == {"added", "added-1", "added-2"}


def test_code_has_neither_headings_nor_links() -> None:
    page = "# One\n```bash\n# two\n[three](four.md)\n```\n`[five](six.md)`\n[seven](eight.md#nine)\n"
    assert anchors(page) == {"one"}
    assert list(links(page)) == [(7, "eight.md#nine")]


def test_images_and_definitions_are_links_too() -> None:
    page = '![plan](plan.png "The plan")\n<img src="a.png">\n[![badge](b.svg)](c.md)\n\n[below]: d.md\n'
    assert [target for _, target in links(page)] == ["plan.png", "a.png", "b.svg", "c.md", "d.md"]
