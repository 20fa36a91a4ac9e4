"""The time a simulated cloud lives in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import time

type Clock = Callable[[], datetime]
"""Gives the present moment as an aware UTC datetime."""


SLOWEST = 0.001
FASTEST = 10_000.0
"""The bounds of a speed: beyond, simulating a second would take longer than the second."""


class ScaledClock:
    """A clock that follows ``time.time()``, faster or slower by a factor.

    It reads the wall clock through the ``time`` module on every call, so a frozen clock (freezegun) freezes it
    too and moving the frozen clock moves it.
    """

    def __init__(self, *, speed: float = 1.0, start: datetime | None = None) -> None:
        """Start at ``start`` (aware; default: the wall clock's present) with ``speed`` simulated seconds a second."""
        self._speed = _checked_speed(speed)
        self._wall_origin = time.time()
        self._origin = start or datetime.fromtimestamp(self._wall_origin, UTC)

    def __call__(self) -> datetime:
        """Return the simulated present."""
        return self._origin + timedelta(seconds=(time.time() - self._wall_origin) * self._speed)

    def wall(self) -> datetime:
        """Return the present by the wall clock, which this clock began with and may have left behind."""
        return datetime.fromtimestamp(time.time(), UTC)

    @property
    def speed(self) -> float:
        """Simulated seconds per second of the wall clock."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Run on from the present moment with another speed; raises ValueError beyond the bounds."""
        self._rebase(self())
        self._speed = _checked_speed(speed)

    def jump(self, distance: timedelta) -> None:
        """Skip ahead; raises ValueError for a jump into the past."""
        if distance < timedelta():
            message = "time does not run backwards"
            raise ValueError(message)
        self._rebase(self() + distance)

    def _rebase(self, present: datetime) -> None:
        self._wall_origin = time.time()
        self._origin = present


class ManualClock:
    """A clock that stands still until it is told to move: for tests without a frozen wall clock."""

    def __init__(self, start: datetime) -> None:
        """Stand at ``start``, an aware datetime."""
        self._present = start

    def __call__(self) -> datetime:
        """Return the moment the clock stands at."""
        return self._present

    def tick(self, seconds: float) -> None:
        """Move on by ``seconds``, which must not be negative."""
        if seconds < 0:
            message = "time does not run backwards"
            raise ValueError(message)
        self._present += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Move on to ``moment``, which must not lie in the past."""
        self.tick((moment - self._present).total_seconds())


def wall_of(clock: Clock) -> Clock:
    """Return the clock that the people and programs around the simulated cloud live by."""
    return clock.wall if isinstance(clock, ScaledClock) else clock


def _checked_speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        message = f"the speed must be positive, from {SLOWEST:g} to {FASTEST:g}"
        raise ValueError(message)
    return speed
