"""Which part may know of which other part."""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions, requires
from pathlib import Path
import re
import sys
from typing import Final

import pytest

from .repository import INTEGRATION, PACKAGE, ROOT, Module, listed, module, modules

CLIENT: Final = f"{PACKAGE}.enlighten"
CALCULATIONS: Final = (
    "cadences",
    "days",
    "stored",
    "chargers.command",
    "chargers.flow",
    "chargers.metering",
    "chargers.polling",
    "chargers.reason",
    "chargers.sessions",
    "chargers.settings",
    "chargers.status",
    "history.hours",
    "history.sessions",
    "plan.cheapest",
    "plan.forecast",
    "plan.planner",
    "plan.progress",
    "plan.reconcile",
    "plan.state",
    "plan.visit",
    "prices.intervals",
    "schedules.recurrence",
    "schedules.slots",
    "vpp.events",
)
"""Modules that only compute: no request, no clock, no Home Assistant."""
ARROWS: Final[Mapping[str, frozenset[str]]] = {
    "enlighten": frozenset(),
    "account": frozenset({"enlighten"}),
    "chargers": frozenset({"account", "enlighten"}),
    "commands": frozenset({"chargers", "enlighten"}),
    "prices": frozenset({"enlighten"}),
    "vpp": frozenset({"enlighten"}),
    "history": frozenset({"chargers", "enlighten", "prices"}),
    "schedules": frozenset({"chargers", "commands", "enlighten"}),
    "plan": frozenset({"chargers", "commands", "enlighten", "history", "prices", "schedules", "vpp"}),
    "dashboard": frozenset(),
    "flows": frozenset({"account", "enlighten", "plan"}),
    "actions": frozenset({"account", "chargers", "commands", "enlighten", "history", "plan", "prices", "schedules"}),
    "assistant": frozenset(
        {"actions", "chargers", "enlighten", "entities", "history", "plan", "prices", "schedules", "vpp"}
    ),
    "entities": frozenset(
        {"actions", "chargers", "commands", "enlighten", "history", "plan", "prices", "schedules", "vpp"}
    ),
}
"""Which room may use which others. There is no way back, and no cycle."""
TOOLS: Final = frozenset(
    {"cadences", "cloud_text", "const", "coordinator", "days", "errors", "options", "state_file", "stored", "timer"}
)
"""Modules at the top that every room above the client may use; they use no room but the client."""
ABOVE: Final = frozenset({"account", "actions", "assistant", "entities", "flows"})
"""Rooms that stand between Home Assistant and the subjects, and may know what an entry holds as a whole."""
MODELS: Final = f"{CLIENT}.models"
CLIENT_LIBRARIES: Final = frozenset({"aiohttp", "jwt", "orjson", "yarl"})
SIMULATOR_LIBRARIES: Final = frozenset({"aiohttp", "yarl"})
STANDARD_LIBRARY: Final = sys.stdlib_module_names - {"__future__"}
PRODUCT: Final = (INTEGRATION, ROOT / "simulator")


def belongs_to(name: str, package: str) -> bool:
    """Tell whether an imported name is a package or lies in it."""
    return name == package or name.startswith(f"{package}.")


def strangers(folder: Path, *, packages: tuple[str, ...], libraries: frozenset[str] = frozenset()) -> list[str]:
    """Return the imports in a folder that lie neither in the packages, nor in the libraries, nor in Python's own."""
    return [
        f"{module.place}:{line} imports {name}"
        for module in modules(folder)
        for name, line in module.imports()
        if not any(belongs_to(name, package) for package in packages)
        and name.partition(".")[0] not in STANDARD_LIBRARY | libraries
    ]


def importing(packages: tuple[str, ...], *folders: Path) -> list[str]:
    """Return the imports of some packages in some folders."""
    return [
        f"{module.place}:{line} imports {name}"
        for module in modules(*folders)
        for name, line in module.imports()
        if any(belongs_to(name, package) for package in packages)
    ]


def uses(each: Module) -> Iterator[tuple[str, int]]:
    """Go through the parts of the integration (rooms, modules at the top) that a module uses, with the line."""
    for name, line in each.imports():
        if belongs_to(name, PACKAGE) and name != PACKAGE:
            yield name.removeprefix(f"{PACKAGE}.").partition(".")[0], line


def python_files() -> list[Module]:
    """Return all Python files of the project."""
    return modules(*(ROOT / name for name in ("custom_components", "simulator", "demo", "tests")))


def test_the_client_could_be_published_as_it_stands() -> None:
    found = strangers(INTEGRATION / "enlighten", packages=(CLIENT,), libraries=CLIENT_LIBRARIES)
    assert not found, listed("enlighten/ knows neither Home Assistant nor anything above itself", found)


def test_the_client_needs_no_library_that_home_assistant_does_not_bring() -> None:
    brought = {
        re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in requires("homeassistant") or ()
    }
    distributions = packages_distributions()
    others = {
        library for library in CLIENT_LIBRARIES if not {name.lower() for name in distributions[library]} & brought
    }
    assert not others, listed("do without these: the manifest requires nothing", others)


@pytest.mark.parametrize("room", sorted(ARROWS))
def test_a_room_uses_only_what_lies_below_it(room: str) -> None:
    allowed = ARROWS[room] | {room} | (TOOLS if room != "enlighten" else frozenset())
    found = [
        f"{each.place}:{line} uses {part}"
        for each in modules(INTEGRATION / room)
        for part, line in uses(each)
        if part not in allowed and (part in ARROWS or room not in ABOVE)
    ]
    assert not found, listed(f"{room}/ may use {', '.join(sorted(allowed))}", found)


def test_every_room_has_its_place_and_no_arrow_leads_back() -> None:
    rooms = {folder.name for folder in INTEGRATION.iterdir() if (folder / "__init__.py").is_file()}
    assert rooms == set(ARROWS), "say in ARROWS what a room may use"
    TopologicalSorter(ARROWS).prepare()


def test_the_tools_of_all_rooms_use_none() -> None:
    found = [
        f"{each.place}:{line} uses {part}"
        for each in (module(INTEGRATION / f"{name}.py") for name in sorted(TOOLS))
        for part, line in uses(each)
        if part not in TOOLS | {"enlighten"}
    ]
    assert not found, listed("these lie below all rooms but the client", found)


def test_calculations_need_neither_home_assistant_nor_a_network() -> None:
    calculations = tuple(f"{PACKAGE}.{name}" for name in CALCULATIONS)
    found = [
        f"{module.place}:{line} imports {name}"
        for module in modules(INTEGRATION)
        if module.name in calculations
        for name, line in module.imports()
        if not any(belongs_to(name, package) for package in (MODELS, *calculations))
        and name.partition(".")[0] not in STANDARD_LIBRARY
    ]
    assert not found, listed("they compute with the client's models and Python's own library, and nothing else", found)
    missing = set(calculations) - {module.name for module in modules(INTEGRATION)}
    assert not missing, listed("these have another name now", sorted(missing))


def test_models_know_nothing_of_sessions_and_transport() -> None:
    above = tuple(f"{CLIENT}.{name}" for name in ("client", "caller", "transport", "signing_in"))
    assert not importing(above, INTEGRATION / "enlighten" / "models"), "models are parsed from what they are given"


def test_the_simulator_knows_nothing_of_what_it_tests() -> None:
    found = strangers(ROOT / "simulator", packages=("simulator",), libraries=SIMULATOR_LIBRARIES)
    assert not found, listed(
        "the simulator is written against docs/api.md, without the integration and Home Assistant", found
    )


def test_the_integration_knows_nothing_of_its_tests() -> None:
    assert not importing(("simulator", "demo", "tests"), INTEGRATION), "an installed integration is on its own"


def test_the_integration_imports_itself_only_from_within() -> None:
    absolute = [
        f"{module.place}:{number}"
        for module in modules(INTEGRATION)
        for number, line in enumerate(module.source.splitlines(), 1)
        if line.startswith(("from custom_components", "import custom_components"))
    ]
    assert not absolute, listed("use relative imports: the name of the package is Home Assistant's matter", absolute)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("voluptuous", "import probatio"),
        ("httpx", "the client speaks aiohttp"),
        ("requests", "the client speaks aiohttp"),
        ("__future__.annotations", "Python 3.14 defers annotations by itself"),
    ],
)
def test_what_is_replaced_is_not_imported(name: str, instead: str) -> None:
    found = [
        f"{module.place}:{line}"
        for module in python_files()
        for imported, line in module.imports()
        if belongs_to(imported, name)
    ]
    assert not found, listed(f"{name} is not used here: {instead}", found)


def test_private_parts_of_home_assistant_are_left_alone() -> None:
    found = [
        f"{module.place}:{line} imports {name}"
        for module in modules(*PRODUCT)
        for name, line in module.imports()
        if any(part.startswith("_") and not part.startswith("__") for part in name.split("."))
    ]
    assert not found, listed("these may change in any version", found)
