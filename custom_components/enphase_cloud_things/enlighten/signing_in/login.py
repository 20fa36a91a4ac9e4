"""The requests of a sign-in and what their answers mean (docs/api.md §2.1-§2.5).

Temporary trouble is never reported as a wrong password: where the cloud does not clearly refuse
the credentials, the error says that trying later may help.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from ..endpoints import LOGIN, LOGIN_FORM, SEND_CODE, SITES, TOKEN, VALIDATE_CODE, Endpoint, Kind
from ..errors import (
    AccountBlocked,
    AuthenticationRequired,
    InvalidCredentials,
    LoginWall,
    NotSupported,
    OtpBlocked,
    OtpExpired,
    OtpRejected,
    OtpRequired,
    RateLimited,
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from ..headers import Identity, build_headers
from ..replies import BodyKind, Reply
from ..transport import Call, Transport
from ..wire import Fields, JsonValue, Oddities
from .cookies import EnlightenCookies
from .tokens import AccessToken, read_claims

_WRONG_CODE: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_SESSION_GONE: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

# The site list as a part of a sign-in, beside the limit of reads
_PROOF: Final = replace(SITES, kind=Kind.SIGN_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the cloud gave for a password or code.

    `proven` is false where it did not say that the sign-in succeeded and only the cookies can tell.
    """

    proven: bool = False
    session_id: str | None = field(default=None, repr=False)
    manager_token: str | None = field(default=None, repr=False)


class Login:
    """Speaks the sign-in protocol. What follows from an answer is the session's business."""

    def __init__(
        self,
        transport: Transport,
        cookies: EnlightenCookies,
        identity: Callable[[], Identity],
    ) -> None:
        """Sign in over this transport, whose cookies those are."""
        self._transport = transport
        self._cookies = cookies
        self._identity = identity

    async def with_password(self, email: str, password: str) -> Grant:
        """Sign in with a password.

        Raises:
            OtpRequired: the account wants a one-time code.
            InvalidCredentials: the cloud refused e-mail address and password.
            AccountBlocked: the account is blocked.
            TooManySessions: the account has used up its sessions.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        self._cookies.forget_challenge()
        form = {"user[email]": email, "user[password]": password}
        grant = await self._exchange(LOGIN, self._password_grant, form)
        if grant is None:
            grant = await self._exchange(LOGIN_FORM, self._form_grant, form)
        return grant

    async def with_code(self, email: str, code: str) -> Grant:
        """Go on with a one-time code after `OtpRequired`.

        Raises:
            OtpRejected: the code is wrong.
            OtpExpired: the challenge is gone.
            OtpBlocked: too many codes were tried.
            TooManySessions: the account has used up its sessions.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        form = {
            "email": _encode(email),
            "otp": _encode(code),
            "xhrFields[withCredentials]": "true",
        }
        return await self._exchange(VALIDATE_CODE, _code_grant, form)

    async def send_code(self) -> None:
        """Have the cloud send another code.

        Raises:
            OtpExpired: the challenge is gone.
            OtpBlocked: too many codes were asked for.
            TooManySessions: the account has used up its sessions.
            ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        await self._exchange(SEND_CODE, _judge_sent_code, {"locale": "en"})

    async def mint_token(self) -> AccessToken:
        """Get an access token for the session that the cookies hold.

        Raises:
            AuthenticationRequired: the cloud does not take the cookies.
            TooManySessions: the account has used up its sessions.
            NotSupported: the cloud gave no token, which says nothing about the session.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        return await self._exchange(TOKEN, _judge_token)

    async def proves_signed_in(self) -> bool:
        """Ask for the site list to find out whether the cookies are signed in.

        Raises:
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may tell.
        """
        return await self._exchange(_PROOF, _judge_proof)

    async def _exchange[T](
        self,
        endpoint: Endpoint,
        judge: Callable[[Reply], T],
        form: dict[str, str] | None = None,
    ) -> T:
        def headers() -> dict[str, str]:
            return build_headers(endpoint.profile, identity=self._identity(), base=self._transport.hosts.enlighten)

        return await self._transport.exchange(Call(endpoint=endpoint, headers=headers, form=form), judge)

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
        return Grant(session_id=read_claims(manager_token).session_id, manager_token=manager_token)


def _raise_for_trouble(reply: Reply) -> None:
    """Raise for what says nothing about credentials, in the order of docs/api.md §2.1."""
    if reply.is_trouble:
        raise _unexpected(reply)
    if reply.too_many_sessions:
        raise TooManySessions("The account has too many sessions")
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("The cloud asks for a pause", retry_at=reply.retry_at)


def _unexpected(reply: Reply) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"Signing in was answered with HTTP {reply.status}",
        retry_at=reply.retry_at,
        refusal=reply.refusal,
    )


def _reply_fields(reply: Reply) -> Fields:
    """Return the fields of a successful JSON reply; an empty body has none."""
    if not reply.is_success or reply.kind not in (BodyKind.JSON, BodyKind.EMPTY):
        raise _unexpected(reply)
    value = reply.value if reply.value is not None else {}
    if not isinstance(value, dict):
        raise _unexpected(reply)
    return Fields(value, "login", Oddities())


def _token_grant(fields: Fields) -> Grant | None:
    manager_token = fields.text("manager_token", "managerToken")
    session_id = fields.text("session_id", "sessionId", "session")
    session_id = session_id or read_claims(manager_token).session_id
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
    if _is_blocked(reply.value):
        raise OtpBlocked("The cloud takes no more codes")
    if reply.status in _SESSION_GONE:
        raise OtpExpired("The challenge is gone")


def _is_blocked(value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    return Fields(value, "login", Oddities()).boolean("isBlocked") or False


def _judge_token(reply: Reply) -> AccessToken:
    _raise_for_trouble(reply)
    if reply.is_login_wall:
        raise LoginWall("The login page came in place of a token")
    if reply.status in _SESSION_GONE:
        raise AuthenticationRequired("The cloud refused the session")
    token = AccessToken.from_wire(reply.value) if reply.is_success else None
    if token is None:
        kind = RouteGone if reply.refusal and reply.refusal.routing else NotSupported
        raise kind("The cloud gave no token", refusal=reply.refusal)
    return token


def _judge_proof(reply: Reply) -> bool:
    _raise_for_trouble(reply)
    return reply.is_success and reply.kind is BodyKind.JSON


def _encode(text: str) -> str:
    return b64encode(text.strip().encode()).decode()
