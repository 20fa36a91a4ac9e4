"""Virtual power plants: programs that use the site's battery, and their events."""

from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Final

from ..errors import InvalidResponse
from ..wire import KILOWATTS, PERCENT, WATTS, Fields, JsonValue, Oddities, readable, wire_field

_ID: Final = re.compile(r"[0-9a-f]{24}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VppProgram:
    """Whether a site takes part, and in which program (docs/api.md §8.1). `program_id` is 24 hex digits.

    `refused` means that the cloud did not say so, but keeps refusing to answer, as it does for some sites that take
    part in none.
    """

    enrolled: bool
    program_id: str | None = field(default=None, repr=False)
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VppEvent:
    """One event of a program (docs/api.md §8.2).

    `kind` (`battery_discharge`, …), `subtype` and `status` are the cloud's text. `target_soc` is the state of charge
    in % where the event ends; `rate` is W; `average_discharge` and `average_charge` are kW and known after the event.
    `cancelled` is set by any cancellation time, readable or not.
    """

    start: datetime
    end: datetime
    event_id: str | None = wire_field(lambda row: row.identifier("event_id"), shown=False)
    row_id: str | None = wire_field(lambda row: row.identifier("id"), shown=False)
    name: str | None = wire_field(lambda row: row.text("name"))
    kind: str | None = wire_field(lambda row: row.text("type"))
    subtype: str | None = wire_field(lambda row: row.text("subtype"))
    status: str | None = wire_field(lambda row: row.text("status"))
    mode: str | None = wire_field(lambda row: row.text("mode"))
    target_soc: float | None = wire_field(lambda row: row.number(PERCENT, "target_soc"))
    rate: float | None = wire_field(lambda row: row.number(WATTS, "rate_watt"))
    average_discharge: float | None = wire_field(lambda row: row.number(KILOWATTS, "avg_kw_discharged"))
    average_charge: float | None = wire_field(lambda row: row.number(KILOWATTS, "avg_kw_charged"))
    cancelled: bool = wire_field(lambda row: row.raw("cancellation_timestamp") not in (None, "", False), default=False)
    cancelled_at: datetime | None = wire_field(lambda row: row.time("cancellation_timestamp"))
    superseded: bool = wire_field(
        lambda row: bool(row.boolean("superceded") or row.boolean("superseded")), default=False
    )

    @classmethod
    def from_wire(cls, row: Fields) -> VppEvent:
        """Read an event.

        Raises:
            InvalidResponse: the event has no start or no end after it.
        """
        start, end = row.time("start_time"), row.time("end_time")
        if start is None:
            raise InvalidResponse(f"{row.path}.start_time")
        if end is None or end <= start:
            raise InvalidResponse(f"{row.path}.end_time")
        return row.build(cls, start=start, end=end)


def is_id(text: str) -> bool:
    """Return whether a text can be the id of an enrolment or a program."""
    return _ID.fullmatch(text) is not None


def read_enrolment_id(value: JsonValue, oddities: Oddities) -> str | None:
    """Read the id of the enrolment of a site; `None` if the cloud says that there is none (docs/api.md §8.1).

    Raises:
        InvalidResponse: the reply says neither.
    """
    reply = Fields.of_reply(value, "enrolment", oddities)
    if "data" in reply and reply.raw("data") in (None, ""):
        return None
    return _id(reply, "data")


def read_program_id(value: JsonValue, oddities: Oddities) -> str:
    """Read the id of the program of an enrolment (docs/api.md §8.1).

    Raises:
        InvalidResponse: the reply has none.
    """
    return _id(Fields.of_reply(value, "enrolment", oddities).fields("data"), "program_id")


def read_events(value: JsonValue, oddities: Oddities) -> tuple[VppEvent, ...]:
    """Read the events of a program in the order of the reply (docs/api.md §8.2).

    An event that cannot be read is left out.

    Raises:
        InvalidResponse: the reply has no list of events, or none of the events could be read.
    """
    reply = Fields.of_reply(value, "events", oddities)
    listed = reply.raw("data")
    if "data" not in reply or not isinstance(listed, list | None):
        raise InvalidResponse("events.data")
    events = readable(reply.rows("data"), VppEvent.from_wire)
    if listed and not events:
        raise InvalidResponse("events.data")
    return events


def _id(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if text is None or not is_id(text):
        raise InvalidResponse(f"{fields.path}.{name}")
    return text
