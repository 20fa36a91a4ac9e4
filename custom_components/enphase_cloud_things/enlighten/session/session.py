"""The session of one account: who is signed in, signing in for a person, and keeping it so without one.

See docs/api.md §2.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import logging
from typing import Final

from ..endpoints import Family
from ..errors import (
    AccountBlocked,
    AuthenticationRequired,
    ConnectionFailed,
    EnlightenError,
    InvalidResponse,
    NotSupported,
    OtpRequired,
    RateLimited,
    ServiceUnavailable,
    TooManySessions,
)
from ..transport import Transport
from .login import Grant, Login, OtpChallenge
from .state import NO_TOKEN, Credentials, EnlightenCookies, GuardReason, Identity, SignInGuard, Token

_LOGGER = logging.getLogger(__name__)

_GOOD_FOR: Final = timedelta(seconds=30)
# How long after a sign-in a login wall still means throttling
_LATELY: Final = timedelta(seconds=300)
# Between tries of a token route that refused the cookies or gave no token
_TOKEN_PAUSE: Final = timedelta(seconds=300)
# The same where the token serves on, after each failure in a row: some sessions never get a second one
_AHEAD_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
_GUARD_REASONS: Final = {AccountBlocked: GuardReason.ACCOUNT_BLOCKED, TooManySessions: GuardReason.TOO_MANY_SESSIONS}
# How long commands that even a new sign-in does not get through mean that the account may not send them
_NO_RIGHT: Final = timedelta(hours=24)


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
        self.renewal = Renewal(transport, self, self._login)
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
                raise self.renewal.hold_back(GuardReason.TOO_MANY_SESSIONS) from err
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


class SingleFlight:
    """One run of a piece of work that any number of callers wait for; one that is cancelled leaves it to the others."""

    def __init__(self) -> None:
        self._run: asyncio.Task[None] | None = None

    async def join(self, work: Callable[[], Coroutine[object, None, None]]) -> None:
        """Wait for the run under way or a new one, and raise what it raises."""
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(work())
            # All callers may be gone before an error comes
            self._run.add_done_callback(_retrieve_error)
        run = self._run
        # Unlike `await run`, this does not pass a caller's cancellation on to the run
        await asyncio.wait({run})
        if not run.cancelled():
            run.result()

    def cancel(self) -> None:
        """Cancel the run under way, if there is one; its callers go on without error."""
        if self._run is not None:
            self._run.cancel()

    async def close(self) -> None:
        """Cancel the run under way and wait for its end."""
        self.cancel()
        if self._run is not None:
            await asyncio.wait({self._run})


def _retrieve_error(run: asyncio.Task[None]) -> None:
    if not run.cancelled():
        run.exception()


@dataclass(slots=True, kw_only=True)
class _Memory:
    """What was learned about the present identity, and is void with a sign-in.

    `signed_in_generation` is the identity that a sign-in has brought, `refused_generation` the one that the cloud
    refused although it was new, `refusing` the core families that did so, each with its site. After a restart there may
    be others: `knows_all_refusing` is false while that is possible.
    """

    renewed_at: datetime | None = None
    signed_in_generation: int | None = None
    refused_generation: int | None = None
    refusing: set[tuple[Family, str]] = field(default_factory=set)
    knows_all_refusing: bool = True
    token_route_closed_until: datetime | None = None
    not_ahead_before: datetime | None = None
    failures_ahead: int = 0


class Renewal:
    """Renews a session: over the token route where that works, else with the stored password.

    Every sign-in with a password takes one of the account's few sessions. So all who need a renewal at the same time
    share one, and the guard holds sign-ins back that are likely to fail. `session_has_ended` is what the last core
    family said that was asked. What the methods raise: `AuthenticationRequired`, a person has to sign in, or with
    `retry_at` it is tried again then; `ServiceUnavailable` (with `RateLimited`) and `ConnectionFailed`, trying later
    may help.
    """

    def __init__(self, transport: Transport, session: Session, login: Login) -> None:
        self.session_has_ended = False
        self._transport = transport
        self._session = session
        self._login = login
        self._clock = transport.clock
        self._renewing = SingleFlight()
        self._minting = SingleFlight()
        self._renewing_on_demand = SingleFlight()
        self._renewing_bearer = SingleFlight()
        self._runs = (self._renewing, self._minting, self._renewing_on_demand, self._renewing_bearer)
        # Since when commands are refused while reads are answered; what a sign-in does not clear
        self._bearer_doubted_at: datetime | None = None
        self._memory = _Memory(knows_all_refusing=not session.stored.guard.rejections)

    def note_sign_in(self) -> None:
        """Note that a person has just signed in, which does away with any renewal under way."""
        for run in self._runs:
            run.cancel()
        self._memory = _Memory(signed_in_generation=self._session.generation)

    async def renew(self, generation: int) -> None:
        """Renew the session because the cloud refused the identity of that generation.

        Nothing happens if the identity has changed since, or was renewed in the last 30 seconds. It asks for a new
        token with the cookies; where these are refused it signs in with the stored password, if there is one, the
        account asks for no codes, and the guard lets it.
        """
        renewed_at, is_refused = self._memory.renewed_at, self._memory.refused_generation == generation
        was_just_renewed = renewed_at is not None and self._clock() < renewed_at + _GOOD_FOR and not is_refused
        if generation == self._session.generation and not was_just_renewed:
            await self._renewing.join(lambda: self._renew(generation))

    async def renew_without_password(self) -> None:
        """Renew the session over the token route alone, once and at once.

        A person's sign-in meanwhile ends it, and is as good.
        """
        generation = self._session.generation
        await self._renewing_on_demand.join(self._renew_without_password)
        if generation == self._session.generation:
            raise ServiceUnavailable("The session was closed meanwhile")

    async def renew_bearer(self, generation: int) -> bool:
        """Renew the session because commands of that generation are refused while its reads are taken.

        The token that commands bear may be dead behind cookies that live. A new access token takes its place, and
        where that is refused as well, a sign-in with the stored password, if the guard lets it. Return whether there
        is a new identity to try: if even a sign-in did not help, the account lacks the right, and nothing is tried
        for a day.
        """
        if generation != self._session.generation:
            return True
        now, signed_in_at, doubted_at = self._clock(), self._session.stored.signed_in_at, self._bearer_doubted_at
        if self._signed_in_lately():
            return False
        if doubted_at is None or now >= doubted_at + _NO_RIGHT:
            self._bearer_doubted_at = now
        elif signed_in_at is not None and signed_in_at >= doubted_at:
            return False
        await self._renewing_bearer.join(lambda: self._renew_bearer(generation))
        return generation != self._session.generation

    def note_command_taken(self) -> None:
        """Note that the cloud took a command, and so the token that it bore."""
        self._bearer_doubted_at = None

    async def keep_fresh(self) -> None:
        """Get a new token if the present one ends soon. Failure is no error: the old one serves on."""
        if self._token_is_due():
            await self._minting.join(self._mint_ahead)

    def note_success(self, family: Family, site_id: str) -> None:
        """Note that the cloud took the session for a core family of a site.

        Rejections are history once nothing is refused any more: a site that works must not make up for another that
        does not, or that one would cause a sign-in every few minutes. Nor must it where that is not known any more,
        until there has been no rejection for a day.
        """
        self.session_has_ended = False
        self._memory.refusing.discard((family, site_id))
        now, guard = self._clock(), self._session.stored.guard
        knows_all = self._memory.knows_all_refusing or guard.is_history(now)
        if (guard.rejections or guard.outages) and knows_all and not self._memory.refusing:
            self._session.guard_with(guard.after_proof(now))
            self._memory.knows_all_refusing = True

    def note_refusal(self, generation: int, family: Family, site_id: str, *, wall: bool) -> EnlightenError:
        """Note that the cloud refused even a renewed identity for a core family, and return what to raise.

        After a renewal over the token route, the next one signs in. After a sign-in, a login wall
        means throttling, and a refusal counts as a rejection.
        """
        now = self._clock()
        if generation != self._session.generation:
            return ServiceUnavailable("The session changed meanwhile")
        is_first = self._memory.refused_generation != generation
        self._memory.refused_generation = generation
        is_throttled = wall and self._signed_in_lately()
        if generation != self._memory.signed_in_generation and not is_throttled:
            self._memory.token_route_closed_until = now + _TOKEN_PAUSE
            return self._obstacle(now) or ServiceUnavailable("The renewed session is refused")
        self._memory.refusing.add((family, site_id))
        if is_first:
            return self.hold_back(GuardReason.THROTTLED if wall else GuardReason.REJECTED)
        return self._session.stored.guard.obstacle(now) or AuthenticationRequired("The session has ended")

    def hold_back(self, reason: GuardReason, *, retry_at: datetime | None = None) -> EnlightenError:
        """Let the guard hold sign-ins back after a failure, and return what to raise."""
        now = self._clock()
        guard = self._session.stored.guard.after(reason, now, retry_at=retry_at)
        self._session.guard_with(guard)
        return guard.obstacle(now) or AuthenticationRequired("The session has ended")

    async def close(self) -> None:
        """End whatever is under way."""
        for run in self._runs:
            await run.close()

    async def _renew(self, generation: int) -> None:
        async with self._session.lock:
            if generation != self._session.generation:
                return
            if paused_until := self._transport.paused_until:
                raise RateLimited("The account pauses", retry_at=paused_until)
            if not await self._renew_by_token():
                await self._renew_by_password()
            self._memory.renewed_at = self._clock()

    async def _renew_by_token(self) -> bool:
        """Try the token route on the present cookies; false means that only a sign-in is left."""
        now, generation = self._clock(), self._session.generation
        closed_until = self._memory.token_route_closed_until
        if not self._session.cookies.export() or (closed_until and now < closed_until):
            return False
        if self._memory.refused_generation == generation and self._obstacle(now) is None:
            # Another token would be refused as well
            return False
        if (token := await self._mint()) is None:
            return False
        _LOGGER.debug("The session was renewed with its cookies")
        self._session.accept_token(token)
        return True

    async def _mint(self) -> Token | None:
        """Ask for a token; where the cloud takes the cookies for none, its route is left alone for a while."""
        try:
            return await self._login.mint_token()
        except TooManySessions:
            raise self.hold_back(GuardReason.TOO_MANY_SESSIONS) from None
        except AuthenticationRequired, NotSupported, InvalidResponse:
            self._memory.token_route_closed_until = self._clock() + _TOKEN_PAUSE
            return None

    async def _renew_by_password(self) -> None:
        if obstacle := self._obstacle(self._clock()):
            raise obstacle
        try:
            grant = await self._login.with_password(self._session.stored.email, self._session.password or "")
        except OtpRequired:
            self._session.note_one_time_codes()
            raise
        except AuthenticationRequired as err:
            raise self.hold_back(_GUARD_REASONS.get(type(err), GuardReason.REJECTED)) from None
        except (ServiceUnavailable, ConnectionFailed, InvalidResponse) as err:
            retry_at = err.retry_at if isinstance(err, ServiceUnavailable) else None
            self.hold_back(GuardReason.UNAVAILABLE, retry_at=retry_at)
            raise
        self._session.accept_sign_in(self._session.stored.email, grant)
        _LOGGER.debug("The session was renewed with the stored password")
        self._memory.signed_in_generation = self._session.generation
        self._memory.token_route_closed_until = self._memory.not_ahead_before = None
        self._memory.failures_ahead = 0

    async def _renew_bearer(self, generation: int) -> None:
        async with self._session.lock:
            if generation != self._session.generation:
                return
            bearer = self._session.identity().manager.text
            if bearer and self._session.cookies.export() and (token := await self._mint()):
                _LOGGER.debug("The token that commands bear was replaced")
                self._session.accept_token(token, in_place_of=bearer)
                return
            await self._renew_by_password()

    async def _renew_without_password(self) -> None:
        async with self._session.lock:
            try:
                token = await self._login.mint_token()
            except NotSupported, InvalidResponse:
                raise AuthenticationRequired("The cloud gave no token") from None
            self._session.accept_token(token)
            self._memory = _Memory(renewed_at=self._clock())

    def _obstacle(self, now: datetime) -> EnlightenError | None:
        """Return what keeps the client from signing in by itself."""
        if not self._session.password or not self._session.stored.email:
            return AuthenticationRequired("The session has ended and no password is stored")
        if self._session.stored.one_time_codes:
            return OtpRequired("The session has ended and the account wants a one-time code")
        return self._session.stored.guard.obstacle(now)

    def _signed_in_lately(self) -> bool:
        signed_in_at = self._session.stored.signed_in_at
        return signed_in_at is not None and self._clock() < signed_in_at + _LATELY

    def _token_is_due(self) -> bool:
        now = self._clock()
        due_at = self._session.token_due_at
        closed = (self._memory.token_route_closed_until, self._memory.not_ahead_before)
        return (
            due_at is not None
            and due_at <= now
            and not any(until and now < until for until in closed)
            and self._transport.paused_until is None
        )

    async def _mint_ahead(self) -> None:
        async with self._session.lock:
            if not self._token_is_due():
                return
            memory = self._memory
            try:
                token = await self._login.mint_token()
            except EnlightenError as err:
                _LOGGER.debug("The token was not renewed ahead of its end: %s", err)
                now = self._clock()
                memory.token_route_closed_until = now + _TOKEN_PAUSE
                memory.not_ahead_before = now + _AHEAD_PAUSES[min(memory.failures_ahead, len(_AHEAD_PAUSES) - 1)]
                memory.failures_ahead += 1
                if isinstance(err, TooManySessions):
                    # Another sign-in would make it worse, also once the present token has ended
                    self.hold_back(GuardReason.TOO_MANY_SESSIONS)
            else:
                self._session.accept_token(token)
                memory.failures_ahead = 0
                memory.renewed_at = self._clock()
