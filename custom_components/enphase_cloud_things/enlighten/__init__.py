"""A client for the Enphase Enlighten cloud and its EV chargers.

`EnlightenClient` asks and commands, `Session` keeps the account signed in, `Transport` keeps the
requests within limits. Nothing here needs Home Assistant.
"""

from .client import EnlightenClient
from .control import TriggerMessage
from .endpoints import CORE_FAMILIES, Family, Hosts
from .errors import (
    AccountBlocked,
    AlreadyCharging,
    AuthenticationRequired,
    CommandOutcomeUnknown,
    CommandRejected,
    ConnectionFailed,
    EnlightenError,
    InvalidCredentials,
    InvalidResponse,
    LevelRefused,
    LoginWall,
    NoScheduleEnabled,
    NotCharging,
    NotPluggedIn,
    NotReady,
    NotSupported,
    OtpBlocked,
    OtpExpired,
    OtpRejected,
    OtpRequired,
    ProgrammeUnknown,
    RateLimited,
    Refusal,
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from .grid_services import GridServicesClient
from .headers import header_names
from .history import HistoryClient
from .limits import RequestBudget
from .models.chargers import (
    DRAWING_POWER_STATES,
    SESSION_ACTIVE_STATES,
    ChargerStatus,
    ChargerSummary,
    ChargingSession,
    Connector,
    ConnectorState,
    SiteStatus,
)
from .models.modes import ChargeMode, ConfigurationValue, GreenSettings, ModeOption, ModePreference
from .models.savings import Savings
from .models.sessions import HistorySession
from .models.site import CommandReply, LiveStream, Site
from .models.tariffs import (
    Currency,
    DatedRate,
    DatedRates,
    DayGroup,
    Period,
    RateComponent,
    Season,
    Tariff,
    TariffBranch,
    TariffStructure,
    Tier,
)
from .models.vpp import VppEvent, VppProgramme
from .monetary import MonetaryClient
from .recording.ring import Recorder
from .redact import IdKind, Pseudonyms, redact, scrub
from .signing_in.cookies import StoredCookie, new_cookie_jar
from .signing_in.credentials import Credentials, CredentialsDict
from .signing_in.guard import GuardReason, SignInGuard
from .signing_in.one_time_code import OtpChallenge
from .signing_in.session import Session
from .transport import FamilyHealth, Transport

__all__ = [
    "CORE_FAMILIES",
    "DRAWING_POWER_STATES",
    "SESSION_ACTIVE_STATES",
    "AccountBlocked",
    "AlreadyCharging",
    "AuthenticationRequired",
    "ChargeMode",
    "ChargerStatus",
    "ChargerSummary",
    "ChargingSession",
    "CommandOutcomeUnknown",
    "CommandRejected",
    "CommandReply",
    "ConfigurationValue",
    "ConnectionFailed",
    "Connector",
    "ConnectorState",
    "Credentials",
    "CredentialsDict",
    "Currency",
    "DatedRate",
    "DatedRates",
    "DayGroup",
    "EnlightenClient",
    "EnlightenError",
    "Family",
    "FamilyHealth",
    "GreenSettings",
    "GridServicesClient",
    "GuardReason",
    "HistoryClient",
    "HistorySession",
    "Hosts",
    "IdKind",
    "InvalidCredentials",
    "InvalidResponse",
    "LevelRefused",
    "LiveStream",
    "LoginWall",
    "ModeOption",
    "ModePreference",
    "MonetaryClient",
    "NoScheduleEnabled",
    "NotCharging",
    "NotPluggedIn",
    "NotReady",
    "NotSupported",
    "OtpBlocked",
    "OtpChallenge",
    "OtpExpired",
    "OtpRejected",
    "OtpRequired",
    "Period",
    "ProgrammeUnknown",
    "Pseudonyms",
    "RateComponent",
    "RateLimited",
    "Recorder",
    "Refusal",
    "RequestBudget",
    "RouteGone",
    "Savings",
    "Season",
    "ServiceUnavailable",
    "Session",
    "SignInGuard",
    "Site",
    "SiteStatus",
    "StoredCookie",
    "Tariff",
    "TariffBranch",
    "TariffStructure",
    "Tier",
    "TooManySessions",
    "Transport",
    "TriggerMessage",
    "VppEvent",
    "VppProgramme",
    "header_names",
    "new_cookie_jar",
    "redact",
    "scrub",
]
