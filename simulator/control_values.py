"""Reading the fields of a control request, and finding what they name: the first where they name none."""

from collections.abc import Mapping

from .chargers import Charger
from .reply import encoded
from .site import Site
from .wire import Json
from .world import World

_ANY_NUMBER = 100_000_000
DAY_SECONDS = 86_400


class ActionError(Exception):
    """A control request that cannot be carried out; the text tells why."""


class Values:
    """The fields of a control request's body, read with a type each."""

    def __init__(self, body: Json) -> None:
        """Take the body; raises ActionError unless it is an object."""
        if not isinstance(body, Mapping):
            message = "the body must be a JSON object"
            raise ActionError(message)
        self._body = body

    def raw(self, name: str) -> Json:
        """Return a field as it is, None when it is missing; raises ActionError when it cannot be sent as JSON."""
        value = self._body.get(name)
        try:
            encoded(value)
        except ValueError, RecursionError:
            raise _wrong(name, "JSON") from None
        return value

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._body.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text field; raises ActionError when it is missing without default or no text."""
        value = self._body.get(name, default)
        if not isinstance(value, str) or not _is_text(value):
            raise _wrong(name, "text")
        return value

    def line(self, name: str, default: str | None = None) -> str:
        """Return a text field that fits into an HTTP header; raises ActionError when it does not."""
        value = self.text(name, default)
        if not value.isascii() or not value.isprintable():
            raise _wrong(name, "printable ASCII text")
        return value

    def number(
        self, name: str, default: float | None = None, *, least: float = -_ANY_NUMBER, most: float = _ANY_NUMBER
    ) -> float:
        """Return a number field; raises ActionError when it is missing without default, no number or out of range."""
        value = self._body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(name, "a number")
        if not least <= value <= most:
            raise _wrong(name, f"from {least:g} to {most:g}")
        return float(value)

    def whole(
        self, name: str, default: int | None = None, *, least: int = -_ANY_NUMBER, most: int = _ANY_NUMBER
    ) -> int:
        """Return a whole number field; raises ActionError as ``number`` does."""
        value = self._body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong(name, "a whole number")
        if not least <= value <= most:
            raise _wrong(name, f"from {least} to {most}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a true/false field; raises ActionError when it is something else."""
        value = self._body.get(name, default)
        if not isinstance(value, bool):
            raise _wrong(name, "true or false")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty when it is missing; raises ActionError when it is something else."""
        value = self._body.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) and _is_text(item) for item in value):
            raise _wrong(name, "a list of texts")
        return [item for item in value if isinstance(item, str)]


def _is_text(value: str) -> bool:
    """Whether a text can be written down: JSON may hold halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong(name: str, kind: str) -> ActionError:
    return ActionError(f"{name} must be {kind}")


def charger_of(world: World, values: Values) -> Charger:
    """Return the charger with the ``serial`` of a request; raises ActionError when there is none."""
    if not values.has("serial"):
        if not world.site.chargers:
            message = "there is no charger"
            raise ActionError(message)
        return world.charger
    try:
        return world.charger_of(values.text("serial"))
    except KeyError:
        message = "no charger with that serial"
        raise ActionError(message) from None


def site_of(world: World, values: Values) -> Site:
    """Return the ``site`` of a request, brought up to the clock; raises ActionError when there is none."""
    site_id = values.text("site", world.site.site_id)
    if site_id not in world.sites:
        message = "no site with that id"
        raise ActionError(message)
    return world.sites[site_id]


def serial_site(world: World, serial: str) -> Site:
    """Return the site where a charger hangs; raises StopIteration when it hangs nowhere."""
    return next(site for site in world.sites.values() if any(item.serial == serial for item in site.chargers))
