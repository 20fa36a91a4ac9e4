"""How much may be asked of the cloud: budget, places and the pause of the account.

Nothing here sends a request. See docs/api.md §11.2.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

# Chooses a factor between two bounds
type Jitter = Callable[[float, float], float]

_WINDOW: Final = timedelta(minutes=60)
# Whatever the cloud asks for; a longer wait is a mistake of somebody's
LONGEST_WAIT: Final = timedelta(hours=24)


class Priority(Enum):
    """Who may use the last of the budget. The value is what must be left for more important requests."""

    SIGN_IN = 0
    STATUS = 8
    OTHER = 40


class RequestBudget:
    """Counts requests of the account in a sliding hour and says when there are too many.

    A command is never refused, but it counts, and so leaves less for the reads.
    """

    def __init__(self, limit: int = 480) -> None:
        """Allow `limit` requests in any 60 minutes."""
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
        """Tell when a request of that priority fits in, or `None` if it does now."""
        surplus = self.used(now) - (self.limit - priority.value)
        if surplus < 0:
            return None
        # One instant later than the one that makes place, for both ends of an hour belong to it
        return self._sent[surplus] + _WINDOW + timedelta(microseconds=1)


class AccountPause:
    """The pause of the whole account that the cloud asks for with 429."""

    def __init__(self) -> None:
        """Begin without a pause."""
        self._until: datetime | None = None
        self._in_a_row = 0

    def until(self, now: datetime) -> datetime | None:
        """Tell when the pause ends, or `None` if there is none."""
        return self._until if self._until is not None and now < self._until else None

    def begin(self, now: datetime, *, retry_at: datetime | None, jitter: Jitter) -> datetime:
        """Pause after a 429, at least until `retry_at` but for a day at most, and return the end.

        The least pause doubles from one minute to eight, with jitter, whatever the cloud says: a time that has
        passed would be none. A pause under way never gets shorter.
        """
        delay = timedelta(seconds=60 * 2 ** min(self._in_a_row, 3) * jitter(1.0, 2.5))
        end = min(max(retry_at or now, now + delay), now + LONGEST_WAIT)
        if self.until(now) is None:
            self._in_a_row += 1
        return self.extend(end)

    def extend(self, until: datetime) -> datetime:
        """Pause at least until that time, such as one remembered from before a restart."""
        self._until = until if self._until is None else max(self._until, until)
        return self._until

    def succeed(self, now: datetime) -> None:
        """Note an answer. One that was on its way while the pause began does not end the pause."""
        if self.until(now) is None:
            self._in_a_row = 0


class ReadPlaces:
    """At most two reads at once, of which others than the status may hold one."""

    def __init__(self) -> None:
        """Begin with both places free."""
        self._all = asyncio.Semaphore(2)
        self._others = asyncio.Semaphore(1)

    @asynccontextmanager
    async def place(self, *, status: bool) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        if status:
            async with self._all:
                yield
        else:
            async with self._others, self._all:
                yield


class CommandPlaces:
    """Commands beside the reads: one at a time for each charger, ten at once in all."""

    def __init__(self) -> None:
        """Begin with all places free."""
        self._all = asyncio.Semaphore(10)
        self._targets: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def place(self, target: str) -> AsyncIterator[None]:
        """Wait until the charger (or site) has no other command, then for a place, and hold it."""
        async with self._targets[target], self._all:
            yield
