"""One charger's counters and estimates, carried from report to report and over restarts."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Self

from ..enlighten import ChargerStatus, ChargerSummary
from ..stored import StoredState
from .energy import DayEnergy, LifetimeCounter, advance_day, advance_lifetime, energy_today, wants_second_reading
from .power import REPORTING_INTERVAL, PowerEstimate, PowerSample, advance, power_limit
from .sessions import SessionClock, SessionCounter, advance_clock, advance_session
from .snapshot import Measurements
from .status import drawing_power

type StoredMeter = dict[str, StoredState]


class Meter:
    """Feeds readings to the pure calculations and keeps their states.

    `nominal_voltage` (V) bounds the power estimate where the charger names no voltage.
    """

    def __init__(self, *, nominal_voltage: int) -> None:
        """Start knowing nothing."""
        self._nominal_voltage = nominal_voltage
        self._power = PowerEstimate()
        self._lifetime = LifetimeCounter()
        self._day = DayEnergy()
        self._session = SessionCounter()
        self._clock = SessionClock()

    @classmethod
    def restored(cls, stored: Mapping[str, Mapping[str, object]], *, nominal_voltage: int) -> Self:
        """Go on from what was known before a restart."""
        meter = cls(nominal_voltage=nominal_voltage)
        meter._lifetime = LifetimeCounter.from_dict(stored.get("lifetime", {}))
        meter._day = DayEnergy.from_dict(stored.get("day", {}))
        meter._session = SessionCounter.from_dict(stored.get("session", {}))
        meter._clock = SessionClock.from_dict(stored.get("clock", {}))
        return meter

    def as_dict(self) -> StoredMeter:
        """Return what a restart has to remember. Power starts anew: no difference may span the gap."""
        return {
            "lifetime": self._lifetime.as_dict(),
            "day": self._day.as_dict(),
            "session": self._session.as_dict(),
            "clock": self._clock.as_dict(),
        }

    @property
    def second_reading_at(self) -> datetime | None:
        """When the lifetime counter, which seems to have been reset, wants a second reading."""
        return self._lifetime.second_reading_at

    def wants_second_reading(self, now: datetime) -> bool:
        """Tell whether that second reading is due."""
        return wants_second_reading(self._lifetime, now)

    @property
    def session_started_at(self) -> datetime | None:
        """When the session began that the energy is of."""
        return self._session.started_at

    @property
    def session_energy(self) -> float | None:
        """The energy (kWh) of the running or last session."""
        return self._session.energy

    @property
    def session_minutes(self) -> int | None:
        """The duration (minutes) of the running or last session."""
        return self._clock.minutes

    def take_status(self, status: ChargerStatus, summary: ChargerSummary | None, *, now: datetime) -> None:
        """Take session energy and duration from a status, and estimate the power."""
        # The cloud's clock may be ahead of ours: what it has reported already has happened.
        now = max(now, status.reported_at or now)
        self._session = advance_session(self._session, status.session, now)
        self._clock = advance_clock(self._clock, status, now)
        interval = summary.reporting_interval if summary else None
        self._power = advance(
            self._power,
            PowerSample(
                counter=f"session {self._session.started_at}",
                energy=self._session.energy,
                reported_at=status.reported_at,
                drawing=drawing_power(status),
                connected=status.connected,
                limit=power_limit(summary, nominal_voltage=self._nominal_voltage),
                reporting_interval=timedelta(seconds=interval) if interval else REPORTING_INTERVAL,
            ),
        )

    def take_summary(self, summary: ChargerSummary, *, now: datetime, zone: tzinfo) -> None:
        """Take the lifetime energy from a summary, and the energy of the day that follows from it."""
        self._lifetime = advance_lifetime(self._lifetime, summary.lifetime_energy, now)
        self._day, _ = advance_day(self._day, self._lifetime, reported_at=summary.reported_at, now=now, zone=zone)

    def measurements(self, now: datetime, zone: tzinfo) -> Measurements:
        """Return the figures as they stand now; the energy of the day starts anew at the site's midnight."""
        today = energy_today(self._day, now, zone)
        return Measurements(
            power=self._power.watts,
            power_as_of=self._power.as_of,
            session_energy=self._session.energy,
            session_duration=self._clock.minutes,
            lifetime_energy=self._lifetime.energy,
            energy_today=today.energy,
            energy_today_since=today.last_reset if today.energy is not None else None,
            energy_today_estimated=today.estimated,
        )
