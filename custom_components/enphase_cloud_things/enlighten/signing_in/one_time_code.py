"""The step of a sign-in that asks a person for a one-time code (docs/api.md §2.3, §2.4)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from ..clock import Clock
from ..errors import OtpExpired, RateLimited
from .login import Grant, Login

_RESEND_PAUSE: Final = timedelta(seconds=30)


class OtpChallenge:
    """A sign-in that waits for a one-time code.

    Nobody knows whether the cloud sends a first code by itself, so a person should be offered one
    with `resend`.
    """

    def __init__(
        self,
        *,
        login: Login,
        email: str,
        finish: Callable[[str, Grant], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """Continue a sign-in of that e-mail address; `finish` takes what the code was good for."""
        self._login = login
        self._email = email
        self._finish = finish
        self._clock = clock
        self._sent_at: datetime | None = None
        self._is_over = False

    async def validate(self, code: str) -> None:
        """Finish the sign-in on its session with the code a person entered.

        Raises:
            OtpRejected: the code is wrong; another may be tried.
            OtpExpired: the challenge is over; the sign-in has to start again.
            OtpBlocked: the cloud takes no more codes for now.
            TooManySessions: the account has used up its sessions.
            RateLimited, ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        self._raise_if_over()
        try:
            grant = await self._login.with_code(self._email, code)
        except OtpExpired:
            self._is_over = True
            raise
        await self._finish(self._email, grant)
        self._is_over = True

    async def resend(self) -> None:
        """Have the cloud send a code, at most every 30 seconds.

        Raises:
            RateLimited: the last code was sent less than 30 seconds ago; nothing was asked for.
            OtpExpired: the challenge is over; the sign-in has to start again.
            OtpBlocked: the cloud sends no more codes for now.
            TooManySessions: the account has used up its sessions.
            ServiceUnavailable, ConnectionFailed: trying later may help.
        """
        self._raise_if_over()
        now = self._clock()
        if self._sent_at is not None and now < self._sent_at + _RESEND_PAUSE:
            raise RateLimited("A code was sent a moment ago", retry_at=self._sent_at + _RESEND_PAUSE)
        try:
            await self._login.send_code()
        except OtpExpired:
            self._is_over = True
            raise
        self._sent_at = now

    def _raise_if_over(self) -> None:
        if self._is_over:
            raise OtpExpired("The challenge is over")
