"""What HACS checks in the files of a repository before it offers an integration."""

import tomllib
from typing import Final

from .repository import INTEGRATION, ROOT, load_json

KNOWN_KEYS: Final = {
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "name",
    "persistent_directory",
    "render_readme",
    "zip_release",
}
MANIFEST_KEYS: Final = {"codeowners", "documentation", "domain", "issue_tracker", "name", "version"}
MINIMUM_HOME_ASSISTANT: Final = "2026.10.0"


def test_all_keys_of_hacs_json_are_known() -> None:
    assert not load_json(ROOT / "hacs.json").keys() - KNOWN_KEYS, "HACS refuses these keys in hacs.json"


def test_hacs_shows_the_name_of_the_integration() -> None:
    assert load_json(ROOT / "hacs.json").get("name") == load_json(INTEGRATION / "manifest.json")["name"]


def test_hacs_installs_only_into_a_home_assistant_that_is_new_enough() -> None:
    assert load_json(ROOT / "hacs.json").get("homeassistant") == MINIMUM_HOME_ASSISTANT


def test_a_zipped_release_names_its_file() -> None:
    hacs = load_json(ROOT / "hacs.json")
    assert not hacs.get("zip_release") or hacs.get("filename"), "hacs.json: zip_release needs filename"


def test_the_manifest_has_all_that_hacs_reads() -> None:
    assert not MANIFEST_KEYS - load_json(INTEGRATION / "manifest.json").keys(), "manifest.json lacks these keys"


def test_the_repository_holds_one_integration() -> None:
    found = [path.parent.name for path in (ROOT / "custom_components").glob("*/manifest.json")]
    assert found == [INTEGRATION.name]


def test_there_is_a_readme_to_show() -> None:
    assert (ROOT / "README.md").is_file()


def test_the_licence_is_apache_2_in_full() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text, "LICENSE has to hold the whole text"
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["license"] == "Apache-2.0"


def test_the_workflows_of_both_validators_are_there() -> None:
    workflows = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
    )
    assert "hacs/action" in workflows
    assert "home-assistant/actions/hassfest" in workflows
