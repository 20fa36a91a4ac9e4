"""The one way from a wish to the cloud: check, send once, stay pending until a read shows the effect.

Switches, buttons, selects, numbers and actions all come through here. Nothing is ever sent that a person or an
automation did not ask for, nothing is sent twice, and an accepted command is not taken for an effect.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .amps_restart import AmpsRestarts
from .calc.amps import LEVEL_MODES, amps_bounds
from .calc.pending import CommandKind, CommandState, PendingCommand, Wish, new_command
from .calc.settings import APP_AUTHENTICATION_KEY, DEFAULT_LEVEL_KEY
from .calc.status import plugged_in, preferred_mode, session_active
from .const import DOMAIN
from .coordinators.chargers import ChargerCoordinator
from .enlighten import (
    AlreadyCharging,
    AuthenticationRequired,
    ChargeMode,
    ChargerStatus,
    CommandOutcomeUnknown,
    CommandReply,
    EnlightenClient,
    EnlightenError,
    NoScheduleEnabled,
    NotCharging,
    NotPluggedIn,
    TriggerMessage,
)
from .errors import action_failed, translation_key
from .snapshot import ChargerSnapshot

_LOGGER = logging.getLogger(__name__)

READ_BACK: Final = 12.0
"""Seconds to look whether a mode that was refused is set all the same (docs/api.md §6.1)."""


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
class _Sent:
    """A command the cloud has taken, and the future of its outcome."""

    command: PendingCommand
    settled: asyncio.Future[PendingCommand]


class Commands:
    """Carries out wishes for the chargers of one site.

    Raises ServiceValidationError for what cannot be asked, HomeAssistantError for what failed; both translated.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        coordinator: ChargerCoordinator,
        client: EnlightenClient,
        *,
        apply_amps_while_charging: bool,
    ) -> None:
        """Follow the outcomes of what will be sent."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._client = client
        self._site_id = coordinator.site_id
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._apply_amps_while_charging = apply_amps_while_charging
        self._restarts = AmpsRestarts(hass, entry, coordinator, client)
        self._in_flight: dict[tuple[str, CommandKind, datetime], _Sent] = {}
        entry.async_on_unload(coordinator.commands.async_add_listener(self._settled))

    async def async_start(
        self, serial: str, *, level: int | None = None, connector_id: int = 1, wait: float = 0
    ) -> CommandResult:
        """Start charging at the level (A) asked for, else at the setpoint where the mode takes a level.

        `wait` is how many seconds to wait for the effect before answering. Without a vehicle this is a logged no-op.
        """
        async with self._locks[serial]:
            charger = await self._async_plugged_in(serial)
            status = self._known_status(charger)
            if plugged_in(status) is False:
                return self._no_op(Outcome.NOT_PLUGGED_IN)
            mode = preferred_mode(charger.preference, status)
            sent_level = self._level(charger, mode, level)
            if level is None and session_active(status):
                return self._no_op(Outcome.ALREADY_CHARGING)
            sent = await self._async_send(
                CommandKind.START,
                charger,
                lambda: self._client.start_charging(self._site_id, serial, level=sent_level, connector_id=connector_id),
                wish=sent_level,
            )
            await self._async_keep_scheduled(serial, mode, sent)
        return await self._async_outcome(sent, wait)

    async def async_stop(self, serial: str, *, wait: float = 0) -> CommandResult:
        """Stop charging: always allowed, whatever the state is believed to be. Cancels a start that is pending."""
        async with self._locks[serial]:
            charger = self._charger(serial)
            mode = preferred_mode(charger.preference, charger.status)
            sent = await self._async_send(
                CommandKind.STOP, charger, lambda: self._client.stop_charging(self._site_id, serial)
            )
            await self._async_keep_scheduled(serial, mode, sent)
        return await self._async_outcome(sent, wait)

    async def async_set_mode(self, serial: str, mode: ChargeMode) -> None:
        """Choose the charge mode; choosing the one in force sends nothing."""
        charger = self._charger(serial)
        if charger.preference and charger.preference.selected == mode:
            return
        self._check_mode(charger, mode)
        await self._async_send(
            CommandKind.MODE,
            charger,
            lambda: self._client.set_charge_mode(self._site_id, serial, mode),
            wish=mode,
            read_back=READ_BACK,
        )

    async def async_set_use_battery(self, serial: str, enabled: bool) -> None:
        """Let the home battery feed green charging, or not."""
        await self._async_send(
            CommandKind.USE_BATTERY,
            self._charger(serial),
            lambda: self._client.set_use_battery(self._site_id, serial, enabled),
            wish=enabled,
        )

    async def async_set_app_authentication(self, serial: str, enabled: bool) -> None:
        """Have every start confirmed in the app, or not."""
        await self._async_send(
            CommandKind.APP_AUTHENTICATION,
            self._charger(serial),
            lambda: self._client.configure(
                self._site_id, serial, APP_AUTHENTICATION_KEY, "enabled" if enabled else "disabled"
            ),
            wish=enabled,
        )

    async def async_set_default_level(self, serial: str, amps: int) -> None:
        """Store the charger's own default current (A)."""
        charger = self._charger(serial)
        self._check_offered(charger, amps)
        await self._async_send(
            CommandKind.DEFAULT_LEVEL,
            charger,
            lambda: self._client.configure(self._site_id, serial, DEFAULT_LEVEL_KEY, amps),
            wish=amps,
        )

    async def async_set_amps(self, serial: str, amps: int) -> None:
        """Keep the current (A) for the next start, and for the running session where the options ask for that."""
        self._check_offered(self._charger(serial), amps)
        self._coordinator.set_wished_amps(serial, amps)
        if self._apply_amps_while_charging:
            self._restarts.request(serial)

    async def async_finish(self) -> None:
        """End what is going on before an unload."""
        await self._restarts.async_finish()

    async def async_trigger_message(
        self, serial: str, message: TriggerMessage, *, site_id: str | None = None
    ) -> CommandReply:
        """Ask the charger for a message now; the reply is the cloud's own."""
        charger = self._charger(serial)
        try:
            reply = await self._client.trigger_message(site_id or self._site_id, serial, message)
        except EnlightenError as error:
            raise self._failed(error, charger.name) from error
        self._coordinator.async_publish()
        return reply

    async def async_start_live_stream(self) -> int:
        """Ask the cloud for a live stream of the site and return how many seconds it lasts."""
        try:
            stream = await self._client.start_live_stream(self._site_id)
        except EnlightenError as error:
            raise self._failed(error, self._entry.title) from error
        self._coordinator.async_stream_until(dt_util.utcnow() + timedelta(seconds=stream.duration))
        return stream.duration

    async def async_stop_live_stream(self) -> None:
        """End the live stream of the site."""
        try:
            await self._client.stop_live_stream(self._site_id)
        except EnlightenError as error:
            raise self._failed(error, self._entry.title) from error
        self._coordinator.async_stream_until(None)

    def _charger(self, serial: str) -> ChargerSnapshot:
        return self._coordinator.data.chargers[serial]

    async def _async_plugged_in(self, serial: str) -> ChargerSnapshot:
        """Return the charger, read afresh if it seems unplugged: the car may have been plugged in a moment ago."""
        charger = self._charger(serial)
        if charger.status is None or not plugged_in(charger.status) or not self._coordinator.last_update_success:
            await self._coordinator.async_refresh()
        return self._charger(serial)

    def _known_status(self, charger: ChargerSnapshot) -> ChargerStatus:
        if charger.status is None or not charger.present or not self._coordinator.last_update_success:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="charger_unavailable",
                translation_placeholders={"name": charger.name},
            )
        return charger.status

    def _level(self, charger: ChargerSnapshot, mode: ChargeMode | None, asked: int | None) -> int | None:
        bounds = amps_bounds(charger.summary)
        if asked is None:
            return charger.setpoint if bounds and mode in LEVEL_MODES else None
        if mode is not None and mode not in LEVEL_MODES:
            raise self._invalid("amps_not_possible_in_mode", charger)
        if bounds is None:
            raise self._invalid("amps_unknown", charger)
        self._check_offered(charger, asked)
        return asked

    def _check_mode(self, charger: ChargerSnapshot, mode: ChargeMode) -> None:
        options = {option.mode: option for option in charger.preference.options} if charger.preference else {}
        if (option := options.get(mode)) is None:
            return
        if option.disabled_by_storm:
            raise self._invalid("mode_disabled_by_storm", charger)
        if mode is ChargeMode.SCHEDULED and option.schedules_enabled == 0:
            raise self._invalid("no_schedule_enabled", charger)

    async def _async_send(
        self,
        kind: CommandKind,
        charger: ChargerSnapshot,
        send: Callable[[], Awaitable[object]],
        *,
        wish: Wish = None,
        read_back: float = 0,
    ) -> _Sent | CommandResult:
        """Send a command once and follow it.

        Where the cloud is known to refuse what it has carried out, `read_back` is how many seconds to look for the
        effect before a command of unknown outcome counts as failed.
        """
        open_commands = self._coordinator.commands
        command = new_command(kind, charger.serial, sent_at=dt_util.utcnow(), wish=wish)
        sent = _Sent(command=command, settled=self._hass.loop.create_future())
        self._in_flight[command.identity] = sent
        open_commands.submit(command)
        self._coordinator.async_publish()
        try:
            await send()
        except (NotPluggedIn, NotCharging, AlreadyCharging) as error:
            open_commands.reject(command, error.refusal.code, dt_util.utcnow())
            return self._no_op(_NO_OPS[type(error)])
        except CommandOutcomeUnknown as error:
            open_commands.acknowledge(command, dt_util.utcnow())
            self._coordinator.async_publish()
            result = await self._async_outcome(sent, read_back)
            if result.outcome is Outcome.CONFIRMED:
                return result
            raise self._failed(error, charger.name) from error
        except EnlightenError as error:
            open_commands.reject(command, translation_key(error), dt_util.utcnow())
            raise self._failed(error, charger.name) from error
        else:
            open_commands.acknowledge(command, dt_util.utcnow())
            return sent
        finally:
            self._coordinator.async_publish()

    async def _async_keep_scheduled(self, serial: str, mode: ChargeMode | None, sent: _Sent | CommandResult) -> None:
        """Assert the mode Scheduled again: a start or stop in it may drift to Manual (docs/api.md §5.1)."""
        if mode is not ChargeMode.SCHEDULED or not isinstance(sent, _Sent):
            return
        try:
            await self._client.set_charge_mode(self._site_id, serial, mode)
        except EnlightenError as error:
            # Refusing the mode that is set already is the cloud's way to say that nothing has drifted.
            _LOGGER.debug("The mode was not asserted again: %s", error)

    async def _async_outcome(self, sent: _Sent | CommandResult, wait: float) -> CommandResult:
        if isinstance(sent, CommandResult):
            return sent
        if wait:
            await asyncio.wait([sent.settled], timeout=wait)
        command = sent.settled.result() if sent.settled.done() else sent.command
        return CommandResult(outcome=_OUTCOMES[command.state], reason=command.reason)

    @callback
    def _settled(self, command: PendingCommand) -> None:
        if sent := self._in_flight.pop(command.identity, None):
            sent.settled.set_result(command)

    @staticmethod
    def _no_op(outcome: Outcome) -> CommandResult:
        _LOGGER.info("Nothing to do: the charger answers %s", outcome)
        return CommandResult(outcome=outcome)

    @staticmethod
    def _invalid(key: str, charger: ChargerSnapshot, **placeholders: str) -> ServiceValidationError:
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"name": charger.name, **placeholders},
        )

    def _check_offered(self, charger: ChargerSnapshot, amps: int) -> None:
        bounds = amps_bounds(charger.summary)
        if bounds and not bounds.offers(amps):
            raise self._invalid(
                "amps_not_offered",
                charger,
                amps=str(amps),
                low=str(bounds.low),
                high=str(bounds.high),
                step=str(bounds.step),
            )

    def _failed(self, error: EnlightenError, name: str) -> HomeAssistantError:
        if isinstance(error, AuthenticationRequired) and error.retry_at is None:
            self._entry.async_start_reauth(self._hass)
        if isinstance(error, NoScheduleEnabled):
            return ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_schedule_enabled",
                translation_placeholders={"name": name},
            )
        return action_failed(error, name)
