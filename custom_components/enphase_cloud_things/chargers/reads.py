"""The reads beside the status, each at a cadence of its own."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..enlighten import EnlightenClient, EnlightenError, ModePreference, Schedule
from .charger import Charger
from .command import Reading
from .polling import Part, Read, bounds_missing, due_reads
from .site import SiteChargers

_LOGGER = logging.getLogger(__name__)

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
        if len(self._chargers) and self._attempted_at:
            # The first refresh, which a start waits for, does without
            wanted.append(Read(part=Part.FIRMWARE))
        wanted += [Read(part=part, serial=charger.serial) for part in CHARGER_PARTS for charger in self._chargers]
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
            scheduled={charger.serial for charger in self._chargers if charger.schedule and charger.schedule.slots},
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
