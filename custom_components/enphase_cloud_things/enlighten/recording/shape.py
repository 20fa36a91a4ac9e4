"""The words in which shapes are written down, and what every reply may have (docs/api.md §0.2, §5.1)."""

from collections.abc import Mapping
from typing import Final

from .kinds import Kind

type Shape = Kind | frozenset[str] | tuple[Shape] | Mapping[str, Shape]
"""A value of a kind, a word of an open set of known ones, a list of a shape, or an object with its fields.

The field `EACH` of an object stands for all whose keys are identifiers, `AS_TEXT` for the object as a whole where the
cloud also sends a sentence in its place.
"""

EACH: Final = "*"
AS_TEXT: Final = ""

ID, NAME, SECRET, NETWORK, MESSAGE = Kind.ID, Kind.NAME, Kind.SECRET, Kind.NETWORK, Kind.MESSAGE
NUMBER, FLAG, TIME, CLOCK, WORD, CODE = Kind.NUMBER, Kind.FLAG, Kind.TIME, Kind.CLOCK, Kind.WORD, Kind.CODE
VERSION, MODEL, ZONE, COUNTRY, CURRENCY = Kind.VERSION, Kind.MODEL, Kind.ZONE, Kind.COUNTRY, Kind.CURRENCY


def words(text: str) -> frozenset[str]:
    """Return the words of an open set, compared without regard to case."""
    return frozenset(text.casefold().split())


# Fields that every answer may have: the envelope (docs/api.md §0.2), errors (§5.1) and what stands in for them
_ERROR: Final[Mapping[str, Shape]] = {
    "status": CODE,
    "code": CODE,
    "errorMessageCode": CODE,
    "displayMessage": MESSAGE,
    "message": MESSAGE,
    "detail": MESSAGE,
    "details": ({"message": MESSAGE},),
    "title": MESSAGE,
    "type": MESSAGE,
    "instance": MESSAGE,
    "path": MESSAGE,
    "timestamp": TIME,
    AS_TEXT: MESSAGE,
}
COMMON: Final[Mapping[str, Shape]] = {
    "meta": {"serverTimeStamp": TIME, "rowCount": NUMBER},
    "error": _ERROR,
}
PROBLEM: Final[Mapping[str, Shape]] = {
    **_ERROR,
    "error": {**_ERROR, "error": _ERROR},
    "meta": COMMON["meta"],
    "data": MESSAGE,
}
"""An answer with a status from 400."""
