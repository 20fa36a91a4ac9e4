"""Every kind of trouble that the cloud is known for, by the name it has in docs/faults.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from simulator import faults
from simulator.faults import Trouble
from simulator.wire import Json

PATIENT: Final = 15.0
"""Seconds that a client waits for an answer, where it is not meant to wait in vain."""


def _on_leaves(change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Return what changes every single value of a reply."""

    def changed(data: Json) -> Json:
        match data:
            case Mapping():
                return {name: changed(item) for name, item in data.items()}
            case list():
                return [changed(item) for item in data]
        return change(data)

    return changed


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers_become(other: Json) -> Trouble:
    return faults.transformed(_on_leaves(lambda value: other if _is_number(value) else value))


def _texts_become(other: Json) -> Trouble:
    return faults.transformed(_on_leaves(lambda value: other if isinstance(value, str) else value))


def _numbers_as_text() -> Trouble:
    return faults.transformed(_on_leaves(lambda value: str(value) if _is_number(value) else value))


def _nested(depth: int) -> Trouble:
    data: Json = []
    for _ in range(depth):
        data = [data]
    return faults.payload(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """A kind of trouble; `make` returns it anew, for some bear the time or an id. The client waits `seconds`."""

    name: str
    make: Callable[[], Trouble]
    seconds: float = PATIENT


def _status(status: int, words: str) -> FaultKind:
    return FaultKind(name=f"{status} {words}", make=lambda: faults.status_code(status))


STATUSES: Final = (
    _status(400, "bad request"),
    _status(401, "unauthorized"),
    _status(403, "forbidden"),
    _status(404, "not found"),
    FaultKind(
        name="404 no static resource",
        make=lambda: faults.status_code(404, body={"message": "No static resource service/evse"}),
    ),
    _status(405, "method not allowed"),
    _status(406, "not acceptable"),
    _status(409, "conflict"),
    _status(422, "unprocessable"),
    _status(466, "of the cloud's own"),
    _status(429, "too many requests"),
    FaultKind(name="429 for 90 s", make=lambda: faults.status_code(429, retry_after=90)),
    FaultKind(
        name="429 until a date", make=lambda: faults.status_code(429, retry_after="Tue, 10 Nov 2026 07:10:00 GMT")
    ),
    FaultKind(name="429 for a year", make=lambda: faults.status_code(429, retry_after=31_536_000)),
    FaultKind(name="429 with an unreadable pause", make=lambda: faults.status_code(429, retry_after="soon")),
    _status(500, "server error"),
    _status(502, "bad gateway"),
    _status(503, "unavailable"),
    FaultKind(name="503 for ten minutes", make=lambda: faults.status_code(503, retry_after=600)),
    FaultKind(name="503 for a nonsensical time", make=lambda: faults.status_code(503, retry_after="soon")),
    FaultKind(name="503 after the effect", make=lambda: faults.status_code(503, executes=True)),
    _status(504, "gateway time-out"),
    _status(552, "of the cloud's own"),
    _status(550, "without a reason"),
    FaultKind(
        name="550 no such service at the site",
        make=lambda: faults.status_code(550, body={"error": {"status": "INVALID_SITE", "code": "550"}}),
    ),
    FaultKind(name="an error with 200", make=lambda: faults.coded_error(200, "iqevc_ms-10001", "Something went wrong")),
    FaultKind(name="an error of 20 kB", make=lambda: faults.coded_error(400, "iqevc_ms-10099", "x" * 20_000)),
    FaultKind(
        name="too many sessions",
        make=lambda: faults.status_code(422, body={"message": "Too many active sessions for this account"}),
    ),
)
PAGES: Final = (
    FaultKind(name="login page", make=faults.login_wall),
    FaultKind(name="login page labelled JSON", make=lambda: faults.login_wall(as_json=True)),
    FaultKind(name="maintenance page", make=faults.maintenance),
    FaultKind(name="maintenance page with 503", make=lambda: faults.maintenance(503)),
    FaultKind(name="redirect to the login page", make=lambda: faults.redirected("/login")),
    FaultKind(name="redirect to the home page", make=lambda: faults.redirected("/")),
    FaultKind(
        name="redirect to a command",
        make=lambda: faults.redirected("/service/evse_controller/4410287/ev_chargers/202640011873/stop_charging", 307),
    ),
    FaultKind(name="redirect to another host", make=lambda: faults.redirected("http://127.0.0.1:9/elsewhere")),
)
BODIES: Final = (
    FaultKind(name="204 without a body", make=faults.empty_body),
    FaultKind(name="200 without a body", make=lambda: faults.empty_body(200)),
    FaultKind(name="an empty object", make=lambda: faults.payload({})),
    FaultKind(name="null", make=lambda: faults.payload(None)),
    FaultKind(name="a number", make=lambda: faults.payload(1e300)),
    FaultKind(name="a list for an object", make=lambda: faults.payload([17])),
    FaultKind(name="plain text", make=lambda: faults.text_body("The service is resting")),
    FaultKind(name="JSON in quotes", make=faults.quoted),
    FaultKind(name="JSON labelled text", make=lambda: faults.labelled("text/plain")),
    FaultKind(name="half of the JSON", make=faults.truncated),
    FaultKind(name="nested 5,000 deep", make=lambda: _nested(5_000)),
    FaultKind(name="data: null", make=faults.null_data),
    FaultKind(name="an empty list", make=faults.empty_list),
    FaultKind(name="numbers as text", make=_numbers_as_text),
    FaultKind(name="numbers out of all bounds", make=lambda: _numbers_become(1e308)),
    FaultKind(name="words for numbers", make=lambda: _numbers_become("n/a")),
    FaultKind(name="numbers for words", make=lambda: _texts_become(7)),
    FaultKind(name="words of 10,000 characters", make=lambda: _texts_become("A1" * 5_000)),
)
CONNECTIONS: Final = (
    FaultKind(name="no answer in time", make=lambda: faults.slow(3), seconds=1),
    FaultKind(name="no answer in time, after the effect", make=lambda: faults.slow(3, executes=True), seconds=1),
    FaultKind(name="connection closed before", make=faults.dropped),
    FaultKind(name="connection closed after", make=lambda: faults.dropped(executes=True)),
    FaultKind(name="connection cut in the answer", make=faults.cut_off),
)
FAULTS: Final = (*STATUSES, *PAGES, *BODIES, *CONNECTIONS)
