"""What an owner wants of plans, and what became of it while a car is there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from ..days import ONE_DAY
from ..schedules.slots import moment_of
from .forecast import PricedInterval
from .planner import ChargingPlan
from .reconcile import PlanMemory
from .state import PlanFailure, PlanState, Strategy

SHORTEST_DISTANCE: Final = timedelta(hours=1)
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
    """When plans were replaced in the last 24 hours.

    Each new plan costs writes and may cost a start of the car, so there is at most one an hour and six a day. The first
    plan of a visit is not counted, nor what keeps a window out of a discharge event, which is never put off.
    """

    at: tuple[datetime, ...] = ()

    def allowed_at(self, reason: Reason, now: datetime) -> datetime:
        """Return from when on a plan may be replaced for a reason: now, or later."""
        if reason in AT_ONCE:
            return now
        recent = [at for at in self.at if at > now - ONE_DAY]
        waits = [now]
        if recent:
            waits.append(recent[-1] + SHORTEST_DISTANCE)
        if len(recent) >= MOST_A_DAY:
            waits.append(recent[-MOST_A_DAY] + ONE_DAY)
        return max(waits)

    def with_one(self, reason: Reason, now: datetime) -> Replans:
        """Return the replans with one more now, if it counts."""
        if reason in AT_ONCE:
            return self
        return Replans(at=(*(at for at in self.at if at > now - ONE_DAY), now))


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingGoal:
    """What happens whenever a car is plugged in: kWh, and by when, in minutes after midnight at the site."""

    strategy: Strategy = Strategy.OFF
    energy: float = 20.0
    ready_by_minutes: int = 420

    @property
    def ready_by(self) -> time:
        """Return the time of day at which the car has to be ready."""
        return time(*divmod(self.ready_by_minutes % 1440, 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitGoal:
    """What is wanted for one visit of a car: kWh from the time it was asked for, by when, at most at which price."""

    strategy: Strategy
    energy: float
    ready_by: datetime
    max_price: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A car that is there, and the plan for it.

    `goal` is counted from `energy_before`, the lifetime counter in kWh when it was asked for. `asked` goals are those
    of an action, which changes of the standing one leave alone. `plan` was made when `energy_planned` of it had been
    charged, with `power` kW and the `prices` of then; with `sun_until` the car is left to the sun first, after which
    that is over for this goal (`sun_over`). `confirmed`: the charger has it. `declined`: the car takes nothing in an
    open window. `retry_at` is when a plan that could not be set is tried again.
    """

    goal: VisitGoal
    since: datetime
    asked: bool = False
    energy_before: float | None = None
    plan: ChargingPlan | None = None
    energy_planned: float = 0
    power: float = 0
    prices: tuple[PricedInterval, ...] = ()
    sun_until: datetime | None = None
    sun_over: bool = False
    confirmed: bool = False
    replans: Replans = field(default_factory=Replans)
    declined: bool = False
    reached: bool = False
    ended: bool = False
    failure: PlanFailure | None = None
    retry_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Return whether there is still something to plan."""
        return not (self.ended or self.reached)

    def is_in_sun(self, now: datetime) -> bool:
        """Return whether the car is left to the sun now."""
        return self.sun_until is not None and now < self.sun_until


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """What is remembered of a charger's plans; `asked` was asked for before the car came."""

    standing: StandingGoal = field(default_factory=StandingGoal)
    asked: VisitGoal | None = None
    visit: Visit | None = None
    memory: PlanMemory = field(default_factory=PlanMemory)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSnapshot:
    """What is shown of a charger's plans: what is remembered, what the plan does, and the plan if it is carried out."""

    stored: StoredPlan
    state: PlanState = PlanState.OFF
    failure: PlanFailure | None = None
    plan: ChargingPlan | None = None


def plan_state(
    visit: Visit | None, *, wanted: bool, setting: bool, failure: PlanFailure | None, drawing: bool, now: datetime
) -> PlanState:
    """Return the state of the plan for a visit, or for one to come.

    `wanted`: a strategy is chosen, or a plan was asked for. `setting`: writes are under way. `drawing`: energy flows.
    A person's choice is shown over everything else of the visit, and a failure over the plan's progress. A plan that
    cannot be in time stays `too_late` while it charges, and one that waits for prices does so with its windows set:
    they are what remains if none come.
    """
    if not wanted:
        return PlanState.OFF
    if visit is not None and visit.ended:
        return PlanState.ENDED
    if failure is not None:
        return PlanState.FAILED
    if visit is None:
        return PlanState.WAITING_FOR_VEHICLE
    if visit.reached:
        return PlanState.DONE
    if visit.plan is None or setting:
        return PlanState.SETTING
    return _progress(visit, visit.plan, drawing=drawing, now=now)


def _progress(visit: Visit, plan: ChargingPlan, *, drawing: bool, now: datetime) -> PlanState:
    in_sun = visit.is_in_sun(now)
    if not in_sun and (plan.end is None or plan.end <= now):
        return PlanState.WAITING_FOR_PRICES if plan.awaits_prices else PlanState.DONE
    if plan.too_late:
        return PlanState.TOO_LATE
    if drawing and (in_sun or plan.window_at(now)):
        return PlanState.CHARGING
    if plan.awaits_prices:
        return PlanState.WAITING_FOR_PRICES
    return PlanState.SET if visit.confirmed else PlanState.SETTING


def next_time(wall: time, now: datetime, zone: tzinfo) -> datetime:
    """Return the next moment after now at which the clock of the site shows a time."""
    day = now.astimezone(zone).date()
    moment = moment_of(day, wall, zone)
    return moment if moment > now else moment_of(day + ONE_DAY, wall, zone)


def prices_ahead(prices: Sequence[PricedInterval], now: datetime, until: datetime) -> tuple[PricedInterval, ...]:
    """Return the prices that matter from now until a moment, with neighbours of one price as one.

    So prices that only come in other pieces are the same.
    """
    merged: list[PricedInterval] = []
    for price in prices:
        start, end = max(price.start, now), min(price.end, until)
        if start >= end:
            continue
        if merged and merged[-1].rate == price.rate and merged[-1].end == start:
            merged[-1] = PricedInterval(start=merged[-1].start, end=end, rate=price.rate)
        else:
            merged.append(PricedInterval(start=start, end=end, rate=price.rate))
    return tuple(merged)
