"""Sends requests to the cloud within its limits and tells what came of them.

The transport knows nothing of the session: each call brings what makes its headers. A read waits for
one of two places, is refused without a request while the account pauses or its hourly budget is
spent, and is repeated at once, and once only, where the connection broke. A command waits only for
other commands to the same charger and is sent exactly once. The time-out covers a request with its
repeat and, for a read, the wait for its place (docs/api.md §11.2).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
import logging
import random
import re
import time
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractCookieJar
import orjson
from yarl import URL

from .back_off import BackOff
from .clock import Clock, utc_now
from .endpoints import Endpoint, Family, Host, Hosts, Kind
from .errors import CommandOutcomeUnknown, ConnectionFailed, EnlightenError, NoPlace, NotSupported, RateLimited
from .limits import LONGEST_WAIT, AccountPause, CommandPlaces, Jitter, Priority, ReadPlaces, RequestBudget
from .outcomes import read_outcome
from .recording.ring import Asked, Recorder
from .replies import Reply, read_reply
from .wire import JsonValue

_LOGGER = logging.getLogger(__name__)

_LONGEST_CONNECT: Final = 10.0
_LARGEST_BODY: Final = 4 * 1024 * 1024
_MOST_HOPS: Final = 3
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to be sent: where to, about what, and with which headers.

    `headers` is called whenever the request is really sent, for the session may change while it waits for a place.
    `item_id` is the one thing of the site that the request is about where that is no charger, such as an enrolment.
    """

    endpoint: Endpoint
    headers: Callable[[], Mapping[str, str]] = field(default=dict, repr=False)
    site_id: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    item_id: str = field(default="", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: JsonValue = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """The charger or other item or, for lack of one, the site that the request is about."""
        return self.serial or self.item_id or self.site_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyHealth:
    """How a family of endpoints has been doing since the start.

    `latency` is the duration of the last answered request in seconds, `last_error` the name of the
    last error in snake case, `next_try` the time before which the family is not asked again.
    """

    requests: int = 0
    failures: int = 0
    latency: float | None = None
    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    next_try: datetime | None = None


class Transport:
    """The one way to the cloud for everything of one account.

    `http` carries the cookies of the Enlighten host; `bare_http` is an HTTP session without a
    cookie jar for hosts that must not see them. A `budget` is given where requests count that another
    transport has sent for the same account, a `recorder` where what it keeps is to outlive this.
    Where a person waits (`attended`), the last of the budget may be used.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        bare_http: aiohttp.ClientSession | None = None,
        hosts: Hosts | None = None,
        clock: Clock = utc_now,
        timeout: float = 15.0,
        jitter: Jitter = random.uniform,
        budget: RequestBudget | None = None,
        recorder: Recorder | None = None,
        attended: bool = False,
    ) -> None:
        self.timeout = timeout
        self.hosts = hosts or Hosts()
        self.clock = clock
        self.jitter = jitter
        self.back_off = BackOff()
        self.on_pause: Callable[[datetime], None] | None = None
        self._http = http
        self._bare_http = bare_http
        self._budget = budget or RequestBudget()
        self._recorder = recorder or Recorder()
        self._attended = attended
        self._pause = AccountPause()
        self._reads = ReadPlaces()
        self._commands = CommandPlaces()
        self._health: dict[Family, FamilyHealth] = {}

    @property
    def cookie_jar(self) -> AbstractCookieJar:
        """The jar with the cookies of the Enlighten host."""
        return self._http.cookie_jar

    @property
    def budget(self) -> int:
        """How many requests the account may make in any 60 minutes."""
        return self._budget.limit

    @property
    def requests_last_hour(self) -> int:
        """How many requests were made in the last 60 minutes."""
        return self._budget.used(self.clock())

    @property
    def paused_until(self) -> datetime | None:
        """When the pause of the account ends, or `None` if there is none."""
        return self._pause.until(self.clock())

    @property
    def health(self) -> Mapping[Family, FamilyHealth]:
        """How each family that was asked at least once has been doing."""
        now = self.clock()
        return MappingProxyType(
            {
                family: replace(health, next_try=self.back_off.next_try(family, now))
                for family, health in self._health.items()
            }
        )

    def pause_until(self, until: datetime) -> None:
        """Pause the account at least until that time, such as one known from before a restart; for a day at most."""
        self._pause.extend(min(until, self.clock() + LONGEST_WAIT))

    async def request[T](self, call: Call, read: Callable[[JsonValue], T]) -> T:
        """Send a request and return what `read` makes of the JSON of its answer, `{}` for an empty one.

        Raises:
            ConnectionFailed: no answer came, and no command was sent.
            ServiceUnavailable: the cloud cannot serve this family now.
            RateLimited: the cloud or the budget asks for a pause.
            AuthenticationRequired: the cloud does not take the session.
            NotSupported: the cloud does not offer this.
            InvalidResponse: the answer is no JSON, or not such as `read` expects.
            CommandRejected: the cloud refused the command.
            CommandOutcomeUnknown: whether the command was taken cannot be told.
        """
        return await self.exchange(call, lambda reply: read(read_outcome(call.endpoint, reply)))

    async def exchange[T](self, call: Call, judge: Callable[[Reply], T]) -> T:
        """Send a request and return what `judge` makes of the reply.

        Errors that the judge raises count as failures of the family.
        """
        waiting_since = time.monotonic()
        async with self._place(call):
            # What a person wants does not pay with its own time for the command before it
            since = waiting_since if call.endpoint.kind is Kind.READ else time.monotonic()
            deadline = since + self.timeout
            self._admit(call.endpoint)
            started = time.perf_counter()
            latency: float | None = None
            try:
                reply = await self._send(call, deadline)
                latency = time.perf_counter() - started
                result = judge(reply)
            except EnlightenError as err:
                self._note(call.endpoint.family, latency, err)
                raise
            self._note(call.endpoint.family, latency, None)
            return result

    @asynccontextmanager
    async def _place(self, call: Call) -> AsyncIterator[None]:
        if call.endpoint.kind is Kind.READ:
            place = self._reads.place(status=call.endpoint.family is Family.STATUS)
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(self.timeout):
                        await stack.enter_async_context(place)
                except TimeoutError:
                    raise NoPlace(f"Other reads kept {call.endpoint.family} waiting") from None
                yield
        elif call.endpoint.kind is Kind.COMMAND:
            async with self._commands.place(call.target):
                yield
        else:
            # The reads that a renewal is for may hold all places
            yield

    def _admit(self, endpoint: Endpoint) -> None:
        """Refuse a request that would break a limit.

        Raises:
            RateLimited: the account pauses, or its budget is spent.
        """
        now = self.clock()
        if endpoint.kind is Kind.COMMAND:
            return
        if endpoint.kind is Kind.SIGN_IN:
            priority = Priority.SIGN_IN
        elif pause := self._pause.until(now):
            raise RateLimited("The account pauses", retry_at=pause)
        elif self._attended:
            priority = Priority.SIGN_IN
        else:
            is_status = endpoint.family is Family.STATUS
            priority = Priority.STATUS if is_status else Priority.OTHER
        if free_at := self._budget.free_at(priority, now):
            raise RateLimited("The hourly budget is spent", retry_at=free_at)

    async def _send(self, call: Call, deadline: float) -> Reply:
        url = call.endpoint.url(
            self.hosts, site_id=call.site_id, serial=call.serial, item_id=call.item_id, query=call.query
        )
        reply = await self._attempt(call, url, deadline)
        if call.endpoint.follows_redirects:
            return await self._follow(call, reply, deadline)
        if call.endpoint.kind is Kind.READ and call.endpoint.host is Host.ENLIGHTEN:
            # Only to see whether the way leads to the login page; other pages bear the same marks
            end = await self._follow(call, reply, deadline)
            return end if end.is_redirect and end.is_login_wall else reply
        return reply

    async def _follow(self, call: Call, reply: Reply, deadline: float) -> Reply:
        """Go where redirects within the host lead, for a few hops and not to the login page."""
        hop = replace(call, endpoint=replace(call.endpoint, method="GET"), form=None, json=None)
        base = str(self.hosts.enlighten).rstrip("/")
        for _ in range(_MOST_HOPS):
            if not reply.is_redirect or reply.location is None or reply.leads_elsewhere or reply.is_login_wall:
                break
            self._admit(call.endpoint)
            reply = await self._attempt(hop, URL(base + reply.location, encoded=True), deadline)
        return reply

    async def _attempt(self, call: Call, url: URL, deadline: float) -> Reply:
        try:
            return await self._exchange_once(call, url, deadline)
        except (aiohttp.ClientError, TimeoutError) as err:
            if call.endpoint.kind is not Kind.READ or not _is_broken_connection(err):
                raise _no_answer(call.endpoint, err) from None
        self._admit(call.endpoint)
        try:
            return await self._exchange_once(call, url, deadline)
        except (aiohttp.ClientError, TimeoutError) as err:
            raise _no_answer(call.endpoint, err) from None

    async def _exchange_once(self, call: Call, url: URL, deadline: float) -> Reply:
        http = self._session(call.endpoint.host)
        if http.closed:
            raise ConnectionFailed(f"The connections for {call.endpoint.family} are closed")
        left = max(deadline - time.monotonic(), 0.001)
        headers = dict(call.headers())
        body: bytes | None = None
        if call.form is not None:
            body = urlencode(call.form).encode()
        elif call.json is not None:
            headers["Content-Type"] = "application/json"
            body = orjson.dumps(call.json)
        started = time.perf_counter()
        self._budget.spend(self.clock())
        asked = _asked(call)
        with self._recorder.failures_of(asked, self.clock):
            async with http.request(
                call.endpoint.method,
                url,
                headers=headers,
                # None is invented for a request without a body
                skip_auto_headers=("Content-Type",),
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=left, connect=min(left, _LONGEST_CONNECT)),
                middlewares=(_send_once,),
            ) as response:
                content, cut = await _read_body(response)
        seconds = time.perf_counter() - started
        self._recorder.answered(
            asked,
            at=self.clock(),
            seconds=seconds,
            status=response.status,
            headers=response.headers,
            body=content,
            cookies=response.cookies,
        )
        _LOGGER.debug(
            "%s answered HTTP %s in %.0f ms (%s bytes)",
            call.endpoint.family,
            response.status,
            seconds * 1000,
            len(content),
        )
        return self._reply(response, content, cut=cut)

    def _reply(self, response: aiohttp.ClientResponse, content: bytes, *, cut: bool) -> Reply:
        now = self.clock()
        location, leads_elsewhere = self._location(response)
        reply = read_reply(
            response.status,
            content,
            now=now,
            retry_after=response.headers.get("Retry-After"),
            date=response.headers.get("Date"),
            location=location,
            leads_elsewhere=leads_elsewhere,
            cut=cut,
        )
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            end = self._pause.begin(now, retry_at=reply.retry_at, jitter=self.jitter)
            if self.on_pause is not None:
                self.on_pause(end)
            return replace(reply, retry_at=end)
        self._pause.succeed(now)
        return reply

    def _location(self, response: aiohttp.ClientResponse) -> tuple[str | None, bool]:
        """Return the path a redirect leads to, below the base address, and whether it leaves the host."""
        target = response.headers.get("Location")
        if target is None:
            return None, False
        try:
            url = response.url.join(URL(target))
        except ValueError:
            return None, False
        base = self.hosts.enlighten
        if not url.is_absolute() or url.origin() != base.origin():
            return url.raw_path, True
        return url.raw_path_qs.removeprefix(base.raw_path.rstrip("/")), False

    def _session(self, host: Host) -> aiohttp.ClientSession:
        if host is Host.ENLIGHTEN:
            return self._http
        if self._bare_http is None:
            raise NotSupported("There is no HTTP session without cookies for this host")
        return self._bare_http

    def _note(self, family: Family, latency: float | None, error: EnlightenError | None) -> None:
        last = self._health.get(family, FamilyHealth())
        health = replace(
            last,
            requests=last.requests + 1,
            latency=last.latency if latency is None else latency,
        )
        now = self.clock()
        if error is None:
            health = replace(health, last_success=now)
        else:
            health = replace(
                health,
                failures=last.failures + 1,
                last_failure=now,
                last_error=_CAPITAL.sub("_", type(error).__name__).lower(),
            )
        self._health[family] = health


def _asked(call: Call) -> Asked:
    """Return what the recording has to know of a request: never what signs in."""
    return Asked(
        family=call.endpoint.family,
        kind=call.endpoint.kind,
        host=call.endpoint.host,
        method=call.endpoint.method,
        path=call.endpoint.path,
        site_id=call.site_id,
        serial=call.serial,
        item_id=call.item_id,
        query=(*call.endpoint.query, *call.query.items()),
        sent=b"" if call.json is None else orjson.dumps(call.json),
    )


class _ConnectionBroke(aiohttp.ClientConnectionError):
    """The connection broke after the request may have been sent."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating idempotent methods, to which PUT belongs, where a connection breaks.

    It does so for errors of certain types only; those that mean that nothing was sent stay as they are.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as err:
        raise _ConnectionBroke(type(err).__name__) from err


def _is_broken_connection(err: Exception) -> bool:
    """Tell whether a repeat may help: the connection failed, and not because time ran out."""
    return isinstance(err, aiohttp.ClientConnectionError) and not isinstance(err, TimeoutError)


def _no_answer(endpoint: Endpoint, err: Exception) -> ConnectionFailed | CommandOutcomeUnknown:
    """Choose the error for a missing answer; a command that was not sent has no outcome."""
    never_sent = isinstance(err, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    if endpoint.kind is Kind.COMMAND and not never_sent:
        return CommandOutcomeUnknown()
    return ConnectionFailed(f"No answer for {endpoint.family} ({type(err).__name__})")


async def _read_body(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """Read a body, and tell whether it was cut: it may be larger than any that the cloud has a reason to send."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > _LARGEST_BODY:
            return bytes(content), True
    return bytes(content), False
