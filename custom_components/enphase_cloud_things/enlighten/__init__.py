"""A client for the Enphase Enlighten cloud and its EV chargers.

`EnlightenClient` asks and commands, `Session` keeps the account signed in, `Transport` keeps the
requests within limits. Nothing here needs Home Assistant.
"""

from .client import EnlightenClient
from .control import TriggerMessage
from .cookies import StoredCookie, new_cookie_jar
from .credentials import Credentials, CredentialsDict
from .endpoints import Family, Hosts
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
    RateLimited,
    Refusal,
    RouteGone,
    ServiceUnavailable,
    TooManySessions,
)
from .guard import GuardReason, SignInGuard
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
from .models.site import CommandReply, LiveStream, Site
from .one_time_code import OtpChallenge
from .redact import IdKind, Pseudonyms, redact, scrub
from .session import Session
from .transport import FamilyHealth, Transport

__all__ = [
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
    "EnlightenClient",
    "EnlightenError",
    "Family",
    "FamilyHealth",
    "GreenSettings",
    "GuardReason",
    "Hosts",
    "IdKind",
    "InvalidCredentials",
    "InvalidResponse",
    "LevelRefused",
    "LiveStream",
    "LoginWall",
    "ModeOption",
    "ModePreference",
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
    "Pseudonyms",
    "RateLimited",
    "Refusal",
    "RouteGone",
    "ServiceUnavailable",
    "Session",
    "SignInGuard",
    "Site",
    "SiteStatus",
    "StoredCookie",
    "TooManySessions",
    "Transport",
    "TriggerMessage",
    "new_cookie_jar",
    "redact",
    "scrub",
]
