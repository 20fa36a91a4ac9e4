"""Calendar events that stay exact while the clock is set back."""

from datetime import datetime, timezone
from typing import override

from homeassistant.components.calendar import CalendarEvent
from homeassistant.util import dt as dt_util


class ExactCalendarEvent(CalendarEvent):
    """An event between two moments, the end after the start, both with a time zone.

    Home Assistant subtracts and compares local times as the clock shows them. In the hour that it shows twice, an
    event may so end before it starts, and is refused together with all others that were asked for. A local time that
    carries its own offset shows the same and compares as the moment that it is.
    """

    @override
    def __post_init__(self) -> None:
        # What is checked there holds here by the rule above, and fails in the hour that comes twice
        pass

    @property
    @override
    def start_datetime_local(self) -> datetime:
        return _with_own_offset(super().start_datetime_local)

    @property
    @override
    def end_datetime_local(self) -> datetime:
        return _with_own_offset(super().end_datetime_local)


def _with_own_offset(local: datetime) -> datetime:
    offset = dt_util.as_local(local).utcoffset()
    return local if offset is None else local.astimezone(timezone(offset))
