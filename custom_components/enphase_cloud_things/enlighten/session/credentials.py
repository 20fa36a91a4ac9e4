"""The state of a session in a form that can be stored (docs/api.md §2.6)."""

from dataclasses import dataclass, field
from datetime import datetime

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
