"""The session of one account: who is signed in, and signing in for a person (docs/api.md §2)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ..errors import OtpRequired, TooManySessions
from ..transport import Transport
from .login import Grant, Login, OtpChallenge
from .renewal import Renewal
from .state import NO_TOKEN, Credentials, EnlightenCookies, GuardReason, Identity, SignInGuard, Token


class Session:
    """Keeps one account signed in. `renewal` does so without a person, for whoever sends requests.

    It goes on from stored `credentials`, whose cookies replace those in the transport's jar.
    `password` is the one for unattended sign-ins, or `None`. `on_change` is called with the new state after everything
    that should outlive a restart: a sign-in, a new token, a session cookie that the cloud replaced, and whatever holds
    sign-ins or requests back. `generation` grows with every change of identity. `lock` is held by whatever changes who
    is signed in; requests of other kinds never wait for it.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        credentials: Credentials | None = None,
        password: str | None = None,
        on_change: Callable[[Credentials], None] | None = None,
    ) -> None:
        self.cookies = EnlightenCookies(transport.cookie_jar, transport.hosts.enlighten)
        self.on_change = on_change
        self.password = password
        self.generation = 0
        self.lock = asyncio.Lock()
        self._stored = Credentials()
        # As the cookies and the stored state have them, with their claims
        self._access = self._manager = NO_TOKEN
        self._transport = transport
        self._clock = transport.clock
        self._adopt(credentials or Credentials())
        self._token_known_since = self._clock()
        self._login = Login(transport, self.cookies, self.identity)
        self.renewal = Renewal(transport, self, self._login, self._clock)
        transport.on_pause = self._changed

    @property
    def stored(self) -> Credentials:
        """The state without the present cookies, which is cheap to look at."""
        return self._stored

    @property
    def credentials(self) -> Credentials:
        """The present state, without the password; of a session never signed in, an empty one."""
        return replace(self._stored, cookies=self.cookies.export(), rate_limited_until=self._transport.paused_until)

    @property
    def user_id(self) -> str | None:
        """The cloud's id of the account, if any token told it."""
        return self._stored.user_id

    @property
    def token_due_at(self) -> datetime | None:
        """When to renew the access token; `None` if its end is not known."""
        if not self._access.text:
            return self._stored.signed_in_at
        return self._access.renewal_due_at(known_since=self._token_known_since)

    def identity(self) -> Identity:
        """Return what goes into the headers of a request that is sent now. A token past its end is as good as none."""
        now = self._clock()
        manager_token = self.cookies.manager_token or self._stored.manager_token or ""
        if manager_token != self._manager.text:
            self._manager = Token.read(manager_token)
        return Identity(
            access=self._access.unless_past(now),
            manager=self._manager.unless_past(now),
            csrf_token=self.cookies.csrf_token,
            tariff_csrf_token=self.cookies.tariff_csrf_token,
            app_version=self.cookies.app_version,
        )

    async def sign_in(self, email: str, password: str) -> OtpChallenge | None:
        """Sign in for a person, once and whatever the guard says; success clears the guard.

        Where the account wants a one-time code, what is returned finishes the sign-in with it. The password is not
        kept.

        Raises:
            InvalidCredentials: the cloud refused e-mail address and password.
            AccountBlocked: the account is blocked.
            TooManySessions: the account has used up its sessions.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        async with self.lock:
            try:
                grant = await self._login.with_password(email, password)
            except OtpRequired:
                if email.casefold() == self._stored.email.casefold():
                    self.note_one_time_codes()
                return OtpChallenge(login=self._login, email=email, finish=self._finish_with_code, clock=self._clock)
            except TooManySessions as err:
                guard = self._stored.guard.after(GuardReason.TOO_MANY_SESSIONS, self._clock())
                self.guard_with(guard)
                raise TooManySessions("The account has too many sessions", retry_at=guard.blocked_until) from err
            self.accept_sign_in(email, grant)
            self._settle()
            return None

    async def _finish_with_code(self, email: str, code: str) -> None:
        async with self.lock:
            grant = await self._login.with_code(email, code)
            self.accept_sign_in(email, grant, one_time_codes=True)
            self._settle()

    async def renew_without_password(self) -> None:
        """Renew the session over the token route alone. For the errors see `Renewal`."""
        await self.renewal.renew_without_password()

    def take_over(self, credentials: Credentials, *, password: str | None = None) -> None:
        """Go on as the session that another one has signed in.

        The guard is cleared, for a person was there. Without a new password the old one is kept.
        """
        if password is not None:
            self.password = password
        self._adopt(credentials)
        self._changed_identity()
        self._settle()

    def accept_sign_in(self, email: str, grant: Grant, *, one_time_codes: bool = False) -> None:
        """Become the session that a password or code has opened; older tokens are dropped."""
        last, self._access = self._stored, grant.token or NO_TOKEN
        user_id = self._access.user_id or Token.read(grant.manager_token or self.cookies.manager_token).user_id
        self._stored = Credentials(
            email=email,
            user_id=user_id or (last.user_id if last.email == email else None),
            session_id=grant.session_id,
            access_token=self._access.text or None,
            access_token_expires_at=self._access.expires_at,
            manager_token=grant.manager_token,
            signed_in_at=self._clock(),
            one_time_codes=one_time_codes,
            guard=last.guard,
        )
        self._changed_identity()

    def accept_token(self, token: Token, *, in_place_of: str | None = None) -> None:
        """Go on with a new access token. Whoever asked for it is cancelled if the identity is replaced meanwhile.

        `in_place_of` is a manager token that is dead, and dropped unless the cloud has replaced it.
        """
        manager_token = self._stored.manager_token
        if in_place_of is not None:
            manager_token = None if manager_token == in_place_of else manager_token
            if self.cookies.manager_token == in_place_of:
                self.cookies.forget_manager_token()
        self._access = token
        self._stored = replace(
            self._stored,
            user_id=token.user_id or self._stored.user_id,
            access_token=token.text,
            access_token_expires_at=token.expires_at,
            manager_token=manager_token,
        )
        self._changed_identity()

    def guard_with(self, guard: SignInGuard) -> None:
        """Hold unattended sign-ins back as that guard says."""
        if guard != self._stored.guard:
            self._stored = replace(self._stored, guard=guard)
            self._changed()

    def note_one_time_codes(self) -> None:
        """Note that the account asks for one-time codes: until a sign-in without one, only a person can sign in."""
        self._stored = replace(self._stored, one_time_codes=True)
        self._changed()

    def note_reply(self, generation: int) -> None:
        """Notice a session cookie or manager token that the last reply, to that generation's identity, has replaced.

        A late reply to an older identity must not replace them: even visitors get a session cookie.
        """
        if self.cookies.rotating == self._last_rotating:
            return
        if generation == self.generation:
            self._changed()
        elif not self.lock.locked():
            self.cookies.restore(self._last_cookies)

    async def close(self) -> None:
        """End whatever is under way. The HTTP sessions are their owner's business."""
        await self.renewal.close()

    def _adopt(self, credentials: Credentials) -> None:
        guard = credentials.guard.sane(self._clock())
        self._stored = replace(credentials, cookies=(), rate_limited_until=None, guard=guard)
        self._access = replace(Token.read(credentials.access_token), expires_at=credentials.access_token_expires_at)
        self.cookies.restore(credentials.cookies)
        self._remember_cookies()
        if credentials.rate_limited_until is not None:
            self._transport.pause_until(credentials.rate_limited_until)

    def _settle(self) -> None:
        self.renewal.note_sign_in()
        self.guard_with(SignInGuard())

    def _changed_identity(self) -> None:
        self.generation += 1
        self._token_known_since = self._clock()
        self._changed()

    def _changed(self) -> None:
        """Pass on that the state is no longer what was stored."""
        self._remember_cookies()
        if self.on_change is not None:
            self.on_change(self.credentials)

    def _remember_cookies(self) -> None:
        self._last_rotating = self.cookies.rotating
        self._last_cookies = self.cookies.export()
