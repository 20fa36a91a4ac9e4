"""From a charger's true state to the reports it sends."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from .connectors import Connector, ConnectorType
from .reports import ConnectorState, MeterReport, ScheduleState, SessionState, StateReport
from .schedules import Window
from .settings import ChargeMode, Modes, Quirks

_EFFECTIVE_MODE_NUMBERS = {ChargeMode.GREEN: 1}
_ECONOMICAL_KINDS = {ChargeMode.GREEN: "greencharging", ChargeMode.SMART: "smartcharging"}
_ECONOMICAL_SPAN = timedelta(days=14)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Reporter(Protocol):
    """What of a charger goes into its reports."""

    connectors: tuple[Connector, ...]
    modes: Modes
    window: Window | None
    created_at: datetime
    lifetime_wh: float
    faulted: bool
    safe_limit: bool
    load_limit_amps: float | None
    quirks: Quirks


def state_report(charger: Reporter) -> StateReport:
    """Return what the charger reports at once whenever it changes."""
    leading = leading_connector(charger.connectors)
    overridden = leading.running and leading.manual_override
    mode = ChargeMode.MANUAL if overridden else charger.modes.active
    return StateReport(
        connectors=tuple(_connector(charger, connector) for connector in charger.connectors),
        session=_session(leading),
        mode=_EFFECTIVE_MODE_NUMBERS.get(mode, 0),
        scheduled=charger.modes.active is ChargeMode.SCHEDULED,
        schedule=_schedule(charger),
        charging=any(item.running and not item.waiting_for_authentication for item in charger.connectors),
        plugged_in=any(item.car is not None for item in charger.connectors),
        faulted=charger.faulted,
        manufacturer=leading.car.manufacturer if leading.car else None,
    )


def meter_report(charger: Reporter, now: datetime) -> MeterReport:
    """Return the meter values the charger sends at report times."""
    session = leading_connector(charger.connectors).session
    return MeterReport(
        session_wh=session.energy_wh if session else 0.0, lifetime_wh=charger.lifetime_wh, measured_at=now
    )


def leading_connector(connectors: tuple[Connector, ...]) -> Connector:
    """Return the connector whose session the cloud shows: one in use, else the one used last."""

    def rank(connector: Connector) -> tuple[bool, bool, datetime]:
        begun = connector.session.plugged_in_at if connector.session else _NEVER
        return connector.running, connector.car is not None, begun

    return max(connectors, key=rank)


def _connector(charger: Reporter, connector: Connector) -> ConnectorState:
    charging = connector.type is ConnectorType.CHARGING
    return ConnectorState(
        number=connector.number,
        type=ConnectorType(charger.quirks.charging_reads_as) if charging else connector.type,
        reason=connector.reason,
        plugged_in=connector.car is not None,
        safe_limit=charger.safe_limit or charger.quirks.safe_limit_always or not connector.running,
        load_balancing=charging and charger.load_limit_amps is not None,
    )


def _schedule(charger: Reporter) -> ScheduleState | None:
    kind = _ECONOMICAL_KINDS.get(charger.modes.active)
    if kind is not None:
        begun = charger.created_at
        return ScheduleState(kind=kind, start=begun, end=begun + _ECONOMICAL_SPAN, limit=0)
    window = charger.window
    if charger.modes.active is not ChargeMode.SCHEDULED or window is None:
        return None
    return ScheduleState(kind=window.slot.kind, start=window.start, end=window.end, limit=window.slot.amps or 0)


def _session(connector: Connector) -> SessionState | None:
    session = connector.session
    if session is None:
        return None
    return SessionState(
        plugged_in_at=session.plugged_in_at,
        started_at=session.started_at,
        unplugged_at=session.unplugged_at,
        level=session.level if connector.running else None,
    )
