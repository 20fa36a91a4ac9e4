"""What must survive a restart of the chargers: their counters, and what people set for the next start."""

from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .charger import StoredCharger

STORAGE_VERSION: Final = 1
SAVE_DELAY: Final = 60.0
"""Seconds; what a crash may lose is told again by the charger's next report."""


class ChargerStore:
    """The counters and setpoints of one site's chargers, by serial number."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the storage file of a config entry."""
        self._loop = hass.loop
        self._written_at = 0.0
        self._store: Store[dict[str, StoredCharger]] = Store(
            hass, STORAGE_VERSION, f"{DOMAIN}.{entry_id}", private=True
        )

    async def async_load(self) -> dict[str, StoredCharger]:
        """Return what was remembered, nothing at the first start."""
        return await self._store.async_load() or {}

    def save_soon(self, chargers: Callable[[], dict[str, StoredCharger]]) -> None:
        """Have the state written a little later, and at the latest on shutdown.

        A write that is on its way is not put off: with several chargers something changes all the time.
        """
        if self._loop.time() < self._written_at:
            return
        self._written_at = self._loop.time() + SAVE_DELAY
        self._store.async_delay_save(chargers, SAVE_DELAY)

    async def async_save(self, chargers: dict[str, StoredCharger]) -> None:
        """Write the state at once."""
        await self._store.async_save(chargers)

    async def async_remove(self) -> None:
        """Remove the storage file."""
        await self._store.async_remove()
