"""Sends requests to the cloud within its limits and returns what came of them.

Each call says who asks. A read waits for one of a few places, is refused without a request while what it
belongs to pauses or the hourly budget is spent, and is repeated at once, and once only, where the connection broke. A
command is sent exactly once and waits for none of this. The time-out covers a request with its repeat, not the wait
for a place (docs/api.md §11.2).
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
import logging
import random
import re
import time
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from aiohttp.abc import AbstractCookieJar
import orjson
from yarl import URL

from .endpoints import Call, Endpoint, Family, Host, Hosts, Kind, build_headers
from .errors import CommandOutcomeUnknown, ConnectionFailed, EnlightenError, NotSupported, RateLimited
from .limits import BackOff, Clock, Jitter, Pauses, Places, Priority, RequestBudget, utc_now
from .recording.ring import Asked, Recorder
from .replies import Reply, is_large, read_reply, read_retry_after
from .session.state import Identity

_LOGGER = logging.getLogger(__name__)

_LONGEST_CONNECT: Final = 10.0
_LARGEST_BODY: Final = 4 * 1024 * 1024
_MOST_HOPS: Final = 3
# How many time-outs long a read waits for its place before it gives up
_PATIENCE: Final = 4
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyHealth:
    """How a family of endpoints has been doing since the start.

    `latency` is the duration of the last answered request in seconds, `last_error` the name of the last error in snake
    case, `next_try` the time before which the family is not asked again.
    """

    requests: int = 0
    failures: int = 0
    latency: float | None = None
    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    next_try: datetime | None = None

    @property
    def is_failing(self) -> bool:
        """Whether the last request failed."""
        return self.last_failure is not None and (self.last_success is None or self.last_failure > self.last_success)


class Transport:
    """The one way to the cloud for everything of one account.

    `http` carries the cookies of the Enlighten host; `bare_http` is an HTTP session without a cookie jar for hosts
    that must not see them. A `budget` is given where requests count that another transport has sent for the same
    account, a `recorder` where what it keeps is to outlive this. Where a person waits (`attended`), the last of the
    budget may be used.
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
        self.hosts = hosts or Hosts()
        self.clock = clock
        self.jitter = jitter
        self.back_off = BackOff()
        self.on_pause: Callable[[], None] | None = None
        self._http = http
        self._bare_http = bare_http
        self._timeout = timeout
        self._budget = budget or RequestBudget()
        self._recorder = recorder or Recorder()
        self._attended = attended
        self._pauses = Pauses()
        self._places = Places()
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
        return self._pauses.account_until(self.clock())

    @property
    def health(self) -> Mapping[Family, FamilyHealth]:
        """How each family that was asked at least once has been doing."""
        return MappingProxyType({family: self.health_of(family) for family in self._health})

    def health_of(self, family: Family) -> FamilyHealth:
        """Return how a family has been doing, also where it was never asked."""
        return replace(self._health.get(family, FamilyHealth()), next_try=self._next_try(family))

    def pause_until(self, until: datetime) -> None:
        """Pause the account at least until that time, such as one known from before a restart; an hour at most."""
        self._pauses.extend(until, self.clock())

    async def exchange[T](self, call: Call, identity: Callable[[], Identity], judge: Callable[[Reply], T]) -> T:
        """Send a request and return what `judge` makes of the reply; its errors count as failures of the family.

        `identity` is called whenever the request is really sent, for the session may change while it waits. A large
        reply is judged in a thread.

        Raises:
            ConnectionFailed: no answer came, and no command was sent.
            CommandOutcomeUnknown: no answer came to a command that may have been sent.
            RateLimited: the cloud or the budget asks for a pause.
            NotSupported: an id leads nowhere.
        """
        async with self._place(call):
            self._admit(call.endpoint)
            started = time.perf_counter()
            latency: float | None = None
            try:
                reply = await self._send(call, identity)
                latency = time.perf_counter() - started
                result = await asyncio.to_thread(judge, reply) if reply.is_large else judge(reply)
            except EnlightenError as err:
                self._note(call.endpoint.family, latency, err)
                raise
            self._note(call.endpoint.family, latency, None)
            return result

    def _place(self, call: Call) -> AbstractAsyncContextManager[None]:
        """Return what is held while a request is sent, and waited for before."""
        endpoint = call.endpoint
        if endpoint.kind is Kind.READ:
            patience = _PATIENCE * (call.timeout or self._timeout)
            return self._places.for_read(endpoint.family, urgent=call.urgent, longest_wait=patience)
        if endpoint.kind is Kind.COMMAND and not endpoint.at_once:
            return self._places.for_command(call.target)
        # A sign-in waits for no place: the reads that a renewal is for may hold them all
        return nullcontext()

    def _admit(self, endpoint: Endpoint) -> None:
        """Refuse a request that would break a limit.

        Raises:
            RateLimited: what it belongs to pauses, or the budget is spent.
        """
        now = self.clock()
        if endpoint.kind is Kind.COMMAND:
            return
        if endpoint.kind is Kind.READ and (pause := self._pauses.until(endpoint.family, now)):
            raise RateLimited(f"A pause holds {endpoint.family} back", retry_at=pause)
        if endpoint.kind is Kind.SIGN_IN or self._attended:
            priority = Priority.SIGN_IN
        else:
            priority = Priority.STATUS if endpoint.family is Family.STATUS else Priority.OTHER
        if free_at := self._budget.free_at(priority, now):
            raise RateLimited("The hourly budget is spent", retry_at=free_at)

    async def _send(self, call: Call, identity: Callable[[], Identity]) -> Reply:
        endpoint = call.endpoint
        deadline = time.monotonic() + (call.timeout or self._timeout)
        reply = await self._attempt(call, call.url(self.hosts), identity, deadline)
        if endpoint.follows_redirects:
            return await self._follow(call, reply, identity, deadline)
        if endpoint.kind is Kind.READ and endpoint.host is Host.ENLIGHTEN and reply.leads_to_page:
            # Only to see whether the way leads to the login page; other pages bear the same marks
            end = await self._follow(call, reply, identity, deadline)
            return end if (end.location or "").startswith("/login") and not end.leads_elsewhere else reply
        return reply

    async def _follow(self, call: Call, reply: Reply, identity: Callable[[], Identity], deadline: float) -> Reply:
        """Go where redirects lead to pages of the host, for a few hops and not to the login page."""
        hop = replace(call, endpoint=replace(call.endpoint, method="GET"), form=None, json=None)
        base = str(self.hosts.enlighten).rstrip("/")
        for _ in range(_MOST_HOPS):
            if not reply.leads_to_page or reply.location is None:
                break
            self._admit(call.endpoint)
            reply = await self._attempt(hop, URL(base + reply.location, encoded=True), identity, deadline)
        return reply

    async def _attempt(self, call: Call, url: URL, identity: Callable[[], Identity], deadline: float) -> Reply:
        try:
            return await self._exchange_once(call, url, identity, deadline)
        except (aiohttp.ClientError, TimeoutError) as err:
            if call.endpoint.kind is not Kind.READ or not _is_broken_connection(err):
                raise _no_answer(call.endpoint, err) from None
        self._admit(call.endpoint)
        try:
            return await self._exchange_once(call, url, identity, deadline)
        except (aiohttp.ClientError, TimeoutError) as err:
            raise _no_answer(call.endpoint, err) from None

    async def _exchange_once(self, call: Call, url: URL, identity: Callable[[], Identity], deadline: float) -> Reply:
        endpoint = call.endpoint
        http = self._session(endpoint.host)
        if http.closed:
            raise ConnectionFailed(f"The connections for {endpoint.family} are closed")
        left = max(deadline - time.monotonic(), 0.001)
        headers, body = self._outgoing(call, identity())
        started = time.perf_counter()
        self._budget.spend(self.clock())
        asked = _asked(call)
        with self._recorder.failures_of(asked, self.clock):
            async with http.request(
                endpoint.method,
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
            "%s answered HTTP %s in %.0f ms (%s bytes)", endpoint.family, response.status, seconds * 1000, len(content)
        )
        return await self._reply(endpoint, response, content, cut=cut)

    def _outgoing(self, call: Call, identity: Identity) -> tuple[dict[str, str], bytes | None]:
        """Return the headers and the body of a request."""
        headers = build_headers(
            call.endpoint.profile,
            identity.values(),
            base=self.hosts.enlighten,
            site_id=call.site_id,
            request_id=str(uuid4()),
        )
        if call.form is not None:
            return headers, urlencode(call.form).encode()
        if call.json is None:
            return headers, None
        return headers | {"Content-Type": "application/json"}, orjson.dumps(call.json)

    async def _reply(self, endpoint: Endpoint, response: aiohttp.ClientResponse, content: bytes, *, cut: bool) -> Reply:
        now = self.clock()
        location, leads_elsewhere = self._location(response)
        retry_at = read_retry_after(response.headers.get("Retry-After"), now, date=response.headers.get("Date"))
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            retry_at = self._pauses.begin(endpoint.family, now, retry_at=retry_at, jitter=self.jitter)
            if self.on_pause is not None:
                self.on_pause()
        else:
            self._pauses.succeed(endpoint.family, now)
        read = partial(
            read_reply,
            response.status,
            content,
            retry_at=retry_at,
            location=location,
            leads_elsewhere=leads_elsewhere,
            cut=cut,
        )
        return await asyncio.to_thread(read) if is_large(content) else read()

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

    def _next_try(self, family: Family) -> datetime | None:
        now = self.clock()
        return max(filter(None, (self.back_off.next_try(family, now), self._pauses.until(family, now))), default=None)

    def _note(self, family: Family, latency: float | None, error: EnlightenError | None) -> None:
        last = self._health.get(family, FamilyHealth())
        health = replace(last, requests=last.requests + 1, latency=last.latency if latency is None else latency)
        now = self.clock()
        if error is None:
            health = replace(health, last_success=now)
        else:
            name = _CAPITAL.sub("_", type(error).__name__).lower()
            health = replace(health, failures=last.failures + 1, last_failure=now, last_error=name)
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
    """Return whether a repeat may help: the connection failed, and not because time ran out."""
    return isinstance(err, aiohttp.ClientConnectionError) and not isinstance(err, TimeoutError)


def _no_answer(endpoint: Endpoint, err: Exception) -> ConnectionFailed | CommandOutcomeUnknown:
    """Choose the error for a missing answer; a command that was not sent has no outcome."""
    never_sent = isinstance(err, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    if endpoint.kind is Kind.COMMAND and not never_sent:
        return CommandOutcomeUnknown()
    return ConnectionFailed(f"No answer for {endpoint.family} ({type(err).__name__})")


async def _read_body(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """Read a body, and return whether it was cut: it may be larger than any that the cloud has a reason to send."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > _LARGEST_BODY:
            return bytes(content), True
    return bytes(content), False
