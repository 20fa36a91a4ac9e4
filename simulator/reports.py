"""What a charger tells the cloud, and what the cloud has heard, as opposed to what the charger is doing."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .connectors import ChargeSession, Connector, ConnectorType
from .schedules import Window
from .settings import ChargeMode, Modes, Quirks

_EFFECTIVE_MODE_NUMBERS = {ChargeMode.GREEN: 1}
_ECONOMICAL_KINDS = {ChargeMode.GREEN: "greencharging", ChargeMode.SMART: "smartcharging"}
_ECONOMICAL_SPAN = timedelta(days=14)
_NEVER = datetime.min.replace(tzinfo=UTC)
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorState:
    """The reported state of one connector."""

    number: int
    type: ConnectorType
    reason: str
    plugged_in: bool
    safe_limit: bool
    load_balancing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """The reported times of the current or previous session; ``level`` is what an open transaction asked for, in A."""

    plugged_in_at: datetime
    started_at: datetime | None
    unplugged_at: datetime | None
    level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """The reported schedule that is open; ``limit`` in A, 0 for none (docs/api.md §4.5)."""

    kind: str
    start: datetime
    end: datetime
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReport:
    """Everything a charger reports at once when it changes.

    ``mode`` is the effective mode's number, ``schedule`` what the mode it was set to has open.
    """

    connectors: tuple[ConnectorState, ...]
    session: SessionState | None
    mode: int
    scheduled: bool
    schedule: ScheduleState | None
    charging: bool
    plugged_in: bool
    faulted: bool
    manufacturer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReport:
    """Meter values, which come only at report times. Energies in Wh."""

    session_wh: float
    lifetime_wh: float
    measured_at: datetime


class CloudView:
    """The cloud's last knowledge of one charger; frozen while the charger is offline."""

    def __init__(self, state: StateReport, meter: MeterReport) -> None:
        """Begin with a first, complete report."""
        self.state = state
        self.meter = meter
        self.reported_at = meter.measured_at
        self.connected = True
        self.offline_at: datetime | None = None

    def receive_state(self, state: StateReport, now: datetime) -> None:
        """Take in a changed state; nothing arrives from an offline charger."""
        if self.connected:
            self.state = state
            self.reported_at = now

    def receive_meter(self, meter: MeterReport) -> None:
        """Take in meter values; nothing arrives from an offline charger."""
        if self.connected:
            self.meter = meter
            self.reported_at = meter.measured_at

    def lose(self, now: datetime) -> None:
        """Notice that the charger is gone."""
        if self.connected:
            self.connected = False
            self.offline_at = now

    def regain(self) -> None:
        """Notice that the charger is back; ``offline_at`` stays, as in the real cloud."""
        self.connected = True


class Reporter(Protocol):
    """What of a charger goes into its reports."""

    connectors: tuple[Connector, ...]
    modes: Modes
    created_at: datetime
    lifetime_wh: float
    faulted: bool
    safe_limit: bool
    load_limit_amps: float | None
    quirks: Quirks

    @property
    def window(self) -> Window | None:
        """Return the window of the schedule that is open."""


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


class StepMeter:
    """The counters as they go into reports: those of the last step while a transaction has steps."""

    def __init__(self, charger: Reporter, now: datetime) -> None:
        """Begin with what is counted now."""
        self._charger = charger
        self._session: ChargeSession | None = None
        self._counted = meter_report(charger, now)

    def report(self, now: datetime) -> MeterReport:
        """Return what a report at ``now`` says."""
        leading = leading_connector(self._charger.connectors)
        if not leading.running or not self._charger.quirks.energy_step:
            self.count(now)
        session_wh = self._counted.session_wh if self._session is leading.session else 0.0
        return replace(self._counted, session_wh=session_wh, measured_at=now)

    def count(self, now: datetime) -> None:
        """Take a step."""
        self._session = leading_connector(self._charger.connectors).session
        self._counted = meter_report(self._charger, now)

    def step_after(self, moment: datetime) -> datetime | None:
        """Return the next moment at which the counters move by themselves, None where they have no steps."""
        quirks, session = self._charger.quirks, leading_connector(self._charger.connectors).session
        if not quirks.energy_step or session is None or session.started_at is None:
            return None
        origin = _EPOCH if quirks.energy_steps_by_clock else session.started_at
        return origin + ((moment - origin) // quirks.energy_step + 1) * quirks.energy_step
