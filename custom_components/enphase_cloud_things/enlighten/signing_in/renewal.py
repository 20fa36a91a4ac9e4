"""Keeping a session alive without a person, and knowing when not to try (docs/api.md §2.7, §2.8)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Final

from ..clock import Clock
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
from .guard import SignInGuard
from .login import Login
from .session_state import SessionState
from .sign_in import SignIn
from .single_flight import SingleFlight

_LOGGER = logging.getLogger(__name__)

_GOOD_FOR: Final = timedelta(seconds=30)
# How long after a sign-in a login wall still means throttling
_LATELY: Final = timedelta(seconds=300)
# Between tries of a token route that refused the cookies or gave no token
_TOKEN_PAUSE: Final = timedelta(seconds=300)
# The same where the token serves on, after each failure in a row: some sessions never get a second one
_AHEAD_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))


@dataclass(slots=True, kw_only=True)
class _Memory:
    """What was learned about the present identity, and is void with a sign-in.

    `signed_in_generation` is the identity that a sign-in has brought, `refused_generation` the one
    that the cloud refused although it was new, `refusing` the core families that did so, each with its site.
    After a restart there may be others: `knows_all_refusing` is false while that is possible.
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

    Every sign-in with a password takes one of the account's few sessions. So all who need a renewal
    at the same time share one, and the guard holds sign-ins back that are likely to fail.
    """

    def __init__(self, transport: Transport, state: SessionState, login: Login, sign_in: SignIn, clock: Clock) -> None:
        """Renew the session of that state. `password` is the stored one, or `None`."""
        self.password: str | None = None
        self._transport = transport
        self._state = state
        self._login = login
        self._sign_in = sign_in
        self._clock = clock
        self._renewing = SingleFlight()
        self._minting = SingleFlight()
        self._renewing_on_demand = SingleFlight()
        self._memory = _Memory(knows_all_refusing=not state.stored.guard.rejections)

    def note_sign_in(self) -> None:
        """Note that a person has just signed in, which does away with any renewal under way."""
        for run in self._runs:
            run.cancel()
        self._memory = _Memory(signed_in_generation=self._state.generation)

    async def renew(self, generation: int) -> None:
        """Renew the session because the cloud refused the identity of that generation.

        Nothing happens if the identity has changed since, or was renewed in the last 30 seconds.
        Callers at the same time share one renewal, which goes on if one of them is cancelled. It
        asks for a new token with the cookies; where these are refused it signs in with the stored
        password, if there is one, the account asks for no codes, and the guard lets it.

        Raises:
            AuthenticationRequired: a person has to sign in; with `retry_at` it is tried again then.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        if generation == self._state.generation and not self._was_just_renewed():
            await self._renewing.join(lambda: self._renew(generation))

    async def renew_without_password(self) -> None:
        """Renew the session over the token route alone. See `Session.renew_without_password`."""
        generation = self._state.generation
        await self._renewing_on_demand.join(self._renew_without_password)
        if generation == self._state.generation:
            raise ServiceUnavailable("The session was closed meanwhile")

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
        self._memory.refusing.discard((family, site_id))
        now, guard = self._clock(), self._state.stored.guard
        knows_all = self._memory.knows_all_refusing or guard.is_history(now)
        if guard.rejections and knows_all and not self._memory.refusing:
            self._state.guard_with(guard.after_proof(now))
            self._memory.knows_all_refusing = True

    def note_refusal(self, generation: int, family: Family, site_id: str, *, wall: bool) -> EnlightenError:
        """Note that the cloud refused even a renewed identity for a core family, and return what to raise.

        After a renewal over the token route, the next one signs in. After a sign-in, a login wall
        means throttling, and a refusal counts as a rejection.
        """
        now = self._clock()
        if generation != self._state.generation:
            return ServiceUnavailable("The session changed meanwhile")
        is_first = self._memory.refused_generation != generation
        self._memory.refused_generation = generation
        if generation != self._memory.signed_in_generation and not (wall and self._signed_in_lately(now)):
            self._close_token_route(now)
            return self._obstacle(now) or ServiceUnavailable("The renewed session is refused")
        self._memory.refusing.add((family, site_id))
        guard = self._state.stored.guard
        if is_first:
            guard = guard.after_throttling(now) if wall else guard.after_rejection(now)
        return self._hold_back(guard)

    async def close(self) -> None:
        """End whatever is under way."""
        for run in self._runs:
            await run.close()

    @property
    def _runs(self) -> tuple[SingleFlight, ...]:
        return self._renewing, self._minting, self._renewing_on_demand

    def _was_just_renewed(self) -> bool:
        return (
            self._memory.renewed_at is not None
            and self._clock() < self._memory.renewed_at + _GOOD_FOR
            and self._memory.refused_generation != self._state.generation
        )

    async def _renew(self, generation: int) -> None:
        async with self._state.lock:
            if generation != self._state.generation:
                return
            if paused_until := self._transport.paused_until:
                raise RateLimited("The account pauses", retry_at=paused_until)
            if not await self._renew_by_token():
                await self._renew_by_password()
            self._memory.renewed_at = self._clock()

    async def _renew_by_token(self) -> bool:
        """Try the token route on the present cookies; false means that only a sign-in is left."""
        now, generation = self._clock(), self._state.generation
        closed_until = self._memory.token_route_closed_until
        if not self._state.cookies.export() or (closed_until and now < closed_until):
            return False
        if self._memory.refused_generation == generation and self._obstacle(now) is None:
            # Another token would be refused as well
            return False
        try:
            token = await self._login.mint_token()
        except TooManySessions:
            raise self._hold_back(self._state.stored.guard.after_too_many_sessions(now)) from None
        except AuthenticationRequired, NotSupported, InvalidResponse:
            self._close_token_route(now)
            return False
        _LOGGER.debug("The session was renewed with its cookies")
        self._state.accept_token(token)
        return True

    async def _renew_by_password(self) -> None:
        now = self._clock()
        if obstacle := self._obstacle(now):
            raise obstacle
        guard = self._state.stored.guard
        try:
            await self._sign_in.with_password(self._state.stored.email, self.password or "")
        except OtpRequired:
            self._state.note_one_time_codes()
            raise
        except TooManySessions:
            raise self._hold_back(guard.after_too_many_sessions(now)) from None
        except AccountBlocked:
            raise self._hold_back(guard.after_block()) from None
        except AuthenticationRequired:
            raise self._hold_back(guard.after_rejection(now)) from None
        except ServiceUnavailable as err:
            self._state.guard_with(guard.after_trouble(now, retry_at=err.retry_at))
            raise
        except ConnectionFailed, InvalidResponse:
            self._state.guard_with(guard.after_trouble(now))
            raise
        _LOGGER.debug("The session was renewed with the stored password")
        self._memory.signed_in_generation = self._state.generation
        self._memory.token_route_closed_until = self._memory.not_ahead_before = None
        self._memory.failures_ahead = 0

    async def _renew_without_password(self) -> None:
        async with self._state.lock:
            try:
                token = await self._login.mint_token()
            except NotSupported, InvalidResponse:
                raise AuthenticationRequired("The cloud gave no token") from None
            self._state.accept_token(token)
            self._memory = _Memory(renewed_at=self._clock())

    def _obstacle(self, now: datetime) -> EnlightenError | None:
        """Tell what keeps the client from signing in by itself."""
        if not self.password or not self._state.stored.email:
            return AuthenticationRequired("The session has ended and no password is stored")
        if self._state.stored.one_time_codes:
            return OtpRequired("The session has ended and the account wants a one-time code")
        return self._state.stored.guard.obstacle(now)

    def _signed_in_lately(self, now: datetime) -> bool:
        signed_in_at = self._state.stored.signed_in_at
        return signed_in_at is not None and now < signed_in_at + _LATELY

    def _hold_back(self, guard: SignInGuard) -> EnlightenError:
        self._state.guard_with(guard)
        return guard.obstacle(self._clock()) or AuthenticationRequired("The session has ended")

    def _close_token_route(self, now: datetime) -> None:
        self._memory.token_route_closed_until = now + _TOKEN_PAUSE

    def _token_is_due(self) -> bool:
        now = self._clock()
        due_at = self._state.token_due_at
        closed = (self._memory.token_route_closed_until, self._memory.not_ahead_before)
        return (
            due_at is not None
            and due_at <= now
            and not any(until and now < until for until in closed)
            and self._transport.paused_until is None
        )

    async def _mint_ahead(self) -> None:
        async with self._state.lock:
            if not self._token_is_due():
                return
            try:
                token = await self._login.mint_token()
            except EnlightenError as err:
                self._note_failure_ahead(err)
            else:
                self._state.accept_token(token)
                self._memory.failures_ahead = 0
                self._memory.renewed_at = self._clock()

    def _note_failure_ahead(self, err: EnlightenError) -> None:
        _LOGGER.debug("The token was not renewed ahead of its end: %s", err)
        now, pause = self._clock(), _AHEAD_PAUSES[min(self._memory.failures_ahead, len(_AHEAD_PAUSES) - 1)]
        self._close_token_route(now)
        self._memory.not_ahead_before = now + pause
        self._memory.failures_ahead += 1
        if isinstance(err, TooManySessions):
            # Another sign-in would make it worse, also once the present token has ended
            self._state.guard_with(self._state.stored.guard.after_too_many_sessions(now))
