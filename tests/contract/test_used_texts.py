"""The texts against the code: every text that is used exists, and none is there that nothing uses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from inspect import getfile
from pathlib import Path
from string import Formatter
from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.data_entry_flow import section
import probatio
import pytest

from custom_components.enphase_cloud_things import config_flow, errors
from custom_components.enphase_cloud_things.chargers.modes import MODE_OPTIONS
from custom_components.enphase_cloud_things.enlighten import EnlightenError
from custom_components.enphase_cloud_things.flows import forms, options, sign_in, sign_in_steps
from custom_components.enphase_cloud_things.flows.forms import (
    CONFIRMATION_FORM,
    NO_CHARGERS_FORM,
    OTP_FORM,
    chargers_form,
    settings_form,
    sign_in_form,
    site_form,
)
from custom_components.enphase_cloud_things.options import Options

from .entities import DescribedEntity, described_entities
from .repository import INTEGRATION, Json, listed, load_json, module, modules, strings
from .used_keys import (
    UsedKey,
    exception_keys,
    filled_placeholders,
    flow_aborts,
    flow_errors,
    flow_steps,
    issue_keys,
    menu_options,
)

ENGLISH: Final = load_json(INTEGRATION / "translations" / "en.json")
CODE: Final = modules(INTEGRATION)
ENTITIES: Final = described_entities()
CONSTANTS: Final = frozenset(text for code in CODE for text in strings(code.tree))

CONFIG_FLOW: Final = (INTEGRATION / "config_flow.py", INTEGRATION / "flows" / "sign_in_steps.py")
OPTIONS_FLOW: Final = INTEGRATION / "flows" / "options.py"
FLOW_FORMS: Final = INTEGRATION / "flows" / "forms.py"
REPAIRS: Final = INTEGRATION / "repairs.py"

SIGN_IN_FORMS: Final = (sign_in_form(email=None), sign_in_form(email=None, password_optional=True))
FORMS: Final[Mapping[tuple[str, str], tuple[probatio.Schema, ...]]] = {
    ("config", "user"): SIGN_IN_FORMS,
    ("config", "reauth_confirm"): SIGN_IN_FORMS,
    ("config", "reconfigure"): SIGN_IN_FORMS,
    ("config", "otp"): (OTP_FORM,),
    ("config", "site"): (site_form((), selected=None),),
    ("config", "chargers"): (chargers_form({}, selected=()), NO_CHARGERS_FORM),
    ("options", "init"): (),
    ("options", "settings"): (settings_form(asdict(Options())),),
    ("options", "forget_password"): (CONFIRMATION_FORM,),
}
"""The forms that each step can show, without those that differ in values only."""

STATES_FROM_CODE: Final[Mapping[tuple[Platform, str], Iterable[str]]] = {
    (Platform.SELECT, "charge_mode"): MODE_OPTIONS,
}
"""The states of entities that learn their options only when they run."""

FREE_STATES: Final[Mapping[Platform, frozenset[str]]] = {
    Platform.BINARY_SENSOR: frozenset({"on", "off"}),
    Platform.SENSOR: frozenset({"none"}),
    Platform.SWITCH: frozenset({"on", "off"}),
}
"""States of entities without a list of options that may have a text."""


def texts(*path: str) -> Json:
    """Return a part of the English texts, nothing where it is missing."""
    part: Any = ENGLISH
    for key in path:
        part = part.get(key, {})
    assert isinstance(part, dict)
    return part


def lacking(used: Iterable[UsedKey], existing: Iterable[str]) -> list[str]:
    """Return the keys without a text, each with a place that uses it."""
    known = set(existing)
    return sorted(f"{each.key} ({each.place})" for each in used if each.key not in known)


def all_errors(kind: type[EnlightenError] = EnlightenError) -> Iterator[type[EnlightenError]]:
    """Go through the client's errors."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from all_errors(narrower)


def an_error(kind: type[EnlightenError]) -> EnlightenError:
    """Return an error of a kind, without what it would tell."""
    return kind.__new__(kind)


def an_id(entity: DescribedEntity) -> str:
    return f"{entity.platform}-{entity.key}"


class TestEntities:
    """The section `entity`."""

    @pytest.mark.parametrize("entity", ENTITIES, ids=an_id)
    def test_an_entity_has_a_name_unless_it_goes_by_that_of_its_device(self, entity: DescribedEntity) -> None:
        name = texts("entity", entity.platform, entity.key).get("name")
        if entity.has_own_name:
            assert name, f"add entity.{entity.platform}.{entity.key}.name to en.json"
        else:
            assert name is None, f"entity.{entity.platform}.{entity.key}.name is never shown: remove it"

    @pytest.mark.parametrize(
        "entity", [each for each in ENTITIES if each.options and each.platform is not Platform.EVENT], ids=an_id
    )
    def test_every_state_that_is_listed_has_a_text_and_no_other(self, entity: DescribedEntity) -> None:
        assert entity.options
        states = texts("entity", entity.platform, entity.key, "state")
        assert set(states) == set(entity.options), (
            f"entity.{entity.platform}.{entity.key}.state in en.json and the options in the code differ"
        )

    def test_every_event_type_has_a_text_and_no_other(self) -> None:
        for entity in ENTITIES:
            if entity.platform is Platform.EVENT:
                states = texts("entity", "event", entity.key, "state_attributes", "event_type", "state")
                assert set(states) == set(entity.options or ()), (
                    f"entity.event.{entity.key}.state_attributes.event_type.state in en.json and the code differ"
                )

    @pytest.mark.parametrize(("place", "options"), STATES_FROM_CODE.items(), ids=str)
    def test_every_state_that_is_known_only_later_has_a_text(
        self, place: tuple[Platform, str], options: Iterable[str]
    ) -> None:
        assert set(texts("entity", *place, "state")) == set(options)

    @pytest.mark.parametrize("entity", [each for each in ENTITIES if each.options is None], ids=an_id)
    def test_an_entity_without_options_has_texts_only_for_states_it_can_have(self, entity: DescribedEntity) -> None:
        states = set(texts("entity", entity.platform, entity.key, "state"))
        possible = STATES_FROM_CODE.get((entity.platform, entity.key), FREE_STATES.get(entity.platform, ()))
        assert states <= set(possible), f"remove these from entity.{entity.platform}.{entity.key}.state"

    def test_no_text_is_for_an_entity_that_does_not_exist(self) -> None:
        existing = {(str(each.platform), each.key) for each in ENTITIES}
        surplus = [
            f"{platform}.{key}"
            for platform, keys in texts("entity").items()
            for key in keys
            if (platform, key) not in existing
        ]
        assert not surplus, listed("remove these from the section entity in en.json", surplus)

    def test_no_text_is_for_an_attribute_that_does_not_exist(self) -> None:
        surplus = [
            f"{platform}.{key}.{attribute}"
            for platform, keys in texts("entity").items()
            for key, entity in keys.items()
            for attribute in entity.get("state_attributes", {})
            if attribute not in CONSTANTS | {"event_type"}
        ]
        assert not surplus, listed("remove these attributes from the section entity in en.json", surplus)


class TestExceptions:
    """The section `exceptions`."""

    def test_every_exception_that_is_raised_has_a_text(self) -> None:
        used = exception_keys(CODE)
        assert used, "no exception was found in the code: this check reads it in a wrong way"
        missing = lacking(used, texts("exceptions"))
        assert not missing, listed("add the messages of these exceptions to en.json", missing)

    @pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
    def test_every_error_of_the_client_has_a_text(self, kind: type[EnlightenError]) -> None:
        key = errors.translation_key(an_error(kind))
        assert key in texts("exceptions"), f"add exceptions.{key}.message to en.json"

    def test_no_text_is_for_an_exception_that_is_never_raised(self) -> None:
        assert not texts("exceptions").keys() - CONSTANTS, "remove these from the section exceptions in en.json"

    def test_every_placeholder_of_an_exception_is_filled_in(self) -> None:
        unfilled = []
        for used, filled in filled_placeholders(CODE):
            message = texts("exceptions", used.key).get("message", "")
            missing = {name for _, name, _, _ in Formatter().parse(message) if name} - filled
            if missing:
                unfilled.append(f"{used.place}: {used.key} lacks {', '.join(sorted(missing))}")
        assert not unfilled, listed("fill these in with translation_placeholders", unfilled)


class TestIssues:
    """The section `issues`."""

    def test_every_issue_that_is_raised_has_a_text(self) -> None:
        missing = lacking(issue_keys(CODE), texts("issues"))
        assert not missing, listed("add these issues to en.json", missing)

    def test_no_text_is_for_an_issue_that_is_never_raised(self) -> None:
        assert not texts("issues").keys() - CONSTANTS, "remove these from the section issues in en.json"

    def test_every_step_of_a_repair_has_a_text(self) -> None:
        shown = flow_steps(module(REPAIRS)) if REPAIRS.is_file() else set()
        steps = {step for issue in texts("issues").values() for step in issue.get("fix_flow", {}).get("step", {})}
        missing = lacking(shown, steps)
        assert not missing, listed("add these steps to the fix_flow of their issue in en.json", missing)

    def test_only_issues_that_can_be_fixed_have_a_repair(self) -> None:
        repaired = [key for key, issue in texts("issues").items() if "fix_flow" in issue]
        assert not repaired or REPAIRS.is_file(), "an issue with a fix_flow needs repairs.py"


class TestFlows:
    """The sections `config` and `options`."""

    @pytest.mark.parametrize(("flow", "paths"), [("config", CONFIG_FLOW), ("options", (OPTIONS_FLOW,))])
    def test_every_step_has_a_text_and_no_other(self, flow: str, paths: tuple[Path, ...]) -> None:
        shown = {step for path in paths for step in flow_steps(module(path))}
        steps = texts(flow, "step")
        missing = lacking(shown, steps)
        assert not missing, listed(f"add these to {flow}.step in en.json", missing)
        assert not steps.keys() - {each.key for each in shown}, f"remove these from {flow}.step in en.json"

    @pytest.mark.parametrize(
        ("flow", "kind"),
        [("config", config_flow.EnphaseConfigFlow), ("options", options.EnphaseOptionsFlow)],
    )
    def test_every_step_with_a_text_is_one_the_flow_can_go_to(self, flow: str, kind: type) -> None:
        assert not [step for step in texts(flow, "step") if f"async_step_{step}" not in dir(kind)]

    def test_the_forms_of_every_step_are_known_to_this_check(self) -> None:
        steps = {(flow, step) for flow in ("config", "options") for step in texts(flow, "step")}
        assert set(FORMS) == steps, "bring FORMS in this module up to date"

    @pytest.mark.parametrize(("place", "forms"), FORMS.items(), ids=[".".join(place) for place in FORMS])
    def test_every_field_has_a_label_and_no_other(
        self, place: tuple[str, str], forms: tuple[probatio.Schema, ...]
    ) -> None:
        flow, step = place
        fields = {str(field): kind for form in forms for field, kind in form.schema.items()}
        sections = {name: kind.schema.schema for name, kind in fields.items() if isinstance(kind, section)}
        shown = {(): fields.keys() - sections.keys()} | {
            ("sections", name): {str(field) for field in inside} for name, inside in sections.items()
        }
        for path, names in shown.items():
            for part in ("data", "data_description"):
                assert set(texts(flow, "step", step, *path, part)) == names, (
                    f"{flow}.step.{step}.{part} in en.json and the form differ"
                )

    def test_every_error_of_a_config_form_has_a_text(self) -> None:
        used = {error for path in CONFIG_FLOW for error in flow_errors(module(path))}
        assert used, "no error was found in the code: this check reads it in a wrong way"
        missing = lacking(used, texts("config", "error"))
        assert not missing, listed("add these to config.error in en.json", missing)

    @pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
    def test_every_error_of_the_client_has_a_text_in_the_config_flow(self, kind: type[EnlightenError]) -> None:
        key = errors.form_key(an_error(kind))
        assert key in texts("config", "error"), f"add config.error.{key} to en.json"

    def test_every_error_of_an_options_form_has_a_text(self) -> None:
        used = flow_errors(module(OPTIONS_FLOW)) | flow_errors(module(FLOW_FORMS))
        existing = texts("options", "error").keys() | texts("config", "error").keys()
        missing = lacking(used, existing)
        assert not missing, listed("add these to options.error in en.json", missing)

    @pytest.mark.parametrize("flow", ["config", "options"])
    def test_no_text_is_for_an_error_that_is_never_shown(self, flow: str) -> None:
        named = {
            text
            for flow_module in (config_flow, errors, forms, options, sign_in, sign_in_steps)
            for text in strings(module(Path(getfile(flow_module))).tree)
        }
        assert not texts(flow, "error").keys() - named, f"remove these from {flow}.error in en.json"

    @pytest.mark.parametrize(("flow", "paths"), [("config", CONFIG_FLOW), ("options", (OPTIONS_FLOW,))])
    def test_every_end_of_a_flow_has_a_text_and_no_other(self, flow: str, paths: tuple[Path, ...]) -> None:
        used = {reason for path in paths for reason in flow_aborts(module(path))}
        existing = texts(flow, "abort")
        missing = lacking(used, existing)
        assert not missing, listed(f"add these to {flow}.abort in en.json", missing)
        assert not existing.keys() - {each.key for each in used}, f"remove these from {flow}.abort in en.json"

    def test_every_choice_of_a_menu_has_a_text_and_no_other(self) -> None:
        offered = menu_options(module(OPTIONS_FLOW))
        for part in ("menu_options", "menu_option_descriptions"):
            existing = texts("options", "step", "init", part)
            missing = lacking(offered, existing)
            assert not missing, listed(f"add these to options.step.init.{part} in en.json", missing)
            assert not existing.keys() - {each.key for each in offered}, (
                f"remove these from options.step.init.{part} in en.json"
            )
