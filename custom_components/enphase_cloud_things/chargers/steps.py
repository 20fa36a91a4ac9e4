"""How an energy counter grows, in the counter's own time.

A counter of the cloud grows in steps at a pace of its own: a report repeats the last step until the next one, and
reports come at other times, too (docs/api.md §4.8). All that is known of a step is that it happened after the last
report without it and not after the first report with it. Energy over time is therefore bounded from both sides, and
the more steps there are at a constant draw, the closer the bounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from math import isfinite
from typing import Final

SMALLEST_STEP: Final = 0.001
LONGEST_SILENCE: Final = timedelta(minutes=30)
LONGEST_STEP: Final = timedelta(seconds=900)
LONGEST_WAIT: Final = timedelta(seconds=1500)
"""The longest time until a report shows the next step, taken for granted until a counter shows its own pace."""

_MOST_STEPS: Final = 10
_MEAN_OF: Final = 4
_OUTDATED: Final = 0.8
_TOLERANCE: Final = 1.02
_CLIP: Final = 1.24
"""How far a figure may be above the least draw that explains the steps: never by more than a quarter above the draw."""
_PRECISE: Final = 0.75
"""How much of the mean that has to leave for a first figure: two whole steps are enough at the field's own pace."""
_PRECISE_OF_RARE: Final = 0.97
_RARE: Final = timedelta(seconds=330)
"""Reports that are farther apart than this show so few steps in an hour that the first figure has to be a good one."""
_AS_EXPECTED: Final = 0.8
_WATTS_PER_RATE: Final = 3_600_000
_HESITATION: Final = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One growth of a counter to `energy` (kWh): after the report at `after`, seen first in the one at `seen`.

    The known start of a counter is one whose moment is exact.
    """

    energy: float
    after: datetime
    seen: datetime

    @property
    def is_start(self) -> bool:
        """Whether this is the start of the counter."""
        return self.after == self.seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The last steps of one counter.

    `counter` names what is counted: another name is another counter. `energy` is its last value (kWh), `at` the time
    of the report that told it. The steps are those between which the draw may have been constant, the start of the
    counter among them where it was seen to begin. `remainder` (kWh) is what steps may still bring of a time
    before, infinite where nobody knows: then the next step may bring anything, once.
    """

    counter: str | None = None
    energy: float | None = None
    at: datetime | None = None
    steps: tuple[Step, ...] = ()
    remainder: float = 0.0

    @property
    def last(self) -> Step | None:
        """The latest step."""
        return self.steps[-1] if self.steps else None

    @property
    def has_pace(self) -> bool:
        """Whether the steps show how long one takes."""
        return len(self._counted) > 1

    @property
    def patience(self) -> timedelta:
        """How long it may plausibly take until a report shows the next step."""
        if not self.has_pace:
            return LONGEST_WAIT
        last = self.steps[-1]
        pace = min((later.seen - earlier.after) / count for earlier, later, count in _pairs(self._counted))
        longest = max(later.seen - earlier.seen for earlier, later in pairwise(self._counted))
        return min(max(pace * _HESITATION + (last.seen - last.after), longest), LONGEST_WAIT)

    @property
    def _counted(self) -> tuple[Step, ...]:
        """The steps without the start of the counter."""
        return self.steps[1:] if self.steps and self.steps[0].is_start else self.steps


def advance_trace(
    trace: Trace, *, counter: str, energy: float | None, at: datetime | None, started_at: datetime | None = None
) -> Trace:
    """Return the trace after a report at `at`.

    It starts anew with another counter, with one that falls, after a long silence and when the clock was set back:
    no difference may span these. A report that is merely read again says nothing.
    """
    if energy is None or at is None:
        return trace
    remainder = trace.remainder if trace.energy is None else 0.0
    fresh = Trace(counter=counter, energy=energy, at=at, steps=_begun(energy, at, started_at), remainder=remainder)
    if trace.counter != counter or trace.energy is None or trace.at is None or energy < trace.energy:
        return fresh
    if abs(at - trace.at) > LONGEST_SILENCE:
        return fresh
    if at <= trace.at:
        return trace
    if energy - trace.energy < SMALLEST_STEP:
        return replace(trace, at=at)
    steps = (*trace.steps, Step(energy=energy, after=trace.at, seen=at))[-_MOST_STEPS:]
    remainder = max(trace.remainder - (energy - trace.energy), 0.0) if isfinite(trace.remainder) else 0.0
    return replace(trace, energy=energy, at=at, steps=_consistent(steps), remainder=remainder)


def forget_steps(trace: Trace) -> Trace:
    """Return the trace of a counter whose growth so far says nothing about what follows, as after a pause."""
    has_grown = any(not step.is_start for step in trace.steps)
    return replace(trace, steps=()) if has_grown else trace


def mean_power(trace: Trace, *, expected: float | None = None, precise: bool = False) -> float | None:
    """Return the power (W) between the steps, `None` before the first whole one.

    The figure hardly exceeds what a constant draw must be at least; while that leaves too little of it there is none
    where a `precise` one is wanted. The time from the start of the counter to its first step is a whole step if about
    the `expected` power (W) follows from it.
    """
    if len(trace.steps) < 2:
        return None
    least, most = _bounds(trace.steps)
    steps = [step for step in trace.steps if not step.is_start]
    if len(steps) > 1:
        mean = _mean(steps)
    elif expected is not None and least * _WATTS_PER_RATE >= _AS_EXPECTED * expected:
        mean = least
    else:
        return None
    ceiling = least * _CLIP
    last = steps[-1]
    enough = _PRECISE_OF_RARE if last.seen - last.after > _RARE else _PRECISE
    if precise and ceiling < mean * enough:
        return None
    return min(max(mean, least), most, ceiling) * _WATTS_PER_RATE


def _begun(energy: float, at: datetime, started_at: datetime | None) -> tuple[Step, ...]:
    """Return the start of a counter that is seen for the first time, where it can have had no pause since then."""
    if started_at is None or not timedelta() <= at - started_at <= LONGEST_STEP:
        return ()
    start = Step(energy=0.0, after=started_at, seen=started_at)
    return (
        (start, Step(energy=energy, after=started_at, seen=at))
        if energy >= SMALLEST_STEP and at > started_at
        else (start,)
    )


def _consistent(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the latest steps that one constant draw explains, two at least."""
    while len(steps) > 2:
        least, most = _bounds(steps)
        if least <= most * _TOLERANCE and (len(steps) <= _MEAN_OF + 1 or _mean(steps) > least * _OUTDATED):
            break
        steps = steps[1:]
    return steps


def _mean(steps: Sequence[Step]) -> float:
    """Return the mean draw (kWh/s) of the last few steps."""
    first, last = steps[-_MEAN_OF - 1 :][0], steps[-1]
    return _rate(last.energy - first.energy, last.seen - first.seen)


def _bounds(steps: tuple[Step, ...]) -> tuple[float, float]:
    """Return the least and the most constant draw (kWh/s) that explains the steps."""
    least, most = 0.0, float("inf")
    for earlier, later, _ in _pairs(steps):
        energy = later.energy - earlier.energy
        least = max(least, _rate(energy, later.seen - earlier.after))
        if later.after > earlier.seen:
            most = min(most, _rate(energy, later.after - earlier.seen))
    return least, most


def _pairs(steps: tuple[Step, ...]) -> Iterator[tuple[Step, Step, int]]:
    for (first, earlier), (second, later) in combinations(enumerate(steps), 2):
        yield earlier, later, second - first


def _rate(energy: float, duration: timedelta) -> float:
    seconds = duration.total_seconds()
    return energy / seconds if seconds > 0 else 0.0
