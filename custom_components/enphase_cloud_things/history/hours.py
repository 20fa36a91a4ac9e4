"""Past sessions by the hour, as long-term statistics keep them: an amount for each hour, and a sum that only goes on.

The amount of an hour belongs to that hour alone, so an hour may be written again, in any order and as often as one
likes. The sum of an hour includes all hours before it: what changes in the past shifts every later sum.

What an hour holds depends on the sessions alone and not on the range of days that was asked for. So every session that
touches the range counts whole, also before and after it, and its neighbours have to be known for the hours they share.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ..days import ONE_DAY, ONE_HOUR, Days
from ..enlighten.models.sessions import HistorySession
from .sessions import span

_UNCHANGED: Final = 1e-9

MARGIN: Final = timedelta(days=7)
"""How far around a range neighbours are looked for: longer than a car usually stays plugged in."""

PART: Final = timedelta(days=31)
"""How many days are read at once; the sessions of so many usually fit on one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourTotal:
    """The `amount` of the hour that begins at `start` (UTC), and the `total` of all hours up to its end."""

    start: datetime
    amount: float
    total: float


def hour_of(moment: datetime) -> datetime:
    """Return the full hour, in UTC, at or before a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def split_by_hour(amount: float, start: datetime, end: datetime) -> tuple[tuple[datetime, float], ...]:
    """Divide what accrued evenly between two moments among the hours.

    The shares add up to the amount, and none has another sign. Without any time between, it all belongs to the hour
    of `start`.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return ((hour_of(start), amount),)
    shares: list[tuple[datetime, float]] = []
    hour, before = hour_of(start), 0.0
    while hour < end:
        # Every share is a difference of the running total, so that rounding cannot add up.
        until = amount * ((min(hour + ONE_HOUR, end) - start) / (end - start))
        shares.append((hour, until - before))
        hour, before = hour + ONE_HOUR, until
    return tuple(shares)


def merged(known: Iterable[HourTotal], amounts: Mapping[datetime, float]) -> tuple[HourTotal, ...]:
    """Return the hours that have to be written, in order, for some hours to have these amounts.

    `known` are all hours there are. Those to be written include later ones, whose totals shift. An hour that is
    unknown and has no amount stays unknown.
    """
    by_start = {hour.start: hour for hour in known}
    shift = total = 0.0
    changed: list[HourTotal] = []
    for start in sorted(by_start.keys() | amounts.keys()):
        old = by_start.get(start)
        amount = amounts.get(start, old.amount if old else 0.0)
        if old is None and amount == 0:
            continue
        shift += amount - (old.amount if old else 0.0)
        total = old.total if old else total
        new = HourTotal(start=start, amount=amount, total=total + shift)
        if old is None or _differ(old, new):
            changed.append(new)
    return tuple(changed)


def _differ(old: HourTotal, new: HourTotal) -> bool:
    return abs(new.amount - old.amount) > _UNCHANGED or abs(new.total - old.total) > _UNCHANGED


def hourly(amount: float | None, session: HistorySession) -> tuple[tuple[datetime, float], ...]:
    """Divide an amount of a session, such as its energy, among the hours the car was plugged in.

    Nothing comes of an unknown amount and of a session that goes on.
    """
    when = span(session)
    return split_by_hour(amount, when.start, when.end) if amount is not None and when else ()


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
