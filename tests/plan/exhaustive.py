"""All possible plans of a short time, to compare a plan with the best of them.

Written from the rules alone, and slow.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, pairwise

from custom_components.enphase_cloud_things.plan.forecast import PricedInterval
from custom_components.enphase_cloud_things.plan.planner import Circumstances, Goal

FIVE_MINUTES = timedelta(minutes=5)


def rate_at(prices: Sequence[PricedInterval], moment: datetime) -> float | None:
    """Return the price at a moment."""
    return next((p.rate for p in prices if p.start <= moment < p.end), None)


def usable_rates(goal: Goal, around: Circumstances, first: datetime, last: datetime) -> list[float | None]:
    """Return the price of every five minutes, `None` where nothing may be charged."""
    rates: list[float | None] = []
    moment = first
    while moment < last:
        rate = rate_at(around.prices, moment)
        forbidden = any(span.start < moment + FIVE_MINUTES and span.end > moment for span in around.blocked)
        too_dear = rate is not None and goal.max_price is not None and rate > goal.max_price
        rates.append(None if forbidden or too_dear else rate)
        moment += FIVE_MINUTES
    return rates


def splits(length: int, parts: int, least: int) -> Iterator[tuple[int, ...]]:
    """Return all ways to make a length of so many parts that are each long enough."""
    free = length - parts * least
    if free < 0:
        return
    for bars in combinations(range(free + parts - 1), parts - 1):
        edges = (-1, *bars, free + parts - 1)
        yield tuple(least + after - before - 1 for before, after in pairwise(edges))


def least_cost(rates: Sequence[float | None], length: int, energy_of_unit: float) -> float | None:
    """Return the cost of the cheapest at most three windows of half an hour or more; `None` if none fit."""
    best: float | None = None
    for parts in (1, 2, 3):
        for lengths in splits(length, parts, 6):
            for bars in combinations(range(len(rates) - length + parts), parts):
                used: list[float | None] = []
                start = 0
                for number, (bar, part) in enumerate(zip(bars, lengths, strict=True)):
                    start = bar - number + sum(lengths[:number])
                    used += rates[start : start + part]
                known = [rate for rate in used if rate is not None]
                if len(known) == length:
                    cost = sum(known) * energy_of_unit
                    best = cost if best is None else min(best, cost)
    return best
