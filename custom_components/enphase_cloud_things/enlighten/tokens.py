"""The tokens of the cloud and what they say about themselves (docs/api.md §1.3)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import jwt

from .wire import JsonValue, object_at

_LONGEST_MARGIN: Final = timedelta(hours=1)
_USER: Final = ("user_id", "userId", "userid")
_SESSION: Final = ("session_id", "sessionId", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token with its claims, none of which has been verified; without text there is none.

    The claims are read once, when the token comes. `expires_at` is `None` where the cloud tells no end.
    """

    text: str = field(default="", repr=False)
    user_id: str | None = field(default=None, repr=False)
    session_id: str | None = field(default=None, repr=False)
    issued_at: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def read(cls, text: str | None) -> Token:
        """Read a JWT, whose claims are at the top or under `data`. Any other text makes no claims."""
        if not text:
            return NO_TOKEN
        try:
            payload: dict[str, JsonValue] = jwt.decode(text, options={"verify_signature": False})
        except jwt.PyJWTError, UnicodeEncodeError:
            return cls(text=text)
        top = object_at(payload, "token")
        nested = top.fields("data")
        return cls(
            text=text,
            user_id=top.identifier(*_USER) or nested.identifier(*_USER),
            session_id=top.identifier(*_SESSION) or nested.identifier(*_SESSION),
            issued_at=top.time("iat") or nested.time("iat"),
            expires_at=top.time("exp") or nested.time("exp"),
        )

    @classmethod
    def minted(cls, value: JsonValue) -> Token | None:
        """Read the reply of the token route (docs/api.md §2.5); `None` if it has no token."""
        reply = object_at(value, "token")
        token = cls.read(reply.opaque("token", "auth_token", "access_token"))
        expires_at = reply.time("expires_at", "expiresAt", "expiration")
        return replace(token, expires_at=expires_at or token.expires_at) if token.text else None

    def unless_past(self, now: datetime) -> Token:
        """Return the token, or none if its end has come."""
        return self if self.expires_at is None or now < self.expires_at else NO_TOKEN

    def renewal_due_at(self, *, known_since: datetime) -> datetime | None:
        """Return when to renew the token: an hour before its end, but not in the first half of its life."""
        if self.expires_at is None:
            return None
        half_life = (self.expires_at - (self.issued_at or known_since)) / 2
        return self.expires_at - min(_LONGEST_MARGIN, max(half_life, timedelta()))


NO_TOKEN: Final = Token()
