"""Cars, sun and current: pure calculations without any state or clock."""

from dataclasses import dataclass, replace
from datetime import datetime
import math

_FULL_TOLERANCE = 1e-9
_TAPERED_SHARE = 0.2
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """An electric car at one moment.

    ``state_of_charge``, ``charge_limit`` and ``taper_from`` are shares of the battery (0 to 1): above
    ``taper_from`` the car draws less and less, at ``charge_limit`` it stops drawing. ``max_amps`` is what its
    on-board charger takes from each of its ``phases``. ``efficiency`` is the share of the drawn energy that
    arrives in the battery. A car that is ``asleep`` takes nothing until a start wakes it.
    """

    battery_kwh: float = 60.0
    state_of_charge: float = 0.4
    charge_limit: float = 1.0
    max_amps: float = 16.0
    phases: int = 3
    efficiency: float = 0.9
    taper_from: float = 0.9
    manufacturer: str = "Any Motors"
    asleep: bool = False

    @property
    def stored_kwh(self) -> float:
        """Energy in the battery."""
        return self.battery_kwh * self.state_of_charge

    @property
    def is_full(self) -> bool:
        """Whether the car has reached the limit its owner set."""
        return self.state_of_charge >= self.charge_limit - _FULL_TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """A cloudless day as half a sine wave between sunrise and sunset (hours of the site's wall clock)."""

    peak_watts: float = 9000.0
    sunrise_hour: float = 7.0
    sunset_hour: float = 18.0

    def watts(self, local: datetime) -> float:
        """Return the solar production at a site-local moment."""
        hour = local.hour + local.minute / 60 + local.second / SECONDS_PER_HOUR
        if not self.sunrise_hour < hour < self.sunset_hour:
            return 0.0
        share = (hour - self.sunrise_hour) / (self.sunset_hour - self.sunrise_hour)
        return self.peak_watts * math.sin(math.pi * share)


def accepted_amps(car: Car) -> float:
    """Return the amps per phase the car is willing to draw now: constant, then tapering, then none."""
    if car.is_full or car.asleep:
        return 0.0
    if car.state_of_charge <= car.taper_from or car.taper_from >= 1.0:
        return car.max_amps
    progress = (car.state_of_charge - car.taper_from) / (1.0 - car.taper_from)
    return car.max_amps * (1.0 - (1.0 - _TAPERED_SHARE) * progress)


def power_watts(volts: float, amps: float, phases: int) -> float:
    """Return the power of equal currents on ``phases`` lines of ``volts`` to neutral (or on one split phase)."""
    return volts * amps * phases


def energy_wh(watts: float, seconds: float) -> float:
    """Return the energy of a constant power."""
    return watts * seconds / SECONDS_PER_HOUR


def seconds_until_full(car: Car, watts: float) -> float:
    """Return how long the car can draw ``watts`` before it reaches its limit; infinite without any power."""
    if watts <= 0:
        return math.inf
    missing_wh = max(0.0, (car.charge_limit - car.state_of_charge) * car.battery_kwh * 1000)
    return missing_wh / car.efficiency / watts * SECONDS_PER_HOUR


def charged(car: Car, drawn_wh: float) -> Car:
    """Return the car after it drew ``drawn_wh`` from the charger."""
    return replace(car, state_of_charge=car.state_of_charge + drawn_wh * car.efficiency / 1000 / car.battery_kwh)
