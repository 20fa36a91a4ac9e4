"""Reading the fields of a control request."""

from collections.abc import Mapping

from .wire import Json


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
        """Return a field as it is, None when it is missing."""
        return self._body.get(name)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._body.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text field; raises ActionError when it is missing without default or no text."""
        value = self._body.get(name, default)
        if not isinstance(value, str):
            raise _wrong(name, "text")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number field; raises ActionError when it is missing without default or no number."""
        value = self._body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(name, "a number")
        return float(value)

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number field; raises ActionError when it is missing without default or none."""
        value = self._body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong(name, "a whole number")
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
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong(name, "a list of texts")
        return [item for item in value if isinstance(item, str)]


def _wrong(name: str, kind: str) -> ActionError:
    return ActionError(f"{name} must be {kind}")
