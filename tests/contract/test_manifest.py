"""The manifest, as Home Assistant's validator reads it."""

import tomllib
from typing import Final

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
import pytest
from yarl import URL

from .repository import INTEGRATION, ROOT, Json, listed, load_json, modules

KNOWN_KEYS: Final = {
    "after_dependencies",
    "bluetooth",
    "codeowners",
    "config_flow",
    "dependencies",
    "dhcp",
    "disabled",
    "documentation",
    "domain",
    "homekit",
    "import_executor",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "loggers",
    "mqtt",
    "name",
    "preview_features",
    "requirements",
    "single_config_entry",
    "ssdp",
    "usb",
    "version",
    "zeroconf",
}
PROMISED: Final = {
    "domain": "enphase_cloud_things",
    "name": "Enphase Cloud Things",
    "integration_type": "hub",
    "iot_class": "cloud_polling",
    "config_flow": True,
    "after_dependencies": ["recorder"],
}


@pytest.fixture(scope="module")
def manifest() -> Json:
    return load_json(INTEGRATION / "manifest.json")


@pytest.fixture(scope="module")
def project() -> Json:
    with (ROOT / "pyproject.toml").open("rb") as file:
        content: Json = tomllib.load(file)["project"]
    return content


@pytest.mark.parametrize("key", PROMISED)
def test_the_manifest_says_what_users_were_promised(manifest: Json, key: str) -> None:
    assert manifest.get(key) == PROMISED[key], f"manifest.json: {key} has to be {PROMISED[key]!r}"


def test_the_domain_is_the_name_of_the_folder(manifest: Json) -> None:
    assert manifest["domain"] == INTEGRATION.name


def test_all_keys_of_the_manifest_are_known(manifest: Json) -> None:
    assert not manifest.keys() - KNOWN_KEYS, "Home Assistant's validator refuses these keys in manifest.json"


def test_the_keys_of_the_manifest_are_sorted_after_domain_and_name(manifest: Json) -> None:
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


def test_the_version_is_semantic_and_that_of_the_project(manifest: Json, project: Json) -> None:
    version = AwesomeVersion(manifest["version"], ensure_strategy=AwesomeVersionStrategy.SEMVER)
    assert version == project["version"], "raise the version in manifest.json and pyproject.toml together"


def test_the_version_is_not_newer_than_the_changelog(manifest: Json) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"[{manifest['version']}]" in changelog or "## [Unreleased]" in changelog, (
        f"CHANGELOG.md needs a section for {manifest['version']}, or one for what is not released yet"
    )


@pytest.mark.parametrize("key", ["documentation", "issue_tracker"])
def test_people_are_led_to_a_page_over_https(manifest: Json, key: str) -> None:
    address = URL(manifest[key])
    assert address.scheme == "https", f"manifest.json: {key} has to be an https address"
    assert address.host


def test_somebody_owns_the_code(manifest: Json) -> None:
    assert manifest["codeowners"], "manifest.json: name at least one GitHub account or team in codeowners"
    assert all(owner.startswith("@") for owner in manifest["codeowners"])


def test_nothing_is_required_but_what_is_pinned(manifest: Json) -> None:
    loose = [requirement for requirement in manifest["requirements"] if "==" not in requirement]
    assert not loose, listed("manifest.json: pin each requirement with ==", loose)


def test_the_logger_is_the_one_of_the_integration(manifest: Json) -> None:
    assert manifest.get("loggers") == [f"custom_components.{manifest['domain']}"]


def test_a_config_flow_is_there_exactly_if_the_manifest_says_so(manifest: Json) -> None:
    assert manifest["config_flow"] is (INTEGRATION / "config_flow.py").is_file()


def test_used_components_of_home_assistant_are_declared_as_dependencies(manifest: Json) -> None:
    declared = {*manifest.get("dependencies", ()), *manifest["after_dependencies"], *map(str, Platform)}
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
