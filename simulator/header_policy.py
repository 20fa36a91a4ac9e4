"""What single services demand of a request's headers beyond the gate (docs/api.md §1.4, profiles H4, H8 and H9).

Nobody knows which of a profile's headers are really needed; here all of those that make a profile special are.
"""

from http import HTTPStatus
from uuid import UUID

from .reply import RefusalError, Reply, json_reply
from .routing import Call, Handler
from .wire import scheduler_error

_BEARER = "Bearer "
_FOREIGN_CREDENTIALS = ("cookie", "e-auth-token")
_FOREIGN_HEADERS = ("x-requested-with", "x-csrf-token", "content-type")


def history_headers(handler: Handler) -> Handler:
    """Demand profile H4; the route has to ask for a bearer already."""

    def checked(call: Call) -> Reply:
        bearer = call.world.accounts.session_of_token(call.headers.get("authorization", "").removeprefix(_BEARER))
        if bearer is None or call.headers.get("e-auth-token") != bearer.session_id:
            raise call.refusal(HTTPStatus.UNAUTHORIZED, "The session id does not belong to the bearer")
        _demand_request_id(call)
        _demand_user(call)
        return handler(call)

    return checked


def tariff_headers(handler: Handler) -> Handler:
    """Demand profile H8; the route has to ask for a session already."""

    def checked(call: Call) -> Reply:
        if call.world.accounts.session_of_token(call.headers.get("e-auth-token", "")) is None:
            raise call.refusal(HTTPStatus.UNAUTHORIZED, "A token is required")
        _demand_request_id(call)
        _demand_user(call)
        return handler(call)

    return checked


def grid_services_headers(handler: Handler) -> Handler:
    """Demand profile H9, that is a bare token and no sign of the web application; the route has to be public."""

    def checked(call: Call) -> Reply:
        token = call.headers.get("authorization", "")
        session = call.world.accounts.session_of_token(token)
        foreign = [name for name in _FOREIGN_CREDENTIALS if name in call.headers]
        if session is None or foreign:
            raise grid_refusal(call, HTTPStatus.UNAUTHORIZED, "Unauthorized")
        _demand_bare_headers(call)
        call.web_session = session
        return handler(call)

    return checked


def grid_refusal(call: Call, status: int, text: str) -> RefusalError:
    """Return the exception that ends a call with the error body of Grid Services."""
    return RefusalError(json_reply(scheduler_error(status, text, None, call.now), status))


def _demand_bare_headers(call: Call) -> None:
    foreign = [name for name in _FOREIGN_HEADERS if name in call.headers]
    if foreign:
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, f"Unexpected header {foreign[0]}")
    origin, referer = call.headers.get("origin", ""), call.headers.get("referer", "")
    if not origin or not referer.startswith(origin):
        raise grid_refusal(call, HTTPStatus.BAD_REQUEST, "Origin and Referer are required")


def _demand_request_id(call: Call) -> None:
    try:
        UUID(call.headers.get("requestid", ""))
    except ValueError:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Required request header 'requestid' is missing") from None


def _demand_user(call: Call) -> None:
    user = call.headers.get("username")
    if user is None:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Required request header 'username' is missing")
    if user != call.session.account.user_id:
        raise call.refusal(HTTPStatus.FORBIDDEN, "Another user's data")
