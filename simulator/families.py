"""The endpoint families: what fails together, is counted together and can be broken on purpose together."""

from enum import StrEnum


class Family(StrEnum):
    """Every request belongs to exactly one family."""

    LOGIN = "login"
    ONE_TIME_CODE = "one_time_code"
    RESEND = "resend"
    JWT = "token"
    PAGE = "page"
    SITES = "sites"
    STATUS = "status"
    SUMMARY = "summary"
    LAST_REPORTED = "last_reported"
    START = "start"
    STOP = "stop"
    TRIGGER = "trigger"
    LIVE_STREAM = "live_stream"
    MODE = "mode"
    GREEN = "green"
    SCHEDULES = "schedules"
    CONFIGURATION = "configuration"
    FEATURE_FLAGS = "feature_flags"
    FIRMWARE = "firmware"
    COUNTRIES = "countries"
    VPP_ENROLMENT = "vpp_enrolment"
    VPP_EVENTS = "vpp_events"
    TARIFF = "tariff"
    DATED_RATES = "dated_rates"
    CURRENCY = "currency"
    BILLING = "billing"
    SAVINGS = "savings"
    HISTORY = "history"
    HEALTH = "health"
    UNKNOWN = "unknown"


SIGN_IN = frozenset({Family.LOGIN, Family.ONE_TIME_CODE, Family.RESEND, Family.JWT, Family.PAGE})
CHARGERS = frozenset(
    {
        Family.STATUS,
        Family.SUMMARY,
        Family.LAST_REPORTED,
        Family.START,
        Family.STOP,
        Family.TRIGGER,
        Family.LIVE_STREAM,
        Family.CONFIGURATION,
    }
)
SCHEDULER = frozenset({Family.MODE, Family.GREEN, Family.SCHEDULES})
MANAGEMENT = frozenset({Family.FEATURE_FLAGS, Family.FIRMWARE, Family.COUNTRIES})
GRID_SERVICES = frozenset({Family.VPP_ENROLMENT, Family.VPP_EVENTS})
MONEY = frozenset({Family.TARIFF, Family.DATED_RATES, Family.CURRENCY, Family.BILLING, Family.SAVINGS})
