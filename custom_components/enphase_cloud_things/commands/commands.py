"""The one way to command a charger: check, send once, stay pending until a read shows the effect.

Switches, buttons, selects, numbers and actions all come through here. Nothing is ever sent that a person or an
automation did not ask for, nothing is sent twice, and an accepted command is not taken for an effect.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..chargers.charger import Charger, Followed
from ..chargers.command import Command, CommandKind, Outcome, Target
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.settings import APP_AUTHENTICATION_KEY, DEFAULT_LEVEL_KEY, LEVEL_MODES, AmpsBounds, amps_bounds
from ..chargers.status import drawing_power, of_connector, plugged_in, session_goes_on
from ..chargers.store import ChargerFile
from ..const import DOMAIN
from ..enlighten import (
    AlreadyCharging,
    ChargeMode,
    ChargerStatus,
    CommandReply,
    EnlightenClient,
    EnlightenError,
    NotCharging,
    NotPluggedIn,
    TriggerMessage,
)
from ..errors import validation_error
from .restart import AmpsRestart
from .sending import Sender

_LOGGER = logging.getLogger(__name__)

READ_BACK: Final = 12.0
"""Seconds; the cloud may refuse a mode and set it all the same (docs/api.md §6.1)."""


class Commands:
    """Commands the chargers of one site.

    Raises ServiceValidationError for what cannot be asked, HomeAssistantError for what failed; both translated.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        coordinator: ChargerCoordinator,
        client: EnlightenClient,
        *,
        store: ChargerFile,
        apply_amps_while_charging: bool,
    ) -> None:
        self._hass = hass
        self._site_name = entry.title
        self._coordinator = coordinator
        self._client = client
        self._site_id = coordinator.site_id
        self._store = store
        self._apply_amps_while_charging = apply_amps_while_charging
        self._sender = Sender(hass, entry, coordinator, client)
        self._restarts: dict[str, AmpsRestart] = {}
        entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self.async_finish))

    async def async_start(
        self,
        serial: str,
        *,
        level: int | None = None,
        connector_id: int = 1,
        wait: float = 0,
        context: Context | None = None,
    ) -> Command:
        """Start charging at the level (A) asked for, else at the setpoint where the mode takes a level.

        `wait` is how many seconds to wait for the effect before answering; `context` says who asks. Without a vehicle
        this is a logged no-op. A start while the vehicle or the charger pauses is sent: it may wake the vehicle.
        """
        charger = self._charger(serial)
        self._restart_of(charger).withdraw()
        with self._sender.command(CommandKind.START, charger, connector_id=connector_id, context=context) as start:
            await start.unless_stopped(self._async_start(charger, start, level, connector_id))
        return await start.wait(wait)

    async def async_stop(
        self, serial: str, *, wait: float = 0, keep_mode: bool = True, context: Context | None = None
    ) -> Command:
        """Stop charging: always allowed, whatever the state is believed to be, and at once, whatever is under way.

        Without `keep_mode` the mode Scheduled, which a stop may lose, is not asserted again.
        """
        charger = self._charger(serial)
        self._restart_of(charger).withdraw()
        with self._sender.command(CommandKind.STOP, charger, context=context) as stop:
            await stop.unless_stopped(self._async_stop(charger, stop, keep_mode=keep_mode))
        return await stop.wait(wait)

    async def async_set_mode(self, serial: str, mode: ChargeMode, *, read_back: float = READ_BACK) -> None:
        """Choose the charge mode; choosing the one in force sends nothing.

        `read_back` is how many seconds to look whether a mode that was refused is set all the same.
        """
        charger = self._charger(serial)
        if charger.mode is mode and charger.commands.chosen_mode is None:
            # What is known may be minutes old, and the app may have changed it
            told = await self._coordinator.async_read_mode(serial)
            if told and told.selected == mode and charger.commands.chosen_mode is None:
                return
        _check_mode(charger, mode)
        charger.mode_chosen_at = dt_util.utcnow()
        request = partial(self._client.set_charge_mode, self._site_id, serial, mode)
        await self._async_change(charger, CommandKind.MODE, mode, request, read_back=read_back)

    async def async_set_use_battery(self, serial: str, enabled: bool) -> None:
        """Let the home battery feed green charging, or not."""
        request = partial(self._client.set_use_battery, self._site_id, serial, enabled)
        await self._async_change(self._charger(serial), CommandKind.USE_BATTERY, enabled, request)

    async def async_set_app_authentication(self, serial: str, enabled: bool) -> None:
        """Have every start confirmed in the app, or not."""
        value = "enabled" if enabled else "disabled"
        request = partial(self._client.configure, self._site_id, serial, APP_AUTHENTICATION_KEY, value)
        await self._async_change(self._charger(serial), CommandKind.APP_AUTHENTICATION, enabled, request)

    async def async_set_default_level(self, serial: str, amps: int) -> None:
        """Store the charger's own default current (A)."""
        charger = self._charger(serial)
        if amps_bounds(charger.summary) is None:
            raise validation_error("amps_unknown", charger.name)
        _check_offered(charger, amps)
        request = partial(self._client.configure, self._site_id, serial, DEFAULT_LEVEL_KEY, amps)
        await self._async_change(charger, CommandKind.DEFAULT_LEVEL, amps, request)

    async def async_set_amps(self, serial: str, amps: float) -> None:
        """Keep the current (A) for the next start, and for the running session where the options ask for that.

        Between two steps it becomes the next lower one. It is on disk when this returns (docs/traps.md 83).
        """
        charger = self._charger(serial)
        bounds = amps_bounds(charger.summary)
        level = bounds.nearest(amps) if bounds else int(amps)
        if bounds and not bounds.low <= amps <= bounds.high:
            raise _not_offered(charger, bounds, amps)
        _check_not_refused(charger, level)
        before, charger.chosen_amps = charger.setpoint, level
        self._coordinator.async_publish()
        await self._store.async_save(self._coordinator.records.as_stored())
        if self._apply_amps_while_charging:
            self._restart_of(charger).request(before=before)

    async def async_finish(self, _event: Event | None = None) -> None:
        """End what is going on before an unload or the end of Home Assistant."""
        await asyncio.gather(*(restart.async_finish() for restart in self._restarts.values()))

    async def async_trigger_message(
        self, serial: str, message: TriggerMessage, *, site_id: str | None = None
    ) -> CommandReply:
        """Ask the charger for a message now; the reply is the cloud's own."""
        charger = self._charger(serial)
        try:
            reply = await self._client.trigger_message(site_id or self._site_id, serial, message)
        except EnlightenError as error:
            raise self._sender.failed(error, charger.name) from error
        self._coordinator.async_publish()
        return reply

    async def async_start_live_stream(self) -> int:
        """Ask the cloud for a live stream of the site and return how many seconds it lasts."""
        try:
            stream = await self._client.start_live_stream(self._site_id)
        except EnlightenError as error:
            raise self._sender.failed(error, self._site_name) from error
        self._coordinator.async_stream_until(dt_util.utcnow() + timedelta(seconds=stream.duration))
        return stream.duration

    async def async_stop_live_stream(self) -> None:
        """End the live stream of the site."""
        try:
            await self._client.stop_live_stream(self._site_id)
        except EnlightenError as error:
            raise self._sender.failed(error, self._site_name) from error
        self._coordinator.async_stream_until(None)

    async def _async_start(self, charger: Charger, start: Followed, level: int | None, connector_id: int) -> None:
        """Look whether there is something to start, and send the start; a stop may end this at any moment."""
        # A session that still shows may be about to end, by what this start has superseded
        is_restart = start.supersedes & {CommandKind.STOP, CommandKind.AMPS_RESTART}
        async with charger.turn:
            status = of_connector(await self._async_status(charger, connector_id), connector_id)
            # Of an offline charger only the past is known: the cloud decides
            known = status.connected is not False
            if known and plugged_in(status) is False:
                self._do_nothing(start, Outcome.NOT_PLUGGED_IN)
                return
            sent_level = _level(charger, level)
            if known and level is None and _draws(status) and not is_restart:
                self._do_nothing(start, Outcome.ALREADY_CHARGING)
                return
            mode = charger.mode
            request = self._sender.async_request_start(
                start, charger, sent_level, connector_id=connector_id, level_is_asked_for=level is not None
            )
            try:
                await self._sender.async_send(start, charger.name, request)
            except NotPluggedIn:
                self._do_nothing(start, Outcome.NOT_PLUGGED_IN)
            except AlreadyCharging:
                if level is not None:
                    raise validation_error("already_charging", charger.name) from None
                self._do_nothing(start, Outcome.ALREADY_CHARGING)
            else:
                await self._sender.async_keep_scheduled(charger, mode, since=start.now.asked_at)

    async def _async_stop(self, charger: Charger, stop: Followed, *, keep_mode: bool) -> None:
        mode = charger.mode
        try:
            await self._sender.async_send(stop, charger.name, self._client.stop_charging(self._site_id, charger.serial))
        except NotCharging as error:
            # The cloud says so with refusals that may mean something else
            is_known = await self._coordinator.async_read_now()
            if not is_known or charger.status is None or session_goes_on(charger.status):
                raise self._sender.failed(error, charger.name) from error
            self._do_nothing(stop, Outcome.NOT_CHARGING)
            return
        if keep_mode:
            await self._sender.async_keep_scheduled(charger, mode, since=stop.now.asked_at)

    async def _async_change(
        self,
        charger: Charger,
        kind: CommandKind,
        target: Target,
        request: Callable[[], Coroutine[Any, Any, object]],
        *,
        read_back: float = 0,
    ) -> None:
        with self._sender.command(kind, charger, target=target) as change:
            await self._sender.async_send(change, charger.name, request(), read_back=read_back)

    def _do_nothing(self, command: Followed, outcome: Outcome) -> None:
        _LOGGER.info("Nothing to do: the charger answers %s", outcome)
        # Even then a state is written, so that no slider goes on showing what did not happen
        self._coordinator.async_publish()
        self._sender.settle(command, outcome)

    def _charger(self, serial: str) -> Charger:
        return self._coordinator.records[serial]

    def _restart_of(self, charger: Charger) -> AmpsRestart:
        restart = self._restarts.get(charger.serial)
        if restart is None or restart.charger is not charger:
            restart = self._restarts[charger.serial] = AmpsRestart(
                self._hass, charger, coordinator=self._coordinator, client=self._client, sender=self._sender
            )
        return restart

    async def _async_status(self, charger: Charger, connector_id: int) -> ChargerStatus:
        """Return the status, read afresh if no car seems plugged in: that may have happened a moment ago."""
        status = charger.status
        seems_plugged_in = status is not None and plugged_in(of_connector(status, connector_id))
        is_known = self._coordinator.last_update_success
        if not seems_plugged_in or not is_known:
            is_known = await self._coordinator.async_read_now()
        if charger.status is None or charger.absent or not is_known:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="charger_unavailable",
                translation_placeholders={"name": charger.name},
            )
        return charger.status


def _level(charger: Charger, asked: int | None) -> int | None:
    if asked is None:
        return charger.start_level
    mode = charger.commands.chosen_mode or charger.mode
    if mode is not None and mode not in LEVEL_MODES:
        raise validation_error("amps_not_possible_in_mode", charger.name)
    if amps_bounds(charger.summary) is None:
        raise validation_error("amps_unknown", charger.name)
    _check_offered(charger, asked)
    _check_not_refused(charger, asked)
    return asked


def _check_mode(charger: Charger, mode: ChargeMode) -> None:
    options = {option.mode: option for option in charger.preference.options} if charger.preference else {}
    if (option := options.get(mode)) and option.disabled_by_storm:
        raise validation_error("mode_disabled_by_storm", charger.name)


def _check_offered(charger: Charger, amps: int) -> None:
    bounds = amps_bounds(charger.summary)
    if bounds and not bounds.offers(amps):
        raise _not_offered(charger, bounds, amps)


def _check_not_refused(charger: Charger, amps: int) -> None:
    if amps in charger.refused_levels:
        raise validation_error("level_refused", charger.name, amps=str(amps))


def _not_offered(charger: Charger, bounds: AmpsBounds, amps: float) -> ServiceValidationError:
    return validation_error(
        "amps_not_offered",
        charger.name,
        amps=f"{amps:g}",
        low=str(bounds.low),
        high=str(bounds.high),
        step=str(bounds.step),
    )


def _draws(status: ChargerStatus) -> bool:
    """Return whether there is nothing to start: energy flows in a session that is not at its end."""
    return session_goes_on(status) and drawing_power(status) is True
