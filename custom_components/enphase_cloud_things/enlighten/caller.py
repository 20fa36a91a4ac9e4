"""Calls endpoints on behalf of a session: headers, renewal and back-off around one request.

A family that is not core can cause no renewal; its 401 is its own trouble (docs/api.md §2.8).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import uuid4

from .back_off import Failure
from .endpoints import CORE_FAMILIES, Endpoint, Family, Kind
from .errors import (
    AuthenticationRequired,
    ConnectionFailed,
    EnlightenError,
    InvalidResponse,
    LoginWall,
    NotSupported,
    RateLimited,
    Refusal,
    ServiceUnavailable,
    TooManySessions,
)
from .headers import build_headers
from .session import Session
from .transport import Call, Transport
from .wire import JsonValue


class Caller:
    """Sends what a client asks for, as whoever the session is at that moment."""

    def __init__(self, session: Session, transport: Transport) -> None:
        """Call over the transport in the name of the session."""
        self._session = session
        self._transport = transport
        self._session_has_ended = False

    async def call[T](
        self,
        endpoint: Endpoint,
        read: Callable[[JsonValue], T],
        *,
        site_id: str = "",
        serial: str = "",
        item_id: str = "",
        query: Mapping[str, str] | None = None,
        json: JsonValue = None,
        fresh: bool = False,
        refusal_counts: bool = True,
    ) -> T:
        """Send a request and return what `read` makes of the JSON of its answer.

        Where the cloud refuses the session, a core family or a command is sent once more after a renewal. From other
        families the client backs off after any failure, a reply that `read` finds invalid included. A `fresh` read is
        sent even then. Unless `refusal_counts`, a 401 or 403 is no reason to back off. For the errors see
        `Transport.request`.
        """
        call = Call(endpoint=endpoint, site_id=site_id, serial=serial, item_id=item_id, query=query or {}, json=json)
        if endpoint.kind is Kind.READ and not fresh:
            self._transport.back_off.check(endpoint.family, call.target, self._transport.clock())
        if endpoint.family in CORE_FAMILIES:
            await self._session.renewal.keep_fresh()
        generation = self._session.generation
        try:
            return await self._send(call, read, refusal_counts=refusal_counts)
        except TooManySessions:
            raise
        except AuthenticationRequired:
            if not self._may_renew(endpoint):
                raise
        await self._session.renewal.renew(generation)
        generation = self._session.generation
        try:
            return await self._send(call, read, refusal_counts=refusal_counts)
        except TooManySessions:
            raise
        except AuthenticationRequired as err:
            is_wall = isinstance(err, LoginWall)
            raise self._session.renewal.note_refusal(generation, endpoint.family, wall=is_wall) from None

    def is_refused(self, family: Family, target: str) -> bool:
        """Tell whether the cloud has refused a family three times in a row for a charger, site or other item."""
        return self._transport.back_off.is_refused(family, target)

    def _may_renew(self, endpoint: Endpoint) -> bool:
        # The site list is asked for right after a person has signed in
        return endpoint.family is not Family.SITES and self._session.renewal.may_help(endpoint.family)

    async def _send[T](self, call: Call, read: Callable[[JsonValue], T], *, refusal_counts: bool) -> T:
        family = call.endpoint.family
        # Made for each attempt, for a renewal lies between two
        headers = build_headers(
            call.endpoint.profile,
            identity=self._session.identity(),
            base=self._transport.hosts.enlighten,
            site_id=call.site_id,
            request_id=str(uuid4()),
        )
        try:
            result = await self._transport.request(replace(call, headers=headers), read)
        except EnlightenError as err:
            raise self._failed(call, err, refusal_counts=refusal_counts) from None
        finally:
            self._session.note_reply()
        if family in CORE_FAMILIES:
            self._session_has_ended = False
        self._session.renewal.note_success(family)
        self._transport.back_off.succeed(family, call.target)
        return result

    def _failed(self, call: Call, err: EnlightenError, *, refusal_counts: bool) -> EnlightenError:
        """Back off from a family that failed, and return the error to raise."""
        if call.endpoint.family in CORE_FAMILIES and isinstance(err, AuthenticationRequired):
            self._session_has_ended = True
        failure = _failure_of(call.endpoint, err)
        if failure is None:
            return err
        if isinstance(err, AuthenticationRequired) and self._session_has_ended:
            failure = Failure.SESSION_ENDED
        retry_at = err.retry_at if isinstance(err, ServiceUnavailable) else None
        if failure is Failure.TROUBLE or refusal_counts:
            retry_at = self._transport.back_off.fail(
                call.endpoint.family,
                call.target,
                failure,
                self._transport.clock(),
                retry_at=retry_at,
                jitter=self._transport.jitter,
            )
        if isinstance(err, AuthenticationRequired):
            return ServiceUnavailable(
                f"The cloud refuses {call.endpoint.family}",
                retry_at=retry_at,
                refusal=None if isinstance(err, LoginWall | TooManySessions) else Refusal(http_status=401),
            )
        if isinstance(err, ServiceUnavailable):
            err.retry_at = retry_at
        return err


def _failure_of(endpoint: Endpoint, err: EnlightenError) -> Failure | None:
    """Tell how an error reflects on its family; `None` if it does not."""
    if endpoint.kind is not Kind.READ or isinstance(err, RateLimited):
        return None
    if isinstance(err, ServiceUnavailable):
        return Failure.TROUBLE
    if endpoint.family in CORE_FAMILIES or endpoint.family is Family.SITES:
        # No connection and an ended session are not the family's fault
        return None
    if isinstance(err, NotSupported):
        return Failure.REFUSED
    if isinstance(err, AuthenticationRequired):
        return Failure.TROUBLE if isinstance(err, LoginWall | TooManySessions) else Failure.REFUSED
    return Failure.TROUBLE if isinstance(err, ConnectionFailed | InvalidResponse) else None
