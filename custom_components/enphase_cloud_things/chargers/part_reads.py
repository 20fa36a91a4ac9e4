"""The reads beside the status, each at a cadence of its own."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..commands.rules import Reading
from ..commands.tracker import OpenCommands
from ..enlighten import EnlightenClient, EnlightenError
from .polling import Part, Read, bounds_missing, due_reads
from .readings import ChargerReadings
from .site_readings import SiteReadings

_LOGGER = logging.getLogger(__name__)

SERIAL_PARTS: Final = (Part.MODE, Part.GREEN, Part.CONFIGURATION)


class PartReads:
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
        readings: SiteReadings,
        commands: OpenCommands,
    ) -> None:
        """Start with all of them due."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._site_id = site_id
        self._readings = readings
        self._commands = commands
        self._started_at = dt_util.utcnow()
        self._attempted_at: dict[Read, datetime] = {}
        self._urgent: set[Read] = set()

    def forget_cadence(self) -> None:
        """Have everything read again, for the chargers are others now."""
        self._attempted_at.clear()

    def due(self, now: datetime, *, interval: timedelta, urgent: Iterable[Read]) -> tuple[Read, ...]:
        """Return what to read now, the most urgent first, with an `interval` between polls."""
        self._urgent.update(urgent)
        self._urgent |= self._commands.wanted_reads()
        if self._readings.wants_second_reading(now):
            self._urgent.add(Read(part=Part.SUMMARY))
        wanted = [Read(part=Part.SUMMARY)]
        wanted += [Read(part=part, serial=serial) for part in SERIAL_PARTS for serial in self._readings.serials]
        due = due_reads(
            wanted,
            self._attempted_at,
            now,
            started_at=self._started_at,
            interval=interval,
            urgent=self._urgent,
            bounds_missing=bounds_missing(self._readings.summaries),
        )
        self._urgent.difference_update(due)
        self._attempted_at.update(dict.fromkeys(due, now))
        return due

    async def async_read(
        self, due: Iterable[Read], began: datetime, *, patience: float, show: Callable[[], None]
    ) -> None:
        """Read what is due for a refresh that `began` then, and wait for it for some seconds.

        What takes longer is shown when it comes, and holds up nothing else. Where there is any patience at all, the
        metadata are waited for: entities get their ids from the name in them.
        """
        reads = {read: self._start(read, began) for read in due}
        late = set(reads.values())
        if patience:
            _, late = await asyncio.wait(late, timeout=patience)
            late -= {task for read, task in reads.items() if read.part is Part.SUMMARY}
            await asyncio.gather(*(task for task in reads.values() if task not in late))
        for task in late:
            task.add_done_callback(lambda _: show())

    def _start(self, read: Read, began: datetime) -> asyncio.Task[None]:
        name = f"read the {read.part}"
        return self._entry.async_create_background_task(self._hass, self._async_read(read, began), name)

    async def _async_read(self, read: Read, began: datetime) -> None:
        try:
            if read.serial is None:
                await self._async_read_summary()
            else:
                reading = await self._async_read_of_charger(read.part, self._readings.of(read.serial))
                self._readings.judge(read.serial, reading, began=began, now=dt_util.utcnow())
        except EnlightenError as error:
            _LOGGER.debug("Reading the %s failed: %s", read.part, error)

    async def async_read_mode(self, serial: str) -> str | None:
        """Read the mode that is stored for a charger now, `None` if the cloud does not tell."""
        try:
            preference = await self._client.charge_mode(self._site_id, serial, urgent=True)
        except EnlightenError as error:
            _LOGGER.debug("Reading the mode before choosing one failed: %s", error)
            return None
        self._readings.of(serial).take_preference(preference)
        return preference.selected

    async def _async_read_summary(self) -> None:
        summaries = await self._client.chargers(self._site_id)
        if self._readings.time_zone is None:
            await self._readings.async_take_time_zone(next((summary.time_zone for summary in summaries), None))
        self._readings.take_summaries(summaries, now=dt_util.utcnow())

    async def _async_read_of_charger(self, part: Part, readings: ChargerReadings) -> Reading:
        client, serial = self._client, readings.serial
        # Somebody waits for what a command does: that is worth a request in spite of a back-off.
        urgent = Read(part=part, serial=serial) in self._commands.wanted_reads()
        if part is Part.MODE:
            preference = await client.charge_mode(self._site_id, serial, urgent=urgent)
            readings.take_preference(preference)
            return preference
        if part is Part.GREEN:
            readings.green = await client.green_settings(self._site_id, serial, urgent=urgent)
            return readings.green
        readings.configuration = await client.configuration(self._site_id, serial, urgent=urgent)
        return readings.configuration
