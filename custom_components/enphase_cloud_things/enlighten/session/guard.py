"""The guard that keeps unattended sign-ins from locking the account (docs/api.md §2.8).

Every sign-in with a password opens a session, sessions are capped, and an account over the cap is
shut for hours. What a person submits is not guarded.
"""

from dataclasses import dataclass, replace
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

_PAUSE: Final = timedelta(seconds=300)
_STOP: Final = timedelta(hours=24)
_REJECTIONS_BEFORE_STOP: Final = 3


class GuardReason(StrEnum):
    """Why unattended sign-ins are held back."""

    REJECTED = "rejected"
    ACCOUNT_BLOCKED = "account_blocked"
    TOO_MANY_SESSIONS = "too_many_sessions"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInGuard:
    """How many unattended sign-ins were rejected in a row, and until when there will be none.

    `reason` is a `GuardReason`, or text from an older version. A blocked account has no end to
    wait for: only a person clears it.
    """

    rejections: int = 0
    blocked_until: datetime | None = None
    reason: str | None = None

    def sane(self, now: datetime) -> SignInGuard:
        """Return the guard without an end later than any that it sets, such as one of a clock that was wrong."""
        if self.blocked_until is None:
            return self
        return replace(self, blocked_until=min(self.blocked_until, now + _STOP))

    def blocks(self, now: datetime) -> bool:
        """Return whether an unattended sign-in must not be tried now."""
        if self.reason == GuardReason.ACCOUNT_BLOCKED:
            return True
        return self.blocked_until is not None and now < self.blocked_until

    def is_history(self, now: datetime) -> bool:
        """Return whether the last pause ended a day ago or earlier."""
        return self.blocked_until is None or now >= self.blocked_until + _STOP

    def obstacle(self, now: datetime) -> EnlightenError | None:
        """Return what to raise in place of an unattended sign-in, if it must not be tried now."""
        if not self.blocks(now):
            return None
        retry_at = self.blocked_until
        match self.reason:
            case GuardReason.ACCOUNT_BLOCKED:
                return AccountBlocked("The account is blocked")
            case GuardReason.TOO_MANY_SESSIONS:
                return TooManySessions("The account has too many sessions", retry_at=retry_at)
            case GuardReason.REJECTED:
                return InvalidCredentials("The last sign-in was refused", retry_at=retry_at)
            case GuardReason.UNAVAILABLE:
                return ServiceUnavailable("The last sign-in found no service", retry_at=retry_at)
        return AuthenticationRequired("Signing in is paused", retry_at=retry_at)

    def after_rejection(self, now: datetime) -> SignInGuard:
        """Pause for five minutes, and for a day after the third rejection in a row."""
        rejections = self.rejections + 1
        pause = _STOP if rejections >= _REJECTIONS_BEFORE_STOP else _PAUSE
        return SignInGuard(rejections=rejections, blocked_until=now + pause, reason=GuardReason.REJECTED)

    def after_too_many_sessions(self, now: datetime) -> SignInGuard:
        """Stop for a day: another session would make it worse."""
        return replace(self, blocked_until=now + _STOP, reason=GuardReason.TOO_MANY_SESSIONS)

    def after_throttling(self, now: datetime) -> SignInGuard:
        """Stop for a day: a login page right after a good sign-in means throttling."""
        return replace(self, blocked_until=now + _STOP, reason=GuardReason.THROTTLED)

    def after_trouble(self, now: datetime, *, retry_at: datetime | None = None) -> SignInGuard:
        """Pause for five minutes, or until `retry_at` if that is later, without a rejection.

        The service was in trouble, which is no fault of the credentials.
        """
        return replace(
            self,
            blocked_until=max(now + _PAUSE, retry_at or now),
            reason=GuardReason.UNAVAILABLE,
        )

    def after_block(self) -> SignInGuard:
        """Stop until a person signs in."""
        return replace(self, blocked_until=None, reason=GuardReason.ACCOUNT_BLOCKED)

    def after_proof(self, now: datetime) -> SignInGuard:
        """Forget the rejections because the session works; a pause still under way stays."""
        return self if self.blocks(now) else SignInGuard()
