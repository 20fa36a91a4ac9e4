"""Past charging sessions as the cloud's history lists them."""

from dataclasses import dataclass
from datetime import datetime

from ..errors import InvalidResponse
from ..wire import ACTIVE_SECONDS, MILES, MONEY, SESSION_WATT_HOURS, Fields, JsonValue, Oddities, wire_field


def _session_id(row: Fields) -> str:
    """Return the id of a session; the long form of it begins with that of the charger."""
    session_id = row.identifier("sessionId")
    if session_id is None and (long_id := row.identifier("id")) is not None:
        session_id = long_id.rpartition(":")[2]
    if not session_id:
        raise InvalidResponse(f"{row.path}.sessionId")
    return session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySession:
    """One session from plug-in to plug-out, idle time included (docs/api.md §7.2).

    A session that is still open has no `ended_at`. `energy` is kWh, `active_seconds` the time of actual charging,
    `cost` money in the site's currency. The cost may come hours after the end and may change again.
    """

    session_id: str = wire_field(_session_id, shown=False)
    started_at: datetime | None = wire_field(lambda row: row.time("startTime"))
    ended_at: datetime | None = wire_field(lambda row: row.time("endTime"))
    energy: float | None = wire_field(lambda row: row.number(SESSION_WATT_HOURS, "aggEnergyValue"))
    active_seconds: float | None = wire_field(lambda row: row.number(ACTIVE_SECONDS, "activeChargeTime"))
    range_miles: float | None = wire_field(lambda row: row.number(MILES, "milesAdded"))
    cost: float | None = wire_field(lambda row: row.number(MONEY, "sessionCost"))

    @classmethod
    def from_wire(cls, row: Fields) -> HistorySession:
        """Read a session.

        Raises:
            InvalidResponse: the session has no id or no time at all.
        """
        session = row.build(cls)
        if session.started_at is None and session.ended_at is None:
            raise InvalidResponse(f"{row.path}.startTime")
        return session


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Some sessions, in the order of the reply, and whether the cloud has more."""

    sessions: tuple[HistorySession, ...]
    has_more: bool


def read_history_page(value: JsonValue, oddities: Oddities) -> HistoryPage:
    """Read one page of the history (docs/api.md §7.2).

    Unlike elsewhere one unreadable session spoils the whole page: a history with a gap would pass for a complete one.

    Raises:
        InvalidResponse: the page or any session on it could not be read, or it is empty with more to follow.
    """
    data = Fields.of_reply(value, "history", oddities).fields("data")
    listed = data.raw("result")
    rows = data.rows("result")
    if not isinstance(listed, list) or len(rows) != len(listed):
        raise InvalidResponse("history.data.result")
    sessions = tuple(HistorySession.from_wire(row) for row in rows)
    has_more = data.boolean("hasMore")
    if has_more is None if sessions else has_more:
        raise InvalidResponse("history.data.hasMore")
    return HistoryPage(sessions=sessions, has_more=bool(has_more))
