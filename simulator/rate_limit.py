"""A limit on requests, as the cloud seems to have one (docs/api.md §11.1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from .reply import Reply
from .request_log import RequestLog


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most ``requests`` in any ``span`` of real time; more are answered 429 with ``retry_after`` seconds."""

    requests: int
    span: timedelta = timedelta(minutes=1)
    retry_after: int = 60

    def refusal(self, log: RequestLog, now: datetime) -> Reply | None:
        """Return the answer to a request that was one too many, else None; the request is already in the log."""
        if log.within(self.span, now) <= self.requests:
            return None
        return Reply(status=HTTPStatus.TOO_MANY_REQUESTS, headers=(("Retry-After", str(self.retry_after)),))
