"""Power, estimated from energy.

The cloud has no figure for the power of a charger. It is the energy between two of the
charger's own reports over the time between them (docs/api.md §4.8), hence a figure of
the past minutes: `as_of` is the report it was computed from. The time of our request
plays no part; a report that is merely read again says nothing new.

Two things keep the estimate honest. It starts anew, with nothing but a seed, wherever a
difference would mix what does not belong together: at the first sample, after a pause,
after a drop of the counter or a long silence. And it waits with a difference that is
too short to mean anything: energy arrives in steps, so a report without a new step is
a standstill only once a whole reporting interval has passed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

from ..enlighten.models.chargers import ChargerSummary

POWER_CAP: Final = 19_200.0
SHORTEST_WINDOW: Final = timedelta(seconds=30)
LONGEST_WINDOW: Final = timedelta(minutes=30)
REPORTING_INTERVAL: Final = timedelta(seconds=300)

_JOULES_PER_KWH: Final = 3_600_000
_HIGHEST_PHASE_VOLTAGE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSample:
    """What one refresh says about power.

    `energy` is a guarded counter in kWh and `counter` names it: the name changes with
    the session for session energy, so that no difference spans two sessions.
    `reported_at` is the charger's report time, `limit` the most the charger can draw in
    W. `drawing` is `None` where the cloud leaves it open.
    """

    counter: str
    energy: float | None
    reported_at: datetime | None
    drawing: bool | None
    connected: bool | None = True
    limit: float = POWER_CAP
    reporting_interval: timedelta = REPORTING_INTERVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerEstimate:
    """The published figure and what the next difference starts from.

    `watts` is `None` while nothing is known: before the second report, and offline.
    `as_of` is the report time the figure was computed from; it stands still while the
    figure stays 0.
    """

    watts: float | None = None
    as_of: datetime | None = None
    counter: str | None = None
    seed_energy: float | None = None
    seed_at: datetime | None = None


def advance(estimate: PowerEstimate, sample: PowerSample) -> PowerEstimate:
    """Return the estimate after one more sample."""
    if sample.connected is False:
        return PowerEstimate()
    if sample.drawing is False:
        idle = replace(estimate, counter=None, seed_energy=None, seed_at=None)
        return _published(idle, 0, sample.reported_at)
    if sample.energy is None or sample.reported_at is None:
        return estimate
    seed_energy, seed_at = estimate.seed_energy, estimate.seed_at
    if seed_energy is None or seed_at is None or estimate.counter != sample.counter:
        return _seeded(estimate, sample)
    window = sample.reported_at - seed_at
    energy = sample.energy - seed_energy
    if abs(window) > LONGEST_WINDOW:
        return _seeded(replace(estimate, watts=None, as_of=None), sample)
    if energy < 0 < window.total_seconds():
        return _seeded(estimate, sample)
    if window < (SHORTEST_WINDOW if energy else max(sample.reporting_interval, SHORTEST_WINDOW)):
        return estimate
    watts = min(energy * _JOULES_PER_KWH / window.total_seconds(), sample.limit, POWER_CAP)
    return _seeded(_published(estimate, round(watts), sample.reported_at), sample)


def power_limit(summary: ChargerSummary | None, *, nominal_voltage: float) -> float:
    """Return the most power in W that a charger can draw.

    Volts x amps, for three phases times 3 with a neutral and times the square root of 3
    between lines. An unknown wiring is told from the voltage. `nominal_voltage` serves
    where the cloud names none. Never above 19 200 W, which is also the answer while the
    current is unknown.
    """
    if summary is None:
        return POWER_CAP
    amps = summary.max_current or summary.amps_max or summary.rated_current
    if not amps:
        return POWER_CAP
    voltage = summary.operating_voltage or nominal_voltage
    factor = 1.0
    if _three_phase(summary):
        neutral = summary.has_neutral
        if neutral is None:
            neutral = voltage < _HIGHEST_PHASE_VOLTAGE
        factor = 3 if neutral else sqrt(3)
    return min(voltage * amps * factor, POWER_CAP)


def _published(estimate: PowerEstimate, watts: float, at: datetime | None) -> PowerEstimate:
    if watts == 0 and estimate.watts == 0 and estimate.as_of is not None:
        return estimate
    return replace(estimate, watts=watts, as_of=at)


def _seeded(estimate: PowerEstimate, sample: PowerSample) -> PowerEstimate:
    return replace(estimate, counter=sample.counter, seed_energy=sample.energy, seed_at=sample.reported_at)


def _three_phase(summary: ChargerSummary) -> bool:
    if summary.phase_mode is not None:
        text = summary.phase_mode.strip().lower()
        if text.startswith(("1", "single", "split")):
            return False
        if text.startswith(("3", "three")):
            return True
    return summary.phase_count == 3
