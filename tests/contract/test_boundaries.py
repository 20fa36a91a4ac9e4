"""Which part may know of which other part."""

from importlib.metadata import packages_distributions, requires
from pathlib import Path
import re
import sys
from typing import Final

import pytest

from .repository import INTEGRATION, PACKAGE, ROOT, Module, listed, modules

CLIENT: Final = f"{PACKAGE}.enlighten"
CALCULATIONS: Final = (
    "days",
    "stored",
    "chargers.amps",
    "chargers.command",
    "chargers.configuration",
    "chargers.energy",
    "chargers.polling",
    "chargers.power",
    "chargers.session_events",
    "chargers.sessions",
    "chargers.status",
    "history.hours",
    "history.sessions",
    "plan.cheapest",
    "plan.forecast",
    "plan.own_slots",
    "plan.planner",
    "plan.power",
    "plan.progress",
    "plan.reconcile",
    "plan.replanning",
    "plan.state",
    "plan.sun",
    "prices.intervals",
    "schedules.recurrence",
    "schedules.wall_clock",
    "schedules.weekly",
    "vpp.events",
)
"""Modules that only compute: no request, no clock, no Home Assistant."""
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
