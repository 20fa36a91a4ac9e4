"""A call at a moment that moves."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time


class Timer:
    """Calls once at the moment it is set to; setting it again replaces that moment."""

    def __init__(self, hass: HomeAssistant, action: Callable[[datetime], None]) -> None:
        self._hass = hass
        self._action: Final = action
        self._cancel: CALLBACK_TYPE | None = None

    @property
    def is_set(self) -> bool:
        """Whether a call is to come."""
        return self._cancel is not None

    @callback
    def set(self, moment: datetime) -> None:
        """Call at `moment`, at once if that has passed."""
        self.cancel()
        job = HassJob(self._call, "timer", cancel_on_shutdown=True)
        self._cancel = async_track_point_in_utc_time(self._hass, job, moment)

    @callback
    def cancel(self) -> None:
        """Do not call."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _call(self, now: datetime) -> None:
        self._cancel = None
        self._action(now)
