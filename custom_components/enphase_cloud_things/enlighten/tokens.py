"""What a token of the cloud says about itself (docs/api.md §1.3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import jwt

from .wire import JsonValue, object_at

_LONGEST_MARGIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims of a token, none of which has been verified."""

    user_id: str | None = field(default=None, repr=False)
    session_id: str | None = field(default=None, repr=False)
    issued_at: datetime | None = None
    expires_at: datetime | None = None


@lru_cache(maxsize=8)
def read_claims(token: str | None) -> Claims:
    """Read the claims of a JWT, each at the top or under `data`. Other text makes no claims.

    Every request asks, so the few tokens of an account are read once.
    """
    if not token:
        return Claims()
    try:
        payload: dict[str, JsonValue] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError, UnicodeEncodeError:
        return Claims()
    top = object_at(payload, "token")
    nested = top.fields("data")
    user = ("user_id", "userId", "userid")
    session = ("session_id", "sessionId", "session")
    return Claims(
        user_id=top.identifier(*user) or nested.identifier(*user),
        session_id=top.identifier(*session) or nested.identifier(*session),
        issued_at=top.time("iat") or nested.time("iat"),
        expires_at=top.time("exp") or nested.time("exp"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A minted access token. `expires_at` is `None` where the cloud tells no end."""

    token: str = field(repr=False)
    expires_at: datetime | None = None

    @classmethod
    def from_wire(cls, value: JsonValue) -> AccessToken | None:
        """Read the reply of the token route (docs/api.md §2.5); `None` if it has no token."""
        reply = object_at(value, "token")
        token = reply.opaque("token", "auth_token", "access_token")
        if token is None:
            return None
        expires_at = reply.time("expires_at", "expiresAt", "expiration")
        return cls(token=token, expires_at=expires_at or read_claims(token).expires_at)


def renewal_due_at(*, known_since: datetime, expires_at: datetime) -> datetime:
    """Return when to renew a token: an hour before its end, but not in the first half of its life."""
    half_life = (expires_at - known_since) / 2
    return expires_at - min(_LONGEST_MARGIN, max(half_life, timedelta()))
