"""Applying a new current to a running session, which takes a stop, a pause and a start.

The charger takes a current only when a session starts (docs/api.md §5.3). Where the option asks for it, a new setpoint
therefore restarts the running session: once for a burst of changes, never more than once in five minutes, only while
energy flows in a mode that takes a current, and not at all any more once somebody stops or starts by themselves.

This module decides when; the command that a restart is lives and ends like any other (see `dispatch`).
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

from ..chargers.amps import amps_to_apply, start_level
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.snapshot import ChargerSnapshot
from ..chargers.status import leading_connector
from ..enlighten import AlreadyCharging, CommandOutcomeUnknown, CommandRejected, EnlightenClient, EnlightenError
from .dispatch import Dispatch, Sent
from .rules import RESTART_PAUSE, CommandKind, CommandState, PendingCommand
from .scheduled_mode import async_keep_scheduled

_LOGGER = logging.getLogger(__name__)

DEBOUNCE: Final = timedelta(seconds=2)
SHORTEST_TIME_BETWEEN: Final = timedelta(minutes=5)
START_ATTEMPTS: Final = 3


@dataclass(slots=True, kw_only=True)
class _Change:
    """A setpoint that may still change, and the one `before`, at which the session runs."""

    before: int | None
    cancel: CALLBACK_TYPE


@dataclass(slots=True, kw_only=True)
class _Restart:
    """A restart whose stop is on its way or done, and whose outcome is still to come."""

    sent: Sent
    connector_id: int
    attempts_left: int = START_ATTEMPTS
    cancel_pause: CALLBACK_TYPE | None = None
    starting: bool = False


class AmpsRestarts:
    """Restarts the running sessions of one site's chargers at a new current."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        coordinator: ChargerCoordinator,
        client: EnlightenClient,
        dispatch: Dispatch,
    ) -> None:
        """Start without any restart."""
        self._hass = hass
        self._coordinator = coordinator
        self._client = client
        self._dispatch = dispatch
        self._changes: dict[str, _Change] = {}
        self._restarts: dict[str, _Restart] = {}
        entry.async_on_unload(coordinator.commands.async_add_listener(self._settled))
        entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_finish_on_stop))

    @callback
    def request(self, serial: str, *, before: int | None) -> None:
        """Have the setpoint of a charger, which was `before` (A), applied to its session once it changes no more."""
        if earlier := self._changes.pop(serial, None):
            earlier.cancel()
            before = earlier.before
        self._wait(serial, DEBOUNCE, before)

    async def async_finish(self) -> None:
        """End what is going on before an unload: a car that was stopped for a restart is started right away."""
        for change in self._changes.values():
            change.cancel()
        self._changes.clear()
        for restart in self._restarts.values():
            restart.attempts_left = 1
        await asyncio.gather(*(self._async_start(restart) for restart in tuple(self._restarts.values())))

    async def _async_finish_on_stop(self, _event: Event) -> None:
        await self.async_finish()

    def _wait(self, serial: str, delay: timedelta, before: int | None) -> None:
        due = partial(self._async_due, serial)
        self._changes[serial] = _Change(before=before, cancel=async_call_later(self._hass, delay, due))

    async def _async_due(self, serial: str, now: datetime) -> None:
        change = self._changes.pop(serial)
        if serial not in self._coordinator.readings.serials:
            return  # Somebody has deleted the charger meanwhile
        readings = self._coordinator.readings.of(serial)
        wait = readings.restarted_at + SHORTEST_TIME_BETWEEN - now if readings.restarted_at else timedelta()
        if wait > timedelta():
            self._wait(serial, wait, change.before)
            return
        async with self._dispatch.turn(serial):
            charger = self._charger(serial)
            wish = self._wanted(charger, change.before)
            if wish is None or serial in self._restarts:
                return
            readings.restarted_at = now
            await self._async_stop(charger, wish)

    def _wanted(self, charger: ChargerSnapshot, before: int | None) -> int | None:
        if not self._coordinator.last_update_success:
            return None
        return amps_to_apply(charger.status, charger.summary, charger.mode, charger.setpoint, before=before)

    async def _async_stop(self, charger: ChargerSnapshot, wish: int) -> None:
        leading = leading_connector(charger.status) if charger.status else None
        sent = self._dispatch.open(CommandKind.AMPS_RESTART, charger, wish=wish)
        restart = _Restart(sent=sent, connector_id=leading.connector_id if leading else 1)
        self._restarts[charger.serial] = restart
        try:
            await self._client.stop_charging(self._coordinator.site_id, charger.serial)
        except CommandOutcomeUnknown:
            # The car may stand still now. If it does not, the start will be refused and change nothing.
            self._pause(restart)
        except EnlightenError as error:
            self._go_on(restart, error)
        else:
            await async_keep_scheduled(self._coordinator, self._client, charger.serial, charger.mode)
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
        serial = restart.sent.command.serial
        async with self._dispatch.turn(serial):
            if restart.starting or not self._is_open(restart):
                return
            restart.starting = True
            restart.attempts_left -= 1
            charger = self._charger(serial)
            try:
                await self._async_send_start(restart, charger)
            except CommandOutcomeUnknown:
                self._dispatch.taken(restart.sent)
            except AlreadyCharging as error:
                self._go_on(restart, error)
            except EnlightenError as error:
                if restart.attempts_left and _was_kept_back(error):
                    restart.starting = False
                    self._pause(restart)
                else:
                    self._dispatch.refused(restart.sent, error)
            else:
                self._dispatch.taken(restart.sent)
                await async_keep_scheduled(self._coordinator, self._client, serial, charger.mode)

    async def _async_send_start(self, restart: _Restart, charger: ChargerSnapshot) -> None:
        """Start at the setpoint of now, unless the mode has become one that would be left for a current."""
        level = start_level(charger.summary, charger.mode, charger.setpoint)
        self._coordinator.commands.ask_for(restart.sent.command, level)
        await self._client.start_charging(
            self._coordinator.site_id,
            charger.serial,
            level=level,
            connector_id=restart.connector_id,
            level_optional=True,
        )

    def _go_on(self, restart: _Restart, error: EnlightenError) -> None:
        _LOGGER.warning("The new current was not applied, the session goes on: %s", error)
        restart.starting = False
        self._dispatch.refused(restart.sent, error)

    def _charger(self, serial: str) -> ChargerSnapshot:
        return self._coordinator.data.chargers[serial]

    def _is_open(self, restart: _Restart) -> bool:
        return self._restarts.get(restart.sent.command.serial) is restart

    @callback
    def _settled(self, command: PendingCommand) -> None:
        """Forget a restart that is over, or that a person's own stop or start has overtaken."""
        restart = self._restarts.get(command.serial)
        if restart is None or restart.sent.command.identity != command.identity:
            return
        del self._restarts[command.serial]
        self._cancel_pause(restart)
        if restart.starting and command.state in {CommandState.REJECTED, CommandState.NO_EFFECT}:
            # Nobody waits for an answer, and the car that was charging may stand still now
            _LOGGER.error("Charging was stopped for a new current and did not start again: %s", command.reason)

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
