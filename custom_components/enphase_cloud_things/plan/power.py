"""How much power a scheduled session will have.

A slot holds no current of its own (docs/api.md §6.4), so a scheduled session gets the charger's default level, else its
maximum. What the car makes of it, earlier sessions tell: their energy over the time they charged. The history names no
currents; only a session whose power fits that current is taken for one with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from statistics import median
from typing import Final

_LOSS: Final = 0.95
_SESSIONS: Final = 3
_SHORTEST_SECONDS: Final = 900
# A car may draw a little more than the nominal power, and clearly less where its own charger is smaller
_LEAST_SHARE: Final = 0.6
_MOST_SHARE: Final = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCharge:
    """What one session charged: kWh, the seconds in which it did, and when it began."""

    started_at: datetime
    energy: float
    active_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a scheduled session gets: A, V, and the phases; `neutral` tells volts to it from volts between lines."""

    current: float
    voltage: float
    phases: int = 1
    neutral: bool = True

    @property
    def nominal(self) -> float:
        """Return the nominal power in kW."""
        factor = 1.0 if self.phases != 3 else 3.0 if self.neutral else sqrt(3)
        return self.current * self.voltage * factor / 1000


def charging_power(supply: Supply, sessions: Iterable[PastCharge]) -> float:
    """Return the power in kW to plan with: the median of the last three sessions at that current, else the nominal one.

    From the nominal power 5 % are taken off.
    """
    powers = [
        (session.started_at, session.energy * 3600 / session.active_seconds)
        for session in sessions
        if session.active_seconds >= _SHORTEST_SECONDS
    ]
    fitting = [
        power
        for _, power in sorted(powers, reverse=True)
        if _LEAST_SHARE * supply.nominal <= power <= _MOST_SHARE * supply.nominal
    ]
    return median(fitting[:_SESSIONS]) if fitting else supply.nominal * _LOSS
