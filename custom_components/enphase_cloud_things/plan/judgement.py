"""Whether a charger can carry a plan out, and whether the one that it has is still good."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from ..chargers.charger import ChargerSnapshot
from ..chargers.settings import may_be_controlled
from ..chargers.status import ChargerState, charger_state
from ..enlighten.models.modes import ChargeMode
from ..schedules.slots import Span
from .forecast import PricedInterval
from .progress import Progress, is_off
from .state import PlanFailure, Strategy
from .visit import Reason, StandingGoal, Visit, next_time, prices_ahead

LEAST_POWER: Final = 500
"""W; less is no charging, but the tail of it."""

_VEHICLE_IS_DONE: Final = frozenset({ChargerState.PAUSED_BY_VEHICLE, ChargerState.FINISHING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What a plan is judged by now. `known_prices` are those it was found to be good for already."""

    now: datetime
    zone: tzinfo
    charger: ChargerSnapshot
    standing: StandingGoal
    prices: Sequence[PricedInterval]
    discharge_events: Sequence[Span]
    known_prices: Sequence[PricedInterval] | None = None

    @property
    def has_other_prices(self) -> bool:
        """Whether there are prices that the plan has not been compared with; unknown ones are none."""
        return self.prices is not self.known_prices and tells_prices(self.prices)

    @property
    def drawing(self) -> bool:
        """Whether energy flows."""
        return is_drawing(self.charger)


def is_drawing(charger: ChargerSnapshot | None) -> bool:
    """Return whether energy flows at a charger."""
    return charger is not None and charger.flowing is True


def why_replan(visit: Visit, progress: Progress | None, present: Present) -> Reason | None:
    """Return why another plan is needed, `None` while the one there is is good."""
    plan, now = visit.plan, present.now
    if plan is None or visit.failure is not None:
        return Reason.PLUGGED_IN if visit.retry_at is None or visit.retry_at <= now else None
    if any(event.overlaps(window.start, window.end) for window in plan.windows for event in present.discharge_events):
        return Reason.DISCHARGE_EVENT
    if visit.sun_until is not None and now >= visit.sun_until:
        return Reason.SUNSET
    if with_goal(visit, present).goal != visit.goal:
        return Reason.GOAL
    until = visit.goal.ready_by
    if present.has_other_prices and prices_ahead(present.prices, now, until) != prices_ahead(visit.prices, now, until):
        return Reason.PRICES if tells_prices(visit.prices) else Reason.FIRST_PRICES
    if progress and visit.sun_until is None and not visit.declined:
        charged = progress.forecast(now) - visit.energy_planned
        return Reason.ENERGY if is_off(plan, charged, now, visit.power) else None
    return None


def tells_prices(prices: Sequence[PricedInterval]) -> bool:
    """Return whether any price is known."""
    return any(price.rate is not None for price in prices)


def declines(visit: Visit, present: Present) -> bool:
    """Return whether a car takes nothing of what it is offered; it is asked again when it draws."""
    status = present.charger.status
    if present.drawing or status is None or visit.plan is None:
        return False
    is_open = visit.plan.window_at(present.now) is not None
    return visit.declined or (is_open and charger_state(status) in _VEHICLE_IS_DONE)


def with_goal(visit: Visit, present: Present) -> Visit:
    """Return the visit with what the owner wants by now, unless an action asked for something else."""
    standing = present.standing
    if visit.asked or standing.strategy is Strategy.OFF:
        return visit
    ready_by = visit.goal.ready_by
    if standing.ready_by != ready_by.astimezone(present.zone).time():
        ready_by = next_time(standing.ready_by, present.now, present.zone)
    goal = replace(visit.goal, strategy=standing.strategy, energy=standing.energy, ready_by=ready_by)
    return replace(visit, goal=goal)


def obstacle(charger: ChargerSnapshot | None, *, reachable: bool) -> PlanFailure | None:
    """Return why nothing can be done at a charger for now; `reachable`: the cloud gave its last answer."""
    if not reachable:
        return PlanFailure.UNREACHABLE
    offline = charger is not None and charger.status is not None and charger.status.connected is False
    return PlanFailure.CHARGER_OFFLINE if offline else None


def impossible(charger: ChargerSnapshot) -> PlanFailure | None:
    """Return why a charger cannot carry out any plan."""
    if not may_be_controlled(charger.summary):
        return PlanFailure.NO_CONTROL
    if charger.mode is ChargeMode.SMART:
        return PlanFailure.SMART_MODE
    offered = charger.preference.options if charger.preference else ()
    if offered and not any(option.mode == ChargeMode.SCHEDULED and not option.hidden for option in offered):
        return PlanFailure.NO_SCHEDULED_MODE
    return None


def measured_power(charger: ChargerSnapshot) -> float | None:
    """Return the power in kW that a car draws now, which tells more than what was drawn before; `None` if none."""
    watts = charger.measurements.power
    return watts / 1000 if is_drawing(charger) and watts is not None and watts >= LEAST_POWER else None


def progress_of(visit: Visit, charger: ChargerSnapshot, now: datetime) -> Progress | None:
    """Return how far a visit has come; `None` without a counter.

    A car gets what the charger gives it, which is less than planned in the sun or where others need the current. So the
    measured power counts, and the planned one only until there is one, and never in the sun.
    """
    total = charger.measurements.lifetime_energy
    if total is None or visit.energy_before is None:
        return None
    reported_at = (charger.summary and charger.summary.reported_at) or now
    return Progress(
        energy=max(total - visit.energy_before, 0),
        as_of=min(reported_at, now),
        drawing=is_drawing(charger),
        power=measured_power(charger) or (0 if visit.is_in_sun(now) else visit.power),
    )


def running_since(visit: Visit, present: Present) -> datetime | None:
    """Return since when the car charges in a window of the plan that is in force."""
    if not (present.drawing and visit.confirmed and visit.plan):
        return None
    window = visit.plan.window_at(present.now)
    return window.start if window else None


def same_windows(one: Visit, other: Visit) -> bool:
    """Return whether the charger has to hold the same for both."""
    mine, theirs = ([(w.start, w.end) for w in v.plan.windows] if v.plan else [] for v in (one, other))
    return mine == theirs and (one.sun_until is None) == (other.sun_until is None)
