"""Calls endpoints on behalf of a session: headers, renewal and back-off around one request.

A family that is not core can cause no renewal; its 401 is its own trouble (docs/api.md §2.8).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4

from .back_off import Failure
from .endpoints import CORE_FAMILIES, STATUS, Endpoint, Family, Kind
from .errors import (
    AuthenticationRequired,
    CommandRejected,
    ConnectionFailed,
    EnlightenError,
    InvalidResponse,
    LoginWall,
    NoPlace,
    NotSupported,
    RateLimited,
    Refusal,
    ServiceUnavailable,
    TooManySessions,
)
from .headers import build_headers
from .signing_in.session import Session
from .transport import Call, Transport
from .wire import JsonValue


class _Attempt:
    """One sending of a call, as whoever the session is at that moment; `generation` is that identity's."""

    def __init__(self, call: Call, session: Session, transport: Transport) -> None:
        self.generation = session.generation
        self.call = replace(call, headers=self._headers)
        self._session = session
        self._transport = transport

    @property
    def is_stale(self) -> bool:
        """Whether the identity that was sent is no longer the session's."""
        return self.generation != self._session.generation

    def _headers(self) -> Mapping[str, str]:
        self.generation = self._session.generation
        return build_headers(
            self.call.endpoint.profile,
            identity=self._session.identity(),
            base=self._transport.hosts.enlighten,
            site_id=self.call.site_id,
            request_id=str(uuid4()),
        )


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

        Where the cloud refuses the session, a core family is sent once more after a renewal, and a command if the
        status shows that the session had ended. From other families the client backs off after any failure, a reply
        that `read` finds invalid included. A `fresh` read is sent even then. Unless `refusal_counts`, a 401 or 403 is
        no reason to back off. For the errors see `Transport.request`.
        """
        call = Call(endpoint=endpoint, site_id=site_id, serial=serial, item_id=item_id, query=query or {}, json=json)
        if endpoint.kind is Kind.COMMAND:
            return await self._command(call, read)
        if not fresh:
            self._transport.back_off.check(endpoint.family, call.target, self._transport.clock())
        if endpoint.family in CORE_FAMILIES:
            return await self._core(call, read)
        return await self._send(self._attempt(call), read, refusal_counts=refusal_counts)

    def is_refused(self, family: Family, target: str) -> bool:
        """Tell whether the cloud has refused a family three times in a row for a charger, site or other item."""
        return self._transport.back_off.is_refused(family, target)

    async def _core[T](self, call: Call, read: Callable[[JsonValue], T]) -> T:
        """Read something whose refusal means that the session has ended; it is renewed then, and read once more."""
        renewal = self._session.renewal
        await renewal.keep_fresh()
        first = self._attempt(call)
        try:
            return await self._send(first, read)
        except TooManySessions:
            raise
        except AuthenticationRequired:
            await renewal.renew(first.generation)
        second = self._attempt(call)
        try:
            return await self._send(second, read)
        except TooManySessions:
            raise
        except AuthenticationRequired as err:
            is_wall = isinstance(err, LoginWall)
            raise renewal.note_refusal(second.generation, call.endpoint.family, call.site_id, wall=is_wall) from None

    async def _command[T](self, call: Call, read: Callable[[JsonValue], T]) -> T:
        """Send a command, which a refused session has certainly not carried out.

        A right may be missing while the session is fine, so the status decides whether the session has ended.
        """
        first = self._attempt(call)
        try:
            return await self._send(first, read)
        except TooManySessions:
            raise
        except AuthenticationRequired:
            await self._look_at_session(call.site_id)
        if first.is_stale:
            try:
                return await self._send(self._attempt(call), read)
            except TooManySessions:
                raise
            except AuthenticationRequired:
                pass
        raise CommandRejected(Refusal(http_status=HTTPStatus.UNAUTHORIZED))

    async def _look_at_session(self, site_id: str) -> None:
        """Read the status, which renews a session that has ended.

        Raises:
            AuthenticationRequired: a person has to sign in, or it is too early for a renewal.
        """
        try:
            await self.call(STATUS, lambda value: value, site_id=site_id, fresh=True)
        except AuthenticationRequired:
            raise
        except EnlightenError:
            # Says nothing about the session
            return

    def _attempt(self, call: Call) -> _Attempt:
        return _Attempt(call, self._session, self._transport)

    async def _send[T](self, attempt: _Attempt, read: Callable[[JsonValue], T], *, refusal_counts: bool = True) -> T:
        call = attempt.call
        family = call.endpoint.family
        try:
            result = await self._transport.request(call, read)
        except EnlightenError as err:
            raise self._failed(attempt, err, refusal_counts=refusal_counts) from None
        finally:
            self._session.note_reply(attempt.generation)
        if family in CORE_FAMILIES:
            self._session_has_ended = False
            self._session.renewal.note_success(family, call.site_id)
        self._transport.back_off.succeed(family, call.target)
        return result

    def _failed(self, attempt: _Attempt, err: EnlightenError, *, refusal_counts: bool) -> EnlightenError:
        """Back off from a family that failed, and return the error to raise."""
        call = attempt.call
        if call.endpoint.family in CORE_FAMILIES and isinstance(err, AuthenticationRequired):
            self._session_has_ended = True
        failure = _failure_of(call.endpoint, err)
        if failure is None:
            return err
        if isinstance(err, AuthenticationRequired) and self._session_has_ended:
            failure = Failure.SESSION_ENDED
        retry_at = err.retry_at if isinstance(err, ServiceUnavailable) else None
        # That an identity is refused which has been replaced since is nothing to wait for
        is_outdated = attempt.is_stale and isinstance(err, AuthenticationRequired)
        if not is_outdated and (failure is Failure.TROUBLE or refusal_counts):
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
    if endpoint.kind is not Kind.READ or isinstance(err, RateLimited | NoPlace):
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
