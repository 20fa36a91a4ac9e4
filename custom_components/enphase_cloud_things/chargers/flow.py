"""Whether energy flows: what the counters show counts before what the cloud says.

A connector's type, its booleans and flags are words; a counter that grows is evidence (docs/traps.md 67). Three things
make the judgement:

* Words that say "yes" hold: a charger that has just begun has not counted anything yet.
* Words that say "no" hold at once, unless they contradict themselves: a pause by the car beside a `charging` that is
  still true ends a counted flow only once the next step fails to come.
* Whatever the words, growth is flow. What was drawn before they said "no" may be counted after it, once, and is told
  from growth by its size.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ConnectorState
from .status import drawing_power, leading_connector
from .steps import LONGEST_SILENCE, LONGEST_STEP, Trace, advance_trace, forget_steps, mean_power

POWER_CAP: Final = 19_200.0
"""More than any charger draws, in W."""

_KWH_PER_WATT_SECOND: Final = 1 / 3_600_000
_MARGIN: Final = 1.25
_DOUBTFUL_STATES: Final = frozenset({ConnectorState.SUSPENDED, ConnectorState.SUSPENDED_EV})


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

    def power(self, *, expected: float | None = None, precise: bool = False) -> float | None:
        """Return the power (W) from step to step while energy flows (see `mean_power`)."""
        return mean_power(self.trace, expected=expected, precise=precise) if self.flowing else None


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
    trace = advance_trace(flow.session, counter=f"session {started_at}", energy=energy, at=at, started_at=started_at)
    if said is False and flow.denied_at is None:
        flow = _denied(replace(flow, session=trace), flow, status)
    else:
        flow = _counted(replace(_heard(flow, status, said), session=trace), flow.session, trace)
    return _judged(replace(flow, seen=True), said, at, now)


def advance_lifetime_flow(
    flow: Flow, status: ChargerStatus | None, *, energy: float | None, epoch: int, at: datetime | None, now: datetime
) -> Flow:
    """Return the judgement after a reading of the lifetime counter (kWh) of this epoch, reported at `at`."""
    trace = advance_trace(flow.lifetime, counter=f"lifetime {epoch}", energy=energy, at=at)
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
