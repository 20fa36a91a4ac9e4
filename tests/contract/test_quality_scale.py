"""quality_scale.yaml: Home Assistant's own rules for integrations, and whether what is promised there is so."""

from pathlib import Path
import re
from typing import Final

from homeassistant import components
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest

from .proofs import PROOFS
from .repository import INTEGRATION

TIERS: Final = {"Bronze": 20, "Silver": 10, "Gold": 21, "Platinum": 3}
PLATINUM_OF_CORE: Final = "ohme"
SCALE: Final = INTEGRATION / "quality_scale.yaml"

RULE: Final = re.compile(r"  [a-z]")

REASONED: Final = {
    probatio.Required("status"): probatio.Any("exempt", "todo"),
    probatio.Required("comment"): probatio.All(str, probatio.Length(min=20)),
}
DONE_WITH_A_REMARK: Final = {probatio.Required("status"): "done", probatio.Required("comment"): str}
SCHEMA: Final = probatio.Schema({"rules": {str: probatio.Any("done", REASONED, DONE_WITH_A_REMARK)}})

RULES: Final[dict[str, object]] = load_yaml_dict(str(SCALE))["rules"]


def status(rule: str) -> object:
    """Return whether a rule is done, to do or does not apply."""
    entry = RULES[rule]
    return entry["status"] if isinstance(entry, dict) else entry


def rules_of_core() -> list[str]:
    """Return the rules in the order in which an integration of Home Assistant's own lists them."""
    [folder] = components.__path__
    return list(load_yaml_dict(str(Path(folder) / PLATINUM_OF_CORE / "quality_scale.yaml"))["rules"])


def test_the_file_has_the_shape_home_assistant_reads() -> None:
    SCHEMA(load_yaml_dict(str(SCALE)))


def test_every_rule_is_answered() -> None:
    assert len(RULES) == sum(TIERS.values())
    assert not set(rules_of_core()) - RULES.keys(), "add these rules to quality_scale.yaml"


def test_no_rule_is_made_up() -> None:
    assert not RULES.keys() - set(rules_of_core()), "remove these rules from quality_scale.yaml"


def test_the_rules_stand_below_their_tiers() -> None:
    counts: dict[str, int] = {}
    tier = ""
    for line in SCALE.read_text(encoding="utf-8").splitlines():
        if line.startswith("  # "):
            tier = line.removeprefix("  # ")
        elif RULE.match(line):
            counts[tier] = counts.get(tier, 0) + 1
    assert counts == TIERS


def test_proofs_are_for_rules_that_exist() -> None:
    assert not PROOFS.keys() - RULES.keys()


@pytest.mark.parametrize("rule", [rule for rule in PROOFS if rule in RULES and status(rule) == "done"])
def test_what_is_done_can_be_seen(rule: str) -> None:
    problems = PROOFS[rule]()
    assert not problems, f"quality_scale.yaml says that {rule} is done:\n" + "\n".join(problems)
