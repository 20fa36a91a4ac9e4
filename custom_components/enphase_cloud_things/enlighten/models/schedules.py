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

from ..bounds import AMPS, MINUTE_OF_DAY, REMINDER_MINUTES, WEEKDAY
from ..errors import InvalidResponse
from ..wire import Fields, JsonValue, Oddities, integer

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_MINUTES_AN_HOUR: Final = 60


class SlotKind(StrEnum):
    """Known values of `scheduleType`; the model keeps unknown ones as text. Off-peak slots are the server's own."""

    CUSTOM = "CUSTOM"
    OFF_PEAK = "OFF_PEAK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One weekly window.

    `start` and `end` are times on the clock at the site; both are `None` for an off-peak slot, which follows the
    tariff. A window whose end is not after its start runs over midnight. `days` are ISO weekdays (Monday is 1) on which
    the window starts. `amps` is what the cloud stored, which need not be what it was sent. `raw` is the slot as it
    came.
    """

    slot_id: str = field(repr=False)
    start: time | None = None
    end: time | None = None
    days: frozenset[int] = frozenset()
    enabled: bool | None = None
    kind: str | None = None
    amps: int | None = None
    reminder_minutes: int | None = None
    raw: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @classmethod
    def from_wire(cls, row: Fields, raw: Mapping[str, JsonValue]) -> Slot:
        """Read a slot.

        Raises:
            InvalidResponse: the slot has no id.
        """
        slot_id = row.identifier("id")
        if slot_id is None:
            raise InvalidResponse(f"{row.path}.id")
        return cls(
            slot_id=slot_id,
            start=_clock(row, "startTime"),
            end=_clock(row, "endTime"),
            days=_weekdays(row),
            enabled=row.boolean("enabled"),
            kind=row.word(SlotKind, "scheduleType"),
            amps=row.integer(AMPS, "chargingLevelAmp", "chargingLevel"),
            reminder_minutes=row.integer(REMINDER_MINUTES, "remindTime") if row.boolean("remindFlag") else None,
            raw=MappingProxyType(dict(raw)),
        )

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
        return Slot.from_wire(Fields(raw, "slot", Oddities()), raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All slots of a charger, in the order of the cloud, and how far the charger has them.

    `synced` is false while a change has not reached the charger. `off_peak_eligible` says whether off-peak slots can be
    switched on. `stamp` is the server's time of this list as it was sent, which replacing the whole list needs.
    `unreadable` counts slots that could not be read, without which the list must not be replaced.
    """

    slots: tuple[Slot, ...] = ()
    synced: bool | None = None
    off_peak_eligible: bool | None = None
    stamp: str | None = field(default=None, compare=False, repr=False)
    unreadable: int = 0

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> Schedule:
        """Read the schedules of a charger; a slot that cannot be read is left out and counted.

        Raises:
            InvalidResponse: the reply has no list of slots. It says nothing of the slots then, least of all that
                there are none.
        """
        reply = Fields.of_reply(value, "schedules", oddities)
        data = reply.fields("data")
        listed = reply.raw("data") if isinstance(reply.raw("data"), list) else data.raw("slots")
        if not isinstance(listed, list):
            raise InvalidResponse("schedules.data.slots")
        slots = []
        for index, item in enumerate(listed):
            row = Fields(item if isinstance(item, dict) else {}, f"schedules.data.slots[{index}]", oddities)
            try:
                slots.append(Slot.from_wire(row, item if isinstance(item, dict) else {}))
            except InvalidResponse:
                row.unreadable("id")
        config = data.fields("config")
        return cls(
            slots=tuple(slots),
            synced=_synced(config),
            off_peak_eligible=config.boolean("isOffPeakEligible"),
            stamp=reply.fields("meta").text("serverTimeStamp"),
            unreadable=len(listed) - len(slots),
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
    return Slot.from_wire(Fields(raw, "slot", Oddities()), raw)


def read_created_id(value: JsonValue, oddities: Oddities) -> str | None:
    """Read the id of a created slot, text or in an object; `None` if the reply does not name it."""
    reply = Fields(value if isinstance(value, dict) else {}, "schedule", oddities)
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


def _weekdays(row: Fields) -> frozenset[int]:
    days = set()
    listed = row.raw("days")
    for item in listed[:7] if isinstance(listed, list) else ():
        try:
            days.add(integer(item, WEEKDAY))
        except ValueError:
            row.unreadable("days")
    return frozenset(days)
