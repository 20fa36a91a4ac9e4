"""Until when a car is left to the sun."""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from .planner import READY_EARLY, UNIT, Goal, floor_to_unit

_WORTH_WAITING: Final = timedelta(minutes=30)


def sun_until(goal: Goal, *, now: datetime, next_rising: datetime, next_setting: datetime) -> datetime | None:
    """Return until when green charging comes first; `None` where the sun cannot matter any more.

    That is the next sunset, or the last moment at which the grid still brings what the sun may not, whichever is first.
    Before sunrise the sun is waited for if it rises early enough.
    """
    needed = ceil(goal.energy / goal.power / (UNIT / timedelta(hours=1))) * UNIT if goal.power > 0 else timedelta()
    latest = floor_to_unit(goal.ready_by - READY_EARLY - needed)
    up_from = now if next_setting < next_rising else next_rising
    until = min(floor_to_unit(next_setting), latest)
    return until if until - up_from >= _WORTH_WAITING else None
