"""The web server: one port for all hosts of the cloud, told apart by path prefix or ``Host`` header."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from aiohttp import web

from .accounts import new_cookie_value
from .control import CONTROL_PREFIX, control_application
from .faults import Faults, Trouble
from .gate import check
from .reply import RefusalError, Reply
from .request_log import LoggedRequest, RequestLog
from .routing import SESSION_COOKIE, Call, Match, Router, no_such_route
from .services import ENLIGHTEN_ROUTES, GRID_SERVICES_ROUTES
from .world import World

LOOPBACK = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host of the cloud: its real name, its path prefix here and its routes."""

    name: str
    prefix: str
    router: Router


HOSTS = (
    Host(name="enlighten.enphaseenergy.com", prefix="/enlighten", router=Router(ENLIGHTEN_ROUTES)),
    Host(name="gs.enphaseenergy.com", prefix="/grid-services", router=Router(GRID_SERVICES_ROUTES)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request goes: the host, the path on it and the prefix to put before redirects."""

    host: Host
    path: str
    prefix: str


def place_of(path: str, host_header: str) -> Place | None:
    """Return the place a request is for, None when it is for no host of the cloud."""
    for host in HOSTS:
        if path == host.prefix or path.startswith(f"{host.prefix}/"):
            return Place(host=host, path=path.removeprefix(host.prefix) or "/", prefix=host.prefix)
    name = host_header.partition(":")[0].casefold()
    for host in HOSTS:
        if name == host.name:
            return Place(host=host, path=path, prefix="")
    return None


class Endpoints:
    """Answers every request for the cloud from one world."""

    def __init__(self, world: World) -> None:
        """Serve ``world``."""
        self._world = world
        self._open: set[asyncio.Task[web.StreamResponse]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Log the request, let faults strike, route it and send the answer."""
        answering = asyncio.ensure_future(self._answer(request))
        self._open.add(answering)
        try:
            return await answering
        finally:
            self._open.discard(answering)

    async def give_up(self, _application: web.Application) -> None:
        """Answer nothing any more: a clock that stands still would let a slow answer wait for ever."""
        for answering in self._open:
            answering.cancel()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        place = place_of(request.path, request.headers.get("Host", ""))
        if place is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="no such host here\n")
        match = place.host.router.find(request.method, place.path)
        call = await self._call(request, place, match)
        entry = self._log(call, place, match)
        troubles = self._world.faults.strike(match.family, call.method, call.path)
        entry.fault = ", ".join(trouble.name for trouble in troubles) or None
        await _pause(troubles, executed=False)
        if any(trouble.drops and not trouble.executes for trouble in troubles):
            return _hang_up(request)
        reply = self._reply(call, match, troubles)
        await _pause(troubles, executed=True)
        if any(trouble.drops for trouble in troubles):
            return _hang_up(request)
        entry.status = reply.status
        response = _response(reply, place.prefix, self._world.clock())
        if any(trouble.cuts for trouble in troubles):
            return await _cut_off(request, response, reply.body)
        return response

    async def _call(self, request: web.Request, place: Place, match: Match) -> Call:
        body = await request.read()
        return Call(
            world=self._world,
            method=request.method,
            path=place.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            cookies=dict(request.cookies),
            body=body,
            now=self._world.clock(),
            parameters=match.parameters,
        )

    def _log(self, call: Call, place: Place, match: Match) -> LoggedRequest:
        log = self._world.requests
        entry = LoggedRequest(
            number=log.next_number(),
            time=call.now,
            wall=self._world.wall(),
            method=call.method,
            host=place.host.name,
            family=match.family,
            path=call.path,
            query=call.query,
            headers=call.headers,
            body=call.body.decode(errors="replace"),
            parameters=match.parameters,
        )
        log.append(entry)
        return entry

    def _reply(self, call: Call, match: Match, troubles: list[Trouble]) -> Reply:
        given = (trouble.answer_at(call.now) for trouble in troubles)
        answers = [answer for answer in given if answer is not None]
        if not any(trouble.replaces and not trouble.executes for trouble in troubles):
            answers.append(self._proper_reply(call, match))
        reply = answers[0]
        for trouble in troubles:
            if trouble.reshape is not None:
                reply = trouble.reshape(reply)
        return reply

    def _proper_reply(self, call: Call, match: Match) -> Reply:
        limit = self._world.rate_limit
        refused = limit.refusal(self._world.requests, self._world.wall()) if limit else None
        if refused is not None:
            return refused
        if match.route is None:
            return match.refusal or no_such_route(call.path)
        self._world.advance()
        try:
            check(call, match.route)
            return self._rotated(call, match, match.route.handler(call))
        except RefusalError as refusal:
            return refusal.reply

    def _rotated(self, call: Call, match: Match, reply: Reply) -> Reply:
        if call.web_session is None or match.family not in self._world.presentation.rotating:
            return reply
        call.web_session.cookie = new_cookie_value()
        return reply.with_cookies((SESSION_COOKIE, call.web_session.cookie))


async def _pause(troubles: list[Trouble], *, executed: bool) -> None:
    due = [trouble for trouble in troubles if trouble.executes is executed]
    if seconds := sum(trouble.delay for trouble in due):
        await asyncio.sleep(seconds)
    for trouble in due:
        if trouble.held is not None:
            await trouble.held.wait()


async def _cut_off(request: web.Request, response: web.Response, body: bytes) -> web.StreamResponse:
    """Send half of an answer and close the connection."""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = max(2, len(body))
    stream.force_close()
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return stream


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _response(reply: Reply, prefix: str, now: datetime) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body or None)
    response.headers["Date"] = format_datetime(now.astimezone(UTC), usegmt=True)
    if reply.content_type is not None:
        response.headers["Content-Type"] = f"{reply.content_type}; charset=utf-8"
    for name, value in reply.headers:
        response.headers[name] = value
    for name, value in reply.cookies:
        response.headers.add("Set-Cookie", f"{name}={value}; Path=/; HttpOnly; SameSite=Lax")
    if reply.location is not None:
        is_address = "://" in reply.location
        response.headers["Location"] = reply.location if is_address else f"{prefix}{reply.location}"
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A running simulator: addresses to talk to and the world behind them."""

    world: World
    url: str

    @property
    def enlighten_url(self) -> str:
        """Stands for https://enlighten.enphaseenergy.com."""
        return f"{self.url}/enlighten"

    @property
    def grid_services_url(self) -> str:
        """Stands for https://gs.enphaseenergy.com."""
        return f"{self.url}/grid-services"

    @property
    def control_url(self) -> str:
        """The control page."""
        return f"{self.url}{CONTROL_PREFIX}/"

    @property
    def requests(self) -> RequestLog:
        """The log of the requests so far."""
        return self.world.requests

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self.world.faults


def application(world: World) -> web.Application:
    """Return the web application that serves ``world`` and its control page."""
    app = web.Application()
    app.router.add_get(CONTROL_PREFIX, _to_control_page)
    app.add_subapp(CONTROL_PREFIX, control_application(world))
    endpoints = Endpoints(world)
    app.router.add_route("*", "/{path:.*}", endpoints.handle)
    app.on_shutdown.append(endpoints.give_up)
    return app


async def _to_control_page(_request: web.Request) -> web.Response:
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": f"{CONTROL_PREFIX}/"})


@asynccontextmanager
async def running(world: World, *, port: int = 0) -> AsyncIterator[Simulator]:
    """Serve ``world`` on 127.0.0.1 (port 0: any free one) for as long as the context lasts."""
    runner = web.AppRunner(
        application(world), access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield Simulator(world=world, url=f"http://{LOOPBACK}:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
