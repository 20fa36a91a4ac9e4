"""All that has been read of a site's chargers, and what follows from it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final

from homeassistant.util import dt as dt_util

from ..commands.rules import CommandKind, CommandState, PendingCommand, Reading
from ..commands.tracker import OpenCommands
from ..enlighten import ChargerStatus, ChargerSummary, SiteStatus
from .configuration import authentication_required
from .others import OtherChargers
from .polling import Part, Read, mode_changed
from .readings import ChargerReadings, StoredCharger
from .session_events import SessionEvent, confirm_stop
from .snapshot import SiteSnapshot
from .status import preferred_mode

MOST_UNTOLD: Final = 16
"""Events of a session that are kept for an entity; nobody may ever ask for them."""


class SiteReadings:
    """The readings of the selected chargers by serial number, held against the open commands.

    `zone` is the site's time zone, `time_zone` its name once the cloud has told it.
    """

    def __init__(self, readings: Mapping[str, ChargerReadings], commands: OpenCommands, zone: tzinfo) -> None:
        """Start with what was remembered."""
        self.zone = zone
        self.time_zone: str | None = None
        self._by_serial = dict(readings)
        self._commands = commands
        self._others = OtherChargers()
        self._untold: defaultdict[str, deque[SessionEvent]] = defaultdict(lambda: deque(maxlen=MOST_UNTOLD))

    @property
    def serials(self) -> tuple[str, ...]:
        """The serial numbers of the selected chargers."""
        return tuple(self._by_serial)

    @property
    def statuses(self) -> tuple[ChargerStatus, ...]:
        """The status of every charger that has one."""
        return tuple(readings.status for readings in self._by_serial.values() if readings.status)

    @property
    def summaries(self) -> tuple[ChargerSummary, ...]:
        """The metadata of every charger that has any."""
        return tuple(readings.summary for readings in self._by_serial.values() if readings.summary)

    @property
    def second_reading_at(self) -> datetime | None:
        """When a lifetime counter that seems to have been reset wants a second reading."""
        moments = (readings.meter.second_reading_at for readings in self._by_serial.values())
        return min((moment for moment in moments if moment), default=None)

    def wants_second_reading(self, now: datetime) -> bool:
        """Tell whether any lifetime counter is due for its second reading."""
        return any(readings.meter.wants_second_reading(now) for readings in self._by_serial.values())

    def of(self, serial: str) -> ChargerReadings:
        """Return the readings of a selected charger."""
        return self._by_serial[serial]

    def select(self, serials: Iterable[str], *, nominal_voltage: int) -> bool:
        """Follow the selection, which may have changed; tell whether it has."""
        serials = tuple(serials)
        if self._by_serial.keys() == set(serials):
            return False
        known = self._by_serial
        self._by_serial = {
            serial: known.get(serial) or ChargerReadings.restored(serial, None, nominal_voltage=nominal_voltage)
            for serial in serials
        }
        return True

    async def async_take_time_zone(self, name: str | None) -> None:
        """Note the name (IANA) of the site's time zone, as far as the cloud tells it and Home Assistant knows it."""
        if name and name != self.time_zone and (zone := await dt_util.async_get_time_zone(name)):
            self.time_zone, self.zone = name, zone

    def take_status(self, site: SiteStatus, *, began: datetime, now: datetime, interval: timedelta) -> set[Read]:
        """Take a status answer to a request that was sent at `began`; return the reads that it makes urgent."""
        answered = {charger.serial: charger for charger in site.chargers}
        urgent: set[Read] = set()
        for serial, readings in self._by_serial.items():
            before, was_absent = readings.status, readings.absent
            readings.take_status(answered.get(serial), now=now)
            if readings.absent and not was_absent:
                urgent.add(Read(part=Part.SUMMARY))
            if readings.status is None or serial not in answered:
                continue
            if mode_changed(before, readings.status):
                urgent.add(Read(part=Part.MODE, serial=serial))
            self.judge(serial, readings.status, began=began, now=now)
            self._untold[serial].extend(readings.events(now=now, interval=interval))
        return urgent

    def take_summaries(self, summaries: Iterable[ChargerSummary], *, now: datetime) -> None:
        """Take a complete list of the site's chargers."""
        listed = {summary.serial: summary for summary in summaries}
        self._others.take_summaries(listed.values())
        for serial, readings in self._by_serial.items():
            readings.take_summary(listed.get(serial), now=now, zone=self.zone)

    def judge(self, serial: str, reading: Reading, *, began: datetime, now: datetime) -> None:
        """Hold the open commands of a charger against a reading of it."""
        readings = self._by_serial[serial]
        self._commands.judge(
            serial,
            reading,
            read_started_at=began,
            now=now,
            mode=preferred_mode(readings.preference, readings.status),
            authentication_required=authentication_required(readings.configuration or ()),
        )

    def note_outcome(self, command: PendingCommand) -> None:
        """Remember a stop that has shown its effect, so that the end of charging is called by that name."""
        if command.kind is CommandKind.STOP and command.state is CommandState.CONFIRMED:
            readings = self._by_serial[command.serial]
            readings.watch = confirm_stop(readings.watch)

    def take_session_events(self, serial: str) -> list[SessionEvent]:
        """Return what has happened at a charger and was not asked for yet, in order."""
        return list(self._untold.pop(serial, ()))

    def snapshot(self, now: datetime) -> SiteSnapshot:
        """Return all that is known now."""
        return SiteSnapshot(
            chargers={
                serial: readings.snapshot(pending=self._commands.of(serial), now=now, zone=self.zone)
                for serial, readings in self._by_serial.items()
            },
            others=self._others.names(without=self._by_serial),
            time_zone=self.time_zone,
        )

    def as_stored(self) -> dict[str, StoredCharger]:
        """Return what a restart has to remember of every charger."""
        return {serial: readings.as_stored() for serial, readings in self._by_serial.items()}
