"""When a family of endpoints that failed is asked again (docs/api.md §11.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from .endpoints import Family
from .errors import NotSupported, ServiceUnavailable
from .limits import Jitter


class Failure(Enum):
    """How a family failed. Refused means 401, 403 or 404, three of which mean that it is not supported.

    A 401 while the session has ended says nothing about the family.
    """

    REFUSED = auto()
    SESSION_ENDED = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seconds to wait after each failure in a row, the last for all further ones, and their jitter."""

    delays: tuple[int, ...]
    jitter: float = 1.1
    optional: bool = True

    def delay(self, failures: int, jitter: Jitter) -> timedelta:
        """Tell how long to wait after that many failures in a row."""
        seconds = self.delays[min(failures, len(self.delays)) - 1]
        return timedelta(seconds=seconds * jitter(1.0, self.jitter))


_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_PROBE: Final = timedelta(days=1)
_REFUSALS_UNTIL_UNSUPPORTED: Final = 3

_OPTIONAL: Final = Schedule((5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, 60 * _MINUTE))
_CORE: Final = Schedule((60, 120, 240, 480, 600), jitter=1.25, optional=False)
_SCHEDULES: Final[Mapping[Family, Schedule]] = {
    Family.STATUS: _CORE,
    Family.SUMMARY: _CORE,
    Family.MODE: _OPTIONAL,
    Family.GREEN: _OPTIONAL,
    Family.CONFIGURATION: Schedule((15 * _MINUTE,)),
    Family.SCHEDULES: _OPTIONAL,
    Family.VPP_ENROLMENT: Schedule((15 * _MINUTE, 30 * _MINUTE, 2 * _HOUR)),
    Family.VPP_EVENTS: Schedule((5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE)),
    Family.TARIFF: _OPTIONAL,
    Family.DATED_RATES: Schedule((_HOUR, 6 * _HOUR, 24 * _HOUR)),
    Family.SAVINGS: _OPTIONAL,
    Family.CURRENCY: _OPTIONAL,
    Family.HISTORY: Schedule((15 * _MINUTE,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    failures: int
    refusals: int
    next_try: datetime


class BackOff:
    """Remembers failures per family and target (a site or a charger): one that fails leaves the others alone."""

    def __init__(self) -> None:
        """Begin without any failure."""
        self._states: dict[tuple[Family, str], _State] = {}

    def check(self, family: Family, target: str, now: datetime) -> None:
        """Raise if the family should not be asked now.

        Raises:
            NotSupported: the family was refused three times in a row; it is tried once a day.
            ServiceUnavailable: the family failed, and its time has not come yet.
        """
        state = self._states.get((family, target))
        if state is None or now >= state.next_try:
            return
        if self.is_refused(family, target):
            raise NotSupported(f"The cloud keeps refusing {family}")
        raise ServiceUnavailable(f"Backing off from {family}", retry_at=state.next_try)

    def is_refused(self, family: Family, target: str) -> bool:
        """Tell whether the family was refused three times in a row and nothing else came since."""
        state = self._states.get((family, target))
        return state is not None and state.refusals >= _REFUSALS_UNTIL_UNSUPPORTED

    def succeed(self, family: Family, target: str) -> None:
        """Forget the failures."""
        self._states.pop((family, target), None)

    def fail(
        self,
        family: Family,
        target: str,
        failure: Failure,
        now: datetime,
        *,
        retry_at: datetime | None,
        jitter: Jitter,
    ) -> datetime | None:
        """Note a failure and return when the family may be asked again; `None` means at any time."""
        schedule = _SCHEDULES.get(family)
        if schedule is None or (failure is Failure.REFUSED and not schedule.optional):
            return None
        last = self._states.get((family, target)) or _State(failures=0, refusals=0, next_try=now)
        failures, refusals = last.failures, last.refusals
        if failure is not Failure.SESSION_ENDED:
            failures += 1
            refusals = refusals + 1 if failure is Failure.REFUSED else 0
        delay = schedule.delay(max(failures, 1), jitter)
        if refusals >= _REFUSALS_UNTIL_UNSUPPORTED and family is not Family.VPP_ENROLMENT:
            delay = _PROBE
        next_try = max(now + delay, retry_at or now)
        self._states[family, target] = _State(failures=failures, refusals=refusals, next_try=next_try)
        return next_try

    def next_try(self, family: Family, now: datetime) -> datetime | None:
        """Tell when the first of the family's failed targets is asked again, if any is held back."""
        waiting = [
            state.next_try for (failed, _), state in self._states.items() if failed is family and now < state.next_try
        ]
        return min(waiting, default=None)
