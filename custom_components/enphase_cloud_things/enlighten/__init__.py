"""A client for the Enphase Enlighten cloud and its EV chargers.

`EnlightenClient` asks and commands, `Session` keeps the account signed in, `Transport` keeps the
requests within limits. Nothing here needs Home Assistant.
"""

from .client import EnlightenClient
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
    NoScheduleEnabled,
    NotCharging,
    NotPluggedIn,
    NotReady,
    NotSupported,
    OtpBlocked,
    OtpExpired,
    OtpMissing,
    OtpRejected,
    OtpRequired,
    ProgramUnknown,
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
from .models.firmware import FirmwareDetails
from .models.modes import ChargeMode, ConfigurationValue, GreenSettings, ModeOption, ModePreference
from .models.savings import Savings
from .models.schedules import Schedule, Slot, SlotKind, new_slot
from .models.sessions import HistorySession
from .models.site import CommandReply, LiveStream, Site, TriggerMessage
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
from .models.vpp import VppEvent, VppProgram
from .monetary import MonetaryClient
from .recording.document import as_document
from .recording.pseudonyms import Pseudonyms
from .recording.ring import LONGEST_RECORDING, Recorded, Recorder
from .recording.unknown_shapes import unknown_shapes
from .redact import redact, scrub
from .schedules import SchedulesClient
from .session.cookies import StoredCookie, new_cookie_jar
from .session.login import OtpChallenge
from .session.session import Session
from .session.state import Credentials, GuardReason, SignInGuard
from .transport import FamilyHealth, Transport

__all__ = [
    "CORE_FAMILIES",
    "DRAWING_POWER_STATES",
    "LONGEST_RECORDING",
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
    "Currency",
    "DatedRate",
    "DatedRates",
    "DayGroup",
    "EnlightenClient",
    "EnlightenError",
    "Family",
    "FamilyHealth",
    "FirmwareDetails",
    "GreenSettings",
    "GridServicesClient",
    "GuardReason",
    "HistoryClient",
    "HistorySession",
    "Hosts",
    "InvalidCredentials",
    "InvalidResponse",
    "LevelRefused",
    "LiveStream",
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
    "OtpMissing",
    "OtpRejected",
    "OtpRequired",
    "Period",
    "ProgramUnknown",
    "Pseudonyms",
    "RateComponent",
    "RateLimited",
    "Recorded",
    "Recorder",
    "Refusal",
    "RequestBudget",
    "RouteGone",
    "Savings",
    "Schedule",
    "SchedulesClient",
    "Season",
    "ServiceUnavailable",
    "Session",
    "SignInGuard",
    "Site",
    "SiteStatus",
    "Slot",
    "SlotKind",
    "StoredCookie",
    "Tariff",
    "TariffBranch",
    "TariffStructure",
    "Tier",
    "TooManySessions",
    "Transport",
    "TriggerMessage",
    "VppEvent",
    "VppProgram",
    "as_document",
    "header_names",
    "new_cookie_jar",
    "new_slot",
    "redact",
    "scrub",
    "unknown_shapes",
]
