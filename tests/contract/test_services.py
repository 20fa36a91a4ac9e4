"""The actions: what is registered, described, named, and offered in Home Assistant's own forms."""

from collections.abc import Iterator
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest

from custom_components.enphase_cloud_things import async_setup
from custom_components.enphase_cloud_things.const import DOMAIN

from .repository import INTEGRATION, Json, called_name, listed, load_json, module, modules, strings

SERVICES: Final[Json] = load_yaml_dict(str(INTEGRATION / "services.yaml"))
TEXTS: Final[Json] = load_json(INTEGRATION / "translations" / "en.json")
ICONS: Final[Json] = load_json(INTEGRATION / "icons.json")

REGISTERING: Final = {"async_register", "async_register_admin_service", "async_register_platform_entity_service"}


def described(service: str) -> Json:
    """Return the description of an action, which is empty where there is nothing to describe."""
    return SERVICES[service] or {}


def fields(service: str) -> Iterator[tuple[str, Json]]:
    """Go through the fields of an action, those in sections included."""
    for name, field in described(service).get("fields", {}).items():
        if "fields" in field:
            yield from field["fields"].items()
        else:
            yield name, field


def sections(service: str) -> set[str]:
    """Return the names of the sections of an action."""
    return {name for name, field in described(service).get("fields", {}).items() if "fields" in field}


def selects() -> Iterator[tuple[str, str, Json]]:
    """Go through the choices that actions offer: action, field and configuration."""
    for service in SERVICES:
        for name, field in fields(service):
            if "select" in field["selector"]:
                yield service, name, field["selector"]["select"]


def sample(field: Json) -> object:
    """Return a value that a person can choose in the form of a field."""
    [(kind, config)] = field["selector"].items()
    match kind:
        case "boolean":
            return True
        case "number":
            return config["min"]
        case "select":
            option = config["options"][0]
            return option["value"] if isinstance(option, dict) else option
        case "date":
            return "2026-11-22"
        case "time":
            return "06:30:00"
        case "datetime":
            return "2026-11-22 18:30:00"
        case "text":
            return field.get("example", "4410287")
    pytest.fail(f"teach this check what a person chooses in a selector of the kind {kind}")


async def test_every_action_that_is_registered_is_described_and_no_other(hass: HomeAssistant) -> None:
    assert await async_setup(hass, {})
    assert set(SERVICES) == set(hass.services.async_services_for_domain(DOMAIN)), (
        "services.yaml and the actions registered in async_setup differ"
    )


def test_actions_are_registered_in_one_place() -> None:
    elsewhere = [
        f"{each.place}:{call.lineno}"
        for each in modules(INTEGRATION)
        if not each.path.name.startswith("services")
        for call in each.calls()
        if called_name(call) in REGISTERING
    ]
    assert not elsewhere, listed("register actions in services.py, from async_setup", elsewhere)


async def test_an_action_accepts_the_fields_it_describes_and_no_others(hass: HomeAssistant) -> None:
    assert await async_setup(hass, {})
    for service, registered in hass.services.async_services_for_domain(DOMAIN).items():
        schema = registered.schema
        assert schema is not None, f"{service} has no schema"
        target = {"entity_id": ["switch.carport"]} if "target" in described(service) else {}
        values = {name: sample(field) for name, field in fields(service)}

        schema({**target, **values})
        with pytest.raises(probatio.Invalid):
            schema({**target, **values, "surprise": 1})
        for name in (name for name, field in fields(service) if field.get("required")):
            with pytest.raises(probatio.Invalid):
                schema({**target, **{other: value for other, value in values.items() if other != name}})


@pytest.mark.parametrize("service", SERVICES)
def test_an_action_and_each_of_its_fields_are_named_and_described(service: str) -> None:
    texts = TEXTS["services"].get(service, {})
    assert texts.get("name"), f"add services.{service}.name to en.json"
    assert texts.get("description"), f"add services.{service}.description to en.json"
    assert texts.get("fields", {}).keys() == {name for name, _ in fields(service)}, (
        f"services.{service}.fields in en.json and services.yaml differ"
    )
    assert texts.get("sections", {}).keys() == sections(service), (
        f"services.{service}.sections in en.json and services.yaml differ"
    )


def test_texts_and_icons_are_for_actions_that_exist() -> None:
    assert TEXTS["services"].keys() == SERVICES.keys()
    assert ICONS["services"].keys() == SERVICES.keys()


def test_every_field_is_one_that_the_code_reads() -> None:
    known = {text for path in INTEGRATION.rglob("*.py") for text in strings(module(path).tree)}
    unread = {f"{service}.{name}" for service in SERVICES for name, _ in fields(service) if name not in known}
    assert not unread, listed("remove these from services.yaml", unread)


def test_every_choice_has_words_for_people() -> None:
    silent = []
    for service, name, select in selects():
        if key := select.get("translation_key"):
            values = {option["value"] if isinstance(option, dict) else option for option in select["options"]}
            if TEXTS.get("selector", {}).get(key, {}).get("options", {}).keys() != values:
                silent.append(f"selector.{key}.options in en.json and the options of {service}.{name} differ")
        elif not all(isinstance(option, dict) and option.get("label") for option in select["options"]):
            silent.append(f"the options of {service}.{name} need labels or a translation_key")
    assert not silent


def test_no_text_is_for_a_choice_that_does_not_exist() -> None:
    used = {select.get("translation_key") for _, _, select in selects()}
    in_code = {text for path in INTEGRATION.glob("*.py") for text in strings(module(path).tree)}
    in_dashboard = {"dashboard"}  # see test_dashboard.py
    assert not TEXTS.get("selector", {}).keys() - used - in_code - in_dashboard, (
        "remove these from the section selector in en.json"
    )


async def test_an_action_that_replies_says_so(hass: HomeAssistant) -> None:
    assert await async_setup(hass, {})
    registered: dict[str, Any] = hass.services.async_services_for_domain(DOMAIN)
    replying = {name for name, service in registered.items() if service.supports_response.value != "none"}
    promised = {"start_charging", "stop_charging", "trigger_message", "get_sessions", "get_prices", "import_sessions"}
    promised |= {"export_sessions"}
    promised |= {"get_schedules", "set_schedule", "delete_schedule", "enable_schedule", "disable_schedule"}
    promised |= {"plan_charging", "cancel_plan"}
    assert replying == promised
