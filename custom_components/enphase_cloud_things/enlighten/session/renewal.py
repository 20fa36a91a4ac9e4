"""Keeping a session alive without a person, and knowing when not to try (docs/api.md §2.7, §2.8)."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final

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
from ..limits import Clock
from ..transport import Transport
from .login import Login
from .state import GuardReason, Token

if TYPE_CHECKING:
    from .session import Session

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

    def __init__(self, transport: Transport, session: Session, login: Login, clock: Clock) -> None:
        self.session_has_ended = False
        self._transport = transport
        self._session = session
        self._login = login
        self._clock = clock
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
            return self._hold_back(GuardReason.THROTTLED if wall else GuardReason.REJECTED)
        return self._session.stored.guard.obstacle(now) or AuthenticationRequired("The session has ended")

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
            raise self._hold_back(GuardReason.TOO_MANY_SESSIONS) from None
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
            raise self._hold_back(_GUARD_REASONS.get(type(err), GuardReason.REJECTED)) from None
        except (ServiceUnavailable, ConnectionFailed, InvalidResponse) as err:
            retry_at = err.retry_at if isinstance(err, ServiceUnavailable) else None
            self._hold_back(GuardReason.UNAVAILABLE, retry_at=retry_at)
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

    def _hold_back(self, reason: GuardReason, *, retry_at: datetime | None = None) -> EnlightenError:
        """Let the guard hold sign-ins back after a failure, and return what to raise."""
        now = self._clock()
        guard = self._session.stored.guard.after(reason, now, retry_at=retry_at)
        self._session.guard_with(guard)
        return guard.obstacle(now) or AuthenticationRequired("The session has ended")

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
                    self._hold_back(GuardReason.TOO_MANY_SESSIONS)
            else:
                self._session.accept_token(token)
                memory.failures_ahead = 0
                memory.renewed_at = self._clock()
