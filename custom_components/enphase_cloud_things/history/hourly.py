"""Totals by the hour, as long-term statistics keep them: an amount for each hour, and a sum that only ever goes on.

The amount of an hour belongs to that hour alone, so an hour may be written again, in any order and as often as one
likes. The sum of an hour includes all hours before it: what changes in the past shifts every later sum.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

ONE_HOUR: Final = timedelta(hours=1)
_UNCHANGED: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class HourTotal:
    """The `amount` of the hour that begins at `start` (UTC), and the `total` of all hours up to its end."""

    start: datetime
    amount: float
    total: float


def hour_of(moment: datetime) -> datetime:
    """Return the full hour, in UTC, at or before a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def split_by_hour(amount: float, start: datetime, end: datetime) -> tuple[tuple[datetime, float], ...]:
    """Divide what accrued evenly between two moments among the hours.

    The shares add up to the amount, and none has another sign. Without any time between, it all belongs to the hour
    of `start`.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return ((hour_of(start), amount),)
    shares: list[tuple[datetime, float]] = []
    hour, before = hour_of(start), 0.0
    while hour < end:
        # Every share is a difference of the running total, so that rounding cannot add up.
        until = amount * ((min(hour + ONE_HOUR, end) - start) / (end - start))
        shares.append((hour, until - before))
        hour, before = hour + ONE_HOUR, until
    return tuple(shares)


def merged(known: Iterable[HourTotal], amounts: Mapping[datetime, float]) -> tuple[HourTotal, ...]:
    """Return the hours that have to be written, in order, for some hours to have these amounts.

    `known` are all hours there are. Those to be written include later ones, whose totals shift. An hour that is
    unknown and has no amount stays unknown.
    """
    by_start = {hour.start: hour for hour in known}
    shift = total = 0.0
    changed: list[HourTotal] = []
    for start in sorted(by_start.keys() | amounts.keys()):
        old = by_start.get(start)
        amount = amounts.get(start, old.amount if old else 0.0)
        if old is None and amount == 0:
            continue
        shift += amount - (old.amount if old else 0.0)
        total = old.total if old else total
        new = HourTotal(start=start, amount=amount, total=total + shift)
        if old is None or _differ(old, new):
            changed.append(new)
    return tuple(changed)


def _differ(old: HourTotal, new: HourTotal) -> bool:
    return abs(new.amount - old.amount) > _UNCHANGED or abs(new.total - old.total) > _UNCHANGED
