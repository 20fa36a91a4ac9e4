"""Which events of a virtual power plant run, come and count today.

The cloud lists past and coming events in no useful order, keeps withdrawn ones in the
list and often leaves a running one `scheduled`. So the times decide whether an event
runs, and the status only whether it still can: a status nobody knows does not rule an
event out (docs/api.md §8.2).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from ..cadences import VPP_BOUNDARY_CADENCE, VPP_EVENTS_CADENCE
from ..days import end_of_day, local_day, start_of_day
from ..enlighten.models.vpp import VppEvent

# Long enough to see the cloud close an event, short enough for the request budget.
BOUNDARY_MARGIN: Final = timedelta(seconds=120)

_WITHDRAWN: Final = frozenset(
    {
        "cancelled",
        "canceled",
        "deleted",
        "optedout",
        "opted_out",
        "superseded",
        "superceded",
    }
)
_OVER: Final = _WITHDRAWN | {"completed", "failed", "stopped"}


class EventKind(StrEnum):
    """What an event does with the battery; `NONE` where there is no event."""

    BATTERY_DISCHARGE = "battery_discharge"
    BATTERY_CHARGE = "battery_charge"
    IDLE = "idle"
    OTHER = "other"
    NONE = "none"


_KNOWN_KINDS: Final = frozenset({EventKind.BATTERY_DISCHARGE, EventKind.BATTERY_CHARGE, EventKind.IDLE})


def event_kind(event: VppEvent | None) -> EventKind:
    """Return the kind of an event, `OTHER` for one that nobody knows yet."""
    if event is None:
        return EventKind.NONE
    text = _word(event.kind)
    return EventKind(text) if text in _KNOWN_KINDS else EventKind.OTHER


def is_withdrawn(event: VppEvent) -> bool:
    """Return whether an event was cancelled or replaced and so does not take place."""
    return event.cancelled or event.superseded or _word(event.status) in _WITHDRAWN


def is_possible(event: VppEvent) -> bool:
    """Return whether an event may still take place or go on, going by its status."""
    return not is_withdrawn(event) and _word(event.status) not in _OVER


def deduplicated(events: Iterable[VppEvent]) -> tuple[VppEvent, ...]:
    """Return every event once, by its start; of two rows of one event the later wins."""
    unique = {_identity(event): event for event in events}
    return tuple(sorted(unique.values(), key=_by_time))


def active_event(events: Iterable[VppEvent], now: datetime) -> VppEvent | None:
    """Return the event that runs now."""
    running = (e for e in events if is_possible(e) and e.start <= now < e.end)
    return min(running, key=_by_time, default=None)


def next_event(events: Iterable[VppEvent], now: datetime) -> VppEvent | None:
    """Return the earliest event that is not over; a running one until it ends."""
    coming = (e for e in events if is_possible(e) and e.end > now)
    return min(coming, key=_by_time, default=None)


def future_events(events: Iterable[VppEvent], now: datetime) -> tuple[VppEvent, ...]:
    """Return the events that have not started yet and still can, by their start."""
    return tuple(sorted((e for e in events if is_possible(e) and e.start > now), key=_by_time))


def events_today(events: Iterable[VppEvent], now: datetime, zone: tzinfo) -> tuple[VppEvent, ...]:
    """Return the events that overlap today at the site, past ones included, by their start."""
    today = local_day(now, zone)
    return events_between(events, start_of_day(today, zone), end_of_day(today, zone))


def events_between(events: Iterable[VppEvent], start: datetime, end: datetime) -> tuple[VppEvent, ...]:
    """Return the events that overlap a range, without withdrawn ones, by their start."""
    overlapping = (e for e in events if not is_withdrawn(e) and e.start < end and e.end > start)
    return tuple(sorted(overlapping, key=_by_time))


def next_transition(events: Iterable[VppEvent], now: datetime, zone: tzinfo) -> datetime:
    """Return when the answers of this module change next by the clock alone.

    That is a start, an end or the midnight of the site.
    """
    midnight = end_of_day(local_day(now, zone), zone)
    boundaries = [b for e in events if is_possible(e) for b in (e.start, e.end) if b > now]
    return min([midnight, *boundaries])


def poll_interval(events: Iterable[VppEvent], now: datetime) -> timedelta:
    """Return how long to wait before asking for the events again.

    Five minutes; one minute around a start or an end, which is not slept through either.
    """
    distances = [b - now for e in events if not is_withdrawn(e) for b in (e.start, e.end)]
    if any(abs(distance) <= BOUNDARY_MARGIN for distance in distances):
        return VPP_BOUNDARY_CADENCE
    ahead = [distance - BOUNDARY_MARGIN for distance in distances if distance > BOUNDARY_MARGIN]
    return max(min([VPP_EVENTS_CADENCE, *ahead]), VPP_BOUNDARY_CADENCE)


def _word(text: str | None) -> str:
    return (text or "").strip().lower().replace("-", "_").replace(" ", "_")


def _identity(event: VppEvent) -> tuple[object, ...]:
    if event.event_id:
        return ("event", event.event_id)
    if event.row_id:
        return ("row", event.row_id)
    return (event.start, event.end, event.kind, event.subtype)


def _by_time(event: VppEvent) -> tuple[datetime, datetime]:
    return event.start, event.end
