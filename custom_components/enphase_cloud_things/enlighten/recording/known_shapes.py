"""Every shape that docs/api.md knows, as one table: what stands where in a reply, and what it means.

The table is written by hand from docs/api.md and reads like its examples. It is not derived from the models: these read
only what the integration uses and take nearly anything for it, so they could tell neither a new field from one that is
left alone nor an odd spelling from an ordinary one. A test holds the table against every example of docs/api.md, so
that the two cannot part.

The recording leans on it, too: a field is handed out as it is only where the table says that its kind is harmless.
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
import re
from typing import Final

from .account_shapes import CLAIMS, CURRENCY_CONVERSION, DATED_RATES, EVENT, LOGIN, SAVINGS, SITES, TARIFF
from .charger_shapes import (
    ACCEPTED,
    CHARGERS,
    COMMAND,
    FIRMWARE,
    GREEN,
    GREEN_SETTING,
    HISTORY,
    MODE,
    PREFERENCE,
    SETTING,
    SLOT,
    SLOTS,
    STATUS,
)
from .kinds import Kind
from .shape import COMMON, EACH, FLAG, ID, NAME, NUMBER, PROBLEM, TIME, WORD, ZONE, Shape, words

_MODES: Final = "/service/evse_scheduler/api/v1/iqevc/charging-mode"
_TARIFFS: Final = "/service/tariff/tariff-ms/systems/{site}"
# What stands beside the program is not known for certain (docs/api.md §8.1), and tells nothing
_ENROLMENT: Final[Mapping[str, Shape]] = {"id": ID, "site_id": ID, "status": WORD}
_BY_PATH: Final[Mapping[str, Shape]] = {
    "/login/login.json": LOGIN,
    "/login/login": LOGIN,
    "/app-api/validate_login_otp": LOGIN,
    "/app-api/generate_mfa_login_otp": LOGIN,
    "/users/self/token": LOGIN,
    "/app-api/search_sites.json": SITES,
    "/service/evse_controller/{site}/ev_chargers/status": STATUS,
    "/service/evse_controller/api/v2/{site}/ev_chargers/status": STATUS,
    "/service/evse_controller/{site}/ev_chargers/summary": CHARGERS,
    "/service/evse_controller/api/v2/{site}/ev_chargers/summary": CHARGERS,
    "/service/evse_controller/api/v2/{site}/ev_chargers/{serial}/summary": CHARGERS,
    "/service/evse_controller/api/v1/{site}/ev_chargers/{serial}/ev_charger_config": {"data": (SETTING,)},
    "/service/evse_management/fwDetails/{site}": FIRMWARE,
    "/service/evse_controller/{site}/ev_chargers/start_live_stream": COMMAND,
    "/service/evse_controller/{site}/ev_chargers/stop_live_stream": COMMAND,
    "/service/evse_controller/{site}/ev_chargers/{serial}/{command}": COMMAND,
    "/service/evse_controller/{site}/ev_charger/{serial}/{command}": COMMAND,
    _MODES + "/{site}/{serial}/preference": PREFERENCE,
    _MODES + "/GREEN_CHARGING/{site}/{serial}/settings": GREEN,
    _MODES + "/SCHEDULED_CHARGING/{site}/{serial}/schedules": SLOTS,
    _MODES + "/SCHEDULED_CHARGING/{site}/{serial}/schedule": SLOTS,
    _MODES + "/SCHEDULED_CHARGING/{site}/{serial}/schedule/{slot}": SLOTS,
    "/service/enho_historical_events_ms/{site}/sessions/{serial}/history": HISTORY,
    "/enrollment-mgr/api/v1/enrollment/enrolled/{site}": {"data": ID},
    "/enrollment-mgr/api/v1/enrollment/{item}": {"data": {"program_id": ID, **_ENROLMENT}},
    "/vpp-mgr/api/v1/events/get": {"data": (EVENT,)},
    _TARIFFS + "/tariff": TARIFF,
    _TARIFFS + "/tariffs": DATED_RATES,
    "/app-api/{site}/get_currency_conversion.json": CURRENCY_CONVERSION,
    "/service/savings/systems/{site}/savings": SAVINGS,
}
SENT: Final[Mapping[str, Shape]] = {
    **GREEN_SETTING,
    **SETTING,
    **SLOT,
    "chargerSettingList": (GREEN_SETTING,),
    "connectorId": NUMBER,
    "mode": MODE["chargingMode"],
    "requestedMessage": ACCEPTED["message"],
    "source": words("evse"),
    "params": {"offset": NUMBER, "limit": NUMBER, "startDate": TIME, "endDate": TIME, "timezone": ZONE},
    "meta": COMMON["meta"],
    "data": (SLOT,),
    "error": {},
    EACH: words("ENABLED DISABLED"),
}
"""Whatever the client sends."""
QUERY: Final[Mapping[str, Shape]] = {
    "searchText": NAME,
    "favourite": FLAG,
    "filter_retired": FLAG,
    "site_id": ID,
    "programId": ID,
    "date": TIME,
    "start_date": TIME,
    "end_date": TIME,
    "sort_by": WORD,
    "ascending": FLAG,
    "time": TIME,
    "include-site-details": FLAG,
    "rateType": words("BUYBACK"),
    "includeUtility": FLAG,
    "resolution": words("DAY"),
    "do_compute": FLAG,
    "simulated": FLAG,
}
"""The parameters of all requests."""

KNOWN_STATUSES: Final = frozenset(
    {200, 201, 202, 204, 205, 302, 303, 400, 401, 403, 404, 405, 406, 409, 422, 429, 466, 468, 472, 473}
    | {500, 502, 503, 504, 550, 551, 552}
)


def shape_of(path: str, status: int) -> Shape | None:
    """Return what a reply may look like; `None` where nothing is known of the path."""
    if status >= HTTPStatus.BAD_REQUEST:
        return PROBLEM
    for pattern, shape in _patterns():
        if pattern.fullmatch(path):
            return shape if isinstance(shape, Kind) else {**COMMON, **shape} if isinstance(shape, Mapping) else shape
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Shape], ...]:
    """Return the paths of the table, those without placeholders in their last part first."""
    ordered = sorted(_BY_PATH.items(), key=lambda row: row[0].endswith("}"))
    return tuple((re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), shape) for path, shape in ordered)


def field_names() -> frozenset[str]:
    """Return the names of all known fields."""
    return frozenset(name for shape in (*_BY_PATH.values(), PROBLEM, COMMON, CLAIMS) for name in _names(shape))


def known_words() -> frozenset[str]:
    """Return all words that known fields are known to hold."""
    return frozenset(word for shape in _BY_PATH.values() for word in _words(shape))


def _names(shape: Shape) -> list[str]:
    match shape:
        case Mapping():
            return [*shape, *(name for inner in shape.values() for name in _names(inner))]
        case tuple((inner,)):
            return _names(inner)
    return []


def _words(shape: Shape) -> list[str]:
    match shape:
        case Mapping():
            return [word for inner in shape.values() for word in _words(inner)]
        case tuple((inner,)):
            return _words(inner)
        case frozenset():
            return list(shape)
    return []
