"""Past sessions on their way into hourly statistics.

What an hour holds depends on the sessions alone and not on the range of days that was asked for. So every session that
touches the range counts whole, also before and after it, and its neighbours have to be known for the hours they share.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from ..days import ONE_DAY, Days
from ..enlighten.models.sessions import HistorySession
from .hourly import ONE_HOUR, hour_of, split_by_hour
from .past_sessions import hourly, span

MARGIN: Final = timedelta(days=7)
"""How far around a range neighbours are looked for: longer than a car usually stays plugged in."""

PART: Final = timedelta(days=31)
"""How many days are read at once; the sessions of so many usually fit on one page."""


@dataclass(slots=True)
class HourAmounts:
    """Amounts by hour (UTC), and the hours that belong to a session of the range."""

    _all: dict[datetime, float] = field(default_factory=dict)
    _of_range: set[datetime] = field(default_factory=set)

    def add(self, shares: Iterable[tuple[datetime, float]], *, of_range: bool) -> None:
        """Add the shares of one session."""
        for hour, share in shares:
            self._all[hour] = self._all.get(hour, 0.0) + share
            if of_range:
                self._of_range.add(hour)

    @property
    def of_range(self) -> Mapping[datetime, float]:
        """What the hours of the range hold, as far as sessions were added."""
        return {hour: self._all[hour] for hour in sorted(self._of_range)}


@dataclass(slots=True, kw_only=True)
class SessionHours:
    """The sessions of one charger that touch the time from `start` until before `end`, and what their hours hold.

    `finished` and `running` count these sessions, `without_energy` and `without_cost` those among the finished ones
    of which the cloud does not know it (yet). `energy` is kWh, `cost` money in the site's currency.
    """

    start: datetime
    end: datetime
    finished: int = 0
    running: int = 0
    without_energy: int = 0
    without_cost: int = 0
    total_energy: float = 0.0
    total_cost: float = 0.0
    energy: HourAmounts = field(default_factory=HourAmounts)
    cost: HourAmounts = field(default_factory=HourAmounts)
    _seen: set[str] = field(default_factory=set)
    _covered: set[datetime] = field(default_factory=set)

    def add(self, sessions: Iterable[HistorySession]) -> None:
        """Add sessions, each of them once however often it is listed."""
        for session in sessions:
            if session.session_id not in self._seen:
                self._seen.add(session.session_id)
                self._add(session)

    def given_up(self, known: Mapping[datetime, float], start: datetime, end: datetime) -> set[datetime]:
        """Return the hours to which the cloud knows no session any more, of those that are known to have an amount.

        Between `start` and `end` all sessions must have been added that began there. One that began before goes on
        without a gap, so the hours that follow on `start` may be its own.
        """
        hour = hour_of(start)
        while known.get(hour) and hour not in self._covered:
            hour += ONE_HOUR
        last = hour_of(end)
        return {each for each, amount in known.items() if amount and hour <= each < last} - self._covered

    def _add(self, session: HistorySession) -> None:
        when = span(session)
        if when is None:
            self.running += session.started_at is not None and session.started_at < self.end
            return
        of_range = when.touches(self.start, self.end)
        self._covered.update(hour for hour, _ in split_by_hour(1.0, when.start, when.end))
        if of_range:
            self.finished += 1
            self.without_energy += session.energy is None
            self.without_cost += session.cost is None
            self.total_energy += session.energy or 0.0
            self.total_cost += session.cost or 0.0
        self.energy.add(hourly(session.energy, session), of_range=of_range)
        self.cost.add(hourly(session.cost, session), of_range=of_range)


def parts(wanted: Days, today: date) -> tuple[Days, ...]:
    """Return what to read, in order, to know the sessions of some days and their neighbours, up to today."""
    first, last = wanted.first - MARGIN, min(wanted.last + MARGIN, today)
    found: list[Days] = []
    while first <= last:
        found.append(Days(first=first, last=min(first + PART - ONE_DAY, last)))
        first += PART
    return tuple(found)
