"""Applying a new current to a running session, which takes a stop, a pause and a start.

The charger takes a current only when a session starts (docs/api.md §5.3). Where the option asks for it, a new setpoint
therefore restarts the running session: once for a burst of changes, never more than once in five minutes, only while
energy flows in a mode that takes a current, and not at all any more once somebody stops or starts by themselves.
"""

import asyncio
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .calc.amps import amps_to_apply
from .calc.pending import RESTART_PAUSE, CommandKind, PendingCommand, new_command
from .coordinators.chargers import ChargerCoordinator
from .enlighten import CommandOutcomeUnknown, CommandRejected, EnlightenClient, EnlightenError

_LOGGER = logging.getLogger(__name__)

DEBOUNCE: Final = timedelta(seconds=2)
SHORTEST_TIME_BETWEEN: Final = timedelta(minutes=5)
START_ATTEMPTS: Final = 3


class AmpsRestarts:
    """Restarts the running sessions of one site's chargers at a new current."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: ChargerCoordinator, client: EnlightenClient
    ) -> None:
        """Start without any restart."""
        self._hass = hass
        self._coordinator = coordinator
        self._client = client
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._last: dict[str, datetime] = {}
        self._interrupts: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        entry.async_on_unload(coordinator.commands.async_add_listener(self._settled))
        entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._hurry))

    @callback
    def request(self, serial: str) -> None:
        """Have the setpoint of a charger applied to its session, once it has stopped changing."""
        self._arm(serial, DEBOUNCE)

    async def async_finish(self) -> None:
        """End what is going on before an unload: a car that was stopped for a restart is started right away."""
        self._hurry()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @callback
    def _hurry(self, _event: Event | None = None) -> None:
        for serial in tuple(self._timers):
            self._timers.pop(serial)()
        for interrupt in self._interrupts.values():
            interrupt.set()

    @callback
    def _settled(self, command: PendingCommand) -> None:
        if command.kind is CommandKind.AMPS_RESTART and (interrupt := self._interrupts.get(command.serial)):
            interrupt.set()

    def _arm(self, serial: str, delay: timedelta) -> None:
        if cancel := self._timers.pop(serial, None):
            cancel()
        job = HassJob(lambda _now: self._due(serial), "apply a new current", cancel_on_shutdown=True)
        self._timers[serial] = async_call_later(self._hass, delay, job)

    @callback
    def _due(self, serial: str) -> None:
        self._timers.pop(serial, None)
        now = dt_util.utcnow()
        last = self._last.get(serial)
        if last is not None and now - last < SHORTEST_TIME_BETWEEN:
            self._arm(serial, last + SHORTEST_TIME_BETWEEN - now)
            return
        if self._wanted(serial) is None or serial in self._interrupts:
            return
        self._last[serial] = now
        # Home Assistant waits for this task when it stops: a car must not be left without the start.
        task = self._hass.async_create_task(self._async_restart(serial), f"restart {self._coordinator.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wanted(self, serial: str) -> int | None:
        charger = self._coordinator.data.chargers[serial]
        return amps_to_apply(charger.status, charger.summary, charger.preference, charger.setpoint)

    async def _async_restart(self, serial: str) -> None:
        command = new_command(CommandKind.AMPS_RESTART, serial, sent_at=dt_util.utcnow(), wish=self._wanted(serial))
        self._interrupts[serial] = asyncio.Event()
        self._coordinator.commands.submit(command)
        self._coordinator.async_publish()
        try:
            await self._client.stop_charging(self._coordinator.site_id, serial)
            await self._async_pause(serial)
            await self._async_start_again(command)
        except EnlightenError as error:
            _LOGGER.warning("The new current was not applied to the running session: %s", error)
            self._coordinator.commands.reject(command, "failed", dt_util.utcnow())
        finally:
            del self._interrupts[serial]
            self._coordinator.async_publish()

    async def _async_pause(self, serial: str) -> None:
        interrupt = self._interrupts[serial]
        try:
            async with asyncio.timeout(RESTART_PAUSE.total_seconds()):
                await interrupt.wait()
        except TimeoutError:
            return

    async def _async_start_again(self, command: PendingCommand) -> None:
        """Start once; only a start that certainly was not sent is tried again."""
        for attempts_left in reversed(range(START_ATTEMPTS)):
            setpoint = self._open_wish(command)
            if setpoint is None:
                return
            try:
                await self._client.start_charging(self._coordinator.site_id, command.serial, level=setpoint)
            except CommandRejected, CommandOutcomeUnknown:
                raise
            except EnlightenError:
                if not attempts_left:
                    raise
                await self._async_pause(command.serial)
            else:
                self._coordinator.commands.acknowledge(command, dt_util.utcnow())
                return

    def _open_wish(self, command: PendingCommand) -> int | None:
        """Return the current to start with, `None` once somebody has stopped or started by themselves."""
        is_open = any(each.identity == command.identity for each in self._coordinator.commands.of(command.serial))
        return self._coordinator.data.chargers[command.serial].setpoint if is_open else None
