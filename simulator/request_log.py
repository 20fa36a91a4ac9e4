"""A record of every request, for tests to count and read."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
import json

from .families import Family
from .wire import Json


@dataclass(slots=True, kw_only=True)
class LoggedRequest:
    """One request as it arrived.

    ``time`` is the simulated moment, ``wall`` the real one. ``headers`` has lower-case names; ``status`` is None until
    (or unless) answered.
    """

    number: int
    time: datetime
    wall: datetime
    method: str
    host: str
    family: Family
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    status: int | None = None
    fault: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Json:
        """The body as JSON; raises ValueError when it is none."""
        parsed: Json = json.loads(self.body)
        return parsed


_KEPT = 100_000


class RequestLog:
    """All requests since the start or the last ``clear()``, oldest first.

    All of them are counted; of very many only the newest can still be read.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._entries: deque[LoggedRequest] = deque(maxlen=_KEPT)
        self._counted: Counter[tuple[Family, str]] = Counter()
        self._number = 0
        self._arrival = asyncio.Event()

    def append(self, entry: LoggedRequest) -> None:
        """Add a request."""
        self._entries.append(entry)
        self._counted[entry.family, entry.method] += 1
        self._arrival.set()

    def next_number(self) -> int:
        """Return the running number for the next request."""
        self._number += 1
        return self._number

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self._entries.clear()
        self._counted.clear()

    def __len__(self) -> int:
        """Return how many requests there were."""
        return self._counted.total()

    def __iter__(self) -> Iterator[LoggedRequest]:
        """Go through the requests, oldest first."""
        return iter(tuple(self._entries))

    def of(self, *families: Family, method: str | None = None) -> list[LoggedRequest]:
        """Return the requests of some families (all when none is named), optionally of one method only."""
        return [
            entry
            for entry in self._entries
            if (not families or entry.family in families) and (method is None or entry.method == method)
        ]

    def count(self, *families: Family, method: str | None = None) -> int:
        """Return how many requests there were of some families (of all when none is named)."""
        return sum(
            number
            for (family, used), number in self._counted.items()
            if (not families or family in families) and (method is None or used == method)
        )

    def last(self, *families: Family) -> LoggedRequest:
        """Return the newest request of some families; raises IndexError when there is none."""
        return self.of(*families)[-1]

    async def until(self, count: int, *families: Family) -> None:
        """Wait until there were ``count`` requests of some families."""
        while self.count(*families) < count:
            self._arrival.clear()
            await self._arrival.wait()

    @property
    def logins(self) -> int:
        """How many password logins were tried, by JSON or by form."""
        return self.count(Family.LOGIN)

    def within(self, span: timedelta, now: datetime) -> int:
        """Return how many requests arrived in the ``span`` before ``now``, both by real seconds."""
        newest = takewhile(lambda entry: entry.wall > now - span, reversed(self._entries))
        return sum(1 for entry in newest if entry.wall <= now)
