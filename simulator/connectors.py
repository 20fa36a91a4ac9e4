"""Connectors, the cars on them and the sessions they charge in."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from .hardware import ChargerModel
from .physics import Car, charged, energy_wh, power_watts


class ConnectorType(StrEnum):
    """``connectorStatusType`` values (docs/api.md §4.6)."""

    AVAILABLE = "AVAILABLE"
    PREPARING = "PREPARING"
    CHARGING = "CHARGING"
    FINISHING = "FINISHING"
    SUSPENDED = "SUSPENDED"
    SUSPENDED_EV = "SUSPENDED_EV"
    SUSPENDED_EVSE = "SUSPENDED_EVSE"
    FAULTED = "FAULTED"
    RESERVED = "RESERVED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(slots=True, kw_only=True)
class ChargeSession:
    """What happened between two plug-ins or two starts: energy in Wh as drawn from the grid.

    ``level`` in A is what was asked for when the session began, None where nothing was.
    """

    plugged_in_at: datetime
    started_at: datetime | None = None
    unplugged_at: datetime | None = None
    energy_wh: float = 0.0
    active_seconds: float = 0.0
    level: int | None = None


@dataclass(slots=True, kw_only=True)
class Connector:
    """One outlet of a charger with its true, physical state.

    ``session`` is the current session or, without a car, the previous one. ``running`` says that a transaction is
    open, whether or not current flows; ``stopped_at`` when somebody ended it, while the car still hangs on the cable.
    ``amps`` is the current flowing on each line now.
    """

    number: int
    car: Car | None = None
    session: ChargeSession | None = None
    running: bool = False
    stopped_at: datetime | None = None
    waiting_for_authentication: bool = False
    manual_override: bool = False
    type: ConnectorType = ConnectorType.AVAILABLE
    reason: str = ""
    amps: float = 0.0
    past_sessions: list[ChargeSession] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether current still flows into a car that has reached its limit."""
        return self.amps > 0 and self.car is not None and self.car.is_full

    def phases(self, model: ChargerModel) -> int:
        """Return how many lines carry current: those that charger and car both have."""
        return model.phase_count if self.car is None else min(model.phase_count, self.car.phases)

    def watts(self, model: ChargerModel) -> float:
        """Return the power flowing now."""
        return power_watts(model.volts, self.amps, self.phases(model))

    def plug_in(self, car: Car, now: datetime) -> None:
        """Put the cable into ``car``; a session without a start begins. Raises ValueError when it is in a car."""
        if self.car is not None:
            message = "a car is plugged in already"
            raise ValueError(message)
        self.car = car
        self.stopped_at = None
        self.session = ChargeSession(plugged_in_at=now)

    def unplug(self, now: datetime) -> Car | None:
        """Pull the cable and return the car, if there was one."""
        car, self.car = self.car, None
        self.end()
        self.stopped_at, self.manual_override = None, False
        if self.session is not None and car is not None:
            self.session.unplugged_at = now
            self._archive()
        return car

    def begin(self, now: datetime, *, level: int | None) -> None:
        """Open a transaction; one that was ended on the same cable is followed by a new session."""
        if self.session is None:
            return
        if self.session.started_at is not None:
            self._archive()
            self.session = ChargeSession(plugged_in_at=self.session.plugged_in_at)
        self.session.started_at = now
        self.session.level = level
        self.running, self.stopped_at = True, None

    def override(self, *, level: int | None, wanted: bool) -> None:
        """Let a start set the mode aside for the open transaction, at the amps it asks for."""
        self.manual_override = self.manual_override or wanted
        if level is not None and self.session is not None:
            self.session.level = level

    def wake(self) -> None:
        """Wake a car that sleeps, as a start does."""
        if self.car is not None:
            self.car = replace(self.car, asleep=False)

    def end(self) -> None:
        """Close the transaction."""
        self.running = self.waiting_for_authentication = False
        self.amps = 0.0

    def draw(self, seconds: float, model: ChargerModel) -> float:
        """Let the present current flow for ``seconds`` and return the energy it took in Wh."""
        if self.car is None or self.session is None or self.amps <= 0:
            return 0.0
        drawn = energy_wh(self.watts(model), seconds)
        self.car = charged(self.car, drawn)
        self.session.energy_wh += drawn
        self.session.active_seconds += seconds
        return drawn

    def _archive(self) -> None:
        if self.session is not None and self.session.started_at is not None:
            self.past_sessions.append(self.session)
