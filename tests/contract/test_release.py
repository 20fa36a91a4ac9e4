"""scripts/release: what a tag becomes."""

from pathlib import Path
import shutil
import subprocess
from typing import Final
from zipfile import ZipFile

import pytest

from .repository import INTEGRATION, ROOT, load_json

DOMAIN: Final = INTEGRATION.name
VERSION: Final = load_json(INTEGRATION / "manifest.json")["version"]
CHANGELOG: Final = f"""# Changelog

## [Unreleased]

- Not yet

## [{VERSION}] - 2026-11-28

### Added

- A bridge for boats

## [0.0.1] - 2026-01-01

- Long ago

[Unreleased]: https://github.com/
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of its own with the integration as it is, and a changelog that has a section for its version."""
    root = tmp_path / "checkout"
    shutil.copytree(INTEGRATION, root / "custom_components" / DOMAIN, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "release", root / "scripts" / "release")
    (root / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (root / "custom_components" / DOMAIN / "stray.txt").write_text("of somebody's own")
    for command in (
        ("init", "--quiet"),
        ("add", "--all", ":!*stray.txt"),
        ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "commit", "--quiet", "--message", "All"),
    ):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


def release(checkout: Path, tag: str) -> subprocess.CompletedProcess[str]:
    """Run the script for a tag."""
    return subprocess.run(
        [checkout / "scripts" / "release", tag, "out"], cwd=checkout, capture_output=True, check=False, text=True
    )


def test_the_archive_holds_what_is_committed_of_the_integration_at_its_top(checkout: Path) -> None:
    assert release(checkout, f"v{VERSION}").returncode == 0

    with ZipFile(checkout / "out" / load_json(ROOT / "hacs.json")["filename"]) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    expected = {path.relative_to(INTEGRATION).as_posix() for path in INTEGRATION.rglob("*") if path.is_file()}
    assert names == {name for name in expected if "__pycache__" not in name}


def test_the_notes_are_the_section_of_the_changelog(checkout: Path) -> None:
    release(checkout, f"v{VERSION}")

    notes = (checkout / "out" / "notes.md").read_text(encoding="utf-8")
    assert notes.strip() == "### Added\n\n- A bridge for boats"


def test_a_tag_that_is_not_the_version_of_the_manifest_is_refused(checkout: Path) -> None:
    refused = release(checkout, "v99.0.0")

    assert refused.returncode == 1
    assert f"manifest.json has the version {VERSION}" in refused.stderr
    assert not (checkout / "out").exists()


def test_a_version_that_the_changelog_does_not_know_is_refused(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n- Not yet\n", encoding="utf-8")

    refused = release(checkout, f"v{VERSION}")

    assert refused.returncode == 1
    assert f"says nothing about {VERSION}" in refused.stderr
