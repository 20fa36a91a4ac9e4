"""The lifetime counter, and the energy of the day that follows from it.

The lifetime counter feeds long-term statistics, where one wrong value stays for ever.
The cloud sends zeros and nothing at all around restarts, and small backward steps; all
of these leave the counter where it is. It falls only when a much smaller value is
confirmed by a second one soon after, as after a change of hardware (docs/api.md §7.5),
or when a lower one has grown from reading to reading for six hours (docs/traps.md 71).

The energy of the day is the growth of that counter since midnight at the site, by the
charger's own report times. What accrued between a report of one day and a report of
another is divided by time and marked as estimated; nothing is counted twice and nothing
is lost. Marked as well is a day of which a part was never counted: the one on which
counting began, and the one of a reset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from math import isfinite
from typing import Final, Self

from ..days import local_day, split_by_day, start_of_day
from ..stored import StoredState, iso, stored_day, stored_number, stored_time
from .flow import POWER_CAP

JITTER: Final = 0.02
SMALLEST_RESET: Final = 0.5
FRESH_COUNTER: Final = 5.0
CONFIRMATION_WINDOW: Final = timedelta(seconds=180)
SECOND_READING_AFTER: Final = timedelta(seconds=60)
GROWTH_OF_A_COUNTER: Final = timedelta(hours=6)
LONGEST_GROWTH: Final = timedelta(minutes=30)
"""The longest time between two readings of a counter that grows, as opposed to one that has stood still between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerSeries:
    """Readings below the counter that do not fall among themselves.

    `first` and `last` are their energies (kWh), `grown_at` is when one was last above the one before, `growing` for how
    long they have grown from reading to reading.
    """

    first: float
    last: float
    grown_at: datetime
    growing: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeCounter:
    """A lifetime energy in kWh that never falls within an epoch.

    `energy` is `None` while unknown, never 0 instead. `epoch` counts the confirmed
    resets. `candidate` is a much smaller value that a second reading has yet to confirm, `lower` a series of readings
    that are below the counter. `regained` (kWh) is the growth of the counter of this epoch before it was confirmed.
    """

    energy: float | None = None
    epoch: int = 0
    candidate: float | None = None
    candidate_at: datetime | None = None
    lower: LowerSeries | None = None
    regained: float = 0.0

    @property
    def second_reading_at(self) -> datetime | None:
        """When a second reading is wanted to confirm a reset, `None` without a candidate."""
        return self.candidate_at + SECOND_READING_AFTER if self.candidate_at else None

    def as_dict(self) -> StoredState:
        """Return what a restart has to remember."""
        stored: StoredState = {"energy": self.energy, "epoch": self.epoch}
        if self.lower:
            stored |= {
                "lower_first": self.lower.first,
                "lower_last": self.lower.last,
                "lower_grown_at": iso(self.lower.grown_at),
                "lower_growing": self.lower.growing.total_seconds(),
            }
        return stored

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the counter that was remembered."""
        energy = stored_number(data, "energy")
        epoch = int(stored_number(data, "epoch") or 0)
        return cls(energy=energy if energy and energy > 0 else None, epoch=epoch, lower=_stored_lower(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """The energy in kWh of a day that is over, in the site's zone."""

    day: date
    energy: float
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """The energy of the day of the last report, and up to where the counter is counted."""

    day: date | None = None
    energy: float = 0.0
    estimated: bool = False
    counter: float | None = None
    epoch: int = 0
    counted_until: datetime | None = None

    def as_dict(self) -> StoredState:
        """Return what a restart has to remember."""
        return {
            "day": iso(self.day),
            "energy": self.energy,
            "estimated": self.estimated,
            "counter": self.counter,
            "epoch": self.epoch,
            "counted_until": iso(self.counted_until),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the state that was remembered, an empty one if it is incomplete."""
        day = stored_day(data, "day")
        counter = stored_number(data, "counter")
        counted_until = stored_time(data, "counted_until")
        if day is None or counter is None or counted_until is None:
            return cls()
        return cls(
            day=day,
            energy=max(stored_number(data, "energy") or 0.0, 0.0),
            estimated=data.get("estimated") is True,
            counter=counter,
            epoch=int(stored_number(data, "epoch") or 0),
            counted_until=counted_until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyToday:
    """The energy of today in kWh, `None` while unknown, and the midnight it counts from."""

    energy: float | None
    last_reset: datetime
    estimated: bool


def advance_lifetime(counter: LifetimeCounter, reading: float | None, now: datetime) -> LifetimeCounter:
    """Return the counter after a reading in kWh that was made at `now`.

    Call it once a reading: a reset is confirmed by two.
    """
    if reading is None or not isfinite(reading) or reading <= 0:
        return counter
    if counter.energy is None or reading >= counter.energy:
        regained = counter.regained if reading == counter.energy else 0.0
        return LifetimeCounter(energy=reading, epoch=counter.epoch, regained=regained)
    lower = _advance_lower(counter.lower, reading, now)
    if lower.growing >= GROWTH_OF_A_COUNTER:
        return LifetimeCounter(energy=reading, epoch=counter.epoch + 1, regained=reading - lower.first)
    if not _looks_reset(counter.energy, reading):
        return replace(counter, candidate=None, candidate_at=None, lower=lower)
    if _confirms(counter, reading, now):
        return LifetimeCounter(energy=reading, epoch=counter.epoch + 1)
    return replace(counter, candidate=reading, candidate_at=now, lower=lower)


def wants_second_reading(counter: LifetimeCounter, now: datetime) -> bool:
    """Tell whether a reading of now could still confirm a reset, and is not too early for it."""
    if counter.candidate_at is None:
        return False
    return SECOND_READING_AFTER <= now - counter.candidate_at <= CONFIRMATION_WINDOW


def advance_day(
    state: DayEnergy,
    lifetime: LifetimeCounter,
    *,
    reported_at: datetime | None,
    now: datetime,
    zone: tzinfo,
) -> tuple[DayEnergy, tuple[DayTotal, ...]]:
    """Return the state after a report, and the totals of the days that it ended.

    A report from the future counts as one of now, and so does one without a time: its
    energy has accrued by then in any case. A reset of the counter is no growth, but what the new one grew by until it
    was confirmed is.
    """
    energy = lifetime.energy
    if energy is None:
        return state, ()
    at = min(reported_at or now, now)
    if state.counter is None or state.counted_until is None or state.day is None:
        return _counting_from(energy, lifetime.epoch, at, zone), ()
    at = max(at, state.counted_until)
    if lifetime.epoch == state.epoch:
        energy = max(energy, state.counter)
        growth = energy - state.counter
    else:
        growth = lifetime.regained
    shares = split_by_day(growth, state.counted_until, at, zone)
    divided = growth > 0 and len(shares) > 1
    was_reset = lifetime.epoch != state.epoch
    total = DayTotal(day=state.day, energy=state.energy, estimated=state.estimated or was_reset)
    closed: list[DayTotal] = []
    for day, share in shares:
        if day > total.day:
            closed.append(total)
            total = DayTotal(day=day, energy=0.0, estimated=False)
        total = replace(total, energy=total.energy + share, estimated=total.estimated or divided or was_reset)
    advanced = DayEnergy(
        day=total.day,
        energy=total.energy,
        estimated=total.estimated,
        counter=energy,
        epoch=lifetime.epoch,
        counted_until=at,
    )
    return advanced, tuple(closed)


def energy_today(state: DayEnergy, now: datetime, zone: tzinfo) -> EnergyToday:
    """Return the energy of the day at the site. After midnight it is 0 until a report says more."""
    today = local_day(now, zone)
    if state.day is None:
        return EnergyToday(energy=None, last_reset=start_of_day(today, zone), estimated=False)
    if state.day < today:
        return EnergyToday(energy=0.0, last_reset=start_of_day(today, zone), estimated=False)
    return EnergyToday(
        energy=state.energy,
        last_reset=start_of_day(state.day, zone),
        estimated=state.estimated,
    )


def _advance_lower(lower: LowerSeries | None, reading: float, now: datetime) -> LowerSeries:
    if lower is None or reading < lower.last - JITTER:
        return LowerSeries(first=reading, last=reading, grown_at=now)
    if reading <= lower.last:
        return lower
    passed = now - lower.grown_at
    return replace(
        lower,
        last=reading,
        grown_at=now,
        growing=lower.growing + (passed if timedelta() < passed <= LONGEST_GROWTH else timedelta()),
    )


def _stored_lower(data: Mapping[str, object]) -> LowerSeries | None:
    first, last = stored_number(data, "lower_first"), stored_number(data, "lower_last")
    grown_at, growing = stored_time(data, "lower_grown_at"), stored_number(data, "lower_growing")
    if first is None or last is None or grown_at is None or growing is None:
        return None
    growing = min(max(growing, 0.0), GROWTH_OF_A_COUNTER.total_seconds())
    return LowerSeries(first=first, last=last, grown_at=grown_at, growing=timedelta(seconds=growing))


def _looks_reset(energy: float, reading: float) -> bool:
    return energy - reading >= SMALLEST_RESET and reading <= max(FRESH_COUNTER, energy / 2)


def _confirms(counter: LifetimeCounter, reading: float, now: datetime) -> bool:
    if counter.candidate is None or counter.candidate_at is None:
        return False
    passed = now - counter.candidate_at
    if not timedelta() < passed <= CONFIRMATION_WINDOW:
        return False
    # The car may be charging
    growth = POWER_CAP / 1000 * (passed / timedelta(hours=1))
    return -JITTER <= reading - counter.candidate <= growth + JITTER


def _counting_from(energy: float, epoch: int, at: datetime, zone: tzinfo) -> DayEnergy:
    day = local_day(at, zone)
    begun_before = at > start_of_day(day, zone)
    return DayEnergy(day=day, estimated=begun_before, counter=energy, epoch=epoch, counted_until=at)
