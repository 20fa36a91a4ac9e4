"""Who is signed in: tokens, cookies and what else a session has to remember (docs/api.md §2.6)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ..clock import Clock
from ..headers import Identity
from ..transport import Transport
from .cookies import EnlightenCookies
from .credentials import Credentials
from .guard import SignInGuard
from .login import Grant
from .tokens import AccessToken, read_claims, renewal_due_at


class SessionState:
    """The identity of a session and everything about it that outlives a restart.

    `generation` grows with every change of identity. `lock` is held by whatever changes who is
    signed in; requests of other kinds never wait for it.
    """

    def __init__(self, transport: Transport, credentials: Credentials, clock: Clock) -> None:
        """Begin with stored credentials, whose cookies replace those in the transport's jar."""
        self.cookies = EnlightenCookies(transport.cookie_jar, transport.hosts.enlighten)
        self.on_change: Callable[[Credentials], None] | None = None
        self.generation = 0
        self.lock = asyncio.Lock()
        self._transport = transport
        self._clock = clock
        self._stored = credentials
        self._token_known_since = clock()
        self._adopt(credentials)

    @property
    def stored(self) -> Credentials:
        """The state without the present cookies, which is cheap to look at."""
        return self._stored

    @property
    def credentials(self) -> Credentials:
        """The state with the present cookies and pause."""
        return replace(
            self._stored,
            cookies=self.cookies.export(),
            rate_limited_until=self._transport.paused_until,
        )

    @property
    def token_due_at(self) -> datetime | None:
        """When the access token should be renewed; `None` if its end is not known."""
        if self._stored.access_token is None:
            return self._stored.signed_in_at
        expires_at = self._stored.access_token_expires_at
        if expires_at is None:
            return None
        known_since = read_claims(self._stored.access_token).issued_at
        return renewal_due_at(known_since=known_since or self._token_known_since, expires_at=expires_at)

    def identity(self) -> Identity:
        """Return what goes into headers now. A token past its end is as good as none."""
        now = self._clock()
        access_token = self._stored.access_token
        if _is_past(self._stored.access_token_expires_at, now):
            access_token = None
        manager_token = self.cookies.manager_token or self._stored.manager_token
        if _is_past(read_claims(manager_token).expires_at, now):
            manager_token = None
        return Identity(
            access_token=access_token,
            manager_token=manager_token,
            csrf_token=self.cookies.csrf_token,
            tariff_csrf_token=self.cookies.tariff_csrf_token,
            app_version=self.cookies.app_version,
        )

    def adopt(self, credentials: Credentials) -> None:
        """Become the session that these credentials describe."""
        self._adopt(credentials)
        self._changed_identity()

    def accept_sign_in(self, email: str, grant: Grant, token: AccessToken | None, *, one_time_codes: bool) -> None:
        """Become the session that a password or code has opened; older tokens are dropped."""
        if grant.manager_token not in {None, self.cookies.manager_token}:
            self.cookies.forget_manager_token()
        access_token = token.token if token else None
        user_id = (
            read_claims(access_token).user_id or read_claims(grant.manager_token or self.cookies.manager_token).user_id
        )
        last = self._stored
        self._stored = Credentials(
            email=email,
            user_id=user_id or (last.user_id if last.email == email else None),
            session_id=grant.session_id,
            access_token=access_token,
            access_token_expires_at=token.expires_at if token else None,
            manager_token=grant.manager_token,
            signed_in_at=self._clock(),
            one_time_codes=one_time_codes,
            guard=last.guard,
        )
        self._changed_identity()

    def accept_token(self, token: AccessToken) -> None:
        """Go on with a new access token. Whoever asked for it is cancelled if the identity is replaced meanwhile."""
        self._stored = replace(
            self._stored,
            user_id=read_claims(token.token).user_id or self._stored.user_id,
            access_token=token.token,
            access_token_expires_at=token.expires_at,
        )
        self._changed_identity()

    def guard_with(self, guard: SignInGuard) -> None:
        """Hold unattended sign-ins back as that guard says."""
        if guard != self._stored.guard:
            self._stored = replace(self._stored, guard=guard)
            self.changed()

    def note_one_time_codes(self) -> None:
        """Remember that the account asks for one-time codes."""
        self._stored = replace(self._stored, one_time_codes=True)
        self.changed()

    def note_reply(self, generation: int) -> None:
        """Look whether a reply to that identity has replaced the session cookie or the manager token.

        A late one to an older identity must not: even visitors get a session cookie.
        """
        if self._rotating() == self._last_rotating:
            return
        if generation == self.generation:
            self.changed()
        elif not self.lock.locked():
            self.cookies.restore(self._last_cookies)

    def changed(self) -> None:
        """Tell that the state is no longer what was stored."""
        self._remember_cookies()
        if self.on_change is not None:
            self.on_change(self.credentials)

    def _adopt(self, credentials: Credentials) -> None:
        guard = credentials.guard.sane(self._clock())
        self._stored = replace(credentials, cookies=(), rate_limited_until=None, guard=guard)
        self.cookies.restore(credentials.cookies)
        self._remember_cookies()
        if credentials.rate_limited_until is not None:
            self._transport.pause_until(credentials.rate_limited_until)

    def _changed_identity(self) -> None:
        self.generation += 1
        self._token_known_since = self._clock()
        self.changed()

    def _remember_cookies(self) -> None:
        self._last_rotating = self._rotating()
        self._last_cookies = self.cookies.export()

    def _rotating(self) -> tuple[str | None, str | None]:
        return self.cookies.session, self.cookies.manager_token


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
