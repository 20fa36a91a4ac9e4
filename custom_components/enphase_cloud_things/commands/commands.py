"""The one way from a wish to the cloud: check, send once, stay pending until a read shows the effect.

Switches, buttons, selects, numbers and actions all come through here. Nothing is ever sent that a person or an
automation did not ask for, nothing is sent twice, and an accepted command is not taken for an effect.
"""

from datetime import timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..chargers.amps import LEVEL_MODES, amps_bounds, start_level
from ..chargers.configuration import APP_AUTHENTICATION_KEY, DEFAULT_LEVEL_KEY
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.snapshot import ChargerSnapshot
from ..chargers.status import of_connector, plugged_in, session_goes_on
from ..const import DOMAIN
from ..enlighten import ChargeMode, ChargerStatus, CommandReply, EnlightenClient, EnlightenError, TriggerMessage
from ..errors import invalid_wish
from .dispatch import CommandResult, Dispatch, Outcome, Sent, no_op
from .restart import AmpsRestarts
from .rules import CommandKind
from .scheduled_mode import async_keep_scheduled

_LOGGER = logging.getLogger(__name__)

READ_BACK: Final = 12.0
"""Seconds to look whether a mode that was refused is set all the same (docs/api.md §6.1)."""


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
        self._site_name = entry.title
        self._coordinator = coordinator
        self._client = client
        self._site_id = coordinator.site_id
        self._apply_amps_while_charging = apply_amps_while_charging
        self._dispatch = Dispatch(hass, entry, coordinator)
        self._restarts = AmpsRestarts(hass, entry, coordinator, client, self._dispatch)

    async def async_start(
        self, serial: str, *, level: int | None = None, connector_id: int = 1, wait: float = 0
    ) -> CommandResult:
        """Start charging at the level (A) asked for, else at the setpoint where the mode takes a level.

        `wait` is how many seconds to wait for the effect before answering. Without a vehicle this is a logged no-op.
        """
        async with self._dispatch.turn(serial):
            charger = await self._async_plugged_in(serial, connector_id)
            status = of_connector(self._known_status(charger), connector_id)
            # Of an offline charger only the past is known: the cloud decides
            known = status.connected is not False
            if known and plugged_in(status) is False:
                return no_op(Outcome.NOT_PLUGGED_IN)
            sent_level = self._level(charger, level)
            if known and level is None and session_goes_on(status) and not _is_being_stopped(charger):
                return no_op(Outcome.ALREADY_CHARGING)
            sent = await self._dispatch.async_send(
                CommandKind.START,
                charger,
                lambda: self._client.start_charging(
                    self._site_id, serial, level=sent_level, connector_id=connector_id, level_optional=level is None
                ),
                wish=sent_level,
                connector_id=connector_id,
            )
            if level is not None and sent == CommandResult(outcome=Outcome.ALREADY_CHARGING):
                raise invalid_wish("already_charging", charger.name)
            await self._async_keep_scheduled(charger, sent)
        return await self._dispatch.async_outcome(sent, wait)

    async def async_stop(self, serial: str, *, wait: float = 0) -> CommandResult:
        """Stop charging: always allowed, whatever the state is believed to be. Cancels a start that is pending."""
        async with self._dispatch.turn(serial):
            charger = self._charger(serial)
            sent = await self._dispatch.async_send(
                CommandKind.STOP, charger, lambda: self._client.stop_charging(self._site_id, serial)
            )
            if isinstance(sent, CommandResult):
                await self._async_check_not_charging(serial)
            await self._async_keep_scheduled(charger, sent)
        return await self._dispatch.async_outcome(sent, wait)

    async def async_set_mode(self, serial: str, mode: ChargeMode) -> None:
        """Choose the charge mode; choosing the one in force sends nothing."""
        charger = self._charger(serial)
        if charger.mode is mode and not charger.mode_is_changing:
            # What is known may be minutes old, and the app may have changed it
            told = await self._coordinator.async_read_mode(serial)
            charger = self._charger(serial)
            if told == mode and not charger.mode_is_changing:
                return
        self._check_mode(charger, mode)
        await self._dispatch.async_send(
            CommandKind.MODE,
            charger,
            lambda: self._client.set_charge_mode(self._site_id, serial, mode),
            wish=mode,
            read_back=READ_BACK,
        )

    async def async_set_use_battery(self, serial: str, enabled: bool) -> None:
        """Let the home battery feed green charging, or not."""
        await self._dispatch.async_send(
            CommandKind.USE_BATTERY,
            self._charger(serial),
            lambda: self._client.set_use_battery(self._site_id, serial, enabled),
            wish=enabled,
        )

    async def async_set_app_authentication(self, serial: str, enabled: bool) -> None:
        """Have every start confirmed in the app, or not."""
        await self._dispatch.async_send(
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
        if amps_bounds(charger.summary) is None:
            raise invalid_wish("amps_unknown", charger.name)
        self._check_offered(charger, amps)
        await self._dispatch.async_send(
            CommandKind.DEFAULT_LEVEL,
            charger,
            lambda: self._client.configure(self._site_id, serial, DEFAULT_LEVEL_KEY, amps),
            wish=amps,
        )

    async def async_set_amps(self, serial: str, amps: int) -> None:
        """Keep the current (A) for the next start, and for the running session where the options ask for that."""
        charger = self._charger(serial)
        self._check_offered(charger, amps)
        self._coordinator.set_wished_amps(serial, amps)
        if self._apply_amps_while_charging:
            self._restarts.request(serial, before=charger.setpoint)

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
            raise self._dispatch.failed(error, charger.name) from error
        self._coordinator.async_publish()
        return reply

    async def async_start_live_stream(self) -> int:
        """Ask the cloud for a live stream of the site and return how many seconds it lasts."""
        try:
            stream = await self._client.start_live_stream(self._site_id)
        except EnlightenError as error:
            raise self._dispatch.failed(error, self._site_name) from error
        self._coordinator.async_stream_until(dt_util.utcnow() + timedelta(seconds=stream.duration))
        return stream.duration

    async def async_stop_live_stream(self) -> None:
        """End the live stream of the site."""
        try:
            await self._client.stop_live_stream(self._site_id)
        except EnlightenError as error:
            raise self._dispatch.failed(error, self._site_name) from error
        self._coordinator.async_stream_until(None)

    def _charger(self, serial: str) -> ChargerSnapshot:
        return self._coordinator.data.chargers[serial]

    async def _async_plugged_in(self, serial: str, connector_id: int) -> ChargerSnapshot:
        """Return the charger, read afresh if it seems unplugged: the car may have been plugged in a moment ago."""
        status = self._charger(serial).status
        seems_plugged_in = status is not None and plugged_in(of_connector(status, connector_id))
        if not seems_plugged_in or not self._coordinator.last_update_success:
            await self._coordinator.async_read_again()
        return self._charger(serial)

    async def _async_check_not_charging(self, serial: str) -> None:
        """Look whether there was nothing to stop, as the cloud says with refusals that may mean something else."""
        await self._coordinator.async_read_again()
        charger = self._charger(serial)
        status = charger.status if self._coordinator.last_update_success else None
        if status is None or session_goes_on(status):
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="command_rejected",
                translation_placeholders={"name": charger.name},
            )

    def _known_status(self, charger: ChargerSnapshot) -> ChargerStatus:
        if charger.status is None or not charger.present or not self._coordinator.last_update_success:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="charger_unavailable",
                translation_placeholders={"name": charger.name},
            )
        return charger.status

    def _level(self, charger: ChargerSnapshot, asked: int | None) -> int | None:
        if asked is None:
            return start_level(charger.summary, charger.mode, charger.setpoint)
        if charger.mode is not None and charger.mode not in LEVEL_MODES:
            raise invalid_wish("amps_not_possible_in_mode", charger.name)
        if amps_bounds(charger.summary) is None:
            raise invalid_wish("amps_unknown", charger.name)
        self._check_offered(charger, asked)
        return asked

    def _check_mode(self, charger: ChargerSnapshot, mode: ChargeMode) -> None:
        options = {option.mode: option for option in charger.preference.options} if charger.preference else {}
        if (option := options.get(mode)) is None:
            return
        if option.disabled_by_storm:
            raise invalid_wish("mode_disabled_by_storm", charger.name)

    async def _async_keep_scheduled(self, before: ChargerSnapshot, sent: Sent | CommandResult) -> None:
        """Keep the mode from before a command, unless the charger was not reached by it."""
        if isinstance(sent, Sent):
            await async_keep_scheduled(self._coordinator, self._client, before.serial, before.mode)

    def _check_offered(self, charger: ChargerSnapshot, amps: int) -> None:
        bounds = amps_bounds(charger.summary)
        if bounds and not bounds.offers(amps):
            raise invalid_wish(
                "amps_not_offered",
                charger.name,
                amps=str(amps),
                low=str(bounds.low),
                high=str(bounds.high),
                step=str(bounds.step),
            )


def _is_being_stopped(charger: ChargerSnapshot) -> bool:
    """Tell whether a session that still shows is about to end."""
    return any(command.kind in {CommandKind.STOP, CommandKind.AMPS_RESTART} for command in charger.pending)
