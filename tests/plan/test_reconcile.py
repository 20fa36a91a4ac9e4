"""Setting and clearing a plan, one write after the other, with everything that may go wrong on the way."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from enum import Enum, auto
from itertools import count
import json
from typing import Any

import pytest

from custom_components.enphase_cloud_things.enlighten.models.modes import ChargeMode
from custom_components.enphase_cloud_things.plan.reconcile import (
    AwaitSync,
    ChooseMode,
    CreateSlot,
    DeleteSlot,
    OwnSlot,
    PlanMemory,
    Reading,
    SeenSlot,
    Step,
    SwitchSlots,
    adopting,
    changed_by_person,
    cleared,
    confirmed,
    left_to_person,
    next_to_clear,
    next_to_set,
    remembering,
    retiring,
    undone,
    with_plan,
)
from custom_components.enphase_cloud_things.schedules.slots import Span, WeeklyTimes
from custom_components.enphase_cloud_things.stored import restored

from .price_lists import HOUR, VIENNA

NIGHT = datetime(2026, 11, 28, 1, tzinfo=UTC)
FIRST = Span(start=NIGHT, end=NIGHT + HOUR)
SECOND = Span(start=NIGHT + 3 * HOUR, end=NIGHT + 4 * HOUR)
THIRD = Span(start=NIGHT + 5 * HOUR, end=NIGHT + 6 * HOUR)
WEEKDAYS = SeenSlot(times=WeeklyTimes(start=time(22), end=time(6), days=frozenset({1, 2, 3, 4, 5})), enabled=True)
OFF_PEAK = SeenSlot(times=None, enabled=True)
UNUSED = replace(WEEKDAYS, enabled=False)
OWNERS: Mapping[str, SeenSlot] = {"owner": WEEKDAYS, "off peak": OFF_PEAK, "unused": UNUSED}


class Refused(Exception):
    """The write was refused, and this is known."""


class Fault(Enum):
    """What may happen to a write."""

    NONE = auto()
    REFUSED = auto()
    NO_ANSWER_NO_EFFECT = auto()
    NO_ANSWER_BUT_EFFECT = auto()


@dataclass
class Charger:
    """A charger and its cloud, as far as schedules go. `renames`: the cloud chooses the ids of new slots."""

    slots: dict[str, SeenSlot] = field(default_factory=lambda: dict(OWNERS))
    mode: str = ChargeMode.MANUAL
    synced: bool = True
    renames: bool = False
    numbers: Iterator[int] = field(default_factory=count)

    def read(self) -> Reading:
        return Reading(slots=dict(self.slots), mode=self.mode, synced=self.synced)

    def write(self, step: Step, fault: Fault) -> str | None:
        """Carry a write out, and return the id of a new slot where the answer arrives."""
        if fault is Fault.REFUSED:
            raise Refused
        if fault is Fault.NO_ANSWER_NO_EFFECT:
            return None
        created = self._apply(step)
        return created if fault is Fault.NONE else None

    def _apply(self, step: Step) -> str | None:
        match step:
            case CreateSlot(slot=slot):
                slot_id = f"cloud {next(self.numbers)}" if self.renames else slot.slot_id
                self.slots[slot_id] = SeenSlot(times=slot.times(VIENNA), enabled=True)
                return slot_id
            case DeleteSlot(slot_id=slot_id):
                del self.slots[slot_id]
            case SwitchSlots(states=states):
                assert states.keys() == self.slots.keys(), "the cloud wants all slots named"
                self.slots = {slot_id: replace(slot, enabled=states[slot_id]) for slot_id, slot in self.slots.items()}
            case ChooseMode(mode=mode):
                self.mode = mode
            case AwaitSync():
                raise AssertionError
        return None

    def own_slots(self) -> list[SeenSlot]:
        return [slot for slot_id, slot in self.slots.items() if slot_id not in OWNERS]


@dataclass
class Home:
    """Carries plans out, and forgets everything but the memory on its disk when it restarts."""

    charger: Charger
    memory: PlanMemory = field(default_factory=PlanMemory)
    writes: int = 0
    fault_at: int | None = None
    fault: Fault = Fault.NONE
    restart_at: int | None = None

    def remember(self, memory: PlanMemory) -> None:
        """Store the memory as Home Assistant would, and read it back."""
        stored = json.dumps(as_stored(memory))
        read_back = restored(PlanMemory, json.loads(stored))
        assert read_back == memory
        self.memory = memory

    def write(self, step: Step) -> None:
        number, self.writes = self.writes, self.writes + 1
        self.remember(remembering(self.memory, step, self.charger.read()))
        if self.restart_at == number:
            raise Restart(before=True)
        fault = self.fault if self.fault_at == number else Fault.NONE
        created = self.charger.write(step, fault)
        if self.restart_at == -number - 1:
            raise Restart(before=False)
        if isinstance(step, CreateSlot) and created is not None:
            own = (replace(s, slot_id=created) if s == step.slot else s for s in self.memory.own)
            self.remember(replace(self.memory, own=tuple(own)))

    def set(self, *spans: Span) -> bool:
        """Set a plan; undo it where a write is refused or has no effect."""
        ids = (f"own {number}" for number in count(100 * self.writes))
        self.remember(with_plan(self.memory, spans, self.charger.read(), ids))
        if self.carry_out(next_to_set):
            self.remember(confirmed(self.memory))
            self.clear(restore=False)
            return True
        self.remember(undone(self.memory))
        self.clear(restore=True)
        return False

    def clear(self, *, restore: bool) -> None:
        self.carry_out(lambda memory, reading: next_to_clear(memory, reading, restore=restore))
        self.remember(cleared(self.memory, self.charger.read(), restored=restore))

    def carry_out(self, following: Callable[[PlanMemory, Reading], Step | None]) -> bool:
        before: Step | None = None
        for _ in range(30):
            reading = self.charger.read()
            self.remember(adopting(self.memory, reading, VIENNA))
            step = following(self.memory, reading)
            if step is None:
                return True
            if step == before or isinstance(step, AwaitSync):
                return False
            try:
                self.write(step)
            except Refused:
                return False
            before = step
        raise AssertionError


class Restart(Exception):
    """Home Assistant is killed, before or after a write arrived."""

    def __init__(self, *, before: bool) -> None:
        super().__init__()
        self.before = before


def as_stored(memory: PlanMemory) -> dict[str, Any]:
    """Return a memory as Home Assistant's storage writes it."""
    own = [
        {
            "slot_id": slot.slot_id,
            "start": slot.start.isoformat(),
            "end": slot.end.isoformat(),
            "confirmed": slot.confirmed,
            "retired": slot.retired,
        }
        for slot in memory.own
    ]
    return {
        "own": own,
        "slots_before": list(memory.slots_before),
        "switched_off": list(memory.switched_off),
        "mode_before": memory.mode_before,
        "mode_set": memory.mode_set,
    }


def assert_as_before(home: Home, mode: str = ChargeMode.MANUAL) -> None:
    assert home.charger.slots == dict(OWNERS)
    assert home.charger.mode == mode
    assert home.memory.is_empty


# Two creations, one change of states, one of the mode
STEPS = range(4)


@pytest.mark.parametrize("renames", [False, True])
def test_a_plan_is_the_only_thing_that_runs_once_it_is_set(*, renames: bool) -> None:
    home = Home(Charger(renames=renames))
    assert home.set(FIRST, SECOND)
    assert home.writes == len(STEPS)
    assert home.charger.mode == ChargeMode.SCHEDULED
    assert all(slot.enabled for slot in home.charger.own_slots())
    assert not any(home.charger.slots[owner].enabled for owner in OWNERS)
    assert home.memory.switched_off == ("owner", "off peak")
    assert home.memory.mode_before == ChargeMode.MANUAL


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.NO_ANSWER_NO_EFFECT])
@pytest.mark.parametrize("mode", [ChargeMode.MANUAL, ChargeMode.GREEN])
def test_a_step_that_fails_leaves_mode_and_slots_as_they_were(at: int, fault: Fault, mode: ChargeMode) -> None:
    home = Home(Charger(mode=mode), fault_at=at, fault=fault)
    assert not home.set(FIRST, SECOND)
    assert_as_before(home, mode)


@pytest.mark.parametrize("renames", [False, True])
@pytest.mark.parametrize("at", STEPS)
def test_a_write_that_had_its_effect_without_an_answer_is_done(at: int, *, renames: bool) -> None:
    home = Home(Charger(renames=renames), fault_at=at, fault=Fault.NO_ANSWER_BUT_EFFECT)
    assert home.set(FIRST, SECOND)
    assert home.writes == len(STEPS)
    assert {slot.slot_id for slot in home.memory.own} == home.charger.slots.keys() - OWNERS.keys()


def test_a_charger_that_is_never_synced_gets_everything_back() -> None:
    home = Home(Charger(synced=False))
    assert not home.set(FIRST, SECOND)
    assert_as_before(home)


@pytest.mark.parametrize("renames", [False, True])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", STEPS)
def test_after_a_restart_in_between_nothing_is_left_behind(at: int, *, before: bool, renames: bool) -> None:
    home = Home(Charger(renames=renames), restart_at=at if before else -at - 1)
    with pytest.raises(Restart):
        home.set(FIRST, SECOND)
    restarted = Home(home.charger, memory=home.memory)
    restarted.remember(undone(adopting(restarted.memory, restarted.charger.read(), VIENNA)))
    restarted.clear(restore=True)
    assert_as_before(restarted)


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.NO_ANSWER_NO_EFFECT])
def test_a_new_plan_that_fails_leaves_the_former_one_in_force(fault: Fault) -> None:
    home = Home(Charger())
    assert home.set(FIRST, SECOND)
    slots = dict(home.charger.slots)
    home.fault_at, home.fault = home.writes, fault
    assert not home.set(THIRD)
    assert home.charger.slots == slots
    assert [slot.start for slot in home.memory.in_force] == [FIRST.start, SECOND.start]
    assert home.charger.mode == ChargeMode.SCHEDULED


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.NO_ANSWER_NO_EFFECT])
def test_a_slot_of_the_former_plan_that_stays_is_removed_at_the_next_occasion(fault: Fault) -> None:
    home = Home(Charger())
    home.set(FIRST)
    home.fault_at, home.fault = home.writes + 1, fault
    assert home.set(THIRD)
    assert [slot.start for slot in home.memory.in_force] == [THIRD.start]
    assert len(home.charger.own_slots()) == 2
    home.clear(restore=False)
    assert len(home.charger.own_slots()) == 1


def test_slots_that_a_new_plan_has_as_well_are_not_written_again() -> None:
    home = Home(Charger())
    home.set(FIRST, SECOND)
    before = home.writes
    assert home.set(SECOND, THIRD)
    assert home.writes - before == 2
    assert {slot.start for slot in home.memory.own} == {SECOND.start, THIRD.start}
    assert len(home.charger.own_slots()) == 2


def test_windows_that_are_over_are_removed_and_the_rest_stays() -> None:
    home = Home(Charger())
    home.set(FIRST, SECOND)
    home.remember(retiring(home.memory, FIRST.end))
    home.clear(restore=False)
    assert [slot.start for slot in home.memory.own] == [SECOND.start]
    assert len(home.charger.own_slots()) == 1
    assert home.charger.mode == ChargeMode.SCHEDULED


def test_nothing_comes_back_while_the_car_is_there() -> None:
    home = Home(Charger())
    home.set(FIRST, SECOND)
    home.remember(retiring(home.memory))
    home.clear(restore=False)
    assert not home.charger.own_slots()
    assert home.charger.mode == ChargeMode.SCHEDULED
    assert not any(slot.enabled for slot in home.charger.slots.values())
    assert not home.memory.is_empty


@pytest.mark.parametrize("mode", [ChargeMode.MANUAL, ChargeMode.GREEN, ChargeMode.SCHEDULED])
def test_when_the_car_leaves_everything_is_as_before(mode: ChargeMode) -> None:
    home = Home(Charger(mode=mode))
    home.set(FIRST, SECOND)
    home.remember(retiring(home.memory))
    home.clear(restore=True)
    assert_as_before(home, mode)


def test_the_mode_comes_back_before_the_owners_slots() -> None:
    home = Home(Charger())
    home.set(FIRST)
    home.remember(retiring(home.memory))
    home.clear(restore=False)
    steps = []
    while step := next_to_clear(home.memory, home.charger.read(), restore=True):
        steps.append(type(step))
        home.write(step)
    assert steps == [ChooseMode, SwitchSlots]


def test_a_mode_that_a_person_chose_since_is_not_taken_back() -> None:
    home = Home(Charger())
    home.set(FIRST)
    home.charger.mode = ChargeMode.GREEN
    assert changed_by_person(home.memory, home.charger.read(), VIENNA)
    home.remember(left_to_person(home.memory, home.charger.read(), VIENNA))
    home.clear(restore=True)
    assert home.charger.mode == ChargeMode.GREEN
    assert home.charger.slots == dict(OWNERS)
    assert home.memory.is_empty


def test_a_slot_that_the_owner_deletes_ends_the_plan_and_the_others_go() -> None:
    home = Home(Charger())
    home.set(FIRST, SECOND)
    del home.charger.slots[home.memory.own[0].slot_id]
    assert changed_by_person(home.memory, home.charger.read(), VIENNA)
    home.remember(left_to_person(home.memory, home.charger.read(), VIENNA))
    home.clear(restore=True)
    assert_as_before(home)


def test_a_slot_that_the_owner_edits_is_the_owners_from_then_on() -> None:
    home = Home(Charger())
    home.set(FIRST)
    (own,) = home.memory.own
    edited = SeenSlot(times=WEEKDAYS.times, enabled=True)
    home.charger.slots[own.slot_id] = edited
    assert changed_by_person(home.memory, home.charger.read(), VIENNA)
    home.remember(left_to_person(home.memory, home.charger.read(), VIENNA))
    home.clear(restore=True)
    assert home.charger.slots == {**OWNERS, own.slot_id: edited}
    assert home.memory.is_empty


def test_a_slot_that_the_owner_switches_off_ends_the_plan() -> None:
    home = Home(Charger())
    home.set(FIRST)
    (own,) = home.memory.own
    home.charger.slots[own.slot_id] = replace(home.charger.slots[own.slot_id], enabled=False)
    assert changed_by_person(home.memory, home.charger.read(), VIENNA)


def test_an_untouched_plan_is_nobodys_change() -> None:
    home = Home(Charger(renames=True))
    home.set(FIRST, SECOND)
    assert not changed_by_person(home.memory, home.charger.read(), VIENNA)


def test_a_slot_of_the_same_times_that_was_there_before_is_never_taken_for_an_own_one() -> None:
    twin = SeenSlot(times=OwnSlot(slot_id="x", start=FIRST.start, end=FIRST.end).times(VIENNA), enabled=False)
    charger = Charger(slots={**OWNERS, "twin": twin})
    home = Home(charger, fault_at=0, fault=Fault.NO_ANSWER_NO_EFFECT)
    assert not home.set(FIRST)
    assert charger.slots == {**OWNERS, "twin": twin}


def test_an_owners_slot_that_is_gone_is_not_missed() -> None:
    home = Home(Charger())
    home.set(FIRST)
    del home.charger.slots["owner"]
    home.remember(retiring(home.memory))
    home.clear(restore=True)
    assert home.charger.slots == {name: slot for name, slot in OWNERS.items() if name != "owner"}
    assert home.memory.is_empty


def test_green_leaves_the_owners_slots_alone() -> None:
    charger = Charger()
    step = next_to_set(PlanMemory(), charger.read(), mode=ChargeMode.GREEN)
    assert step == ChooseMode(mode=ChargeMode.GREEN)


def test_a_memory_of_another_shape_is_none() -> None:
    assert restored(PlanMemory, ["?"]) is None
    assert restored(PlanMemory, {"own": [{"slot_id": 3}], "mode_set": 4}) == PlanMemory()


def test_ids_are_not_shown() -> None:
    home = Home(Charger())
    home.set(FIRST)
    assert "own " not in repr(home.memory)
    assert "owner" not in repr((home.memory, home.charger.read(), DeleteSlot(slot_id="owner")))
