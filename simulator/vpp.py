"""A virtual power plant: the program a site is enrolled in and the program's events (docs/api.md §8)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
import hashlib
from uuid import NAMESPACE_URL, uuid5

from .clock import Clock

_HEX_DIGITS = 24
_SHARE_DELIVERED = 0.97
_IDLE_KILOWATTS = 0.012


class EnrolmentAnswer(StrEnum):
    """How the look-up of a site's enrolment is answered (docs/api.md §8.1)."""

    ENROLLED = "enrolled"
    NULL = "null"
    """Not enrolled."""
    EMPTY_TEXT = "empty_text"
    """Not enrolled either."""
    UNAUTHORIZED = "401"
    """Not enrolled, its other face: every call of the host is refused for as long as it lasts."""
    NO_DATA = "no_data"
    LIST = "list"
    OBJECT = "object"
    BAD_ID = "bad_id"


NOT_ENROLLED = frozenset({EnrolmentAnswer.NULL, EnrolmentAnswer.EMPTY_TEXT, EnrolmentAnswer.UNAUTHORIZED})


class DetailAnswer(StrEnum):
    """How the details of an enrolment are answered; all but the first leave the program unknown."""

    PROGRAM = "program"
    NO_PROGRAM = "no_program"
    BAD_PROGRAM = "bad_program"
    NULL = "null"


class OtherProgram(StrEnum):
    """How events of a program are answered that is not the site's."""

    NOT_FOUND = "404"
    BAD_REQUEST = "400"
    EMPTY = "empty"


class EventType(StrEnum):
    """Event types seen (docs/api.md §8.2)."""

    DISCHARGE = "battery_discharge"
    CHARGE = "battery_charge"
    IDLE = "idle"


_SIGNS: dict[str, int] = {EventType.DISCHARGE: 1, EventType.CHARGE: -1}
_SUBTYPES: dict[str, str] = {
    EventType.DISCHARGE: "Discharge_To_Load_Grid",
    EventType.CHARGE: "Charge_From_PV_Grid",
    EventType.IDLE: "Idle",
}
_TARGETS: dict[str, int | None] = {EventType.DISCHARGE: 20, EventType.CHARGE: 90, EventType.IDLE: None}
_RATES: dict[str, int] = {EventType.DISCHARGE: 7680, EventType.CHARGE: 3840, EventType.IDLE: 0}


@dataclass(slots=True, kw_only=True)
class GridEvent:
    """One event; change its fields to edit it.

    ``rate_watt`` in W, ``target_soc`` in %. ``status`` None follows the clock. ``ended_at`` is when it physically
    ended before its time, because it was cancelled or superseded.
    """

    id: str
    event_id: str | None
    start: datetime
    end: datetime
    type: str
    subtype: str
    rate_watt: int
    target_soc: int | None
    mode: str = "GS_TOU_MODE"
    status: str | None = None
    cancelled_at: datetime | None = None
    superseded: bool = False
    ended_at: datetime | None = None

    def status_at(self, now: datetime, *, says_in_progress: bool = False) -> str:
        """Return the status shown; while the event runs it is ``scheduled`` unless the cloud is told otherwise."""
        if self.status is not None:
            return self.status
        if now >= self.end:
            return "completed"
        return "in_progress" if says_in_progress and now >= self.start else "scheduled"

    def is_over(self, now: datetime) -> bool:
        """Whether nothing of the event is left, because it came to its end or was ended before."""
        return now >= self.end or self.ended_at is not None

    def average_kilowatts(self, now: datetime) -> tuple[float | None, float | None]:
        """Return the average power discharged and charged, which are known once the event is completed."""
        if self.status_at(now) != "completed":
            return None, None
        kilowatts = round(abs(self.rate_watt) * _SHARE_DELIVERED / 1000, 3)
        match self.type:
            case EventType.DISCHARGE:
                return kilowatts, 0.0
            case EventType.CHARGE:
                return 0.0, kilowatts
            case _:
                return _IDLE_KILOWATTS, _IDLE_KILOWATTS

    def discharged_wh(self, start: datetime, end: datetime) -> float:
        """Return the energy in Wh the battery gives between two moments because of this event; charging is negative."""
        until = self.end if self.ended_at is None else min(self.end, self.ended_at)
        seconds = (min(end, until) - max(start, self.start)).total_seconds()
        return max(0.0, seconds) / 3600 * abs(self.rate_watt) * _SHARE_DELIVERED * _SIGNS.get(self.type, 0)


class VirtualPowerPlant:
    """A site's enrolment and the events of its program.

    A new site is enrolled and has no events. ``kept_for`` is how long events are listed after their end;
    ``says_in_progress`` whether running events say so.
    """

    def __init__(self, site_id: str, clock: Clock) -> None:
        """Enrol a site in a program."""
        self.enrolment_id = hex_id(f"enrolment of {site_id}")
        self.program_id = hex_id(f"program of {site_id}")
        self.enrolment = EnrolmentAnswer.ENROLLED
        self.detail = DetailAnswer.PROGRAM
        self.other_programs = OtherProgram.NOT_FOUND
        self.says_in_progress = False
        self.kept_for = timedelta(days=30)
        self.events: list[GridEvent] = []
        self._site_id = site_id
        self._clock = clock
        self._numbers = 0

    @property
    def is_enrolled(self) -> bool:
        """Whether the site takes part, however the look-up is answered."""
        return self.enrolment not in NOT_ENROLLED

    # Enrolment

    def enrol(self, program_id: str | None = None) -> None:
        """Enrol, or move to another program, whose events begin with none."""
        self.enrolment = EnrolmentAnswer.ENROLLED
        if program_id is not None and program_id != self.program_id:
            self.program_id = program_id
            self.enrolment_id = hex_id(f"enrolment of {self._site_id} in {program_id}")
            self.events.clear()

    def leave(self, face: EnrolmentAnswer = EnrolmentAnswer.NULL) -> None:
        """Leave the program, showing one of the three faces of ``NOT_ENROLLED``; the events are gone."""
        self.enrolment = face
        self.events.clear()

    # Events

    def schedule(
        self,
        *,
        start: datetime | None = None,
        starts_in: timedelta = timedelta(minutes=2),
        duration: timedelta = timedelta(minutes=10),
        kind: str = EventType.DISCHARGE,
        rate_watt: int | None = None,
        target_soc: int | None = None,
    ) -> GridEvent:
        """Plan an event ``starts_in`` from now, or at ``start`` (aware, may be past); any text may be its ``kind``."""
        self._numbers += 1
        name = f"{self.program_id} {self._numbers}"
        begin = (start or self._clock() + starts_in).astimezone(UTC)
        event = GridEvent(
            id=hex_id(name),
            event_id=str(uuid5(NAMESPACE_URL, name)),
            start=begin,
            end=begin + duration,
            type=kind,
            subtype=_SUBTYPES.get(kind, kind),
            rate_watt=_RATES.get(kind, 0) if rate_watt is None else rate_watt,
            target_soc=_TARGETS.get(kind) if target_soc is None else target_soc,
        )
        self.events.append(event)
        return event

    def cancel(self, event: GridEvent, *, status: str | None = "cancelled") -> None:
        """Call an event off; ``status`` None leaves the timestamp as the only sign."""
        event.cancelled_at = event.ended_at = self._clock()
        event.status = status

    def supersede(self, event: GridEvent, *, rate_watt: int | None = None, status: str | None = None) -> GridEvent:
        """Replace what is left of an event by a new one; ``status`` None leaves the flag as the only sign.

        Raises ValueError when nothing is left of it.
        """
        now = self._clock()
        if event.is_over(now):
            message = "the event is over"
            raise ValueError(message)
        event.superseded = True
        event.ended_at = now
        event.status = status
        start = max(event.start, now)
        return self.schedule(
            start=start,
            duration=event.end - start,
            kind=event.type,
            rate_watt=event.rate_watt if rate_watt is None else rate_watt,
            target_soc=event.target_soc,
        )

    def withdraw(self, event: GridEvent) -> None:
        """Let an event vanish without a trace."""
        self.events.remove(event)

    def event(self, row_id: str) -> GridEvent:
        """Return an event by its ``id``; raises KeyError when there is none."""
        for event in self.events:
            if event.id == row_id:
                return event
        raise KeyError(row_id)

    def listed(self, now: datetime) -> list[GridEvent]:
        """Return the events that are not too old, newest start first."""
        recent = [event for event in self.events if event.end > now - self.kept_for]
        return sorted(recent, key=lambda event: event.start, reverse=True)

    def discharged_wh(self, start: datetime, end: datetime) -> float:
        """Return the energy in Wh the battery gives between two moments because of events; charging is negative."""
        return sum(event.discharged_wh(start, end) for event in self.events)

    def seed(self) -> None:
        """Add what a program's list usually holds: completed events, a cancelled one and one tomorrow."""
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        past = ((9, EventType.DISCHARGE), (5, EventType.IDLE), (2, EventType.CHARGE), (1, EventType.DISCHARGE))
        for days, kind in past:
            self.schedule(start=hour - timedelta(days=days), duration=timedelta(hours=2), kind=kind)
        called_off = self.schedule(start=hour - timedelta(days=3), duration=timedelta(hours=1))
        called_off.status = "cancelled"
        called_off.cancelled_at = called_off.ended_at = called_off.start - timedelta(hours=4)
        self.schedule(start=hour + timedelta(days=1), duration=timedelta(hours=2))


def hex_id(name: str) -> str:
    """Return an id of 24 hex digits that always is the same for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:_HEX_DIGITS]
