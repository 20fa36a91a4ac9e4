"""The one read that is planned beside the polling."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


class NextRead:
    """Refreshes at a moment that the polling interval is too coarse for. A newer plan replaces the one before."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, refresh: Callable[[], Coroutine[None, None, None]]
    ) -> None:
        """Start without a plan."""
        self._hass = hass
        self._entry = entry
        self._refresh = refresh
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def set(self, delay: timedelta, purpose: str) -> None:
        """Plan the read; `purpose` names it in Home Assistant's list of tasks."""

        @callback
        def read(_now: datetime) -> None:
            self._cancel = None
            # Ends with the entry, and holds up nobody who stops Home Assistant
            self._entry.async_create_background_task(self._hass, self._refresh(), purpose)

        self.cancel()
        self._cancel = async_call_later(self._hass, delay, HassJob(read, purpose, cancel_on_shutdown=True))

    @callback
    def cancel(self) -> None:
        """Drop the plan, if there is one."""
        if self._cancel:
            self._cancel()
            self._cancel = None
