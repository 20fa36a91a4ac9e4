"""What a reply means for the caller, apart from signing in (docs/api.md §2.7, §5.1, §11.2)."""

from http import HTTPStatus
from typing import Final

from .endpoints import Endpoint, Family, Kind
from .errors import (
    AuthenticationRequired,
    CommandOutcomeUnknown,
    CommandRejected,
    InvalidResponse,
    LevelRefused,
    LoginWall,
    NotSupported,
    RateLimited,
    Refusal,
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from .replies import BodyKind, Reply
from .wire import JsonValue

_NO_SUCH_SERVICE_AT_SITE: Final = 550


def read_outcome(endpoint: Endpoint, reply: Reply) -> JsonValue:
    """Return the JSON of a successful reply, `{}` for an empty one, or raise what it means."""
    _raise_for_account(endpoint, reply)
    if endpoint.kind is Kind.COMMAND:
        return _command_outcome(endpoint, reply)
    return _read_outcome(endpoint, reply)


def _raise_for_account(endpoint: Endpoint, reply: Reply) -> None:
    """Raise for what concerns the whole account, whatever was asked for."""
    if (not reply.is_success or endpoint.family is Family.SITES) and reply.too_many_sessions:
        raise TooManySessions("The account has too many sessions")
    if reply.is_login_wall:
        raise LoginWall(f"The login page came in place of {endpoint.family}")
    if reply.status == HTTPStatus.UNAUTHORIZED or (
        endpoint.family is Family.SITES and reply.status == HTTPStatus.FORBIDDEN
    ):
        raise AuthenticationRequired(f"The cloud refused the session ({endpoint.family})")
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("The cloud asks for a pause", retry_at=reply.retry_at)


def _read_outcome(endpoint: Endpoint, reply: Reply) -> JsonValue:
    if not reply.is_success:
        raise _read_failure(endpoint, reply)
    match reply.kind:
        case BodyKind.JSON:
            if _is_error_without_data(reply):
                raise ServiceUnavailable(f"An error came in place of {endpoint.family}", refusal=reply.refusal)
            return reply.value
        case BodyKind.EMPTY:
            return {}
        case BodyKind.TEXT:
            raise InvalidResponse(endpoint.family)
    raise ServiceUnavailable(f"A page came in place of {endpoint.family}", retry_at=reply.retry_at)


def _read_failure(endpoint: Endpoint, reply: Reply) -> NotSupported | ServiceUnavailable:
    family, refusal = endpoint.family, reply.refusal
    if refusal is not None and refusal.routing:
        return RouteGone(f"The cloud has no route for {family}", refusal=refusal)
    if reply.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) or (
        reply.status == _NO_SUCH_SERVICE_AT_SITE
        and refusal is not None
        and "INVALID_SITE" in (refusal.status_text, refusal.code)
    ):
        return NotSupported(f"The cloud offers no {family} here", refusal=refusal)
    return ServiceUnavailable(
        f"The cloud answered HTTP {reply.status} for {family}",
        retry_at=reply.retry_at,
        refusal=refusal,
    )


def _is_error_without_data(reply: Reply) -> bool:
    return reply.refusal is not None and isinstance(reply.value, dict) and reply.value.get("data") is None


def _command_outcome(endpoint: Endpoint, reply: Reply) -> JsonValue:
    refusal = reply.refusal
    if reply.is_success:
        if refusal is not None:
            raise CommandRejected(refusal)
        if reply.kind in (BodyKind.JSON, BodyKind.EMPTY):
            return {} if reply.value is None else reply.value
        raise CommandOutcomeUnknown(Refusal(http_status=reply.status))
    if refusal is None:
        # Only a redirect gets here; it is not followed, so nothing has happened
        raise CommandRejected(Refusal(http_status=reply.status))
    if refusal.routing:
        raise RouteGone(f"The cloud has no such route for {endpoint.family}", refusal=refusal)
    if refusal.invalid_level:
        raise LevelRefused(refusal)
    if reply.is_trouble:
        raise CommandOutcomeUnknown(refusal)
    raise CommandRejected(refusal)
