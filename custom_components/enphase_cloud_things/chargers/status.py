"""What a charger is doing, told from its status.

The cloud says it twice: in booleans of the charger and in a type for each of its
connectors. The type is the better witness, because `charging` stays true while the
charger or the car pauses. "A session is active" and "energy flows" are kept apart
for the same reason (docs/api.md §4.6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final

from ..enlighten.models.chargers import (
    DRAWING_POWER_STATES,
    SESSION_ACTIVE_STATES,
    ChargerStatus,
    Connector,
    ConnectorState,
)
from ..enlighten.models.modes import ChargeMode, ModePreference


class ChargerState(StrEnum):
    """One plain word for what a charger is doing."""

    UNPLUGGED = "unplugged"
    READY = "ready"
    STARTING = "starting"
    CHARGING = "charging"
    STOPPING = "stopping"
    STOPPED = "stopped"
    WAITING_FOR_SUN = "waiting_for_sun"
    WAITING_FOR_SCHEDULE = "waiting_for_schedule"
    WAITING_FOR_AUTHORIZATION = "waiting_for_authorization"
    PAUSED_BY_VEHICLE = "paused_by_vehicle"
    PAUSED_BY_CHARGER = "paused_by_charger"
    FINISHING = "finishing"
    FAULTED = "faulted"
    OFFLINE = "offline"


KNOWN_CONNECTOR_STATES: Final = frozenset(state.value for state in ConnectorState)
OTHER_CONNECTOR_STATE: Final = "other"
INSUFFICIENT_SOLAR: Final = "INSUFFICIENT_SOLAR"
KNOWN_CONNECTOR_REASONS: Final = frozenset({INSUFFICIENT_SOLAR})
NO_CONNECTOR_REASON: Final = "none"
OTHER_CONNECTOR_REASON: Final = "other"

_CHARGER_STATES: Final[Mapping[str, ChargerState]] = {
    ConnectorState.CHARGING: ChargerState.CHARGING,
    ConnectorState.FINISHING: ChargerState.FINISHING,
    ConnectorState.SUSPENDED: ChargerState.PAUSED_BY_CHARGER,
    ConnectorState.SUSPENDED_EVSE: ChargerState.PAUSED_BY_CHARGER,
    ConnectorState.SUSPENDED_EV: ChargerState.PAUSED_BY_VEHICLE,
    ConnectorState.PREPARING: ChargerState.READY,
}

_IDLE_STATES: Final = frozenset({ConnectorState.AVAILABLE, ConnectorState.PREPARING})
_MODES: Final[Mapping[int, ChargeMode]] = {0: ChargeMode.MANUAL, 1: ChargeMode.GREEN}
_SCHEDULE_MODES: Final[Mapping[str, ChargeMode]] = {
    "green": ChargeMode.GREEN,
    "smart": ChargeMode.SMART,
    "scheduled": ChargeMode.SCHEDULED,
}


class _Rank(IntEnum):
    """How strongly a connector speaks for its charger; the smallest leads."""

    FAULTED = 0
    CHARGING = 1
    FINISHING = 2
    SUSPENDED = 3
    PLUGGED_IN = 4
    UNCLEAR = 5
    AVAILABLE = 6
    SILENT = 7


_RANKS: Final[Mapping[str, _Rank]] = {
    ConnectorState.FAULTED: _Rank.FAULTED,
    ConnectorState.CHARGING: _Rank.CHARGING,
    ConnectorState.FINISHING: _Rank.FINISHING,
    ConnectorState.SUSPENDED: _Rank.SUSPENDED,
    ConnectorState.SUSPENDED_EV: _Rank.SUSPENDED,
    ConnectorState.SUSPENDED_EVSE: _Rank.SUSPENDED,
    ConnectorState.PREPARING: _Rank.PLUGGED_IN,
    ConnectorState.AVAILABLE: _Rank.AVAILABLE,
}


def leading_connector(status: ChargerStatus) -> Connector | None:
    """Return the connector that speaks for the charger, `None` if there is none.

    Any faulted one comes before any charging one, then finishing, suspended, plugged
    in and available; among equals the first in the cloud's order (docs/api.md §4.6).
    """
    return min(status.connectors, key=_rank, default=None)


def of_connector(status: ChargerStatus, connector_id: int | None) -> ChargerStatus:
    """Return what the status says of one connector alone, all of it where that one is not told apart from others.

    The booleans of the charger speak for whichever of its connectors is busy.
    """
    alone = tuple(each for each in status.connectors if each.connector_id == connector_id)
    if not alone or len(status.connectors) == 1:
        return status
    return replace(status, connectors=alone, plugged_in=None, charging=None, faulted=None)


def plugged_in(status: ChargerStatus) -> bool | None:
    """Return whether a car is plugged in; `None` if neither charger nor connector says."""
    return _any_of([status.plugged_in, *(c.plugged_in for c in status.connectors)])


def faulted(status: ChargerStatus) -> bool | None:
    """Return whether the charger or any of its connectors is faulted."""
    known = KNOWN_CONNECTOR_STATES.intersection(_connector_states(status))
    return _any_of([status.faulted, *(s == ConnectorState.FAULTED for s in known)])


def session_active(status: ChargerStatus) -> bool | None:
    """Return whether a session runs: charging, or waiting inside a session.

    While the charger is offline this is what it was last known to be.
    """
    return _in_states(status, SESSION_ACTIVE_STATES)


def without_session(status: ChargerStatus) -> bool:
    """Return whether a car is plugged in and no session runs, which is more than that it pauses."""
    connector = leading_connector(status)
    idle = connector is not None and connector.state in _IDLE_STATES
    return idle and bool(plugged_in(status)) and status.connected is not False and not faulted(status)


def finishing(status: ChargerStatus) -> bool:
    """Return whether a session is at its end. Some chargers show that until the car is unplugged."""
    connector = leading_connector(status)
    return (
        status.connected is not False
        and not faulted(status)
        and (connector is not None and connector.state == ConnectorState.FINISHING)
    )


def session_goes_on(status: ChargerStatus) -> bool:
    """Return whether a session runs that is not at its end."""
    return session_active(status) is True and not finishing(status)


def drawing_power(status: ChargerStatus) -> bool | None:
    """Return whether energy flows by the words of the cloud alone (see `flow`). Never while the charger is offline.

    The `charging` boolean counts only where no connector gives its type: it stays
    true in pauses. A type nobody knows beside `charging` true leaves it open.
    """
    if status.connected is False:
        return False
    return _in_states(status, DRAWING_POWER_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What beside the status decides about the word for a charger.

    `flowing` is the judgement whether energy flows. `starting` and `stopping` say that such a command is under way,
    `stopped` that a confirmed stop has ended the flow, `unauthorized` that an accepted start waits for somebody to
    identify themselves. `preference` is the mode that a person chose.
    """

    flowing: bool | None = None
    starting: bool = False
    stopping: bool = False
    stopped: bool = False
    unauthorized: bool = False
    preference: ChargeMode | None = None


BY_WORDS_ALONE: Final = Circumstances()


def charger_state(status: ChargerStatus, circumstances: Circumstances = BY_WORDS_ALONE) -> ChargerState | None:
    """Return the one word for the charger, `None` if the cloud did not say enough.

    Precedence: offline, faulted, charging, stopping or starting, stopped, waiting, finishing, paused, ready, unplugged.
    A bare `SUSPENDED` counts as a pause by the charger.
    """
    if status.connected is False:
        return ChargerState.OFFLINE
    if faulted(status):
        return ChargerState.FAULTED
    connector = leading_connector(status)
    state = connector.state if connector else None
    if circumstances.flowing and state != ConnectorState.FINISHING:
        return ChargerState.CHARGING
    if circumstances.stopping:
        return ChargerState.STOPPING
    if circumstances.starting:
        return ChargerState.STARTING
    if plugged_in(status) is not False:
        if circumstances.stopped:
            return ChargerState.STOPPED
        if waiting := _waiting(status, circumstances):
            return waiting
    return _by_words(status)


def lacks_sun(status: ChargerStatus) -> bool:
    """Return whether the cloud says in words that there is too little sun."""
    connector = leading_connector(status)
    return connector is not None and (connector.reason or "").upper() == INSUFFICIENT_SOLAR


def withheld(status: ChargerStatus) -> bool:
    """Return whether the charger itself gives nothing to a car that would take it."""
    connector = leading_connector(status)
    return connector is not None and connector.state == ConnectorState.SUSPENDED_EVSE


def _waiting(status: ChargerStatus, circumstances: Circumstances) -> ChargerState | None:
    """Return what a car that is plugged in and draws nothing waits for."""
    if circumstances.unauthorized:
        return ChargerState.WAITING_FOR_AUTHORIZATION
    if lacks_sun(status) or (withheld(status) and effective_mode(status) is ChargeMode.GREEN):
        return ChargerState.WAITING_FOR_SUN
    connector = leading_connector(status)
    idle = connector is None or connector.state in _IDLE_STATES
    if circumstances.preference is ChargeMode.SCHEDULED and (withheld(status) or (idle and plugged_in(status))):
        return ChargerState.WAITING_FOR_SCHEDULE
    return None


def connector_reason(status: ChargerStatus) -> str | None:
    """Return the leading connector's reason in lower case, `none` without one, `other` for an unknown one."""
    connector = leading_connector(status)
    if connector is None:
        return None
    reason = (connector.reason or "").strip().upper()
    if not reason:
        return NO_CONNECTOR_REASON
    return reason.lower() if reason in KNOWN_CONNECTOR_REASONS else OTHER_CONNECTOR_REASON


def connector_status(status: ChargerStatus) -> str | None:
    """Return the leading connector's type in lower case, `other` for an unknown one."""
    connector = leading_connector(status)
    if connector is None or connector.state is None:
        return None
    if connector.state in KNOWN_CONNECTOR_STATES:
        return connector.state.lower()
    return OTHER_CONNECTOR_STATE


def effective_mode(status: ChargerStatus) -> ChargeMode | None:
    """Return what the charger does now, which is not the stored preference.

    The cloud's number is known for manual (0) and green (1). Without a known number
    the running schedule's type tells, else nothing does: unknown is not manual.
    """
    if status.mode is not None and status.mode in _MODES:
        return _MODES[status.mode]
    return _schedule_mode(status.active_schedule)


def preferred_mode(preference: ModePreference | None, status: ChargerStatus | None) -> ChargeMode | None:
    """Return the mode the user chose, from the best source there is.

    `preference` is the last one the scheduler gave, however old. Without one the type
    of the running schedule tells (docs/api.md §6.1), never the status' mode number:
    a manual start over green charging shows as manual there.
    """
    if preference is not None and preference.selected is not None:
        try:
            return ChargeMode(preference.selected)
        except ValueError:
            return None
    return _schedule_mode(status.active_schedule) if status else None


def _by_words(status: ChargerStatus) -> ChargerState | None:
    """Return what the connector's type says of a charger that draws nothing, else what the booleans say."""
    connector = leading_connector(status)
    state = connector.state if connector else None
    if state is not None and state in _CHARGER_STATES:
        return _CHARGER_STATES[state]
    if state not in KNOWN_CONNECTOR_STATES and status.charging:
        return ChargerState.CHARGING
    plugged = plugged_in(status)
    if plugged:
        return ChargerState.READY
    return ChargerState.UNPLUGGED if plugged is False or state == ConnectorState.AVAILABLE else None


def _rank(connector: Connector) -> _Rank:
    rank = _Rank.SILENT
    if connector.state is not None:
        rank = _RANKS.get(connector.state, _Rank.UNCLEAR)
    return min(rank, _Rank.PLUGGED_IN) if connector.plugged_in else rank


def _connector_states(status: ChargerStatus) -> list[str]:
    return [c.state for c in status.connectors if c.state is not None]


def _in_states(status: ChargerStatus, wanted: frozenset[ConnectorState]) -> bool | None:
    states = _connector_states(status)
    if not states:
        return status.charging
    if any(state in wanted for state in states):
        return True
    if all(state in KNOWN_CONNECTOR_STATES for state in states):
        return False
    return False if status.charging is False else None


def _any_of(values: Iterable[bool | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return any(known) if known else None


def _schedule_mode(schedule: str | None) -> ChargeMode | None:
    text = (schedule or "").lower()
    for prefix, mode in _SCHEDULE_MODES.items():
        if text.startswith(prefix):
            return mode
    return None
