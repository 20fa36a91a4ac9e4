"""The state of a session as it can be stored, and the guard in it that keeps sign-ins from locking the account.

See docs/api.md §2.6 and §2.8. Every sign-in with a password opens a session, sessions are capped, and an account over
the cap is shut for hours. So the guard holds unattended sign-ins back after a failure; what a person submits is not
guarded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..errors import (
    AccountBlocked,
    AuthenticationRequired,
    EnlightenError,
    InvalidCredentials,
    ServiceUnavailable,
    TooManySessions,
)
from .cookies import StoredCookie


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
    GuardReason.UNAVAILABLE: timedelta(seconds=300),
}
_REJECTIONS_UNTIL_A_DAY: Final = 3
_OBSTACLES: Final[Mapping[str | None, tuple[type[AuthenticationRequired | ServiceUnavailable], str]]] = {
    GuardReason.REJECTED: (InvalidCredentials, "The last sign-in was refused"),
    GuardReason.ACCOUNT_BLOCKED: (AccountBlocked, "The account is blocked"),
    GuardReason.TOO_MANY_SESSIONS: (TooManySessions, "The account has too many sessions"),
    GuardReason.UNAVAILABLE: (ServiceUnavailable, "The last sign-in found no service"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInGuard:
    """How many unattended sign-ins were rejected in a row, and until when there will be none.

    `reason` is a `GuardReason`, or text from an older version. A blocked account has no end to wait for.
    """

    rejections: int = 0
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

        The third rejection in a row does so for a day.
        """
        rejections, pause = self.rejections, _PAUSES[reason]
        if reason is GuardReason.REJECTED:
            rejections += 1
            pause = _DAY if rejections >= _REJECTIONS_UNTIL_A_DAY else pause
        blocked_until = max(now + pause, retry_at or now) if pause else None
        return SignInGuard(rejections=rejections, blocked_until=blocked_until, reason=reason)

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
