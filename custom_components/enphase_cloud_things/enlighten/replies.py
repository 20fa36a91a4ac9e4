"""Turns an answer of the cloud into a typed reply, and says what it means; its body goes no further than this.

The content decides what a body is, not its `Content-Type`: the login page arrives with HTTP 200 and at times labelled
as JSON, and JSON arrives as plain text or wrapped in quotes (docs/api.md §2.7, §5.1, Appendix A).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
import json
import re
from typing import Final

import orjson

from .endpoints import Endpoint, Family, Kind
from .errors import (
    AuthenticationRequired,
    CommandOutcomeUnknown,
    CommandRejected,
    InvalidResponse,
    LevelRefused,
    LoginWall,
    NotSupported,
    RateLimited,
    Refusal,
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from .limits import LONGEST_WAIT
from .wire import Fields, JsonValue, free_text, object_at

_PAGE_STARTS: Final = ("<!doctype html", "<html")
# What may come before a page
_PREAMBLE: Final = re.compile(r"(?:\s|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
# Branding and consent scripts occur on valid pages too; they tell something only where JSON was due
_LOGIN_MARKERS: Final = (
    "optanonwrapper",
    "var otlang",
    "one trust",
    "x-ua-compatible",
    "/login/login",
    "enphaseenergy.com",
)
_NO_ROUTE: Final = "no static resource"
_INVALID_LEVEL: Final = ("invalid charge level", "invalid charging level")
_STATE_SENTENCES: Final = ("already in charging state", "already in stopped state")
# Words with a short number; anything else could be an identifier
_CODE: Final = re.compile(r"[A-Za-z]+([_.-][A-Za-z]+)*([_.-]?\d{1,5})?", re.ASCII)
_LONGEST_CODE: Final = 64
_LARGE_BODY: Final = 8 * 1024
_STATUS_WORD: Final = re.compile(r"[A-Z][A-Z_]{0,39}")
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_FIRST_TROUBLE: Final = 500
_NO_SUCH_SERVICE_AT_SITE: Final = 550
# What is looked at for words that tell something; they stand near the start
_SAMPLE: Final = 64 * 1024
# Decoding more than this blocks the event loop for longer than a person would not notice
_MOST_CONTAINERS: Final = 20_000
_MOST_VALUES: Final = 200_000
# Where pages are; a redirect to anything else could read what was not asked for, or command something
_PAGES: Final = re.compile(r"/(?:|home|web(?:/[\w/-]{0,200})?|login(?:/[\w/-]{0,200})?)(?:\?.*)?", re.ASCII)


class BodyKind(Enum):
    """What the body of an answer is."""

    EMPTY = auto()
    JSON = auto()
    LOGIN_PAGE = auto()
    PAGE = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of the cloud.

    `value` is the JSON of the body if it is JSON. `location` is the path that a redirect leads to, below that of the
    base address unless it `leads_elsewhere`, to another host. `refusal` is set for statuses from 400 and where the body
    carries an error of its own, `too_many_sessions` where the body says so anywhere, in JSON or not.
    """

    status: int
    kind: BodyKind
    value: JsonValue = field(default=None, repr=False)
    retry_at: datetime | None = None
    location: str | None = field(default=None, repr=False)
    leads_elsewhere: bool = False
    refusal: Refusal | None = None
    too_many_sessions: bool = False
    is_large: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the HTTP status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Whether the HTTP status is 3xx."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def leads_to_page(self) -> bool:
        """Whether it is a redirect to a page of this host other than the login page."""
        place = self.location if self.is_redirect and not self.leads_elsewhere else None
        return place is not None and not place.startswith("/login") and _PAGES.fullmatch(place) is not None

    @property
    def is_trouble(self) -> bool:
        """Whether the HTTP status is 5xx."""
        return self.status >= _FIRST_TROUBLE

    @property
    def is_login_wall(self) -> bool:
        """Whether the login page came in place of an answer, or the way leads there.

        Error pages of the web site look like its login page, so a status that explains itself is believed.
        """
        if self.is_redirect:
            return (self.location or "").startswith("/login")
        explained = (
            HTTPStatus.NOT_FOUND,
            HTTPStatus.METHOD_NOT_ALLOWED,
            HTTPStatus.NOT_ACCEPTABLE,
            HTTPStatus.TOO_MANY_REQUESTS,
        )
        return self.kind is BodyKind.LOGIN_PAGE and not self.is_trouble and self.status not in explained


def read_reply(
    status: int,
    body: bytes,
    *,
    retry_at: datetime | None = None,
    location: str | None = None,
    leads_elsewhere: bool = False,
    cut: bool = False,
) -> Reply:
    """Read an answer; for the arguments see `Reply`.

    A body that was `cut` for its size is no JSON, but the status of the answer still tells most.
    """
    sample = body[:_SAMPLE].decode("utf-8", errors="replace").lstrip("\ufeff").strip()
    kind, value = (_page_kind(sample) or BodyKind.TEXT, None) if cut else _read_body(body, sample)
    lower = sample.lower()
    return Reply(
        status=status,
        kind=kind,
        value=value,
        retry_at=retry_at,
        location=location,
        leads_elsewhere=leads_elsewhere,
        refusal=_read_refusal(status, value, lower),
        too_many_sessions="active sessions" in lower and "too many" in lower and status < _FIRST_TROUBLE,
        is_large=is_large(body),
    )


def is_large(body: bytes) -> bool:
    """Return whether a body is better read in a thread, because many small objects take their time."""
    return len(body) > _LARGE_BODY


def read_retry_after(value: str | None, now: datetime, *, date: str | None = None) -> datetime | None:
    """Read a `Retry-After` header, which is seconds or a date, as a time at most an hour from `now`.

    A date is one of the cloud's clock, so it counts from the `date` that the same answer bears, if it does.
    """
    if value is None:
        return None
    text = value[:64].strip()
    try:
        if _SECONDS.fullmatch(text):
            delay = timedelta(seconds=float(text))
        else:
            delay = _http_date(text) - (_sent_at(date) or now)
        return now + min(delay, LONGEST_WAIT)
    except ValueError, OverflowError:
        return None


def _sent_at(date: str | None) -> datetime | None:
    try:
        return None if date is None else _http_date(date)
    except ValueError, OverflowError:
        return None


def _http_date(text: str) -> datetime:
    """Read a date of a header, which is UTC if it names no zone."""
    moment = parsedate_to_datetime(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read_body(body: bytes, sample: str) -> tuple[BodyKind, JsonValue]:
    if not sample:
        return BodyKind.EMPTY, None
    if page := _page_kind(sample):
        return page, None
    try:
        value = _load(body)
        if isinstance(value, str):
            if page := _page_kind(value[:_SAMPLE].strip()):
                return page, None
            if value.lstrip().startswith(("{", "[")):
                value = _load(value.encode())
    except ValueError:
        return BodyKind.TEXT, None
    return BodyKind.JSON, value


def _page_kind(text: str) -> BodyKind | None:
    """Return what page a text is; `None` if it is none."""
    start = match.end() if (match := _PREAMBLE.match(text)) else 0
    if not text[start : start + len(_PAGE_STARTS[0])].lower().startswith(_PAGE_STARTS):
        return None
    lower = text.lower()
    return BodyKind.LOGIN_PAGE if any(marker in lower for marker in _LOGIN_MARKERS) else BodyKind.PAGE


def _load(body: bytes) -> JsonValue:
    """Decode JSON.

    Raises:
        ValueError: it is none, or far more than any reply has.
    """
    if body.count(b"{") + body.count(b"[") > _MOST_CONTAINERS or body.count(b",") > _MOST_VALUES:
        raise ValueError
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff")
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            # Takes NaN and Infinity, which must cost one field and not the whole reply
            value = json.loads(text)
        except RecursionError:
            raise ValueError from None
    return value


def _read_refusal(status: int, value: JsonValue, lower_text: str) -> Refusal | None:
    reply = object_at(value, "error")
    error = reply.raw("error")
    if status < HTTPStatus.BAD_REQUEST and not (isinstance(error, dict) and error):
        return None
    inner = object_at(error, "error.error")
    return Refusal(
        http_status=status,
        code=_code(inner) or _code(reply),
        display=_sentence(inner, "displayMessage", "message") or _sentence(reply, "displayMessage", "message"),
        info=_sentence(inner, "additionalInfo") or _sentence(reply, "additionalInfo"),
        status_text=_status_word(inner) or _status_word(reply),
        routing=status == HTTPStatus.METHOD_NOT_ALLOWED or (status == HTTPStatus.NOT_FOUND and _NO_ROUTE in lower_text),
        invalid_level=status >= HTTPStatus.BAD_REQUEST and any(words in lower_text for words in _INVALID_LEVEL),
    )


def _code(fields: Fields) -> str | None:
    for name in ("errorMessageCode", "code"):
        code = fields.text(name)
        if code is not None and len(code) <= _LONGEST_CODE and _CODE.fullmatch(code):
            return code
    return None


def _sentence(fields: Fields, *names: str) -> str | None:
    return free_text(fields.text(*names))


def _status_word(fields: Fields) -> str | None:
    word = fields.text("status")
    return word.upper() if word and _STATUS_WORD.fullmatch(word.upper()) else None


def read_outcome(endpoint: Endpoint, reply: Reply) -> JsonValue:
    """Return the JSON of a successful reply, `{}` for an empty one, or raise what it means, apart from signing in."""
    if (not reply.is_success or endpoint.family is Family.SITES) and reply.too_many_sessions:
        raise TooManySessions("The account has too many sessions")
    if reply.is_login_wall:
        raise LoginWall(f"The login page came in place of {endpoint.family}")
    if reply.status == HTTPStatus.UNAUTHORIZED or (
        endpoint.family is Family.SITES and reply.status == HTTPStatus.FORBIDDEN
    ):
        raise AuthenticationRequired(f"The cloud refused the session ({endpoint.family})")
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("The cloud asks for a pause", retry_at=reply.retry_at)
    if endpoint.kind is Kind.COMMAND:
        return _command_outcome(endpoint, reply)
    return _read_outcome(endpoint, reply)


def _read_outcome(endpoint: Endpoint, reply: Reply) -> JsonValue:
    if not reply.is_success:
        raise _read_failure(endpoint, reply)
    match reply.kind:
        case BodyKind.JSON:
            if _is_error_without_data(reply):
                raise ServiceUnavailable(f"An error came in place of {endpoint.family}", refusal=reply.refusal)
            return reply.value
        case BodyKind.EMPTY:
            return {}
        case BodyKind.TEXT:
            raise InvalidResponse(endpoint.family)
    raise ServiceUnavailable(f"A page came in place of {endpoint.family}", retry_at=reply.retry_at)


def _read_failure(endpoint: Endpoint, reply: Reply) -> NotSupported | ServiceUnavailable:
    family, refusal = endpoint.family, reply.refusal
    if refusal is not None and refusal.routing:
        return RouteGone(f"The cloud has no route for {family}", refusal=refusal)
    if reply.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) or (
        reply.status == _NO_SUCH_SERVICE_AT_SITE
        and refusal is not None
        and "INVALID_SITE" in (refusal.status_text, refusal.code)
    ):
        return NotSupported(f"The cloud offers no {family} here", refusal=refusal)
    message = f"The cloud answered HTTP {reply.status} for {family}"
    return ServiceUnavailable(message, retry_at=reply.retry_at, refusal=refusal)


def _is_error_without_data(reply: Reply) -> bool:
    return reply.refusal is not None and isinstance(reply.value, dict) and reply.value.get("data") is None


def _command_outcome(endpoint: Endpoint, reply: Reply) -> JsonValue:
    refusal = reply.refusal
    if reply.is_success:
        if refusal is not None:
            raise CommandRejected(refusal)
        if reply.kind in (BodyKind.JSON, BodyKind.EMPTY):
            return {} if reply.value is None else reply.value
        raise CommandOutcomeUnknown(Refusal(http_status=reply.status))
    if refusal is None:
        # Only a redirect gets here; it is not followed, so nothing has happened
        raise CommandRejected(Refusal(http_status=reply.status))
    if refusal.routing:
        raise RouteGone(f"The cloud has no such route for {endpoint.family}", refusal=refusal)
    if refusal.invalid_level:
        raise LevelRefused(refusal)
    if reply.is_trouble and not any(sentence in refusal.words for sentence in _STATE_SENTENCES):
        raise CommandOutcomeUnknown(refusal)
    raise CommandRejected(refusal)
