"""What a session consists of: its cookies, its tokens, who it is, what is stored, and the guard over sign-ins.

The cookies of the Enlighten host are kept in the one jar that the HTTP session sends them from (docs/api.md §1.2). A
token says some things about itself (§1.3). Every sign-in with a password opens a session, sessions are capped, and an
account over the cap is shut for hours: so the guard holds unattended sign-ins back after a failure (§2.6, §2.8); what a
person submits is not guarded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http.cookies import CookieError, Morsel, SimpleCookie
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from aiohttp import CookieJar
from aiohttp.abc import AbstractCookieJar
import jwt
from yarl import URL

from ..endpoints import Hosts
from ..errors import (
    AccountBlocked,
    AuthenticationRequired,
    EnlightenError,
    InvalidCredentials,
    ServiceUnavailable,
    TooManySessions,
)
from ..wire import JsonValue, object_at

_SESSION_COOKIES: Final = ("_enlighten_4_session", "enlighten_session", "_enlighten_session")
_MANAGER_TOKEN: Final = "enlighten_manager_token_production"
_CSRF: Final = "xsrf-token"
_TARIFF_CSRF: Final = "bp-xsrf-token"
_CODE_NONCE: Final = "login_otp_nonce"
_APP_VERSION: Final = "appversion"

_LONGEST_MARGIN: Final = timedelta(hours=1)
_USER_CLAIMS: Final = ("user_id", "userId", "userid")
_SESSION_CLAIMS: Final = ("session_id", "sessionId", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCookie:
    """A cookie as it can be written to a file. `expires` is the date of its header, if it had one."""

    name: str
    value: str = field(repr=False)
    domain: str = ""
    path: str = "/"
    secure: bool = False
    expires: str = ""


def new_cookie_jar(hosts: Hosts) -> CookieJar:
    """Make the jar for an HTTP session that talks to these hosts.

    A jar refuses cookies of IP addresses unless it is told otherwise, which is needed only where a
    host is one.
    """
    return CookieJar(unsafe=any(map(_is_ip_address, (hosts.enlighten, hosts.grid_services))))


def _is_ip_address(base: URL) -> bool:
    try:
        ip_address(base.host or "")
    except ValueError:
        return False
    return True


class EnlightenCookies:
    """What the client reads from, keeps of and restores to the jar."""

    def __init__(self, jar: AbstractCookieJar, base: URL) -> None:
        """Look at the cookies of the host of `base` in that jar."""
        self._jar = jar
        self._base = base.origin()
        self._host = base.raw_host or ""

    @property
    def session(self) -> str | None:
        """The web session. One that is not signed in has such a cookie, too."""
        return next(filter(None, map(self._value, _SESSION_COOKIES)), None)

    @property
    def manager_token(self) -> str | None:
        """The manager token."""
        return self._value(_MANAGER_TOKEN)

    @property
    def rotating(self) -> tuple[str | None, str | None]:
        """What the cloud replaces now and then: the web session and the manager token."""
        return self.session, self.manager_token

    @property
    def csrf_token(self) -> str | None:
        """The value for `X-CSRF-Token`."""
        return _plain(self._value(_CSRF) or self._value(_TARIFF_CSRF))

    @property
    def tariff_csrf_token(self) -> str | None:
        """The value for the `X-XSRF-Token` of the battery and tariff services."""
        return _plain(self._value(_TARIFF_CSRF))

    @property
    def app_version(self) -> str | None:
        """The build of the web page."""
        return self._value(_APP_VERSION)

    @property
    def wants_code(self) -> bool:
        """Whether a challenge for a one-time code is pending."""
        return self._value(_CODE_NONCE) is not None

    def forget_challenge(self) -> None:
        """Drop what is left of an earlier challenge for a one-time code."""
        self._jar.clear(lambda morsel: self._is_ours(morsel) and morsel.key.lower() == _CODE_NONCE)

    def forget_manager_token(self) -> None:
        """Drop the manager token of an earlier session."""
        self._jar.clear(lambda morsel: self._is_ours(morsel) and morsel.key.lower() == _MANAGER_TOKEN)

    def export(self) -> tuple[StoredCookie, ...]:
        """Return all cookies of the host, in a fixed order."""
        cookies = (
            StoredCookie(
                name=morsel.key,
                value=morsel.coded_value,
                domain=morsel["domain"],
                path=morsel["path"] or "/",
                secure=bool(morsel["secure"]),
                expires=morsel["expires"],
            )
            for morsel in self._morsels()
            # Bytes that are no text cannot be stored
            if morsel.coded_value.isprintable()
        )
        return tuple(sorted(cookies, key=lambda cookie: (cookie.name, cookie.domain, cookie.path)))

    def restore(self, cookies: Iterable[StoredCookie]) -> None:
        """Replace all cookies of the host by these; what is no cookie or of another host is left out."""
        self._jar.clear(self._is_ours)
        for cookie in cookies:
            try:
                morsel = self._morsel(cookie)
            except CookieError:
                continue
            self._jar.update_cookies({cookie.name: morsel}, self._base)

    def _morsel(self, cookie: StoredCookie) -> Morsel[str]:
        value, coded_value = SimpleCookie().value_decode(cookie.value)
        morsel: Morsel[str] = Morsel()
        morsel.set(cookie.name, value, coded_value)
        morsel["path"] = cookie.path
        morsel["expires"] = cookie.expires
        if cookie.secure:
            morsel["secure"] = True
        if cookie.domain != self._host:
            # Without a domain the jar binds a cookie to this very host
            morsel["domain"] = cookie.domain
        return morsel

    def _value(self, name: str) -> str | None:
        for morsel in self._morsels():
            if morsel.key.lower() == name and morsel.value and morsel.value.isprintable():
                return morsel.value
        return None

    def _morsels(self) -> Iterator[Morsel[str]]:
        return filter(self._is_ours, self._jar)

    def _is_ours(self, morsel: Morsel[str]) -> bool:
        domain: str = morsel["domain"]
        return self._host == domain or self._host.endswith(f".{domain}")


def _plain(value: str | None) -> str | None:
    return unquote(value.strip('"')) or None if value else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token with its claims, none of which has been verified; without text there is none.

    The claims are read once, when the token comes. `expires_at` is `None` where the cloud tells no end.
    """

    text: str = field(default="", repr=False)
    user_id: str | None = field(default=None, repr=False)
    session_id: str | None = field(default=None, repr=False)
    issued_at: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def read(cls, text: str | None) -> Token:
        """Read a JWT, whose claims are at the top or under `data`. Any other text makes no claims."""
        if not text:
            return NO_TOKEN
        try:
            payload: dict[str, JsonValue] = jwt.decode(text, options={"verify_signature": False})
        except jwt.PyJWTError, UnicodeEncodeError:
            return cls(text=text)
        top = object_at(payload, "token")
        nested = top.fields("data")
        return cls(
            text=text,
            user_id=top.identifier(*_USER_CLAIMS) or nested.identifier(*_USER_CLAIMS),
            session_id=top.identifier(*_SESSION_CLAIMS) or nested.identifier(*_SESSION_CLAIMS),
            issued_at=top.time("iat") or nested.time("iat"),
            expires_at=top.time("exp") or nested.time("exp"),
        )

    @classmethod
    def minted(cls, value: JsonValue) -> Token | None:
        """Read the reply of the token route (docs/api.md §2.5); `None` if it has no token."""
        reply = object_at(value, "token")
        token = cls.read(reply.opaque("token", "auth_token", "access_token"))
        expires_at = reply.time("expires_at", "expiresAt", "expiration")
        return replace(token, expires_at=expires_at or token.expires_at) if token.text else None

    def unless_past(self, now: datetime) -> Token:
        """Return the token, or none if its end has come."""
        return self if self.expires_at is None or now < self.expires_at else NO_TOKEN

    def renewal_due_at(self, *, known_since: datetime) -> datetime | None:
        """Return when to renew the token: an hour before its end, but not in the first half of its life."""
        if self.expires_at is None:
            return None
        half_life = (self.expires_at - (self.issued_at or known_since)) / 2
        return self.expires_at - min(_LONGEST_MARGIN, max(half_life, timedelta()))


NO_TOKEN: Final = Token()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks: everything about the session that goes into headers. Tokens past their end are left out."""

    access: Token = NO_TOKEN
    manager: Token = NO_TOKEN
    csrf_token: str | None = field(default=None, repr=False)
    tariff_csrf_token: str | None = field(default=None, repr=False)
    app_version: str | None = None

    def values(self) -> Mapping[str, str]:
        """Return what a `HeaderProfile` names in braces, without what is not known."""
        access, manager = self.access, self.manager
        values = {
            "access": access.text,
            # What commands and the scheduler want, and the other way round what the history wants
            "bearer": manager.text or access.text,
            "history_bearer": access.text or manager.text,
            # The session of that very token, not the token
            "history_session": (access if access.text else manager).session_id,
            "tariff_token": manager.text if manager.user_id else access.text,
            "user": access.user_id or manager.user_id,
            "csrf": self.csrf_token,
            "tariff_csrf": self.tariff_csrf_token,
        }
        version = f"?v={self.app_version}" if self.app_version else ""
        return {name: value for name, value in values.items() if value} | {"version": version}


class GuardReason(StrEnum):
    """Why unattended sign-ins are held back."""

    REJECTED = "rejected"
    ACCOUNT_BLOCKED = "account_blocked"
    TOO_MANY_SESSIONS = "too_many_sessions"
    # A login page right after a good sign-in
    THROTTLED = "throttled"
    # The service was in trouble, which is no fault of the credentials
    UNAVAILABLE = "unavailable"


_DAY: Final = timedelta(hours=24)
_PAUSES: Final[Mapping[GuardReason, timedelta | None]] = {
    GuardReason.REJECTED: timedelta(seconds=300),
    # Only a person clears it
    GuardReason.ACCOUNT_BLOCKED: None,
    GuardReason.TOO_MANY_SESSIONS: _DAY,
    GuardReason.THROTTLED: _DAY,
}
# After each sign-in in a row that found no service: one outage is over soon, another lasts for the day
_OUTAGE_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60))
_REJECTIONS_UNTIL_A_DAY: Final = 3
_OBSTACLES: Final[Mapping[str | None, tuple[type[AuthenticationRequired | ServiceUnavailable], str]]] = {
    GuardReason.REJECTED: (InvalidCredentials, "The last sign-in was refused"),
    GuardReason.ACCOUNT_BLOCKED: (AccountBlocked, "The account is blocked"),
    GuardReason.TOO_MANY_SESSIONS: (TooManySessions, "The account has too many sessions"),
    GuardReason.UNAVAILABLE: (ServiceUnavailable, "The last sign-in found no service"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInGuard:
    """How many unattended sign-ins were rejected in a row, how many found no service, and until when there are none.

    `reason` is a `GuardReason`, or text from an older version. A blocked account has no end to wait for.
    """

    rejections: int = 0
    outages: int = 0
    blocked_until: datetime | None = None
    reason: str | None = None

    def sane(self, now: datetime) -> SignInGuard:
        """Return the guard without an end later than any that it sets, such as one of a clock that was wrong."""
        if self.blocked_until is None:
            return self
        return replace(self, blocked_until=min(self.blocked_until, now + _DAY))

    def blocks(self, now: datetime) -> bool:
        """Return whether an unattended sign-in must not be tried now."""
        if self.reason == GuardReason.ACCOUNT_BLOCKED:
            return True
        return self.blocked_until is not None and now < self.blocked_until

    def is_history(self, now: datetime) -> bool:
        """Return whether the last pause ended a day ago or earlier."""
        return self.blocked_until is None or now >= self.blocked_until + _DAY

    def obstacle(self, now: datetime) -> EnlightenError | None:
        """Return what to raise in place of an unattended sign-in, if it must not be tried now."""
        if not self.blocks(now):
            return None
        error, message = _OBSTACLES.get(self.reason, (AuthenticationRequired, "Signing in is paused"))
        return error(message, retry_at=self.blocked_until)

    def after(self, reason: GuardReason, now: datetime, *, retry_at: datetime | None = None) -> SignInGuard:
        """Return the guard after a failure, which holds sign-ins back until `retry_at` at least.

        The third rejection in a row does so for a day, and each outage in a row for longer than the one before it.
        """
        rejections, outages = self.rejections, 0
        if reason is GuardReason.UNAVAILABLE:
            pause: timedelta | None = _OUTAGE_PAUSES[min(self.outages, len(_OUTAGE_PAUSES) - 1)]
            outages = self.outages + 1
        else:
            pause = _PAUSES[reason]
        if reason is GuardReason.REJECTED:
            rejections += 1
            pause = _DAY if rejections >= _REJECTIONS_UNTIL_A_DAY else pause
        blocked_until = max(now + pause, retry_at or now) if pause else None
        return SignInGuard(rejections=rejections, outages=outages, blocked_until=blocked_until, reason=reason)

    def after_proof(self, now: datetime) -> SignInGuard:
        """Forget the rejections because the session works; a pause still under way stays."""
        return self if self.blocks(now) else SignInGuard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Everything a session needs to go on after a restart, without the password.

    With nothing but an e-mail address it is the state of a session that was never signed in. `signed_in_at` is the time
    of the last sign-in with a password. `one_time_codes` says that the account asks for codes, so that nothing but a
    person can sign in.
    """

    email: str = field(default="", repr=False)
    user_id: str | None = field(default=None, repr=False)
    cookies: tuple[StoredCookie, ...] = ()
    session_id: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    access_token_expires_at: datetime | None = None
    manager_token: str | None = field(default=None, repr=False)
    signed_in_at: datetime | None = None
    one_time_codes: bool = False
    rate_limited_until: datetime | None = None
    guard: SignInGuard = field(default_factory=SignInGuard)
