"""Hosts and routes of the Enlighten cloud: what is asked where, and what kind of request it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
import re
from typing import Final

from yarl import URL

from .errors import NotSupported
from .headers import HeaderProfile

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route. `path` may name `{site}`, `{serial}` and `{item}`; `query` is sent with every request.

    Only a request that `follows_redirects` does so. A command that goes `at_once` waits for no other command.
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

    def url(
        self,
        hosts: Hosts,
        *,
        site_id: str = "",
        serial: str = "",
        item_id: str = "",
        query: Mapping[str, str] | None = None,
    ) -> URL:
        """Build the address for one site and its charger or another item of it.

        Raises:
            NotSupported: an id is none that the cloud would give, and could lead to another route.
        """
        ids = {"site": site_id, "serial": serial, "item": item_id}
        if any(f"{{{name}}}" in self.path and not _ID.fullmatch(value) for name, value in ids.items()):
            raise NotSupported(f"There is no {self.family} for such an id")
        base = hosts.enlighten if self.host is Host.ENLIGHTEN else hosts.grid_services
        url = base.joinpath(self.path.format(**ids).lstrip("/"), encoded=True)
        parameters = dict(self.query) | dict(query or {})
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
CONFIGURATION: Final = _read(Family.CONFIGURATION, _CONFIGURATION, HeaderProfile.CONTROL, method="POST")
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
