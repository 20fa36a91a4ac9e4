"""How much may be asked of the cloud, and when: budget, places, pauses and back-off (docs/api.md §11.2).

Nothing here sends a request, and every time is passed in.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final

from .endpoints import ACCOUNT_FAMILIES, GRID_SERVICES_FAMILIES, Family, Host
from .errors import NoPlace, NotSupported, ServiceUnavailable

# Returns the present as aware UTC
type Clock = Callable[[], datetime]
# Chooses a factor between two bounds
type Jitter = Callable[[float, float], float]

_WINDOW: Final = timedelta(minutes=60)
# Whatever a `Retry-After` says, a probe is sent after this long: a longer wait is a mistake of somebody's
LONGEST_WAIT: Final = timedelta(hours=1)


def utc_now() -> datetime:
    """Return the present time of this machine."""
    return datetime.now(UTC)


class Priority(Enum):
    """Who may use the last of the budget. The value is what must be left for more important requests."""

    SIGN_IN = 0
    STATUS = 8
    OTHER = 40


class RequestBudget:
    """Counts requests of the account and says when there are more than `limit` in any 60 minutes.

    A command is never refused, but it counts, and so leaves less for the reads.
    """

    def __init__(self, limit: int = 480) -> None:
        self.limit = limit
        self._sent: deque[datetime] = deque()

    def used(self, now: datetime) -> int:
        """Count the requests of the last 60 minutes."""
        while self._sent and self._sent[0] < now - _WINDOW:
            self._sent.popleft()
        return len(self._sent)

    def spend(self, now: datetime) -> None:
        """Count one request that is sent now."""
        self._sent.append(now)

    @property
    def sent(self) -> tuple[datetime, ...]:
        """The times of the requests that were counted last, in order."""
        return tuple(self._sent)

    def absorb(self, other: RequestBudget) -> None:
        """Count what another budget has counted, which turned out to be of the same account."""
        self._sent = deque(sorted((*self._sent, *other.sent)))

    def free_at(self, priority: Priority, now: datetime) -> datetime | None:
        """Return when a request of that priority fits in, or `None` if it does now."""
        surplus = self.used(now) - (self.limit - priority.value)
        if surplus < 0:
            return None
        # One instant later than the one that makes place, for both ends of an hour belong to it
        return self._sent[surplus] + _WINDOW + timedelta(microseconds=1)

    def restore(self, sent: Iterable[float], now: datetime) -> None:
        """Count what was `sent` before a restart, in seconds since 1970; what is old, or yet to come, does not count.

        Who stores it does so every few minutes and at the end, so that a restart does not begin a new hour.
        """
        earliest = (now - _WINDOW).timestamp()
        times = [each for each in sent if earliest <= each <= now.timestamp()]
        self._sent = deque(
            sorted((*self._sent, *(datetime.fromtimestamp(each, UTC) for each in times[-2 * self.limit :])))
        )


class Pauses:
    """The pauses that the cloud asks for with 429, no wider than their cause.

    What the chargers cannot do without pauses the account; a family that they can do without pauses itself, and one
    of the other host that host.
    """

    def __init__(self) -> None:
        self._until: dict[Family | Host | None, datetime] = {}
        self._in_a_row: defaultdict[Family | Host | None, int] = defaultdict(int)

    def account_until(self, now: datetime) -> datetime | None:
        """Return when the pause of the account ends, or `None` if there is none."""
        return self._end(None, now)

    def until(self, family: Family, now: datetime) -> datetime | None:
        """Return when a family may be read again, or `None` if it may be now."""
        return max(filter(None, (self._end(None, now), self._end(_scope(family), now))), default=None)

    def begin(self, family: Family, now: datetime, *, retry_at: datetime | None, jitter: Jitter) -> datetime:
        """Pause after a 429, at least until `retry_at` but for an hour at most, and return the end.

        The least pause doubles from one minute to eight, with jitter, whatever the cloud says: a time that has
        passed would be none. A pause under way never gets shorter.
        """
        scope = _scope(family)
        delay = timedelta(seconds=60 * 2 ** min(self._in_a_row[scope], 3) * jitter(1.0, 2.5))
        end = min(max(retry_at or now, now + delay), now + LONGEST_WAIT)
        under_way = self._end(scope, now)
        if under_way is None:
            self._in_a_row[scope] += 1
        self._until[scope] = max(end, under_way or end)
        return self._until[scope]

    def extend(self, until: datetime, now: datetime) -> None:
        """Pause the account at least until that time, such as one remembered from before a restart."""
        end = min(until, now + LONGEST_WAIT)
        self._until[None] = max(end, self._until.get(None, end))

    def succeed(self, family: Family, now: datetime) -> None:
        """Note an answer. One that was on its way while the pause began does not end the pause."""
        scope = _scope(family)
        if self._end(scope, now) is None:
            self._in_a_row.pop(scope, None)

    def _end(self, scope: Family | Host | None, now: datetime) -> datetime | None:
        until = self._until.get(scope)
        return until if until is not None and now < until else None


def _scope(family: Family) -> Family | Host | None:
    """Return what a 429 pauses; `None` is the account."""
    if family in GRID_SERVICES_FAMILIES:
        return Host.GRID_SERVICES
    return None if family in ACCOUNT_FAMILIES else family


class Places:
    """At most two reads at once, of which others than the status may hold one, and room beside them.

    A read that is urgent, for a command waits for it, has a place of its own. Commands wait only for an earlier one to
    the same charger and for one of ten places, and a stop for nothing.
    """

    def __init__(self) -> None:
        self._reads = asyncio.Semaphore(2)
        self._others = asyncio.Semaphore(1)
        self._urgent = asyncio.Semaphore(1)
        self._commands = asyncio.Semaphore(10)
        self._targets: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def for_read(self, family: Family, *, urgent: bool, longest_wait: float) -> AsyncIterator[None]:
        """Wait for a place and hold it.

        Raises:
            NoPlace: other reads held the places for as long as that, in seconds.
        """
        if urgent:
            places: tuple[asyncio.Semaphore, ...] = (self._urgent,)
        else:
            places = (self._reads,) if family is Family.STATUS else (self._others, self._reads)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(longest_wait):
                    for place in places:
                        await stack.enter_async_context(place)
            except TimeoutError:
                raise NoPlace(f"Other reads kept {family} waiting") from None
            yield

    @asynccontextmanager
    async def for_command(self, target: str) -> AsyncIterator[None]:
        """Wait until the charger (or site) has no other command, then for a place, and hold it."""
        async with self._targets[target], self._commands:
            yield


class Failure(Enum):
    """How a family failed. Refused means 401, 403 or 404, three of which mean that it is not supported.

    A 401 while the session has ended says nothing about the family.
    """

    REFUSED = auto()
    SESSION_ENDED = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class _Delays:
    """Seconds to wait after each failure in a row, the last for all further ones, and their jitter."""

    seconds: tuple[int, ...]
    jitter: float = 1.1


_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_PROBE: Final = timedelta(days=1)
_REFUSALS_UNTIL_UNSUPPORTED: Final = 3

_CORE: Final = _Delays((60, 120, 240, 480, 600), jitter=1.25)
_OPTIONAL: Final = _Delays((5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, 60 * _MINUTE))
_QUARTER: Final = _Delays((15 * _MINUTE,))
_DELAYS: Final[Mapping[Family, _Delays]] = {
    Family.STATUS: _CORE,
    Family.SUMMARY: _CORE,
    Family.MODE: _OPTIONAL,
    Family.GREEN: _OPTIONAL,
    Family.CONFIGURATION: _QUARTER,
    Family.SCHEDULES: _OPTIONAL,
    Family.VPP_ENROLMENT: _Delays((15 * _MINUTE, 30 * _MINUTE, 2 * _HOUR)),
    Family.VPP_EVENTS: _Delays((5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE)),
    Family.TARIFF: _OPTIONAL,
    Family.DATED_RATES: _Delays((_HOUR, 6 * _HOUR, 24 * _HOUR)),
    Family.SAVINGS: _OPTIONAL,
    Family.CURRENCY: _OPTIONAL,
    Family.HISTORY: _QUARTER,
    Family.FIRMWARE: _QUARTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    failures: int
    refusals: int
    next_try: datetime


class BackOff:
    """Remembers failures per family and target (a site or a charger): one that fails leaves the others alone."""

    def __init__(self) -> None:
        self._states: dict[tuple[Family, str], _State] = {}

    def check(self, family: Family, target: str, now: datetime) -> None:
        """Raise if the family should not be asked now.

        Raises:
            NotSupported: the family was refused three times in a row; it is tried once a day.
            ServiceUnavailable: the family failed, and its time has not come yet.
        """
        state = self._states.get((family, target))
        if state is None or now >= state.next_try:
            return
        if self.is_refused(family, target):
            raise NotSupported(f"The cloud keeps refusing {family}")
        raise ServiceUnavailable(f"Backing off from {family}", retry_at=state.next_try)

    def is_refused(self, family: Family, target: str) -> bool:
        """Return whether the family was refused three times in a row and nothing else came since."""
        state = self._states.get((family, target))
        return state is not None and state.refusals >= _REFUSALS_UNTIL_UNSUPPORTED

    def succeed(self, family: Family, target: str) -> None:
        """Forget the failures."""
        self._states.pop((family, target), None)

    def fail(
        self,
        family: Family,
        target: str,
        failure: Failure,
        now: datetime,
        *,
        retry_at: datetime | None,
        jitter: Jitter,
    ) -> datetime | None:
        """Note a failure and return when the family may be asked again; `None` means at any time."""
        delays = _DELAYS.get(family)
        if delays is None or (failure is Failure.REFUSED and delays is _CORE):
            return None
        last = self._states.get((family, target)) or _State(failures=0, refusals=0, next_try=now)
        failures, refusals = last.failures, last.refusals
        if failure is not Failure.SESSION_ENDED:
            failures += 1
            refusals = refusals + 1 if failure is Failure.REFUSED else 0
        seconds = delays.seconds[min(max(failures, 1), len(delays.seconds)) - 1]
        delay = timedelta(seconds=seconds * jitter(1.0, delays.jitter))
        if refusals >= _REFUSALS_UNTIL_UNSUPPORTED and family is not Family.VPP_ENROLMENT:
            delay = _PROBE
        next_try = max(now + delay, retry_at or now)
        self._states[family, target] = _State(failures=failures, refusals=refusals, next_try=next_try)
        return next_try

    def next_try(self, family: Family, now: datetime) -> datetime | None:
        """Return when the first of the family's failed targets is asked again, if any is held back."""
        waiting = [
            state.next_try for (failed, _), state in self._states.items() if failed is family and now < state.next_try
        ]
        return min(waiting, default=None)
