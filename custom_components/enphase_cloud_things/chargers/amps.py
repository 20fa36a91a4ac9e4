"""Which charging currents a charger takes, and which one it works with.

A level is only ever sent inside bounds that the charger itself gave: an invented default may be more than the
circuit behind the charger carries.
"""

from dataclasses import dataclass
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ChargerSummary
from ..enlighten.models.modes import ChargeMode
from .status import session_active

LEVEL_MODES: Final = frozenset({ChargeMode.MANUAL, ChargeMode.SCHEDULED})
"""Modes that take a charging level; in the others one would force charging at full power (docs/api.md §5.1)."""

_AGREEING: Final = 1.25
"""A car may take a little more than the current says, for the voltage is a nominal one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmpsBounds:
    """The currents (A) a charger offers: `low`, `low + step`, … up to `high`."""

    low: int
    high: int
    step: int = 1

    def nearest(self, amps: float) -> int:
        """Return the highest offered current that is not above the wish, at least the lowest one."""
        steps = (min(int(amps), self.high) - self.low) // self.step
        return self.low + max(steps, 0) * self.step

    def offers(self, amps: float) -> bool:
        """Tell whether the charger takes exactly this current."""
        return self.nearest(amps) == amps


def amps_bounds(summary: ChargerSummary | None) -> AmpsBounds | None:
    """Return the currents the charger offers (docs/api.md §3.2), `None` while it has not named both ends."""
    if summary is None or summary.amps_min is None:
        return None
    high = summary.amps_max if summary.amps_max is not None else summary.max_current
    if high is None or not 0 < summary.amps_min <= high:
        return None
    step = summary.amps_step or 1
    return AmpsBounds(low=summary.amps_min, high=high, step=max(step, 1))


def start_level(summary: ChargerSummary | None, mode: ChargeMode | None, setpoint: int | None) -> int | None:
    """Return the current (A) that a start asks for when nobody named one, `None` to leave it to the charger."""
    return setpoint if mode in LEVEL_MODES and amps_bounds(summary) else None


def given_level(status: ChargerStatus) -> int | None:
    """Return the current (A) that the session was started with, `None` where the cloud does not tell."""
    return (status.session and status.session.charge_level) or status.charge_level


def safe_limited(status: ChargerStatus, *, power: float | None, least_power: float | None) -> bool:
    """Return whether a safe limit holds a charging car at the charger's own minimum.

    The flag alone says nothing, also while charging: the measured `power` has to agree with `least_power`, what the
    lowest current gives (W; docs/api.md §4.5, docs/traps.md 67).
    """
    if not any(connector.safe_limit for connector in status.connectors):
        return False
    return power is not None and least_power is not None and 0 < power <= least_power * _AGREEING


def running_amps(
    status: ChargerStatus | None,
    summary: ChargerSummary | None,
    setpoint: int | None,
    *,
    flowing: bool | None,
    safe_limit: bool = False,
) -> int | None:
    """Return the current (A) that the running session was given, else the setpoint of the next one.

    `safe_limit` says that a safe limit holds it at the charger's minimum (see `safe_limited`).
    """
    if status is None or not (flowing or session_active(status)):
        return setpoint
    if flowing and safe_limit and summary and summary.amps_min:
        return summary.amps_min
    return given_level(status) or setpoint


def amps_to_apply(
    status: ChargerStatus | None,
    summary: ChargerSummary | None,
    mode: ChargeMode | None,
    setpoint: int | None,
    *,
    flowing: bool | None,
    before: int | None,
) -> int | None:
    """Return the setpoint (A) if a running session should be restarted to get it, else `None`.

    Only while energy flows, only in a mode that takes a level, only within known bounds, and only if the session runs
    at another current. Where the cloud does not tell at which it runs, that is taken to be the setpoint `before`.
    """
    if status is None or not flowing:
        return None
    level = start_level(summary, mode, setpoint)
    return level if level != (given_level(status) or before) else None
