"""Request headers, one profile per kind of endpoint (docs/api.md §1.4).

The cloud answers 406 to user agents that name a home-automation program and to unexpected `Accept`
values, so every profile imitates what the web page sends, as a whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from yarl import URL

from .signing_in.tokens import read_claims

USER_AGENT: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
)
FORM_CONTENT: Final = "application/x-www-form-urlencoded; charset=UTF-8"

_ANYTHING: Final = "*/*"
_PLAIN_JSON: Final = "application/json, text/plain, */*"
_SCRIPT_JSON: Final = "application/json, text/javascript, */*; q=0.01"
_PAGE: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class HeaderProfile(Enum):
    """The sets of headers that the client needs, by what they are for; H0 … H12 of the reference."""

    BASE = auto()
    """H0: savings and whatever has no set of its own."""
    CHARGER_READ = auto()
    """H1: charger status and metadata."""
    CONTROL = auto()
    """H3: commands, modes, charger configuration."""
    CONTROL_BY_COOKIES = auto()
    """H3 without any token, for charger configuration that refuses them (docs/api.md §6.5)."""
    LIVE_STREAM = auto()
    """H1 with a bearer."""
    HISTORY = auto()
    """H4: session history and time series."""
    APP = auto()
    """H5: pages of the app."""
    TARIFF = auto()
    """H8: tariffs, reads."""
    GRID_SERVICES = auto()
    """H9: the grid services host, from a session without cookies."""
    LOGIN = auto()
    """H12: password login."""
    LOGIN_FORM = auto()
    """The browser's own login form (docs/api.md §2.2)."""
    ONE_TIME_CODE = auto()
    """H12 for one-time codes (docs/api.md §2.3)."""
    TOKEN = auto()
    """H12 for the token route (docs/api.md §2.5)."""
    SITES = auto()
    """The site list (docs/api.md §3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks: everything about the session that goes into headers. Tokens past their end are left out."""

    access_token: str | None = field(default=None, repr=False)
    manager_token: str | None = field(default=None, repr=False)
    csrf_token: str | None = field(default=None, repr=False)
    tariff_csrf_token: str | None = field(default=None, repr=False)
    app_version: str | None = None

    @property
    def user_id(self) -> str | None:
        """The cloud's id of the account, as far as a token tells it."""
        return read_claims(self.access_token).user_id or read_claims(self.manager_token).user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    identity: Identity
    base: URL
    site_id: str = field(repr=False)
    request_id: str

    def address(self, path: str) -> str:
        return f"{str(self.base).rstrip('/')}{path}"

    @property
    def origin(self) -> str:
        return str(self.base.origin())

    def page(self, path: str) -> str:
        version = self.identity.app_version
        return self.address(path) + (f"?v={version}" if version else "")

    @property
    def bearer(self) -> str | None:
        """The token that commands and the scheduler want."""
        return self.identity.manager_token or self.identity.access_token


type _Headers = dict[str, str | None]


def _base(request: _Request) -> _Headers:
    return {
        "Accept": _PLAIN_JSON,
        "X-Requested-With": "XMLHttpRequest",
        "Referer": request.address(f"/pv/systems/{request.site_id}/summary"),
        "User-Agent": USER_AGENT,
        "e-auth-token": request.identity.access_token,
        "X-CSRF-Token": request.identity.csrf_token,
    }


def _charger_read(request: _Request) -> _Headers:
    return _base(request) | {
        "Accept": _ANYTHING,
        "Referer": request.page(f"/web/{request.site_id}/today/graph/hours"),
    }


def _control(request: _Request) -> _Headers:
    return _charger_read(request) | {
        "Accept": _SCRIPT_JSON,
        "Authorization": _bearer(request.bearer),
    }


def _control_by_cookies(request: _Request) -> _Headers:
    return _control(request) | {"Authorization": None, "e-auth-token": None}


def _live_stream(request: _Request) -> _Headers:
    return _charger_read(request) | {"Authorization": _bearer(request.bearer)}


def _history(request: _Request) -> _Headers:
    token = request.identity.access_token or request.identity.manager_token
    return _base(request) | {
        "Accept": _SCRIPT_JSON,
        "Authorization": _bearer(token),
        # The session of that very token, not the token
        "e-auth-token": read_claims(token).session_id,
        "requestid": request.request_id,
        "username": request.identity.user_id,
    }


def _app(request: _Request) -> _Headers:
    return _base(request) | {
        "Accept": _ANYTHING,
        "Referer": request.page(f"/web/{request.site_id}/history/graph/years"),
    }


def _tariff(request: _Request) -> _Headers:
    manager = request.identity.manager_token
    knows_user = read_claims(manager).user_id is not None
    return _base(request) | {
        "Accept": _SCRIPT_JSON,
        "e-auth-token": manager if knows_user else request.identity.access_token,
        "Username": request.identity.user_id,
        "Requestid": request.request_id,
        "x-xsrf-token": request.identity.tariff_csrf_token,
    }


def _grid_services(request: _Request) -> _Headers:
    return {
        "Accept": _SCRIPT_JSON,
        "Origin": request.origin,
        "Referer": request.address("/"),
        "User-Agent": USER_AGENT,
        # This host takes the bare token only
        "Authorization": request.bearer,
    }


def _login(request: _Request) -> _Headers:
    return {
        "Accept": _ANYTHING,
        "Content-Type": FORM_CONTENT,
        "Referer": request.address("/"),
        "User-Agent": USER_AGENT,
        "X-Requested-With": "XMLHttpRequest",
    }


def _login_form(request: _Request) -> _Headers:
    return _login(request) | {
        "Accept": _PAGE,
        "Origin": request.origin,
        "X-Requested-With": None,
    }


def _one_time_code(request: _Request) -> _Headers:
    return _login(request) | {
        "Accept": _PLAIN_JSON,
        "X-CSRF-Token": request.identity.csrf_token,
    }


def _token(request: _Request) -> _Headers:
    return _login(request) | {"Accept": _PLAIN_JSON, "Content-Type": None}


def _sites(request: _Request) -> _Headers:
    token = request.identity.access_token
    return _login(request) | {
        "Content-Type": None,
        "X-CSRF-Token": request.identity.csrf_token,
        "Authorization": _bearer(token),
        "e-auth-token": token,
    }


def _bearer(token: str | None) -> str | None:
    return f"Bearer {token}" if token else None


_PROFILES: Final[dict[HeaderProfile, Callable[[_Request], _Headers]]] = {
    HeaderProfile.BASE: _base,
    HeaderProfile.CHARGER_READ: _charger_read,
    HeaderProfile.CONTROL: _control,
    HeaderProfile.CONTROL_BY_COOKIES: _control_by_cookies,
    HeaderProfile.LIVE_STREAM: _live_stream,
    HeaderProfile.HISTORY: _history,
    HeaderProfile.APP: _app,
    HeaderProfile.TARIFF: _tariff,
    HeaderProfile.GRID_SERVICES: _grid_services,
    HeaderProfile.LOGIN: _login,
    HeaderProfile.LOGIN_FORM: _login_form,
    HeaderProfile.ONE_TIME_CODE: _one_time_code,
    HeaderProfile.TOKEN: _token,
    HeaderProfile.SITES: _sites,
}


def build_headers(
    profile: HeaderProfile,
    *,
    identity: Identity,
    base: URL,
    site_id: str = "",
    request_id: str = "",
) -> dict[str, str]:
    """Build the headers of one attempt; what is not known, or cannot be part of a header, is left out.

    `base` is the base address of the Enlighten host, also for requests to another host: it is the
    page that the request pretends to come from. Cookies are the HTTP session's business.
    """
    request = _Request(identity=identity, base=base, site_id=site_id, request_id=request_id)
    headers = _PROFILES[profile](request)
    return {name: value for name, value in headers.items() if value is not None and value.isprintable()}


def header_names(identity: Identity, *, base: URL) -> dict[str, list[str]]:
    """Tell which headers each profile would send now, by the name of the profile: for reports, hence without values."""
    return {profile.name.lower(): sorted(build_headers(profile, identity=identity, base=base)) for profile in _PROFILES}
