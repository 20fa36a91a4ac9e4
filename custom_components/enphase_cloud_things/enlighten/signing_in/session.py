"""The session of one account, as its users see it.

Source: docs/api.md §2.
"""

from collections.abc import Callable
from datetime import datetime

from ..clock import Clock
from ..errors import EnlightenError, OtpRequired, TooManySessions
from ..headers import Identity
from ..transport import Transport
from .credentials import Credentials
from .guard import SignInGuard
from .login import Grant, Login
from .one_time_code import OtpChallenge
from .renewal import Renewal
from .session_state import SessionState
from .sign_in import SignIn


class Session:
    """Keeps one account signed in. `renewal` does so without a person, for whoever sends requests."""

    def __init__(
        self,
        transport: Transport,
        *,
        credentials: Credentials | None = None,
        password: str | None = None,
        on_change: Callable[[Credentials], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Go on from stored credentials, whose cookies replace those in the transport's jar."""
        self._clock = clock or transport.clock
        self._state = SessionState(transport, credentials or Credentials(), self._clock)
        self._state.on_change = on_change
        self._login = Login(transport, self._state.cookies, self._state.identity)
        self._sign_in = SignIn(self._login, self._state)
        self.renewal = Renewal(transport, self._state, self._login, self._sign_in, self._clock)
        self.renewal.password = password
        transport.on_pause = self._note_pause

    @property
    def credentials(self) -> Credentials:
        """The present state, without the password; of a session never signed in, an empty one."""
        return self._state.credentials

    @property
    def user_id(self) -> str | None:
        """The cloud's id of the account, if any token told it."""
        return self._state.stored.user_id

    @property
    def signed_in(self) -> bool:
        """Whether the session was ever signed in; the cloud may have ended it since."""
        stored = self._state.stored
        return stored.signed_in_at is not None or stored.access_token is not None

    @property
    def generation(self) -> int:
        """A number that grows with every change of identity."""
        return self._state.generation

    @property
    def password(self) -> str | None:
        """The password for unattended sign-ins; `None` if there is none."""
        return self.renewal.password

    @password.setter
    def password(self, password: str | None) -> None:
        self.renewal.password = password

    @property
    def on_change(self) -> Callable[[Credentials], None] | None:
        """What is called with the new state after everything that should outlive a restart.

        That is a sign-in, a new token, a session cookie that the cloud replaced, and whatever holds
        sign-ins or requests back.
        """
        return self._state.on_change

    @on_change.setter
    def on_change(self, on_change: Callable[[Credentials], None] | None) -> None:
        self._state.on_change = on_change

    def identity(self) -> Identity:
        """Return what goes into the headers of a request that is sent now."""
        return self._state.identity()

    def take_over(self, credentials: Credentials, *, password: str | None = None) -> None:
        """Go on as the session that another one has signed in.

        The guard is cleared, for a person was there. Without a new password the old one is kept.
        """
        if password is not None:
            self.renewal.password = password
        self._state.adopt(credentials)
        self._settle()

    def note_one_time_codes(self) -> None:
        """Note that the account asks for one-time codes: until a sign-in without one, only a person can sign in."""
        self._state.note_one_time_codes()

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
        async with self._state.lock:
            try:
                await self._sign_in.with_password(email, password)
            except OtpRequired:
                if email.casefold() == self._state.stored.email.casefold():
                    self.note_one_time_codes()
                return self._challenge(email)
            except TooManySessions as err:
                raise self._hold_back() from err
            self._settle()
            return None

    async def renew_without_password(self) -> None:
        """Renew the session over the token route alone, once and at once.

        Callers at the same time share one attempt. A person's sign-in meanwhile ends it, and is as good.

        Raises:
            AuthenticationRequired: the cloud does not take the cookies, or gave no token.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        await self.renewal.renew_without_password()

    def note_reply(self, generation: int) -> None:
        """Notice a session cookie that the last reply has replaced, which was one to that generation's identity."""
        self._state.note_reply(generation)

    async def close(self) -> None:
        """End whatever is under way. The HTTP sessions are their owner's business."""
        await self.renewal.close()

    def _challenge(self, email: str) -> OtpChallenge:
        return OtpChallenge(login=self._login, email=email, finish=self._finish_with_code, clock=self._clock)

    async def _finish_with_code(self, email: str, grant: Grant) -> None:
        async with self._state.lock:
            await self._sign_in.with_grant_of_code(email, grant)
            self._settle()

    def _settle(self) -> None:
        self.renewal.note_sign_in()
        self._state.guard_with(SignInGuard())

    def _hold_back(self) -> EnlightenError:
        now = self._clock()
        guard = self._state.stored.guard.after_too_many_sessions(now)
        self._state.guard_with(guard)
        return TooManySessions("The account has too many sessions", retry_at=guard.blocked_until)

    def _note_pause(self, _until: datetime) -> None:
        self._state.changed()
