"""How much power a scheduled session will have.

A slot holds no current of its own (docs/api.md §6.4), so a scheduled session gets the charger's default level, else its
maximum. What the car makes of it, earlier sessions tell: their energy over the time they charged. The history names no
currents; a session with more power than that current gives, or with next to none, is no example.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median
from typing import Final

from ..enlighten.models.sessions import HistorySession

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
