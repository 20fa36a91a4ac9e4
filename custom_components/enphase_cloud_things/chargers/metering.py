"""What is measured of one charger: its counters, the flow of energy, and what follows from both.

All of it is one frozen state, which advances with every status and every metadata of the charger.

The lifetime counter feeds long-term statistics, where one wrong value stays for ever. The cloud sends zeros and nothing
at all around restarts, and small backward steps; all of these leave the counter where it is. It falls only when a much
smaller value is confirmed by a second one soon after, as after a change of hardware (docs/api.md §7.5), or when a lower
one has grown from reading to reading for six hours (docs/traps.md 71). It rises by no more than a charger can have
drawn, unless the next reading agrees (docs/traps.md 81).

The energy of the day is the growth of that counter since midnight at the site, by the charger's own report times. What
accrued between a report of one day and a report of another is divided by time and marked as estimated; nothing is
counted twice and nothing is lost. Marked as well is a day of which a part was never counted: the one on which counting
began, and the one of a reset.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from math import isfinite
from typing import Final

from ..days import local_day, split_by_day, start_of_day
from ..enlighten.models.chargers import ChargerStatus, ChargerSummary
from .flow import (
    POWER_CAP,
    Flow,
    PowerEstimate,
    advance_flow,
    advance_lifetime_flow,
    advance_power,
    expected_power,
    most_drawn,
    power_limit,
)
from .sessions import (
    SessionClock,
    SessionCost,
    SessionCounter,
    VisitCounter,
    advance_clock,
    advance_cost,
    advance_session,
    advance_visit,
)
from .settings import running_amps, safe_limited
from .status import plugged_in

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
    long (s) they have grown from reading to reading.
    """

    first: float
    last: float
    grown_at: datetime
    growing: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeCounter:
    """A lifetime energy in kWh that never falls within an epoch.

    `energy` is `None` while unknown, never 0 instead. `epoch` counts the confirmed
    resets. `candidate` is a much smaller value that a second reading has yet to confirm, `lower` a series of readings
    that are below the counter. `regained` (kWh) is the growth of the counter of this epoch before it was confirmed.
    `read_at` is when a reading last was the counter, `leap` one that rose by more than can have been drawn since.
    """

    energy: float | None = None
    epoch: int = 0
    candidate: float | None = None
    candidate_at: datetime | None = None
    lower: LowerSeries | None = None
    regained: float = 0.0
    read_at: datetime | None = None
    leap: float | None = None

    def __post_init__(self) -> None:
        if self.energy is not None and self.energy <= 0:
            raise ValueError("A lifetime energy is above 0")

    @property
    def second_reading_at(self) -> datetime | None:
        """When a second reading is wanted to confirm a reset, `None` without a candidate."""
        return self.candidate_at + SECOND_READING_AFTER if self.candidate_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """The energy of the day of the last report, and up to where the counter is counted."""

    day: date | None = None
    energy: float = 0.0
    estimated: bool = False
    counter: float | None = None
    epoch: int = 0
    counted_until: datetime | None = None

    def __post_init__(self) -> None:
        known = [each is not None for each in (self.day, self.counter, self.counted_until)]
        if any(known) and not all(known):
            raise ValueError("A day is known together with the counter that it is counted to")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyToday:
    """The energy of today in kWh, `None` while unknown, and the midnight it counts from."""

    energy: float | None
    last_reset: datetime
    estimated: bool


def advance_lifetime(
    counter: LifetimeCounter, reading: float | None, now: datetime, *, reported_at: datetime | None = None
) -> LifetimeCounter:
    """Return the counter after a reading in kWh that was made at `now`, of a report of `reported_at`.

    Call it once a reading: a reset is confirmed by two.
    """
    at = max(now, reported_at or now)
    if reading is None or not isfinite(reading) or reading <= 0:
        return counter
    if counter.energy is None or reading >= counter.energy:
        if _leaps(counter, reading, at):
            return replace(counter, leap=reading)
        regained = counter.regained if reading == counter.energy else 0.0
        return LifetimeCounter(energy=reading, epoch=counter.epoch, regained=regained, read_at=at)
    lower = _advance_lower(counter.lower, reading, now)
    if lower.growing >= GROWTH_OF_A_COUNTER.total_seconds():
        return LifetimeCounter(energy=reading, epoch=counter.epoch + 1, regained=reading - lower.first, read_at=at)
    if not _looks_reset(counter.energy, reading):
        return replace(counter, candidate=None, candidate_at=None, lower=lower, leap=None)
    if _confirms(counter, reading, now):
        return LifetimeCounter(energy=reading, epoch=counter.epoch + 1, read_at=at)
    return replace(counter, candidate=reading, candidate_at=now, lower=lower, leap=None)


def wants_second_reading(counter: LifetimeCounter, now: datetime) -> bool:
    """Return whether a reading of now could still confirm a reset, and is not too early for it."""
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
) -> DayEnergy:
    """Return the state after a report.

    A report from the future counts as one of now, and so does one without a time: its
    energy has accrued by then in any case. A reset of the counter is no growth, but what the new one grew by until it
    was confirmed is. Of what accrued over midnight a day gets its share by time.
    """
    energy = lifetime.energy
    if energy is None:
        return state
    at = min(reported_at or now, now)
    if state.counter is None or state.counted_until is None or state.day is None:
        return _counting_from(energy, lifetime.epoch, at, zone)
    at = max(at, state.counted_until)
    was_reset = lifetime.epoch != state.epoch
    if not was_reset:
        energy = max(energy, state.counter)
    growth = lifetime.regained if was_reset else energy - state.counter
    shares = split_by_day(growth, state.counted_until, at, zone)
    day, share = shares[-1]
    goes_on = day <= state.day
    divided = growth > 0 and len(shares) > 1
    return DayEnergy(
        day=state.day if goes_on else day,
        energy=state.energy + growth if goes_on else share,
        estimated=divided or was_reset or (goes_on and state.estimated),
        counter=energy,
        epoch=lifetime.epoch,
        counted_until=at,
    )


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
        growing=lower.growing + (passed.total_seconds() if timedelta() < passed <= LONGEST_GROWTH else 0.0),
    )


def _leaps(counter: LifetimeCounter, reading: float, at: datetime) -> bool:
    """Return whether a reading is higher than can be, and the one before was not as high."""
    if counter.energy is None or counter.read_at is None:
        return False
    most = most_drawn(at - counter.read_at)
    is_confirmed = counter.leap is not None and -JITTER <= reading - counter.leap <= most
    return reading - counter.energy > most and not is_confirmed


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Figures derived from the charger's own reports.

    Power is an estimate in W; energies are kWh; the duration is minutes. `None` means unknown, never zero.
    `expected_power` (W) is what the set current would give while there is no estimate yet; `safe_limited` says that the
    measured energy agrees with a safe limit. The cost is an estimate in the currency of the prices. A visit is the time
    that a car is plugged in, with all its sessions.
    """

    power: float | None = None
    power_as_of: datetime | None = None
    expected_power: float | None = None
    safe_limited: bool = False
    session_energy: float | None = None
    session_started_at: datetime | None = None
    session_cost: float | None = None
    session_duration: float | None = None
    visit_energy: float | None = None
    visit_since: datetime | None = None
    lifetime_energy: float | None = None
    energy_today: float | None = None
    energy_today_since: datetime | None = None
    energy_today_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a charger is wired for and set to: its metadata, the current (A) of the next start, the voltage (V).

    The voltage serves where the metadata name none.
    """

    summary: ChargerSummary | None = None
    setpoint: int | None = None
    nominal_voltage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What goes on after a restart."""

    lifetime: LifetimeCounter = field(default_factory=LifetimeCounter)
    day: DayEnergy = field(default_factory=DayEnergy)
    session: SessionCounter = field(default_factory=SessionCounter)
    clock: SessionClock = field(default_factory=SessionClock)
    visit: VisitCounter = field(default_factory=VisitCounter)
    cost: SessionCost = field(default_factory=SessionCost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metering:
    """The counters and estimates after the latest readings; `expected` (W) is what the set current would give.

    Flow and power start anew with Home Assistant: no difference may span the gap.
    """

    counters: Counters = field(default_factory=Counters)
    flow: Flow = field(default_factory=Flow)
    power: PowerEstimate = field(default_factory=PowerEstimate)
    expected: float | None = None


def advance_by_status(
    metering: Metering,
    status: ChargerStatus,
    *,
    setting: Setting,
    price_at: Callable[[datetime], float | None],
    now: datetime,
) -> Metering:
    """Return the state after a status; `price_at` gives the price of a kWh."""
    # The cloud's clock may be ahead of ours: what it has reported already has happened
    now = max(now, status.reported_at or now)
    before = metering.counters
    session = advance_session(before.session, status.session, now)
    flow = advance_flow(metering.flow, status, energy=session.energy, started_at=session.started_at, now=now)
    counters = replace(
        before,
        session=session,
        cost=before.cost if session == before.session else advance_cost(before.cost, session, price_at(now)),
        clock=advance_clock(before.clock, status, now, flowing=flow.flowing),
        visit=advance_visit(
            before.visit,
            session,
            plugged_in=plugged_in(status),
            plugged_in_at=status.session.plugged_in_at if status.session else None,
            now=now,
        ),
    )
    return _estimated(replace(metering, counters=counters, flow=flow), status, setting, status.reported_at)


def advance_by_summary(
    metering: Metering,
    summary: ChargerSummary,
    *,
    status: ChargerStatus | None,
    setting: Setting,
    now: datetime,
    zone: tzinfo,
) -> Metering:
    """Return the state after the metadata, which hold the lifetime counter."""
    before = metering.counters
    lifetime = advance_lifetime(before.lifetime, summary.lifetime_energy, now, reported_at=summary.reported_at)
    day = advance_day(before.day, lifetime, reported_at=summary.reported_at, now=now, zone=zone)
    flow = advance_lifetime_flow(
        metering.flow, status, energy=lifetime.energy, epoch=lifetime.epoch, at=summary.reported_at, now=now
    )
    counters = replace(before, lifetime=lifetime, day=day)
    return _estimated(replace(metering, counters=counters, flow=flow), status, setting, summary.reported_at)


def measurements(
    metering: Metering, status: ChargerStatus | None, *, setting: Setting, now: datetime, zone: tzinfo
) -> Measurements:
    """Return the figures as they stand now; the energy of the day starts anew at the site's midnight."""
    counters, watts = metering.counters, metering.power.watts
    today = energy_today(counters.day, now, zone)
    least = expected_power(
        setting.summary,
        setting.summary.amps_min if setting.summary else None,
        nominal_voltage=setting.nominal_voltage,
    )
    return Measurements(
        power=watts,
        power_as_of=metering.power.as_of,
        expected_power=metering.expected if metering.flow.flowing and watts is None else None,
        safe_limited=status is not None and safe_limited(status, power=watts, least_power=least),
        session_energy=counters.session.energy,
        session_started_at=counters.session.started_at,
        session_cost=counters.cost.estimate if counters.cost.started_at == counters.session.started_at else None,
        session_duration=counters.clock.minutes,
        visit_energy=counters.visit.energy,
        visit_since=counters.visit.plugged_in_at,
        lifetime_energy=counters.lifetime.energy,
        energy_today=today.energy,
        energy_today_since=today.last_reset if today.energy is not None else None,
        energy_today_estimated=today.estimated,
    )


def _estimated(
    metering: Metering, status: ChargerStatus | None, setting: Setting, reported_at: datetime | None
) -> Metering:
    amps = running_amps(status, setting.summary, setting.setpoint, flowing=metering.flow.flowing)
    expected = expected_power(setting.summary, amps, nominal_voltage=setting.nominal_voltage)
    power = advance_power(
        metering.power,
        metering.flow,
        reported_at=reported_at,
        connected=status.connected if status else None,
        expected=expected,
        limit=power_limit(setting.summary, nominal_voltage=setting.nominal_voltage),
    )
    return replace(metering, power=power, expected=expected)
