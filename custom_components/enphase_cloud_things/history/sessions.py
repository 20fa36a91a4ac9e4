"""Which past session is the one that the status tells of, and what the history adds to it.

The status knows a session by the start of charging, the history by an id which is that start in seconds; both give
the time when the car was plugged in (docs/api.md §4.5, §7.2). Costs come hours later and may change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Final

from ..chargers.metering import Measurements
from ..chargers.sessions import SAME_MOMENT
from ..enlighten.models.chargers import ChargingSession
from ..enlighten.models.sessions import HistorySession

_LONGEST_WAIT_ON_CABLE: Final = timedelta(days=60)
_EPOCH_DIGITS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When a session began and ended, UTC."""

    start: datetime
    end: datetime

    def touches(self, start: datetime, end: datetime) -> bool:
        """Return whether any of it lies between two moments, the second one excluded."""
        return self.start < end and (self.end > start or self.start >= start)


def matching_session(session: ChargingSession, history: Sequence[HistorySession]) -> HistorySession | None:
    """Return the entry of the history for the session of a status, `None` if there is none or it cannot be told.

    The time of plugging in decides only where ids tell nothing: on one cable several sessions may follow each other.
    """
    started_at, plugged_in_at = session.started_at, session.plugged_in_at
    if started_at is not None and (match := next((each for each in history if _begins(each, started_at)), None)):
        return match
    if plugged_in_at is None:
        return None
    candidates = [
        each
        for each in history
        if each.started_at
        and abs(each.started_at - plugged_in_at) <= SAME_MOMENT
        and (started_at is None or _start_in_id(each) is None)
    ]
    return candidates[0] if len(candidates) == 1 else None


def _begins(session: HistorySession, moment: datetime) -> bool:
    start = _start_in_id(session)
    return start is not None and abs(start - moment) <= SAME_MOMENT


def _start_in_id(session: HistorySession) -> datetime | None:
    """Return the start of charging if the id of a session is one: no time before the car was plugged in, or long after.

    Without the time of plugging in any id that could be a time is taken for one.
    """
    if not session.session_id.isdecimal() or len(session.session_id) != _EPOCH_DIGITS:
        return None
    start = datetime.fromtimestamp(int(session.session_id), UTC)
    plugged_in_at = session.started_at
    if plugged_in_at and not plugged_in_at - SAME_MOMENT <= start <= plugged_in_at + _LONGEST_WAIT_ON_CABLE:
        return None
    return start


def session_cost(session: ChargingSession | None, history: Sequence[HistorySession]) -> float | None:
    """Return what a session has cost, in the site's currency, as soon as anybody knows.

    Of a session that is over, the history knows better: costs are corrected there, also by hand.
    """
    if session is None:
        return None
    match = matching_session(session, history)
    if match and match.cost is not None and (session.cost is None or match.ended_at is not None):
        return match.cost
    return session.cost


def estimated_cost(session: ChargingSession | None, figures: Measurements) -> float | None:
    """Return the estimate of what a session has cost, `None` if the figures are those of another one."""
    is_of_session = session is not None and session.started_at == figures.session_started_at
    return figures.session_cost if is_of_session else None


def session_range(session: ChargingSession | None, history: Sequence[HistorySession]) -> float | None:
    """Return how far a session's energy takes the car, in miles, as soon as anybody knows."""
    if session is None or session.range_miles is not None:
        return session.range_miles if session else None
    match = matching_session(session, history)
    return match.range_miles if match else None


def last_session(history: Sequence[HistorySession]) -> HistorySession | None:
    """Return the session that ended last and whose energy is known."""
    over = [(each.ended_at, each) for each in history if each.ended_at is not None and each.energy is not None]
    return max(over, key=itemgetter(0))[1] if over else None


def begun_at(session: HistorySession) -> datetime | None:
    """Return when charging began, else when the car was plugged in."""
    return _start_in_id(session) or session.started_at


def span(session: HistorySession) -> Span | None:
    """Return when a session took place, `None` while it goes on.

    Of a session without a start only the moment of its end is known.
    """
    if session.ended_at is None:
        return None
    start = session.started_at or session.ended_at
    return Span(start=start, end=max(start, session.ended_at))
