"""Reads a recording: the file itself, or the download of diagnostics that it is part of (docs/recording.md)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import json
from pathlib import Path
from typing import Final

from simulator.wire import Json

FORMAT: Final = "enphase_cloud_things recording"
HOST_NAMES: Final = frozenset({"enlighten", "grid_services"})

_LARGEST_FILE: Final = 64 * 1024 * 1024
_STATUSES: Final = range(HTTPStatus.OK, 600)
# Outside of these years no cloud was recorded, and times could not be moved
_YEARS: Final = range(2015, 2100)
# Less is the ordinary pause between two polls; more, and Home Assistant was not running
_LONGEST_GAP: Final = timedelta(minutes=20)


class RecordingError(Exception):
    """A file cannot be played; the text is one sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedReply:
    """A reply of the cloud, or the ``failure`` that came in its place.

    It was the same from ``at`` until ``until``. ``body`` is as it goes over the wire.
    """

    at: datetime
    until: datetime
    host: str
    method: str
    path: str
    query: Mapping[str, Json] = field(default_factory=dict)
    sent: Json = None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    failure: str = ""

    @property
    def json(self) -> Json:
        """The body as JSON; raises ValueError when it is none."""
        parsed: Json = json.loads(self.body)
        return parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The replies of one account, oldest first. There is one at least."""

    replies: tuple[RecordedReply, ...]

    @property
    def end(self) -> datetime:
        """When the last reply was seen for the last time."""
        return max(reply.until for reply in self.replies)

    @property
    def start(self) -> datetime:
        """When the last stretch without a gap begins; what is older says only what things were like then."""
        start = self.end
        for reply in sorted(self.replies, key=lambda reply: reply.until, reverse=True):
            if reply.until < start - _LONGEST_GAP:
                break
            start = min(start, reply.at)
        return start


def read_recording(path: Path) -> Recording:
    """Read a file.

    Raises:
        RecordingError: it cannot be read, or is no recording that this version knows.
    """
    return parse_recording(read_json(path), path.name)


def read_document(path: Path) -> Mapping[str, Json]:
    """Return the JSON of the recording in a file, without what else diagnostics have.

    Raises:
        RecordingError: see `read_recording`.
    """
    content = read_json(path)
    parse_recording(content, path.name)
    return _document(content) or {}


def read_json(path: Path) -> Json:
    """Read the JSON of a file that a person has chosen.

    Raises:
        RecordingError: it is none, or far too large.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise RecordingError(f"{path.name} is larger than any recording ({_LARGEST_FILE >> 20} MiB).")
        content: Json = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingError(f"{path.name} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise RecordingError(f"{path.name} is cut off or edited: in line {error.lineno} it is no JSON.") from None
    except ValueError, RecursionError:
        raise RecordingError(f"{path.name} is no JSON at all.") from None
    return content


def parse_recording(content: Json, name: str = "The recording") -> Recording:
    """Read the JSON of a file of that name.

    Raises:
        RecordingError: it is no recording that this version knows.
    """
    document = _document(content)
    if document is None:
        raise RecordingError(f"{name} is neither a recording nor diagnostics that have one.")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version not in _VERSIONS:
        known = ", ".join(map(str, sorted(_VERSIONS)))
        raise RecordingError(f"{name} is a recording of version {_shown(version)}, and only {known} can be played.")
    try:
        return _VERSIONS[version](document)
    except _BadReplyError as error:
        raise RecordingError(f"{name} was edited or damaged: {error}.") from None


def _document(content: Json) -> Mapping[str, Json] | None:
    """Return the recording in a file: the whole of it, or what diagnostics have under ``data``."""
    for _ in range(3):
        if not isinstance(content, Mapping):
            return None
        if content.get("format") == FORMAT:
            return content
        content = content.get("recording", content.get("data"))
    return None


def _shown(version: Json) -> str:
    return str(version)[:20] if isinstance(version, int | float | str) else "unknown"


class _BadReplyError(Exception):
    """A reply in a file cannot be read."""


def _version_1(document: Mapping[str, Json]) -> Recording:
    rows = document.get("replies")
    if not isinstance(rows, list) or not rows:
        raise _BadReplyError("it has no replies")
    replies = []
    for number, row in enumerate(rows, 1):
        try:
            replies.append(_reply(row))
        except (KeyError, TypeError, ValueError) as error:
            raise _BadReplyError(f"reply {number} has no usable {_culprit(error)}") from None
    return Recording(replies=tuple(sorted(replies, key=lambda reply: reply.at)))


def _culprit(error: Exception) -> str:
    return str(error.args[0])[:20] if isinstance(error, KeyError | _FieldError) else "content"


class _FieldError(ValueError):
    """A field of a reply is not what it should be."""


def _reply(row: Json) -> RecordedReply:
    if not isinstance(row, Mapping):
        raise TypeError
    at = _time(row, "at")
    host, method, path = (_text(row, name) for name in ("host", "method", "path"))
    if host not in HOST_NAMES:
        raise _FieldError("host")
    status = row.get("status", 0)
    failure = row.get("failure", "")
    if not isinstance(status, int) or not isinstance(failure, str):
        raise _FieldError("status")
    if not failure and status not in _STATUSES:
        raise _FieldError("status")
    cookies = row.get("cookies", ())
    return RecordedReply(
        at=at,
        until=_time(row, "until") if "until" in row else at,
        host=host,
        method=method,
        path=path,
        query=_mapping(row, "query"),
        sent=row.get("sent"),
        status=status,
        headers={name: str(text) for name, text in _mapping(row, "headers").items()},
        cookies=tuple(map(str, cookies)) if isinstance(cookies, list) else (),
        body=_body(row),
        failure=failure,
    )


def _body(row: Mapping[str, Json]) -> bytes:
    if "json" in row:
        return json.dumps(row["json"], separators=(",", ":"), ensure_ascii=False).encode()
    return _text(row, "json_text" if "json_text" in row else "text", "").encode(errors="surrogatepass")


def _text(row: Mapping[str, Json], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        raise _FieldError(name)
    return value


def _mapping(row: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = row.get(name, {})
    if not isinstance(value, Mapping):
        raise _FieldError(name)
    return value


def _time(row: Mapping[str, Json], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(row, name))
    except ValueError:
        raise _FieldError(name) from None
    if moment.year not in _YEARS:
        raise _FieldError(name)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


_VERSIONS: Final[Mapping[int, Callable[[Mapping[str, Json]], Recording]]] = {1: _version_1}
