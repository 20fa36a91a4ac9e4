"""What the cloud checks before it looks at a request: headers, session, tokens (docs/api.md §1.4, §2.7)."""

from collections.abc import Mapping
from http import HTTPStatus
import re

from .accounts import WebSession
from .pages import LOGIN_PAGE
from .presentation import DeadSession
from .reply import HTML_TYPE, JSON_TYPE, RefusalError, Reply, html_reply, json_reply, redirect
from .routing import SESSION_COOKIE, Accepts, Access, Call, Route, unauthorized

_BROWSER = re.compile(r"^Mozilla/5\.0 \(")
_MACHINE = re.compile(r"home-?assistant|hass|aiohttp|python|curl|wget|okhttp|bot\b|spider", re.IGNORECASE)
_BEARER = "Bearer "


def check(call: Call, route: Route) -> None:
    """Let the call pass, noting its session, or end it with a refusal."""
    if not _acceptable(call.headers, route.accepts):
        raise RefusalError(not_acceptable())
    if route.access is Access.PUBLIC:
        return
    session = call.world.accounts.session_of_cookie(call.cookies.get(SESSION_COOKIE))
    if session is None or not _tokens_fit(call, session, route.access):
        raise RefusalError(signed_out(call))
    call.web_session = session


def _acceptable(headers: Mapping[str, str], accepts: Accepts) -> bool:
    agent = headers.get("user-agent", "")
    if not _BROWSER.search(agent) or _MACHINE.search(agent):
        return False
    wanted = "text/html" if accepts is Accepts.PAGE else "*/*"
    return wanted in headers.get("accept", "")


def _tokens_fit(call: Call, session: WebSession, access: Access) -> bool:
    presented = call.headers.get("e-auth-token", "null")
    if presented not in {"null", session.session_id} and _owner(call, presented) is not session.account:
        return False
    authorization = call.headers.get("authorization")
    if authorization is None or (access is Access.SESSION and call.world.presentation.ignores_dead_bearer):
        return access is not Access.BEARER
    if not authorization.startswith(_BEARER):
        return False
    return _owner(call, authorization.removeprefix(_BEARER)) is session.account


def _owner(call: Call, token: str) -> object:
    session = call.world.accounts.session_of_token(token)
    return None if session is None else session.account


def not_acceptable() -> Reply:
    """Return the answer on headers that the cloud does not like."""
    return json_reply({"error": "Not Acceptable"}, HTTPStatus.NOT_ACCEPTABLE)


def signed_out(call: Call) -> Reply:
    """Return the answer on a session that is over, in the shape the world is set to."""
    match call.world.presentation.dead_session:
        case DeadSession.UNAUTHORIZED:
            return unauthorized()
        case DeadSession.LOGIN_WALL:
            return html_reply(LOGIN_PAGE, content_type=HTML_TYPE)
        case DeadSession.LOGIN_WALL_AS_JSON:
            return html_reply(LOGIN_PAGE, content_type=JSON_TYPE)
        case DeadSession.REDIRECT:
            return redirect("/login")
