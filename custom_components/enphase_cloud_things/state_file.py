"""Files in Home Assistant's storage, each with one typed state."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, Final, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .stored import restored

STORAGE_VERSION: Final = 1

type _Content = Mapping[str, Any]


class _Store(Store[_Content]):
    """A store that brings what earlier versions wrote into today's shape."""

    def __init__(self, hass: HomeAssistant, key: str, upgrade: Callable[[_Content], _Content] | None) -> None:
        super().__init__(hass, STORAGE_VERSION, key, private=True, minor_version=2 if upgrade else 1)
        self._upgrade = upgrade

    @override
    async def _async_migrate_func(self, old_major_version: int, old_minor_version: int, old_data: _Content) -> _Content:
        if self._upgrade is None or old_minor_version >= self.minor_version:
            return old_data
        return self._upgrade(old_data)


class StateFile[StateT]:
    """A private file with one state: a dataclass, or a mapping of dataclasses by text.

    `upgrade` returns what a file of minor version 1 holds in the shape of version 2, where there are two.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        name: str,
        kind: type[StateT],
        *,
        upgrade: Callable[[_Content], _Content] | None = None,
    ) -> None:
        self._kind = kind
        self._loop = hass.loop
        self._written_at = 0.0
        self._store = _Store(hass, f"{DOMAIN}.{name}", upgrade)

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

    def save_within(self, state: Callable[[], StateT], delay: float) -> None:
        """Have the state written in `delay` seconds, at the latest on shutdown. A later call does not put that off."""
        if self._loop.time() >= self._written_at:
            self._written_at = self._loop.time() + delay
            self.save_soon(state, delay)

    async def async_remove(self) -> None:
        """Remove the file."""
        await self._store.async_remove()


def _as_mapping(state: object) -> _Content:
    """Return a state as Home Assistant's storage takes it; dataclasses inside are written by their fields as well."""
    if is_dataclass(state) and not isinstance(state, type):
        return asdict(state)
    return cast("_Content", state)
