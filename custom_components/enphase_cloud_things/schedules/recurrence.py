"""Weekly slots as recurring events of a calendar, and what of a calendar a charger can hold.

Rules are those of RFC 5545, as Home Assistant's calendar sends and shows them.
"""

from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Final

from ..days import ONE_DAY
from .slots import ALL_DAYS, WeeklyTimes

_DAY_NAMES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN_PARTS: Final = frozenset({"FREQ", "BYDAY", "INTERVAL", "WKST"})


class Refusal(StrEnum):
    """Why a charger cannot hold an event; each is a sentence in the translations."""

    NOT_WEEKLY = "slot_not_weekly"
    ENDS_SOME_DAY = "slot_ends_some_day"
    ALL_DAY = "slot_all_day"
    EMPTY = "slot_empty"
    TOO_LONG = "slot_too_long"
    SECONDS = "slot_with_seconds"
    NO_DAY = "slot_without_day"
    ONE_OF_SERIES = "slot_one_of_series"


class CannotHold(Exception):
    """The charger has no such slot."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def recurrence_rule(days: frozenset[int]) -> str:
    """Return the rule of a slot: every week on these days (1 is Monday)."""
    return f"FREQ=WEEKLY;BYDAY={','.join(_DAY_NAMES[day - 1] for day in sorted(days))}"


def weekly_times(start: datetime | date, end: datetime | date, rule: str | None, zone: tzinfo) -> WeeklyTimes:
    """Return the slot that a recurring event asks for, on the wall clock of the site.

    The days of the rule are those of the event's own zone; where the event starts on another day at the site, they
    move along.

    Raises:
        CannotHold: the charger has no such slot.
    """
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise CannotHold(Refusal.ALL_DAY)
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    days = _days_of(rule, start.isoweekday())
    moved = local_start.date().toordinal() - start.date().toordinal()
    at_site = frozenset((day - 1 + moved) % 7 + 1 for day in days)
    length = local_end.replace(tzinfo=None) - local_start.replace(tzinfo=None)
    if length > ONE_DAY:
        raise CannotHold(Refusal.TOO_LONG)
    slot = WeeklyTimes(start=local_start.time(), end=local_end.time(), days=at_site)
    check(slot)
    return slot


def check(slot: WeeklyTimes) -> None:
    """Refuse what a charger cannot hold.

    Raises:
        CannotHold: the slot is empty or of a whole day, begins or ends between two minutes, or has no day.
    """
    if not slot.days or not slot.days <= ALL_DAYS:
        raise CannotHold(Refusal.NO_DAY)
    if any(wall.second or wall.microsecond for wall in (slot.start, slot.end)):
        raise CannotHold(Refusal.SECONDS)
    if slot.start == slot.end:
        raise CannotHold(Refusal.EMPTY)


def _days_of(rule: str | None, first: int) -> frozenset[int]:
    """Return the days of a rule; one that names none means the day of the first event."""
    if not rule:
        raise CannotHold(Refusal.NOT_WEEKLY)
    parts = dict(part.split("=", 1) for part in rule.upper().removeprefix("RRULE:").split(";") if "=" in part)
    if {"COUNT", "UNTIL"} & parts.keys():
        raise CannotHold(Refusal.ENDS_SOME_DAY)
    if not parts.keys() <= _KNOWN_PARTS or parts.get("INTERVAL", "1") != "1":
        raise CannotHold(Refusal.NOT_WEEKLY)
    names = [name.strip() for name in parts["BYDAY"].split(",")] if "BYDAY" in parts else []
    if any(name not in _DAY_NAMES for name in names):
        raise CannotHold(Refusal.NOT_WEEKLY)
    days = frozenset(_DAY_NAMES.index(name) + 1 for name in names)
    match parts.get("FREQ"):
        case "WEEKLY":
            return days or frozenset({first})
        case "DAILY":
            return days or ALL_DAYS
        case _:
            raise CannotHold(Refusal.NOT_WEEKLY)
