"""The manifest and hacs.json: what users were promised, and what no validator asks.

Their shape is checked by hassfest and by the HACS action.
"""

import tomllib
from typing import Final

from homeassistant.const import Platform
import pytest

from .repository import INTEGRATION, ROOT, Json, listed, load_json, modules

MANIFEST: Final = load_json(INTEGRATION / "manifest.json")
HACS: Final = load_json(ROOT / "hacs.json")
PROMISED: Final[Json] = {
    "domain": "enphase_cloud_things",
    "name": "Enphase Cloud Things",
    "integration_type": "hub",
    "iot_class": "cloud_polling",
    "config_flow": True,
    "after_dependencies": ["recorder"],
    "loggers": ["custom_components.enphase_cloud_things"],
    "requirements": [],
}
MINIMUM_HOME_ASSISTANT: Final = "2026.10.0"


@pytest.mark.parametrize("key", PROMISED)
def test_the_manifest_says_what_users_were_promised(key: str) -> None:
    assert MANIFEST.get(key) == PROMISED[key], f"manifest.json: {key} has to be {PROMISED[key]!r}"


def test_the_version_stands_in_the_manifest_alone() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert "version" in project["dynamic"]
    assert "version" not in project


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{MANIFEST['version']}]" in changelog or "## [Unreleased]" in changelog, (
        f"CHANGELOG.md needs a section for {MANIFEST['version']}, or one for what is not released yet"
    )


def test_the_manifest_claims_no_tier_of_quality() -> None:
    assert "quality_scale" not in MANIFEST, "Home Assistant shows every custom integration as such, whatever it claims"


def test_hacs_installs_only_into_a_home_assistant_that_is_new_enough() -> None:
    assert HACS["homeassistant"] == MINIMUM_HOME_ASSISTANT


def test_used_components_of_home_assistant_are_declared_as_dependencies() -> None:
    # hassfest lets every integration use these: the one is always there, the frontend may be missing
    free = {"homeassistant", "frontend"}
    declared = {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"], *free, *map(str, Platform)}
    undeclared = [
        f"{module.place}:{line} imports {component}"
        for module in modules(INTEGRATION)
        for name, line in module.imports()
        if name.startswith("homeassistant.components.")
        for component in [name.split(".")[2]]
        if component not in declared | {module.path.stem}
    ]
    assert not undeclared, listed(
        "add the components to after_dependencies in manifest.json, or do without them", undeclared
    )
