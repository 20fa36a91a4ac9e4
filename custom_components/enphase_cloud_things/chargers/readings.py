"""Everything read of one charger so far, and the frozen snapshot made of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final, NotRequired, Self, TypedDict

from ..commands.rules import PendingCommand
from ..const import DEFAULT_CHARGING_AMPS
from ..enlighten import ChargerStatus, ChargerSummary, ConfigurationValue, GreenSettings, ModePreference
from ..stored import StoredState, iso, stored_time
from .amps import amps_bounds
from .meter import Meter, StoredMeter
from .session_events import SessionEvent, SessionFigures, SessionWatch, observe
from .snapshot import ChargerSnapshot

ANSWERS_BEFORE_ABSENT: Final = 3
"""A healthy account sometimes leaves a charger out of an answer (docs/api.md §4.7)."""


class StoredCharger(TypedDict):
    """What is remembered of one charger.

    Its counters, the current (A) a person wants for the next start, and when a session was last restarted for one.
    """

    meter: StoredMeter
    wished_amps: int | None
    restarted_at: NotRequired[str | None]
    watch: NotRequired[StoredState]


@dataclass(slots=True, kw_only=True)
class ChargerReadings:
    """The latest good reading of each endpoint for one charger.

    `wished_amps` is what a person set last; `None` until they do. `restarted_at` is when the session was last stopped
    and started again for another current. `unlisted` says that the metadata, read while the
    status answers lack the charger, lack it too.
    """

    serial: str = field(repr=False)
    meter: Meter
    wished_amps: int | None = None
    restarted_at: datetime | None = None
    status: ChargerStatus | None = None
    summary: ChargerSummary | None = None
    preference: ModePreference | None = None
    green: GreenSettings | None = None
    configuration: tuple[ConfigurationValue, ...] | None = None
    watch: SessionWatch = field(default_factory=SessionWatch)
    missed_answers: int = 0
    unlisted: bool = False
    _snapshot: ChargerSnapshot | None = field(default=None, init=False)

    @property
    def absent(self) -> bool:
        """Whether several status answers in a row have left the charger out."""
        return self.missed_answers >= ANSWERS_BEFORE_ABSENT

    @property
    def setpoint(self) -> int:
        """The current (A) of the next start: the wish, or the default, within what the charger offers."""
        wish = self.wished_amps if self.wished_amps is not None else DEFAULT_CHARGING_AMPS
        bounds = amps_bounds(self.summary)
        return bounds.nearest(wish) if bounds else wish

    @classmethod
    def restored(cls, serial: str, stored: StoredCharger | None, *, nominal_voltage: int) -> Self:
        """Return the readings of a charger with what was remembered of it."""
        if stored is None:
            return cls(serial=serial, meter=Meter(nominal_voltage=nominal_voltage))
        return cls(
            serial=serial,
            meter=Meter.restored(stored["meter"], nominal_voltage=nominal_voltage),
            wished_amps=stored["wished_amps"],
            restarted_at=stored_time(stored, "restarted_at"),
            watch=SessionWatch.from_dict(stored.get("watch", {})),
        )

    def as_stored(self) -> StoredCharger:
        """Return what a restart has to remember."""
        return {
            "meter": self.meter.as_dict(),
            "wished_amps": self.wished_amps,
            "restarted_at": iso(self.restarted_at),
            "watch": self.watch.as_dict(),
        }

    def take_status(self, status: ChargerStatus | None, *, now: datetime) -> None:
        """Note what a status answer says of the charger, `None` if it leaves the charger out."""
        if status is None:
            self.missed_answers += 1
            return
        self.missed_answers = 0
        self.unlisted = False
        self.status = _completed(status, self.status) if status.partial else status
        self.meter.take_status(self.status, self.summary, now=now)

    def events(self, *, now: datetime, interval: timedelta) -> tuple[SessionEvent, ...]:
        """Return what has happened at the charger since the status before."""
        if self.status is None:
            return ()
        session = self.status.session
        figures = SessionFigures(
            started_at=self.meter.session_started_at,
            plugged_in_at=session.plugged_in_at if session else None,
            energy=self.meter.session_energy,
            duration=self.meter.session_minutes,
            range_miles=session.range_miles if session else None,
            cost=session.cost if session else None,
        )
        self.watch, events = observe(self.watch, self.status, figures, now=now, interval=interval)
        return events

    def take_summary(self, summary: ChargerSummary | None, *, now: datetime, zone: tzinfo) -> None:
        """Note the charger's metadata, `None` if the cloud does not list it."""
        self.unlisted = self.absent and (summary is None or summary.retired is True)
        if summary is None:
            return
        self.summary = summary
        self.meter.take_summary(summary, now=now, zone=zone)

    def take_preference(self, preference: ModePreference) -> None:
        """Note the stored mode. None enabled means unknown, which is no reason to forget it (docs/api.md §6.1)."""
        if preference.selected is not None:
            self.preference = preference

    def snapshot(self, *, pending: tuple[PendingCommand, ...], now: datetime, zone: tzinfo) -> ChargerSnapshot:
        """Return what is known; the same object as before while nothing has changed."""
        snapshot = ChargerSnapshot(
            serial=self.serial,
            present=self.status is not None and not self.absent,
            gone=self.absent and self.unlisted,
            status=self.status,
            summary=self.summary,
            preference=self.preference,
            green=self.green,
            configuration=self.configuration,
            measurements=self.meter.measurements(now, zone),
            pending=pending,
            setpoint=self.setpoint,
        )
        if snapshot != self._snapshot:
            self._snapshot = snapshot
        return self._snapshot or snapshot


def _completed(partial: ChargerStatus, known: ChargerStatus | None) -> ChargerStatus:
    """Lay the four fields of the keyed status shape over what is known (docs/api.md §4.4)."""
    if known is None:
        return partial
    return replace(
        known,
        connected=partial.connected,
        plugged_in=partial.plugged_in,
        charging=partial.charging,
        reported_at=partial.reported_at,
    )
