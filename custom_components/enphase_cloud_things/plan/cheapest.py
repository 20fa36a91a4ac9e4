"""The cheapest few windows in a row of equal units of time.

An exact search: over all ways to choose at most so many windows, each of at least so many units, it finds the cheapest
for every total length. Equal costs go to the later units.

The search goes through the boundaries between units from the first to the last. For each it knows the least cost of
every total length, with every window closed (`closed`), and with one open since some start (`opened`). An open window's
cost is kept as the difference to what everything since the first unit costs, under the difference between total length
and boundary: neither changes while the window stays open, so going on costs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Final

# Costs are whole numbers, so that equal ones are equal; in the digits below stands how early the units are. Both
# together stay below 2⁵³ for as many as two thousand units, where a float still is exact (and faster than an integer).
_COST_STEPS: Final = float(1 << 18)
_EARLINESS: Final = float(1 << 24)

# A window more must save this much of the costs: each is a start of the car and a slot of the charger.
_WORTH_A_WINDOW: Final = 0.02

type UnitWindow = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Equal units of time, what each costs, and where windows may begin and end.

    A unit without a cost cannot be used. `boundaries` says for every boundary, from before the first unit to after the
    last, whether a window may begin or end there. `running` says that the car already charges before the first unit: a
    window that begins there goes on with it and need not be long.
    """

    costs: Sequence[float | None]
    boundaries: Sequence[bool]
    shortest: int
    most_windows: int
    running: bool = False


def cheapest_windows(units: Units, length: int, *, spare: int = 0) -> tuple[UnitWindow, ...]:
    """Return the cheapest windows of a total length, as first unit and the one after the last.

    Up to `spare` units more are allowed where that is cheaper, or the length is impossible. Where all of these are, it
    is the longest possible one below.
    """
    if length <= 0:
        return ()
    if length < units.shortest and (window := _short_use(units, length)):
        return (window,)
    wanted = max(length, units.shortest)
    search = _Search(units, wanted + spare)
    if not spare and (windows := search.good_enough(wanted)):
        return windows
    search.search_all()
    by_cost = sorted(range(wanted, wanted + spare + 1), key=search.least_cost)
    lengths = (*by_cost, *range(wanted - 1, 0, -1))
    return next((windows for reached in lengths if (windows := search.fewest(reached))), ())


def _short_use(units: Units, length: int) -> UnitWindow | None:
    """Return the shortest window whose first `length` units are the cheapest; the rest of it is not used."""
    starts = [(start, start + units.shortest) for start in range(len(units.costs) - units.shortest + 1)]
    possible = [window for window in starts if all(units.boundaries[edge] for edge in window)]
    if units.running:
        possible.append((0, min(length, len(units.costs))))
    usable = [(start, end) for start, end in possible if None not in units.costs[start:end]]
    # The whole window counts, too: it is charged where nothing ends it
    costs = {(start, end): (_cost(units, start, length), _cost(units, start, end - start)) for start, end in usable}
    return min(usable, key=lambda window: (*costs[window], -window[0]), default=None)


def _cost(units: Units, start: int, length: int) -> float:
    return sum(cost or 0 for cost in units.costs[start : start + length])


def _joined(windows: Iterable[UnitWindow]) -> tuple[UnitWindow, ...]:
    joined: list[UnitWindow] = []
    for start, end in windows:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _allowing_for_fewer(cost: float) -> float:
    return cost + abs(cost) * _WORTH_A_WINDOW


class _Search:
    """The least costs of all total lengths up to `longest`, with one window, two, and so on."""

    def __init__(self, units: Units, longest: int) -> None:
        self._units = units
        self._longest = longest
        count = len(units.costs)
        scale = _COST_STEPS / max((abs(cost) for cost in units.costs if cost), default=1.0)
        self._costs = [
            None if cost is None else round(cost * scale) * _EARLINESS + count - unit
            for unit, cost in enumerate(units.costs)
        ]
        self._sums = list(accumulate((cost or 0.0 for cost in self._costs), initial=0.0))
        none_yet: list[float] = [0.0, *[inf] * longest]
        # By number of windows, then by boundary, then by total length
        self._closed = [[none_yet] * (count + 1)]

    def good_enough(self, length: int) -> tuple[UnitWindow, ...]:
        """Return the first windows, counted upwards, that hardly cost more than the cheapest units of all would."""
        cheapest_units = sorted(cost for cost in self._costs if cost is not None)[:length]
        bound = _allowing_for_fewer(sum(cheapest_units) // _EARLINESS)
        for number in range(1, self._units.most_windows + 1):
            self._search_one_more()
            if self._cost(number, length) <= bound:
                return self._windows(number, length)
        return ()

    def search_all(self) -> None:
        """Search for every number of windows that was not searched for yet."""
        while len(self._closed) <= self._units.most_windows:
            self._search_one_more()

    def fewest(self, length: int) -> tuple[UnitWindow, ...]:
        """Return as few windows of a total length as hardly cost more than the cheapest; none if it is impossible."""
        least = self.least_cost(length)
        if least == inf:
            return ()
        bound = _allowing_for_fewer(least)
        numbers = range(1, self._units.most_windows + 1)
        return self._windows(next(number for number in numbers if self._cost(number, length) <= bound), length)

    def least_cost(self, length: int) -> float:
        """Return the least cost of a total length, infinite where it is impossible."""
        return min(self._cost(number, length) for number in range(1, self._units.most_windows + 1))

    def _cost(self, number: int, length: int) -> float:
        cost = self._closed[number][-1][length]
        return cost if cost == inf else cost // _EARLINESS

    def _windows(self, number: int, length: int) -> tuple[UnitWindow, ...]:
        found: list[UnitWindow] = []
        end = len(self._costs)
        while number:
            start, end = self._last_window(number, end, length)
            found.append((start, end))
            length, end, number = length - (end - start), start, number - 1
        return _joined(reversed(found))

    def _search_one_more(self) -> None:
        """Find the least costs by boundary with one window more than so far."""
        units, sums, longest, before = self._units, self._sums, self._longest, self._closed[-1]
        opened = [inf] * (longest + len(units.costs) + 1)
        least: list[float] = [inf] * (longest + 1)
        closed = [least]
        for unit, cost in enumerate(self._costs):
            boundary = unit + 1
            if cost is None:
                opened = [inf] * len(opened)
            else:
                for start in self._starts(boundary):
                    self._open(opened, before[start], start)
                if units.boundaries[boundary]:
                    first, lengths = len(units.costs) - boundary, min(boundary, longest) + 1
                    total = sums[boundary]
                    ending = [total + difference for difference in opened[first : first + lengths]]
                    least = [*map(min, least[:lengths], ending, strict=True), *least[lengths:]]
            closed.append(least)
        self._closed.append(closed)

    def _starts(self, boundary: int) -> tuple[int, ...]:
        """Return the starts of which a window is just long enough at a boundary."""
        first_of_running = (0,) if self._units.running and boundary == 1 else ()
        start = boundary - self._units.shortest
        if start < 0 or not self._units.boundaries[start] or None in self._costs[start:boundary]:
            return first_of_running
        return (*first_of_running, start)

    def _open(self, opened: list[float], before: list[float], start: int) -> None:
        """Let a window begin at a boundary, with every total length that there was before it."""
        first, lengths = len(self._costs) - start, min(start, self._longest) + 1
        total = self._sums[start]
        begun = [cost - total for cost in before[:lengths]]
        opened[first : first + lengths] = map(min, opened[first : first + lengths], begun, strict=True)

    def _last_window(self, number: int, boundary: int, length: int) -> UnitWindow:
        """Return the last of so many windows that reach a boundary with a total length at the least cost."""
        cost = self._closed[number][boundary][length]
        end = boundary
        while self._closed[number][end - 1][length] == cost:
            end -= 1
        for start in range(end - 1, -1, -1):
            before = length - (end - start)
            if before < 0 or self._costs[start] is None:
                break
            if not self._may_span(start, end):
                continue
            if self._closed[number - 1][start][before] + self._sums[end] - self._sums[start] == cost:
                return start, end
        raise AssertionError

    def _may_span(self, start: int, end: int) -> bool:
        long_enough = end - start >= self._units.shortest and self._units.boundaries[start]
        return long_enough or (self._units.running and start == 0)
