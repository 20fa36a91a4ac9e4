"""The days that an action is asked for."""

from datetime import date, timedelta, tzinfo
from typing import Final

from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..days import ONE_DAY, Days, local_day

ATTR_START: Final = "start"
ATTR_END: Final = "end"

LONGEST_RANGE: Final = timedelta(days=400)
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2199, 12, 31)
"""Far from where dates end, for every calculation has to reach a little further than the range."""


def past_days(call: ServiceCall, zone: tzinfo, *, usual: timedelta) -> Days:
    """Return the days up to `end`, which is today unless given; without `start` as many as are `usual`.

    Raises ServiceValidationError if the range runs backwards, is too long or out of reach.
    """
    last = within_reach(call.data.get(ATTR_END)) or local_day(dt_util.utcnow(), zone)
    return _checked(Days(first=within_reach(call.data.get(ATTR_START)) or last - usual + ONE_DAY, last=last))


def coming_days(call: ServiceCall, zone: tzinfo) -> Days:
    """Return the days from `start`, which is today unless given; without `end` only that day.

    Raises ServiceValidationError if the range runs backwards, is too long or out of reach.
    """
    first = within_reach(call.data.get(ATTR_START)) or local_day(dt_util.utcnow(), zone)
    return _checked(Days(first=first, last=within_reach(call.data.get(ATTR_END)) or first))


def within_reach[DayT: date | None](day: DayT) -> DayT:
    """Return the day. Raises ServiceValidationError if it is so far away that dates end near it."""
    if day is not None and not EARLIEST <= day <= LATEST:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="day_out_of_reach", translation_placeholders={"day": str(day)}
        )
    return day


def _checked(days: Days) -> Days:
    if days.last < days.first:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="end_before_start",
            translation_placeholders={"start": str(days.first), "end": str(days.last)},
        )
    if days.last - days.first + ONE_DAY > LONGEST_RANGE:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="range_too_long")
    return days
