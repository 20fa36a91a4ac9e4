"""The coordinator of a site's chargers: status at an adaptive interval, everything else at its own cadence."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
import logging
from random import random
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..account.registry import Account
from ..commands.tracker import OpenCommands
from ..const import CONF_SERIALS
from ..enlighten import Family, Transport
from ..errors import SESSION_LOOK, refresh_errors
from ..options import Options
from .next_read import NextRead
from .part_reads import PartReads
from .polling import (
    REQUEST_BUDGET,
    Activity,
    PollingOptions,
    any_drawing_power,
    fast_until,
    next_interval,
    requests_per_hour,
)
from .readings import ChargerReadings
from .site_readings import SiteReadings
from .snapshot import SiteSnapshot

_LOGGER = logging.getLogger(__name__)

MUCH_SOONER: Final = 0.9
"""An interval that is shorter than this share of another is so by more than jitter."""

PATIENCE: Final = 5.0
"""Seconds that a refresh, and with it the set-up, waits for modes and settings."""


class ChargerCoordinator(DataUpdateCoordinator[SiteSnapshot]):
    """Reads the chargers of one site and publishes what is known of them.

    A failing status read fails the refresh. Any other read that fails costs only its part, which keeps its last value
    until its next turn.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        account: Account,
        options: Options,
        site_id: str,
        site_device_id: str,
        readings: Mapping[str, ChargerReadings],
    ) -> None:
        """Prepare the coordinator for the selected chargers, `readings` by serial number."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            # Goes into logs, where the name of a site, often an address, does not belong
            name="chargers",
            update_interval=timedelta(seconds=options.slow_poll_interval),
            always_update=False,
        )
        self.site_id = site_id
        self.site_device_id = site_device_id
        self.last_success: datetime | None = None
        self.reachable_until = dt_util.utcnow()
        self.commands = OpenCommands()
        self._account = account
        self._client = account.client.with_timeout(options.api_timeout)
        self._polling = PollingOptions(
            slow=timedelta(seconds=options.slow_poll_interval),
            fast=timedelta(seconds=options.fast_poll_interval),
            fast_while_streaming=options.fast_while_streaming,
        )
        self._options = options
        self._entry = entry
        self.readings = SiteReadings(readings, self.commands, dt_util.get_default_time_zone())
        self._parts = PartReads(
            hass, entry, client=self._client, site_id=site_id, readings=self.readings, commands=self.commands
        )
        self._fast_until: datetime | None = None
        self._streaming_until: datetime | None = None
        self._next_read = NextRead(hass, entry, self.async_refresh)
        self._publication: asyncio.Handle | None = None
        self._reads_begun = 0
        self._reading_again = asyncio.Lock()
        entry.async_on_unload(self.commands.async_add_listener(self.readings.note_outcome))
        entry.async_on_unload(self._next_read.cancel)
        entry.async_on_unload(self._cancel_publication)

    @override
    async def _async_update_data(self) -> SiteSnapshot:
        began = dt_util.utcnow()
        if self.readings.select(self._entry.data[CONF_SERIALS], nominal_voltage=self._options.nominal_voltage):
            # Whatever was read of the site as a whole lacks the new ones
            self._parts.forget_cadence()
        try:
            with refresh_errors():
                # Somebody waits for what a command does: that is worth a request in spite of a back-off.
                status = await self._client.status(self.site_id, urgent=bool(self.commands))
            self.reachable_until = max(self.reachable_until, self._two_intervals_from(dt_util.utcnow()))
            await self.readings.async_take_time_zone(status.time_zone)
            interval = self.update_interval or self._polling.slow
            urgent = self.readings.take_status(status, began=began, now=dt_util.utcnow(), interval=interval)
            if due := self._parts.due(began, interval=interval, urgent=urgent):
                self._show()
                # Somebody who reads again waits for the status alone
                patience = 0.0 if self._reading_again.locked() else PATIENCE
                await self._parts.async_read(due, began, patience=patience, show=self._show)
        finally:
            self.commands.expire(dt_util.utcnow())
            self.update_interval = self._next_interval()
            self._arm_command_read()
        self.last_success = dt_util.utcnow()
        self.reachable_until = self._two_intervals_from(self.last_success)
        return self.snapshot()

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, Home Assistant's own while the cloud has not told it."""
        return self.readings.zone

    @property
    def transport(self) -> Transport:
        """The account's transport, which counts and times requests."""
        return self._account.transport

    @property
    def latency(self) -> float | None:
        """How long the last status request took, in milliseconds."""
        health = self.transport.health.get(Family.STATUS)
        return round(health.latency * 1000) if health and health.latency is not None else None

    def snapshot(self) -> SiteSnapshot:
        """Return all that is known now."""
        return self.readings.snapshot(dt_util.utcnow())

    @callback
    def async_publish(self) -> None:
        """Show a change that came from here, such as a new command or setpoint, and poll on accordingly."""
        self._cancel_publication()
        if self.commands:
            self._fast_until = fast_until(dt_util.utcnow())
        planned, self.update_interval = self.update_interval, self._next_interval()
        if self.last_success:
            # Longer intervals count from the last answer; shorter ones take back nothing
            self.reachable_until = max(self.reachable_until, self._two_intervals_from(self.last_success))
        self._arm_command_read()
        if not self.last_update_success:
            return
        # Makes the next poll a whole interval away: whoever sets something all the time would have none
        if planned is None or self.update_interval < MUCH_SOONER * planned:
            self.async_set_updated_data(self.snapshot())
        else:
            self._show()

    @callback
    def async_publish_soon(self) -> None:
        """Publish once for all that changes at the same moment, such as the commands to several chargers."""
        if self._publication is None:
            self._publication = self.hass.loop.call_soon(self.async_publish)

    @callback
    def async_expect_effect(self) -> None:
        """Read soon what has become of a command that the cloud has taken. There is nothing new to show."""
        self._fast_until = fast_until(dt_util.utcnow())
        self._arm_command_read()

    async def async_read_again(self) -> None:
        """Refresh with a status that is asked for from now on, once for all who want it at the same moment."""
        begun = self._reads_begun
        async with self._reading_again:
            if self._reads_begun != begun:
                return
            self._reads_begun += 1
            await self.async_refresh()

    async def async_read_mode(self, serial: str) -> str | None:
        """Read the mode that is stored for a charger now, `None` if the cloud does not tell."""
        mode = await self._parts.async_read_mode(serial)
        self._show()
        return mode

    @callback
    def set_wished_amps(self, serial: str, amps: int) -> None:
        """Keep the current (A) that a person wants for the next start."""
        self.readings.of(serial).wished_amps = amps
        self.async_publish()

    @callback
    def async_stream_until(self, moment: datetime | None) -> None:
        """Note until when the cloud keeps an explicit live stream up."""
        self._streaming_until = moment
        self.async_publish()

    @callback
    def _cancel_publication(self) -> None:
        if self._publication is not None:
            self._publication.cancel()
            self._publication = None

    def _two_intervals_from(self, answer_at: datetime) -> datetime:
        return answer_at + 2 * max(self.update_interval or self._polling.slow, self._polling.fast)

    @callback
    def _show(self) -> None:
        """Show what has changed so far, for the rest of a refresh may take its time or fail.

        Whoever waits for the outcome of a command finds the state that goes with it. A charger that is new waits for
        its name, which its entities are called after.
        """
        snapshot = self.snapshot()
        of_known_chargers = self.data and self.data.chargers.keys() == snapshot.chargers.keys()
        if self.last_update_success and of_known_chargers and snapshot != self.data:
            self.data = snapshot
            self.async_update_listeners()

    def _next_interval(self) -> timedelta:
        now = dt_util.utcnow()
        charging = any_drawing_power(self.readings.statuses)
        load = requests_per_hour(
            chargers=len(self.readings.serials),
            vpp=self._options.enable_vpp,
            prices=self._options.enable_monetary,
            charging=charging,
        )
        return next_interval(
            Activity(
                chargers=len(self.readings.serials),
                drawing_power=charging,
                command_pending=bool(self.commands),
                streaming=self._streaming_until is not None and now < self._streaming_until,
                fast_until=self._fast_until,
                read_at=self.readings.second_reading_at,
            ),
            self._polling,
            now,
            available_per_hour=REQUEST_BUDGET / max(len(self._account.entry_ids), 1) - load,
            jitter=random(),
        )

    @callback
    def _arm_command_read(self) -> None:
        """Read at the moments when a command is likely to show, which the polling interval is too coarse for."""
        self._next_read.cancel()
        now = dt_util.utcnow()
        if moment := self.commands.next_read_at(now):
            self._next_read.set(moment - now, "read after a command")

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        """Go on looking while a person is asked to sign in, when Home Assistant polls no more.

        The session may work again by itself, and then nobody should have to do anything.
        """
        needs_person = isinstance(self.last_exception, ConfigEntryAuthFailed) and not self.last_update_success
        if needs_person and not self._entry.pref_disable_polling:
            self._next_read.set(SESSION_LOOK, "look at an ended session")
