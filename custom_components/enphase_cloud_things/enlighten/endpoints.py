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
_ID: Final = re.compile(r"[\w-]+", re.ASCII)


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


# A 401 of any other family says nothing about the session (docs/api.md §2.7)
CORE_FAMILIES: Final = frozenset({Family.STATUS, Family.SUMMARY, Family.TOKEN})


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
    """One route. `path` may name `{site}`, `{serial}` and `{item}`; `query` is sent with every request."""

    family: Family
    method: str = "GET"
    path: str
    profile: HeaderProfile
    kind: Kind = Kind.READ
    host: Host = Host.ENLIGHTEN
    query: tuple[tuple[str, str], ...] = ()
    follows_redirects: bool = False

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


LOGIN: Final = Endpoint(
    family=Family.LOGIN,
    method="POST",
    path="/login/login.json",
    profile=HeaderProfile.LOGIN,
    kind=Kind.SIGN_IN,
)
LOGIN_FORM: Final = Endpoint(
    family=Family.LOGIN,
    method="POST",
    path="/login/login",
    profile=HeaderProfile.LOGIN_FORM,
    kind=Kind.SIGN_IN,
    follows_redirects=True,
)
VALIDATE_CODE: Final = Endpoint(
    family=Family.LOGIN,
    method="POST",
    path="/app-api/validate_login_otp",
    profile=HeaderProfile.ONE_TIME_CODE,
    kind=Kind.SIGN_IN,
)
SEND_CODE: Final = Endpoint(
    family=Family.LOGIN,
    method="POST",
    path="/app-api/generate_mfa_login_otp",
    profile=HeaderProfile.ONE_TIME_CODE,
    kind=Kind.SIGN_IN,
)
TOKEN: Final = Endpoint(
    family=Family.TOKEN,
    path="/users/self/token",
    profile=HeaderProfile.TOKEN,
    kind=Kind.SIGN_IN,
)
SITES: Final = Endpoint(
    family=Family.SITES,
    path="/app-api/search_sites.json",
    profile=HeaderProfile.SITES,
    query=(("searchText", ""), ("favourite", "false")),
)

_CONTROLLER: Final = "/service/evse_controller"
_MODES: Final = "/service/evse_scheduler/api/v1/iqevc/charging-mode"

STATUS: Final = Endpoint(
    family=Family.STATUS,
    path=_CONTROLLER + "/{site}/ev_chargers/status",
    profile=HeaderProfile.CHARGER_READ,
)
SUMMARY: Final = Endpoint(
    family=Family.SUMMARY,
    path=_CONTROLLER + "/api/v2/{site}/ev_chargers/summary",
    profile=HeaderProfile.CHARGER_READ,
    query=(("filter_retired", "true"),),
)
PREFERENCE: Final = Endpoint(
    family=Family.MODE,
    path=_MODES + "/{site}/{serial}/preference",
    profile=HeaderProfile.CONTROL,
)
SET_PREFERENCE: Final = Endpoint(
    family=Family.MODE,
    method="PUT",
    path=PREFERENCE.path,
    profile=HeaderProfile.CONTROL,
    kind=Kind.COMMAND,
)
GREEN_SETTINGS: Final = Endpoint(
    family=Family.GREEN,
    path=_MODES + "/GREEN_CHARGING/{site}/{serial}/settings",
    profile=HeaderProfile.CONTROL,
)
SET_GREEN_SETTINGS: Final = Endpoint(
    family=Family.GREEN,
    method="PUT",
    path=GREEN_SETTINGS.path,
    profile=HeaderProfile.CONTROL,
    kind=Kind.COMMAND,
)
CONFIGURATION: Final = Endpoint(
    family=Family.CONFIGURATION,
    method="POST",
    path=_CONTROLLER + "/api/v1/{site}/ev_chargers/{serial}/ev_charger_config",
    profile=HeaderProfile.CONTROL,
)
CONFIGURATION_BY_COOKIES: Final = Endpoint(
    family=Family.CONFIGURATION,
    method="POST",
    path=CONFIGURATION.path,
    profile=HeaderProfile.CONTROL_BY_COOKIES,
)
CONFIGURE: Final = Endpoint(
    family=Family.CONFIGURATION,
    method="PUT",
    path=CONFIGURATION.path,
    profile=HeaderProfile.CONTROL,
    kind=Kind.COMMAND,
)


def _command(method: str, path: str) -> Endpoint:
    return Endpoint(
        family=Family.COMMAND,
        method=method,
        path=f"{_CONTROLLER}/{{site}}/{path}",
        profile=HeaderProfile.CONTROL,
        kind=Kind.COMMAND,
    )


# The web app's own route first; the others are known from older clouds and are tried on a routing answer only
# (docs/api.md §5.1, §5.2). The singular stop route is dead on the IQ EV Charger 2.
START_ROUTES: Final = (
    _command("POST", "ev_chargers/{serial}/start_charging"),
    _command("PUT", "ev_chargers/{serial}/start_charging"),
    _command("POST", "ev_charger/{serial}/start_charging"),
)
STOP_ROUTES: Final = (
    _command("PUT", "ev_chargers/{serial}/stop_charging"),
    _command("POST", "ev_chargers/{serial}/stop_charging"),
)
TRIGGER_MESSAGE: Final = _command("POST", "ev_charger/{serial}/trigger_message")

START_LIVE_STREAM: Final = Endpoint(
    family=Family.LIVE_STREAM,
    path=_CONTROLLER + "/{site}/ev_chargers/start_live_stream",
    profile=HeaderProfile.LIVE_STREAM,
    kind=Kind.COMMAND,
)
STOP_LIVE_STREAM: Final = Endpoint(
    family=Family.LIVE_STREAM,
    path=_CONTROLLER + "/{site}/ev_chargers/stop_live_stream",
    profile=HeaderProfile.LIVE_STREAM,
    kind=Kind.COMMAND,
)

_ENROLMENT: Final = "/enrollment-mgr/api/v1/enrollment"
_TARIFFS: Final = "/service/tariff/tariff-ms/systems/{site}"

ENROLMENT_OF_SITE: Final = Endpoint(
    family=Family.VPP_ENROLMENT,
    path=_ENROLMENT + "/enrolled/{site}",
    profile=HeaderProfile.GRID_SERVICES,
    host=Host.GRID_SERVICES,
)
ENROLMENT: Final = Endpoint(
    family=Family.VPP_ENROLMENT,
    path=_ENROLMENT + "/{item}",
    profile=HeaderProfile.GRID_SERVICES,
    host=Host.GRID_SERVICES,
)
# The empty filters belong to the request: with them the reply has the recent and the coming events
EVENTS: Final = Endpoint(
    family=Family.VPP_EVENTS,
    path="/vpp-mgr/api/v1/events/get",
    profile=HeaderProfile.GRID_SERVICES,
    host=Host.GRID_SERVICES,
    query=(
        ("site_id", ""),
        ("programId", ""),
        ("start_date", ""),
        ("end_date", ""),
        ("sort_by", ""),
        ("ascending", ""),
        ("time", ""),
    ),
)
TARIFF: Final = Endpoint(
    family=Family.TARIFF,
    path=_TARIFFS + "/tariff",
    profile=HeaderProfile.TARIFF,
    query=(("include-site-details", "true"),),
)
EXPORT_RATES: Final = Endpoint(
    family=Family.DATED_RATES,
    path=_TARIFFS + "/tariffs",
    profile=HeaderProfile.TARIFF,
    query=(("rateType", "BUYBACK"), ("date", ""), ("includeUtility", "")),
)
CURRENCY: Final = Endpoint(
    family=Family.CURRENCY,
    path="/app-api/{site}/get_currency_conversion.json",
    profile=HeaderProfile.APP,
)
SAVINGS: Final = Endpoint(
    family=Family.SAVINGS,
    path="/service/savings/systems/{site}/savings",
    profile=HeaderProfile.BASE,
    query=(("resolution", "DAY"), ("date", ""), ("do_compute", "true"), ("simulated", "false")),
)
HISTORY: Final = Endpoint(
    family=Family.HISTORY,
    method="POST",
    path="/service/enho_historical_events_ms/{site}/sessions/{serial}/history",
    profile=HeaderProfile.HISTORY,
)
