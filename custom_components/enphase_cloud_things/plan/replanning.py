"""When another plan may take the place of the one in force.

Each new plan costs writes and may cost a start of the car, so there is at most one an hour and six a day. The first
plan of a visit is not counted, nor what keeps a window out of a discharge event, which is never put off.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SHORTEST_DISTANCE: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MOST_A_DAY: Final = 6


class Reason(StrEnum):
    """Why another plan is wanted."""

    PLUGGED_IN = "plugged_in"
    FIRST_PRICES = "first_prices"
    PRICES = "prices"
    GOAL = "goal"
    ENERGY = "energy"
    DISCHARGE_EVENT = "discharge_event"
    SUNSET = "sunset"


AT_ONCE: Final = frozenset({Reason.PLUGGED_IN, Reason.FIRST_PRICES, Reason.DISCHARGE_EVENT, Reason.SUNSET})
"""What is no replacement of a plan by a better one: a visit's first plan, the first that knows any prices, its second
half, and what must not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replans:
    """When plans were replaced in the last 24 hours."""

    at: tuple[datetime, ...] = ()

    def allowed_at(self, reason: Reason, now: datetime) -> datetime:
        """Return from when on a plan may be replaced for a reason: now, or later."""
        if reason in AT_ONCE:
            return now
        recent = [at for at in self.at if at > now - DAY]
        waits = [now]
        if recent:
            waits.append(recent[-1] + SHORTEST_DISTANCE)
        if len(recent) >= MOST_A_DAY:
            waits.append(recent[-MOST_A_DAY] + DAY)
        return max(waits)

    def with_one(self, reason: Reason, now: datetime) -> Replans:
        """Return the replans with one more now, if it counts."""
        if reason in AT_ONCE:
            return self
        return Replans(at=(*(at for at in self.at if at > now - DAY), now))
