"""The plan of one charger: made for the car that is there, carried out, and cleared away."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..chargers.charger import ChargerSnapshot
from ..chargers.status import plugged_in
from ..enlighten import ChargeMode
from ..timer import Timer
from .forecast import PricedInterval
from .judgement import (
    Present,
    declines,
    impossible,
    is_drawing,
    measured_power,
    obstacle,
    progress_of,
    running_since,
    same_windows,
    why_replan,
    with_goal,
)
from .planner import ChargingPlan, Circumstances, Goal, plan_charging
from .progress import Progress
from .reconcile import changed_by_person, left_to_person, retiring, slot_spans
from .record import PlanRecord
from .sources import PlanSources
from .state import PlanFailure, PlanState, Strategy
from .takeover import Sign, Takeover
from .visit import Reason, StandingGoal, StoredPlan, Visit, VisitGoal, next_time, prices_ahead
from .writer import PlanWriter, Task

_LOGGER = logging.getLogger(__name__)

RETRY: Final = timedelta(minutes=15)
PRICE_PATIENCE: Final = timedelta(minutes=3)
"""How long the first plan after a start waits for prices that are still being read."""
CLEAR_RETRY: Final = timedelta(minutes=5)
STOP_AFTER: Final = timedelta(seconds=90)
"""How long a charger may take to notice that its slot is gone before it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """A plan that is being set, and the visit as it was without it."""

    before: Visit
    reason: Reason


class ChargerPlan:
    """Makes and carries out the plans of one charger, one thing after the other."""

    def __init__(
        self, serial: str, *, sources: PlanSources, stored: StoredPlan, store: Callable[[], Awaitable[None]]
    ) -> None:
        self._serial = serial
        self._sources = sources
        self.record = PlanRecord(stored, store)
        self._writer = PlanWriter(
            serial,
            coordinator=sources.chargers,
            commands=sources.commands,
            writes=sources.writes,
            record=self.record,
        )
        self._started_at = dt_util.utcnow()
        self._show()
        self._timer = Timer(sources.hass, lambda _: self.look_soon())
        self._looking = False
        self._look_again = False
        self._follows: list[CALLBACK_TYPE] = []
        self._known_prices: Sequence[PricedInterval] | None = None
        self._attempt: _Attempt | None = None
        self._undoing = False
        self._takeover = Takeover(self._started_at)
        self._deferred_until: datetime | None = None
        self._clear_at: datetime | None = None
        self._stop_at: datetime | None = None

    @property
    def is_unsettled(self) -> bool:
        """Whether what was asked for last is still being looked at or set."""
        return self._look_again or self._looking or self.record.shown.state is PlanState.SETTING

    async def async_set_standing(
        self, *, strategy: Strategy | None = None, energy: float | None = None, ready_by: time | None = None
    ) -> None:
        """Change what happens whenever a car is plugged in. It is on disk before this returns."""
        record, standing = self.record, self.record.standing
        record.standing = StandingGoal(
            strategy=standing.strategy if strategy is None else strategy,
            energy=standing.energy if energy is None else energy,
            ready_by_minutes=standing.ready_by_minutes if ready_by is None else ready_by.hour * 60 + ready_by.minute,
        )
        chosen_off = strategy is Strategy.OFF and record.visit is not None and not record.visit.asked
        # Choosing a strategy anew is asking for a plan anew
        chosen_anew = strategy is not None and record.visit is not None and record.visit.ended
        if chosen_off or chosen_anew:
            record.overtake(None)
        await self._async_changed()

    async def async_plan(self, goal: VisitGoal) -> None:
        """Plan for the car that is there, or for the next one, instead of what is done whenever a car comes."""
        self.record.asked = goal
        self.record.overtake(None)
        await self._async_changed()

    async def async_cancel(self) -> None:
        """End the plan for the car that is there, and forget what was asked for."""
        self.record.asked = None
        if self.record.visit:
            self.record.overtake(replace(self.record.visit, ended=True))
        await self._async_changed()

    @callback
    def _look_at_charger(self) -> None:
        """Leave a charger to a person who starts, stops or chooses a mode, and look what follows from new data."""
        charger = self._sources.chargers.records.get(self._serial)
        if charger is not None and self.record.open_visit is not None:
            memory = self.record.memory
            # While a plan is undone, the mode from before is its own choice as well, until that shows
            own_modes = {memory.mode_set, memory.mode_before if self._undoing else None}
            self._takeover.note_commands(charger.commands, own_modes)
        self.look_soon()

    @callback
    def look_soon(self) -> None:
        """Look what there is to do, once what is being done is done. A plan that is off follows nothing."""
        if self.record.is_idle and self._writer.task is None:
            self.cancel()
            return
        if not self._follows:
            self._follows = self._sources.follow(self._serial, self._look_at_charger, self.look_soon)
        self._look_again = True
        if not self._looking:
            self._looking = True
            self._sources.entry.async_create_background_task(self._sources.hass, self._async_work(), "plan")

    @callback
    def cancel(self) -> None:
        """Look no more."""
        self._timer.cancel()
        while self._follows:
            self._follows.pop()()

    async def _async_work(self) -> None:
        try:
            while self._look_again or self.record.overtaken:
                self._look_again = False
                if self.record.overtaken:
                    self.record.overtaken, self._attempt = False, None
                    self._writer.abandon_plan()
                await self._async_look()
                self.record.setting = self._writer.task is Task.SET
                self._show()
        finally:
            self._looking = False

    @callback
    def _show(self) -> None:
        self.record.show(dt_util.utcnow(), drawing=is_drawing(self._sources.charger(self._serial)))

    async def _async_look(self) -> None:
        charger = self._sources.charger(self._serial)
        self.record.obstacle = obstacle(charger, reachable=self._sources.chargers.last_update_success)
        if self.record.obstacle or charger is None or charger.status is None:
            return
        if (is_there := plugged_in(charger.status)) is None:
            return
        await self._async_see_visit(charger, is_there=is_there)
        # What follows may have to wait for the cloud
        self._show()
        if self.record.open_visit is None:
            self._writer.abandon_plan()
        await self._async_go_on()
        if self._writer.task is None:
            self._deferred_until = None
            if visit := self.record.open_visit:
                await self._async_follow(visit, charger)
            if self._writer.task is None:
                await self._async_tidy(is_there=is_there)
            await self._async_go_on()
        await self._async_end_flow(charger)
        self._arm(charger)

    async def _async_see_visit(self, charger: ChargerSnapshot, *, is_there: bool) -> None:
        """See whether the car has come or gone, or a person has taken over."""
        record, now = self.record, dt_util.utcnow()
        if self._takeover.take_command() and (visit := record.open_visit):
            await record.async_keep(replace(visit, ended=True))
        if not is_there:
            await record.async_keep(None)
        elif record.visit is None and record.wanted:
            goal = record.asked or VisitGoal(
                strategy=record.standing.strategy,
                energy=record.standing.energy,
                ready_by=next_time(record.standing.ready_by, now, self._sources.zone),
            )
            asked, record.asked = record.asked is not None, None
            before = charger.measurements.lifetime_energy
            await record.async_keep(Visit(goal=goal, since=now, asked=asked, energy_before=before))
        elif record.visit and record.visit.energy_before is None:
            await record.async_keep(replace(record.visit, energy_before=charger.measurements.lifetime_energy))

    async def _async_go_on(self) -> None:
        """Go on with what is being written, and see what became of it."""
        if self.record.overtaken:
            return
        finished = await self._writer.async_go_on(dt_util.utcnow())
        if finished is None:
            return
        # What is finished leaves room for what is next
        self._look_again = True
        self._takeover.expect_change(dt_util.utcnow())
        if finished.task is Task.SET:
            await self._async_take_outcome(finished.failure)
        elif finished.failure is None:
            self._clear_at, self._undoing = None, False
        else:
            self._clear_at = dt_util.utcnow() + CLEAR_RETRY

    async def _async_follow(self, visit: Visit, charger: ChargerSnapshot) -> None:
        """Go on with a plan: see whether it is done, overtaken, or needs another one."""
        now, zone, record = dt_util.utcnow(), self._sources.zone, self.record
        if visit.confirmed and visit.plan:
            in_sun, grid_event = visit.is_in_sun(now), self._sources.has_grid_event(now)
            sign = self._takeover.look(charger, visit.plan, now, in_sun=in_sun, grid_event=grid_event)
            if sign is Sign.HINT:
                await self._sources.chargers.async_read_mode(self._serial)
            seen = self._writer.seen()
            if seen and changed_by_person(record.memory, seen, zone):
                # A list that was read shortly after a write may have been the one before it
                seen = await self._writer.async_see_now()
            if seen and (sign is Sign.PROOF or changed_by_person(record.memory, seen, zone)):
                await record.async_remember(left_to_person(record.memory, seen, zone))
                await record.async_keep(replace(visit, ended=True))
                return
        progress = progress_of(visit, charger, now)
        if progress and progress.reaches(visit.goal.energy, now):
            self._stop_at = now + STOP_AFTER
            await record.async_keep(replace(visit, reached=True))
            return
        if visit.plan is None and not self._sources.prices.settled and now < self._started_at + PRICE_PATIENCE:
            return
        present = Present(
            now=now,
            zone=zone,
            charger=charger,
            standing=record.standing,
            prices=self._sources.prices.ahead(now),
            discharge_events=self._sources.discharge_events(now),
            known_prices=self._known_prices,
        )
        visit = replace(visit, declined=declines(visit, present))
        await record.async_keep(visit)
        if (reason := why_replan(visit, progress, present)) is None:
            self._known_prices = present.prices
            return
        allowed_at = visit.replans.allowed_at(reason, now)
        if allowed_at > now:
            self._deferred_until = allowed_at
            return
        await self._async_plan(with_goal(visit, present), progress, reason, present)

    async def _async_plan(self, visit: Visit, progress: Progress | None, reason: Reason, present: Present) -> None:
        """Make a plan and have the charger carry it out."""
        # What is known of the mode may be a quarter of an hour old, and Smart is not to be taken from anybody
        await self._sources.chargers.async_read_mode(self._serial)
        now, charger = present.now, self._sources.charger(self._serial) or present.charger
        power = (measured_power(charger) if reason is Reason.ENERGY else None) or self._sources.power_of(charger)
        failure = impossible(charger)
        if failure is not None or power is None:
            failed = replace(visit, failure=failure or PlanFailure.NO_POWER, retry_at=now + RETRY)
            await self.record.async_keep(failed)
            return
        charged = progress.forecast(now) if progress else 0
        wanted = visit.goal
        goal = Goal(energy=wanted.energy - charged, power=power, ready_by=wanted.ready_by, max_price=wanted.max_price)
        sun_is_over = reason is Reason.SUNSET or (visit.sun_over and reason is not Reason.GOAL)
        until = None if sun_is_over else self._sources.sun_until(visit, goal, now)
        around = Circumstances(
            now=until or now,
            zone=present.zone,
            prices=present.prices,
            blocked=present.discharge_events,
            running_since=running_since(visit, present),
        )
        plan = await self._sources.hass.async_add_executor_job(partial(plan_charging, goal, around))
        planned = replace(
            visit,
            plan=plan,
            energy_planned=charged,
            power=power,
            prices=prices_ahead(present.prices, now, goal.ready_by),
            sun_until=until,
            sun_over=sun_is_over,
            failure=None,
            retry_at=None,
        )
        if visit.confirmed and visit.plan and same_windows(visit, planned):
            await self.record.async_keep(planned)
        elif not plan.windows and until is None:
            failure = None if plan.awaits_prices else PlanFailure.NO_ALLOWED_HOUR
            await self.record.async_keep(replace(planned, confirmed=False, failure=failure, retry_at=now + RETRY))
        else:
            await self._async_set(visit, replace(planned, replans=visit.replans.with_one(reason, now)), reason)

    async def _async_set(self, before: Visit, visit: Visit, reason: Reason) -> None:
        """Begin to have the charger carry a plan out; what it did before stays where that fails."""
        plan = visit.plan or ChargingPlan()
        in_sun = visit.sun_until is not None
        spans = () if in_sun else slot_spans(plan.windows, self._sources.zone)
        await self.record.async_keep(replace(visit, confirmed=False))
        if self.record.overtaken:
            return
        self._attempt = _Attempt(before=before, reason=reason)
        mode = ChargeMode.GREEN if in_sun else ChargeMode.SCHEDULED
        if failure := await self._writer.async_begin_set(spans, mode):
            await self._async_take_outcome(failure)

    async def _async_take_outcome(self, failure: PlanFailure | None) -> None:
        """Note whether the charger has a plan now."""
        attempt, visit, now = self._attempt, self.record.visit, dt_util.utcnow()
        self._attempt = None
        if attempt is None or visit is None or self.record.overtaken:
            return
        before = attempt.before
        if failure is None:
            await self.record.async_keep(replace(visit, confirmed=True))
        elif before.confirmed and attempt.reason is not Reason.DISCHARGE_EVENT:
            _LOGGER.info("A new plan could not be set (%s); the former one goes on", failure)
            await self.record.async_keep(replace(before, replans=visit.replans))
        else:
            self._undoing = True
            retry_at = max(now + RETRY, visit.replans.allowed_at(Reason.ENERGY, now))
            await self.record.async_keep(replace(visit, failure=failure, retry_at=retry_at))

    async def _async_tidy(self, *, is_there: bool) -> None:
        """Remove what is not wanted any more, and bring back what was before once the car has left."""
        now, record, visit = dt_util.utcnow(), self.record, self.record.open_visit
        if record.memory.is_empty or (self._clear_at is not None and now < self._clear_at):
            return
        in_force = visit is not None and visit.failure is None
        await record.async_remember(retiring(record.memory, now) if in_force else retiring(record.memory))
        restore = not is_there or self._undoing
        retired = any(slot.retired for slot in record.memory.own)
        if retired or (restore and not record.memory.in_force):
            self._writer.begin_clear(restore=restore)

    async def _async_end_flow(self, charger: ChargerSnapshot) -> None:
        """Stop a charger that goes on although its slot is gone and the energy is in the car."""
        if self._stop_at is None or dt_util.utcnow() < self._stop_at:
            return
        self._stop_at = None
        if self.record.visit and self.record.visit.reached and is_drawing(charger):
            try:
                await self._sources.commands.async_stop(self._serial, keep_mode=False)
            except HomeAssistantError as error:
                _LOGGER.warning("The charger goes on although the planned energy is in the car: %s", error)

    def _arm(self, charger: ChargerSnapshot) -> None:
        """Look again at the next moment that changes something by itself."""
        now, visit = dt_util.utcnow(), self.record.open_visit
        moments = [self._started_at + PRICE_PATIENCE, self._writer.next_at]
        moments += [self._deferred_until, self._clear_at, self._stop_at, self._takeover.look_again_at]
        if visit:
            moments += [visit.sun_until, visit.retry_at]
            moments += [edge for w in (visit.plan.windows if visit.plan else ()) for edge in (w.start, w.end)]
            if progress := progress_of(visit, charger, now):
                moments.append(progress.reached_at(visit.goal.energy))
        ahead = [moment for moment in moments if moment is not None and moment > now]
        if ahead:
            self._timer.set(min(ahead))
        else:
            self._timer.cancel()

    async def _async_changed(self) -> None:
        """Have what a person chose on disk, and look what follows from it."""
        await self.record.store()
        self._show()
        self.look_soon()
