"""The weekly schedules that a charger keeps by itself (docs/api.md §6.4).

A slot is edited as a whole, and fields that mean nothing here go back as they came. They hold identifiers, so a raw
slot is in no log and no representation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
import re
from types import MappingProxyType
from typing import Final
from uuid import uuid4

from ..errors import InvalidResponse
from ..wire import (
    AMPS,
    MINUTE_OF_DAY,
    WEEKDAY,
    Fields,
    JsonValue,
    Oddities,
    integer,
    object_at,
    readable,
    rows,
    wire_field,
)

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_MINUTES_AN_HOUR: Final = 60


class SlotKind(StrEnum):
    """Known values of `scheduleType`; the model keeps unknown ones as text. Off-peak slots are the server's own."""

    CUSTOM = "CUSTOM"
    OFF_PEAK = "OFF_PEAK"


def _weekdays(row: Fields) -> frozenset[int]:
    days = set()
    listed = row.raw("days")
    for item in listed[:7] if isinstance(listed, list) else ():
        try:
            days.add(integer(item, WEEKDAY))
        except ValueError:
            row.unreadable("days")
    return frozenset(days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One weekly window.

    `start` and `end` are times on the clock at the site; both are `None` for an off-peak slot, which follows the
    tariff. A window whose end is not after its start runs over midnight. `days` are ISO weekdays (Monday is 1) on which
    the window starts. `amps` is what the cloud stored, which need not be what it was sent. `raw` is the slot as it
    came.
    """

    slot_id: str = wire_field(lambda row: row.required("id"), shown=False)
    start: time | None = wire_field(lambda row: _clock(row, "startTime"))
    end: time | None = wire_field(lambda row: _clock(row, "endTime"))
    days: frozenset[int] = wire_field(_weekdays, default=frozenset())
    enabled: bool | None = wire_field(lambda row: row.boolean("enabled"))
    kind: str | None = wire_field(lambda row: row.word(SlotKind, "scheduleType"))
    amps: int | None = wire_field(lambda row: row.integer(AMPS, "chargingLevelAmp", "chargingLevel"))
    raw: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @classmethod
    def from_wire(cls, row: Fields) -> Slot:
        """Read a slot.

        Raises:
            InvalidResponse: the slot has no id.
        """
        return row.build(cls, raw=MappingProxyType(dict(row.values)))

    @property
    def is_off_peak(self) -> bool:
        """Whether the slot follows the tariff, and can only be switched on and off."""
        return self.kind == SlotKind.OFF_PEAK

    def changed(
        self,
        *,
        start: time | None = None,
        end: time | None = None,
        days: Iterable[int] | None = None,
        enabled: bool | None = None,
    ) -> Slot:
        """Return the slot with other times, days or state, and everything else as the cloud sent it."""
        raw = dict(self.raw)
        if start is not None:
            raw["startTime"] = f"{start:%H:%M}"
        if end is not None:
            raw["endTime"] = f"{end:%H:%M}"
        if days is not None:
            raw["days"] = list[JsonValue](sorted(days))
        if enabled is not None:
            raw["enabled"] = enabled
        return Slot.from_wire(object_at(raw, "slot"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All slots of a charger, in the order of the cloud, and how far the charger has them.

    `synced` is false while a change has not reached the charger. `off_peak_eligible` says whether off-peak slots can be
    switched on.
    """

    slots: tuple[Slot, ...] = ()
    synced: bool | None = None
    off_peak_eligible: bool | None = None

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> Schedule:
        """Read the schedules of a charger; a slot that cannot be read is left out.

        Raises:
            InvalidResponse: the reply has no list of slots. It says nothing of the slots then, least of all that
                there are none.
        """
        reply = Fields.of_reply(value, "schedules", oddities)
        data = reply.fields("data")
        listed = reply.raw("data") if isinstance(reply.raw("data"), list) else data.raw("slots")
        if not isinstance(listed, list):
            raise InvalidResponse("schedules.data.slots")
        config = data.fields("config")
        return cls(
            slots=readable(rows(listed, "schedules.data.slots", oddities), Slot.from_wire),
            synced=_synced(config),
            off_peak_eligible=config.boolean("isOffPeakEligible"),
        )


def new_slot(
    site_id: str, serial: str, *, start: time, end: time, days: Iterable[int], enabled: bool = True, amps: int
) -> Slot:
    """Return a slot of a person's own, with an id that the cloud may replace, to be created.

    `amps` has to be sent, but the cloud need not keep it (docs/api.md §6.4).
    """
    raw: dict[str, JsonValue] = {
        "id": f"{site_id}:{serial}:{uuid4()}",
        "startTime": f"{start:%H:%M}",
        "endTime": f"{end:%H:%M}",
        "chargingLevel": amps,
        "chargingLevelAmp": amps,
        "scheduleType": SlotKind.CUSTOM,
        "days": list[JsonValue](sorted(days)),
        "remindTime": None,
        "remindFlag": False,
        "enabled": enabled,
        "recurringKind": "Recurring",
        "chargeLevelType": "Weekly",
        "sourceType": "SYSTEM",
        "reminderTimeUtc": None,
        "serializedDays": None,
    }
    return Slot.from_wire(object_at(raw, "slot"))


def read_created_id(value: JsonValue, oddities: Oddities) -> str | None:
    """Read the id of a created slot, text or in an object; `None` if the reply does not name it."""
    reply = object_at(value, "schedule", oddities)
    if isinstance(reply.raw("data"), dict):
        return reply.fields("data").identifier("id")
    return reply.identifier("data")


def read_changed(value: JsonValue, oddities: Oddities) -> Schedule | None:
    """Read the reply to a write of the list; `None` if it names no slots, so that they have to be read again."""
    try:
        return Schedule.from_wire(value, oddities)
    except InvalidResponse:
        return None


def _synced(config: Fields) -> bool | None:
    status = config.text("scheduleSyncStatus")
    if config.boolean("pendingSchedulesOffGrid"):
        return False
    return None if status is None else status.lower() == "synced"


def _clock(row: Fields, name: str) -> time | None:
    """Read a time of day: `HH:MM`, or the minutes after midnight."""
    if isinstance(row.raw(name), str):
        text = row.text(name) or ""
        if match := _CLOCK.fullmatch(text):
            return time(int(match[1]), int(match[2]))
        if text and not text.isdigit():
            row.unreadable(name)
            return None
    minutes = row.integer(MINUTE_OF_DAY, name)
    return None if minutes is None else time(*divmod(minutes % (24 * _MINUTES_AN_HOUR), _MINUTES_AN_HOUR))
