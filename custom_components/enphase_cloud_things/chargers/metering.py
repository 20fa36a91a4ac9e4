"""What is measured of one charger: its counters, the flow of energy, and what follows from both.

All of it is one frozen state. It advances with every status and every metadata of the charger, each calculation in the
module that is named after what it calculates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Self

from ..enlighten.models.chargers import ChargerStatus, ChargerSummary
from ..stored import StoredState, stored_mapping
from .amps import running_amps, safe_limited
from .energy import DayEnergy, LifetimeCounter, advance_day, advance_lifetime, energy_today
from .flow import Flow, advance_flow, advance_lifetime_flow
from .power import PowerEstimate, advance_power, expected_power, power_limit
from .sessions import (
    SessionClock,
    SessionCost,
    SessionCounter,
    VisitCounter,
    advance_clock,
    advance_cost,
    advance_session,
    advance_visit,
)
from .status import plugged_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Figures derived from the charger's own reports.

    Power is an estimate in W; energies are kWh; the duration is minutes. `None` means unknown, never zero.
    `expected_power` (W) is what the set current would give while there is no estimate yet; `safe_limited` says that the
    measured energy agrees with a safe limit. The cost is an estimate in the currency of the prices. A visit is the time
    that a car is plugged in, with all its sessions.
    """

    power: float | None = None
    power_as_of: datetime | None = None
    expected_power: float | None = None
    safe_limited: bool = False
    session_energy: float | None = None
    session_started_at: datetime | None = None
    session_cost: float | None = None
    session_duration: float | None = None
    visit_energy: float | None = None
    visit_since: datetime | None = None
    lifetime_energy: float | None = None
    energy_today: float | None = None
    energy_today_since: datetime | None = None
    energy_today_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a charger is wired for and set to: its metadata, the current (A) of the next start, the voltage (V).

    The voltage serves where the metadata name none.
    """

    summary: ChargerSummary | None = None
    setpoint: int | None = None
    nominal_voltage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Metering:
    """The counters and estimates after the latest readings; `expected` (W) is what the set current would give."""

    lifetime: LifetimeCounter = field(default_factory=LifetimeCounter)
    day: DayEnergy = field(default_factory=DayEnergy)
    session: SessionCounter = field(default_factory=SessionCounter)
    clock: SessionClock = field(default_factory=SessionClock)
    visit: VisitCounter = field(default_factory=VisitCounter)
    cost: SessionCost = field(default_factory=SessionCost)
    flow: Flow = field(default_factory=Flow)
    power: PowerEstimate = field(default_factory=PowerEstimate)
    expected: float | None = None

    def as_dict(self) -> dict[str, StoredState]:
        """Return what a restart has to remember. Power starts anew: no difference may span the gap."""
        return {
            "lifetime": self.lifetime.as_dict(),
            "day": self.day.as_dict(),
            "session": self.session.as_dict(),
            "clock": self.clock.as_dict(),
            "visit": self.visit.as_dict(),
            "cost": self.cost.as_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the state that was remembered."""
        return cls(
            lifetime=LifetimeCounter.from_dict(stored_mapping(data, "lifetime")),
            day=DayEnergy.from_dict(stored_mapping(data, "day")),
            session=SessionCounter.from_dict(stored_mapping(data, "session")),
            clock=SessionClock.from_dict(stored_mapping(data, "clock")),
            visit=VisitCounter.from_dict(stored_mapping(data, "visit")),
            cost=SessionCost.from_dict(stored_mapping(data, "cost")),
        )


def advance_by_status(
    metering: Metering,
    status: ChargerStatus,
    *,
    setting: Setting,
    price_at: Callable[[datetime], float | None],
    now: datetime,
) -> Metering:
    """Return the state after a status; `price_at` gives the price of a kWh."""
    # The cloud's clock may be ahead of ours: what it has reported already has happened
    now = max(now, status.reported_at or now)
    session = advance_session(metering.session, status.session, now)
    flow = advance_flow(metering.flow, status, energy=session.energy, started_at=session.started_at, now=now)
    advanced = replace(
        metering,
        session=session,
        cost=metering.cost if session == metering.session else advance_cost(metering.cost, session, price_at(now)),
        flow=flow,
        clock=advance_clock(metering.clock, status, now, flowing=flow.flowing),
        visit=advance_visit(
            metering.visit,
            session,
            plugged_in=plugged_in(status),
            plugged_in_at=status.session.plugged_in_at if status.session else None,
            now=now,
        ),
    )
    return _estimated(advanced, status, setting, status.reported_at)


def advance_by_summary(
    metering: Metering,
    summary: ChargerSummary,
    *,
    status: ChargerStatus | None,
    setting: Setting,
    now: datetime,
    zone: tzinfo,
) -> Metering:
    """Return the state after the metadata, which hold the lifetime counter."""
    lifetime = advance_lifetime(metering.lifetime, summary.lifetime_energy, now)
    day, _ = advance_day(metering.day, lifetime, reported_at=summary.reported_at, now=now, zone=zone)
    flow = advance_lifetime_flow(
        metering.flow, status, energy=lifetime.energy, epoch=lifetime.epoch, at=summary.reported_at, now=now
    )
    return _estimated(replace(metering, lifetime=lifetime, day=day, flow=flow), status, setting, summary.reported_at)


def measurements(
    metering: Metering, status: ChargerStatus | None, *, setting: Setting, now: datetime, zone: tzinfo
) -> Measurements:
    """Return the figures as they stand now; the energy of the day starts anew at the site's midnight."""
    today = energy_today(metering.day, now, zone)
    watts = metering.power.watts
    least = expected_power(
        setting.summary,
        setting.summary.amps_min if setting.summary else None,
        nominal_voltage=setting.nominal_voltage,
    )
    return Measurements(
        power=watts,
        power_as_of=metering.power.as_of,
        expected_power=metering.expected if metering.flow.flowing and watts is None else None,
        safe_limited=status is not None and safe_limited(status, power=watts, least_power=least),
        session_energy=metering.session.energy,
        session_started_at=metering.session.started_at,
        session_cost=metering.cost.estimate if metering.cost.started_at == metering.session.started_at else None,
        session_duration=metering.clock.minutes,
        visit_energy=metering.visit.energy,
        visit_since=metering.visit.plugged_in_at,
        lifetime_energy=metering.lifetime.energy,
        energy_today=today.energy,
        energy_today_since=today.last_reset if today.energy is not None else None,
        energy_today_estimated=today.estimated,
    )


def _estimated(
    metering: Metering, status: ChargerStatus | None, setting: Setting, reported_at: datetime | None
) -> Metering:
    amps = running_amps(status, setting.summary, setting.setpoint, flowing=metering.flow.flowing)
    expected = expected_power(setting.summary, amps, nominal_voltage=setting.nominal_voltage)
    power = advance_power(
        metering.power,
        metering.flow,
        reported_at=reported_at,
        connected=status.connected if status else None,
        expected=expected,
        limit=power_limit(setting.summary, nominal_voltage=setting.nominal_voltage),
    )
    return replace(metering, power=power, expected=expected)
