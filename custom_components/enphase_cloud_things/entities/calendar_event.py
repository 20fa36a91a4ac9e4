"""Calendar events: exact while the clock is set back, and in the language of the home."""

from datetime import datetime, timezone
from typing import override

from homeassistant.components.calendar import CalendarEvent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN


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


def calendar_text(hass: HomeAssistant, calendar: str, attribute: str, *, value: str | None = None) -> str:
    """Return the name of an attribute of a calendar's events in the home's language, or the text of its value."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    what = "name" if value is None else f"state.{value}"
    key = f"component.{DOMAIN}.entity.calendar.{calendar}.state_attributes.{attribute}.{what}"
    return texts.get(key, value or attribute)
