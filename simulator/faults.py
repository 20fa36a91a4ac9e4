"""Trouble on purpose: broken answers for some families, for some requests or until cleared."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from .families import Family
from .pages import LOGIN_PAGE, MAINTENANCE_PAGE
from .reply import HTML_TYPE, JSON_TYPE, Reply, encoded, html_reply, json_reply, redirect, text_reply
from .wire import Json, epoch_milliseconds

_STAMP = ("meta", "serverTimeStamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong with a request.

    It is carried out first if ``executes`` (an answer lost on the way back), else not at all as far as ``answer`` or
    ``drops`` replace its own answer. ``reshape`` changes whatever answer there is; ``delay`` is in real seconds, and
    an answer that is ``held`` waits for that event.
    ``cuts``: the connection ends in the middle of the body. ``stamped``: the answer bears the time it is given at.
    """

    name: str
    answer: Reply | None = None
    reshape: Callable[[Reply], Reply] | None = None
    delay: float = 0.0
    held: asyncio.Event | None = None
    drops: bool = False
    cuts: bool = False
    executes: bool = False
    stamped: bool = False

    def answer_at(self, now: datetime) -> Reply | None:
        """Return the answer as it is sent at a moment, which it bears where it is ``stamped``."""
        if self.answer is None or not self.stamped:
            return self.answer
        return self.answer.with_json(_with_value(self.answer.json, _STAMP, epoch_milliseconds(now)))

    @property
    def replaces(self) -> bool:
        """Whether the request's own answer never reaches the client."""
        return self.answer is not None or self.drops


@dataclass(slots=True, kw_only=True)
class Fault:
    """Trouble bound to requests. ``remaining`` None means until cleared."""

    trouble: Trouble
    families: frozenset[Family]
    method: str | None = None
    path_part: str | None = None
    remaining: int | None = None

    def hits(self, family: Family, method: str, path: str) -> bool:
        """Whether this request is meant."""
        return (
            (not self.families or family in self.families)
            and self.method in {None, method}
            and (self.path_part is None or self.path_part in path)
            and self.remaining != 0
        )


class Faults:
    """All faults in force."""

    def __init__(self) -> None:
        """Start with a healthy cloud."""
        self._faults: list[Fault] = []

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults that still hit requests."""
        self._faults = [fault for fault in self._faults if fault.remaining != 0]
        return tuple(self._faults)

    def add(
        self,
        trouble: Trouble,
        *families: Family,
        times: int | None = None,
        method: str | None = None,
        path_part: str | None = None,
    ) -> Fault:
        """Let ``trouble`` hit some families (all of them when none is named), ``times`` requests or until cleared.

        Raises ValueError unless ``times`` is at least 1.
        """
        if times is not None and times < 1:
            message = "a fault hits one request at least"
            raise ValueError(message)
        fault = Fault(
            trouble=trouble, families=frozenset(families), method=method, path_part=path_part, remaining=times
        )
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """End one fault; one that ended already is ignored."""
        if fault in self._faults:
            self._faults.remove(fault)

    def clear(self, *families: Family) -> None:
        """End the faults that hit any of some families, or all faults when none is named."""
        named = frozenset(families)
        self._faults = [fault for fault in self._faults if named and not (fault.families & named)]

    def strike(self, family: Family, method: str, path: str) -> list[Trouble]:
        """Return the troubles that hit a request, using up one time of each."""
        hits = [fault for fault in self.active if fault.hits(family, method, path)]
        for fault in hits:
            if fault.remaining is not None:
                fault.remaining -= 1
        return [fault.trouble for fault in hits]


# The troubles known by name


def status_code(
    status: int, *, retry_after: int | str | None = None, body: Json = None, executes: bool = False
) -> Trouble:
    """Answer with a status code; ``retry_after`` in seconds or as an HTTP date."""
    headers = [] if retry_after is None else [("Retry-After", str(retry_after))]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        headers.append(("X-Request-ID", str(uuid4())))
    error: Json = {"error": {"status": _token(status), "code": str(status)}}
    reply = replace(json_reply(error if body is None else body, _checked(status)), headers=tuple(headers))
    return Trouble(name=f"status {status}", answer=reply, executes=executes)


def coded_error(status: int, code: str, text: str, *, executes: bool = False) -> Trouble:
    """Answer with a business error, e.g. 503 and ``iqevc_ms-10007`` (docs/api.md §5.1)."""
    error: Mapping[str, Json] = {"displayMessage": text, "code": str(status), "errorMessageCode": code}
    body: Json = {"meta": {"serverTimeStamp": 0}, "data": None, "error": error}
    reply = json_reply(body, _checked(status))
    return Trouble(name=f"error {code}", answer=reply, executes=executes, stamped=True)


def login_wall(*, as_json: bool = False) -> Trouble:
    """Answer 200 with the sign-in page, optionally labelled as JSON (docs/api.md §2.7)."""
    page = html_reply(LOGIN_PAGE, content_type=JSON_TYPE if as_json else HTML_TYPE)
    return Trouble(name="login wall", answer=page)


def maintenance(status: int = HTTPStatus.OK) -> Trouble:
    """Answer with a maintenance page, which bears no sign of a login."""
    return Trouble(name="maintenance", answer=html_reply(MAINTENANCE_PAGE, _checked(status)))


def redirected(location: str, status: int = HTTPStatus.FOUND) -> Trouble:
    """Answer with a redirect to a path of the same host, or to a whole address."""
    return Trouble(name=f"redirect {status}", answer=replace(redirect(location), status=_checked(status)))


def truncated() -> Trouble:
    """Cut the answer in half."""
    return Trouble(name="truncated", reshape=lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]))


def text_body(text: str, status: int = HTTPStatus.OK) -> Trouble:
    """Answer with plain text."""
    return Trouble(name="text", answer=text_reply(text, _checked(status)))


def empty_body(status: int = HTTPStatus.NO_CONTENT) -> Trouble:
    """Carry the request out and, if it succeeds, answer without a body; cookies are set all the same."""

    def emptied(reply: Reply) -> Reply:
        if reply.status >= HTTPStatus.BAD_REQUEST:
            return reply
        return replace(reply, status=checked, body=b"", content_type=None)

    checked = _checked(status)
    return Trouble(name="empty", reshape=emptied)


def labelled(content_type: str) -> Trouble:
    """Label the proper answer as something else, e.g. JSON as ``text/plain``."""
    return Trouble(name="labelled", reshape=lambda reply: replace(reply, content_type=content_type))


def payload(data: Json, status: int = HTTPStatus.OK) -> Trouble:
    """Answer with other JSON."""
    return Trouble(name="payload", answer=json_reply(data, _checked(status)))


def transformed(change: Callable[[Json], Json]) -> Trouble:
    """Change the JSON of the proper answer, whatever its status; an answer that is no JSON stays as it is."""

    def reshaped(reply: Reply) -> Reply:
        try:
            data = reply.json
        except ValueError:
            return reply
        return reply.with_json(change(data))

    return Trouble(name="transformed", reshape=reshaped)


def field_value(path: str, value: Json) -> Trouble:
    """Put another value into the field at a dotted path; ``*`` stands for every key or element."""
    return transformed(lambda data: _with_value(data, path.split("."), value))


def field_missing(path: str) -> Trouble:
    """Leave out the field at a dotted path; ``*`` stands for every key or element."""
    return transformed(lambda data: _without(data, path.split(".")))


def null_data() -> Trouble:
    """Answer with ``data: null``."""
    return field_value("data", None)


def empty_list() -> Trouble:
    """Empty the list of the answer: chargers, slots, sites, sessions, rates or ``data`` itself."""
    return transformed(_emptied)


def quoted() -> Trouble:
    """Wrap the answer's JSON in another pair of quotes."""
    return Trouble(
        name="quoted",
        reshape=lambda reply: replace(reply, body=encoded(reply.body.decode(errors="replace")), content_type=JSON_TYPE),
    )


def slow(seconds: float, *, executes: bool = False) -> Trouble:
    """Answer late, by real seconds; a client that gives up before undoes the request unless it ``executes`` first."""
    return Trouble(name="slow", delay=seconds, executes=executes)


def held(release: asyncio.Event, *, executes: bool = False) -> Trouble:
    """Answer as soon as ``release`` is set; for a client that gives up before see ``slow``."""
    return Trouble(name="held", held=release, executes=executes)


def dropped(*, executes: bool = False) -> Trouble:
    """Close the connection without an answer, before or after carrying the request out."""
    return Trouble(name="dropped", drops=True, executes=executes)


def cut_off() -> Trouble:
    """Carry the request out and close the connection in the middle of the answer's body."""
    return Trouble(name="cut off", cuts=True)


def _checked(status: int) -> int:
    """Return a status code; raises ValueError unless HTTP has such a one."""
    if not 100 <= status <= 599:
        message = "a status code lies between 100 and 599"
        raise ValueError(message)
    return status


def _token(status: int) -> str:
    try:
        return HTTPStatus(status).name
    except ValueError:
        return "SERVICE_UNAVAILABLE"


def _with_value(data: Json, steps: Sequence[str], value: Json) -> Json:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    match data:
        case Mapping():
            keys = list(data) if step == "*" else [step]
            return {**data, **{key: _with_value(data.get(key), rest, value) for key in keys}}
        case list():
            return [
                _with_value(item, rest, value) if step in {"*", str(index)} else item for index, item in enumerate(data)
            ]
        case _:
            return data


def _without(data: Json, steps: Sequence[str]) -> Json:
    step, rest = steps[0], steps[1:]
    match data:
        case Mapping():
            meant = {key for key in data if step in {"*", key}}
            if not rest:
                return {key: item for key, item in data.items() if key not in meant}
            return {key: _without(item, rest) if key in meant else item for key, item in data.items()}
        case list():
            return [
                _without(item, rest) if rest and step in {"*", str(index)} else item for index, item in enumerate(data)
            ]
        case _:
            return data


def _emptied(data: Json) -> Json:
    match data:
        case list():
            return []
        case Mapping():
            if isinstance(data.get("result"), list):
                return {**data, "result": [], "hasMore": False}
            for key in ("chargers", "slots", "sites", "evChargerData", "buyback"):
                if isinstance(data.get(key), list):
                    return {**data, key: []}
            inner = data.get("data")
            return {**data, "data": _emptied(inner) if isinstance(inner, Mapping) and inner else []}
        case _:
            return data
