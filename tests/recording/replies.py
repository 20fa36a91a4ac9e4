"""Replies as the recorder gets them, and the file they end up in."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json

import orjson

from custom_components.enphase_cloud_things.enlighten.endpoints import STATUS, Endpoint
from custom_components.enphase_cloud_things.enlighten.recording.document import as_document
from custom_components.enphase_cloud_things.enlighten.recording.pseudonyms import Pseudonyms
from custom_components.enphase_cloud_things.enlighten.recording.ring import Asked, Recorder
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue

SITE, SERIAL = "4410287", "202640011873"
NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
KEY = b"the same in every run"


def asked(endpoint: Endpoint = STATUS, *, sent: JsonValue = None, **query: str) -> Asked:
    """Ask for something of the site or its charger."""
    return Asked(
        family=endpoint.family,
        kind=endpoint.kind,
        host=endpoint.host,
        method=endpoint.method,
        path=endpoint.path,
        site_id=SITE,
        serial=SERIAL if "{serial}" in endpoint.path else "",
        query=tuple(query.items()),
        sent=b"" if sent is None else orjson.dumps(sent),
    )


def reply(
    recorder: Recorder,
    body: JsonValue | bytes,
    *,
    to: Asked | None = None,
    at: datetime = NOON,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: tuple[str, ...] = (),
) -> None:
    """Have the recorder note a reply; bytes are no JSON."""
    recorder.answered(
        to or asked(),
        at=at,
        seconds=0.2,
        status=status,
        headers=headers or {"Content-Type": "application/json"},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        cookies=cookies,
    )


def document(recorder: Recorder, *known: str) -> list[dict[str, JsonValue]]:
    """Return the replies of the file that the recording becomes."""
    replies = as_document(recorder.recorded, Pseudonyms(known, key=KEY))["replies"]
    assert isinstance(replies, list)
    return [row for row in replies if isinstance(row, dict)]


def redacted(body: JsonValue | bytes, *known: str, to: Asked | None = None, status: int = 200) -> dict[str, JsonValue]:
    """Return what becomes of one reply."""
    recorder = Recorder()
    reply(recorder, body, to=to, status=status)
    (row,) = document(recorder, *known)
    return row
