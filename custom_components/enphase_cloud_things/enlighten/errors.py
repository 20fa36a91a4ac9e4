"""Errors of the Enlighten cloud, named after what the caller can do about them.

No message, argument or attribute of these errors carries a secret or an identifier: they are safe
to log and to show.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the cloud said about a refused request, without its raw body.

    `code` is the cloud's own code (`iqevc_ms-10008`), `display` its text for people and `info` the sentence beside it,
    both one line with everything masked that could be an identifier. `status_text` is the value of `error.status`
    on service trouble. `routing` says that the route does not exist, not that it refused; `invalid_level` that this
    model or mode does not take the charge level. Source: docs/api.md §5.1.
    """

    http_status: int
    code: str | None = None
    display: str | None = None
    info: str | None = None
    status_text: str | None = None
    routing: bool = False
    invalid_level: bool = False

    @property
    def words(self) -> str:
        """All that the cloud said in words, in lower case."""
        return f"{self.display or ''} {self.info or ''}".lower()


class EnlightenError(Exception):
    """Base of everything the client raises on purpose."""


class ConnectionFailed(EnlightenError):
    """No answer arrived: name resolution, connection or time-out. Trying later may help."""


class NoPlace(ConnectionFailed):
    """Nothing was sent, because other reads were waiting for their answers all the time."""


class ServiceUnavailable(EnlightenError):
    """The cloud answered, but cannot serve this family of endpoints now.

    That is a 5xx, a maintenance page, a 406, or a family the client backs off from. `retry_at` is
    the earliest sensible time (UTC) of the next try, if there is one; `refusal` is what the cloud
    said, if it was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_at: datetime | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_at = retry_at
        self.refusal = refusal


class RateLimited(ServiceUnavailable):
    """The cloud (429) or the client's own hourly budget asks for a pause: of the account, a host or this family."""


class AuthenticationRequired(EnlightenError):
    """The session has ended and could not be renewed without a person.

    `retry_at` is set where an unattended sign-in will be tried again by itself at that time (UTC).
    """

    def __init__(self, message: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class LoginWall(AuthenticationRequired):
    """The cloud served its login page in place of an answer."""


class InvalidCredentials(AuthenticationRequired):
    """The cloud refused the e-mail address and password."""


class AccountBlocked(AuthenticationRequired):
    """The cloud says that the account is blocked; no automatic sign-in will be tried."""


class TooManySessions(AuthenticationRequired):
    """The account has used up its concurrent sessions; `retry_at` says when to try again."""


class OtpRequired(AuthenticationRequired):
    """The account wants a one-time code, and nobody is there to enter one."""


class OtpRejected(AuthenticationRequired):
    """The one-time code was wrong; the challenge stays open for another try."""


class OtpMissing(OtpRejected):
    """Nothing was entered; nothing was asked of the cloud."""


class OtpExpired(OtpRejected):
    """The challenge is gone: the sign-in has to start over with the password."""


class OtpBlocked(OtpRejected):
    """Too many codes were tried or asked for; the cloud takes no more for now."""


class NotSupported(EnlightenError):
    """This account, site or charger has no such thing (403, 404, 550 for a missing service)."""

    def __init__(self, message: str, *, refusal: Refusal | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal


class RouteGone(NotSupported):
    """The cloud answers that no such route exists ("No static resource", 405)."""


class ProgramUnknown(NotSupported):
    """The cloud does not know the program of a virtual power plant; which one it is has to be looked up again."""


class InvalidResponse(EnlightenError):
    """A reply could not be read: not JSON, not the expected shape, or without its key field.

    `path` names the place in the reply (`status.data.chargers[0].sn`), never its content.
    """

    def __init__(self, path: str) -> None:
        super().__init__(f"The reply could not be read at {path}")
        self.path = path


class CommandRejected(EnlightenError):
    """The cloud refused a command; nothing has happened. `refusal` is the typed reason."""

    def __init__(self, refusal: Refusal) -> None:
        code = refusal.code or "no code"
        super().__init__(f"The cloud refused the command (HTTP {refusal.http_status}, {code})")
        self.refusal = refusal


class NotReady(CommandRejected):
    """A start was refused because of the charger's state; the cloud did not say which (409, 422)."""


class NotPluggedIn(NotReady):
    """A start was refused because no car is plugged in (`iqevc_ms-10008`)."""


class AlreadyCharging(CommandRejected):
    """A start was refused because a session runs already, with its amps (`iqevc_ms-10012`)."""


class LevelRefused(CommandRejected):
    """A start was refused because this model or mode does not take that charge level, or none at all."""


class NotCharging(CommandRejected):
    """A stop was refused because, as a rule, there is nothing to stop; the status decides."""


class NoScheduleEnabled(CommandRejected):
    """The mode Scheduled was refused because no schedule is enabled (`iqevc_sch_10031`)."""


class CommandOutcomeUnknown(EnlightenError):
    """A command was sent, but whether it took effect cannot be told: read before any repeat.

    `refusal` is what the cloud said, if it said anything.
    """

    def __init__(self, refusal: Refusal | None = None) -> None:
        status = f"HTTP {refusal.http_status}" if refusal else "no answer"
        super().__init__(f"The outcome of the command is unknown ({status})")
        self.refusal = refusal
