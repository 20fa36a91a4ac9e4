"""Signing in, from the password and perhaps a one-time code to a session that works (docs/api.md §2.1-§2.5).

Temporary trouble is never reported as a wrong password: where the cloud does not clearly refuse the credentials, the
error says that trying later may help. Everything here raises `RateLimited`, `ServiceUnavailable` or `ConnectionFailed`
then, and `TooManySessions` where the account has used up its sessions.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from ..endpoints import LOGIN, LOGIN_FORM, SEND_CODE, SITES, TOKEN, VALIDATE_CODE, Call, Endpoint, Kind
from ..errors import (
    AccountBlocked,
    AuthenticationRequired,
    ConnectionFailed,
    InvalidCredentials,
    InvalidResponse,
    LoginWall,
    NotSupported,
    OtpBlocked,
    OtpExpired,
    OtpMissing,
    OtpRejected,
    OtpRequired,
    RateLimited,
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from ..limits import Clock
from ..replies import BodyKind, Reply
from ..transport import Transport
from ..wire import Fields, object_at
from .state import EnlightenCookies, Identity, Token

_WRONG_CODE: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
)
_SESSION_GONE: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

# The site list, which tells whether the cookies are signed in; as a part of a sign-in it is beside the limit of reads
_PROOF: Final = replace(SITES, kind=Kind.SIGN_IN)

_RESEND_PAUSE: Final = timedelta(seconds=30)
# What people type between the digits of a code
_SEPARATORS: Final = str.maketrans("", "", " \t\r\n\u00a0\u2009\u202f-\u2010\u2011\u2013")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the cloud gave for a password or code.

    `proven` is false where it did not say that the sign-in succeeded and only the cookies can tell. `token` is the
    first access token; without one the session has to do with cookies for now.
    """

    proven: bool = False
    session_id: str | None = field(default=None, repr=False)
    manager_token: str | None = field(default=None, repr=False)
    token: Token | None = field(default=None, repr=False)


class Login:
    """Speaks the sign-in protocol over a transport, whose `cookies` those are.

    What follows from a grant is the session's business, and so is the lock.
    """

    def __init__(self, transport: Transport, cookies: EnlightenCookies, identity: Callable[[], Identity]) -> None:
        self._transport = transport
        self._cookies = cookies
        self._identity = identity
        self._older_manager_token: str | None = None

    async def with_password(self, email: str, password: str) -> Grant:
        """Sign in with a password. `OtpRequired` asks for a code; for the other errors see `Session.sign_in`."""
        self._older_manager_token = self._cookies.manager_token
        self._cookies.forget_challenge()
        form = {"user[email]": email, "user[password]": password}
        grant = await self._exchange(LOGIN, self._password_grant, form)
        if grant is None:
            grant = await self._exchange(LOGIN_FORM, self._form_grant, form)
        grant = await self._with_token(grant)
        if grant.token is None and not grant.proven:
            if self._cookies.session is None:
                raise ServiceUnavailable("Signing in opened no session")
            # The form opens a session whatever was entered
            if not await self._exchange(_PROOF, _judge_proof):
                raise InvalidCredentials("The session is not signed in")
        return self._without_older_token(grant)

    async def with_code(self, email: str, code: str) -> Grant:
        """Go on with a one-time code after `OtpRequired`. For the errors see `OtpChallenge.validate`."""
        encoded = {name: b64encode(text.strip().encode()).decode() for name, text in (("email", email), ("otp", code))}
        form = {**encoded, "xhrFields[withCredentials]": "true"}
        grant = await self._exchange(VALIDATE_CODE, _code_grant, form)
        try:
            grant = await self._with_token(grant)
        except InvalidCredentials:
            raise OtpRejected("The code opened no session") from None
        if grant.token is None and not grant.proven and not await self._exchange(_PROOF, _judge_proof):
            raise OtpRejected("The code opened no session")
        return self._without_older_token(grant)

    async def send_code(self) -> None:
        """Have the cloud send another code. For the errors see `OtpChallenge.resend`."""
        await self._exchange(SEND_CODE, _judge_sent_code, {"locale": "en"})

    async def mint_token(self) -> Token:
        """Get an access token for the session that the cookies hold.

        Raises:
            AuthenticationRequired: the cloud does not take the cookies.
            NotSupported: the cloud gave no token, which says nothing about the session.
        """
        return await self._exchange(TOKEN, _judge_token)

    async def _with_token(self, grant: Grant) -> Grant:
        """Add the first token of a new session, if the cloud gives one.

        Raises:
            InvalidCredentials: the cloud refuses the session, so it is none.
        """
        try:
            return replace(grant, token=await self.mint_token())
        except TooManySessions:
            raise
        except LoginWall:
            if grant.proven:
                return grant
        except AuthenticationRequired:
            pass
        except ConnectionFailed, ServiceUnavailable, NotSupported, InvalidResponse:
            return grant
        raise InvalidCredentials("The cloud refused the session")

    def _without_older_token(self, grant: Grant) -> Grant:
        """Drop the manager token of an older session, unless the new one has brought another."""
        older, given = self._older_manager_token, grant.manager_token
        if older is not None and self._cookies.manager_token == older and given in {None, older}:
            self._cookies.forget_manager_token()
            return replace(grant, manager_token=None)
        if given not in {None, self._cookies.manager_token}:
            self._cookies.forget_manager_token()
        return grant

    async def _exchange[T](
        self, endpoint: Endpoint, judge: Callable[[Reply], T], form: dict[str, str] | None = None
    ) -> T:
        return await self._transport.exchange(Call(endpoint, form=form), self._identity, judge)

    def _password_grant(self, reply: Reply) -> Grant | None:
        """Judge the password login in the order of docs/api.md §2.1; `None` leaves the form login."""
        _raise_for_trouble(reply)
        if reply.status in _SESSION_GONE:
            raise InvalidCredentials("The cloud refused the credentials")
        if reply.status == HTTPStatus.NOT_ACCEPTABLE:
            return None
        if reply.is_redirect:
            return Grant()
        fields = _reply_fields(reply)
        if fields.boolean("requires_mfa", "mfa_required"):
            raise OtpRequired("The account wants a one-time code")
        if fields.boolean("isBlocked"):
            raise AccountBlocked("The account is blocked")
        if grant := _token_grant(fields):
            return grant
        if fields.boolean("success") and self._cookies.wants_code:
            raise OtpRequired("The account wants a one-time code")
        if reply.kind is BodyKind.EMPTY or not reply.value:
            return Grant()
        raise InvalidCredentials("The cloud refused the credentials")

    def _form_grant(self, reply: Reply) -> Grant:
        _raise_for_trouble(reply)
        if reply.status in _SESSION_GONE:
            raise InvalidCredentials("The cloud refused the credentials")
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise _unexpected(reply)
        if self._cookies.wants_code:
            raise OtpRequired("The account wants a one-time code")
        manager_token = self._cookies.manager_token
        if self._cookies.session is None and manager_token is None:
            raise InvalidCredentials("The cloud opened no session")
        return Grant(session_id=Token.read(manager_token).session_id, manager_token=manager_token)


def _raise_for_trouble(reply: Reply) -> None:
    """Raise for what says nothing about credentials, in the order of docs/api.md §2.1."""
    if reply.is_trouble:
        raise _unexpected(reply)
    if reply.too_many_sessions:
        raise TooManySessions("The account has too many sessions")
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("The cloud asks for a pause", retry_at=reply.retry_at)


def _unexpected(reply: Reply) -> ServiceUnavailable:
    message = f"Signing in was answered with HTTP {reply.status}"
    return ServiceUnavailable(message, retry_at=reply.retry_at, refusal=reply.refusal)


def _reply_fields(reply: Reply) -> Fields:
    """Return the fields of a successful JSON reply; an empty body has none."""
    is_readable = reply.kind in (BodyKind.JSON, BodyKind.EMPTY) and isinstance(reply.value, dict | None)
    if not reply.is_success or not is_readable:
        raise _unexpected(reply)
    return object_at(reply.value, "login")


def _token_grant(fields: Fields) -> Grant | None:
    manager_token = fields.opaque("manager_token", "managerToken")
    session_id = fields.opaque("session_id", "sessionId", "session")
    session_id = session_id or Token.read(manager_token).session_id
    if session_id is None:
        return None
    return Grant(proven=True, session_id=session_id, manager_token=manager_token)


def _code_grant(reply: Reply) -> Grant:
    _raise_for_code(reply)
    if reply.status in _WRONG_CODE:
        raise OtpRejected("The code is wrong")
    if reply.is_redirect:
        return Grant()
    fields = _reply_fields(reply)
    if fields.boolean("isValid") is False or fields.boolean("success") is False:
        raise OtpRejected("The code is wrong")
    return _token_grant(fields) or Grant()


def _judge_sent_code(reply: Reply) -> None:
    _raise_for_code(reply)
    if _reply_fields(reply).boolean("success") is False:
        raise OtpExpired("The challenge is gone")


def _raise_for_code(reply: Reply) -> None:
    """Raise for what validating and sending a code have in common."""
    try:
        _raise_for_trouble(reply)
    except RateLimited as err:
        raise OtpBlocked("The cloud takes no more codes", retry_at=err.retry_at) from None
    if object_at(reply.value, "login").boolean("isBlocked"):
        raise OtpBlocked("The cloud takes no more codes")
    if reply.status in _SESSION_GONE:
        raise OtpExpired("The challenge is gone")


def _judge_token(reply: Reply) -> Token:
    _raise_for_trouble(reply)
    if reply.is_login_wall:
        raise LoginWall("The login page came in place of a token")
    if reply.status in _SESSION_GONE:
        raise AuthenticationRequired("The cloud refused the session")
    token = Token.minted(reply.value) if reply.is_success else None
    if token is None:
        kind = RouteGone if reply.refusal and reply.refusal.routing else NotSupported
        raise kind("The cloud gave no token", refusal=reply.refusal)
    return token


def _judge_proof(reply: Reply) -> bool:
    _raise_for_trouble(reply)
    return reply.is_success and reply.kind is BodyKind.JSON


class OtpChallenge:
    """A sign-in that waits for a one-time code (docs/api.md §2.3, §2.4).

    `finish` signs in with an e-mail address and a code. Nobody knows whether the cloud sends a first code by itself, so
    a person should be offered one with `resend`.
    """

    def __init__(
        self, *, login: Login, email: str, finish: Callable[[str, str], Awaitable[None]], clock: Clock
    ) -> None:
        self._login = login
        self._email = email
        self._finish = finish
        self._clock = clock
        self._sent_at: datetime | None = None
        self._is_over = False

    async def validate(self, code: str) -> None:
        """Finish the sign-in on its session with the code a person entered, blanks and dashes in it or not.

        Raises:
            OtpMissing: nothing was entered; nothing was sent.
            OtpRejected: the code is wrong; another may be tried.
            OtpExpired: the challenge is over; the sign-in has to start again.
            OtpBlocked: the cloud takes no more codes for now.
        """
        self._raise_if_over()
        code = code.translate(_SEPARATORS)
        if not code:
            raise OtpMissing("No code was entered")
        try:
            await self._finish(self._email, code)
        except OtpExpired:
            self._is_over = True
            raise
        self._is_over = True

    async def resend(self) -> None:
        """Have the cloud send a code, at most every 30 seconds.

        Raises:
            RateLimited: the last code was sent less than 30 seconds ago; nothing was asked for.
            OtpExpired: the challenge is over; the sign-in has to start again.
            OtpBlocked: the cloud sends no more codes for now.
        """
        self._raise_if_over()
        now = self._clock()
        if self._sent_at is not None and now < self._sent_at + _RESEND_PAUSE:
            raise RateLimited("A code was sent a moment ago", retry_at=self._sent_at + _RESEND_PAUSE)
        try:
            await self._login.send_code()
        except OtpExpired:
            self._is_over = True
            raise
        self._sent_at = now

    def _raise_if_over(self) -> None:
        if self._is_over:
            raise OtpExpired("The challenge is over")
