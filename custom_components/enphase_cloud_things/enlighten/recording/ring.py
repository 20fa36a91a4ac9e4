"""The last replies of the cloud, in memory and within bounds.

A reply that says the same as the one before costs a hash and a counter. Of the others the newest are kept, and the last
one of each shape as long as anything is: what was new once is still there when somebody asks for it. Nothing here is
redacted yet, so nothing of it is ever shown or written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from aiohttp import ClientError
import orjson

from ..endpoints import Family, Host, Kind
from ..wire import JsonValue

ORDINARY_LIMIT: Final = 512 * 1024
LONG_LIMIT: Final = 8 * 1024 * 1024
"""Bytes in memory for the replies of one account, ordinarily and while a longer recording runs."""
LONGEST_RECORDING: Final = timedelta(days=1)
"""How long a longer recording runs."""

_LARGEST_BODY: Final = 64 * 1024
_LARGEST_PAGE: Final = 16 * 1024
_DEEPEST: Final = 16
# What an entry takes beside its bodies
_OVERHEAD: Final = 700
# Fields that differ in every reply and tell nothing (docs/api.md §0.2)
_STAMPS: Final = (b'"serverTimeStamp":', b'"timestamp":')
_NOTED_HEADERS: Final = ("Content-Type", "Retry-After", "Date", "Location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked. `path` is that of the endpoint, with places for the ids; `sent` is the JSON of its body."""

    family: Family
    kind: Kind
    host: Host
    method: str
    path: str
    site_id: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    item_id: str = field(default="", repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    sent: bytes = field(default=b"", repr=False)


@dataclass(slots=True, kw_only=True, eq=False)
class Recorded:
    """A reply, or the `failure` that came in its place, with the times it was repeated.

    `seconds` is how long it took. `cut` is the length of the whole body where only its beginning is kept. `cookies` are
    the names of those that the reply to a sign-in has set.
    """

    asked: Asked
    at: datetime
    until: datetime
    times: int = 1
    status: int = 0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    failure: str = ""
    seconds: float = 0.0
    cut: int = 0
    likeness: int = field(default=0, repr=False)
    fingerprint: int = field(default=0, repr=False)

    @property
    def size(self) -> int:
        """Bytes that this takes in memory, roughly."""
        texts = (*(text for _, text in self.headers), *self.cookies)
        return _OVERHEAD + len(self.body) + len(self.asked.sent) + sum(map(len, texts))


class Recorder:
    """Keeps the last replies of one account.

    It lives as long as Home Assistant runs, also while an entry is set up again, for that is when things go wrong.
    """

    def __init__(self) -> None:
        self.long_until: datetime | None = None
        self._kept: dict[int, Recorded] = {}
        self._latest: dict[Asked, int] = {}
        self._alike: Counter[int] = Counter()
        self._number = 0
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._size

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """What is kept, oldest first."""
        return tuple(self._kept.values())

    @contextmanager
    def failures_of(self, asked: Asked, clock: Callable[[], datetime]) -> Iterator[None]:
        """Note it where no reply comes for what is asked, and raise what came instead."""
        started = perf_counter()
        try:
            yield
        except (OSError, ClientError) as err:
            seconds = perf_counter() - started
            self.failed(asked, at=clock(), seconds=seconds, failure=type(err).__name__)
            raise

    def answered(
        self,
        asked: Asked,
        *,
        at: datetime,
        seconds: float,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        cookies: Iterable[str] = (),
    ) -> None:
        """Note a reply. `cookies` are the names of those that it sets."""
        fingerprint = hash((status, _without_stamp(body)))
        if self._is_repeated(asked, at, fingerprint):
            return
        # A giant is not looked at, only at its beginning: it must not hold everything else up
        is_giant = len(body) > _LARGEST_BODY
        value = None if is_giant else _parsed(body)
        kept = body[:_LARGEST_PAGE] if value is None else body
        noted = tuple((name, headers[name]) for name in _NOTED_HEADERS if name in headers)
        self._keep(
            Recorded(
                asked=asked,
                at=at,
                until=at,
                status=status,
                headers=noted,
                cookies=tuple(cookies) if asked.kind is Kind.SIGN_IN else (),
                body=kept,
                seconds=seconds,
                cut=len(body) if len(kept) < len(body) else 0,
                likeness=hash((asked.method, asked.path, status, _shape(value))),
                fingerprint=fingerprint,
            )
        )

    def failed(self, asked: Asked, *, at: datetime, seconds: float, failure: str) -> None:
        """Note that no reply came; `failure` is the name of the error."""
        fingerprint = hash(failure)
        if not self._is_repeated(asked, at, fingerprint):
            likeness = hash((asked.method, asked.path, failure))
            self._keep(
                Recorded(
                    asked=asked,
                    at=at,
                    until=at,
                    failure=failure,
                    seconds=seconds,
                    likeness=likeness,
                    fingerprint=fingerprint,
                )
            )

    def _is_repeated(self, asked: Asked, at: datetime, fingerprint: int) -> bool:
        """Return whether a read says what it said before, and count it then. Each command counts for itself."""
        last = self._kept.get(self._latest.get(asked, 0))
        if last is None or last.fingerprint != fingerprint or asked.kind is not Kind.READ:
            return False
        last.times += 1
        last.until = at
        return True

    def _keep(self, recorded: Recorded) -> None:
        self._number += 1
        self._kept[self._number] = recorded
        self._latest[recorded.asked] = self._number
        self._alike[recorded.likeness] += 1
        self._size += recorded.size
        is_long = self.long_until is not None and recorded.at < self.long_until
        while self._size > (LONG_LIMIT if is_long else ORDINARY_LIMIT):
            self._drop(self._least_needed())

    def _least_needed(self) -> int:
        """Return the oldest that has a later one of its shape, else the oldest."""
        repeated = (number for number, each in self._kept.items() if self._alike[each.likeness] > 1)
        return next(repeated, next(iter(self._kept)))

    def _drop(self, number: int) -> None:
        dropped = self._kept.pop(number)
        self._size -= dropped.size
        self._alike[dropped.likeness] -= 1
        if not self._alike[dropped.likeness]:
            del self._alike[dropped.likeness]
        if self._latest.get(dropped.asked) == number:
            del self._latest[dropped.asked]


def _without_stamp(body: bytes) -> bytes:
    """Return a body without the time it was made at."""
    for stamp in _STAMPS:
        if (start := body.find(stamp)) >= 0:
            start += len(stamp)
            ends = (end for mark in (b",", b"}") if (end := body.find(mark, start)) >= 0)
            body = body[:start] + body[min(ends, default=start) :]
    return body


def _parsed(body: bytes) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value


def _shape(value: JsonValue, depth: int = 0) -> int:
    """Return a hash of names and types, for which the rows of a list count once."""
    if isinstance(value, dict) and depth < _DEEPEST:
        return hash(frozenset((name, _shape(item, depth + 1)) for name, item in value.items()))
    if isinstance(value, list) and depth < _DEEPEST:
        return hash(frozenset(_shape(item, depth + 1) for item in value))
    return hash(type(value))
