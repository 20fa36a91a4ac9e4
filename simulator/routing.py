"""Routes, calls and the checks that come before a handler."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .accounts import WebSession
from .chargers import Charger
from .families import Family
from .reply import RefusalError, Reply, json_reply
from .site import Site
from .wire import Json, controller_error, problem

if TYPE_CHECKING:
    from .world import World

SESSION_COOKIE = "_enlighten_4_session"


class Access(Enum):
    """Who may call a route."""

    PUBLIC = auto()
    """Anybody."""
    SESSION = auto()
    """A signed-in session by cookie; an ``e-auth-token`` or bearer that is sent must be valid too."""
    BEARER = auto()
    """A signed-in session by cookie together with a valid bearer token."""


class Accepts(Enum):
    """Which ``Accept`` header a route asks for."""

    ANYTHING = auto()
    """One that ends in a wildcard, as the web application sends it."""
    PAGE = auto()
    """One that names ``text/html``."""


@dataclass(slots=True, kw_only=True)
class Call:
    """A request on its way to a handler."""

    world: World
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    now: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    web_session: WebSession | None = None

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a form body."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    @property
    def json(self) -> Json:
        """The body as JSON, None when it is empty; refuses the request with 400 when it is malformed."""
        if not self.body.strip():
            return None
        try:
            parsed: Json = json.loads(self.body)
        except ValueError:
            raise self.refusal(HTTPStatus.BAD_REQUEST, "Malformed JSON request") from None
        return parsed

    @property
    def session(self) -> WebSession:
        """The signed-in session; only for routes that ask for one."""
        if self.web_session is None:
            raise RefusalError(unauthorized())
        return self.web_session

    @property
    def site(self) -> Site:
        """The site in the path: refused with 400 unless numeric, with 403 unless the account's own."""
        site_id = self.parameters["site"]
        if not site_id.isdecimal():
            raise self.refusal(HTTPStatus.BAD_REQUEST, "Invalid site id")
        if site_id not in self.session.account.site_ids or site_id not in self.world.sites:
            raise self.refusal(HTTPStatus.FORBIDDEN, "You do not have access to this site")
        return self.world.sites[site_id]

    @property
    def charger(self) -> Charger:
        """The charger in the path: refused with 404 when the site has no such one."""
        try:
            return self.site.charger(self.parameters["serial"])
        except KeyError:
            raise self.refusal(HTTPStatus.NOT_FOUND, "Charger not found") from None

    def check_control(self) -> None:
        """Refuse the request with 403 where the owner has no right to control the charger (docs/api.md §5.1)."""
        if not self.charger.owner_may_control:
            raise self.refusal(HTTPStatus.FORBIDDEN, "Home owner control is disabled")

    def refusal(self, status: int, text: str, code: str | None = None) -> RefusalError:
        """Return the exception that ends this call with the EV controller's error body."""
        return RefusalError(json_reply(controller_error(status, text, code, self.now), status))


type Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method and path template, e.g. ``/app-api/{site}/get_latest_power``; braces take one path segment."""

    method: str
    template: str
    family: Family
    handler: Handler
    access: Access = Access.SESSION
    accepts: Accepts = Accepts.ANYTHING

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the path's parameters, or None when it is another path."""
        found = _pattern(self.template).fullmatch(path)
        return found.groupdict() if found else None


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _pattern(template: str) -> re.Pattern[str]:
    if template not in _PATTERNS:
        escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        _PATTERNS[template] = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped))
    return _PATTERNS[template]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route found, or the family and the refusal of a path that has none."""

    route: Route | None
    family: Family
    parameters: Mapping[str, str]
    refusal: Reply | None = None


class Router:
    """Finds routes of one host."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Take the routes in order; the first that fits wins."""
        self._routes = tuple(routes)

    def find(self, method: str, path: str) -> Match:
        """Return the route for a request: 404 "No static resource" or 405 where there is none (docs/api.md §5.1)."""
        near: list[Route] = []
        for route in self._routes:
            parameters = route.match(path)
            if parameters is None:
                continue
            if route.method == method:
                return Match(route=route, family=route.family, parameters=parameters)
            near.append(route)
        if near:
            return Match(route=None, family=near[0].family, parameters={}, refusal=wrong_method(method, path, near))
        return Match(route=None, family=Family.UNKNOWN, parameters={}, refusal=no_such_route(path))


def no_such_route(path: str) -> Reply:
    """Return the answer on a path that does not exist."""
    document = problem(HTTPStatus.NOT_FOUND, f"No static resource {path.lstrip('/')}.", path)
    return json_reply(document, HTTPStatus.NOT_FOUND, content_type="application/problem+json")


def wrong_method(method: str, path: str, near: Iterable[Route] = ()) -> Reply:
    """Return the answer on a path that exists for other methods only."""
    document = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Method '{method}' is not supported.", path)
    allowed = ", ".join(sorted({route.method for route in near}))
    reply = json_reply(document, HTTPStatus.METHOD_NOT_ALLOWED, content_type="application/problem+json")
    return Reply(status=reply.status, body=reply.body, content_type=reply.content_type, headers=(("Allow", allowed),))


def unauthorized() -> Reply:
    """Return the plain 401."""
    return json_reply({"error": "You need to sign in or sign up before continuing."}, HTTPStatus.UNAUTHORIZED)
