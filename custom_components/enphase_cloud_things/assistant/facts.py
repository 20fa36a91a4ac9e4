"""What an assistant is told of a charger: the facts that the sensors of reason, plan and session show."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from homeassistant.core import State
from homeassistant.util.json import JsonObjectType

from ..chargers.charger import ChargerSnapshot
from ..chargers.reason import explain
from ..chargers.settings import option_of
from ..chargers.status import plugged_in
from ..const import DOMAIN
from ..entities.reason import evidence_of
from ..history.sessions import estimated_cost, session_cost
from ..plan.charger_plan import ChargerPlan
from ..plan.record import rounded
from ..plan.state import PlanState
from ..runtime import RuntimeData
from ..schedules.slots import next_scheduled_start

_READY_AT_END: Final = frozenset({PlanState.SET, PlanState.CHARGING, PlanState.WAITING_FOR_PRICES, PlanState.TOO_LATE})
"""States of a plan whose end is when the car is ready."""


def charging_facts(
    runtime: RuntimeData, charger: ChargerSnapshot, shown: State | None, now: datetime, words: Mapping[str, str]
) -> JsonObjectType:
    """Return what a charger does, why, and when it is ready.

    `shown` is what the sensor of the reason shows, which alone knows since when. `words` are the texts of a language by
    their keys.
    What the charger showed last is left out while the cloud does not answer, as its entities do.
    """
    zone, plan = runtime.chargers.zone, runtime.plans.of(charger.serial)
    explanation = explain(evidence_of(runtime, charger, plan.record.shown, now), None, now)
    since = shown.attributes.get("since") if shown is not None and shown.state == explanation.reason else None
    is_known = runtime.chargers.is_reachable and charger.present
    ends = record.plan.end if (record := plan.record).plan and plan.record.shown.state in _READY_AT_END else None
    return {
        "status": charger.state if is_known else None,
        "reason": explanation.reason,
        "explanation": words.get(f"component.{DOMAIN}.entity.sensor.reason.state.{explanation.reason}"),
        "since": _local(since, zone),
        "until": _local(explanation.until, zone),
        "evidence": list(explanation.evidence),
        "vehicle_plugged_in": plugged_in(charger.status) if is_known and charger.status else None,
        "charging": charger.flowing if is_known else None,
        "estimated_power_w": charger.measurements.power if is_known else None,
        "charge_mode": option_of(charger.mode),
        "ready": plan.record.shown.state is PlanState.DONE,
        "ready_at": _local(ends, zone),
        "plan": _plan_facts(plan, zone),
        "next_scheduled_start": _local(
            next_scheduled_start(charger.schedule.slots, now, zone) if charger.schedule else None, zone
        ),
        "session": session_facts(runtime, charger),
    }


def session_facts(runtime: RuntimeData, charger: ChargerSnapshot) -> JsonObjectType | None:
    """Return the figures of the session that runs or was the last one, `None` if there was none."""
    figures, zone = charger.measurements, runtime.chargers.zone
    session = charger.status.session if charger.status else None
    started_at = (session.started_at if session else None) or figures.session_started_at
    if started_at is None and not figures.session_energy:
        return None
    told = session_cost(session, runtime.history.data.of(charger.serial))
    estimate = estimated_cost(session, figures)
    return {
        "running": charger.session_active,
        "started_at": _local(started_at, zone),
        "energy_kwh": rounded(figures.session_energy),
        "duration_minutes": rounded(figures.session_duration),
        "cost": rounded(estimate if told is None else told),
        "cost_is_estimated": told is None and estimate is not None,
        "currency": runtime.currency.data,
    }


def _plan_facts(plan: ChargerPlan, zone: tzinfo) -> JsonObjectType:
    record = plan.record
    planned, goal = record.plan, record.goal
    return {
        "state": record.shown.state,
        "strategy": goal.strategy if goal else record.standing.strategy,
        "wanted_energy_kwh": rounded(goal.energy if goal else record.standing.energy),
        "ready_by": _local(goal.ready_by, zone) if goal else record.standing.ready_by.isoformat("minutes"),
        "start": _local(planned.start if planned else None, zone),
        "end": _local(planned.end if planned else None, zone),
        "cost": rounded(planned.cost) if planned else None,
        "missing_energy_kwh": rounded(planned.missing) if planned else None,
        "failure": record.failure,
    }


def _local(moment: datetime | None, zone: tzinfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None
