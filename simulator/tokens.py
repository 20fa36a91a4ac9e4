"""JSON web tokens that look like the cloud's (docs/api.md §1.3)."""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
import hashlib
import hmac
import json
import secrets

from .wire import JsonObject, epoch_seconds


@dataclass(slots=True, kw_only=True)
class Token:
    """An issued token: its text, the session it belongs to, its expiry and whether it was withdrawn before."""

    text: str
    session_id: str
    expires_at: datetime
    revoked: bool = False


class TokenMint:
    """Issues tokens and tells later whether one is still good."""

    def __init__(self) -> None:
        """Start without any token."""
        self._key = secrets.token_bytes(32)
        self._issued: dict[str, Token] = {}

    def issue(self, *, user_id: str, session_id: str, now: datetime, expires_at: datetime) -> Token:
        """Return a signed token with the claims ``user_id``, ``session_id``, ``iat``, ``exp`` and ``jti``."""
        claims: JsonObject = {
            "user_id": user_id,
            "session_id": session_id,
            "iat": epoch_seconds(now),
            "exp": epoch_seconds(expires_at),
            "jti": secrets.token_hex(8),
        }
        signed = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
        signature = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        token = Token(text=f"{signed}.{_base64url(signature)}", session_id=session_id, expires_at=expires_at)
        self._issued[token.text] = token
        return token

    def valid(self, text: str, now: datetime) -> Token | None:
        """Return the token with that text if it was issued here, has not expired and was not withdrawn."""
        token = self._issued.get(text)
        return token if token is not None and not token.revoked and now < token.expires_at else None

    def revoke(self, texts: Collection[str]) -> None:
        """Withdraw some tokens."""
        for text in texts:
            self._issued[text].revoked = True

    def revoke_all(self, *, keep: Collection[str] = ()) -> None:
        """Withdraw every token issued so far, some texts excepted."""
        for token in self._issued.values():
            token.revoked = token.revoked or token.text not in keep


def _encoded(part: JsonObject) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
