"""The actions that plan charging, and cancel what was planned."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import probatio

from ..const import DOMAIN
from ..errors import validation_error
from ..plan.charger_plan import ChargerPlan
from ..plan.planner import LONGEST_AHEAD
from ..plan.record import described_plan
from ..plan.state import PlanFailure, PlanState, Strategy
from ..plan.visit import VisitGoal, next_time
from ..timer import async_pass
from .action import Action, async_act
from .rights import Right
from .targets import ChargerTarget, async_targeted_chargers

ATTR_ENERGY: Final = "energy"
ATTR_READY_BY: Final = "ready_by"
ATTR_STRATEGY: Final = "strategy"
ATTR_MAX_PRICE: Final = "max_price"

WAIT: Final = timedelta(seconds=25)
"""How long a call waits for the charger to have the plan."""
_SENTENCES: Final[Mapping[PlanFailure, str]] = {
    PlanFailure.REFUSED: "plan_refused",
    PlanFailure.NO_EFFECT: "plan_no_effect",
    PlanFailure.NOT_SYNCED: "plan_not_synced",
    PlanFailure.UNREACHABLE: "plan_unreachable",
    PlanFailure.CHARGER_OFFLINE: "plan_charger_offline",
    PlanFailure.NO_CONTROL: "no_control",
    PlanFailure.SIGN_IN_NEEDED: "plan_sign_in_needed",
    PlanFailure.SMART_MODE: "plan_smart_mode",
    PlanFailure.NO_SCHEDULED_MODE: "plan_no_scheduled_mode",
    PlanFailure.NO_POWER: "plan_no_power",
    PlanFailure.NO_ALLOWED_HOUR: "plan_no_allowed_hour",
}
_LOOK: Final = timedelta(seconds=1)


async def _async_plan(call: ServiceCall) -> ServiceResponse:
    async def plan(target: ChargerTarget) -> JsonObjectType:
        charger_plan = target.runtime.plans.of(target.serial)
        await charger_plan.async_plan(_goal(call, target, charger_plan))
        await _async_wait(call, charger_plan)
        if charger_plan.record.shown.state is PlanState.FAILED:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=_SENTENCES[charger_plan.record.failure or PlanFailure.NO_EFFECT],
                translation_placeholders={"name": target.name},
            )
        return _described(target, charger_plan)

    return await async_act(call, await async_targeted_chargers(call, Right.CONTROL), plan)


async def _async_cancel(call: ServiceCall) -> ServiceResponse:
    async def cancel(target: ChargerTarget) -> JsonObjectType:
        charger_plan = target.runtime.plans.of(target.serial)
        await charger_plan.async_cancel()
        return _described(target, charger_plan)

    return await async_act(call, await async_targeted_chargers(call, Right.CONTROL), cancel)


def _goal(call: ServiceCall, target: ChargerTarget, plan: ChargerPlan) -> VisitGoal:
    standing = plan.record.standing
    now, zone = dt_util.utcnow(), target.runtime.chargers.zone
    ready_by: time | datetime = call.data.get(ATTR_READY_BY, standing.ready_by)
    if isinstance(ready_by, datetime):
        moment = dt_util.as_utc(ready_by if ready_by.tzinfo else ready_by.replace(tzinfo=zone))
    else:
        moment = next_time(ready_by, now, zone)
    if moment <= now:
        raise validation_error("ready_by_past", target.name)
    if moment > now + LONGEST_AHEAD:
        raise validation_error("ready_by_too_far", target.name, days=str(LONGEST_AHEAD.days))
    energy: float = call.data.get(ATTR_ENERGY, standing.energy)
    if energy <= 0:
        raise validation_error("plan_without_energy", target.name)
    fallback = Strategy.CHEAPEST if standing.strategy is Strategy.OFF else standing.strategy
    return VisitGoal(
        strategy=call.data.get(ATTR_STRATEGY, fallback),
        energy=energy,
        ready_by=moment,
        max_price=call.data.get(ATTR_MAX_PRICE),
    )


async def _async_wait(call: ServiceCall, plan: ChargerPlan) -> None:
    """Wait until the charger has the plan, or it is clear that it will not."""
    deadline = dt_util.utcnow() + WAIT
    while plan.is_unsettled and dt_util.utcnow() < deadline:
        await async_pass(call.hass, _LOOK)


def _described(target: ChargerTarget, plan: ChargerPlan) -> JsonObjectType:
    zone = target.runtime.chargers.zone
    goal = plan.record.goal
    return {
        "status": plan.record.shown.state,
        "ready_by": goal.ready_by.astimezone(zone).isoformat() if goal else None,
        "failure": plan.record.failure,
        **described_plan(plan.record.plan, zone),
    }


def _time_or_moment(value: object) -> time | datetime:
    """Read a time of day, or a date and time."""
    try:
        return cv.time(value)
    except probatio.Invalid:
        return cv.datetime(value)


ACTIONS: Final = (
    Action(
        name="plan_charging",
        handler=_async_plan,
        schema=cv.make_entity_service_schema(
            {
                probatio.Optional(ATTR_ENERGY): probatio.All(probatio.Coerce(float), probatio.Range(min=0, max=500)),
                probatio.Optional(ATTR_READY_BY): _time_or_moment,
                probatio.Optional(ATTR_STRATEGY): probatio.All(
                    probatio.In([Strategy.CHEAPEST, Strategy.SUN_THEN_CHEAPEST]), probatio.Coerce(Strategy)
                ),
                probatio.Optional(ATTR_MAX_PRICE): probatio.Coerce(float),
            }
        ),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="cancel_plan",
        handler=_async_cancel,
        schema=cv.make_entity_service_schema({}),
        response=SupportsResponse.OPTIONAL,
    ),
)
