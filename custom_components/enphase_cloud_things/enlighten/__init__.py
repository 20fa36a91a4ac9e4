"""A client for the Enphase Enlighten cloud and its EV chargers.

`EnlightenClient` asks and commands, `Session` keeps the account signed in, `Transport` keeps the
requests within limits. Nothing here needs Home Assistant.

What stands here is what somebody who uses the client names: its parts, its errors, and the models that its methods
return. What is found inside of a model stands in the model's own module.
"""

from .client import EnlightenClient
from .endpoints import CORE_FAMILIES, Family, Hosts, header_names
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
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from .grid_services import GridServicesClient
from .history import HistoryClient
from .limits import RequestBudget
from .models.chargers import ChargerStatus, ChargerSummary, ChargingSession, SiteStatus
from .models.firmware import FirmwareDetails
from .models.modes import ChargeMode, ConfigurationValue, GreenSettings, ModePreference
from .models.savings import Savings
from .models.schedules import Schedule, Slot, new_slot
from .models.sessions import HistorySession
from .models.site import CommandReply, Site, TriggerMessage
from .models.tariffs import Currency, DatedRates, Tariff
from .models.vpp import VppEvent, VppProgram
from .monetary import MonetaryClient
from .recording.document import as_document
from .recording.pseudonyms import Pseudonyms
from .recording.ring import LONGEST_RECORDING, Recorded, Recorder
from .recording.unknown_shapes import unknown_shapes
from .redact import redact
from .schedules import SchedulesClient
from .session.login import OtpChallenge
from .session.session import Session
from .session.state import Credentials, new_cookie_jar
from .transport import Transport

__all__ = [
    "CORE_FAMILIES",
    "LONGEST_RECORDING",
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
    "Credentials",
    "Currency",
    "DatedRates",
    "EnlightenClient",
    "EnlightenError",
    "Family",
    "FirmwareDetails",
    "GreenSettings",
    "GridServicesClient",
    "HistoryClient",
    "HistorySession",
    "Hosts",
    "InvalidCredentials",
    "InvalidResponse",
    "LevelRefused",
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
    "ProgramUnknown",
    "Pseudonyms",
    "RateLimited",
    "Recorded",
    "Recorder",
    "RequestBudget",
    "RouteGone",
    "Savings",
    "Schedule",
    "SchedulesClient",
    "ServiceUnavailable",
    "Session",
    "Site",
    "SiteStatus",
    "Slot",
    "Tariff",
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
    "unknown_shapes",
]
