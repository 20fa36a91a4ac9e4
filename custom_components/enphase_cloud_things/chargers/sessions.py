"""Energy and duration of the current session, or of the last one.

A session is known by its start. The cloud keeps the last session's figures while the
charger is idle, lets them stand for some polls after a new start, and drops them to
zero now and then; so energy falls only together with a newer start (docs/api.md §4.5).

Several sessions may follow each other while the car stays plugged in: restarts and stops cut the energy of such a
visit nowhere. What a session costs is estimated from the price in force while it draws, until the cloud has worked it
out.

The duration counts from the start to the last moment the session was seen active. It
stands still in a pause by the charger, jumps over it if the same session goes on, and
freezes when the session ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from ..enlighten.models.chargers import ChargerStatus, ChargingSession
from ..stored import StoredState, iso, stored_number, stored_time
from .status import plugged_in as is_plugged_in, session_active

SAME_MOMENT: Final = timedelta(seconds=2)
"""One of the shapes of the status gives its times in whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCounter:
    """The energy in kWh of the session that began at `started_at`."""

    started_at: datetime | None = None
    energy: float | None = None

    def as_dict(self) -> StoredState:
        """Return what a restart has to remember."""
        return {"started_at": iso(self.started_at), "energy": self.energy}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the counter that was remembered."""
        return cls(started_at=stored_time(data, "started_at"), energy=stored_number(data, "energy"))


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

    def as_dict(self) -> StoredState:
        """Return what a restart has to remember."""
        return {
            "started_at": iso(self.started_at),
            "active_until": iso(self.active_until),
            "closed": self.closed,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the clock that was remembered."""
        return cls(
            started_at=stored_time(data, "started_at"),
            active_until=stored_time(data, "active_until"),
            closed=data.get("closed") is True,
        )


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

    def as_dict(self) -> StoredState:
        """Return what a restart has to remember."""
        return {
            "plugged_in_at": iso(self.plugged_in_at),
            "started_at": iso(self.started_at),
            "before": self.before,
            "session_energy": self.session_energy,
            "left": self.left,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the counter that was remembered."""
        return cls(
            plugged_in_at=stored_time(data, "plugged_in_at"),
            started_at=stored_time(data, "started_at"),
            before=max(stored_number(data, "before") or 0.0, 0.0),
            session_energy=stored_number(data, "session_energy"),
            left=data.get("left") is True,
        )


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

    def as_dict(self) -> StoredState:
        """Return what a restart has to remember."""
        return {"started_at": iso(self.started_at), "energy": self.energy, "cost": self.cost}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the estimate that was remembered."""
        return cls(
            started_at=stored_time(data, "started_at"),
            energy=max(stored_number(data, "energy") or 0.0, 0.0),
            cost=stored_number(data, "cost") if data else 0.0,
        )


def advance_session(counter: SessionCounter, session: ChargingSession | None, now: datetime) -> SessionCounter:
    """Return the counter after a reading of the same charger, made at `now`.

    A reading of an older session than the one known is a late one and left out. A newer
    start that still comes with exactly the energy of the session before does not count
    until the energy follows. A start that is still to come tells nothing: taken for one,
    it would shut out the true ones.
    """
    if session is None or session.energy is None:
        return counter
    started_at, known = session.started_at, counter.started_at
    if started_at is not None and started_at > now:
        started_at = None
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
