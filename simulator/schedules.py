"""Charging schedules: slots as the scheduler stores them and the windows they open (docs/api.md §6.4)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from .off_peak import CheapHours
from .tariffs import DAY_MINUTES
from .wire import Json

OFF_PEAK = "OFF_PEAK"
_WEEK_MINUTES = 7 * DAY_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One schedule; ``days`` are ISO weekdays (1 = Monday) on which the window *starts*, times are site-local.

    ``start`` and ``end`` are None for an off-peak slot, which follows the tariff. With ``amps`` None the stored default
    level holds, else the charger's maximum. ``extra`` holds the fields that mean nothing here and are kept as sent.
    """

    id: str
    start: time | None
    end: time | None
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    amps: int | None = None
    kind: str = "CUSTOM"
    enabled: bool = True
    remind: bool = False
    remind_minutes: int | None = None
    recurring_kind: str | None = "Recurring"
    level_kind: str | None = "Weekly"
    source: str = "SYSTEM"
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def follows_tariff(self) -> bool:
        """Whether the server made the slot for the tariff's cheap hours; it is switched and nothing else."""
        return self.kind == OFF_PEAK

    def minutes(self) -> frozenset[int]:
        """Return the minutes of a week, from Monday's midnight, in which the slot is open; none for off-peak."""
        if self.start is None or self.end is None:
            return frozenset()
        start, end = (60 * moment.hour + moment.minute for moment in (self.start, self.end))
        length = (end - start) % DAY_MINUTES
        begins = [(day - 1) * DAY_MINUTES + start for day in self.days]
        return frozenset((begin + minute) % _WEEK_MINUTES for begin in begins for minute in range(length))


@dataclass(slots=True, kw_only=True)
class ScheduleWrites:
    """What the last write did to reads: until ``shown_from`` they see ``previous``; it was made at ``written_at``."""

    written_at: datetime | None = None
    shown_from: datetime | None = None
    previous: Sequence[Slot] = ()

    def hide(self, now: datetime) -> bool:
        """Return whether a read at ``now`` does not see the last write yet."""
        return self.shown_from is not None and now < self.shown_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A slot that is open, from ``start`` to ``end`` in site-local time."""

    slot: Slot
    start: datetime
    end: datetime


class WindowWatch:
    """Which window is open, and since when the charger has known it to be."""

    def __init__(self, now: datetime) -> None:
        """Begin with none."""
        self.open: Window | None = None
        self.opened_at = now

    def look(
        self,
        slots: Iterable[Slot],
        local: datetime,
        cheap_hours: Callable[[datetime], CheapHours | None],
        now: datetime,
    ) -> None:
        """Look again at ``now``, which is ``local`` at the site."""
        before, self.open = self.open, open_window(slots, local, cheap_hours)
        if self.open is not None and (
            before is None or (before.slot.id, before.start) != (self.open.slot.id, self.open.start)
        ):
            self.opened_at = now


def new_slot_id(site_id: str, serial: str) -> str:
    """Return a fresh id of the form ``{site}:{serial}:{uuid}``."""
    return f"{site_id}:{serial}:{uuid4()}"


def open_window(
    slots: Iterable[Slot], local: datetime, cheap_hours: Callable[[datetime], CheapHours | None]
) -> Window | None:
    """Return the window of the first enabled slot that is open at ``local``; off-peak slots follow ``cheap_hours``."""
    for slot in slots:
        window = _window(slot, local, cheap_hours) if slot.enabled else None
        if window is not None:
            return window
    return None


def _window(slot: Slot, local: datetime, cheap_hours: Callable[[datetime], CheapHours | None]) -> Window | None:
    if slot.start is None or slot.end is None:
        cheap = cheap_hours(local)
        if cheap is None or not _is_its_day(slot, cheap.start.date()):
            return None
        return Window(slot=slot, start=cheap.start, end=cheap.end)
    for day_offset in (0, -1):
        day = local.date() + timedelta(days=day_offset)
        last_day = day if slot.start < slot.end else day + timedelta(days=1)
        start = datetime.combine(day, slot.start, local.tzinfo)
        end = datetime.combine(last_day, slot.end, local.tzinfo)
        if _is_its_day(slot, day) and start <= local < end:
            return Window(slot=slot, start=start, end=end)
    return None


def _is_its_day(slot: Slot, day: date) -> bool:
    return not slot.days or day.isoweekday() in slot.days
