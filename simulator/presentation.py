"""Which of the known shapes the cloud answers in, where it has several."""

from dataclasses import dataclass, field
from enum import StrEnum

from .families import Family


class StatusShape(StrEnum):
    """The shapes of the charger status (docs/api.md §4.2 to §4.4)."""

    NESTED = "nested"
    FLAT = "flat"
    KEYED = "keyed"


class DeadSession(StrEnum):
    """How a core family answers a request whose session is over (docs/api.md §2.7)."""

    UNAUTHORIZED = "401"
    LOGIN_WALL = "login_wall"
    LOGIN_WALL_AS_JSON = "login_wall_as_json"
    REDIRECT = "redirect"


@dataclass(slots=True, kw_only=True)
class Presentation:
    """Shapes and policies of the whole cloud.

    ``json_login_refused``: the JSON login answers 406, leaving the browser form.
    ``rotating``: families that replace the session cookie on every answer, beside those that always do.
    ``ignores_dead_bearer``: what needs a session only is served to its cookie, whatever bearer comes along.
    """

    status_shape: StatusShape = StatusShape.NESTED
    dead_session: DeadSession = DeadSession.UNAUTHORIZED
    json_login_refused: bool = False
    rotating: set[Family] = field(default_factory=set)
    ignores_dead_bearer: bool = False
    app_version: str = "3.4.0"
