"""What lets Home Assistant's test plugin, which is made for one version, run with the one after it.

Loaded by `scripts/test-next` before that plugin.
"""

from collections.abc import Callable
from importlib import import_module

# Replaces httpx, which must not be imported before
import_module("homeassistant.const")


def _nothing_to_clear() -> None:
    """Stand for a function that the plugin imports and newer versions have elsewhere."""


def _provide(module: str, name: str, stand_in: Callable[[], None]) -> None:
    vars(import_module(module)).setdefault(name, stand_in)


_provide("homeassistant.components.logger", "_clear_logger_overwrites", _nothing_to_clear)
