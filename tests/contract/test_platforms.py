"""What every platform and every entry point of the integration has to have."""

import ast
from importlib import import_module
from typing import Final

from homeassistant.const import Platform
import pytest

from .repository import INTEGRATION, PACKAGE, Function, listed, modules

PLATFORMS: Final[list[Platform]] = import_module(PACKAGE).PLATFORMS
ENTRY_POINTS: Final = {
    "async_setup_entry",
    "async_unload_entry",
    "async_remove_entry",
    "async_migrate_entry",
    "async_remove_config_entry_device",
    "async_get_config_entry_diagnostics",
    "async_get_device_diagnostics",
}
TYPED_ENTRY: Final = "EnphaseConfigEntry"


def entry_points() -> list[tuple[str, Function]]:
    """Return the functions that Home Assistant calls with a config entry, with their places."""
    return [
        (f"{each.place}:{function.lineno} {function.name}", function)
        for each in modules(INTEGRATION)
        if each.path.parent == INTEGRATION
        for function in each.functions()
        if function.name in ENTRY_POINTS
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_says_how_many_of_its_actions_run_at_once(platform: Platform) -> None:
    parallel = vars(import_module(f"{PACKAGE}.{platform}")).get("PARALLEL_UPDATES")
    assert parallel == 0, f"{platform}.py: chargers are commanded side by side"


def test_every_entry_point_knows_what_a_loaded_entry_holds() -> None:
    untyped = [
        place
        for place, function in entry_points()
        if TYPED_ENTRY
        not in {ast.unparse(argument.annotation) for argument in function.args.args if argument.annotation}
    ]
    assert not untyped, listed(f"annotate the entry as {TYPED_ENTRY}", untyped)


def test_no_listener_reloads_an_entry_behind_the_back_of_a_flow() -> None:
    listening = [each.place for each in modules(INTEGRATION) if "add_update_listener" in each.source]
    assert not listening, listed(
        "update listeners and reloading flows exclude each other: reload from the flow", listening
    )


def test_entities_do_not_choose_their_entity_id() -> None:
    choosing = [
        f"{each.place}:{node.lineno}"
        for each in modules(INTEGRATION)
        for node in ast.walk(each.tree)
        if isinstance(node, ast.Assign) and "self.entity_id" in map(ast.unparse, node.targets)
    ]
    assert not choosing, listed("leave entity_id to Home Assistant", choosing)
