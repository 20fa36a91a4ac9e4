"""The state of a session in a form that can be stored (docs/api.md §2.6)."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import cast

from ..bounds import COUNT
from ..wire import Fields, JsonValue, Oddities
from .cookies import StoredCookie
from .guard import SignInGuard


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

    def as_dict(self) -> dict[str, JsonValue]:
        """Return the state as JSON-able data; it contains secrets. Times are ISO 8601."""
        return cast("dict[str, JsonValue]", _storable(asdict(self)))

    @classmethod
    def from_dict(cls, data: object) -> Credentials:
        """Read what `as_dict` returned. What is missing, damaged or of another shape was never known."""
        stored = Fields(cast("dict[str, JsonValue]", data) if isinstance(data, dict) else {}, "credentials", Oddities())
        return cls(
            email=stored.opaque("email") or "",
            user_id=stored.opaque("user_id"),
            cookies=tuple(cookie for row in stored.rows("cookies") if (cookie := _cookie(row)) is not None),
            session_id=stored.opaque("session_id"),
            access_token=stored.opaque("access_token"),
            access_token_expires_at=stored.time("access_token_expires_at"),
            manager_token=stored.opaque("manager_token"),
            signed_in_at=stored.time("signed_in_at"),
            one_time_codes=stored.boolean("one_time_codes") or False,
            rate_limited_until=stored.time("rate_limited_until"),
            guard=_guard(stored.fields("guard")),
        )


def _cookie(row: Fields) -> StoredCookie | None:
    name = row.opaque("name")
    if name is None:
        return None
    return StoredCookie(
        name=name,
        value=row.opaque("value") or "",
        domain=row.opaque("domain") or "",
        path=row.opaque("path") or "/",
        secure=row.boolean("secure") or False,
        expires=row.opaque("expires") or "",
    )


def _guard(row: Fields) -> SignInGuard:
    return SignInGuard(
        rejections=row.integer(COUNT, "rejections") or 0,
        blocked_until=row.time("blocked_until"),
        reason=row.text("reason"),
    )


def _storable(value: object) -> object:
    """Copy plain data with times as text and lists for tuples."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _storable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value
