"""What a connector does: the decision from mode, sun, schedule and car to a state and a current."""

from dataclasses import dataclass
import math

from .connectors import Connector, ConnectorType
from .hardware import ChargerModel
from .physics import accepted_amps
from .schedules import Slot
from .settings import ChargeMode

INSUFFICIENT_SOLAR = "INSUFFICIENT_SOLAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSource:
    """Everything that decides how much current a connector offers at one moment.

    ``mode`` is the effective mode, ``window`` the open schedule, ``cheap`` says
    whether energy is, ``level`` the amps the session began with (None: the maximum).
    """

    mode: ChargeMode
    model: ChargerModel
    phases: int
    level: int | None
    window: Slot | None
    cheap: bool
    surplus_watts: float
    safe_limit: bool
    load_limit_amps: float | None
    faulted: bool
    after_stop: ConnectorType
    plugged_idle: ConnectorType
    unplugged: ConnectorType


def offered_amps(source: PowerSource) -> float:
    """Return the amps per phase the charger offers, 0 when it withholds power."""
    amps = _mode_amps(source)
    if amps <= 0:
        return 0.0
    if source.safe_limit:
        return float(source.model.min_amps)
    if source.load_limit_amps is not None:
        amps = min(amps, source.load_limit_amps)
    return amps if amps >= source.model.min_amps else 0.0


def _mode_amps(source: PowerSource) -> float:
    maximum = float(source.model.max_amps)
    wanted = maximum if source.level is None else min(float(source.level), maximum)
    match source.mode:
        case ChargeMode.MANUAL:
            return wanted
        case ChargeMode.GREEN:
            solar = math.floor(source.surplus_watts / (source.model.volts * source.phases))
            return float(min(solar, source.model.max_amps)) if solar >= source.model.min_amps else 0.0
        case ChargeMode.SCHEDULED:
            if source.window is None:
                return 0.0
            return wanted if source.window.amps is None else min(float(source.window.amps), maximum)
        case ChargeMode.SMART:
            return maximum if source.cheap else 0.0


def settle(connector: Connector, source: PowerSource) -> None:
    """Put the connector into the state that follows from ``source`` and let the matching current flow."""
    connector.type, connector.reason, connector.amps = _decide(connector, source)


def _decide(connector: Connector, source: PowerSource) -> tuple[ConnectorType, str, float]:
    if source.faulted:
        return ConnectorType.FAULTED, "", 0.0
    if connector.car is None:
        return source.unplugged, "", 0.0
    if not connector.running:
        return (source.after_stop if connector.stopped_at else source.plugged_idle), "", 0.0
    if connector.waiting_for_authentication:
        return ConnectorType.SUSPENDED_EVSE, "", 0.0
    offered = offered_amps(source)
    if offered <= 0:
        reason = INSUFFICIENT_SOLAR if source.mode is ChargeMode.GREEN else ""
        return ConnectorType.SUSPENDED_EVSE, reason, 0.0
    drawn = min(offered, accepted_amps(connector.car))
    if drawn <= 0:
        return ConnectorType.SUSPENDED_EV, "", 0.0
    return ConnectorType.CHARGING, "", drawn
