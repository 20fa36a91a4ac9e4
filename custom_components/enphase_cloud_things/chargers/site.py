"""The chargers of a site: those that were selected, and the others that the cloud lists."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from homeassistant.util import dt as dt_util

from ..enlighten import ChargerSummary, FirmwareDetails, SiteStatus
from .charger import ANSWERS_BEFORE_ABSENT, Charger, ChargerSnapshot, StoredCharger, nameless
from .metering import wants_second_reading
from .polling import Part, Read, mode_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSnapshot:
    """All chargers of a site by serial number, and the site's time zone (IANA name) as far as the cloud told it.

    `chargers` are those that were selected, `others` the names of those that the cloud lists beside them.
    """

    chargers: Mapping[str, ChargerSnapshot] = field(repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    time_zone: str | None = None


@dataclass(slots=True, kw_only=True)
class _Other:
    """A charger that is listed; one answer that leaves it out does not mean that it is gone."""

    name: str | None
    missed_answers: int = 0


class SiteChargers:
    """The selected chargers of a site by serial number.

    `zone` is the site's time zone, `time_zone` its name (IANA) once the cloud has told it. `price_at` gives the price
    of a kWh, `None` while unknown. `stored` is what was remembered of the chargers, `nominal_voltage` (V) what to
    reckon with where the cloud names none.
    """

    def __init__(self, stored: Mapping[str, StoredCharger], *, nominal_voltage: int) -> None:
        self.zone: tzinfo = dt_util.get_default_time_zone()
        self.time_zone: str | None = None
        self.price_at: Callable[[datetime], float | None] = lambda _: None
        self._stored = stored
        self._nominal_voltage = nominal_voltage
        self._chargers: dict[str, Charger] = {}
        self._others: dict[str, _Other] = {}

    def __iter__(self) -> Iterator[Charger]:
        return iter(self._chargers.values())

    def __len__(self) -> int:
        return len(self._chargers)

    def __getitem__(self, serial: str) -> Charger:
        return self._chargers[serial]

    def get(self, serial: str) -> Charger | None:
        """Return a selected charger, `None` if it is not selected (any more)."""
        return self._chargers.get(serial)

    @property
    def any_flowing(self) -> bool:
        """Whether energy flows at any charger, as far as known."""
        return any(charger.metering.flow.flowing for charger in self)

    @property
    def await_effects(self) -> bool:
        """Whether the effect of any command that has reached the cloud is still to come."""
        return any(command.is_under_way for charger in self for command in charger.commands.all)

    @property
    def second_reading_at(self) -> datetime | None:
        """When a lifetime counter that seems to have been reset wants a second reading."""
        return min(
            (moment for charger in self if (moment := charger.metering.counters.lifetime.second_reading_at)),
            default=None,
        )

    def next_read_at(self, now: datetime) -> datetime | None:
        """Return when a read is most likely to show the outcome of a command."""
        return min((moment for charger in self if (moment := charger.commands.next_read_at(now))), default=None)

    def expire_commands(self, now: datetime) -> None:
        """Give up on commands that have shown nothing until their deadline."""
        for charger in self:
            charger.commands.expire(now)

    def wanted_reads(self, now: datetime) -> set[Read]:
        """Return what is urgent beside the status: the effect of commands and the second reading of a counter."""
        wanted = {
            Read(part=part, serial=charger.serial) for charger in self for part in charger.commands.wanted_parts()
        }
        if any(wants_second_reading(charger.metering.counters.lifetime, now) for charger in self):
            wanted.add(Read(part=Part.SUMMARY))
        return wanted

    def select(self, serials: Iterable[str]) -> bool:
        """Follow the selection; return whether it has changed."""
        serials = tuple(serials)
        if self._chargers.keys() == set(serials):
            return False
        self._chargers = {serial: self._chargers.get(serial) or self._new(serial) for serial in serials}
        return True

    async def async_take_time_zone(self, name: str | None) -> None:
        """Note the name (IANA) of the site's time zone, as far as the cloud tells it and Home Assistant knows it."""
        if name and name != self.time_zone and (zone := await dt_util.async_get_time_zone(name)):
            self.time_zone, self.zone = name, zone
            for charger in self:
                charger.zone = zone

    def take_status(self, site: SiteStatus, *, began: datetime, now: datetime, interval: timedelta) -> set[Read]:
        """Take a status answer that was asked for when it `began`; return the reads that it makes urgent."""
        answered = {status.serial: status for status in site.chargers}
        urgent: set[Read] = set()
        for charger in self:
            before, was_absent = charger.status, charger.absent
            if (status := answered.get(charger.serial)) is None:
                charger.miss()
            else:
                charger.take(status, began=began, now=now, interval=interval, price_at=self.price_at)
            if charger.absent and not was_absent:
                urgent.add(Read(part=Part.SUMMARY))
            if charger.status and mode_changed(before, charger.status):
                urgent.add(Read(part=Part.MODE, serial=charger.serial))
        return urgent

    def take_summaries(self, summaries: Iterable[ChargerSummary], *, began: datetime, now: datetime) -> set[Read]:
        """Take a complete list of the site's chargers; return the reads that it makes urgent."""
        listed = {summary.serial: summary for summary in summaries}
        urgent: set[Read] = set()
        for charger in self:
            summary, before = listed.get(charger.serial), charger.summary
            charger.note_listed(summary is not None and not summary.retired)
            if summary is not None:
                charger.take(summary, began=began, now=now)
            if summary is not None and before is not None and summary.firmware != before.firmware:
                urgent.add(Read(part=Part.FIRMWARE))
        self._take_others(listed)
        return urgent

    def take_firmware(self, details: Iterable[FirmwareDetails], *, began: datetime, now: datetime) -> None:
        """Take what the update service says; a charger that it leaves out keeps what was known."""
        for each in details:
            if charger := self.get(each.serial):
                charger.take(each, began=began, now=now)

    def snapshot(self, now: datetime) -> SiteSnapshot:
        """Return all that is known now."""
        return SiteSnapshot(
            chargers={charger.serial: charger.snapshot(now) for charger in self},
            others={
                serial: other.name or nameless(serial)
                for serial, other in self._others.items()
                if serial not in self._chargers
            },
            time_zone=self.time_zone,
        )

    def as_stored(self) -> dict[str, StoredCharger]:
        """Return what a restart has to remember of every charger."""
        return {charger.serial: charger.as_stored() for charger in self}

    def _new(self, serial: str) -> Charger:
        return Charger(serial, nominal_voltage=self._nominal_voltage, zone=self.zone, stored=self._stored.get(serial))

    def _take_others(self, listed: Mapping[str, ChargerSummary]) -> None:
        for serial, other in tuple(self._others.items()):
            other.missed_answers += 1
            if other.missed_answers >= ANSWERS_BEFORE_ABSENT or (serial in listed and listed[serial].retired):
                del self._others[serial]
        for serial, summary in listed.items():
            if not summary.retired:
                known = self._others.get(serial)
                self._others[serial] = _Other(name=summary.name or (known.name if known else None))
