"""The state of a session in a form that can be stored (docs/api.md §2.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict, cast

from ..wire import Fields, JsonValue, Oddities
from .cookies import StoredCookie
from .guard import SignInGuard


class CookieDict(TypedDict):
    """A stored cookie as JSON."""

    name: str
    value: str
    domain: str
    path: str
    secure: bool
    expires: str


class GuardDict(TypedDict):
    """The sign-in guard as JSON; times are ISO 8601."""

    rejections: int
    blocked_until: str | None
    reason: str | None


class CredentialsDict(TypedDict):
    """Credentials as JSON; times are ISO 8601."""

    email: str
    user_id: str | None
    cookies: list[CookieDict]
    session_id: str | None
    access_token: str | None
    access_token_expires_at: str | None
    manager_token: str | None
    signed_in_at: str | None
    one_time_codes: bool
    rate_limited_until: str | None
    guard: GuardDict


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Everything a session needs to go on after a restart, without the password.

    With nothing but an e-mail address it is the state of a session that was never signed in.
    `signed_in_at` is the time of the last sign-in with a password. `one_time_codes` says that the
    account asks for codes, so that nothing but a person can sign in.
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

    def as_dict(self) -> CredentialsDict:
        """Return the state as JSON-able data; it contains secrets."""
        return {
            "email": self.email,
            "user_id": self.user_id,
            "cookies": [
                {
                    "name": cookie.name,
                    "value": cookie.value,
                    "domain": cookie.domain,
                    "path": cookie.path,
                    "secure": cookie.secure,
                    "expires": cookie.expires,
                }
                for cookie in self.cookies
            ],
            "session_id": self.session_id,
            "access_token": self.access_token,
            "access_token_expires_at": _iso(self.access_token_expires_at),
            "manager_token": self.manager_token,
            "signed_in_at": _iso(self.signed_in_at),
            "one_time_codes": self.one_time_codes,
            "rate_limited_until": _iso(self.rate_limited_until),
            "guard": {
                "rejections": self.guard.rejections,
                "blocked_until": _iso(self.guard.blocked_until),
                "reason": self.guard.reason,
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object] | CredentialsDict) -> Credentials:
        """Read what `as_dict` returned. What is missing or damaged is as if it had never been known."""
        stored = Fields(cast("Mapping[str, JsonValue]", data), "credentials", Oddities())
        return cls(
            email=stored.text("email") or "",
            user_id=stored.text("user_id"),
            cookies=tuple(cookie for row in stored.rows("cookies") if (cookie := _cookie(row)) is not None),
            session_id=stored.text("session_id"),
            access_token=stored.text("access_token"),
            access_token_expires_at=stored.time("access_token_expires_at"),
            manager_token=stored.text("manager_token"),
            signed_in_at=stored.time("signed_in_at"),
            one_time_codes=stored.boolean("one_time_codes") or False,
            rate_limited_until=stored.time("rate_limited_until"),
            guard=_guard(stored.fields("guard")),
        )


def _cookie(row: Fields) -> StoredCookie | None:
    name = row.text("name")
    if name is None:
        return None
    return StoredCookie(
        name=name,
        value=row.text("value") or "",
        domain=row.text("domain") or "",
        path=row.text("path") or "/",
        secure=row.boolean("secure") or False,
        expires=row.text("expires") or "",
    )


def _guard(row: Fields) -> SignInGuard:
    return SignInGuard(
        rejections=max(row.integer("rejections") or 0, 0),
        blocked_until=row.time("blocked_until"),
        reason=row.text("reason"),
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
