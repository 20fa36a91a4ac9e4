"""The words for plans: what is to happen when a car comes, what a plan is doing, and why it cannot be carried out."""

from enum import StrEnum


class Strategy(StrEnum):
    """What happens when a car is plugged in."""

    OFF = "off"
    CHEAPEST = "cheapest"
    SUN_THEN_CHEAPEST = "sun_then_cheapest"


class PlanState(StrEnum):
    """The states of a plan, as the sensor shows them."""

    OFF = "off"
    WAITING_FOR_VEHICLE = "waiting_for_vehicle"
    WAITING_FOR_PRICES = "waiting_for_prices"
    SETTING = "setting"
    SET = "set"
    CHARGING = "charging"
    DONE = "done"
    TOO_LATE = "too_late"
    ENDED = "ended"
    FAILED = "failed"


class PlanFailure(StrEnum):
    """Why a plan could not be carried out; each is a sentence in the translations."""

    REFUSED = "refused"
    NO_EFFECT = "no_effect"
    NOT_SYNCED = "not_synced"
    UNREACHABLE = "unreachable"
    CHARGER_OFFLINE = "charger_offline"
    NO_CONTROL = "no_control"
    SIGN_IN_NEEDED = "sign_in_needed"
    SMART_MODE = "smart_mode"
    NO_SCHEDULED_MODE = "no_scheduled_mode"
    NO_POWER = "no_power"
    NO_ALLOWED_HOUR = "no_allowed_hour"
