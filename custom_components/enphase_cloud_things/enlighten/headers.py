"""Request headers, one profile per kind of endpoint (docs/api.md §1.4).

The cloud answers 406 to user agents that name a home-automation program and to unexpected `Accept` values, so every
profile imitates what the web page sends, as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from yarl import URL

from .tokens import read_claims

USER_AGENT: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
)
FORM_CONTENT: Final = "application/x-www-form-urlencoded; charset=UTF-8"

_PLAIN_JSON: Final = "application/json, text/plain, */*"
_SCRIPT_JSON: Final = "application/json, text/javascript, */*; q=0.01"
_PAGE: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class HeaderProfile(Enum):
    """The sets of headers by what they are for, with their names in docs/api.md §1.4."""

    BASE = auto()  # H0
    CHARGER_READ = auto()  # H1
    CONTROL = auto()  # H3
    CONTROL_BY_COOKIES = auto()  # H3 without tokens, for charger configuration that refuses them (§6.5)
    LIVE_STREAM = auto()  # H1 with a bearer
    HISTORY = auto()  # H4
    APP = auto()  # H5
    TARIFF = auto()  # H8
    GRID_SERVICES = auto()  # H9, sent from a session without cookies
    LOGIN = auto()  # H12
    LOGIN_FORM = auto()  # the browser's own form (§2.2)
    ONE_TIME_CODE = auto()  # H12 for one-time codes (§2.3)
    TOKEN = auto()  # H12 for the token route (§2.5)
    SITES = auto()  # the site list (§3.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks: everything about the session that goes into headers. Tokens past their end are left out."""

    access_token: str | None = field(default=None, repr=False)
    manager_token: str | None = field(default=None, repr=False)
    csrf_token: str | None = field(default=None, repr=False)
    tariff_csrf_token: str | None = field(default=None, repr=False)
    app_version: str | None = None

    def values(self) -> Mapping[str, str | None]:
        """Return what the profiles name in braces."""
        access, manager = read_claims(self.access_token), read_claims(self.manager_token)
        return {
            "access": self.access_token,
            # What commands and the scheduler want, and the other way round what the history wants
            "bearer": self.manager_token or self.access_token,
            "history_bearer": self.access_token or self.manager_token,
            # The session of that very token, not the token
            "history_session": (access if self.access_token else manager).session_id,
            "tariff_token": self.manager_token if manager.user_id else self.access_token,
            "user": access.user_id or manager.user_id,
            "csrf": self.csrf_token,
            "tariff_csrf": self.tariff_csrf_token,
            "version": f"?v={self.app_version}" if self.app_version else "",
        }


type _Templates = Mapping[str, str]

_BASE: Final[_Templates] = {
    "Accept": _PLAIN_JSON,
    "X-Requested-With": "XMLHttpRequest",
    "Referer": "{base}/pv/systems/{site}/summary",
    "User-Agent": USER_AGENT,
    "e-auth-token": "{access}",
    "X-CSRF-Token": "{csrf}",
}
_CHARGER_READ: Final = {**_BASE, "Accept": "*/*", "Referer": "{base}/web/{site}/today/graph/hours{version}"}
_CONTROL: Final = {**_CHARGER_READ, "Accept": _SCRIPT_JSON, "Authorization": "Bearer {bearer}"}
_LOGIN: Final = {
    "Accept": "*/*",
    "Content-Type": FORM_CONTENT,
    "Referer": "{base}/",
    "User-Agent": USER_AGENT,
    "X-Requested-With": "XMLHttpRequest",
}


def _without(headers: _Templates, *names: str) -> _Templates:
    return {name: value for name, value in headers.items() if name not in names}


# What is in braces is filled in by `build_headers`; a header without its value is left out
_PROFILES: Final[Mapping[HeaderProfile, _Templates]] = {
    HeaderProfile.BASE: _BASE,
    HeaderProfile.CHARGER_READ: _CHARGER_READ,
    HeaderProfile.CONTROL: _CONTROL,
    HeaderProfile.CONTROL_BY_COOKIES: _without(_CONTROL, "Authorization", "e-auth-token"),
    HeaderProfile.LIVE_STREAM: {**_CHARGER_READ, "Authorization": "Bearer {bearer}"},
    HeaderProfile.HISTORY: {
        **_BASE,
        "Accept": _SCRIPT_JSON,
        "Authorization": "Bearer {history_bearer}",
        "e-auth-token": "{history_session}",
        "requestid": "{request}",
        "username": "{user}",
    },
    HeaderProfile.APP: {**_BASE, "Accept": "*/*", "Referer": "{base}/web/{site}/history/graph/years{version}"},
    HeaderProfile.TARIFF: {
        **_BASE,
        "Accept": _SCRIPT_JSON,
        "e-auth-token": "{tariff_token}",
        "Username": "{user}",
        "Requestid": "{request}",
        "x-xsrf-token": "{tariff_csrf}",
    },
    # This host takes the bare token only
    HeaderProfile.GRID_SERVICES: {
        "Accept": _SCRIPT_JSON,
        "Origin": "{origin}",
        "Referer": "{base}/",
        "User-Agent": USER_AGENT,
        "Authorization": "{bearer}",
    },
    HeaderProfile.LOGIN: _LOGIN,
    HeaderProfile.LOGIN_FORM: {**_without(_LOGIN, "X-Requested-With"), "Accept": _PAGE, "Origin": "{origin}"},
    HeaderProfile.ONE_TIME_CODE: {**_LOGIN, "Accept": _PLAIN_JSON, "X-CSRF-Token": "{csrf}"},
    HeaderProfile.TOKEN: {**_without(_LOGIN, "Content-Type"), "Accept": _PLAIN_JSON},
    HeaderProfile.SITES: {
        **_without(_LOGIN, "Content-Type"),
        "X-CSRF-Token": "{csrf}",
        "Authorization": "Bearer {access}",
        "e-auth-token": "{access}",
    },
}


def build_headers(
    profile: HeaderProfile, *, identity: Identity, base: URL, site_id: str = "", request_id: str = ""
) -> dict[str, str]:
    """Build the headers of one attempt; what is not known, or cannot be part of a header, is left out.

    `base` is the base address of the Enlighten host, also for requests to another host: it is the page that the
    request pretends to come from. Cookies are the HTTP session's business.
    """
    places = {"base": str(base).rstrip("/"), "origin": str(base.origin()), "site": site_id, "request": request_id}
    values = places | {name: value for name, value in identity.values().items() if value is not None}
    headers = {}
    for name, template in _PROFILES[profile].items():
        try:
            value = template.format_map(values)
        except KeyError:
            continue
        if value.isprintable():
            headers[name] = value
    return headers


def header_names(identity: Identity, *, base: URL) -> dict[str, list[str]]:
    """Return which headers each profile would send now, by the name of the profile: for reports, without values."""
    return {profile.name.lower(): sorted(build_headers(profile, identity=identity, base=base)) for profile in _PROFILES}
