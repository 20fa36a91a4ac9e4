"""When to charge: prices in, windows out.

The rules of a plan: at most three windows of at least half an hour, ready a quarter of an hour early, of two equal
prices the later, nothing inside an event that discharges the home battery for the grid, no hour that is dearer than the
owner allows. Where there is no time to choose, the car charges at once. Windows begin and end on marks of five minutes:
finer than the charger follows (it takes up to a minute to obey), and coarse enough to search all of them.

An unknown price is no price. Hours after the last known price are waited for: as long as they have room for everything,
the plan is to charge as late as possible in them, and a new plan follows with the prices. Otherwise unknown hours are
used last, and not at all where the owner set a greatest price.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil
from typing import Final

from ..days import ONE_DAY
from ..schedules.slots import Span, repeated_times
from .cheapest import Units, cheapest_windows
from .forecast import PricedInterval

UNIT: Final = timedelta(minutes=5)
SHORTEST_WINDOW: Final = timedelta(minutes=30)
MOST_WINDOWS: Final = 3
READY_EARLY: Final = timedelta(minutes=15)

# A slot has to be in the charger before it begins; a command takes up to a minute.
LEAD: Final = timedelta(minutes=2)

# A weekly slot comes round again after seven days, so nothing later can be planned with one.
LONGEST_AHEAD: Final = timedelta(days=6)

_SHORTEST_UNITS: Final = SHORTEST_WINDOW // UNIT
_HOURS_OF_UNIT: Final = UNIT / timedelta(hours=1)
# What an amount of energy may be off by arithmetic alone
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is wanted: `energy` in kWh by `ready_by`, charged with `power` kW, at most at `max_price` a kWh."""

    energy: float
    power: float
    ready_by: datetime
    max_price: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a plan depends on besides the goal.

    `prices` are in order and do not overlap. No window lies in `blocked`. `running_since` is the start of the window in
    which the car charges now.
    """

    now: datetime
    zone: tzinfo
    prices: Sequence[PricedInterval] = ()
    blocked: Sequence[Span] = ()
    running_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time to charge in UTC, the energy in kWh that is expected in it, and its cost where all prices are known."""

    start: datetime
    end: datetime
    energy: float
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingPlan:
    """The windows of a goal.

    `energy` is what fits in them and `missing` what no allowed hour has room for, both kWh. `cost_at_once` is what the
    same energy costs when it is charged from now on. `too_late`: it cannot be ready in time. `awaits_prices`: hours are
    used, or left unused, only because their prices are not known yet.
    """

    windows: tuple[Window, ...] = ()
    energy: float = 0
    missing: float = 0
    cost: float | None = None
    cost_at_once: float | None = None
    too_late: bool = False
    awaits_prices: bool = False

    @property
    def saving(self) -> float | None:
        """Return what the plan saves against charging at once."""
        if self.cost is None or self.cost_at_once is None:
            return None
        return self.cost_at_once - self.cost

    @property
    def start(self) -> datetime | None:
        """Return when the first window begins."""
        return self.windows[0].start if self.windows else None

    @property
    def end(self) -> datetime | None:
        """Return when the last window ends."""
        return self.windows[-1].end if self.windows else None

    def window_at(self, moment: datetime) -> Window | None:
        """Return the window that is open at a moment."""
        return next((window for window in self.windows if window.start <= moment < window.end), None)


def plan_charging(goal: Goal, around: Circumstances) -> ChargingPlan:
    """Return when to charge. A goal without energy needs no window."""
    if goal.energy <= _ROUNDING or goal.power <= 0:
        return ChargingPlan()
    needed = ceil(goal.energy / (goal.power * _HOURS_OF_UNIT) - _ROUNDING)
    time = _Time(goal, around, needed)
    latest = time.index_before(goal.ready_by - READY_EARLY)
    if time.room(0, latest) < needed:
        too_late = time.room(0, time.index_before(goal.ready_by)) < needed
        return replace(time.plan(time.at_once(needed), needed), too_late=too_late)
    return time.in_time(latest, needed)


def floor_to_unit(moment: datetime) -> datetime:
    """Return the last mark of five minutes up to a moment, in UTC."""
    seconds = int(UNIT.total_seconds())
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)


def ceil_to_unit(moment: datetime) -> datetime:
    """Return the first mark of five minutes from a moment on, in UTC."""
    mark = floor_to_unit(moment)
    return mark if mark == moment else mark + UNIT


class _Time:
    """The time from now on in units, as a goal may use it."""

    def __init__(self, goal: Goal, around: Circumstances, needed: int) -> None:
        self._goal = goal
        self._around = around
        self._running = around.running_since is not None
        self._start = floor_to_unit(around.now) if self._running else ceil_to_unit(around.now + LEAD)
        # Charging at once may go on after the goal's time
        last = max(goal.ready_by, self._start + needed * UNIT) + ONE_DAY
        self._count = ceil((min(last, self._start + LONGEST_AHEAD + ONE_DAY) - self._start) / UNIT)
        self._free = self._free_units()
        self._prices = self._unit_prices()
        self._boundaries = self._allowed_boundaries()

    def index_before(self, moment: datetime) -> int:
        """Return the boundary between units at or before a moment, in bounds."""
        return min(max((moment - self._start) // UNIT, 0), self._count)

    def room(self, first: int, last: int) -> int:
        """Return how many units the longest stretches between two boundaries have together, prices aside."""
        stretches = self._stretches([free and first <= unit < last for unit, free in enumerate(self._free)])
        return sum(sorted((end - start for start, end in stretches), reverse=True)[:MOST_WINDOWS])

    def at_once(self, needed: int) -> tuple[tuple[int, int], ...]:
        """Return the first windows from now on that hold so many units."""
        windows: list[tuple[int, int]] = []
        for start, end in self._stretches([self._affordable(unit, unknown=True) for unit in range(self._count)]):
            if needed <= 0 or len(windows) == MOST_WINDOWS:
                break
            shortest = 1 if self._running and start == 0 else _SHORTEST_UNITS
            first_end = min(start + max(needed, shortest), end)
            last = next(boundary for boundary in range(first_end, end + 1) if self._boundaries[boundary])
            windows.append((start, last))
            needed -= last - start
        return tuple(windows)

    def in_time(self, latest: int, needed: int) -> ChargingPlan:
        """Return the plan where there is time enough until a boundary, prices aside."""
        known = [unit for unit, price in enumerate(self._prices[:latest]) if price is not None]
        known_until = known[-1] + 1 if known else 0
        if self._goal.max_price is not None:
            plan = self._cheapest(self._costs(latest, unknown=None), needed)
            return replace(plan, awaits_prices=plan.missing > 0 and known_until < latest)
        if self.room(known_until, latest) >= needed:
            costs = [None if unit < known_until else cost for unit, cost in enumerate(self._costs(latest, unknown=0))]
            return replace(self._cheapest(costs, needed), awaits_prices=True)
        plan = self._cheapest(self._costs(latest, unknown=None), needed)
        if plan.missing <= 0:
            return plan
        # Of equal costs the later come first, so unknown hours are used before the dearest known ones
        dearest = max((price for price in self._prices[:latest] if price is not None), default=0)
        return replace(self._cheapest(self._costs(latest, unknown=dearest), needed), awaits_prices=True)

    def plan(self, windows: Sequence[tuple[int, int]], needed: int) -> ChargingPlan:
        """Return the plan of some windows: the energy that each brings, and its cost, one after the other."""
        planned: list[Window] = []
        left = self._goal.energy
        for start, end in windows:
            energy = min(left, (end - start) * self._energy_of_unit)
            planned.append(
                Window(
                    start=self._begin(start),
                    end=self._start + end * UNIT,
                    energy=energy,
                    cost=self._cost(range(start, end), energy),
                )
            )
            left -= energy
        energy = self._goal.energy - left
        costs = [window.cost for window in planned]
        known = [cost for cost in costs if cost is not None]
        return ChargingPlan(
            windows=tuple(planned),
            energy=energy,
            missing=left if left > _ROUNDING else 0,
            cost=sum(known) if len(known) == len(costs) else None,
            cost_at_once=self._cost(range(min(needed, self._count)), energy),
        )

    def _cheapest(self, costs: Sequence[float | None], needed: int) -> ChargingPlan:
        boundaries = self._boundaries[: len(costs) + 1]
        units = Units(
            costs=costs,
            boundaries=boundaries,
            shortest=_SHORTEST_UNITS,
            most_windows=MOST_WINDOWS,
            running=self._running,
        )
        # Where the clock shows times twice, not every length is possible
        spare = len(boundaries) - sum(boundaries)
        return self.plan(cheapest_windows(units, needed, spare=spare), needed)

    def _costs(self, latest: int, *, unknown: float | None) -> list[float | None]:
        """Return what a unit of charging costs, up to a boundary; `unknown` is the price of those without one."""
        prices = (
            (unknown if price is None else price) if self._affordable(unit, unknown=unknown is not None) else None
            for unit, price in enumerate(self._prices[:latest])
        )
        return [None if price is None else price * self._energy_of_unit for price in prices]

    def _affordable(self, unit: int, *, unknown: bool) -> bool:
        price, most = self._prices[unit], self._goal.max_price
        if price is None:
            return self._free[unit] and unknown and most is None
        return self._free[unit] and (most is None or price <= most)

    def _stretches(self, usable: Sequence[bool]) -> list[tuple[int, int]]:
        """Return where windows are possible among usable units, by first unit and the one after the last."""
        found = []
        for first, last in _runs(usable):
            edges = [boundary for boundary in range(first, last + 1) if self._boundaries[boundary]]
            if edges and (edges[-1] - edges[0] >= _SHORTEST_UNITS or (self._running and first == 0)):
                found.append((edges[0], edges[-1]))
        return found

    def _begin(self, start: int) -> datetime:
        """Return when a window begins; one that goes on began earlier."""
        if start == 0 and self._around.running_since is not None:
            return self._around.running_since
        return self._start + start * UNIT

    @property
    def _energy_of_unit(self) -> float:
        return self._goal.power * _HOURS_OF_UNIT

    def _cost(self, units: Iterable[int], energy: float) -> float | None:
        """Return what energy costs when it is charged in units one after the other; `None` where a price is unknown."""
        cost = 0.0
        for unit in units:
            part = min(energy, self._energy_of_unit)
            if part <= 0:
                break
            price = self._prices[unit]
            if price is None:
                return None
            cost += part * price
            energy -= part
        return cost

    def _free_units(self) -> list[bool]:
        free = [True] * self._count
        for span in self._around.blocked:
            first = max((span.start - self._start) // UNIT, 0)
            last = max(min(-((self._start - span.end) // UNIT), self._count), first)
            free[first:last] = [False] * len(free[first:last])
        return free

    def _unit_prices(self) -> list[float | None]:
        """Return the price of each unit, by time where it changes in between; `None` where a part of it is unknown."""
        known = [0.0] * self._count
        total = [0.0] * self._count
        for interval in self._around.prices:
            if interval.rate is None:
                continue
            begin, end = (interval.start - self._start) / UNIT, (interval.end - self._start) / UNIT
            for unit in range(max(int(begin), 0), min(ceil(end), self._count)):
                share = min(end, unit + 1) - max(begin, unit)
                known[unit] += share
                total[unit] += share * interval.rate
        return [rate if share > 1 - _ROUNDING else None for share, rate in zip(known, total, strict=True)]

    def _allowed_boundaries(self) -> list[bool]:
        """Return where a window may begin or end.

        Not among times that the wall clock shows twice: a slot's time there stands for two moments.
        """
        allowed = [True] * (self._count + 1)
        for span in repeated_times(self._start, self._start + self._count * UNIT, self._around.zone):
            first, last = (span.start - self._start) // UNIT + 1, (span.end - self._start) // UNIT
            inside = slice(max(first, 1), max(last, 1))
            allowed[inside] = [False] * len(allowed[inside])
        return allowed


def _runs(usable: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the first unit and the one after the last of each run of usable units."""
    found = []
    start: int | None = None
    for unit, is_usable in enumerate([*usable, False]):
        if is_usable and start is None:
            start = unit
        elif not is_usable and start is not None:
            found.append((start, unit))
            start = None
    return found


_WORTH_WAITING: Final = timedelta(minutes=30)


def sun_until(goal: Goal, *, now: datetime, next_rising: datetime, next_setting: datetime) -> datetime | None:
    """Return until when green charging comes first; `None` where the sun cannot matter any more.

    That is the next sunset, or the last moment at which the grid still brings what the sun may not, whichever is first.
    Before sunrise the sun is waited for if it rises early enough.
    """
    needed = ceil(goal.energy / goal.power / (UNIT / timedelta(hours=1))) * UNIT if goal.power > 0 else timedelta()
    latest = floor_to_unit(goal.ready_by - READY_EARLY - needed)
    up_from = now if next_setting < next_rising else next_rising
    until = min(floor_to_unit(next_setting), latest)
    return until if until - up_from >= _WORTH_WAITING else None
