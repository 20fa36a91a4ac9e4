"""Energy and duration of the current session, or of the last one.

A session is known by its start. The cloud keeps the last session's figures while the
charger is idle, lets them stand for some polls after a new start, and drops them to
zero now and then; so energy falls only together with a newer start (docs/api.md §4.5).

The duration counts from the start to the last moment the session was seen active. It
stands still in a pause by the charger, jumps over it if the same session goes on, and
freezes when the session ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from ..enlighten.models.chargers import ChargerStatus, ChargingSession
from ..stored import StoredState, iso, stored_number, stored_time
from .status import plugged_in, session_active


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


def advance_clock(clock: SessionClock, status: ChargerStatus, now: datetime) -> SessionClock:
    """Return the clock after a reading of the same charger. Offline says nothing.

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
    active = session_active(status)
    if active:
        return replace(clock, active_until=max(now, clock.active_until or now))
    if active is False:
        return _ended(clock, session, plugged=plugged_in(status))
    return clock


def _ended(clock: SessionClock, session: ChargingSession, *, plugged: bool | None) -> SessionClock:
    unplugged_at = session.unplugged_at
    if unplugged_at is None or clock.started_at is None or unplugged_at <= clock.started_at:
        return replace(clock, closed=plugged is False)
    return replace(clock, active_until=clock.active_until or unplugged_at, closed=True)
