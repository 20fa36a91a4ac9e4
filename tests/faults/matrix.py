"""Runs an operation against a fault and looks whether the laws of docs/api.md §2.8, §5.6 and §11.2 hold."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Final

import aiohttp
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    AuthenticationRequired,
    EnlightenClient,
    EnlightenError,
    Hosts,
    RequestBudget,
    Session,
    Transport,
    new_cookie_jar,
)
from simulator import OWNER_EMAIL, OWNER_KEY, ManualClock, Simulator, World, faults, running
from simulator.faults import Trouble

from .operations import OPERATIONS, SERIAL, SITE, Kind, Operation, lived_in

START: Final = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)
A_DAY_AND_MORE: Final = 25 * 3600
VALUE: Final = "value"
_SECRETS: Final = (SITE, SERIAL, OWNER_EMAIL, OWNER_KEY)
_SLOW: Final = 1.5
"""Seconds: longer than a client that waits no more than `_IMPATIENT`."""
_IMPATIENT: Final = 0.5
_PATIENT: Final = 15.0
_STATUSES: Final = (400, 401, 403, 404, 405, 406, 409, 422, 466, 500, 502, 503, 504, 550, 552)
_LONG: Final = "x" * 20_000

FAULTS: Final[dict[str, Callable[[], Trouble]]] = {
    **{f"{status}": partial(faults.status_code, status) for status in _STATUSES},
    "503 with effect": lambda: faults.status_code(503, executes=True),
    "404 no such route": lambda: faults.status_code(404, body={"detail": "No static resource here."}),
    "429": lambda: faults.status_code(429),
    "429 for 90 s": lambda: faults.status_code(429, retry_after=90),
    "429 until a date": lambda: faults.status_code(
        429, retry_after=format_datetime(START.replace(hour=9), usegmt=True)
    ),
    "429 for a year": lambda: faults.status_code(429, retry_after=31_536_000),
    "503 with nonsense in Retry-After": lambda: faults.status_code(503, retry_after="soon"),
    "a business error": lambda: faults.coded_error(400, "iqevc_ms-10099", "Something is not right"),
    "an error text of 20 kB": lambda: faults.coded_error(400, "iqevc_ms-10099", _LONG),
    "login page": faults.login_wall,
    "login page labelled JSON": lambda: faults.login_wall(as_json=True),
    "redirect to sign in": lambda: faults.redirected("/login"),
    "redirect to another path": lambda: faults.redirected(f"/service/evse_controller/{SITE}/ev_chargers/x", 307),
    "maintenance page": faults.maintenance,
    "maintenance page, 503": lambda: faults.maintenance(503),
    "plain text": lambda: faults.text_body("all is well"),
    "JSON cut in half": faults.truncated,
    "empty, 200": lambda: faults.empty_body(200),
    "empty, 204": faults.empty_body,
    "an empty object": lambda: faults.payload({}),
    "null": lambda: faults.payload(None),
    "an empty list": lambda: faults.payload([]),
    "a number": lambda: faults.payload(1e300),
    "data is null": faults.null_data,
    "JSON labelled text": lambda: faults.labelled("text/plain"),
    "JSON in quotes": faults.quoted,
    "connection dropped": faults.dropped,
    "connection dropped after the effect": lambda: faults.dropped(executes=True),
    "connection cut in the body": faults.cut_off,
    "too slow": lambda: faults.slow(_SLOW),
    "too slow, with effect": lambda: faults.slow(_SLOW, executes=True),
}
"""By the name in the table."""

_RENEWABLE: Final = frozenset({"401", "login page", "login page labelled JSON", "redirect to sign in"})
_ROUTING: Final = frozenset({"404 no such route", "405"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An operation and the name of the fault that every request of its family meets."""

    operation: Operation
    fault: str

    @property
    def most_requests(self) -> int:
        """How often the request may be sent: twice only after a renewal, and once per form of a lost route."""
        if self.operation.kind is not Kind.COMMAND or self.fault in _RENEWABLE:
            return 2
        return 8 if self.fault in _ROUTING else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a case: `result` is the name of an error, or `VALUE`; `broken` are the laws that did not hold."""

    case: Case
    result: str
    requests: int
    broken: tuple[str, ...]


CASES: Final = tuple(Case(operation=operation, fault=fault) for operation in OPERATIONS for fault in FAULTS)


async def run(case: Case) -> Outcome:
    """Run one case in a cloud of its own."""
    clock = ManualClock(START)
    async with running(lived_in(World.with_one_charger(clock))) as simulator, _signed_in(case, simulator) as client:
        world = simulator.world
        world.requests.clear()
        fault = world.faults.add(FAULTS[case.fault](), case.operation.family)
        broken = []
        try:
            await case.operation.send(client, world)
            result = VALUE
        except EnlightenError as error:
            result = type(error).__name__
            if any(secret in f"{error} {error!r}" for secret in _SECRETS):
                broken.append("the error holds a secret")
        requests = world.requests.count(case.operation.family)
        if requests > case.most_requests:
            broken.append(f"{requests} requests")
        world.faults.remove(fault)
        world.charger.unplug()
        clock.tick(A_DAY_AND_MORE)
        if not await _works_again(case, client, world):
            broken.append("a day after the fault it still fails")
        return Outcome(case=case, result=result, requests=requests, broken=tuple(broken))


@asynccontextmanager
async def _signed_in(case: Case, simulator: Simulator) -> AsyncIterator[EnlightenClient]:
    hosts = Hosts(enlighten=URL(simulator.enlighten_url), grid_services=URL(simulator.grid_services_url))
    async with (
        aiohttp.ClientSession(cookie_jar=new_cookie_jar(hosts)) as http,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as bare_http,
    ):
        transport = Transport(
            http,
            bare_http=bare_http,
            hosts=hosts,
            clock=simulator.world.clock,
            jitter=lambda low, _high: low,
            budget=RequestBudget(480),
            timeout=_IMPATIENT if case.fault.startswith("too slow") else _PATIENT,
        )
        session = Session(transport, password=OWNER_KEY)
        try:
            await session.sign_in(OWNER_EMAIL, OWNER_KEY)
            yield EnlightenClient(session, transport)
        finally:
            await session.close()


async def _works_again(case: Case, client: EnlightenClient, world: World) -> bool:
    """Return whether the same read, or the status after a command, gives a value once the fault is over.

    Where the session is lost for good a person has to sign in, which must work.
    """
    try:
        await _probe(case, client, world)
    except AuthenticationRequired:
        await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
        await _probe(case, client, world)
    except EnlightenError:
        return False
    return True


async def _probe(case: Case, client: EnlightenClient, world: World) -> object:
    return await (case.operation.send(client, world) if case.operation.kind is Kind.READ else client.status(SITE))


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a Markdown table: which operations give what; faults that do the same share their rows."""
    faults_of: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for fault in FAULTS:
        of_fault = [outcome for outcome in outcomes if outcome.case.fault == fault]
        faults_of.setdefault(_rows(of_fault), []).append(fault)
    lines = ["| Fault | Result | Operations |", "|---|---|---|"]
    for rows, names in faults_of.items():
        for number, (result, operations) in enumerate(rows):
            lines.append(f"| {', '.join(names) if number == 0 else ''} | {result} | {operations} |")
    return "\n".join(lines)


def _rows(outcomes: list[Outcome]) -> tuple[tuple[str, str], ...]:
    """Return each result with its operations, the most frequent first."""
    of_result: dict[str, list[Operation]] = {}
    for outcome in outcomes:
        result = "a value" if outcome.result == VALUE else f"`{outcome.result}`"
        of_result.setdefault(result, []).append(outcome.case.operation)
    rows = sorted(of_result.items(), key=lambda row: -len(row[1]))
    return tuple((result, _named(operations)) for result, operations in rows)


def _named(operations: list[Operation]) -> str:
    """Return operations in words, those of a kind as one where they are all there."""
    words: list[str] = []
    for kind in Kind:
        given = [operation.name for operation in operations if operation.kind is kind]
        whole = [operation.name for operation in OPERATIONS if operation.kind is kind]
        missing = [name for name in whole if name not in given]
        if len(missing) * 2 < len(given):
            words.append(f"all {kind}s" + (f" but {', '.join(missing)}" if missing else ""))
        else:
            words += given
    return "; ".join(words)
