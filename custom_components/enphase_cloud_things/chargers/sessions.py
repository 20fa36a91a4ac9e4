"""The current session or the last one: its energy, cost and duration, and what happened in it.

A session is known by its start. The cloud keeps the last session's figures while the charger is idle, lets them stand
for some polls after a new start, and drops them to zero now and then; so energy falls only together with a newer start
(docs/api.md §4.5). Several sessions may follow each other while the car stays plugged in: restarts and stops cut the
energy of such a visit nowhere. What a session costs is estimated from the price in force while it draws, until the
cloud has worked it out. The duration counts from the start to the last moment the session was seen active: it stands
still in a pause by the charger, jumps over it if the same session goes on, and freezes when the session ends.

Events are transitions between two observations, each once. After a gap, such as a restart or an outage, they are the
net change between before and after, marked as observed late. What an offline charger was last known to do is no
observation.

A session is open from the first energy until the connector leaves `FINISHING`, the car is unplugged or a newer session
begins. A pause is no end, and neither is a stop: the car may go on later. Nor is a newer start by itself, which a mere
pause may bring about: it tells another session after a stop, or together with an energy that begins anew. That may show
some polls later; until then it is open whether a car that draws again resumes or starts. The last step of a session is
often counted after its end (docs/traps.md 70): events of an end wait for it, two minutes at most, and say whether the
figures are final.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ChargingSession, ConnectorState
from .flow import most_drawn
from .status import faulted, leading_connector, plugged_in, plugged_in as is_plugged_in, session_active

SAME_MOMENT: Final = timedelta(seconds=2)
"""One of the shapes of the status gives its times in whole seconds."""
_LONGEST_WITHOUT_START: Final = timedelta(days=1)
"""How long a session may have lasted whose start nobody tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCounter:
    """The energy in kWh of the session that began at `started_at`."""

    started_at: datetime | None = None
    energy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClock:
    """How long the session that began at `started_at` has lasted.

    `active_until` is when it was last seen active. A `closed` one has been unplugged and
    cannot go on.
    """

    started_at: datetime | None = None
    active_until: datetime | None = None
    closed: bool = False

    @property
    def minutes(self) -> int | None:
        """The duration in whole minutes, `None` while unknown."""
        if self.started_at is None or self.active_until is None:
            return None
        return (self.active_until - self.started_at) // timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCounter:
    """The energy in kWh of all sessions since the car was plugged in at `plugged_in_at`.

    `before` is that of the sessions before the one that began at `started_at`, which has taken `session_energy`. A
    `left` one is over.
    """

    plugged_in_at: datetime | None = None
    started_at: datetime | None = None
    before: float = 0.0
    session_energy: float | None = None
    left: bool = False

    @property
    def energy(self) -> float | None:
        """The energy of the visit, `None` while unknown."""
        return None if self.session_energy is None else self.before + self.session_energy


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCost:
    """What the session that began at `started_at` has cost for its first `energy` kWh, in the currency of the prices.

    `cost` is `None` once a part of it had no price: half of a bill is no bill.
    """

    started_at: datetime | None = None
    energy: float = 0.0
    cost: float | None = 0.0

    @property
    def estimate(self) -> float | None:
        """The cost so far; `None` while nothing has been delivered, for that is no session to speak of."""
        return self.cost if self.energy > 0 else None


def advance_session(counter: SessionCounter, session: ChargingSession | None, now: datetime) -> SessionCounter:
    """Return the counter after a reading of the same charger, made at `now`.

    A reading of an older session than the one known is a late one and left out. A newer
    start that still comes with exactly the energy of the session before does not count
    until the energy follows. A start that is still to come tells nothing: taken for one,
    it would shut out the true ones. Nor does an energy that nothing can have drawn since the start (docs/traps.md 81).
    """
    if session is None or session.energy is None:
        return counter
    started_at, known = session.started_at, counter.started_at
    if started_at is not None and started_at > now:
        started_at = None
    if session.energy > most_drawn(now - started_at if started_at else _LONGEST_WITHOUT_START):
        return counter
    latest = SessionCounter(started_at=started_at, energy=session.energy)
    if counter.energy is None:
        return latest
    if started_at is None or started_at == known:
        return replace(counter, energy=max(counter.energy, session.energy))
    if known is not None and started_at < known:
        return counter
    if session.energy == counter.energy and session.energy > 0:
        return counter
    return latest


def advance_visit(
    visit: VisitCounter,
    counter: SessionCounter,
    *,
    plugged_in: bool | None,
    plugged_in_at: datetime | None,
    now: datetime,
) -> VisitCounter:
    """Return the counter of the visit after a reading of the session.

    A visit begins with another time of the plug, or with the plug itself where the cloud tells no time. A session
    from before the visit, whose figures still stand then, is none of it. Late figures count once the car has left, too.
    """
    if plugged_in_at is not None and plugged_in_at > now:
        plugged_in_at = None
    if _begins_visit(visit, plugged_in=plugged_in, plugged_in_at=plugged_in_at):
        begun_at = plugged_in_at or now
        is_of_visit = counter.started_at is not None and counter.started_at >= begun_at - SAME_MOMENT
        return VisitCounter(
            plugged_in_at=begun_at,
            started_at=counter.started_at if is_of_visit else None,
            session_energy=(counter.energy or 0.0) if is_of_visit else 0.0,
            left=plugged_in is False,
        )
    if plugged_in:
        visit = replace(visit, left=False)
    if plugged_in is False:
        visit = replace(visit, left=True)
    if visit.plugged_in_at is None or counter.energy is None or counter.started_at is None:
        return visit
    if counter.started_at < visit.plugged_in_at - SAME_MOMENT:
        return visit
    if visit.started_at is None or counter.started_at == visit.started_at:
        energy = max(visit.session_energy or 0.0, counter.energy)
        return replace(visit, started_at=counter.started_at, session_energy=energy)
    if visit.left or counter.started_at < visit.started_at:
        return visit
    return replace(visit, started_at=counter.started_at, before=visit.energy or 0.0, session_energy=counter.energy)


def advance_cost(cost: SessionCost, counter: SessionCounter, price: float | None) -> SessionCost:
    """Return the estimate after a reading, with the price of a kWh that is in force."""
    if counter.energy is None:
        return cost
    if cost.started_at != counter.started_at:
        cost = SessionCost(started_at=counter.started_at)
    growth = counter.energy - cost.energy
    if growth <= 0:
        return cost
    total = cost.cost + growth * price if cost.cost is not None and price is not None else None
    return replace(cost, energy=counter.energy, cost=total)


def advance_clock(
    clock: SessionClock, status: ChargerStatus, now: datetime, *, flowing: bool | None = None
) -> SessionClock:
    """Return the clock after a reading of the same charger. Offline says nothing, and `flowing` energy is a session.

    A session that was never seen active and is over by now lasted until the car was
    unplugged, as far as anybody can tell.
    """
    session = status.session
    if session is None or status.connected is False:
        return clock
    started_at = session.started_at or clock.started_at
    if started_at is None or started_at > now:
        return clock
    if clock.started_at is None or started_at > clock.started_at:
        clock = SessionClock(started_at=started_at)
    elif started_at < clock.started_at or clock.closed:
        return clock
    active = flowing or session_active(status)
    if active:
        return replace(clock, active_until=max(now, clock.active_until or now))
    if active is False:
        return _ended(clock, session, plugged=is_plugged_in(status))
    return clock


def _begins_visit(visit: VisitCounter, *, plugged_in: bool | None, plugged_in_at: datetime | None) -> bool:
    if plugged_in_at is not None:
        return visit.plugged_in_at is None or plugged_in_at - visit.plugged_in_at > SAME_MOMENT
    return plugged_in is True and (visit.plugged_in_at is None or visit.left)


def _ended(clock: SessionClock, session: ChargingSession, *, plugged: bool | None) -> SessionClock:
    unplugged_at = session.unplugged_at
    if unplugged_at is None or clock.started_at is None or unplugged_at <= clock.started_at:
        return replace(clock, closed=plugged is False)
    return replace(clock, active_until=clock.active_until or unplugged_at, closed=True)


SHORTEST_GAP: Final = timedelta(minutes=2)
LONGEST_WAIT: Final = timedelta(minutes=2)
SETTLING: Final = timedelta(seconds=60)
"""A report that comes sooner after the end may tell no more than that something else has changed."""


class SessionEventType(StrEnum):
    """What can happen at a charger."""

    PLUGGED_IN = "plugged_in"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    FINISHED = "finished"
    UNPLUGGED = "unplugged"
    FAULTED = "faulted"


ENDS: Final = (SessionEventType.FINISHED, SessionEventType.UNPLUGGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFigures:
    """The figures of a session when an event happened: kWh, minutes, miles and money in the site's currency.

    `started_at` and `plugged_in_at` tell which session they are of.
    """

    started_at: datetime | None = None
    plugged_in_at: datetime | None = None
    energy: float | None = None
    duration: float | None = None
    range_miles: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent:
    """One event. `observed_late` marks a change that happened some time between two distant observations.

    `final` says of an end whether its figures are the last ones; it is `None` for what is no end.
    """

    kind: SessionEventType
    figures: SessionFigures
    observed_late: bool = False
    final: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """Ends that wait for the final figures until a moment."""

    kinds: tuple[SessionEventType, ...]
    figures: SessionFigures
    until: datetime
    observed_late: bool = False

    def events(self, *, final: bool) -> list[SessionEvent]:
        """Return what is to be told."""
        return [
            SessionEvent(kind=kind, figures=self.figures, observed_late=self.observed_late, final=final)
            for kind in self.kinds
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWatch:
    """The state that the next observation is compared with. `seen_at` is unset before the first one.

    A session that is `stopped` stays open until another begins or the car leaves. `anew` says that this observation was
    the first one of another session. Where the figures are still of the session before that, they are `outdated`.
    `ended_by_stop` says that a confirmed stop is why a car that is plugged in draws nothing. `idle_from` is the report
    that showed the end of the flow; figures that cannot grow any more are `settled`. `end` is what waits for that.
    """

    seen_at: datetime | None = None
    plugged_in: bool = False
    drawing: bool = False
    finishing: bool = False
    faulted: bool = False
    session_open: bool = False
    figures: SessionFigures = SessionFigures()
    outdated: bool = False
    stopped: bool = False
    anew: bool = False
    stop_confirmed: bool = False
    ended_by_stop: bool = False
    idle_from: datetime | None = None
    settled: bool = False
    end: SessionEnd | None = None


def confirm_stop(watch: SessionWatch) -> SessionWatch:
    """Note that a stop has shown its effect, so that the next observation calls it by that name."""
    return replace(watch, stop_confirmed=True)


def observe(
    watch: SessionWatch,
    status: ChargerStatus,
    figures: SessionFigures,
    *,
    flowing: bool | None,
    now: datetime,
    interval: timedelta,
) -> tuple[SessionWatch, tuple[SessionEvent, ...]]:
    """Return the state after an observation, and the events that it shows.

    `figures` are those of the session in the status, `flowing` is the judgement whether energy flows, `interval` the
    time that usually lies between observations.
    """
    if status.connected is False:
        if watch.end is None or now + interval < watch.end.until:
            return watch, ()
        return replace(watch, end=None), tuple(watch.end.events(final=False))
    after = _observed(watch, status, figures, flowing, now)
    if watch.seen_at is None:
        return after, ()
    changes = _changes(watch, after)
    # A further observation would come too late
    told, end = _told_end(watch, after, changes, is_last=watch.end is not None and now + interval >= watch.end.until)
    late = now - watch.seen_at > max(2 * interval, SHORTEST_GAP)
    for kind, shown in changes:
        if kind not in ENDS:
            told.append(SessionEvent(kind=kind, figures=shown, observed_late=late))
            continue
        final = watch.settled if after.anew else after.settled
        if end is not None:
            end = replace(end, kinds=(*end.kinds, kind))
        elif final or after.anew:
            told.append(SessionEvent(kind=kind, figures=shown, observed_late=late, final=final))
        else:
            end = SessionEnd(kinds=(kind,), figures=shown, until=now + LONGEST_WAIT, observed_late=late)
    return replace(after, end=end), tuple(told)


def _told_end(
    before: SessionWatch,
    after: SessionWatch,
    changes: list[tuple[SessionEventType, SessionFigures]],
    *,
    is_last: bool,
) -> tuple[list[SessionEvent], SessionEnd | None]:
    """Return what is told of an end that has waited, and what of it waits on."""
    end = before.end
    if end is None:
        return [], None
    is_same = after.figures.started_at == end.figures.started_at
    if is_same:
        end = replace(end, figures=after.figures)
    goes_on = any(kind not in {*ENDS, SessionEventType.FAULTED} for kind, _ in changes)
    final = is_same and after.settled and not after.drawing
    if final or goes_on or not is_same or is_last:
        return end.events(final=final), None
    return [], end


def _observed(
    watch: SessionWatch, status: ChargerStatus, figures: SessionFigures, flowing: bool | None, now: datetime
) -> SessionWatch:
    plugged, fault = plugged_in(status), faulted(status)
    leading = leading_connector(status)
    finishing = leading is not None and leading.state == ConnectorState.FINISHING
    plugged = watch.plugged_in if plugged is None else plugged
    figures = figures if figures.started_at else replace(figures, started_at=watch.figures.started_at)
    started_at = _told_start(status, now)
    figures_lag = _is_later(started_at, figures.started_at)
    was_stopped = watch.session_open and (watch.stopped or watch.stop_confirmed)
    is_undecided = figures_lag and watch.session_open and not was_stopped and not watch.outdated
    plugged = plugged or flowing is True
    drawing = plugged and (watch.drawing if flowing is None or is_undecided else flowing)
    # What a stopped session draws while it ends is no going on
    drawing = drawing and not (finishing and was_stopped)
    ended = not plugged or (watch.finishing and not finishing and not drawing)
    session_open = plugged and (drawing or (watch.session_open and not ended))
    anew = (
        drawing
        and watch.session_open
        and not watch.outdated
        and _is_another(watch.figures, figures, started_at if was_stopped else None)
    )
    idle_from, settled = _settling(watch, figures, drawing=drawing, at=status.reported_at or now)
    has_old_figures = figures.started_at is not None and figures.started_at == watch.figures.started_at
    return SessionWatch(
        seen_at=now,
        plugged_in=plugged,
        drawing=drawing,
        finishing=finishing,
        faulted=watch.faulted if fault is None else fault,
        session_open=session_open,
        figures=figures,
        outdated=session_open and has_old_figures and (watch.outdated or anew or not watch.session_open),
        stopped=session_open and not drawing and was_stopped,
        anew=anew,
        ended_by_stop=plugged and not drawing and (watch.ended_by_stop or watch.stop_confirmed),
        idle_from=idle_from,
        settled=settled,
    )


def _settling(
    watch: SessionWatch, figures: SessionFigures, *, drawing: bool, at: datetime
) -> tuple[datetime | None, bool]:
    """Return the report that showed the end of the flow, and whether the figures have been counted to the end."""
    if drawing:
        return None, False
    if watch.idle_from is None:
        # A car that was not seen to draw owes nothing
        return at, not watch.drawing
    known = watch.figures
    if known.started_at != figures.started_at:
        return at, False
    has_grown = known.energy is not None and figures.energy is not None and figures.energy > known.energy
    return watch.idle_from, watch.settled or has_grown or at - watch.idle_from >= SETTLING


def _changes(before: SessionWatch, after: SessionWatch) -> list[tuple[SessionEventType, SessionFigures]]:
    changes: list[tuple[SessionEventType, SessionFigures]] = []
    if after.faulted and not before.faulted:
        changes.append((SessionEventType.FAULTED, after.figures))
    if after.plugged_in and not before.plugged_in:
        changes.append((SessionEventType.PLUGGED_IN, SessionFigures()))
    if before.stop_confirmed and before.session_open:
        changes.append((SessionEventType.STOPPED, after.figures))
    if before.session_open and (after.anew or not after.session_open):
        # Once a newer session is under way the status has forgotten the one that ended.
        changes.append((SessionEventType.FINISHED, before.figures if after.anew else after.figures))
    if after.drawing and (after.anew or not before.session_open):
        changes.append((SessionEventType.STARTED, SessionFigures() if after.outdated else after.figures))
    elif after.session_open and before.session_open and not after.anew:
        if after.drawing and (before.stop_confirmed or not before.drawing):
            changes.append((SessionEventType.RESUMED, after.figures))
        elif before.drawing and not after.drawing and not before.stop_confirmed:
            changes.append((SessionEventType.PAUSED, after.figures))
    if before.plugged_in and not after.plugged_in:
        changes.append((SessionEventType.UNPLUGGED, after.figures))
    return changes


def _is_another(last: SessionFigures, figures: SessionFigures, started_at: datetime | None) -> bool:
    """Return whether a session that draws power is another one than that of the `last` figures.

    `started_at` is a start that tells it by itself, `None` if there is none.
    """
    if _is_later(started_at, last.started_at):
        return True
    if not _is_later(figures.started_at, last.started_at):
        return False
    if last.energy is None or figures.energy is None or figures.energy < last.energy:
        return True
    # What lies between may have gone unseen, and the newer session may have taken more by now
    if last.plugged_in_at is None or figures.plugged_in_at is None:
        return False
    return figures.plugged_in_at - last.plugged_in_at > SAME_MOMENT


def _told_start(status: ChargerStatus, now: datetime) -> datetime | None:
    """Return the start that a status tells, which its figures may not belong to yet."""
    started_at = status.session.started_at if status.session else None
    return started_at if started_at is not None and started_at <= now else None


def _is_later(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other
