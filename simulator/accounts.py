"""Accounts of the cloud, the one-time codes they ask for and the web sessions they open (docs/api.md §1.2, §2)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
import secrets

from .clock import Clock
from .tokens import Token, TokenMint

OWNER_EMAIL = "owner@example.com"
OWNER_KEY = "correct horse battery"


class LoginShape(StrEnum):
    """The forms in which a successful password is answered (docs/api.md §2.1)."""

    FULL = "full"
    EMPTY_OBJECT = "empty_object"
    EMPTY_BODY = "empty_body"
    MANAGER_WITHOUT_SESSION = "manager_without_session"
    SUCCESS_WITHOUT_NONCE = "success_without_nonce"
    REDIRECT = "redirect"


class ChallengeShape(StrEnum):
    """The forms in which a one-time code is asked for (docs/api.md §2.1)."""

    REQUIRES_MFA = "requires_mfa"
    MFA_REQUIRED = "mfa_required"
    SUCCESS_AND_NONCE = "success_and_nonce"


class RefusalShape(StrEnum):
    """The forms in which a wrong password is answered (docs/api.md §2.1)."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    SUCCESS_FALSE = "success_false"


class CapShape(StrEnum):
    """The wrappings of the "too many active sessions" text (docs/api.md §2.8)."""

    OBJECT = "object"
    NESTED = "nested"
    LIST = "list"
    ESCAPED = "escaped"
    PLAIN_TEXT = "plain_text"
    STATUS_422 = "status_422"


class TokenShape(StrEnum):
    """The forms of the token reply (docs/api.md §2.5)."""

    ORDINARY = "token,expires_at"
    CAMEL_CASE = "access_token,expiresAt"
    SNAKE_CASE = "auth_token,expiration"
    TEXT_EXPIRY = "token,expires_at as text"
    NO_EXPIRY = "token"


@dataclass(slots=True, kw_only=True)
class Account:
    """One homeowner's account and how the cloud treats it.

    ``session_cap`` counts sessions that are open at once. ``renews_by_cookie``: whether a session may fetch a
    second token. ``codes_sent`` counts one-time codes sent to the owner.
    """

    email: str = OWNER_EMAIL
    password: str = OWNER_KEY
    user_id: str = "3158804"
    site_ids: list[str] = field(default_factory=list)
    one_time_codes: bool = False
    login_sends_code: bool = True
    blocked: bool = False
    session_cap: int = 25
    token_lifetime: timedelta = timedelta(hours=6)
    session_lifetime: timedelta = timedelta(days=7)
    renews_by_cookie: bool = True
    code_attempts: int = 5
    code_lifetime: timedelta = timedelta(minutes=10)
    resend_limit: int = 5
    resend_interval: timedelta = timedelta(seconds=30)
    login_shape: LoginShape = LoginShape.FULL
    challenge_shape: ChallengeShape = ChallengeShape.REQUIRES_MFA
    refusal_shape: RefusalShape = RefusalShape.UNAUTHORIZED
    cap_shape: CapShape = CapShape.OBJECT
    token_shape: TokenShape = TokenShape.ORDINARY
    codes_sent: int = 0


@dataclass(slots=True, kw_only=True)
class WebSession:
    """A signed-in browser session; ``cookie`` is the present value of ``_enlighten_4_session``."""

    session_id: str
    account: Account
    cookie: str
    manager_token: str
    csrf: str
    expires_at: datetime
    tokens_fetched: int = 0


@dataclass(slots=True, kw_only=True)
class Challenge:
    """A pending one-time code."""

    account: Account
    nonce: str
    cookie: str
    code: str | None
    expires_at: datetime
    failed: int = 0
    resent: int = 0
    resent_at: datetime | None = None


class CodeCheck(StrEnum):
    """What became of a one-time code or of the wish for another one."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    BLOCKED = "blocked"
    TOO_EARLY = "too_early"


class Accounts:
    """All accounts with their open sessions, pending challenges and tokens."""

    def __init__(self, clock: Clock) -> None:
        """Start without accounts."""
        self.by_email: dict[str, Account] = {}
        self.sessions: list[WebSession] = []
        self.challenges: list[Challenge] = []
        self.mint = TokenMint()
        self._clock = clock

    def add(self, account: Account) -> Account:
        """Register an account under its e-mail, which is compared without case."""
        self.by_email[account.email.casefold()] = account
        return account

    def matching(self, email: str, password: str) -> Account | None:
        """Return the account if e-mail and password fit together."""
        account = self.by_email.get(email.strip().casefold())
        return account if account is not None and account.password == password else None

    # Sessions

    def open_sessions(self, account: Account) -> list[WebSession]:
        """Return the account's sessions that have not expired."""
        now = self._clock()
        self.sessions = [session for session in self.sessions if now < session.expires_at]
        return [session for session in self.sessions if session.account is account]

    def open_session(self, account: Account) -> WebSession | None:
        """Open another session, or return None when the account's cap is reached."""
        if len(self.open_sessions(account)) >= account.session_cap:
            return None
        now = self._clock()
        session_id = secrets.token_hex(16)
        expires_at = now + account.session_lifetime
        manager = self.mint.issue(user_id=account.user_id, session_id=session_id, now=now, expires_at=expires_at)
        session = WebSession(
            session_id=session_id,
            account=account,
            cookie=new_cookie_value(),
            manager_token=manager.text,
            csrf=f"{secrets.token_urlsafe(24)}+/=",
            expires_at=expires_at,
        )
        self.sessions.append(session)
        return session

    def session_of_cookie(self, cookie: str | None) -> WebSession | None:
        """Return the open session with that cookie value; a value from before a rotation finds nothing."""
        now = self._clock()
        for session in self.sessions:
            if session.cookie == cookie and now < session.expires_at:
                return session
        return None

    def session_of_token(self, text: str) -> WebSession | None:
        """Return the open session that a valid access or manager token belongs to."""
        token = self.mint.valid(text, self._clock())
        if token is None:
            return None
        return next((item for item in self.sessions if item.session_id == token.session_id), None)

    def fetch_token(self, session: WebSession) -> Token | None:
        """Issue an access token and rotate the cookie; None when this session may not have another token."""
        account = session.account
        if session.tokens_fetched and not account.renews_by_cookie:
            return None
        session.tokens_fetched += 1
        session.cookie = new_cookie_value()
        now = self._clock()
        expires_at = now + account.token_lifetime
        return self.mint.issue(user_id=account.user_id, session_id=session.session_id, now=now, expires_at=expires_at)

    def expire_tokens(self, *, manager: bool = False) -> None:
        """Withdraw every access token, with ``manager`` the manager tokens too; cookies stay good.

        The token route replaces access tokens only: a session without its manager token keeps none.
        """
        keep = set() if manager else {session.manager_token for session in self.sessions}
        self.mint.revoke_all(keep=keep)

    def withdraw_managers(self) -> None:
        """Withdraw the manager tokens, with which commands go out; cookies and access tokens stay good."""
        self.mint.revoke({session.manager_token for session in self.sessions})

    def expire_sessions(self) -> None:
        """Sign everybody out: cookies and tokens are dead, the session cap is free again."""
        self.sessions.clear()
        self.challenges.clear()
        self.mint.revoke_all()

    # One-time codes

    def challenge(self, account: Account) -> Challenge:
        """Ask for a one-time code, sending it unless the account waits for a resend."""
        challenge = Challenge(
            account=account,
            nonce=secrets.token_hex(16),
            cookie=new_cookie_value(),
            code=None,
            expires_at=self._clock() + account.code_lifetime,
        )
        if account.login_sends_code:
            self._send_code(challenge)
        self.challenges.append(challenge)
        return challenge

    def pending_challenge(self, nonce: str | None) -> Challenge | None:
        """Return the challenge that a ``login_otp_nonce`` cookie stands for."""
        return next((item for item in self.challenges if item.nonce == nonce), None)

    def check_code(self, challenge: Challenge, code: str) -> CodeCheck:
        """Compare a code; too many wrong ones block the account."""
        if challenge.account.blocked:
            return CodeCheck.BLOCKED
        if challenge.code is not None and code == challenge.code and self._clock() < challenge.expires_at:
            self.challenges.remove(challenge)
            return CodeCheck.ACCEPTED
        challenge.failed += 1
        if challenge.failed >= challenge.account.code_attempts:
            challenge.account.blocked = True
            return CodeCheck.BLOCKED
        return CodeCheck.WRONG

    def resend_code(self, challenge: Challenge) -> CodeCheck:
        """Send another code under a new nonce, within the account's limits."""
        account, now = challenge.account, self._clock()
        if account.blocked or challenge.resent >= account.resend_limit:
            return CodeCheck.BLOCKED
        if challenge.resent_at is not None and now < challenge.resent_at + account.resend_interval:
            return CodeCheck.TOO_EARLY
        challenge.resent += 1
        challenge.resent_at = now
        challenge.nonce = secrets.token_hex(16)
        challenge.expires_at = now + account.code_lifetime
        self._send_code(challenge)
        return CodeCheck.ACCEPTED

    def current_code(self, email: str) -> str | None:
        """Return the code last sent to an address, as its owner would read it in the mail."""
        codes = [item.code for item in self.challenges if item.account.email.casefold() == email.casefold()]
        return codes[-1] if codes else None

    def _send_code(self, challenge: Challenge) -> None:
        challenge.code = f"{secrets.randbelow(1_000_000):06d}"
        challenge.account.codes_sent += 1


def new_cookie_value() -> str:
    """Return a fresh ``_enlighten_4_session`` value."""
    return secrets.token_hex(24)
