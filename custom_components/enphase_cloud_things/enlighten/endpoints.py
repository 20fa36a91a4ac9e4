"""Hosts, headers and routes of the Enlighten cloud: what is asked where and how, and what kind of request it is.

The cloud answers 406 to user agents that name a home-automation program and to unexpected `Accept` values, so every
profile of headers imitates what the web page sends, as a whole (docs/api.md §1.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
import re
from typing import Final

from yarl import URL

from .errors import NotSupported
from .wire import JsonValue

_ENLIGHTEN: Final = URL("https://enlighten.enphaseenergy.com")
_GRID_SERVICES: Final = URL("https://gs.enphaseenergy.com")
_ID: Final = re.compile(r"[\w:-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Base addresses of the cloud (docs/api.md §1.1). Each may carry a path, which precedes every route."""

    enlighten: URL = _ENLIGHTEN
    grid_services: URL = _GRID_SERVICES


class Host(Enum):
    """Which of the hosts an endpoint lives on."""

    ENLIGHTEN = auto()
    GRID_SERVICES = auto()


class Family(StrEnum):
    """Endpoints that fail and recover together."""

    LOGIN = "login"
    TOKEN = "token"
    SITES = "sites"
    STATUS = "status"
    SUMMARY = "summary"
    MODE = "mode"
    GREEN = "green"
    CONFIGURATION = "configuration"
    SCHEDULES = "schedules"
    COMMAND = "command"
    LIVE_STREAM = "live_stream"
    VPP_ENROLMENT = "vpp_enrolment"
    VPP_EVENTS = "vpp_events"
    TARIFF = "tariff"
    DATED_RATES = "dated_rates"
    SAVINGS = "savings"
    CURRENCY = "currency"
    HISTORY = "history"
    FIRMWARE = "firmware"


# A 401 of any other family says nothing about the session (docs/api.md §2.7)
CORE_FAMILIES: Final = frozenset({Family.STATUS, Family.SUMMARY, Family.TOKEN})
# Without these the chargers cannot be read or commanded at all: where they are throttled, the account is
ACCOUNT_FAMILIES: Final = CORE_FAMILIES | {Family.LOGIN, Family.SITES, Family.COMMAND}
# What lives on the other host, which is throttled by itself
GRID_SERVICES_FAMILIES: Final = frozenset({Family.VPP_ENROLMENT, Family.VPP_EVENTS})


class Kind(Enum):
    """What a request does, which decides on limits, repeats and the meaning of failures.

    A read is idempotent whatever its HTTP method is. A command may act although its answer is lost. A sign-in request
    changes the session.
    """

    READ = auto()
    COMMAND = auto()
    SIGN_IN = auto()


USER_AGENT: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
)
FORM_CONTENT: Final = "application/x-www-form-urlencoded; charset=UTF-8"

_PLAIN_JSON: Final = "application/json, text/plain, */*"
_SCRIPT_JSON: Final = "application/json, text/javascript, */*; q=0.01"
_PAGE: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

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


class HeaderProfile(Enum):
    """The sets of headers by what they are for, with their names in docs/api.md §1.4.

    What is in braces is filled in by `build_headers`; a header without its value is left out.
    """

    BASE = _BASE  # H0
    CHARGER_READ = _CHARGER_READ  # H1
    CONTROL = _CONTROL  # H3
    # H3 without tokens, for charger configuration that refuses them (§6.5)
    CONTROL_BY_COOKIES = _without(_CONTROL, "Authorization", "e-auth-token")
    # H1 with a bearer
    LIVE_STREAM = {**_CHARGER_READ, "Authorization": "Bearer {bearer}"}
    HISTORY = {  # H4
        **_BASE,
        "Accept": _SCRIPT_JSON,
        "Authorization": "Bearer {history_bearer}",
        "e-auth-token": "{history_session}",
        "requestid": "{request}",
        "username": "{user}",
    }
    APP = {**_BASE, "Accept": "*/*", "Referer": "{base}/web/{site}/history/graph/years{version}"}  # H5
    TARIFF = {  # H8
        **_BASE,
        "Accept": _SCRIPT_JSON,
        "e-auth-token": "{tariff_token}",
        "Username": "{user}",
        "Requestid": "{request}",
        "x-xsrf-token": "{tariff_csrf}",
    }
    # H9, sent from a session without cookies, to a host that takes the bare token only
    GRID_SERVICES = {
        "Accept": _SCRIPT_JSON,
        "Origin": "{origin}",
        "Referer": "{base}/",
        "User-Agent": USER_AGENT,
        "Authorization": "{bearer}",
    }
    LOGIN = _LOGIN  # H12
    # The browser's own form (§2.2)
    LOGIN_FORM = {**_without(_LOGIN, "X-Requested-With"), "Accept": _PAGE, "Origin": "{origin}"}
    # H12 for one-time codes (§2.3)
    ONE_TIME_CODE = {**_LOGIN, "Accept": _PLAIN_JSON, "X-CSRF-Token": "{csrf}"}
    # H12 for the token route (§2.5)
    TOKEN = {**_without(_LOGIN, "Content-Type"), "Accept": _PLAIN_JSON}
    # The site list (§3.1)
    SITES = {
        **_without(_LOGIN, "Content-Type"),
        "X-CSRF-Token": "{csrf}",
        "Authorization": "Bearer {access}",
        "e-auth-token": "{access}",
    }


def build_headers(
    profile: HeaderProfile, identity: Mapping[str, str], *, base: URL, site_id: str = "", request_id: str = ""
) -> dict[str, str]:
    """Build the headers of one attempt; what is not known, or cannot be part of a header, is left out.

    `identity` is what the profiles name in braces, see `Identity.values`.
    `base` is the base address of the Enlighten host, also for requests to another host: it is the page that the
    request pretends to come from. Cookies are the HTTP session's business.
    """
    places = {"base": str(base).rstrip("/"), "origin": str(base.origin()), "site": site_id, "request": request_id}
    values = {**identity, **places}
    headers = {}
    templates: _Templates = profile.value
    for name, template in templates.items():
        try:
            value = template.format_map(values)
        except KeyError:
            continue
        if value.isprintable():
            headers[name] = value
    return headers


def header_names(identity: Mapping[str, str], *, base: URL) -> dict[str, list[str]]:
    """Return the names of the headers that each profile would send now, by the name of the profile."""
    return {each.name.lower(): sorted(build_headers(each, identity, base=base)) for each in HeaderProfile}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route. `path` may name `{site}`, `{serial}` and `{item}`; `query` is sent with every request.

    Only a request that `follows_redirects` does so. A command that goes `at_once` waits for no other command. Unless
    `refusal_counts`, a 401 or 403 is no reason to back off: there is another way to ask.
    """

    family: Family
    method: str = "GET"
    path: str
    profile: HeaderProfile
    kind: Kind = Kind.READ
    host: Host = Host.ENLIGHTEN
    query: tuple[tuple[str, str], ...] = ()
    follows_redirects: bool = False
    at_once: bool = False
    refusal_counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: to which endpoint, and about what.

    `item_id` is the one thing of the site or charger that the request is about, such as an enrolment. A `fresh` read is
    sent even while the client backs off from its family; one that is `urgent`, for a command waits for it, is fresh and
    has a place of its own. `timeout` is in seconds, else the transport's.
    """

    endpoint: Endpoint = field(kw_only=False)
    site_id: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    item_id: str = field(default="", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: JsonValue = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    fresh: bool = False
    urgent: bool = False
    timeout: float | None = None

    @property
    def target(self) -> str:
        """The charger or other item or, for lack of one, the site that the request is about."""
        return self.serial or self.item_id or self.site_id

    def url(self, hosts: Hosts) -> URL:
        """Build the address.

        Raises:
            NotSupported: an id is none that the cloud would give, and could lead to another route.
        """
        endpoint, ids = self.endpoint, {"site": self.site_id, "serial": self.serial, "item": self.item_id}
        if any(f"{{{name}}}" in endpoint.path and not _ID.fullmatch(value) for name, value in ids.items()):
            raise NotSupported(f"There is no {endpoint.family} for such an id")
        base = hosts.enlighten if endpoint.host is Host.ENLIGHTEN else hosts.grid_services
        url = base.joinpath(endpoint.path.format(**ids).lstrip("/"), encoded=True)
        parameters = dict(endpoint.query) | dict(self.query)
        return url.with_query(parameters) if parameters else url


def _sign_in(path: str, profile: HeaderProfile, *, method: str = "POST", follows_redirects: bool = False) -> Endpoint:
    family = Family.TOKEN if profile is HeaderProfile.TOKEN else Family.LOGIN
    return Endpoint(
        family=family,
        method=method,
        path=path,
        profile=profile,
        kind=Kind.SIGN_IN,
        follows_redirects=follows_redirects,
    )


def _read(
    family: Family, path: str, profile: HeaderProfile, query: Mapping[str, str] | None = None, *, method: str = "GET"
) -> Endpoint:
    host = Host.GRID_SERVICES if profile is HeaderProfile.GRID_SERVICES else Host.ENLIGHTEN
    query = query or {}
    return Endpoint(family=family, method=method, path=path, profile=profile, host=host, query=tuple(query.items()))


def _write(
    family: Family,
    method: str,
    path: str,
    profile: HeaderProfile = HeaderProfile.CONTROL,
    *,
    at_once: bool = False,
) -> Endpoint:
    return Endpoint(family=family, method=method, path=path, profile=profile, kind=Kind.COMMAND, at_once=at_once)


LOGIN: Final = _sign_in("/login/login.json", HeaderProfile.LOGIN)
LOGIN_FORM: Final = _sign_in("/login/login", HeaderProfile.LOGIN_FORM, follows_redirects=True)
VALIDATE_CODE: Final = _sign_in("/app-api/validate_login_otp", HeaderProfile.ONE_TIME_CODE)
SEND_CODE: Final = _sign_in("/app-api/generate_mfa_login_otp", HeaderProfile.ONE_TIME_CODE)
TOKEN: Final = _sign_in("/users/self/token", HeaderProfile.TOKEN, method="GET")
SITES: Final = _read(
    Family.SITES, "/app-api/search_sites.json", HeaderProfile.SITES, {"searchText": "", "favourite": "false"}
)

_CONTROLLER: Final = "/service/evse_controller"
_CHARGERS: Final = _CONTROLLER + "/{site}/ev_chargers"
_CONFIGURATION: Final = _CONTROLLER + "/api/v1/{site}/ev_chargers/{serial}/ev_charger_config"
_MODES: Final = "/service/evse_scheduler/api/v1/iqevc/charging-mode"
_PREFERENCE: Final = _MODES + "/{site}/{serial}/preference"
_GREEN: Final = _MODES + "/GREEN_CHARGING/{site}/{serial}/settings"
_SCHEDULED: Final = _MODES + "/SCHEDULED_CHARGING/{site}/{serial}"

STATUS: Final = _read(Family.STATUS, _CHARGERS + "/status", HeaderProfile.CHARGER_READ)
SUMMARY: Final = _read(
    Family.SUMMARY,
    _CONTROLLER + "/api/v2/{site}/ev_chargers/summary",
    HeaderProfile.CHARGER_READ,
    {"filter_retired": "true"},
)
FIRMWARE: Final = _read(Family.FIRMWARE, "/service/evse_management/fwDetails/{site}", HeaderProfile.CHARGER_READ)
PREFERENCE: Final = _read(Family.MODE, _PREFERENCE, HeaderProfile.CONTROL)
SET_PREFERENCE: Final = _write(Family.MODE, "PUT", _PREFERENCE)
GREEN_SETTINGS: Final = _read(Family.GREEN, _GREEN, HeaderProfile.CONTROL)
SET_GREEN_SETTINGS: Final = _write(Family.GREEN, "PUT", _GREEN)
CONFIGURATION: Final = replace(
    _read(Family.CONFIGURATION, _CONFIGURATION, HeaderProfile.CONTROL, method="POST"), refusal_counts=False
)
CONFIGURATION_BY_COOKIES: Final = _read(
    Family.CONFIGURATION, _CONFIGURATION, HeaderProfile.CONTROL_BY_COOKIES, method="POST"
)
CONFIGURE: Final = _write(Family.CONFIGURATION, "PUT", _CONFIGURATION)

SCHEDULES: Final = _read(Family.SCHEDULES, _SCHEDULED + "/schedules", HeaderProfile.CONTROL)
PATCH_SCHEDULES: Final = _write(Family.SCHEDULES, "PATCH", _SCHEDULED + "/schedules")
CREATE_SCHEDULE: Final = _write(Family.SCHEDULES, "POST", _SCHEDULED + "/schedule")
EDIT_SCHEDULE: Final = _write(Family.SCHEDULES, "PATCH", _SCHEDULED + "/schedule/{item}")
DELETE_SCHEDULE: Final = _write(Family.SCHEDULES, "DELETE", _SCHEDULED + "/schedule/{item}")

# The web app's own route first; the others are known from older clouds and are tried on a routing answer only
# (docs/api.md §5.1, §5.2). The singular stop route is dead on the IQ EV Charger 2.
START_ROUTES: Final = (
    _write(Family.COMMAND, "POST", _CHARGERS + "/{serial}/start_charging"),
    _write(Family.COMMAND, "PUT", _CHARGERS + "/{serial}/start_charging"),
    _write(Family.COMMAND, "POST", _CONTROLLER + "/{site}/ev_charger/{serial}/start_charging"),
)
STOP_ROUTES: Final = (
    _write(Family.COMMAND, "PUT", _CHARGERS + "/{serial}/stop_charging", at_once=True),
    _write(Family.COMMAND, "POST", _CHARGERS + "/{serial}/stop_charging", at_once=True),
)
TRIGGER_MESSAGE: Final = _write(Family.COMMAND, "POST", _CONTROLLER + "/{site}/ev_charger/{serial}/trigger_message")
START_LIVE_STREAM: Final = _write(
    Family.LIVE_STREAM, "GET", _CHARGERS + "/start_live_stream", HeaderProfile.LIVE_STREAM
)
STOP_LIVE_STREAM: Final = _write(Family.LIVE_STREAM, "GET", _CHARGERS + "/stop_live_stream", HeaderProfile.LIVE_STREAM)

_ENROLMENT: Final = "/enrollment-mgr/api/v1/enrollment"
_TARIFFS: Final = "/service/tariff/tariff-ms/systems/{site}"

ENROLMENT_OF_SITE: Final = _read(Family.VPP_ENROLMENT, _ENROLMENT + "/enrolled/{site}", HeaderProfile.GRID_SERVICES)
ENROLMENT: Final = _read(Family.VPP_ENROLMENT, _ENROLMENT + "/{item}", HeaderProfile.GRID_SERVICES)
# The empty filters belong to the request: with them the reply has the recent and the coming events
EVENTS: Final = _read(
    Family.VPP_EVENTS,
    "/vpp-mgr/api/v1/events/get",
    HeaderProfile.GRID_SERVICES,
    dict.fromkeys(("site_id", "programId", "start_date", "end_date", "sort_by", "ascending", "time"), ""),
)
TARIFF: Final = _read(Family.TARIFF, _TARIFFS + "/tariff", HeaderProfile.TARIFF, {"include-site-details": "true"})
EXPORT_RATES: Final = _read(
    Family.DATED_RATES,
    _TARIFFS + "/tariffs",
    HeaderProfile.TARIFF,
    {"rateType": "BUYBACK", "date": "", "includeUtility": ""},
)
CURRENCY: Final = _read(Family.CURRENCY, "/app-api/{site}/get_currency_conversion.json", HeaderProfile.APP)
SAVINGS: Final = _read(
    Family.SAVINGS,
    "/service/savings/systems/{site}/savings",
    HeaderProfile.BASE,
    {"resolution": "DAY", "date": "", "do_compute": "true", "simulated": "false"},
)
HISTORY: Final = _read(
    Family.HISTORY,
    "/service/enho_historical_events_ms/{site}/sessions/{serial}/history",
    HeaderProfile.HISTORY,
    method="POST",
)
