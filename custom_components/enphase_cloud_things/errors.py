"""What the client's errors mean to Home Assistant, in the words of the user's language."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError, ServiceValidationError
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from .cloud_text import plain
from .const import DOMAIN
from .enlighten import (
    AccountBlocked,
    AuthenticationRequired,
    CommandOutcomeUnknown,
    CommandRejected,
    ConnectionFailed,
    EnlightenError,
    InvalidResponse,
    NotSupported,
    OtpBlocked,
    OtpExpired,
    OtpMissing,
    OtpRejected,
    RateLimited,
    ServiceUnavailable,
    TooManySessions,
)

SESSION_LOOK: Final = timedelta(minutes=15)
"""How often a session that has ended is looked at: what ended it may pass, while sign-ins wait for their own time."""

_TEXTS: Final[tuple[tuple[type[EnlightenError], str, str], ...]] = (
    (AccountBlocked, "authentication_required", "account_blocked"),
    (TooManySessions, "too_many_sessions", "too_many_sessions"),
    (OtpExpired, "authentication_required", "otp_expired"),
    (OtpBlocked, "authentication_required", "otp_blocked"),
    (OtpMissing, "authentication_required", "otp_missing"),
    (OtpRejected, "authentication_required", "invalid_otp"),
    (AuthenticationRequired, "authentication_required", "invalid_auth"),
    (RateLimited, "rate_limited", "rate_limited"),
    (ServiceUnavailable, "service_unavailable", "service_unavailable"),
    (ConnectionFailed, "cannot_connect", "cannot_connect"),
    (NotSupported, "not_supported", "unknown"),
    (InvalidResponse, "invalid_response", "unknown"),
    (CommandRejected, "command_rejected", "unknown"),
    (CommandOutcomeUnknown, "command_outcome_unknown", "unknown"),
    (EnlightenError, "unknown_error", "unknown"),
)
"""The texts of errors, from the narrow to the wide: as an exception, and in the form of a flow."""


def translation_key(error: EnlightenError) -> str:
    """Return the key of the text that explains an error to a person."""
    return next(key for kind, key, _ in _TEXTS if isinstance(error, kind))


def form_key(error: EnlightenError) -> str:
    """Return the key of the text that the form of a flow shows for an error."""
    return next(key for kind, _, key in _TEXTS if isinstance(error, kind))


def refresh_failed(error: EnlightenError) -> ConfigEntryAuthFailed | UpdateFailed:
    """Return what an error means to a coordinator's refresh.

    What will be tried again by itself is a failed refresh with a time, which is no longer than until the next look: a
    set-up that waits for hours would tell nobody why, and looking costs no request while the client holds back. A
    sign-in that needs a person starts Home Assistant's own request to sign in again.
    """
    retry_at = error.retry_at if isinstance(error, AuthenticationRequired | ServiceUnavailable) else None
    if isinstance(error, AuthenticationRequired) and retry_at is None and not isinstance(error, TooManySessions):
        return ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=translation_key(error))
    return _update_failed(error, min(retry_at, dt_util.utcnow() + SESSION_LOOK) if retry_at else None)


def optional_refresh_failed(error: EnlightenError) -> UpdateFailed:
    """Return what an error means to the refresh of something that the chargers do not depend on.

    Whatever happens there is no reason to ask a person to sign in: entitlement is refused like a dead session.
    """
    return _update_failed(error, error.retry_at if isinstance(error, ServiceUnavailable) else None)


def _update_failed(error: EnlightenError, retry_at: datetime | None) -> UpdateFailed:
    pause = (retry_at - dt_util.utcnow()).total_seconds() if retry_at else None
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=translation_key(error),
        retry_after=max(pause, 1.0) if pause is not None else None,
    )


def action_failed(error: EnlightenError, name: str) -> HomeAssistantError:
    """Return what a person sees when an action on the named charger or site fails."""
    reason = plain(error.refusal.display or "") if isinstance(error, CommandRejected) and error.refusal else ""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="command_rejected_with_reason" if reason else translation_key(error),
        translation_placeholders={"name": name} | ({"reason": reason} if reason else {}),
    )


def validation_error(key: str, name: str, **placeholders: str) -> ServiceValidationError:
    """Return what a person sees who asks the named charger for something it cannot do."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"name": name, **placeholders}
    )
