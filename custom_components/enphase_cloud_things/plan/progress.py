"""How far a charge has come, between two reports of the charger.

Reports come every five minutes (docs/api.md §4.8): what flowed since the last one is forecast by the power planned
with, so that a plan ends near its energy and not a report later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .planner import ChargingPlan

REPORTING: Final = timedelta(seconds=300)
_OFF_BY: Final = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The energy in kWh of this visit at its last report (`as_of`), and whether and with how much kW the car draws."""

    energy: float
    as_of: datetime
    drawing: bool
    power: float

    def forecast(self, now: datetime) -> float:
        """Return the energy that should be in the car now, looking ahead two reports at most."""
        if not self.drawing:
            return self.energy
        since = min(max(now - self.as_of, timedelta()), 2 * REPORTING)
        return self.energy + self.power * (since / timedelta(hours=1))

    def reaches(self, energy: float, now: datetime) -> bool:
        """Return whether an energy should be in the car now."""
        return self.forecast(now) >= energy

    def reached_at(self, energy: float) -> datetime | None:
        """Return when an energy should be in the car, `None` while the car draws nothing."""
        if not self.drawing or self.power <= 0:
            return None
        return self.as_of + timedelta(hours=max(energy - self.energy, 0) / self.power)


def expected_energy(plan: ChargingPlan, now: datetime, power: float) -> float:
    """Return the energy in kWh that a plan has had time for until now."""
    total = 0.0
    for window in plan.windows:
        if now > window.start:
            open_for = min(now, window.end) - window.start
            total += min(window.energy, power * (open_for / timedelta(hours=1)))
    return total


def is_off(plan: ChargingPlan, charged: float, now: datetime, power: float) -> bool:
    """Return whether the energy since the plan was made is 15 % more or less than planned until now.

    A difference of no more than two reports is none: a start takes a while, and a report comes late.
    """
    expected = expected_energy(plan, now, power)
    difference = abs(charged - expected)
    return difference > max(_OFF_BY * expected, power * (2 * REPORTING / timedelta(hours=1)))
