"""Virtual power plants: programmes that use the site's battery, and their events."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VppProgramme:
    """Whether a site takes part, and in which programme (docs/api.md §8.1). `program_id` is 24 hex digits."""

    enrolled: bool
    program_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VppEvent:
    """One event of a programme (docs/api.md §8.2).

    `kind` (`battery_discharge`, …), `subtype` and `status` are the cloud's text. `target_soc` is the state of charge
    in % where the event ends; `rate` is W; `average_discharge` and `average_charge` are kW and known after the event.
    `cancelled` is set by any cancellation time, readable or not.
    """

    start: datetime
    end: datetime
    event_id: str | None = None
    row_id: str | None = None
    name: str | None = None
    kind: str | None = None
    subtype: str | None = None
    status: str | None = None
    mode: str | None = None
    target_soc: float | None = None
    rate: float | None = None
    average_discharge: float | None = None
    average_charge: float | None = None
    cancelled: bool = False
    cancelled_at: datetime | None = None
    superseded: bool = False
