"""Sending one command once, and following it to its outcome."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..chargers.charger import Charger, Followed, Superseded
from ..chargers.command import LEVEL_REFUSED, CommandKind, Outcome, Target
from ..chargers.coordinator import ChargerCoordinator
from ..enlighten import (
    AlreadyCharging,
    AuthenticationRequired,
    ChargeMode,
    CommandOutcomeUnknown,
    EnlightenClient,
    EnlightenError,
    LevelRefused,
    NoScheduleEnabled,
    NotCharging,
    NotPluggedIn,
    TooManySessions,
)
from ..errors import action_failed, translation_key, validation_error

_LOGGER = logging.getLogger(__name__)


class Sender:
    """Sends the commands to the chargers of one site; a charger's record follows what becomes of them."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: ChargerCoordinator, client: EnlightenClient
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._client = client

    @callback
    def begin(
        self,
        kind: CommandKind,
        charger: Charger,
        *,
        target: Target = None,
        connector_id: int | None = None,
        context: Context | None = None,
    ) -> Followed:
        """Show a command that somebody asks for; it supersedes what it contradicts."""
        if not charger.may_be_controlled:
            raise validation_error("no_control", charger.name)
        followed = charger.commands.begin(
            kind, now=dt_util.utcnow(), target=target, connector_id=connector_id, context=context
        )
        self._coordinator.async_publish_soon()
        return followed

    @contextmanager
    def command(
        self,
        kind: CommandKind,
        charger: Charger,
        *,
        target: Target = None,
        connector_id: int | None = None,
        context: Context | None = None,
    ) -> Iterator[Followed]:
        """Begin a command whose sending is a block of code; a stop that supersedes it ends the block."""
        followed = self.begin(kind, charger, target=target, connector_id=connector_id, context=context)
        try:
            yield followed
        except Superseded:
            _LOGGER.debug("A stop came before the %s", kind)
        finally:
            if followed.now.outcome is Outcome.PENDING:
                # It failed before the cloud could accept it
                self.settle(followed, Outcome.REJECTED)

    @callback
    def accept(self, followed: Followed) -> None:
        """Note that the cloud has accepted a command, or may have: the reads from now on tell."""
        followed.accept(dt_util.utcnow())
        self._coordinator.async_expect_effect()

    @callback
    def settle(self, followed: Followed, outcome: Outcome, *, reason: str | None = None) -> None:
        """Note what became of a command."""
        followed.settle(outcome, dt_util.utcnow(), reason=reason)
        self._coordinator.async_publish_soon()

    async def async_send(
        self, followed: Followed, name: str, request: Coroutine[Any, Any, object], *, read_back: float = 0
    ) -> None:
        """Send the one request of a command to the charger of that name.

        Where the cloud is known to refuse what it has carried out, `read_back` is how many seconds to look for the
        effect before a command of unknown outcome counts as failed.

        Raises:
            NotPluggedIn, NotCharging, AlreadyCharging: there may be nothing to do; the command is still open.
            HomeAssistantError: it failed, or its outcome is unknown; translated.
        """
        try:
            await request
        except NotPluggedIn, NotCharging, AlreadyCharging:
            raise
        except CommandOutcomeUnknown as error:
            self.accept(followed)
            if (await followed.wait(read_back)).outcome is not Outcome.CONFIRMED:
                raise self.failed(error, name) from error
        except LevelRefused as error:
            self.settle(followed, Outcome.REJECTED, reason=LEVEL_REFUSED)
            raise validation_error("level_refused", name, amps=str(followed.now.target)) from error
        except EnlightenError as error:
            self.settle(followed, Outcome.REJECTED, reason=translation_key(error))
            raise self.failed(error, name) from error
        except asyncio.CancelledError:
            # Whoever asked waits no more, but the cloud may have got it
            self.accept(followed)
            raise
        else:
            self.accept(followed)

    async def async_request_start(
        self, followed: Followed, charger: Charger, level: int | None, *, connector_id: int, level_is_asked_for: bool
    ) -> None:
        """Request a start, without the level (A) if the charger refuses it, unless somebody asked for that very level.

        A level that was refused is remembered and never sent again.
        """
        site_id = self._coordinator.site_id
        followed.retarget(level)
        try:
            await self._client.start_charging(site_id, charger.serial, level=level, connector_id=connector_id)
        except LevelRefused:
            if level is None:
                raise
            charger.refused_levels.add(level)
            if level_is_asked_for:
                raise
            _LOGGER.warning("A charger refuses %s A and starts with its own current", level)
            followed.retarget(None, reason=LEVEL_REFUSED)
            await self._client.start_charging(site_id, charger.serial, level=None, connector_id=connector_id)

    async def async_keep_scheduled(self, charger: Charger, mode: ChargeMode | None, *, since: datetime) -> None:
        """Assert the `mode` from before a start or stop again if it was Scheduled, which both may lose.

        Source: docs/api.md §5.1. Another mode, chosen `since` then or not shown yet, is what somebody wants now.
        """
        was_chosen_meanwhile = charger.mode_chosen_at is not None and charger.mode_chosen_at >= since
        if mode is not ChargeMode.SCHEDULED or charger.commands.chosen_mode is not None or was_chosen_meanwhile:
            return
        try:
            await self._client.set_charge_mode(self._coordinator.site_id, charger.serial, mode)
        except EnlightenError as error:
            # Refusing the mode that is set already is the cloud's way to say that nothing has drifted
            _LOGGER.debug("The mode was not asserted again: %s", error)

    def failed(self, error: EnlightenError, name: str) -> HomeAssistantError:
        """Return what a person sees of an error; where only a sign-in helps, ask for it."""
        if (
            isinstance(error, AuthenticationRequired)
            and not isinstance(error, TooManySessions)
            and error.retry_at is None
        ):
            self._entry.async_start_reauth(self._hass)
        if isinstance(error, NoScheduleEnabled):
            return validation_error("no_schedule_enabled", name)
        return action_failed(error, name)
