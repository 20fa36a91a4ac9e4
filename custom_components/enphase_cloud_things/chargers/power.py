"""Power, estimated from energy.

The cloud has no figure for the power of a charger. It is the energy between two steps of a counter over the time
between them (docs/api.md §4.8), hence a figure of the past minutes: `as_of` is the report it was computed from. There
is none between the start of the flow and the first whole step, and it is zero only once the flow has ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

from ..enlighten.models.chargers import ChargerSummary
from .flow import POWER_CAP, Flow

STANDSTILL: Final = timedelta(minutes=30)
"""After that long without a step a figure says nothing any more, whatever the words."""

_HIGHEST_PHASE_VOLTAGE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerEstimate:
    """The published figure in W, and the report that it was computed from.

    `watts` is `None` while nothing is known: before the first whole step, and offline. `as_of` stands still while the
    figure stays 0.
    """

    watts: float | None = None
    as_of: datetime | None = None


def advance_power(
    estimate: PowerEstimate,
    flow: Flow,
    *,
    reported_at: datetime | None,
    connected: bool | None = True,
    expected: float | None = None,
    limit: float = POWER_CAP,
) -> PowerEstimate:
    """Return the estimate after a report, from the judgement of the flow after it.

    `expected` is what the set current would give, `limit` the most the charger can draw, in W.
    """
    if connected is False:
        return PowerEstimate()
    if flow.flowing is None:
        return estimate
    if not flow.flowing:
        return _zero(estimate, reported_at)
    last = flow.trace.last
    if last is None:
        return PowerEstimate()
    if reported_at is not None and reported_at - last.seen > STANDSTILL:
        return _zero(estimate, reported_at)
    if last.seen == estimate.as_of and estimate.watts:
        return estimate
    watts = flow.power(expected=expected, precise=not estimate.watts)
    if watts is None:
        return PowerEstimate()
    return PowerEstimate(watts=max(round(min(watts, limit, POWER_CAP)), 1), as_of=last.seen)


def expected_power(summary: ChargerSummary | None, amps: float | None, *, nominal_voltage: float) -> float | None:
    """Return what a current gives in W, amps x volts x phases; `None` while the current is unknown."""
    if amps is None:
        return None
    factor, voltage = _wiring(summary, nominal_voltage)
    return round(min(voltage * amps * factor, POWER_CAP))


def power_limit(summary: ChargerSummary | None, *, nominal_voltage: float) -> float:
    """Return the most power in W that a charger can draw.

    Volts x amps, for three phases times 3 with a neutral and times the square root of 3 between lines. An unknown
    wiring is told from the voltage. `nominal_voltage` serves where the cloud names none. Never above 19 200 W, which
    is also the answer while the current is unknown.
    """
    amps = (summary.max_current or summary.amps_max or summary.rated_current) if summary else None
    if not amps:
        return POWER_CAP
    factor, voltage = _wiring(summary, nominal_voltage)
    return min(voltage * amps * factor, POWER_CAP)


def _zero(estimate: PowerEstimate, at: datetime | None) -> PowerEstimate:
    if estimate.watts == 0 and estimate.as_of is not None:
        return estimate
    return PowerEstimate(watts=0, as_of=at)


def _wiring(summary: ChargerSummary | None, nominal_voltage: float) -> tuple[float, float]:
    """Return what the current of one line counts, and the voltage."""
    voltage = (summary and summary.operating_voltage) or nominal_voltage
    if summary is None or not _three_phase(summary):
        return 1.0, voltage
    neutral = summary.has_neutral
    if neutral is None:
        neutral = voltage < _HIGHEST_PHASE_VOLTAGE
    return (3.0 if neutral else sqrt(3)), voltage


def _three_phase(summary: ChargerSummary) -> bool:
    if summary.phase_mode is not None:
        text = summary.phase_mode.strip().lower()
        if text.startswith(("1", "single", "split")):
            return False
        if text.startswith(("3", "three")):
            return True
    return summary.phase_count == 3
