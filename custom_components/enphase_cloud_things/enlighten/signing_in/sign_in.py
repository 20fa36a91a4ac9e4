"""Signing in from the first request to a session that works (docs/api.md §2)."""

from dataclasses import replace

from ..errors import (
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
        self._older_manager_token: str | None = None

    async def with_password(self, email: str, password: str) -> None:
        """Sign in with a password. For the errors see `Login.with_password`."""
        self._older_manager_token = self._state.cookies.manager_token
        grant = await self._login.with_password(email, password)
        token = await self._token_for(grant)
        if token is None and not grant.proven:
            if self._state.cookies.session is None:
                raise ServiceUnavailable("Signing in opened no session")
            # The form opens a session whatever was entered
            if not await self._login.proves_signed_in():
                raise InvalidCredentials("The session is not signed in")
        self._accept(email, grant, token, one_time_codes=False)

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
        self._accept(email, grant, token, one_time_codes=True)

    def _accept(self, email: str, grant: Grant, token: AccessToken | None, *, one_time_codes: bool) -> None:
        """Become the new session, without the manager token of an older one that the cloud has not replaced."""
        older, cookies = self._older_manager_token, self._state.cookies
        if older is not None and cookies.manager_token == older and grant.manager_token in {None, older}:
            cookies.forget_manager_token()
            grant = replace(grant, manager_token=None)
        self._state.accept_sign_in(email, grant, token, one_time_codes=one_time_codes)

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
