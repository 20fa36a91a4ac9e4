"""What must not get into the repository."""

from pathlib import Path
import re
from typing import Final

import pytest

from .repository import INTEGRATION, ROOT, files, listed, modules, strings, texts

PUBLIC_HOSTS: Final = frozenset(
    {
        "127.0.0.1",
        "battery-profile-ui.enphaseenergy.com",
        "enlighten.enphaseenergy.com",
        "enphaseenergy.com",
        "entrez.enphaseenergy.com",
        "github.com",
        "gs.enphaseenergy.com",
        "keepachangelog.com",
        "localhost",
        "prek.j178.dev",
        "semver.org",
        "support.enphase.com",
        "www.apache.org",
    }
)
PUBLIC_ENDINGS: Final = (".home-assistant.io", "hacs.xyz")
RESERVED_ENDINGS: Final = (".example", ".invalid", ".test", "example.com", "example.org", "example.net")
HOST: Final = re.compile(r"(?i)\bhttps?://(?:[^\s/@\"'<>]*@)?([a-z0-9][a-z0-9.-]*[a-z0-9])")
CREDENTIALS: Final = re.compile(r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}<>]+:[^\s/@\"'{}<>]+@")
TOKEN: Final = re.compile(r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")
KEY_BLOCK: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
HOME: Final = re.compile(r"(?<![\w./-])/(?:home|Users)/(?!runner\b)[A-Za-z]")
ENPHASE_HOST: Final = re.compile(r"(?i)[a-z0-9-]+\.enphase(?:energy)?\.com")
LEFTOVERS: Final = (".bak", ".log", ".orig", ".pyc", ".rej", ".swp", "~")
ENDPOINTS: Final = INTEGRATION / "enlighten" / "endpoints.py"


def places(pattern: re.Pattern[str]) -> list[str]:
    """Return the files and lines that a pattern fits."""
    return [
        f"{place}:{number}"
        for place, content in texts()
        for number, line in enumerate(content.splitlines(), 1)
        if pattern.search(line)
    ]


def is_public(host: str) -> bool:
    """Tell whether everybody may know a host."""
    return host in PUBLIC_HOSTS or host.endswith(PUBLIC_ENDINGS + RESERVED_ENDINGS)


def test_only_hosts_that_everybody_knows_are_named() -> None:
    others = [
        f"{place}: {host}"
        for place, content in texts()
        for host in sorted(set(HOST.findall(content)))
        if not is_public(host.lower())
    ]
    assert not others, listed("take these out, or add them to PUBLIC_HOSTS if they are public pages", others)


def test_no_address_carries_credentials() -> None:
    assert not places(CREDENTIALS), "take the credentials out of these addresses"


@pytest.mark.parametrize("pattern", [TOKEN, KEY_BLOCK], ids=["token", "key"])
def test_no_secret_is_kept(pattern: re.Pattern[str]) -> None:
    # Those in recordings are stand-ins already (docs/recording.md)
    found = [place for place in places(pattern) if not place.startswith("recordings/")]
    assert not found, "take these out and make them up where they are needed"


@pytest.mark.parametrize("folder", [ROOT, ROOT.parent, Path.home()], ids=["checkout", "above", "home"])
def test_no_file_knows_the_machine_it_was_written_on(folder: Path) -> None:
    if folder == folder.parent:
        return
    here = re.compile(rf"(?<![\w$}}./-]){re.escape(folder.as_posix())}(?![\w-])")
    assert not places(here), "use paths relative to the repository"


def test_no_file_knows_somebody_by_their_home() -> None:
    assert not places(HOME), "use ~ or $HOME"


def test_only_one_module_knows_where_the_cloud_lives() -> None:
    elsewhere = [
        f"{module.place}: {match[0]}"
        for module in modules(INTEGRATION)
        if module.path != ENDPOINTS
        for text in strings(module.tree)
        if (match := ENPHASE_HOST.search(text))
    ]
    assert not elsewhere, listed(
        "name hosts in enlighten/endpoints.py only, so that others can take their place", elsewhere
    )


def test_the_cloud_is_reached_over_tls_only() -> None:
    plain = [
        f"{module.place}: {text}"
        for module in modules(INTEGRATION)
        for text in strings(module.tree)
        if text.startswith("http://")
    ]
    assert not plain, listed("use https", plain)


def test_nothing_compiled_and_nothing_left_over_is_kept() -> None:
    kept = [path.name for path in files() if path.name.endswith(LEFTOVERS)]
    assert not kept, listed("remove these files", kept)
