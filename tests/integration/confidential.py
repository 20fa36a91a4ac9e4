"""Everything that the simulated cloud and its owner want kept to themselves, and a search for it."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
import re
from urllib.parse import quote

from simulator import World
from simulator.faults import Trouble
from simulator.reply import Reply
from simulator.wire import Json

NETWORK = ("192.0.2.44", "192.0.2.1", "02:00:5e:10:00:01", "02:00:5e:10:00:02")
ADDRESS_OF_CHARGER = NETWORK[0]
CODE = "604918"

_CONTEXT = 80
_SECRET_FIELDS = frozenset(
    {"token", "access_token", "auth_token", "manager_token", "session_id", "trackingId", "liveStreamTopicList"}
)
_SECRET_COOKIES = re.compile(r"session|token|nonce|xsrf", re.IGNORECASE)


class Confidential:
    """All secrets of a world so far, each with a word for what it is.

    Tokens and cookies change all the time; a spy on every answer takes down each of them.
    """

    def __init__(self, world: World) -> None:
        """Listen in on the answers of a world."""
        self._world = world
        self._overheard: dict[str, str] = {}
        world.faults.add(Trouble(name="spy", reshape=self._listen))

    def found_in(self, text: str) -> set[str]:
        """Return what is found of the secrets in a text, in words and with what stands around it."""
        return _found(self._known(), text)

    def names_in(self, text: str) -> set[str]:
        """Return which names are found in a text that people gave their sites, often an address, and chargers."""
        names = [(site.title, "the name of a site") for site in self._world.sites.values()]
        names += [
            (charger.name, "the name of a charger")
            for site in self._world.sites.values()
            for charger in site.chargers
            if charger.name
        ]
        return _found(names, text)

    def _known(self) -> Iterator[tuple[str, str]]:
        for account in self._world.accounts.by_email.values():
            yield account.email, "the e-mail address"
            yield quote(account.email, safe=""), "the e-mail address as a cookie"
            yield b64encode(account.email.encode()).decode(), "the e-mail address in a form"
            yield account.password, "the password"
            yield account.user_id, "the user id"
        for site in self._world.sites.values():
            yield site.site_id, "the site id"
            yield site.vpp.program_id, "the id of a program"
            yield site.vpp.enrolment_id, "the id of an enrolment"
            for event in site.vpp.events:
                yield event.id, "the id of an event"
                yield event.event_id or event.id, "the other id of an event"
            for charger in site.chargers:
                yield charger.serial, "a serial number"
        for address in NETWORK:
            yield address, f"the network address {address}"
        yield CODE, "a one-time code"
        yield b64encode(CODE.encode()).decode(), "a one-time code in a form"
        for session in self._world.accounts.sessions:
            yield session.csrf, "a CSRF token"
            yield quote(session.csrf, safe=""), "a CSRF token as a cookie"
        yield from self._overheard.items()

    def _listen(self, reply: Reply) -> Reply:
        for name, value in reply.cookies:
            if _SECRET_COOKIES.search(name):
                self._overheard[value.strip('"')] = f"the cookie {name}"
        with suppress(ValueError):
            self._take_down(reply.json)
        return reply

    def _take_down(self, value: Json, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                self._take_down(inner, key)
        elif isinstance(value, list):
            for inner in value:
                self._take_down(inner, name)
        elif isinstance(value, str) and value and name in _SECRET_FIELDS:
            self._overheard[value] = f"the field {name}"
            for part in value.split(".")[1:]:
                self._overheard[part] = f"a part of the field {name}"


def _found(secrets: Iterable[tuple[str, str]], text: str) -> set[str]:
    return {
        f"{meaning} in {text[max(place - _CONTEXT, 0) : place + len(secret) + _CONTEXT]!r}"
        for secret, meaning in secrets
        if (place := text.find(secret)) >= 0
    }
