"""The coordinator of a site's chargers: status at an adaptive interval, everything else at its own cadence."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
import logging
from random import random
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..account.registry import Account
from ..const import CONF_SERIALS
from ..enlighten import EnlightenClient, EnlightenError, Family, ModePreference, Schedule
from ..errors import SESSION_LOOK, refresh_failed
from ..options import Options
from ..timer import Timer
from .charger import Charger, ChargerSnapshot
from .command import Reading
from .polling import (
    Activity,
    Part,
    PollingOptions,
    Read,
    bounds_missing,
    due_reads,
    fast_until,
    next_interval,
    requests_per_hour,
    status_reads_per_hour,
    time_of_a_round,
)
from .site import SiteChargers, SiteSnapshot

_LOGGER = logging.getLogger(__name__)

type View = Callable[[], object]
"""Returns what a listener looks at."""

CHARGER_PARTS: Final = (Part.MODE, Part.GREEN, Part.CONFIGURATION, Part.SCHEDULES)


class Reads:
    """Reads metadata, modes and settings of a site's chargers when it is their turn or something makes them urgent.

    A read that fails costs only its part, which keeps its last value until its next turn.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        client: EnlightenClient,
        site_id: str,
        chargers: SiteChargers,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._client = client
        self._site_id = site_id
        self._chargers = chargers
        self._started_at = dt_util.utcnow()
        self._attempted_at: dict[Read, datetime] = {}
        self._urgent: set[Read] = set()

    def forget_cadence(self) -> None:
        """Have everything read again, for the chargers are others now."""
        self._attempted_at.clear()

    def want(self, urgent: Iterable[Read]) -> None:
        """Have something read with the next refresh, whosever turn it is."""
        self._urgent.update(urgent)

    def due(self, now: datetime, *, interval: timedelta, sites: int) -> tuple[Read, ...]:
        """Return what to read now, the most urgent first, with an `interval` between polls; the account has `sites`."""
        wanted = [Read(part=Part.SUMMARY)]
        if len(self._chargers):
            wanted.append(Read(part=Part.FIRMWARE))
        wanted += [Read(part=part, serial=charger.serial) for part in CHARGER_PARTS for charger in self._chargers]
        if not self._attempted_at:
            # A start waits for the first refresh, which leaves for later what the fewest look at
            wanted = [read for read in wanted if read.part not in {Part.FIRMWARE, Part.GREEN}]
        due = due_reads(
            wanted,
            self._attempted_at,
            now,
            started_at=self._started_at,
            interval=interval,
            urgent=self._urgent | self._chargers.wanted_reads(now),
            has_reported=any(_has_reported(charger) for charger in self._chargers),
            firmware_known=any(charger.firmware for charger in self._chargers),
            sites=sites,
            bounds_missing=bounds_missing(charger.summary for charger in self._chargers if charger.summary),
            scheduled={
                charger.serial for charger in self._chargers if charger.schedule is None or charger.schedule.slots
            },
        )
        self._urgent.difference_update(due)
        return due

    async def async_read(self, due: Iterable[Read], *, patience: float, show: Callable[[], None]) -> None:
        """Read what is due, and wait for it for some seconds.

        What takes longer is shown when it comes, and holds up nothing else. Where there is any patience at all, the
        metadata are waited for: entities get their ids from the name in them.
        """
        reads = {read: self._start(read) for read in due}
        late = set(reads.values())
        if late and patience:
            _, late = await asyncio.wait(late, timeout=patience)
            late -= {task for read, task in reads.items() if read.part is Part.SUMMARY}
            await asyncio.gather(*(task for task in reads.values() if task not in late))
        for task in late:
            task.add_done_callback(lambda _: show())

    async def async_read_mode(self, serial: str) -> ModePreference | None:
        """Read the mode that is stored for a charger now, `None` if the cloud does not tell."""
        began, charger = dt_util.utcnow(), self._chargers[serial]
        try:
            preference = await self._client.charge_mode(self._site_id, serial, urgent=True)
        except EnlightenError as error:
            _LOGGER.debug("Reading the mode before choosing one failed: %s", error)
            return None
        charger.take(preference, began=began, now=dt_util.utcnow())
        return preference

    def _start(self, read: Read) -> asyncio.Task[None]:
        self._attempted_at[read] = dt_util.utcnow()
        # Somebody waits for what a command does: that is worth a request in spite of a back-off
        urgent = read in self._chargers.wanted_reads(dt_util.utcnow()) and read.serial is not None
        return self._entry.async_create_background_task(
            self._hass, self._async_read(read, urgent=urgent), f"read the {read.part}"
        )

    async def _async_read(self, read: Read, *, urgent: bool) -> None:
        began = dt_util.utcnow()
        try:
            if read.part is Part.FIRMWARE:
                details = await self._client.firmware(self._site_id)
                self._chargers.take_firmware(details, began=began, now=dt_util.utcnow())
            elif read.serial is None:
                await self._async_read_summary(began)
            elif charger := self._chargers.get(read.serial):
                reading = await self._async_read_of_charger(read.part, charger.serial, urgent=urgent)
                charger.take(reading, began=began, now=dt_util.utcnow())
        except EnlightenError as error:
            _LOGGER.debug("Reading the %s failed: %s", read.part, error)

    async def _async_read_summary(self, began: datetime) -> None:
        summaries = await self._client.chargers(self._site_id)
        if self._chargers.time_zone is None:
            await self._chargers.async_take_time_zone(next((summary.time_zone for summary in summaries), None))
        self.want(self._chargers.take_summaries(summaries, began=began, now=dt_util.utcnow()))

    async def _async_read_of_charger(self, part: Part, serial: str, *, urgent: bool) -> Reading | Schedule:
        match part:
            case Part.MODE:
                return await self._client.charge_mode(self._site_id, serial, urgent=urgent)
            case Part.GREEN:
                return await self._client.green_settings(self._site_id, serial, urgent=urgent)
            case Part.SCHEDULES:
                return await self._client.schedules.read(self._site_id, serial, urgent=urgent)
        return await self._client.configuration(self._site_id, serial, urgent=urgent)


def _has_reported(charger: Charger) -> bool:
    """Return whether a charger has reported something that its metadata do not tell yet."""
    reported_at = charger.status.reported_at if charger.status else None
    known_at = charger.summary.reported_at if charger.summary else None
    return reported_at is None or known_at is None or reported_at > known_at


_LOGGER = logging.getLogger(__name__)

MUCH_SOONER: Final = 0.9
"""An interval that is shorter than this share of another is so by more than jitter."""

SHORTEST_TRUST: Final = timedelta(seconds=90)
INTERVALS_OF_TRUST: Final = 3
"""An answer counts for the longer of the two; after that the cloud is not reachable, and the chargers unavailable."""

PATIENCE: Final = 5.0
"""Seconds that a refresh, and with it the set-up, waits for modes and settings."""


class ChargerCoordinator(DataUpdateCoordinator[SiteSnapshot]):
    """Reads the chargers of one site and publishes what is known of them.

    A failing status read fails the refresh. Any other read that fails costs only its part, which keeps its last value
    until its next turn. `records` are the chargers themselves, which entities see only as frozen snapshots.
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
        records: SiteChargers,
    ) -> None:
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
        self.records = records
        self.last_success: datetime | None = None
        self.reachable_until = dt_util.utcnow()
        self.transport: Final = account.transport
        self._account = account
        self._client = account.client.with_timeout(options.api_timeout)
        self._polling = PollingOptions(
            slow=timedelta(seconds=options.slow_poll_interval),
            fast=timedelta(seconds=options.fast_poll_interval),
            fast_while_streaming=options.fast_while_streaming,
        )
        self._options = options
        self._entry = entry
        self._reads = Reads(hass, entry, client=self._client, site_id=site_id, chargers=records)
        self._interval = self._polling.slow
        self._fast_until: datetime | None = None
        self._streaming_until: datetime | None = None
        self._publication: asyncio.Handle | None = None
        self._reading: asyncio.Task[bool] | None = None
        self._waiting: Counter[asyncio.Task[bool]] = Counter()
        self._next_read = Timer(hass, self._read_by_itself)
        self._end_of_trust = Timer(hass, lambda _now: self.async_update_listeners())
        entry.async_on_unload(self._stop)

    @callback
    @override
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: View | None = None) -> CALLBACK_TYPE:
        """Have something called at every update, with a `context` only where that returns something else by now.

        What has not changed of a snapshot is the same as before, so a look costs next to nothing.
        """
        if context is None:
            return super().async_add_listener(update_callback)
        seen = context()

        @callback
        def look() -> None:
            nonlocal seen
            if (sees := context()) != seen:
                seen = sees
                update_callback()

        return super().async_add_listener(look, context)

    @override
    async def _async_update_data(self) -> SiteSnapshot:
        began = dt_util.utcnow()
        if self.records.select(self._entry.data[CONF_SERIALS]):
            # Whatever was read of the site as a whole lacks the new ones
            self._reads.forget_cadence()
        try:
            await self._async_read_status()
            if due := self._reads.due(began, interval=self._interval, sites=len(self._account.entry_ids)):
                self._show()
                await self._reads.async_read(due, patience=PATIENCE, show=self._show)
        except UpdateFailed, ConfigEntryAuthFailed:
            self._plan()
            if self.last_success is None or self.last_success < began:
                raise
            # A read that began later has come first
        self._plan()
        return self.records.snapshot(dt_util.utcnow())

    async def async_read_now(self) -> bool:
        """Read the status, asked for from now on, once for all who want it at this moment; return whether it came.

        It waits neither for a poll under way nor for anything but the status, and ends when nobody waits for it.
        """
        if self._reading is None:
            self._reading = self._entry.async_create_background_task(
                self.hass, self._async_read_now(), "read the chargers now", eager_start=False
            )
        reading = self._reading
        self._waiting[reading] += 1
        try:
            return await asyncio.shield(reading)
        finally:
            self._waiting[reading] -= 1
            if not self._waiting[reading]:
                del self._waiting[reading]
                reading.cancel()
                self._reading = None if self._reading is reading else self._reading

    async def _async_read_now(self) -> bool:
        self._reading = None
        if not self.last_update_success:
            await self.async_refresh()
            return self.last_update_success
        await self.async_read_due()
        try:
            await self._async_read_status(urgent=True)
        except (UpdateFailed, ConfigEntryAuthFailed) as error:
            _LOGGER.debug("Reading the chargers out of turn failed: %s", error)
            self._plan()
            return False
        self._plan()
        await self.async_read_due()
        self.async_set_updated_data(self.records.snapshot(dt_util.utcnow()))
        return True

    async def _async_read_status(self, *, urgent: bool = False) -> None:
        began = dt_util.utcnow()
        try:
            status = await self._client.status(self.site_id, urgent=urgent)
        except EnlightenError as error:
            raise refresh_failed(error) from error
        await self.records.async_take_time_zone(status.time_zone)
        self.last_success = now = dt_util.utcnow()
        self._reads.want(self.records.take_status(status, began=began, now=now, interval=self._interval))

    async def async_read_due(self) -> None:
        """Begin to read what is due beside the status, as after a command; it is shown when it comes."""
        due = self._reads.due(dt_util.utcnow(), interval=self._interval, sites=len(self._account.entry_ids))
        await self._reads.async_read(due, patience=0, show=self._show)

    @property
    def time_of_a_round(self) -> timedelta:
        """The time in which each of the account's chargers has had its turn with a kind of read."""
        return time_of_a_round(len(self.records) * len(self._account.entry_ids))

    def _plan(self) -> None:
        """Choose when to poll next, and when to look for the effect of a command, which may be sooner."""
        now = dt_util.utcnow()
        self.records.expire_commands(now)
        self._interval = self.update_interval = self._next_interval()
        if self.last_success:
            # Longer intervals count from the last answer; shorter ones take back nothing
            trust = max(SHORTEST_TRUST, INTERVALS_OF_TRUST * self._interval)
            was_reachable = self.is_reachable
            self.reachable_until = max(self.reachable_until, self.last_success + trust)
            self._end_of_trust.set(self.reachable_until)
            if self.is_reachable and not was_reachable:
                # The data may be the same as before the outage
                self.async_update_listeners()
        self._next_read.cancel()
        if moment := self.records.next_read_at(now):
            self._next_read.set(moment)

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, Home Assistant's own while the cloud has not told it."""
        return self.records.zone

    @property
    def is_reachable(self) -> bool:
        """Whether the last status answer is young enough to count."""
        return dt_util.utcnow() < self.reachable_until

    @callback
    def async_publish(self) -> None:
        """Show a change that came from here, such as a new command or setpoint, and poll on accordingly."""
        self._publication = None
        planned = self._interval
        self._plan()
        # Makes the next poll a whole interval away: whoever sets something all the time would have none
        if self.last_update_success and self._interval < MUCH_SOONER * planned:
            self.async_set_updated_data(self.records.snapshot(dt_util.utcnow()))
        else:
            self._show()

    @callback
    def async_publish_soon(self) -> None:
        """Publish once for all that changes at the same moment, such as the commands to several chargers."""
        if self._publication is None:
            self._publication = self.hass.loop.call_soon(self.async_publish)

    @callback
    def async_expect_effect(self) -> None:
        """Read soon what has become of a command that the cloud has accepted. There is nothing new to show."""
        self._fast_until = fast_until(dt_util.utcnow())
        self._plan()

    async def async_read_mode(self, serial: str) -> ModePreference | None:
        """Read the mode that is stored for a charger now, `None` if the cloud does not tell."""
        preference = await self._reads.async_read_mode(serial)
        self._show()
        return preference

    @callback
    def async_stream_until(self, moment: datetime | None) -> None:
        """Note until when the cloud keeps an explicit live stream up."""
        self._streaming_until = moment
        self.async_publish()

    @callback
    def _stop(self) -> None:
        """Do nothing more by itself."""
        self._next_read.cancel()
        self._end_of_trust.cancel()
        if self._publication is not None:
            self._publication.cancel()

    @callback
    def _show(self) -> None:
        """Show what has changed so far, for the rest of a refresh may take its time or fail.

        Whoever waits for the outcome of a command finds the state that goes with it. A charger that is new waits for
        its name, which its entities are called after.
        """
        snapshot = self.records.snapshot(dt_util.utcnow())
        of_known_chargers = self.data and self.data.chargers.keys() == snapshot.chargers.keys()
        if self.is_reachable and of_known_chargers and snapshot != self.data:
            self.data = snapshot
            self.async_update_listeners()

    def _next_interval(self) -> timedelta:
        now = dt_util.utcnow()
        charging = self.records.any_flowing
        load = requests_per_hour(
            chargers=len(self.records),
            vpp=self._options.enable_vpp,
            prices=self._options.enable_monetary,
            charging=charging,
            sites=len(self._account.entry_ids),
        )
        return next_interval(
            Activity(
                chargers=len(self.records),
                drawing_power=charging,
                command_pending=self.records.await_effects,
                streaming=self._streaming_until is not None and now < self._streaming_until,
                fast_until=self._fast_until,
                read_at=self.records.second_reading_at,
            ),
            self._polling,
            now,
            available_per_hour=status_reads_per_hour(load, sites=len(self._account.entry_ids)),
            jitter=random(),
        )

    @callback
    def _read_by_itself(self, _now: datetime) -> None:
        self._entry.async_create_background_task(self.hass, self.async_read_now(), "read what was waited for")

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        """Go on looking while a person is asked to sign in, when Home Assistant polls no more.

        The session may work again by itself, and then nobody should have to do anything.
        """
        needs_person = isinstance(self.last_exception, ConfigEntryAuthFailed) and not self.last_update_success
        if needs_person and not self._entry.pref_disable_polling:
            self._next_read.set(dt_util.utcnow() + SESSION_LOOK)


def latency(coordinator: ChargerCoordinator) -> float | None:
    """Return how long the last status request took, in milliseconds."""
    seconds = coordinator.transport.health_of(Family.STATUS).latency
    return None if seconds is None else round(seconds * 1000)


def of_all(coordinator: ChargerCoordinator, part: Callable[[ChargerSnapshot], object]) -> View:
    """Return a view of a part of every charger of a site."""
    return lambda: {serial: part(charger) for serial, charger in coordinator.data.chargers.items()}
