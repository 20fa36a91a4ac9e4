"""Prices to plan with."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.enphase_cloud_things.plan.forecast import PricedInterval

VIENNA: Final = ZoneInfo("Europe/Vienna")
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


def prices_from(
    start: datetime, rates: Iterable[float | None], *, every: timedelta = HOUR
) -> tuple[PricedInterval, ...]:
    """Return prices one after the other, all equally long."""
    return tuple(
        PricedInterval(start=start + number * every, end=start + (number + 1) * every, rate=rate)
        for number, rate in enumerate(rates)
    )
