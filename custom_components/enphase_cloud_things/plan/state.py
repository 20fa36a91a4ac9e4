"""What a plan is doing, in one word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .planner import ChargingPlan


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
    """Why a plan could not be carried out; each is a sentence in the translations.

    `OVERTAKEN` is none that anybody sees: the plan was not wanted any more while it was being set.
    """

    OVERTAKEN = "overtaken"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What the state of a plan follows from.

    `wanted`: a strategy is chosen, or a plan was asked for this visit. `setting`: writes are under way. `confirmed`:
    the charger has the plan. `in_sun`: the charger is left to the sun until the windows begin. `reached`: the energy is
    in the car. `ended`: a person started, stopped or chose a mode in this visit.
    """

    now: datetime
    wanted: bool
    plugged_in: bool
    plan: ChargingPlan | None = None
    setting: bool = False
    confirmed: bool = False
    in_sun: bool = False
    charging: bool = False
    reached: bool = False
    ended: bool = False
    failure: PlanFailure | None = None


def plan_state(facts: PlanFacts) -> PlanState:
    """Return the state of a plan.

    A person's choice is shown over everything else of the visit, and a failure over the plan's progress. A plan that
    cannot be in time stays `too_late` while it charges, and one that waits for prices does so with its windows set:
    they are what remains if none come.
    """
    if not facts.wanted:
        return PlanState.OFF
    if facts.ended:
        return PlanState.ENDED
    if facts.failure is not None:
        return PlanState.FAILED
    if not facts.plugged_in:
        return PlanState.WAITING_FOR_VEHICLE
    if facts.reached:
        return PlanState.DONE
    if facts.plan is None or facts.setting:
        return PlanState.SETTING
    return _progress(facts, facts.plan)


def _progress(facts: PlanFacts, plan: ChargingPlan) -> PlanState:
    if not facts.in_sun and (plan.end is None or plan.end <= facts.now):
        return PlanState.WAITING_FOR_PRICES if plan.awaits_prices else PlanState.DONE
    if plan.too_late:
        return PlanState.TOO_LATE
    if facts.charging and (facts.in_sun or is_open(plan, facts.now)):
        return PlanState.CHARGING
    if plan.awaits_prices:
        return PlanState.WAITING_FOR_PRICES
    return PlanState.SET if facts.confirmed else PlanState.SETTING


def is_open(plan: ChargingPlan, now: datetime) -> bool:
    """Return whether a window is open now."""
    return any(window.start <= now < window.end for window in plan.windows)
