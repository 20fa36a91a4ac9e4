"""Calls endpoints on behalf of a session: renewal and back-off around one request.

A family that is not core can cause no renewal; its 401 is its own trouble (docs/api.md §2.8).
"""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from .endpoints import CORE_FAMILIES, STATUS, Call, Endpoint, Family, Kind
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
from .limits import Failure
from .replies import read_outcome
from .session.session import Session
from .session.state import Identity
from .transport import Transport
from .wire import JsonValue, Oddities

# A command that is refused 401 has not been carried out: after a look, a new token and a sign-in it is sent again
_MOST_SENDINGS: Final = 4

type Reader[T] = Callable[[JsonValue, Oddities], T]


def unread(_value: JsonValue, _oddities: Oddities) -> None:
    """Read nothing: a reply to a command is no evidence of its effect."""


class _Sender:
    """Whom a call was last sent as; `generation` is that identity's."""

    __slots__ = ("_session", "generation")

    def __init__(self, session: Session) -> None:
        self.generation = session.generation
        self._session = session

    @property
    def is_stale(self) -> bool:
        """Whether the identity that was sent is no longer the session's."""
        return self.generation != self._session.generation

    def identity(self) -> Identity:
        self.generation = self._session.generation
        return self._session.identity()


class Caller:
    """Sends what a client asks for, as whoever the session is at that moment; `timeout` is in seconds a request.

    All replies share one memory of oddities.
    """

    def __init__(self, session: Session, transport: Transport, *, timeout: float | None = None) -> None:
        self._session = session
        self._transport = transport
        self._timeout = timeout
        self._oddities = Oddities()

    async def call[T](self, call: Call, read: Reader[T]) -> T:
        """Send a request and return what `read` makes of the JSON of its answer, `{}` for an empty one.

        Where the cloud refuses the session, a core family is sent once more after a renewal, and a command if the
        status shows that the session had ended. From other families the client backs off after any failure, a reply
        that `read` finds invalid included. For the errors see `EnlightenClient`.
        """
        call = replace(call, timeout=self._timeout)
        if call.endpoint.kind is Kind.COMMAND:
            return await self._command(call, read)
        if not (call.fresh or call.urgent):
            self._transport.back_off.check(call.endpoint.family, call.target, self._transport.clock())
        if call.endpoint.family in CORE_FAMILIES:
            return await self._core(call, read)
        return await self._send(call, _Sender(self._session), read)

    def is_refused(self, family: Family, target: str) -> bool:
        """Return whether the cloud has refused a family three times in a row for a charger, site or other item."""
        return self._transport.back_off.is_refused(family, target)

    async def _core[T](self, call: Call, read: Reader[T]) -> T:
        """Read something whose refusal means that the session has ended; it is renewed then, and read once more."""
        renewal = self._session.renewal
        await renewal.keep_fresh()
        sender = _Sender(self._session)
        try:
            return await self._send(call, sender, read)
        except TooManySessions:
            raise
        except AuthenticationRequired:
            await renewal.renew(sender.generation)
        try:
            return await self._send(call, sender, read)
        except TooManySessions:
            raise
        except AuthenticationRequired as err:
            is_wall = isinstance(err, LoginWall)
            raise renewal.note_refusal(sender.generation, call.endpoint.family, call.site_id, wall=is_wall) from None

    async def _command[T](self, call: Call, read: Reader[T]) -> T:
        """Send a command, which a refused session has certainly not carried out.

        A right may be missing while the session is fine, so the status decides whether the session has ended. Where
        it has not, the bearer may be dead behind cookies that live: a renewal tries the token route, then a sign-in.
        """
        renewal, sender = self._session.renewal, _Sender(self._session)
        has_looked = False
        for _ in range(_MOST_SENDINGS):
            try:
                result = await self._send(call, sender, read)
            except TooManySessions:
                raise
            except AuthenticationRequired:
                if not has_looked:
                    has_looked = True
                    takes_reads = await self._takes_reads(call.site_id)
                    if sender.is_stale:
                        continue
                    if not takes_reads:
                        break
                if not await renewal.renew_bearer(sender.generation):
                    break
            else:
                renewal.note_command_taken()
                return result
        raise CommandRejected(Refusal(http_status=HTTPStatus.UNAUTHORIZED))

    async def _takes_reads(self, site_id: str) -> bool:
        """Read the status, which renews a session that has ended, and return whether the cloud answers.

        Raises:
            AuthenticationRequired: a person has to sign in, or it is too early for a renewal.
        """
        try:
            await self.call(Call(STATUS, site_id=site_id, urgent=True), unread)
        except AuthenticationRequired:
            raise
        except EnlightenError:
            # Says nothing about the session
            return False
        return True

    async def _send[T](self, call: Call, sender: _Sender, read: Reader[T]) -> T:
        endpoint = call.endpoint
        try:
            result = await self._transport.exchange(
                call, sender.identity, lambda reply: read(read_outcome(endpoint, reply), self._oddities)
            )
        except EnlightenError as err:
            raise self._failed(call, sender, err) from None
        finally:
            self._session.note_reply(sender.generation)
        if endpoint.family in CORE_FAMILIES:
            self._session.renewal.note_success(endpoint.family, call.site_id)
        self._transport.back_off.succeed(endpoint.family, call.target)
        return result

    def _failed(self, call: Call, sender: _Sender, err: EnlightenError) -> EnlightenError:
        """Back off from a family that failed, and return the error to raise."""
        family, renewal = call.endpoint.family, self._session.renewal
        if family in CORE_FAMILIES and isinstance(err, AuthenticationRequired):
            renewal.session_has_ended = True
        failure = _failure_of(call.endpoint, err)
        if failure is None:
            return err
        if isinstance(err, AuthenticationRequired) and renewal.session_has_ended:
            failure = Failure.SESSION_ENDED
        retry_at = err.retry_at if isinstance(err, ServiceUnavailable) else None
        # That an identity is refused which has been replaced since is nothing to wait for
        is_outdated = sender.is_stale and isinstance(err, AuthenticationRequired)
        if not is_outdated and (failure is Failure.TROUBLE or call.endpoint.refusal_counts):
            retry_at = self._transport.back_off.fail(
                family, call.target, failure, self._transport.clock(), retry_at=retry_at, jitter=self._transport.jitter
            )
        if isinstance(err, AuthenticationRequired):
            return ServiceUnavailable(
                f"The cloud refuses {family}",
                retry_at=retry_at,
                refusal=None if isinstance(err, LoginWall | TooManySessions) else Refusal(http_status=401),
            )
        if isinstance(err, ServiceUnavailable):
            err.retry_at = retry_at
        return err


def _failure_of(endpoint: Endpoint, err: EnlightenError) -> Failure | None:
    """Return how an error reflects on its family; `None` if it does not."""
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
