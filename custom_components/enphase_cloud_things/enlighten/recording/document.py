"""The file that a recording leaves the house as (docs/recording.md), made of what the recorder keeps."""

from collections.abc import Iterable
from http import HTTPStatus
import json
import math
import re
from typing import Final

from ..endpoints import Host
from ..wire import JsonValue
from .known_shapes import QUERY, SENT, shape_of
from .pseudonyms import Pseudonyms
from .redaction import Redaction
from .ring import Recorded

FORMAT: Final = "enphase_cloud_things recording"
VERSION: Final = 1

_MEDIA_TYPE: Final = re.compile(
    r"(?:application|text)/(?:[a-z]+\+)?(?:json|html|plain|xml|javascript)(?:;\s*charset=[A-Za-z]+-?8?)?",
    re.ASCII | re.IGNORECASE,
)
_HTTP_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", re.ASCII)
_SECONDS: Final = re.compile(r"\s*\d{1,6}(\.\d{1,3})?\s*", re.ASCII)
_FAILURE: Final = re.compile(r"[A-Za-z]{1,40}", re.ASCII)
_LARGEST_SAFE: Final = 2**53
_COOKIES: Final = frozenset(
    {
        "_enlighten_4_session",
        "enlighten_session",
        "_enlighten_session",
        "enlighten_manager_token_production",
        "xsrf-token",
        "bp-xsrf-token",
        "login_otp_nonce",
        "email",
        "appversion",
        "_enlighten_4_session_xsrf",
    }
)


def as_document(recorded: Iterable[Recorded], pseudonyms: Pseudonyms) -> dict[str, JsonValue]:
    """Return a recording as JSON. Takes a moment for a full one: not for the event loop."""
    replies: list[JsonValue] = [_reply(each, pseudonyms) for each in recorded]
    return {"format": FORMAT, "version": VERSION, "replies": replies}


def _reply(recorded: Recorded, pseudonyms: Pseudonyms) -> dict[str, JsonValue]:
    asked = recorded.asked
    redaction = Redaction(pseudonyms, now=recorded.at)
    ids = {"site": asked.site_id, "serial": asked.serial, "item": asked.item_id}
    row: dict[str, JsonValue] = {
        "at": recorded.at.isoformat(),
        "family": asked.family.value,
        "host": "grid_services" if asked.host is Host.GRID_SERVICES else "enlighten",
        "method": asked.method,
        "path": asked.path.format(**{name: redaction.identifier(text) for name, text in ids.items()}),
        "seconds": round(recorded.seconds, 3),
    }
    if recorded.times > 1:
        row |= {"times": recorded.times, "until": recorded.until.isoformat()}
    if asked.query:
        row["query"] = redaction.value(dict(asked.query), QUERY)
    if asked.sent:
        row["sent"] = redaction.value(json.loads(asked.sent), SENT)
    if recorded.failure:
        return row | {"failure": recorded.failure if _FAILURE.fullmatch(recorded.failure) else "Error"}
    row["status"] = recorded.status
    if recorded.headers:
        row["headers"] = {name: _header(name, text, redaction) for name, text in recorded.headers}
    if recorded.cookies:
        row["cookies"] = [name if name.lower() in _COOKIES else redaction.text(name) for name in recorded.cookies]
    if recorded.cut:
        row["cut"] = recorded.cut
    return row | _body(recorded, redaction)


def _header(name: str, text: str, redaction: Redaction) -> str:
    match name:
        case "Content-Type":
            is_harmless = _MEDIA_TYPE.fullmatch(text)
        case "Retry-After" | "Date":
            is_harmless = _HTTP_DATE.fullmatch(text) or _SECONDS.fullmatch(text)
        case _:
            is_harmless = None
    return text if is_harmless else redaction.text(text)


def _body(recorded: Recorded, redaction: Redaction) -> dict[str, JsonValue]:
    """Return the body: as JSON, as text that is JSON of a spelling which no file of JSON can hold, or as text."""
    text = recorded.body.decode(errors="replace").lstrip("\ufeff")
    if not text.strip():
        return {}
    try:
        value: JsonValue = json.loads(text)
    except ValueError, RecursionError:
        return {"text": redaction.text(text)}
    shape = shape_of(recorded.asked.path, recorded.status or HTTPStatus.OK)
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            inner = redaction.value(json.loads(value), shape)
        except ValueError, RecursionError:
            return {"json": redaction.text(value)}
        return {"json": json.dumps(inner, separators=(",", ":"))}
    redacted = redaction.value(value, shape)
    if _is_plain(redacted):
        return {"json": redacted}
    return {"json_text": json.dumps(redacted, separators=(",", ":"))}


def _is_plain(value: JsonValue) -> bool:
    """Return whether every JSON reader reads the same: there is no NaN, no half character and no giant number."""
    if isinstance(value, dict):
        return all(_is_plain(name) and _is_plain(item) for name, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) < _LARGEST_SAFE
