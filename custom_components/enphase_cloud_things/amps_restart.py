"""Applying a new current to a running session, which takes a stop, a pause and a start.

The charger takes a current only when a session starts (docs/api.md §5.3). Where the option asks for it, a new setpoint
therefore restarts the running session: once for a burst of changes, never more than once in five minutes, only while
energy flows in a mode that takes a current, and not at all any more once somebody stops or starts by themselves.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .calc.amps import LEVEL_MODES, amps_bounds, amps_to_apply
from .calc.pending import RESTART_PAUSE, CommandKind, PendingCommand, new_command
from .calc.status import preferred_mode
from .coordinators.chargers import ChargerCoordinator
from .dispatch import async_keep_scheduled
from .enlighten import CommandOutcomeUnknown, CommandRejected, EnlightenClient, EnlightenError

_LOGGER = logging.getLogger(__name__)

DEBOUNCE: Final = timedelta(seconds=2)
SHORTEST_TIME_BETWEEN: Final = timedelta(minutes=5)
START_ATTEMPTS: Final = 3


@dataclass(slots=True, kw_only=True)
class _Restart:
    """A restart whose stop was sent and whose start is still to come."""

    command: PendingCommand
    attempts_left: int = START_ATTEMPTS
    cancel_pause: CALLBACK_TYPE | None = None
    starting: bool = False


class AmpsRestarts:
    """Restarts the running sessions of one site's chargers at a new current."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: ChargerCoordinator, client: EnlightenClient
    ) -> None:
        """Start without any restart."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._client = client
        self._debounces: dict[str, CALLBACK_TYPE] = {}
        self._last: dict[str, datetime] = {}
        self._restarts: dict[str, _Restart] = {}
        entry.async_on_unload(coordinator.commands.async_add_listener(self._settled))
        entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_finish_on_stop))

    @callback
    def request(self, serial: str) -> None:
        """Have the setpoint of a charger applied to its session, once it has stopped changing."""
        self._debounce(serial, DEBOUNCE)

    async def async_finish(self) -> None:
        """End what is going on before an unload: a car that was stopped for a restart is started right away."""
        for cancel in self._debounces.values():
            cancel()
        self._debounces.clear()
        for restart in self._restarts.values():
            restart.attempts_left = 1
        await asyncio.gather(*(self._async_start(restart) for restart in tuple(self._restarts.values())))

    async def _async_finish_on_stop(self, _event: Event) -> None:
        await self.async_finish()

    def _debounce(self, serial: str, delay: timedelta) -> None:
        if cancel := self._debounces.pop(serial, None):
            cancel()
        self._debounces[serial] = async_call_later(self._hass, delay, partial(self._async_due, serial))

    async def _async_due(self, serial: str, now: datetime) -> None:
        self._debounces.pop(serial, None)
        last = self._last.get(serial)
        if last is not None and now - last < SHORTEST_TIME_BETWEEN:
            self._debounce(serial, last + SHORTEST_TIME_BETWEEN - now)
            return
        wish = self._wanted(serial)
        if wish is None or serial in self._restarts:
            return
        self._last[serial] = now
        await self._async_stop(new_command(CommandKind.AMPS_RESTART, serial, sent_at=now, wish=wish))

    def _wanted(self, serial: str) -> int | None:
        if not self._coordinator.last_update_success:
            return None
        charger = self._coordinator.data.chargers[serial]
        return amps_to_apply(charger.status, charger.summary, charger.preference, charger.setpoint)

    async def _async_stop(self, command: PendingCommand) -> None:
        restart = self._restarts[command.serial] = _Restart(command=command)
        self._coordinator.commands.submit(command)
        self._coordinator.async_publish()
        try:
            await self._client.stop_charging(self._coordinator.site_id, command.serial)
        except EnlightenError as error:
            self._give_up(restart, error)
        else:
            await self._async_keep_scheduled(command.serial)
            self._pause(restart)

    def _pause(self, restart: _Restart) -> None:
        # Somebody may have stopped or started by themselves while the stop was on its way.
        if self._is_open(restart):
            restart.cancel_pause = async_call_later(self._hass, RESTART_PAUSE, partial(self._async_pause_over, restart))

    async def _async_pause_over(self, restart: _Restart, _now: datetime) -> None:
        await self._async_start(restart)

    async def _async_start(self, restart: _Restart) -> None:
        """Start once; only a start that certainly was kept back is tried again."""
        self._cancel_pause(restart)
        if restart.starting or not self._is_open(restart):
            return
        restart.starting = True
        serial = restart.command.serial
        restart.attempts_left -= 1
        try:
            await self._client.start_charging(
                self._coordinator.site_id, serial, level=self._level(serial), level_optional=True
            )
        except EnlightenError as error:
            restart.starting = False
            if restart.attempts_left and _was_kept_back(error):
                self._pause(restart)
            else:
                self._give_up(restart, error)
        else:
            await self._async_keep_scheduled(serial)
            if not self._is_open(restart):
                return
            del self._restarts[serial]
            self._coordinator.commands.acknowledge(restart.command, dt_util.utcnow())
            self._coordinator.async_publish()

    def _level(self, serial: str) -> int | None:
        """Return the current to start with. The mode may have become one that would be left for a current."""
        charger = self._coordinator.data.chargers[serial]
        takes_level = preferred_mode(charger.preference, charger.status) in LEVEL_MODES
        return charger.setpoint if takes_level and amps_bounds(charger.summary) else None

    async def _async_keep_scheduled(self, serial: str) -> None:
        charger = self._coordinator.data.chargers[serial]
        mode = preferred_mode(charger.preference, charger.status)
        if not any(command.kind is CommandKind.MODE for command in charger.pending):
            await async_keep_scheduled(self._client, self._coordinator.site_id, serial, mode)

    def _give_up(self, restart: _Restart, error: EnlightenError) -> None:
        _LOGGER.warning("The new current was not applied to the running session: %s", error)
        self._restarts.pop(restart.command.serial, None)
        self._coordinator.commands.reject(restart.command, "failed", dt_util.utcnow())
        self._coordinator.async_publish()

    def _is_open(self, restart: _Restart) -> bool:
        return self._restarts.get(restart.command.serial) is restart

    @callback
    def _settled(self, command: PendingCommand) -> None:
        """Forget a restart that a person's own stop or start has overtaken."""
        restart = self._restarts.get(command.serial)
        if restart is not None and restart.command.identity == command.identity:
            del self._restarts[command.serial]
            self._cancel_pause(restart)

    @staticmethod
    def _cancel_pause(restart: _Restart) -> None:
        if restart.cancel_pause:
            restart.cancel_pause()
            restart.cancel_pause = None


def _was_kept_back(error: EnlightenError) -> bool:
    """Tell whether a start was certainly not carried out, for a reason that may pass.

    To the cloud, a refusal for want of rights has nothing to do with the charger.
    """
    if isinstance(error, CommandRejected):
        return error.refusal.http_status == HTTPStatus.UNAUTHORIZED
    return not isinstance(error, CommandOutcomeUnknown)
