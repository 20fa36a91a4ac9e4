"""quality_scale.yaml: Home Assistant's own rules for integrations, and whether what is promised there is so."""

from pathlib import Path
from typing import Final

from homeassistant import components
from homeassistant.util.yaml import load_yaml_dict
import pytest

from .proofs import PROOFS
from .repository import INTEGRATION

PLATINUM_OF_CORE: Final = "ohme"
SCALE: Final = INTEGRATION / "quality_scale.yaml"

RULES: Final[dict[str, object]] = load_yaml_dict(str(SCALE))["rules"]


def status(rule: str) -> object:
    """Return whether a rule is done, to do or does not apply."""
    entry = RULES[rule]
    return entry["status"] if isinstance(entry, dict) else entry


def comment(rule: str) -> object:
    """Return the remark beside a rule."""
    entry = RULES[rule]
    return entry.get("comment") if isinstance(entry, dict) else None


def rules_of_core() -> list[str]:
    """Return the rules in the order in which an integration of Home Assistant's own lists them."""
    [folder] = components.__path__
    return list(load_yaml_dict(str(Path(folder) / PLATINUM_OF_CORE / "quality_scale.yaml"))["rules"])


def test_every_rule_of_home_assistant_is_answered_and_no_other() -> None:
    assert RULES.keys() == set(rules_of_core())


def test_what_is_not_done_has_a_reason() -> None:
    assert not [rule for rule in RULES if status(rule) != "done" and not comment(rule)]


def test_proofs_are_for_rules_that_exist() -> None:
    assert not PROOFS.keys() - RULES.keys()


@pytest.mark.parametrize("rule", [rule for rule in PROOFS if rule in RULES and status(rule) == "done"])
def test_what_is_done_can_be_seen(rule: str) -> None:
    problems = PROOFS[rule]()
    assert not problems, f"quality_scale.yaml says that {rule} is done:\n" + "\n".join(problems)
