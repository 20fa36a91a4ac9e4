"""What a charger has told the cloud, as opposed to what it is doing."""

from dataclasses import dataclass
from datetime import datetime

from .connectors import ConnectorType


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
