"""Carrying a plan out at a charger: the writes that `reconcile` names, each sent once and followed by reads."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
import logging
from typing import Final
from uuid import uuid4

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..chargers.coordinator import ChargerCoordinator
from ..commands.commands import Commands
from ..enlighten import (
    AuthenticationRequired,
    ChargeMode,
    CommandOutcomeUnknown,
    CommandRejected,
    EnlightenError,
    ModePreference,
    NotSupported,
    Schedule,
)
from ..schedules.slots import Span, times_of
from ..schedules.writes import READ_DELAYS, ScheduleWrites
from .reconcile import (
    AwaitSync,
    ChooseMode,
    CreateSlot,
    DeleteSlot,
    PlanMemory,
    Reading,
    SeenSlot,
    Step,
    SwitchSlots,
    Write,
    adopting,
    cleared,
    confirmed,
    next_to_clear,
    next_to_set,
    remembering,
    undone,
    with_plan,
)
from .record import PlanRecord
from .state import PlanFailure

_LOGGER = logging.getLogger(__name__)

# Changes reach the charger within 90 s as a rule, and within ten minutes at the latest (docs/api.md §5.6)
SYNC_DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 15, 30, 30, 60, 90, 120, 120, 120))


class Task(StrEnum):
    """What is being written."""

    SET = "set"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a task."""

    task: Task
    failure: PlanFailure | None


@dataclass(slots=True, kw_only=True)
class _Job:
    """A task under way: the step that was sent last, why it may have no effect, and when to look next."""

    task: Task
    following: Callable[[PlanMemory, Reading], Step | None]
    next_at: datetime
    restore: bool = False
    sent: Step | None = None
    failure: PlanFailure | None = None
    delays: Iterator[timedelta] = field(default_factory=lambda: iter(READ_DELAYS))

    def wait_for(self, step: Step, now: datetime, failure: PlanFailure | None) -> None:
        """Look for the effect of a step in a while, and several times."""
        self.sent, self.failure = step, failure
        self.delays = iter(SYNC_DELAYS if isinstance(step, AwaitSync) else READ_DELAYS)
        self.next_at = now + next(self.delays)

    def wait_on(self, now: datetime) -> bool:
        """Look once more in a while; return whether that was not the last time."""
        delay = next(self.delays, None)
        if delay is not None:
            self.next_at = now + delay
        return delay is not None


class PlanWriter:
    """Writes the plans of one charger, and keeps what has to be undone on disk before it is done.

    It never waits: whoever has it write something has it go on at `next_at`, until that is finished.
    """

    def __init__(
        self,
        serial: str,
        *,
        coordinator: ChargerCoordinator,
        commands: Commands,
        writes: ScheduleWrites,
        record: PlanRecord,
    ) -> None:
        self._serial = serial
        self._coordinator = coordinator
        self._commands = commands
        self._writes = writes
        self._record = record
        self._job: _Job | None = None

    @property
    def task(self) -> Task | None:
        """What is being written."""
        return self._job.task if self._job else None

    @property
    def next_at(self) -> datetime | None:
        """When to go on."""
        return self._job.next_at if self._job else None

    async def async_begin_set(self, spans: Iterable[Span], mode: ChargeMode) -> PlanFailure | None:
        """Begin to have the charger charge in some spans and in no other, or to leave it to a mode."""
        try:
            reading = await self._async_read()
        except EnlightenError as error:
            return failure_of(error)
        await self._record.async_remember(with_plan(self._record.memory, spans, reading, iter(self._new_id, "")))
        self._job = _Job(task=Task.SET, following=partial(next_to_set, mode=mode), next_at=dt_util.utcnow())
        return None

    def begin_clear(self, *, restore: bool) -> None:
        """Begin to remove retired slots, and with `restore` to bring back what was before."""
        self._job = _Job(
            task=Task.CLEAR,
            following=partial(next_to_clear, restore=restore),
            next_at=dt_util.utcnow(),
            restore=restore,
        )

    def abandon_plan(self) -> None:
        """Leave a plan that is being set where it is."""
        if self.task is Task.SET:
            self._job = None

    async def async_go_on(self, now: datetime) -> Finished | None:
        """Go on until there is something to wait for; return what became of the task once it is finished.

        A plan that could not be set is undone in the memory; clearing brings that about.
        """
        job = self._job
        if job is None or now < job.next_at:
            return None
        try:
            reading = await self._async_read()
            await self._record.async_remember(adopting(self._record.memory, reading, self._coordinator.zone))
        except EnlightenError as error:
            _LOGGER.debug("Reading what a plan wrote failed: %s", error)
            return None if job.wait_on(now) else await self._async_finish(job, failure_of(error), None)
        step = job.following(self._record.memory, reading)
        if step is None:
            return await self._async_finish(job, None, reading)
        if step == job.sent:
            return None if job.wait_on(now) else await self._async_finish(job, _no_effect(job), reading)
        failure: PlanFailure | None = PlanFailure.NOT_SYNCED
        if not isinstance(step, AwaitSync):
            await self._record.async_remember(remembering(self._record.memory, step, reading))
            failure = await self._async_send(step)
        if failure is PlanFailure.REFUSED:
            return await self._async_finish(job, failure, reading)
        job.wait_for(step, dt_util.utcnow(), failure)
        return None

    async def _async_finish(self, job: _Job, failure: PlanFailure | None, reading: Reading | None) -> Finished:
        self._job = None
        if job.task is Task.SET:
            await self._record.async_remember(
                confirmed(self._record.memory) if failure is None else undone(self._record.memory)
            )
        elif reading is not None:
            await self._record.async_remember(
                cleared(self._record.memory, reading, restored=job.restore and failure is None)
            )
        return Finished(task=job.task, failure=failure)

    def seen(self) -> Reading | None:
        """Return the last reading of slots and mode, without asking for one."""
        charger = self._coordinator.data.chargers[self._serial]
        if charger.schedule is None or charger.preference is None:
            return None
        return reading_of(charger.schedule, charger.preference)

    async def async_see_now(self) -> Reading | None:
        """Return slots and mode as they are now, `None` where the cloud does not tell."""
        try:
            return await self._async_read()
        except EnlightenError as error:
            _LOGGER.debug("Reading what may have been changed failed: %s", error)
            return None

    async def _async_send(self, step: Write) -> PlanFailure | None:
        """Send a step once. What it did, the reads after it tell; a failure only says why it did nothing."""
        try:
            match step:
                case CreateSlot(slot=own):
                    times = own.times(self._coordinator.zone)
                    slot = self._writes.new(self._serial, times, slot_id=own.slot_id)
                    stored_id = await self._writes.async_store(self._serial, slot)
                    await self._record.async_remember(self._record.memory.with_id(own.slot_id, stored_id))
                case DeleteSlot(slot_id=slot_id):
                    await self._writes.async_remove(self._serial, slot_id)
                case SwitchSlots(states=states):
                    await self._writes.async_switch(self._serial, states)
                case ChooseMode(mode=mode):
                    await self._commands.async_set_mode(self._serial, ChargeMode(mode), read_back=0)
        except EnlightenError as error:
            return failure_of(error)
        except HomeAssistantError as error:
            if isinstance(error.__cause__, CommandOutcomeUnknown):
                return None
            return failure_of(error.__cause__) if isinstance(error.__cause__, EnlightenError) else PlanFailure.REFUSED
        return None

    async def _async_read(self) -> Reading:
        schedule = await self._writes.async_read(self._serial)
        await self._coordinator.async_read_mode(self._serial)
        return reading_of(schedule, self._coordinator.records[self._serial].preference)

    def _new_id(self) -> str:
        return f"{self._coordinator.site_id}:{self._serial}:{uuid4()}"


def failure_of(error: EnlightenError) -> PlanFailure:
    """Return what an error means to a plan."""
    match error:
        case AuthenticationRequired():
            return PlanFailure.SIGN_IN_NEEDED
        case CommandRejected() | NotSupported():
            return PlanFailure.REFUSED
        case _:
            return PlanFailure.UNREACHABLE


def reading_of(schedule: Schedule, preference: ModePreference | None) -> Reading:
    """Return slots and mode as `reconcile` sees them; what does not say whether it is synced is taken for it."""
    return Reading(
        slots={slot.slot_id: SeenSlot(times=times_of(slot), enabled=bool(slot.enabled)) for slot in schedule.slots},
        mode=preference.selected if preference else None,
        synced=schedule.synced is not False and (preference is None or preference.synced is not False),
    )


def _no_effect(job: _Job) -> PlanFailure:
    return job.failure or PlanFailure.NO_EFFECT
