"""What is known of the plans of one charger, what of it survives a restart, and how a plan is described.

Descriptions for attributes and replies give kWh and money to three decimals, times on the clock of the site.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util.json import JsonObjectType, JsonValueType

from .planner import ChargingPlan
from .reconcile import PlanMemory, undone
from .state import PlanFailure, Strategy
from .visit import PlanSnapshot, StandingGoal, StoredPlan, Visit, VisitGoal, plan_state


def described_windows(plan: ChargingPlan | None, zone: tzinfo) -> list[JsonValueType]:
    """Return the windows of a plan, none without one."""
    return [
        {
            "start": window.start.astimezone(zone).isoformat(),
            "end": window.end.astimezone(zone).isoformat(),
            "energy": rounded(window.energy),
            "cost": rounded(window.cost),
        }
        for window in (plan.windows if plan else ())
    ]


def described_plan(plan: ChargingPlan | None, zone: tzinfo) -> JsonObjectType:
    """Return a plan as a reply."""
    return {
        "windows": described_windows(plan, zone),
        "energy": rounded(plan.energy) if plan else None,
        "cost": rounded(plan.cost) if plan else None,
        "cost_at_once": rounded(plan.cost_at_once) if plan else None,
        "saving": rounded(plan.saving) if plan else None,
        "missing": rounded(plan.missing) if plan else None,
    }


def rounded(amount: float | None) -> float | None:
    """Return an amount to three decimals, never as a negative zero."""
    return None if amount is None else round(amount, 3) + 0.0


class PlanRecord:
    """What the owner wants, the car that is there, and what the plan did to the charger.

    A plan that was being set when Home Assistant ended is undone, and another one made. `store` has everything written,
    and returns when it is on disk. `shown` is what entities show. `setting` says that a plan is on its way to the
    charger, `obstacle` what keeps anything from being done for now, `overtaken` that a person has asked for something
    else since the last look began.
    """

    def __init__(self, stored: StoredPlan, store: Callable[[], Awaitable[None]]) -> None:
        self.standing: StandingGoal = stored.standing
        self.asked: VisitGoal | None = stored.asked
        self.visit: Visit | None = stored.visit
        self.memory: PlanMemory = stored.memory
        self.setting = False
        self.overtaken = False
        self.shown = PlanSnapshot(stored=stored)
        self._listeners: list[CALLBACK_TYPE] = []
        self.obstacle: PlanFailure | None = None
        self.store = store
        if self.visit is None or not self.visit.confirmed:
            self.memory = undone(self.memory)
            self.visit = self.visit and replace(self.visit, plan=None)

    @property
    def stored(self) -> StoredPlan:
        """What a restart has to remember."""
        return StoredPlan(standing=self.standing, asked=self.asked, visit=self.visit, memory=self.memory)

    @property
    def wanted(self) -> bool:
        """Whether anything is to be planned, now or when a car comes."""
        return self.standing.strategy is not Strategy.OFF or self.asked is not None or self.visit is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is wanted, and nothing is left of what was."""
        return not self.wanted and self.memory.is_empty

    @property
    def open_visit(self) -> Visit | None:
        """The car that is there, while there is something to plan for it."""
        return self.visit if self.visit and self.visit.is_open else None

    @property
    def goal(self) -> VisitGoal | None:
        """What is wanted for the car that is there, or was asked for the next one."""
        return self.visit.goal if self.visit else self.asked

    @property
    def plan(self) -> ChargingPlan | None:
        """The plan for the car that is there, as long as it is carried out."""
        return self.visit.plan if self.visit and not self.visit.ended else None

    @property
    def failure(self) -> PlanFailure | None:
        """Why the plan is not carried out. An obstacle is no failure of a plan that the charger has already."""
        if self.visit is None:
            return self.obstacle if self.asked else None
        waits = self.visit.is_open and not self.visit.confirmed
        return self.visit.failure or (self.obstacle if waits else None)

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Have something called whenever there is something else to show; return what ends that."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    @callback
    def show(self, now: datetime, *, drawing: bool) -> None:
        """Call the listeners, unless there is nothing new to show, as at most looks; `drawing`: energy flows."""
        state = plan_state(
            self.visit, wanted=self.wanted, setting=self.setting, failure=self.failure, drawing=drawing, now=now
        )
        shown = PlanSnapshot(stored=self.stored, state=state, failure=self.failure, plan=self.plan)
        if shown != self.shown:
            self.shown = shown
            for listener in tuple(self._listeners):
                listener()

    def owns(self, slot_id: str) -> bool:
        """Return whether a slot is the plan's own."""
        return any(slot.slot_id == slot_id for slot in self.memory.own)

    @callback
    def overtake(self, visit: Visit | None) -> None:
        """Take what a person has made of the visit: whatever is under way for it counts no more."""
        self.visit, self.overtaken = visit, True

    async def async_keep(self, visit: Visit | None) -> None:
        """Keep another state of the visit, on disk before this returns, unless a person has overtaken it."""
        if visit != self.visit and not self.overtaken:
            self.visit = visit
            await self.store()

    async def async_remember(self, memory: PlanMemory) -> None:
        """Keep what was done to the charger, on disk before this returns."""
        if memory != self.memory:
            self.memory = memory
            await self.store()
