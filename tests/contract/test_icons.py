"""The icons, as Home Assistant's validator reads them, and against the code."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
import re
from typing import Final

from homeassistant import components
import probatio
import pytest

from .entities import DescribedEntity, described_entities
from .repository import INTEGRATION, listed, load_json, modules
from .test_texts import a_key

ICONS: Final = load_json(INTEGRATION / "icons.json")
ENTITIES: Final = described_entities()
NAME: Final = re.compile(r"mdi:[a-z0-9]+(-[a-z0-9]+)*")
GENERIC_DEVICE_CLASS: Final = "enum"
"""Its icon says nothing but that there are several states."""


def an_icon(value: object) -> str:
    """Accept the name of an icon of Material Design Icons."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise probatio.Invalid("icons are named mdi:name")
    return value


SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional("entity"): {
            a_key: {
                a_key: {
                    probatio.Required("default"): an_icon,
                    probatio.Optional("state"): {a_key: an_icon},
                    probatio.Optional("range"): {probatio.All(str, probatio.Coerce(float)): an_icon},
                    probatio.Optional("state_attributes"): {
                        a_key: {
                            probatio.Required("default"): an_icon,
                            probatio.Optional("state"): {a_key: an_icon},
                        }
                    },
                }
            }
        },
        probatio.Optional("services"): {
            a_key: {
                probatio.Required("service"): an_icon,
                probatio.Optional("sections"): {a_key: an_icon},
            }
        },
    }
)


@cache
def device_classes_with_icons(platform: str) -> set[str]:
    """Return the device classes of a platform that Home Assistant has icons for."""
    [folder] = components.__path__
    icons = load_json(Path(folder) / platform / "icons.json")["entity_component"]
    return set(icons) - {"_", GENERIC_DEVICE_CLASS}


def with_icons() -> Iterator[tuple[str, str]]:
    """Go through the platforms and keys of the entities that icons.json names."""
    for platform, keys in ICONS["entity"].items():
        for key in keys:
            yield platform, key


def an_id(entity: DescribedEntity) -> str:
    return f"{entity.platform}-{entity.key}"


def test_the_icons_have_the_shape_home_assistant_reads() -> None:
    SCHEMA(ICONS)


def test_no_icon_is_for_an_entity_that_does_not_exist() -> None:
    existing = {(str(entity.platform), entity.key) for entity in ENTITIES}
    surplus = [".".join(place) for place in with_icons() if place not in existing]
    assert not surplus, listed("remove these from icons.json", surplus)


@pytest.mark.parametrize("entity", ENTITIES, ids=an_id)
def test_an_entity_has_an_icon_of_its_own_only_where_its_device_class_gives_none(entity: DescribedEntity) -> None:
    given = entity.device_class in device_classes_with_icons(entity.platform)
    own = (str(entity.platform), entity.key) in set(with_icons())
    assert own is not given, (
        f"{entity.platform}.{entity.key}: the device class {entity.device_class} has an icon, remove it from icons.json"
        if given
        else f"{entity.platform}.{entity.key}: add an icon to icons.json"
    )


@pytest.mark.parametrize("entity", [each for each in ENTITIES if each.options], ids=an_id)
def test_icons_are_for_states_that_exist(entity: DescribedEntity) -> None:
    states = ICONS["entity"].get(entity.platform, {}).get(entity.key, {}).get("state", {})
    assert not states.keys() - set(entity.options or ()), f"remove these from {entity.platform}.{entity.key}.state"


def test_an_icon_for_a_state_differs_from_the_one_for_all_others() -> None:
    same = [
        f"{platform}.{key}.{state}"
        for platform, key in with_icons()
        for state, icon in ICONS["entity"][platform][key].get("state", {}).items()
        if icon == ICONS["entity"][platform][key]["default"]
    ]
    assert not same, listed("these states need no icon of their own", same)


def test_the_code_names_no_icon() -> None:
    named = [
        module.place for module in modules(INTEGRATION) if "mdi:" in module.source or "_attr_icon" in module.source
    ]
    assert not named, listed("icons belong into icons.json", named)
