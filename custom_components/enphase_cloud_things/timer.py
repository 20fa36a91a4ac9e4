"""A call at a moment that moves, and waiting for time to pass."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util


class Timer:
    """Calls once at the moment it is set to; setting it again replaces that moment."""

    def __init__(self, hass: HomeAssistant, action: Callable[[datetime], None]) -> None:
        self._hass = hass
        self._action: Final = action
        self._moment: datetime | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def set(self, moment: datetime) -> None:
        """Call at `moment`, at once if that has passed."""
        self.cancel()
        self._moment = moment
        # Of this kind of timer Home Assistant knows that its own end cancels it
        job = HassJob(self._call, "timer", cancel_on_shutdown=True)
        self._cancel = async_call_later(self._hass, max(moment - dt_util.utcnow(), timedelta()), job)

    @callback
    def cancel(self) -> None:
        """Do not call."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _call(self, now: datetime) -> None:
        self._cancel = None
        if self._moment is not None and now < self._moment:
            # The clock has been set back meanwhile
            self.set(self._moment)
        else:
            self._action(now)


async def async_pass(hass: HomeAssistant, delay: timedelta) -> None:
    """Return when some time has passed on Home Assistant's clock."""
    passed: asyncio.Future[None] = hass.loop.create_future()

    @callback
    def wake(_now: datetime) -> None:
        if not passed.done():
            passed.set_result(None)

    cancel = async_call_later(hass, delay, HassJob(wake, "wait", cancel_on_shutdown=True))
    try:
        await passed
    finally:
        cancel()
