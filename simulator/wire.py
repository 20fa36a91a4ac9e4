"""How the cloud writes things down: JSON types, time formats, envelopes and error bodies (docs/api.md §0.2, §5.1)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None
type JsonObject = Mapping[str, Json]


def epoch_seconds(moment: datetime) -> int:
    """Return whole seconds since 1970."""
    return int(moment.timestamp())


def epoch_milliseconds(moment: datetime) -> int:
    """Return whole milliseconds since 1970, as the EV controller sends times."""
    return round(moment.timestamp() * 1000)


def bracketed_utc(moment: datetime) -> str:
    """Return e.g. ``2026-11-10T07:05:12.118Z[UTC]``, the controller's text form."""
    return f"{moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z[UTC]"


def bracketed_utc_nanoseconds(moment: datetime) -> str:
    """Return the nine-digit form that the firmware service uses."""
    return f"{moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond:06d}214Z[UTC]"


def utc_nanoseconds(moment: datetime) -> str:
    """Return e.g. ``2026-11-10T07:07:44.103221214Z``, the form of history, tariffs and savings."""
    return bracketed_utc_nanoseconds(moment).removesuffix("[UTC]")


def offset_iso(moment: datetime) -> str:
    """Return e.g. ``2026-11-10T07:06:02.117+00:00``, the scheduler's and Grid Services' form."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def controller_envelope(data: Json, now: datetime, *, rows: int | None = None) -> JsonObject:
    """Wrap ``data`` as the EV controller does: ``meta`` with epoch milliseconds, ``data``, empty ``error``."""
    meta: dict[str, Json] = {"serverTimeStamp": epoch_milliseconds(now)}
    if rows is not None:
        meta["rowCount"] = rows
    return {"meta": meta, "data": data, "error": {}}


def scheduler_envelope(data: Json, now: datetime, *, rows: int | None = None) -> JsonObject:
    """Wrap ``data`` as scheduler, feature flags and Grid Services do: ``meta`` with an ISO time."""
    meta: dict[str, Json] = {"serverTimeStamp": offset_iso(now)}
    if rows is not None:
        meta["rowCount"] = rows
    return {"meta": meta, "data": data, "error": {}}


def _error(status: int, text: str, code: str | None) -> JsonObject:
    error: dict[str, Json] = {"displayMessage": text, "code": str(status)}
    if code is not None:
        error["errorMessageCode"] = code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        error["status"] = _status_token(status)
    return error


def controller_error(status: int, text: str, code: str | None, now: datetime) -> JsonObject:
    """Return the EV controller's error body (docs/api.md §5.1)."""
    return {"meta": {"serverTimeStamp": epoch_milliseconds(now)}, "data": None, "error": _error(status, text, code)}


def scheduler_error(status: int, text: str, code: str | None, now: datetime) -> JsonObject:
    """Return the scheduler's error body (docs/api.md §6.1)."""
    return {"meta": {"serverTimeStamp": offset_iso(now)}, "data": None, "error": _error(status, text, code)}


def problem(status: int, detail: str, path: str) -> JsonObject:
    """Return the problem document that the cloud's framework answers on routing errors."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    }


def _status_token(status: int) -> str:
    try:
        return HTTPStatus(status).name
    except ValueError:
        return "SERVICE_UNAVAILABLE"
