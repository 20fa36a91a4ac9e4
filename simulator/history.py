"""The record of a charger's sessions, from plug-in to plug-out (docs/api.md §7.2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
import math
import random

from .clock import Clock
from .tariffs import WEEKEND
from .wire import epoch_seconds

_DAYS_OF_A_YEAR = 365
_SHARE_OF_DAYS = 0.8
_SEEDED_WATTS = 7360.0
_NOON = 12
_EVENING = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One session as the cloud lists it: ``started_at`` to ``ended_at`` is the time on the cable, idle time included.

    ``charging_from`` is when the transaction began, ``active_seconds`` how long energy flowed. ``ended_at`` None is a
    session that goes on.
    """

    session_id: int
    started_at: datetime
    charging_from: datetime
    ended_at: datetime | None
    energy_wh: float
    active_seconds: float

    def overlaps(self, other: SessionRecord) -> bool:
        """Whether both are on the cable at one moment."""
        return (other.ended_at is None or self.started_at < other.ended_at) and (
            self.ended_at is None or other.started_at < self.ended_at
        )


@dataclass(slots=True, kw_only=True)
class SessionHistory:
    """Sessions from before the simulation began, and how the list is served.

    ``cost_after``: how long after its end a session gets its cost. ``cost_in_status``:
    whether the status tells it then, too. ``appears_after``: how long after its end a
    session is still missing. ``page_overlap``: rows of the previous page that every further page repeats.
    ``by_overlap``: a range holds sessions that touch it instead of those that start in it. ``oldest_first``: the
    order of rows, which nobody knows of the real one.
    """

    serial: str
    clock: Clock
    local: Callable[[datetime], datetime]
    earlier: list[SessionRecord] = field(default_factory=list)
    cost_after: timedelta = timedelta(hours=2)
    cost_in_status: bool = True
    appears_after: timedelta = timedelta()
    page_overlap: int = 0
    by_overlap: bool = False
    oldest_first: bool = False

    def seed_year(self, *, days: int = _DAYS_OF_A_YEAR, besides: Iterable[SessionRecord] = ()) -> None:
        """Add a session on most of the past ``days`` that have none yet, here or in ``besides``.

        The same day gives the same session for a charger.
        Evening sessions stay plugged in overnight with hours of idle time; at weekends the car comes at noon.
        """
        now = self.clock()
        today = self.local(now)
        taken = [*self.earlier, *besides]
        for days_ago in range(days, 0, -1):
            record = _seeded(today.date() - timedelta(days=days_ago), today.tzinfo, self.serial)
            if record is None or record.ended_at is None or record.ended_at > now:
                continue
            if not any(self._is_same_day(record, other) or record.overlaps(other) for other in taken):
                self.add(record)

    def _is_same_day(self, one: SessionRecord, other: SessionRecord) -> bool:
        return self.local(one.started_at).date() == self.local(other.started_at).date()

    def add(self, record: SessionRecord) -> None:
        """Add a session from before the simulation began."""
        self.earlier.append(record)


def _seeded(day: date, zone: tzinfo | None, key: str) -> SessionRecord | None:
    dice = random.Random(f"{key} of {day}")
    happens, late, much, idle = (dice.random() for _ in range(4))
    if happens > _SHARE_OF_DAYS:
        return None
    hour = _NOON if day.isoweekday() in WEEKEND else _EVENING
    arrival = datetime.combine(day, time(hour), zone) + timedelta(hours=3 * late)
    started_at = arrival.astimezone(UTC).replace(microsecond=310_000)
    charging_from = started_at + timedelta(seconds=20)
    energy_wh = round(2000 + 10_000 * much, 1)
    active_seconds = math.ceil(energy_wh / _SEEDED_WATTS * 3600)
    return SessionRecord(
        session_id=epoch_seconds(charging_from),
        started_at=started_at,
        charging_from=charging_from,
        ended_at=charging_from + timedelta(seconds=active_seconds, hours=0.25 + 8 * idle),
        energy_wh=energy_wh,
        active_seconds=active_seconds,
    )
