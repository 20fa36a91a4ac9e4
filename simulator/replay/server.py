"""The web server of a recorded cloud: all hosts on one port of this machine, told apart by path prefix."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
import json
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from simulator.clock import Clock, ScaledClock
from simulator.tokens import TokenMint
from simulator.wire import Json, epoch_seconds, problem

from .playback import Playback
from .recording import RecordedReply, Recording
from .shifted import shifted

LOOPBACK: Final = "127.0.0.1"
_SHUTDOWN_SECONDS: Final = 0.1
_TOKEN_LIFETIME: Final = timedelta(hours=6)
_SESSION: Final = "_enlighten_4_session"
_PREFIXES: Final = {"enlighten": "/enlighten", "grid_services": "/grid-services"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A running replay: addresses to talk to, and what is played."""

    url: str
    playback: Playback

    @property
    def enlighten_url(self) -> str:
        """Stands for https://enlighten.enphaseenergy.com."""
        return f"{self.url}{_PREFIXES['enlighten']}"

    @property
    def grid_services_url(self) -> str:
        """Stands for https://gs.enphaseenergy.com."""
        return f"{self.url}{_PREFIXES['grid_services']}"


@asynccontextmanager
async def replaying(
    recording: Recording, *, port: int = 0, start: datetime | None = None, clock: Clock | None = None
) -> AsyncIterator[Replay]:
    """Serve a recording on 127.0.0.1 (port 0: any free one) for as long as the context lasts."""
    playback = Playback(recording, clock or ScaledClock(), start=start)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", _Endpoints(playback).handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield Replay(url=f"http://{LOOPBACK}:{runner.addresses[0][1]}", playback=playback)
    finally:
        await runner.cleanup()


class _Endpoints:
    """Answers every request with what was recorded; any e-mail address and password sign in."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._mint = TokenMint()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        for host, prefix in _PREFIXES.items():
            if request.path.startswith(f"{prefix}/"):
                path = request.path.removeprefix(prefix)
                body = await request.read()
                recorded = self._playback.reply_to(request.method, host, path, query=request.query, body=body)
                if recorded is None:
                    return self._made_up(path)
                return self._played(request, recorded)
        return web.Response(status=HTTPStatus.NOT_FOUND, text="no such host here\n")

    def _played(self, request: web.Request, recorded: RecordedReply) -> web.Response:
        if recorded.failure:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        response = web.Response(status=recorded.status, body=self._body(recorded) or None)
        self._stamp(response)
        for name in ("Content-Type", "Retry-After"):
            if name in recorded.headers:
                response.headers[name] = self._header(recorded.headers[name])
        if location := recorded.headers.get("Location"):
            response.headers["Location"] = _PREFIXES["enlighten"] + _path_of(location)
        for name in recorded.cookies:
            response.headers.add("Set-Cookie", f"{name}=replayed; Path=/; HttpOnly")
        return response

    def _body(self, recorded: RecordedReply) -> bytes:
        if not self._playback.offset:
            return recorded.body
        try:
            value = recorded.json
        except ValueError, RecursionError:
            return recorded.body
        if isinstance(value, str) and value.startswith(("{", "[")):
            value = _encoded(shifted(json.loads(value), self._playback.offset)).decode()
        return _encoded(shifted(value, self._playback.offset))

    def _header(self, text: str) -> str:
        try:
            moment = parsedate_to_datetime(text) + self._playback.offset
        except ValueError, OverflowError:
            return text
        return format_datetime(moment.astimezone(UTC), usegmt=True)

    def _made_up(self, path: str) -> web.Response:
        """Answer what nobody recorded: a sign-in and the list of sites; there is nothing else."""
        expires_at = self._playback.clock() + _TOKEN_LIFETIME
        token = self._mint.issue(
            user_id="1", session_id="replayed", now=self._playback.clock(), expires_at=expires_at
        ).text
        match path:
            case "/login/login.json" | "/app-api/validate_login_otp":
                reply: Json = {"message": "success", "session_id": "replayed", "manager_token": token}
                response = self._json(reply)
                response.headers.add("Set-Cookie", f"{_SESSION}=replayed; Path=/; HttpOnly")
                return response
            case "/users/self/token":
                return self._json({"token": token, "expires_at": epoch_seconds(expires_at)})
            case "/app-api/search_sites.json":
                sites: Json = [{"id": int(site), "title": f"Site {site}"} for site in self._playback.site_ids]
                return self._json({"sites": sites})
        return self._json(problem(HTTPStatus.NOT_FOUND, "This is not in the recording.", path), HTTPStatus.NOT_FOUND)

    def _json(self, value: Json, status: int = HTTPStatus.OK) -> web.Response:
        response = web.Response(status=status, body=_encoded(value), content_type="application/json")
        self._stamp(response)
        return response

    def _stamp(self, response: web.Response) -> None:
        response.headers["Date"] = format_datetime(self._playback.clock().astimezone(UTC), usegmt=True)


def _path_of(location: str) -> str:
    """Return where a redirect led, within this machine wherever it was."""
    try:
        return urlsplit(location).path or "/"
    except ValueError:
        return "/"


def _encoded(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
