"""Turns an answer of the cloud into a typed reply; its body goes no further than this.

The content decides what a body is, not its `Content-Type`: the login page arrives with HTTP 200 and
at times labelled as JSON, and JSON arrives as plain text or wrapped in quotes (docs/api.md §2.7,
Appendix A).
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

from .errors import Refusal
from .limits import LONGEST_WAIT
from .redact import scrub
from .wire import Fields, JsonValue, Oddities

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
_INVALID_LEVEL: Final = "invalid charge level"
# Words with a short number; anything else could be an identifier
_CODE: Final = re.compile(r"(?=.{1,64}$)[A-Za-z]+([_.-][A-Za-z]+)*([_.-]?\d{1,5})?", re.ASCII)
_STATUS_WORD: Final = re.compile(r"[A-Z][A-Z_]{0,39}")
_LONGEST_DISPLAY: Final = 200
_DEEPEST: Final = 32


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

    `value` is the JSON of the body if it is JSON, else `text` has it. `location` is the path that a redirect leads to,
    below that of the base address unless it `leads_elsewhere`, to another host. `refusal` is set
    for statuses from 400 and where the body carries an error of its own.
    """

    status: int
    kind: BodyKind
    value: JsonValue = field(default=None, repr=False)
    retry_at: datetime | None = None
    location: str | None = field(default=None, repr=False)
    leads_elsewhere: bool = False
    refusal: Refusal | None = None
    text: str = field(default="", repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the HTTP status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Whether the HTTP status is 3xx."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def is_trouble(self) -> bool:
        """Whether the HTTP status is 5xx."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def too_many_sessions(self) -> bool:
        """Whether the body says, at any depth, that the account has used up its sessions."""
        content = self.value if self.kind is BodyKind.JSON else self.text
        return not self.is_trouble and _tells_too_many_sessions(content)

    @property
    def is_login_wall(self) -> bool:
        """Whether the login page came in place of an answer, or the way leads there.

        Error pages of the web site look like its login page, so a status that explains itself is
        believed.
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
    now: datetime,
    retry_after: str | None = None,
    date: str | None = None,
    location: str | None = None,
    leads_elsewhere: bool = False,
    cut: bool = False,
) -> Reply:
    """Read an answer. `retry_after` and `date` are the headers of these names; for the others see `Reply`.

    A body that was `cut` for its size is no JSON, but the status of the answer still tells most.
    """
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff").strip()
    kind, value = (_page_kind(text) or BodyKind.TEXT, None) if cut else _read_body(text)
    return Reply(
        status=status,
        kind=kind,
        value=value,
        retry_at=read_retry_after(retry_after, now, date=date),
        location=location,
        leads_elsewhere=leads_elsewhere,
        refusal=_read_refusal(status, value, text),
        text="" if kind is BodyKind.JSON else text,
    )


def read_retry_after(value: str | None, now: datetime, *, date: str | None = None) -> datetime | None:
    """Read a `Retry-After` header, which is seconds or a date, as a time at most a day from `now`.

    A date is one of the cloud's clock, so it counts from the `date` that the same answer bears, if it does.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
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


def _read_body(text: str) -> tuple[BodyKind, JsonValue]:
    if not text:
        return BodyKind.EMPTY, None
    if page := _page_kind(text):
        return page, None
    try:
        value = _load(text)
        if isinstance(value, str):
            if page := _page_kind(value):
                return page, None
            if value.lstrip().startswith(("{", "[")):
                value = _load(value)
    except ValueError:
        return BodyKind.TEXT, None
    return BodyKind.JSON, value


def _page_kind(text: str) -> BodyKind | None:
    """Tell what page a text is; `None` if it is none."""
    start = match.end() if (match := _PREAMBLE.match(text)) else 0
    if not text[start : start + len(_PAGE_STARTS[0])].lower().startswith(_PAGE_STARTS):
        return None
    lower = text.lower()
    return BodyKind.LOGIN_PAGE if any(marker in lower for marker in _LOGIN_MARKERS) else BodyKind.PAGE


def _load(text: str) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            # Takes NaN and Infinity, which must cost one field and not the whole reply
            value = json.loads(text)
        except RecursionError:
            raise ValueError from None
    return value


def _tells_too_many_sessions(value: JsonValue, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return any(_tells_too_many_sessions(item, depth + 1) for item in value.values())
    if isinstance(value, list):
        return any(_tells_too_many_sessions(item, depth + 1) for item in value)
    if not isinstance(value, str):
        return False
    lower = value.lower()
    if "active sessions" in lower and "too many" in lower:
        return True
    try:
        inner = _load(value) if "\\" in value else None
    except ValueError:
        return False
    return _tells_too_many_sessions(inner, depth + 1)


def _read_refusal(status: int, value: JsonValue, text: str) -> Refusal | None:
    reply = Fields(value if isinstance(value, dict) else {}, "error", Oddities())
    error = reply.raw("error")
    if status < HTTPStatus.BAD_REQUEST and not (isinstance(error, dict) and error):
        return None
    lower_text = text.lower()
    inner = Fields(error if isinstance(error, dict) else {}, "error.error", Oddities())
    return Refusal(
        http_status=status,
        code=_code(inner) or _code(reply),
        display=_display(inner) or _display(reply),
        status_text=_status_word(inner) or _status_word(reply),
        routing=status == HTTPStatus.METHOD_NOT_ALLOWED or (status == HTTPStatus.NOT_FOUND and _NO_ROUTE in lower_text),
        invalid_level=status == HTTPStatus.INTERNAL_SERVER_ERROR and _INVALID_LEVEL in lower_text,
    )


def _code(fields: Fields) -> str | None:
    for name in ("errorMessageCode", "code"):
        code = fields.text(name)
        if code is not None and _CODE.fullmatch(code):
            return code
    return None


def _display(fields: Fields) -> str | None:
    display = fields.text("displayMessage", "message")
    return scrub(display)[:_LONGEST_DISPLAY] if display else None


def _status_word(fields: Fields) -> str | None:
    word = fields.text("status")
    return word.upper() if word and _STATUS_WORD.fullmatch(word.upper()) else None
