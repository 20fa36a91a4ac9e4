"""Why a charger does what it does: one reason, chosen from the evidence, the most specific first.

What keeps everything else from being known comes first: no session with the cloud, no answer, no charger. Then come
what people did, what waits for something outside the charger, and what charger and car do by themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ConnectorState
from ..enlighten.models.modes import ChargeMode
from .status import effective_mode, faulted, lacks_sun, leading_connector, plugged_in, withheld


class Reason(StrEnum):
    """Why the charger does what its status says."""

    NO_VEHICLE = "no_vehicle"
    CHARGING_AS_ASKED = "charging_as_asked"
    COMMAND_UNDER_WAY = "command_under_way"
    STOPPED_BY_REQUEST = "stopped_by_request"
    VEHICLE_DOES_NOT_DRAW = "vehicle_does_not_draw"
    WAITING_FOR_SUN = "waiting_for_sun"
    WAITING_FOR_SCHEDULE = "waiting_for_schedule"
    WAITING_FOR_PLAN = "waiting_for_plan"
    WAITING_FOR_AUTHORIZATION = "waiting_for_authorization"
    LOAD_MANAGEMENT = "load_management"
    SAFE_LIMIT = "safe_limit"
    GRID_EVENT = "grid_event"
    STORM_GUARD = "storm_guard"
    SCHEDULER_DOWN = "scheduler_down"
    FAULT = "fault"
    CHARGER_OFFLINE = "charger_offline"
    CLOUD_UNREACHABLE = "cloud_unreachable"
    SIGN_IN_NEEDED = "sign_in_needed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a reason is chosen from, as far as known.

    `flowing` is the judgement whether energy flows. `command` names the command under way, `stopped` says that a
    confirmed stop has ended the flow, `unauthorized` that an accepted start waits for somebody to identify themselves.
    `safe_limit` says that a safe limit agrees with the measured energy. `grid_event_until` is the end of the event that
    is under way; `plan` says that an own plan waits for its next window, at `plan_start`; `schedule_start` is the next
    window of the charger's own schedule.
    """

    sign_in_needed: bool = False
    reachable: bool = True
    status: ChargerStatus | None = None
    preference: ChargeMode | None = None
    flowing: bool | None = None
    command: str | None = None
    stopped: bool = False
    unauthorized: bool = False
    safe_limit: bool = False
    grid_event: bool = False
    grid_event_until: datetime | None = None
    storm_guard: bool = False
    scheduler_down: bool = False
    plan: bool = False
    plan_start: datetime | None = None
    schedule_start: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A reason, since when it holds, until when where that is known, and the facts it was chosen by."""

    reason: Reason
    since: datetime | None = None
    until: datetime | None = None
    evidence: tuple[str, ...] = ()


type _Rule = Callable[[Evidence, ChargerStatus], bool]

_LONGEST_TEXT: Final = 100
_GIVES_NOTHING: Final = frozenset({ConnectorState.SUSPENDED_EVSE, ConnectorState.SUSPENDED})


def explain(evidence: Evidence, before: Explanation | None, now: datetime) -> Explanation:
    """Return why, with the time since when from the explanation `before`."""
    reason = _reason(evidence)
    since = before.since if before is not None and before.reason is reason else now
    return Explanation(reason=reason, since=since, until=_until(reason, evidence), evidence=_facts(evidence))


def _reason(evidence: Evidence) -> Reason:
    if evidence.sign_in_needed:
        return Reason.SIGN_IN_NEEDED
    if not evidence.reachable:
        return Reason.CLOUD_UNREACHABLE
    status = evidence.status
    if status is None:
        return Reason.UNKNOWN
    return next((reason for reason, holds in _RULES if holds(evidence, status)), Reason.UNKNOWN)


def _until(reason: Reason, evidence: Evidence) -> datetime | None:
    match reason:
        case Reason.GRID_EVENT:
            return evidence.grid_event_until
        case Reason.WAITING_FOR_PLAN:
            return evidence.plan_start
        case Reason.WAITING_FOR_SCHEDULE:
            return evidence.schedule_start
    return None


def _facts(evidence: Evidence) -> tuple[str, ...]:
    """Return the facts in words, without times: they change while the reason stays."""
    status, facts = evidence.status, list[str]()
    if status is not None:
        connector = leading_connector(status)
        if connector is not None and connector.state:
            facts.append(f"connector_status: {connector.state.lower()}")
        if connector is not None and connector.reason:
            facts.append(f"connector_reason: {connector.reason[:_LONGEST_TEXT]}")
        if connector is not None and connector.load_balancing_active:
            facts.append("load_balancing_active")
        if (mode := effective_mode(status)) is not None:
            facts.append(f"mode: {mode.name.lower()}")
    if evidence.preference is not None:
        facts.append(f"chosen_mode: {evidence.preference.name.lower()}")
    if evidence.flowing is not None:
        facts.append("energy_flows" if evidence.flowing else "no_energy_flows")
    if evidence.command is not None:
        facts.append(f"command: {evidence.command}")
    facts += [name for name in _FLAGS if name in _raised(evidence)]
    return tuple(facts)


_FLAGS: Final = ("stopped", "unauthorized", "safe_limit", "grid_event", "storm_guard", "scheduler_down", "plan")


def _raised(evidence: Evidence) -> set[str]:
    flags = {
        "stopped": evidence.stopped,
        "unauthorized": evidence.unauthorized,
        "safe_limit": evidence.safe_limit,
        "grid_event": evidence.grid_event,
        "storm_guard": evidence.storm_guard,
        "scheduler_down": evidence.scheduler_down,
        "plan": evidence.plan,
    }
    return {name for name, raised in flags.items() if raised}


def _is_unplugged(status: ChargerStatus) -> bool:
    plugged, connector = plugged_in(status), leading_connector(status)
    available = connector is not None and connector.state == ConnectorState.AVAILABLE
    return plugged is False or (plugged is None and available)


def _gives_nothing(status: ChargerStatus) -> bool:
    connector = leading_connector(status)
    return connector is not None and connector.state in _GIVES_NOTHING


def _is_limited_by_load(status: ChargerStatus) -> bool:
    return any(connector.load_balancing_active for connector in status.connectors)


def _waits_for_sun(evidence: Evidence, status: ChargerStatus) -> bool:
    return not evidence.flowing and withheld(status) and effective_mode(status) is ChargeMode.GREEN


def _waits_for_schedule(evidence: Evidence, status: ChargerStatus) -> bool:
    """Return whether the mode that a person chose keeps the car waiting: the mode in force does not know schedules."""
    if evidence.flowing or evidence.preference is not ChargeMode.SCHEDULED:
        return False
    connector = leading_connector(status)
    return connector is None or connector.state not in {ConnectorState.SUSPENDED_EV, ConnectorState.FINISHING}


def _vehicle_pauses(status: ChargerStatus) -> bool:
    connector = leading_connector(status)
    return connector is not None and connector.state in {ConnectorState.SUSPENDED_EV, ConnectorState.FINISHING}


_RULES: Final[tuple[tuple[Reason, _Rule], ...]] = (
    (Reason.CHARGER_OFFLINE, lambda _, status: status.connected is False),
    (Reason.FAULT, lambda _, status: faulted(status) is True),
    (Reason.COMMAND_UNDER_WAY, lambda evidence, _: evidence.command is not None),
    (Reason.SAFE_LIMIT, lambda evidence, _: evidence.flowing is True and evidence.safe_limit),
    (Reason.LOAD_MANAGEMENT, lambda evidence, status: evidence.flowing is True and _is_limited_by_load(status)),
    (Reason.CHARGING_AS_ASKED, lambda evidence, _: evidence.flowing is True),
    (Reason.NO_VEHICLE, lambda _, status: _is_unplugged(status)),
    (Reason.STOPPED_BY_REQUEST, lambda evidence, _: evidence.stopped),
    (Reason.WAITING_FOR_AUTHORIZATION, lambda evidence, _: evidence.unauthorized),
    (Reason.WAITING_FOR_SUN, lambda _, status: lacks_sun(status)),
    (Reason.LOAD_MANAGEMENT, lambda _, status: _gives_nothing(status) and _is_limited_by_load(status)),
    (Reason.GRID_EVENT, lambda evidence, status: evidence.grid_event and _gives_nothing(status)),
    (Reason.STORM_GUARD, lambda evidence, status: evidence.storm_guard and _gives_nothing(status)),
    (Reason.WAITING_FOR_SUN, _waits_for_sun),
    (Reason.SCHEDULER_DOWN, lambda evidence, status: evidence.scheduler_down and _waits_for_schedule(evidence, status)),
    (Reason.WAITING_FOR_PLAN, lambda evidence, status: evidence.plan and not _vehicle_pauses(status)),
    (Reason.WAITING_FOR_SCHEDULE, _waits_for_schedule),
    (Reason.VEHICLE_DOES_NOT_DRAW, lambda _, status: _vehicle_pauses(status)),
)
