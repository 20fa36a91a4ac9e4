"""The coordinator of a site's chargers: status at an adaptive interval, everything else at its own cadence."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
import logging
from random import random
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..accounts import Account
from ..calc.pending import CommandKind, CommandState, PendingCommand, Reading
from ..calc.polling import (
    REQUEST_BUDGET,
    Activity,
    Part,
    PollingOptions,
    Read,
    any_drawing_power,
    bounds_missing,
    due_reads,
    fast_until,
    mode_changed,
    next_interval,
    requests_per_hour,
)
from ..calc.session_events import SessionEvent, confirm_stop
from ..calc.settings import authentication_required
from ..calc.status import preferred_mode
from ..const import CONF_SERIALS
from ..enlighten import EnlightenError, Family, SiteStatus, Transport
from ..errors import refresh_errors
from ..options import Options
from ..snapshot import SiteSnapshot
from .open_commands import OpenCommands
from .others import OtherChargers
from .readings import ChargerReadings, StoredCharger

_LOGGER = logging.getLogger(__name__)

MOST_UNTOLD: Final = 16
"""Events of a session that are kept for an entity; nobody may ever ask for them."""

SERIAL_PARTS: Final = (Part.MODE, Part.GREEN, Part.CONFIGURATION)


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
        self._polling = PollingOptions(
            slow=timedelta(seconds=options.slow_poll_interval),
            fast=timedelta(seconds=options.fast_poll_interval),
            fast_while_streaming=options.fast_while_streaming,
        )
        self._options = options
        self._entry = entry
        self._readings = dict(readings)
        self._others = OtherChargers()
        self._time_zone: str | None = None
        self._zone: tzinfo = dt_util.get_default_time_zone()
        self._started_at = dt_util.utcnow()
        self._attempted_at: dict[Read, datetime] = {}
        self._urgent: set[Read] = set()
        self._fast_until: datetime | None = None
        self._streaming_until: datetime | None = None
        self._untold_events: defaultdict[str, deque[SessionEvent]] = defaultdict(lambda: deque(maxlen=MOST_UNTOLD))
        self._cancel_command_read: CALLBACK_TYPE | None = None
        entry.async_on_unload(self.commands.async_add_listener(self._note_stop))
        entry.async_on_unload(self._cancel_read)

    @override
    async def _async_update_data(self) -> SiteSnapshot:
        began = dt_util.utcnow()
        self._follow_selection()
        try:
            with refresh_errors():
                status = await self._account.client.status(self.site_id)
            await self._async_take_time_zone(status.time_zone)
            self._take_status(status, began)
            await self._async_read_parts(began)
        finally:
            self.commands.expire(dt_util.utcnow())
            self.update_interval = self._next_interval()
            self._arm_command_read()
        self.last_success = dt_util.utcnow()
        self.reachable_until = self.last_success + 2 * max(self.update_interval, self._polling.fast)
        return self.snapshot()

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, Home Assistant's own while the cloud has not told it."""
        return self._zone

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
        now = dt_util.utcnow()
        return SiteSnapshot(
            chargers={
                serial: readings.snapshot(pending=self.commands.of(serial), now=now, zone=self._zone)
                for serial, readings in self._readings.items()
            },
            others=self._others.names(without=self._readings),
            time_zone=self._time_zone,
        )

    @callback
    def take_session_events(self, serial: str) -> list[SessionEvent]:
        """Return what has happened at a charger and was not asked for yet, in order."""
        untold = self._untold_events.pop(serial, ())
        return list(untold)

    def as_stored(self) -> dict[str, StoredCharger]:
        """Return what a restart has to remember of every charger."""
        return {serial: readings.as_stored() for serial, readings in self._readings.items()}

    @callback
    def async_publish(self) -> None:
        """Show a change that came from here, such as a new command or setpoint, and poll on accordingly."""
        if self.commands:
            self._fast_until = fast_until(dt_util.utcnow())
        self.update_interval = self._next_interval()
        self._arm_command_read()
        if self.last_update_success:
            self.async_set_updated_data(self.snapshot())

    @callback
    def set_wished_amps(self, serial: str, amps: int) -> None:
        """Keep the current (A) that a person wants for the next start."""
        self._readings[serial].wished_amps = amps
        self.async_publish()

    @callback
    def async_stream_until(self, moment: datetime | None) -> None:
        """Note until when the cloud keeps an explicit live stream up."""
        self._streaming_until = moment
        self.async_publish()

    def _follow_selection(self) -> None:
        """Read the chargers that the entry names now: some may have been added or dropped since."""
        known, selected = self._readings, self._entry.data[CONF_SERIALS]
        if known.keys() == set(selected):
            return
        self._readings = {
            serial: known.get(serial)
            or ChargerReadings.restored(serial, None, nominal_voltage=self._options.nominal_voltage)
            for serial in selected
        }
        # The summary goes, too, so that it is read for the new ones
        self._attempted_at = {read: at for read, at in self._attempted_at.items() if read.serial in self._readings}

    async def _async_take_time_zone(self, name: str | None) -> None:
        if name and name != self._time_zone and (zone := await dt_util.async_get_time_zone(name)):
            self._time_zone, self._zone = name, zone

    def _take_status(self, site: SiteStatus, began: datetime) -> None:
        by_serial = {charger.serial: charger for charger in site.chargers}
        now = dt_util.utcnow()
        for serial, readings in self._readings.items():
            before = readings.status
            was_absent = readings.absent
            readings.take_status(by_serial.get(serial), now=now)
            if readings.absent and not was_absent:
                self._urgent.add(Read(part=Part.SUMMARY))
            if readings.status is None or serial not in by_serial:
                continue
            if mode_changed(before, readings.status):
                self._urgent.add(Read(part=Part.MODE, serial=serial))
            self._judge(readings, readings.status, began)
            self._untold_events[serial].extend(
                readings.events(now=now, interval=self.update_interval or self._polling.slow)
            )

    async def _async_read_parts(self, began: datetime) -> None:
        if (second_reading_at := self._second_reading_at()) and second_reading_at <= began:
            self._urgent.add(Read(part=Part.SUMMARY))
        self._urgent |= self.commands.wanted_reads()
        wanted = [Read(part=Part.SUMMARY)]
        wanted += [Read(part=part, serial=serial) for part in SERIAL_PARTS for serial in self._readings]
        due = due_reads(
            wanted,
            self._attempted_at,
            began,
            started_at=self._started_at,
            interval=self.update_interval or self._polling.slow,
            urgent=self._urgent,
            bounds_missing=bounds_missing(r.summary for r in self._readings.values() if r.summary),
        )
        self._urgent.difference_update(due)
        self._attempted_at.update(dict.fromkeys(due, began))
        await asyncio.gather(*(self._async_read_part(read, began) for read in due))

    async def _async_read_part(self, read: Read, began: datetime) -> None:
        try:
            if read.serial is None:
                await self._async_read_summary()
            else:
                reading = await self._async_read_of_charger(read.part, self._readings[read.serial])
                self._judge(self._readings[read.serial], reading, began)
        except EnlightenError as error:
            self.logger.debug("Reading the %s failed: %s", read.part, error)

    async def _async_read_summary(self) -> None:
        by_serial = {charger.serial: charger for charger in await self._account.client.chargers(self.site_id)}
        self._others.take_summaries(by_serial.values())
        if self._time_zone is None:
            await self._async_take_time_zone(next((charger.time_zone for charger in by_serial.values()), None))
        now = dt_util.utcnow()
        for serial, readings in self._readings.items():
            readings.take_summary(by_serial.get(serial), now=now, zone=self._zone)

    async def _async_read_of_charger(self, part: Part, readings: ChargerReadings) -> Reading:
        client, serial = self._account.client, readings.serial
        if part is Part.MODE:
            preference = await client.charge_mode(self.site_id, serial)
            if preference.selected is not None:
                readings.preference = preference
            return preference
        if part is Part.GREEN:
            readings.green = await client.green_settings(self.site_id, serial)
            return readings.green
        readings.configuration = await client.configuration(self.site_id, serial)
        return readings.configuration

    def _judge(self, readings: ChargerReadings, reading: Reading, began: datetime) -> None:
        self.commands.judge(
            readings.serial,
            reading,
            read_started_at=began,
            now=dt_util.utcnow(),
            mode=preferred_mode(readings.preference, readings.status),
            authentication_required=authentication_required(readings.configuration or ()),
        )

    @callback
    def _note_stop(self, command: PendingCommand) -> None:
        if command.kind is CommandKind.STOP and command.state is CommandState.CONFIRMED:
            readings = self._readings[command.serial]
            readings.watch = confirm_stop(readings.watch)

    def _next_interval(self) -> timedelta:
        now = dt_util.utcnow()
        charging = any_drawing_power(r.status for r in self._readings.values() if r.status)
        load = requests_per_hour(
            chargers=len(self._readings),
            vpp=self._options.enable_vpp,
            prices=self._options.enable_monetary,
            charging=charging,
        )
        return next_interval(
            Activity(
                chargers=len(self._readings),
                drawing_power=charging,
                command_pending=bool(self.commands),
                streaming=self._streaming_until is not None and now < self._streaming_until,
                fast_until=self._fast_until,
                read_at=self._second_reading_at(),
            ),
            self._polling,
            now,
            available_per_hour=REQUEST_BUDGET / max(len(self._account.entry_ids), 1) - load,
            jitter=random(),
        )

    def _second_reading_at(self) -> datetime | None:
        moments = [r.meter.second_reading_at for r in self._readings.values() if r.meter.second_reading_at]
        return min(moments, default=None)

    @callback
    def _arm_command_read(self) -> None:
        """Read at the moments when a command is likely to show, which the polling interval is too coarse for."""
        self._cancel_read()
        now = dt_util.utcnow()
        if moment := self.commands.next_read_at(now):
            self._cancel_command_read = async_call_later(
                self.hass,
                moment - now,
                HassJob(self._async_command_read, "read after a command", cancel_on_shutdown=True),
            )

    async def _async_command_read(self, _now: datetime) -> None:
        self._cancel_command_read = None
        await self.async_refresh()

    @callback
    def _cancel_read(self) -> None:
        if self._cancel_command_read:
            self._cancel_command_read()
            self._cancel_command_read = None
