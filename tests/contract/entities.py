"""The entities that the code describes, found in its description tables and entity classes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
import inspect
from types import ModuleType
from typing import Final, cast

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription
from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.components.number import NumberEntity, NumberEntityDescription
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import Platform
from homeassistant.helpers.entity import Entity, EntityDescription

from .repository import INTEGRATION, Module, modules, strings

ENTITIES: Final[dict[Platform, type[Entity]]] = {
    Platform.BINARY_SENSOR: BinarySensorEntity,
    Platform.BUTTON: ButtonEntity,
    Platform.CALENDAR: CalendarEntity,
    Platform.EVENT: EventEntity,
    Platform.NUMBER: NumberEntity,
    Platform.SELECT: SelectEntity,
    Platform.SENSOR: SensorEntity,
    Platform.SWITCH: SwitchEntity,
}
DESCRIPTIONS: Final[dict[Platform, type[EntityDescription]]] = {
    Platform.BINARY_SENSOR: BinarySensorEntityDescription,
    Platform.BUTTON: ButtonEntityDescription,
    Platform.CALENDAR: CalendarEntityDescription,
    Platform.EVENT: EventEntityDescription,
    Platform.NUMBER: NumberEntityDescription,
    Platform.SELECT: SelectEntityDescription,
    Platform.SENSOR: SensorEntityDescription,
    Platform.SWITCH: SwitchEntityDescription,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedEntity:
    """What the code says about an entity: the key of its texts, and what decides on which texts and icons it needs.

    `options` are the states it can have, or the event types, where the code lists them.
    """

    platform: Platform
    key: str
    has_own_name: bool = True
    device_class: str | None = None
    options: tuple[str, ...] | None = None


@cache
def described_entities() -> tuple[DescribedEntity, ...]:
    """Return all entities, sorted by platform and key."""
    found: dict[tuple[Platform, str], DescribedEntity] = {}
    for module in modules(INTEGRATION):
        if module.path.is_relative_to(INTEGRATION / "enlighten"):
            continue
        imported = import_module(module.name)
        for entity in (*_from_tables(imported), *_from_classes(module, imported)):
            found.setdefault((entity.platform, entity.key), entity)
    return tuple(found[place] for place in sorted(found))


def _from_tables(imported: ModuleType) -> Iterator[DescribedEntity]:
    for value in vars(imported).values():
        for description in _descriptions(value):
            for platform, kind in DESCRIPTIONS.items():
                if _is_a(description, kind):
                    yield _described(platform, description)


def _descriptions(value: object) -> Iterator[EntityDescription]:
    if _is_a(value, EntityDescription):
        yield cast("EntityDescription", value)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _descriptions(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _descriptions(each)
    elif inspect.isclass(value):
        for each in vars(value).values():
            if _is_a(each, EntityDescription):
                yield cast("EntityDescription", each)


def _is_a(value: object, kind: type[EntityDescription]) -> bool:
    """Tell whether a value is a description of a kind.

    Home Assistant makes descriptions that need no class of their own from a twin of the class, which has its name but
    is no relative of it.
    """
    return kind.__name__ in {each.__name__ for each in type(value).__mro__}


def _described(platform: Platform, description: EntityDescription) -> DescribedEntity:
    options: list[str] | None = None
    if platform in {Platform.SENSOR, Platform.SELECT}:
        options = cast("SensorEntityDescription | SelectEntityDescription", description).options
    elif platform is Platform.EVENT:
        options = cast("EventEntityDescription", description).event_types
    return DescribedEntity(
        platform=platform,
        key=description.translation_key or description.key,
        has_own_name=description.name is not None,
        device_class=description.device_class,
        options=tuple(map(str, options)) if options is not None else None,
    )


def _from_classes(module: Module, imported: ModuleType) -> Iterator[DescribedEntity]:
    """Find the entities that have no description: their classes hand a key over or have it as an attribute."""
    for node in module.classes():
        kind = vars(imported).get(node.name)
        if not inspect.isclass(kind):
            continue
        for platform, base in ENTITIES.items():
            if issubclass(kind, base):
                for key in _keys(node):
                    yield DescribedEntity(
                        platform=platform,
                        key=key,
                        has_own_name=not _sets(node, "_attr_name"),
                        device_class=_device_class(node),
                    )


def _keys(node: ast.ClassDef) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Assign) and "_attr_translation_key" in map(ast.unparse, each.targets):
            yield from strings(each.value)
        elif isinstance(each, ast.Call) and ast.unparse(each.func) == "super().__init__":
            for argument in each.args:
                if isinstance(argument, ast.Constant):
                    yield from strings(argument)


def _sets(node: ast.ClassDef, attribute: str) -> bool:
    return any(isinstance(each, ast.Assign) and attribute in map(ast.unparse, each.targets) for each in node.body)


def _device_class(node: ast.ClassDef) -> str | None:
    for each in node.body:
        if isinstance(each, ast.Assign) and "_attr_device_class" in map(ast.unparse, each.targets):
            return ast.unparse(each.value).rpartition(".")[2].lower()
    return None


def platforms() -> list[Platform]:
    """Return the platforms that the integration forwards its entries to."""
    declared: list[Platform] = import_module("custom_components.enphase_cloud_things").PLATFORMS
    return declared
