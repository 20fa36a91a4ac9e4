"""Answers before they go out, independent of the web server."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
import json

from .wire import Json

JSON_TYPE = "application/json"
HTML_TYPE = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. ``cookies`` are name and raw value pairs to set; ``location`` is a path of the host or an address."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    location: str | None = None

    @property
    def json(self) -> Json:
        """The body as JSON; raises ValueError when it is none."""
        parsed: Json = json.loads(self.body)
        return parsed

    def with_json(self, data: Json) -> Reply:
        """Return the same answer with another JSON body."""
        return replace(self, body=encoded(data), content_type=self.content_type or JSON_TYPE)

    def with_cookies(self, *cookies: tuple[str, str]) -> Reply:
        """Return the same answer setting more cookies."""
        return replace(self, cookies=(*self.cookies, *cookies))


class RefusalError(Exception):
    """Ends the handling of a request with an answer."""

    def __init__(self, reply: Reply) -> None:
        """Carry ``reply`` to the server."""
        super().__init__(reply.status)
        self.reply = reply


def encoded(data: Json) -> bytes:
    """Return compact JSON."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def json_reply(data: Json, status: int = HTTPStatus.OK, *, content_type: str = JSON_TYPE) -> Reply:
    """Return a JSON answer."""
    return Reply(status=status, body=encoded(data), content_type=content_type)


def html_reply(page: str, status: int = HTTPStatus.OK, *, content_type: str = HTML_TYPE) -> Reply:
    """Return an HTML answer, labelled as something else if wanted."""
    return Reply(status=status, body=page.encode(), content_type=content_type)


def text_reply(text: str, status: int = HTTPStatus.OK) -> Reply:
    """Return a plain text answer."""
    return Reply(status=status, body=text.encode(), content_type="text/plain")


def empty_reply(status: int = HTTPStatus.NO_CONTENT) -> Reply:
    """Return an answer without a body."""
    return Reply(status=status)


def redirect(location: str) -> Reply:
    """Return a redirect to a path of the same host."""
    return Reply(status=HTTPStatus.FOUND, location=location)
