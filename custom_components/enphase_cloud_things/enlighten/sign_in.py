"""Signing in from the first request to a session that works (docs/api.md §2)."""

from .errors import (
    AuthenticationRequired,
    ConnectionFailed,
    InvalidCredentials,
    InvalidResponse,
    LoginWall,
    NotSupported,
    OtpRejected,
    ServiceUnavailable,
    TooManySessions,
)
from .login import Grant, Login
from .session_state import SessionState
from .tokens import AccessToken


class SignIn:
    """Opens sessions with a password or a code. Callers hold the lock of the state."""

    def __init__(self, login: Login, state: SessionState) -> None:
        """Open sessions of that state."""
        self._login = login
        self._state = state

    async def with_password(self, email: str, password: str) -> None:
        """Sign in with a password. For the errors see `Login.with_password`."""
        grant = await self._login.with_password(email, password)
        token = await self._token_for(grant)
        if token is None and not grant.proven and self._state.cookies.session is None:
            raise ServiceUnavailable("Signing in opened no session")
        self._state.accept_sign_in(email, grant, token, one_time_codes=False)

    async def with_grant_of_code(self, email: str, grant: Grant) -> None:
        """Finish a sign-in after a one-time code.

        Raises:
            OtpRejected: the cloud did not say that the code is right, and the session is not.
            TooManySessions: the account has used up its sessions.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        try:
            token = await self._token_for(grant)
        except InvalidCredentials:
            raise OtpRejected("The code opened no session") from None
        if token is None and not grant.proven and not await self._login.proves_signed_in():
            raise OtpRejected("The code opened no session")
        self._state.accept_sign_in(email, grant, token, one_time_codes=True)

    async def _token_for(self, grant: Grant) -> AccessToken | None:
        """Get the first token of a new session; `None` if it has to do with cookies for now.

        Raises:
            InvalidCredentials: the cloud refuses the session, so it is none.
            TooManySessions: the account has used up its sessions.
        """
        try:
            return await self._login.mint_token()
        except TooManySessions:
            raise
        except LoginWall:
            if grant.proven:
                return None
        except AuthenticationRequired:
            pass
        except ConnectionFailed, ServiceUnavailable, NotSupported, InvalidResponse:
            return None
        raise InvalidCredentials("The cloud refused the session")
