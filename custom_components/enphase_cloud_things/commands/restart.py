"""Applying a new current to a running session, which takes a stop, a pause and a start.

The charger takes a current only when a session starts (docs/api.md §5.3). Where the option asks for it, a new setpoint
therefore restarts the running session: once for a burst of changes, never more than once in five minutes, only while
energy flows in a mode that takes a current, and not at all any more once somebody stops or starts by themselves.

This module decides when; the command that a restart is lives and ends like any other.
"""

import asyncio
from datetime import datetime, timedelta
from http import HTTPStatus
import logging
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..chargers.charger import Charger, Followed, Superseded
from ..chargers.command import RESTART_PAUSE, CommandKind, Outcome
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.settings import amps_to_apply
from ..chargers.status import leading_connector
from ..enlighten import AlreadyCharging, CommandOutcomeUnknown, CommandRejected, EnlightenClient, EnlightenError
from ..errors import translation_key
from ..timer import Timer
from .sending import Sender

_LOGGER = logging.getLogger(__name__)

DEBOUNCE: Final = timedelta(seconds=2)
SHORTEST_TIME_BETWEEN: Final = timedelta(minutes=5)
START_ATTEMPTS: Final = 3


class AmpsRestart:
    """Restarts the running session of one charger at a new current.

    One timer serves the moment when a new setpoint has settled and, once the session is stopped, the end of the pause.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        charger: Charger,
        *,
        coordinator: ChargerCoordinator,
        client: EnlightenClient,
        sender: Sender,
    ) -> None:
        self.charger = charger
        self._hass = hass
        self._coordinator = coordinator
        self._client = client
        self._sender = sender
        self._timer = Timer(hass, self._time_is_up)
        # The current at which the session runs, while a newer one is to be applied to it
        self._before: int | None = None
        self._is_wanted = False
        self._under_way: Followed | None = None
        self._connector_id = 1
        self._attempts_left = 0
        self._start_was_sent = False

    @callback
    def request(self, *, before: int | None) -> None:
        """Have the setpoint, which was `before` (A), applied to the session once it changes no more."""
        if not self._is_wanted:
            self._is_wanted, self._before = True, before
        if self._under_way is None:
            self._timer.set(dt_util.utcnow() + DEBOUNCE)

    @callback
    def withdraw(self) -> None:
        """Leave it to the next start to apply a new setpoint, for a person stops or starts the session by hand.

        A restart that is under way already is superseded as a command.
        """
        self._is_wanted = False
        if self._under_way is None:
            self._timer.cancel()

    async def async_finish(self) -> None:
        """End what is going on before an unload: a session that was stopped for a restart is started right away."""
        self._is_wanted = False
        self._timer.cancel()
        if self._under_way is not None:
            self._attempts_left = 1
            await self._async_start(self._under_way)

    @callback
    def _time_is_up(self, now: datetime) -> None:
        work = self._async_begin(now) if self._under_way is None else self._async_start(self._under_way)
        self._hass.async_create_task(work, "restart for a new current")

    async def _async_begin(self, now: datetime) -> None:
        charger = self.charger
        if self._coordinator.records.get(charger.serial) is not charger:
            return  # Somebody has deleted the charger meanwhile
        if charger.restarted_at is not None and (earliest := charger.restarted_at + SHORTEST_TIME_BETWEEN) > now:
            self._timer.set(earliest)
            return
        self._is_wanted = False
        async with charger.turn:
            target = self._target()
            if target is None:
                return
            charger.restarted_at = now
            restart = self._sender.begin(CommandKind.AMPS_RESTART, charger, target=target)
            if not restart.now.is_open:
                return
            leading = leading_connector(charger.status) if charger.status else None
            self._connector_id = leading.connector_id if leading else 1
            self._attempts_left, self._start_was_sent = START_ATTEMPTS, False
            self._under_way = restart
            restart.settled.add_done_callback(self._ended)
            await self._async_stop(restart)

    def _target(self) -> int | None:
        """Return the current (A) to restart the session with, `None` if it should be left alone."""
        if not self._coordinator.last_update_success:
            return None
        charger = self.charger
        if charger.start_level is None:
            return None
        return amps_to_apply(
            charger.status,
            charger.summary,
            charger.mode,
            charger.setpoint,
            flowing=charger.metering.flow.flowing,
            before=self._before,
        )

    async def _async_stop(self, restart: Followed) -> None:
        mode = self.charger.mode
        try:
            await restart.unless_stopped(self._client.stop_charging(self._coordinator.site_id, self.charger.serial))
        except Superseded:
            return
        except CommandOutcomeUnknown:
            # The car may stand still now. If it does not, the start will be refused and change nothing
            pass
        except EnlightenError as error:
            self._let_session_go_on(restart, error)
            return
        else:
            await self._sender.async_keep_scheduled(self.charger, mode, since=restart.now.asked_at)
        if restart.now.is_open:
            self._timer.set(dt_util.utcnow() + RESTART_PAUSE)

    async def _async_start(self, restart: Followed) -> None:
        """Start once; only a start that certainly was kept back is tried again."""
        self._timer.cancel()
        async with self.charger.turn:
            if self._start_was_sent or not restart.now.is_open:
                return
            self._attempts_left -= 1
            self._start_was_sent, self._is_wanted = True, False
            mode = self.charger.mode
            try:
                await restart.unless_stopped(self._async_send_start(restart))
            except Superseded:
                return
            except CommandOutcomeUnknown:
                self._sender.accept(restart)
            except AlreadyCharging as error:
                self._let_session_go_on(restart, error)
            except EnlightenError as error:
                if self._attempts_left and _was_kept_back(error):
                    self._start_was_sent = False
                    self._timer.set(dt_util.utcnow() + RESTART_PAUSE)
                else:
                    self._sender.settle(restart, Outcome.REJECTED, reason=translation_key(error))
            else:
                self._sender.accept(restart)
                await self._sender.async_keep_scheduled(self.charger, mode, since=restart.now.asked_at)

    async def _async_send_start(self, restart: Followed) -> None:
        """Start at the setpoint of now, unless the mode has become one that would be left for a current."""
        await self._sender.async_request_start(
            restart,
            self.charger,
            self.charger.start_level,
            connector_id=self._connector_id,
            level_is_asked_for=False,
        )

    def _let_session_go_on(self, restart: Followed, error: EnlightenError) -> None:
        _LOGGER.warning("The new current was not applied, the session goes on: %s", error)
        self._start_was_sent = False
        self._sender.settle(restart, Outcome.REJECTED, reason=translation_key(error))

    @callback
    def _ended(self, _settled: asyncio.Future[None]) -> None:
        """Go on to the next change after a restart that is over, or that a person's own stop or start has overtaken."""
        restart, self._under_way = self._under_way, None
        self._timer.cancel()
        if restart and self._start_was_sent and restart.now.outcome in {Outcome.REJECTED, Outcome.NO_EFFECT}:
            # Nobody waits for an answer, and the car that was charging may stand still now
            _LOGGER.error("Charging was stopped for a new current and did not start again: %s", restart.now.reason)
        if self._is_wanted:
            self._timer.set(dt_util.utcnow() + DEBOUNCE)


def _was_kept_back(error: EnlightenError) -> bool:
    """Return whether a start was certainly not carried out, for a reason that may pass.

    To the cloud, a refusal for want of rights has nothing to do with the charger.
    """
    if isinstance(error, CommandRejected):
        return error.refusal.http_status == HTTPStatus.UNAUTHORIZED
    return not isinstance(error, CommandOutcomeUnknown)
