"""Files in Home Assistant's storage, each with one typed state."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, Final, cast

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .stored import restored

STORAGE_VERSION: Final = 1


class StateFile[StateT]:
    """A private file with one state: a dataclass, or a mapping of dataclasses by text."""

    def __init__(self, hass: HomeAssistant, name: str, kind: type[StateT]) -> None:
        self._kind = kind
        self._store: Store[Mapping[str, Any]] = Store(hass, STORAGE_VERSION, f"{DOMAIN}.{name}", private=True)

    async def async_load(self) -> StateT | None:
        """Return the state; `None` if none was stored, or one of another shape (docs/traps.md 86)."""
        try:
            stored = await self._store.async_load()
        except AttributeError, KeyError, NotImplementedError, TypeError, UnsupportedStorageVersionError:
            # Valid JSON, but not the envelope that Home Assistant writes
            return None
        return restored(self._kind, stored)

    async def async_save(self, state: StateT) -> None:
        """Write the state at once."""
        await self._store.async_save(_as_mapping(state))

    def save_soon(self, state: Callable[[], StateT], delay: float) -> None:
        """Have the state of then written in `delay` seconds, at the latest on shutdown. A later call starts anew."""
        self._store.async_delay_save(lambda: _as_mapping(state()), delay)

    async def async_remove(self) -> None:
        """Remove the file."""
        await self._store.async_remove()


def _as_mapping(state: object) -> Mapping[str, Any]:
    """Return a state as Home Assistant's storage takes it; dataclasses inside are written by their fields as well."""
    if is_dataclass(state) and not isinstance(state, type):
        return asdict(state)
    return cast("Mapping[str, Any]", state)
