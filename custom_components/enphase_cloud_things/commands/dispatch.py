"""Sending one command once, and following it to its outcome."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..chargers.coordinator import ChargerCoordinator
from ..chargers.snapshot import ChargerSnapshot
from ..enlighten import (
    AlreadyCharging,
    AuthenticationRequired,
    CommandOutcomeUnknown,
    EnlightenError,
    NoScheduleEnabled,
    NotCharging,
    NotPluggedIn,
    TooManySessions,
)
from ..errors import action_failed, invalid_wish, translation_key
from .rules import CommandKind, CommandState, PendingCommand, Wish, new_command

_LOGGER = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a command, as far as it is known when the answer is given."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    REJECTED = "rejected"
    NO_EFFECT = "no_effect"
    SUPERSEDED = "superseded"
    NOT_PLUGGED_IN = "not_plugged_in"
    NOT_CHARGING = "not_charging"
    ALREADY_CHARGING = "already_charging"


_OUTCOMES: Final[Mapping[CommandState, Outcome]] = {
    CommandState.PENDING: Outcome.ACCEPTED,
    CommandState.CONFIRMED: Outcome.CONFIRMED,
    CommandState.WAITING: Outcome.WAITING,
    CommandState.REJECTED: Outcome.REJECTED,
    CommandState.NO_EFFECT: Outcome.NO_EFFECT,
    CommandState.SUPERSEDED: Outcome.SUPERSEDED,
}
_NO_OPS: Final[Mapping[type[EnlightenError], Outcome]] = {
    NotPluggedIn: Outcome.NOT_PLUGGED_IN,
    NotCharging: Outcome.NOT_CHARGING,
    AlreadyCharging: Outcome.ALREADY_CHARGING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """An outcome and, where there is one, the word that explains it."""

    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A command the cloud has taken, and the future of its outcome."""

    command: PendingCommand
    settled: asyncio.Future[PendingCommand]


class Dispatch:
    """Sends the commands of one site and knows what became of them.

    Raises ServiceValidationError for what cannot be asked, HomeAssistantError for what failed; both translated.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: ChargerCoordinator) -> None:
        """Follow the outcomes of what will be sent."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._in_flight: dict[tuple[str, CommandKind, datetime], Sent] = {}
        entry.async_on_unload(coordinator.commands.async_add_listener(self._settled))

    def turn(self, serial: str) -> asyncio.Lock:
        """Return what lets the wishes for one charger go one after another."""
        return self._turns[serial]

    @callback
    def open(
        self, kind: CommandKind, charger: ChargerSnapshot, *, wish: Wish = None, connector_id: int | None = None
    ) -> Sent:
        """Show a command that is about to be sent; it supersedes what it contradicts."""
        command = new_command(kind, charger.serial, sent_at=dt_util.utcnow(), wish=wish, connector_id=connector_id)
        sent = Sent(command=command, settled=self._hass.loop.create_future())
        self._in_flight[command.identity] = sent
        self._coordinator.commands.submit(command)
        self._coordinator.async_publish_soon()
        return sent

    @callback
    def taken(self, sent: Sent) -> None:
        """Note that the cloud has taken a command, or may have: the reads from now on tell."""
        self._coordinator.commands.acknowledge(sent.command, dt_util.utcnow())
        self._coordinator.async_expect_effect()

    @callback
    def refused(self, sent: Sent, error: EnlightenError) -> None:
        """Note that a command was not carried out."""
        reason: str | None = translation_key(error)
        if isinstance(error, NotPluggedIn | NotCharging | AlreadyCharging):
            reason = error.refusal.code
        self._coordinator.commands.reject(sent.command, reason, dt_util.utcnow())
        self._coordinator.async_publish_soon()

    async def async_send(
        self,
        kind: CommandKind,
        charger: ChargerSnapshot,
        send: Callable[[], Awaitable[object]],
        *,
        wish: Wish = None,
        connector_id: int | None = None,
        read_back: float = 0,
    ) -> Sent | CommandResult:
        """Send a command once and follow it.

        Where the cloud is known to refuse what it has carried out, `read_back` is how many seconds to look for the
        effect before a command of unknown outcome counts as failed.
        """
        sent = self.open(kind, charger, wish=wish, connector_id=connector_id)
        try:
            await send()
        except (NotPluggedIn, NotCharging, AlreadyCharging) as error:
            self.refused(sent, error)
            return no_op(_NO_OPS[type(error)])
        except CommandOutcomeUnknown as error:
            self.taken(sent)
            result = await self.async_outcome(sent, read_back)
            if result.outcome is Outcome.CONFIRMED:
                return result
            raise self.failed(error, charger.name) from error
        except EnlightenError as error:
            self.refused(sent, error)
            raise self.failed(error, charger.name) from error
        except asyncio.CancelledError:
            # Whoever asked waits no more, but the cloud may have got it
            self.taken(sent)
            raise
        self.taken(sent)
        return sent

    async def async_outcome(self, sent: Sent | CommandResult, wait: float) -> CommandResult:
        """Return what is known of a command after at most `wait` seconds."""
        if isinstance(sent, CommandResult):
            return sent
        if wait:
            await asyncio.wait([sent.settled], timeout=wait)
        command = sent.settled.result() if sent.settled.done() else sent.command
        return CommandResult(outcome=_OUTCOMES[command.state], reason=command.reason)

    def failed(self, error: EnlightenError, name: str) -> HomeAssistantError:
        """Return what a person sees of an error; where only a sign-in helps, ask for it."""
        if (
            isinstance(error, AuthenticationRequired)
            and not isinstance(error, TooManySessions)
            and error.retry_at is None
        ):
            self._entry.async_start_reauth(self._hass)
        if isinstance(error, NoScheduleEnabled):
            return invalid_wish("no_schedule_enabled", name)
        return action_failed(error, name)

    @callback
    def _settled(self, command: PendingCommand) -> None:
        if sent := self._in_flight.pop(command.identity, None):
            sent.settled.set_result(command)


def no_op(outcome: Outcome) -> CommandResult:
    """Return the result of a wish that needs nothing, or for which there is nothing to do."""
    _LOGGER.info("Nothing to do: the charger answers %s", outcome)
    return CommandResult(outcome=outcome)
