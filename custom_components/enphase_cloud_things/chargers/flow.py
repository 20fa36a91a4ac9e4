"""Whether energy flows, and at what power: what the counters show counts before what the cloud says.

A counter of the cloud grows in steps at a pace of its own: a report repeats the last step until the next one, and
reports come at other times, too (docs/api.md §4.8). All that is known of a step is that it happened after the last
report without it and not after the first report with it. Energy over time is therefore bounded from both sides, and
the more steps there are at a constant draw, the closer the bounds.

A connector's type, its booleans and flags are words; a counter that grows is evidence (docs/traps.md 67). Three things
make the judgement:

* Words that say "yes" hold: a charger that has just begun has not counted anything yet.
* Words that say "no" hold at once, unless they contradict themselves: a pause by the car beside a `charging` that is
  still true ends a counted flow only once the next step fails to come.
* Whatever the words, growth is flow. What was drawn before they said "no" may be counted after it, once, and is told
  from growth by its size.

The cloud has no figure for the power. It is the energy between two steps over the time between them, hence a figure of
the past minutes. There is none between the start of the flow and the first whole step, and it is zero only once the
flow has ended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from math import inf, isfinite, sqrt
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ChargerSummary, ConnectorState
from .status import drawing_power, leading_connector

SMALLEST_STEP: Final = 0.001
LONGEST_SILENCE: Final = timedelta(minutes=30)
LONGEST_STEP: Final = timedelta(seconds=900)
LONGEST_WAIT: Final = timedelta(seconds=1500)
"""The longest time until a report shows the next step, taken for granted until a counter shows its own pace."""

_MOST_STEPS: Final = 12
_MEAN_OF: Final = 4
_RARE: Final = timedelta(seconds=330)
"""Where reports are farther apart, the mean is that of all steps: few of them leave too much open."""
_OUTDATED: Final = 0.8
_TOLERANCE: Final = 1.02
_CLIP: Final = 1.24
"""How far a figure may be above the least draw that explains the steps: never by more than a quarter above the draw."""
_PRECISE: Final = 0.75
"""How much of the mean that has to leave for a first figure: two whole steps are enough at the field's own pace."""
_HOUR: Final = timedelta(hours=1)
_REPORTS_OF_AN_HOUR: Final = 12.5
"""How many reports there have to be by an hour after the first figure, for the figures of that hour to add up.

As long as each report shows one step, a step takes what a report takes, give or take one report among all of them.
"""
_MAKE_UP_WITHIN: Final = timedelta(minutes=15)
_MOST_MADE_UP: Final = 0.15
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
    trace: Trace,
    *,
    counter: str,
    energy: float | None,
    at: datetime | None,
    started_at: datetime | None = None,
    denied_at: datetime | None = None,
) -> Trace:
    """Return the trace after a report at `at`, the flow being said to have ended since `denied_at`.

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
    # A step that came after the words counts all that was drawn before them
    may_bring_more = isfinite(trace.remainder) and (denied_at is None or trace.at < denied_at)
    remainder = max(trace.remainder - (energy - trace.energy), 0.0) if may_bring_more else 0.0
    return replace(trace, energy=energy, at=at, steps=_consistent(steps), remainder=remainder)


def forget_steps(trace: Trace) -> Trace:
    """Return the trace of a counter whose growth so far says nothing about what follows, as after a pause."""
    has_grown = any(not step.is_start for step in trace.steps)
    return replace(trace, steps=()) if has_grown else trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was published of one draw: a mean (W) from `since` to `until`.

    The first figure since there was none, or 0, is from `begun_at`.
    """

    begun_at: datetime
    since: datetime
    until: datetime
    mean: float = 0.0

    def and_then(self, watts: float, *, until: datetime, since: datetime) -> Published:
        """Return what is published once a figure has stood `until` then, of a draw that is the same `since` then."""
        since = max(self.since, since)
        before, after = (max(span, timedelta()) for span in (self.until - since, until - max(self.until, since)))
        mean = (self.mean * before + watts * after) / (before + after) if before + after else watts
        return replace(self, since=since, until=until, mean=mean)


def mean_power(
    trace: Trace, *, expected: float | None = None, precise: bool = False, published: Published | None = None
) -> float | None:
    """Return the power (W) between the steps, `None` before the first whole one.

    The figure hardly exceeds what a constant draw must be at least; while that leaves too little of it, or too few
    reports come in an hour, there is none where a `precise` one is wanted. The time from the start of the counter to
    its first step is a whole step if about the `expected` power (W) follows from it. What the figures `published` so
    far turn out to have claimed too much or too little is made up for.
    """
    if len(trace.steps) < 2:
        return None
    least, most = _bounds(trace.steps)
    ceiling = least * _CLIP
    steps = [step for step in trace.steps if not step.is_start]
    if len(steps) < 2:
        is_as_expected = expected is not None and least * _WATTS_PER_RATE >= _AS_EXPECTED * expected
        return min(least, most) * _WATTS_PER_RATE if is_as_expected else None
    last = steps[-1]
    interval = last.seen - last.after
    mean = _mean(steps if interval > _RARE else steps[-_MEAN_OF - 1 :])
    is_in_time = last.seen - trace.steps[0].seen + _HOUR >= interval * _REPORTS_OF_AN_HOUR
    if precise and not (is_in_time and ceiling >= mean * _PRECISE):
        return None
    mean = min(max(mean, least), most)
    if published is not None:
        draw = min(max(_mean(steps), least), most)
        mean += _to_make_up(published, draw=draw, limit=mean * _MOST_MADE_UP)
    return min(mean, ceiling) * _WATTS_PER_RATE


def _to_make_up(published: Published, *, draw: float, limit: float) -> float:
    """Return what the next figure has to be above the draw (kWh/s) for those of the first hour to add up to it."""
    if published.until - published.begun_at >= _HOUR:
        return 0.0
    missing = draw - published.mean / _WATTS_PER_RATE
    return min(max(missing * ((published.until - published.since) / _MAKE_UP_WITHIN), -limit), limit)


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
        latest = steps[-_MEAN_OF - 1 :]
        if least <= most * _TOLERANCE and (latest == steps or _mean(latest) > least * _OUTDATED):
            break
        steps = steps[1:]
    return steps


def _mean(steps: Sequence[Step]) -> float:
    """Return the mean draw (kWh/s) from the first of these steps to the last."""
    return _rate(steps[-1].energy - steps[0].energy, steps[-1].seen - steps[0].seen)


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


POWER_CAP: Final = 19_200.0
"""More than any charger draws, in W."""
_LATEST_REPORT: Final = timedelta(hours=1)

_KWH_PER_WATT_SECOND: Final = 1 / 3_600_000
_MARGIN: Final = 1.25
_DOUBTFUL_STATES: Final = frozenset({ConnectorState.SUSPENDED, ConnectorState.SUSPENDED_EV})


def most_drawn(passed: timedelta) -> float:
    """Return the most energy (kWh) that a charger can have drawn meanwhile; reports are up to an hour late."""
    return POWER_CAP / 1000 * ((max(passed, timedelta()) + _LATEST_REPORT) / timedelta(hours=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The judgement, and what it was made from.

    `flowing` is `None` while neither words nor counters tell; `since` is the report from which on it holds. `session`
    and `lifetime` are the traces of the two counters. `proved_at` is the last report with growth that is a proof,
    `denied_at` the first one of those that say "no".
    """

    flowing: bool | None = None
    since: datetime | None = None
    session: Trace = field(default_factory=Trace)
    lifetime: Trace = field(default_factory=Trace)
    proved_at: datetime | None = None
    denied_at: datetime | None = None
    seen: bool = False

    @property
    def trace(self) -> Trace:
        """The trace to go by: that of the session, unless only the lifetime counter goes on growing."""
        session, lifetime = self.session.last, self.lifetime.last
        if session is None or lifetime is None:
            return self.session if lifetime is None else self.lifetime
        return self.lifetime if lifetime.seen - session.seen > self.session.patience else self.session

    def power(
        self, *, expected: float | None = None, precise: bool = False, published: Published | None = None
    ) -> float | None:
        """Return the power (W) from step to step while energy flows (see `mean_power`)."""
        if not self.flowing:
            return None
        return mean_power(self.trace, expected=expected, precise=precise, published=published)


def advance_flow(
    flow: Flow, status: ChargerStatus, *, energy: float | None, started_at: datetime | None, now: datetime
) -> Flow:
    """Return the judgement after a status.

    `energy` (kWh) is the guarded counter of the session that began at `started_at`.
    """
    at = status.reported_at
    if status.connected is False:
        since = flow.since if flow.seen and flow.flowing is False else at
        return Flow(flowing=False, since=since, seen=True)
    said = drawing_power(status)
    counter = f"session {started_at}"
    trace = advance_trace(
        flow.session, counter=counter, energy=energy, at=at, started_at=started_at, denied_at=flow.denied_at
    )
    if said is False and flow.denied_at is None:
        flow = _denied(replace(flow, session=trace), flow, status)
    else:
        flow = _counted(replace(_heard(flow, status, said), session=trace), flow.session, trace)
    return _judged(replace(flow, seen=True), said, at, now)


def advance_lifetime_flow(
    flow: Flow, status: ChargerStatus | None, *, energy: float | None, epoch: int, at: datetime | None, now: datetime
) -> Flow:
    """Return the judgement after a reading of the lifetime counter (kWh) of this epoch, reported at `at`."""
    trace = advance_trace(flow.lifetime, counter=f"lifetime {epoch}", energy=energy, at=at, denied_at=flow.denied_at)
    if status is None or status.connected is False:
        return replace(flow, lifetime=trace)
    flow = _counted(replace(flow, lifetime=trace), flow.lifetime, trace)
    return _judged(flow, drawing_power(status), at, now)


def _denied(flow: Flow, before: Flow, status: ChargerStatus) -> Flow:
    """Note that the words have begun to say "no", and what may still be counted of the time before."""
    proved_at, last = before.proved_at, flow.trace.last
    if before.flowing and last is not None and not last.is_start and last != before.trace.last:
        proved_at = last.seen
    goes_on = flow.trace.has_pace and _is_doubtful(status)

    def left_over(trace: Trace) -> float:
        # While it is open whether the flow goes on, one step is let pass, whatever its size
        return inf if goes_on else _left_over(trace, before, status.reported_at)

    return replace(
        flow,
        denied_at=status.reported_at,
        session=replace(flow.session, remainder=left_over(flow.session)),
        lifetime=replace(flow.lifetime, remainder=left_over(flow.lifetime)),
        proved_at=proved_at if goes_on else None,
    )


def _left_over(trace: Trace, before: Flow, at: datetime | None) -> float:
    """Return the most energy (kWh) that a counter may still show of the flow before the words said "no"."""
    if not before.seen:
        return inf
    begun = trace.last.after if trace.last else before.since
    if not before.flowing or at is None or begun is None:
        return 0.0
    return (before.power() or POWER_CAP) * _MARGIN * max((at - begun).total_seconds(), 0.0) * _KWH_PER_WATT_SECOND


def _heard(flow: Flow, status: ChargerStatus, said: bool | None) -> Flow:
    """Note what the words say now: what doubtful ones left open, clear ones end."""
    if said is not False:
        return replace(flow, denied_at=None)
    was_proved_before = flow.proved_at is not None and flow.denied_at is not None and flow.proved_at <= flow.denied_at
    return flow if _is_doubtful(status) or not was_proved_before else replace(flow, proved_at=None)


def _counted(flow: Flow, before: Trace, after: Trace) -> Flow:
    """Note growth of a counter; it is a proof unless it may be left over from before the words said "no"."""
    grown = after.last
    if before.counter != after.counter or grown is None or grown.is_start or grown == before.last:
        return flow
    is_late = flow.denied_at is not None and grown.seen - flow.denied_at <= 2 * LONGEST_STEP
    if is_late and grown.energy - (before.energy or 0.0) <= before.remainder:
        return flow
    return replace(flow, proved_at=grown.seen)


def _judged(flow: Flow, said: bool | None, at: datetime | None, now: datetime) -> Flow:
    flowing = said
    if said is not True and flow.proved_at is not None and at is not None:
        is_recent = at - flow.proved_at <= flow.trace.patience and now - at <= LONGEST_SILENCE
        # What has ended is not revived by an old proof
        flowing = True if is_recent and (flow.flowing or flow.proved_at == at) else said
    if flowing is flow.flowing:
        return flow
    if flowing and said and flow.flowing is False:
        # The energy of a pause is no power
        flow = replace(flow, session=forget_steps(flow.session), lifetime=forget_steps(flow.lifetime))
    return replace(flow, flowing=flowing, since=at)


def _is_doubtful(status: ChargerStatus) -> bool:
    """Return whether the cloud contradicts itself: the car is said to pause, without a reason, and to charge."""
    leading = leading_connector(status)
    return status.charging is True and leading is not None and not leading.reason and leading.state in _DOUBTFUL_STATES


STANDSTILL: Final = timedelta(minutes=30)
"""After that long without a step a figure says nothing any more, whatever the words."""

_HIGHEST_PHASE_VOLTAGE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerEstimate:
    """The published figure in W, and the report that it was computed from.

    `watts` is `None` while nothing is known: before the first whole step, and offline. `as_of` stands still while the
    figure stays 0. `published` is what was said before it, since there was none or 0.
    """

    watts: float | None = None
    as_of: datetime | None = None
    published: Published | None = None


def advance_power(
    estimate: PowerEstimate,
    flow: Flow,
    *,
    reported_at: datetime | None,
    connected: bool | None = True,
    expected: float | None = None,
    limit: float = POWER_CAP,
) -> PowerEstimate:
    """Return the estimate after a report, from the judgement of the flow after it.

    `expected` is what the set current would give, `limit` the most the charger can draw, in W.
    """
    if connected is False:
        return PowerEstimate()
    if flow.flowing is None:
        return estimate
    if not flow.flowing:
        return _zero(estimate, reported_at)
    last = flow.trace.last
    if last is None:
        return PowerEstimate()
    if reported_at is not None and reported_at - last.seen > STANDSTILL:
        return _zero(estimate, reported_at)
    if last.seen == estimate.as_of and estimate.watts:
        return estimate
    if estimate.watts and estimate.published:
        published = estimate.published.and_then(estimate.watts, until=last.seen, since=flow.trace.steps[0].seen)
        watts = flow.power(expected=expected, published=published)
    else:
        published = Published(begun_at=last.seen, since=last.seen, until=last.seen)
        watts = flow.power(expected=expected, precise=True)
    if watts is None:
        return PowerEstimate()
    return PowerEstimate(watts=max(round(min(watts, limit, POWER_CAP)), 1), as_of=last.seen, published=published)


def expected_power(summary: ChargerSummary | None, amps: float | None, *, nominal_voltage: float) -> float | None:
    """Return what a current gives in W, amps x volts x phases; `None` while the current is unknown."""
    if amps is None:
        return None
    factor, voltage = _wiring(summary, nominal_voltage)
    return round(min(voltage * amps * factor, POWER_CAP))


def power_limit(summary: ChargerSummary | None, *, nominal_voltage: float) -> float:
    """Return the most power in W that a charger can draw.

    Volts x amps, for three phases times 3 with a neutral and times the square root of 3 between lines. An unknown
    wiring is told from the voltage. `nominal_voltage` serves where the cloud names none. Never above 19 200 W, which
    is also the answer while the current is unknown.
    """
    amps = (summary.max_current or summary.amps_max or summary.rated_current) if summary else None
    if not amps:
        return POWER_CAP
    factor, voltage = _wiring(summary, nominal_voltage)
    return min(voltage * amps * factor, POWER_CAP)


def _zero(estimate: PowerEstimate, at: datetime | None) -> PowerEstimate:
    if estimate.watts == 0 and estimate.as_of is not None:
        return estimate
    return PowerEstimate(watts=0, as_of=at)


def _wiring(summary: ChargerSummary | None, nominal_voltage: float) -> tuple[float, float]:
    """Return what the current of one line counts, and the voltage."""
    voltage = (summary and summary.operating_voltage) or nominal_voltage
    if summary is None or not _three_phase(summary):
        return 1.0, voltage
    neutral = summary.has_neutral
    if neutral is None:
        neutral = voltage < _HIGHEST_PHASE_VOLTAGE
    return (3.0 if neutral else sqrt(3)), voltage


def _three_phase(summary: ChargerSummary) -> bool:
    if summary.phase_mode is not None:
        text = summary.phase_mode.strip().lower()
        if text.startswith(("1", "single", "split")):
            return False
        if text.startswith(("3", "three")):
            return True
    return summary.phase_count == 3
