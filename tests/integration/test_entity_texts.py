"""Names, states and icons of entities: those that the integration really makes against en.json and icons.json."""

from collections import Counter
from datetime import time
import json
from pathlib import Path
from typing import Any, Final

from homeassistant import components
from homeassistant.components.event import EventEntity
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import async_get_platforms
import pytest

from custom_components import enphase_cloud_things
from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Slot, World
from simulator.ready_tariffs import WEEKENDS
from simulator.schedules import OFF_PEAK

from .conftest import SetupEntry
from .passing_time import Advance

INTEGRATION: Final = Path(enphase_cloud_things.__file__).parent
TEXTS: Final[dict[str, Any]] = json.loads((INTEGRATION / "translations" / "en.json").read_text())["entity"]
ICONS: Final[dict[str, Any]] = json.loads((INTEGRATION / "icons.json").read_text())["entity"]
MAIN_ENTITY: Final = ("switch", "charging")
"""Goes by the name of its device."""
GENERIC_DEVICE_CLASS: Final = "enum"
"""Its icon says nothing but that there are several states."""

type Place = tuple[str, str]
type Entities = dict[Place, list[Entity]]


@pytest.fixture
async def entities(
    hass: HomeAssistant,
    world: World,
    setup_entry: SetupEntry,
    advance: Advance,
    entity_registry_enabled_by_default: None,
) -> Entities:
    """All entities of a site that has everything, by platform and translation key."""
    world.site.tariff = WEEKENDS
    world.site.vpp.seed()
    world.site.add_charger("202640011901", name="Barn").modes.smart = True
    world.charger.slots = [
        Slot(id="4410287:202640011873:night", start=time(22), end=time(5)),
        Slot(id="4410287:202640011873:tariff", start=None, end=None, kind=OFF_PEAK),
    ]
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    await advance(300, step=60)  # chargers take turns with what is read seldom
    found: Entities = {}
    for platform in async_get_platforms(hass, DOMAIN):
        for entity in platform.entities.values():
            found.setdefault((platform.domain, str(entity.translation_key)), []).append(entity)
    return found


def states(entities: list[Entity]) -> set[str]:
    """Return the states, or types of events, that some entities list."""
    listed: set[str] = set()
    for entity in entities:
        match entity:
            case EventEntity():
                listed.update(map(str, entity.event_types))
            case SelectEntity() | SensorEntity():
                listed.update(map(str, entity.options or ()))
    return listed


def has_icon_by_class(platform: str, entity: Entity) -> bool:
    """Return whether Home Assistant has an icon for the device class of an entity."""
    [folder] = components.__path__
    icons = json.loads((Path(folder) / platform / "icons.json").read_text())["entity_component"]
    return entity.device_class in set(icons) - {"_", GENERIC_DEVICE_CLASS}


async def test_every_entity_has_a_name_and_no_name_is_left_over(entities: Entities) -> None:
    named = {(platform, key) for platform, texts in TEXTS.items() for key, text in texts.items() if text.get("name")}
    assert named == entities.keys() - {MAIN_ENTITY}


def rows_called_the_same(entities: Entities, language: Path) -> list[str]:
    """Return the names that two entities of one device and of one platform or two have in a language."""
    texts = json.loads(language.read_text())["entity"]
    names = Counter(
        (entity.device_entry.id, text["name"].format(**entity.translation_placeholders).casefold())
        for (platform, key), some in entities.items()
        for entity in some
        if entity.device_entry and (text := texts.get(platform, {}).get(key) or TEXTS[platform][key]).get("name")
    )
    return sorted(f"{language.stem}: {name}" for (_, name), count in names.items() if count > 1)


async def test_no_two_rows_of_a_device_are_called_the_same_in_any_language(entities: Entities) -> None:
    languages = sorted((INTEGRATION / "translations").glob("*.json"))
    assert not [same for language in languages for same in rows_called_the_same(entities, language)]


@pytest.mark.parametrize("place", [("sensor", key) for key in ("status", "reason", "plan", "connection")])
def test_a_word_for_what_is_going_on_has_an_icon_for_each_state(place: Place) -> None:
    """One state, or the one that means nothing in particular, has the icon for all others."""
    platform, key = place
    assert len(TEXTS[platform][key]["state"].keys() - ICONS[platform][key]["state"].keys()) <= 1


async def test_every_state_that_is_listed_has_a_word_and_no_other(entities: Entities) -> None:
    words = {
        (platform, key): text.get("state_attributes", {}).get("event_type", text).get("state", {}).keys()
        for platform, texts in TEXTS.items()
        for key, text in texts.items()
    }
    listed = {place: options for place, some in entities.items() if (options := states(some))}
    assert {place: words[place] for place in listed} == listed


async def test_an_entity_has_an_icon_of_its_own_only_where_its_device_class_gives_none(
    entities: Entities,
) -> None:
    own = {(platform, key) for platform, icons in ICONS.items() for key in icons}
    assert own == {place for place, (entity, *_) in entities.items() if not has_icon_by_class(place[0], entity)}


async def test_icons_are_for_states_that_exist_and_differ_from_the_one_for_all_others(
    entities: Entities,
) -> None:
    surplus = [
        f"{platform}.{key}.{state}"
        for platform, icons in ICONS.items()
        for key, icon in icons.items()
        for state, name in icon.get("state", {}).items()
        if name == icon["default"] or ((options := states(entities[platform, key])) and state not in options)
    ]
    assert not surplus


def test_the_code_names_no_icon() -> None:
    assert not [
        path.name
        for path in INTEGRATION.rglob("*.py")
        if "mdi:" in (source := path.read_text()) or "_attr_icon" in source
    ]
