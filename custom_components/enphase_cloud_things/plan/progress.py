"""How much power a scheduled session has, and how far it has come.

A slot holds no current of its own (docs/api.md §6.4), so a scheduled session gets the charger's default level, else its
maximum. What the car makes of it, earlier sessions tell: their energy over the time they charged. The history names no
currents; a session with more power than that current gives, or with next to none, is no example.

Reports come every five minutes (§4.8): what flowed since the last one is forecast by the power planned with, so that a
plan ends near its energy and not a report later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

from ..enlighten.models.sessions import HistorySession
from .planner import ChargingPlan

_LOSS: Final = 0.95
_SESSIONS: Final = 3
_SHORTEST_SECONDS: Final = 900
# A car may draw a little more than the nominal power, and a third of it where it uses one phase of three
_LEAST_SHARE: Final = 0.3
_MOST_SHARE: Final = 1.1
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def charging_power(nominal: float, sessions: Iterable[HistorySession]) -> float:
    """Return the power in kW to plan with, where the current of a slot nominally gives `nominal` kW.

    That is the median of the last three sessions at this current, else the nominal power less 5 %.
    """
    powers = [
        (session.started_at or _LONG_AGO, session.energy * 3600 / session.active_seconds)
        for session in sessions
        if session.energy and session.active_seconds and session.active_seconds >= _SHORTEST_SECONDS
    ]
    fitting = [
        power for _, power in sorted(powers, reverse=True) if _LEAST_SHARE * nominal <= power <= _MOST_SHARE * nominal
    ]
    return median(fitting[:_SESSIONS]) if fitting else nominal * _LOSS


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
