"""From what the charger holds to what a plan wants it to hold, one write at a time.

Each function looks at what is remembered on disk (`PlanMemory`) and at one reading of the charger (`Reading`), and
names the next write. After the write everything is read anew and asked again: a write whose answer was lost is seen to
have happened or not, and a restart in between goes on where it stood. A write that is named again had no effect.

Setting a plan: create the slots, switch the owner's enabled slots off, choose Scheduled, wait until the charger has it
all. Only then the slots of the plan before are cleared, so whatever fails on the way leaves that plan in force.

Clearing goes the other way and takes everything for possible, also that half of it was done: the plan's own slots go at
once, the owner's slots and mode come back when that cannot start the car, which is when no car is there. Only a plan
that could not be set leaves everything as it was, at once.

Each window of a plan becomes one slot on the one weekday of its start, and is remembered as the plan's own until it is
gone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Final

from ..days import ONE_DAY
from ..enlighten.models.modes import ChargeMode
from ..schedules.slots import Span, WeeklyTimes, repeated_times
from .planner import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSlot:
    """A slot that the plan made: its id, and from when to when (UTC) it is meant.

    `confirmed`: the charger has had it. `retired`: another plan took its place, or its time is over.
    """

    slot_id: str = field(repr=False)
    start: datetime
    end: datetime
    confirmed: bool = False
    retired: bool = False

    def times(self, zone: tzinfo) -> WeeklyTimes:
        """Return the slot as the charger holds it."""
        return weekly_times_of(self.start, self.end, zone)


def weekly_times_of(start: datetime, end: datetime, zone: tzinfo) -> WeeklyTimes:
    """Return the times on the wall clock that are open from one moment to another.

    A start among times that the clock shows twice is put before them: whichever of the two the charger means, it
    charges from `start` on. A window that begins there is one that begins at once, so nothing before it counts.
    """
    doubled = (span for span in repeated_times(start - ONE_DAY, start + ONE_DAY, zone))
    first = next((span.start for span in doubled if span.start < start < span.end), start).astimezone(zone)
    return WeeklyTimes(start=first.time(), end=end.astimezone(zone).time(), days=frozenset({first.date().isoweekday()}))


def slot_spans(windows: Iterable[Window], zone: tzinfo) -> tuple[Span, ...]:
    """Return the windows as a charger can hold them: one of a day or longer is cut, for a slot ends within a day."""
    return tuple(span for window in windows for span in _cut(window.start, window.end, zone))


def _cut(start: datetime, end: datetime, zone: tzinfo) -> Iterator[Span]:
    while _shown(end, zone) - _shown(start, zone) >= ONE_DAY:
        middle = start + ONE_DAY / 2
        yield Span(start=start, end=middle)
        start = middle
    yield Span(start=start, end=end)


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMemory:
    """What a plan did to a charger and has to undo; on disk before it is done.

    `slots_before` are the ids that were there before the plan wrote its first slot: a slot of unknown origin is only
    taken for the plan's own if it is none of these. `switched_off` are the owner's slots that the plan switched off,
    and `mode_before` the mode in which it found the charger, both until they are as before. `mode_set` is the mode that
    the plan chose.
    """

    own: tuple[OwnSlot, ...] = ()
    slots_before: tuple[str, ...] = field(default=(), repr=False)
    switched_off: tuple[str, ...] = field(default=(), repr=False)
    mode_before: str | None = None
    mode_set: str | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to undo."""
        return not (self.own or self.switched_off or self.mode_before)

    def with_id(self, slot_id: str, stored_id: str) -> PlanMemory:
        """Return the memory with the id under which the cloud stored an own slot."""
        own = (replace(slot, slot_id=stored_id) if slot.slot_id == slot_id else slot for slot in self.own)
        return replace(self, own=tuple(own))

    @property
    def in_force(self) -> tuple[OwnSlot, ...]:
        """Return the own slots that are still meant."""
        return tuple(slot for slot in self.own if not slot.retired)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSlot:
    """A slot as the cloud lists it; an off-peak slot has no times."""

    times: WeeklyTimes | None
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Slots by their ids and the stored mode, read after the last write; `synced`: the charger has all of it."""

    slots: Mapping[str, SeenSlot] = field(repr=False)
    mode: str | None
    synced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSlot:
    """Store a slot of the plan."""

    slot: OwnSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSlot:
    """Delete a slot of the plan."""

    slot_id: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSlots:
    """Switch slots on and off; all slots are named, as the cloud wants it."""

    states: Mapping[str, bool] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMode:
    """Store a charge mode."""

    mode: str


@dataclass(frozen=True, slots=True)
class AwaitSync:
    """Write nothing, and read until the charger has everything."""


type Undoing = DeleteSlot | SwitchSlots | ChooseMode
type Write = CreateSlot | Undoing
type Step = Write | AwaitSync

_AWAIT_SYNC: Final = AwaitSync()


def with_plan(memory: PlanMemory, spans: Iterable[Span], reading: Reading, ids: Iterable[str]) -> PlanMemory:
    """Return the memory with the slots of a new plan, to be stored before the first of them is sent.

    Own slots that the new plan has as well are kept, the others retire. `ids` are ids for new slots.
    """
    fresh_ids = iter(ids)
    kept: list[OwnSlot] = []
    added: list[OwnSlot] = []
    for span in spans:
        same = next((s for s in memory.own if (s.start, s.end) == (span.start, span.end)), None)
        if same is not None:
            kept.append(replace(same, retired=False))
        else:
            added.append(OwnSlot(slot_id=next(fresh_ids), start=span.start, end=span.end))
    kept_ids = {slot.slot_id for slot in kept}
    retired = [replace(slot, retired=True) for slot in memory.own if slot.slot_id not in kept_ids]
    own_ids = {slot.slot_id for slot in memory.own}
    return replace(
        memory,
        own=(*kept, *added, *retired),
        slots_before=tuple(slot_id for slot_id in reading.slots if slot_id not in own_ids),
        mode_before=memory.mode_before or reading.mode,
    )


def next_to_set(memory: PlanMemory, reading: Reading, *, mode: str = ChargeMode.SCHEDULED) -> Step | None:
    """Return the next step towards a plan, `None` once the charger has it."""
    for slot in memory.in_force:
        if slot.slot_id not in reading.slots:
            return CreateSlot(slot=slot)
    states = {slot_id: slot.enabled for slot_id, slot in reading.slots.items()}
    wanted = _wanted_states(memory, reading, mode)
    if states != wanted:
        return SwitchSlots(states=wanted)
    if reading.mode != mode:
        return ChooseMode(mode=mode)
    return None if reading.synced else _AWAIT_SYNC


def remembering(memory: PlanMemory, step: Step, reading: Reading) -> PlanMemory:
    """Return the memory to store before a step is sent: what it is about to change of the owner's."""
    match step:
        case SwitchSlots(states=states):
            own_ids = {slot.slot_id for slot in memory.own}
            off = [
                slot_id
                for slot_id, on in states.items()
                if not on and slot_id not in own_ids and reading.slots[slot_id].enabled
            ]
            return replace(memory, switched_off=tuple(dict.fromkeys((*memory.switched_off, *off))))
        case ChooseMode(mode=mode):
            return replace(memory, mode_set=mode)
        case _:
            return memory


def confirmed(memory: PlanMemory) -> PlanMemory:
    """Return the memory once a plan is set and the charger has its slots."""
    return replace(memory, own=tuple(replace(slot, confirmed=not slot.retired) for slot in memory.own))


def adopting(memory: PlanMemory, reading: Reading, zone: tzinfo) -> PlanMemory:
    """Return the memory with the ids under which the cloud stored own slots whose answer was lost.

    Such a slot has the times of an own slot that is missing, and was not there before the plan.
    """
    known = {slot.slot_id for slot in memory.own} | set(memory.slots_before)
    unknown = {slot_id: slot for slot_id, slot in reading.slots.items() if slot_id not in known}
    own: list[OwnSlot] = []
    for slot in memory.own:
        if slot.slot_id not in reading.slots and not slot.confirmed:
            times = slot.times(zone)
            found = next((slot_id for slot_id, seen in unknown.items() if seen.times == times), None)
            if found is not None:
                unknown.pop(found)
                own.append(replace(slot, slot_id=found))
                continue
        own.append(slot)
    return replace(memory, own=tuple(own))


def undone(memory: PlanMemory) -> PlanMemory:
    """Return the memory of a plan that could not be set.

    Its new slots retire, and those of the plan before count again; without a plan before, everything retires.
    """
    return replace(memory, own=tuple(replace(slot, retired=not slot.confirmed) for slot in memory.own))


def retiring(memory: PlanMemory, now: datetime | None = None) -> PlanMemory:
    """Return the memory with those own slots retired that are over at `now`; all of them without a time."""
    return replace(
        memory,
        own=tuple(replace(slot, retired=slot.retired or now is None or slot.end <= now) for slot in memory.own),
    )


def next_to_clear(memory: PlanMemory, reading: Reading, *, restore: bool) -> Undoing | None:
    """Return the next step to undo what is not wanted any more, `None` when nothing is left to write.

    Retired slots are deleted. With `restore`, and once no own slot is in force, the mode comes back first and then the
    owner's slots: in Scheduled they would start the car, in the mode before they did not.
    """
    for slot in memory.own:
        if slot.retired and slot.slot_id in reading.slots:
            return DeleteSlot(slot_id=slot.slot_id)
    if not restore or memory.in_force:
        return None
    if (before := _mode_to_restore(memory, reading)) is not None:
        return ChooseMode(mode=before)
    off = [s for s in memory.switched_off if s in reading.slots and not reading.slots[s].enabled]
    if off:
        return SwitchSlots(states={s: seen.enabled or s in off for s, seen in reading.slots.items()})
    return None


def cleared(memory: PlanMemory, reading: Reading, *, restored: bool) -> PlanMemory:
    """Return the memory after clearing: without what is gone, and with `restored` without what is as before."""
    own = tuple(slot for slot in memory.own if not slot.retired or slot.slot_id in reading.slots)
    left = replace(memory, own=own)
    if not restored or left.in_force:
        return left
    off = tuple(s for s in memory.switched_off if s in reading.slots and not reading.slots[s].enabled)
    waiting = _mode_to_restore(memory, reading) is not None
    return replace(
        left,
        switched_off=off,
        mode_before=memory.mode_before if waiting else None,
        mode_set=memory.mode_set if waiting else None,
    )


def changed_by_person(memory: PlanMemory, reading: Reading, zone: tzinfo) -> bool:
    """Return whether a person changed what the plan had set: a mode, one of its slots, or which others are on."""
    if memory.mode_set is not None and reading.mode is not None and reading.mode != memory.mode_set:
        return True
    own = {slot.slot_id for slot in memory.own}
    if memory.mode_set == ChargeMode.SCHEDULED and any(
        seen.enabled for slot_id, seen in reading.slots.items() if slot_id not in own
    ):
        return True
    return any(
        slot.confirmed
        and not slot.retired
        and ((seen := reading.slots.get(slot.slot_id)) is None or not seen.enabled or seen.times != slot.times(zone))
        for slot in memory.own
    )


def left_to_person(memory: PlanMemory, reading: Reading, zone: tzinfo) -> PlanMemory:
    """Return the memory after a person took over: other slots of the plan retire, and what they changed is theirs.

    A slot with other times is the person's own from now on, and a mode that they chose is not taken back.
    """
    own = tuple(
        replace(slot, retired=True)
        for slot in memory.own
        if (seen := reading.slots.get(slot.slot_id)) is not None and seen.times == slot.times(zone)
    )
    chose_mode = memory.mode_set is not None and reading.mode != memory.mode_set
    return replace(
        memory,
        own=own,
        mode_before=None if chose_mode else memory.mode_before,
        mode_set=None if chose_mode else memory.mode_set,
    )


def _wanted_states(memory: PlanMemory, reading: Reading, mode: str) -> dict[str, bool]:
    """Return which slots are to be on: the plan's own, and of the owner's none, since all of them run in Scheduled."""
    in_force = {slot.slot_id for slot in memory.in_force}
    own = {slot.slot_id for slot in memory.own}
    return {
        slot_id: slot_id in in_force or (slot.enabled and (slot_id in own or mode != ChargeMode.SCHEDULED))
        for slot_id, slot in reading.slots.items()
    }


def _mode_to_restore(memory: PlanMemory, reading: Reading) -> str | None:
    """Return the mode to go back to, unless it is there, or a person chose another one meanwhile."""
    before = memory.mode_before
    if before is None or before == reading.mode or memory.mode_set is None or reading.mode != memory.mode_set:
        return None
    return before
