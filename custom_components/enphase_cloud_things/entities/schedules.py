"""Entities of a charger's own schedule: the calendar that edits it, a switch for each slot, and what comes next."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import Any, Final, override

from homeassistant.components.calendar import (
    EVENT_END,
    EVENT_RRULE,
    EVENT_START,
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEntityFeature,
    CalendarEvent,
)
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from ..chargers.charger import ChargerSnapshot
from ..chargers.coordinator import ChargerCoordinator, of_all
from ..chargers.settings import may_be_controlled
from ..const import DOMAIN
from ..enlighten import Slot
from ..entity import call_until_unload, while_in_use
from ..errors import validation_error
from ..plan.charger_plan import ChargerPlan
from ..plan.planner import Window
from ..runtime import EnphaseConfigEntry
from ..schedules.recurrence import CannotHold, Refusal, recurrence_rule, weekly_times
from ..schedules.slots import (
    Span,
    TimesChange,
    WeeklyTimes,
    next_scheduled_start,
    short_id,
    shown_days,
    shown_window,
    slot_of,
    times_of,
)
from ..schedules.writes import ScheduleWrites
from ..timer import Timer
from .calendar_event import ExactCalendarEvent, calendar_text
from .charger import ChargerEntity, ScheduleEntityDescription, add_charger_entities

_ONE_WEEK: Final = timedelta(days=8)
_ALL_FUTURE: Final = "THISANDFUTURE"
_EDITING: Final = (
    CalendarEntityFeature.CREATE_EVENT | CalendarEntityFeature.DELETE_EVENT | CalendarEntityFeature.UPDATE_EVENT
)


@dataclass(frozen=True, kw_only=True)
class ScheduleCalendarDescription(ScheduleEntityDescription, CalendarEntityDescription):
    """Describes the calendar of a charger's schedule."""


@dataclass(frozen=True, kw_only=True)
class ScheduleSensorDescription(ScheduleEntityDescription, SensorEntityDescription):
    """Describes a sensor of a charger's schedule; its value may change by the clock alone."""

    value_fn: Callable[[ChargerSnapshot, ChargerCoordinator, datetime], StateType | datetime]


@dataclass(frozen=True, kw_only=True)
class SlotSwitchDescription(ScheduleEntityDescription, SwitchEntityDescription):
    """Describes the switch of a slot."""


def _sync(charger: ChargerSnapshot, _coordinator: ChargerCoordinator, _now: datetime) -> str | None:
    synced = charger.schedule.synced if charger.schedule else None
    return None if synced is None else "synced" if synced else "pending"


def _next_start(charger: ChargerSnapshot, coordinator: ChargerCoordinator, now: datetime) -> datetime | None:
    return next_scheduled_start(charger.schedule.slots, now, coordinator.zone) if charger.schedule else None


def _schedule_and_right(charger: ChargerSnapshot) -> object:
    return charger.schedule, may_be_controlled(charger.summary)


SCHEDULE_CALENDAR: Final = ScheduleCalendarDescription(key="schedule", part_fn=_schedule_and_right)
SCHEDULE_SENSORS: Final = (
    ScheduleSensorDescription(
        key="next_scheduled_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_next_start,
    ),
    ScheduleSensorDescription(
        key="schedule_sync",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        options=["synced", "pending"],
        value_fn=_sync,
    ),
)
SLOT_SWITCH: Final = SlotSwitchDescription(
    key="schedule_slot", entity_category=EntityCategory.CONFIG, part_fn=_schedule_and_right
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """An occurrence of a weekly slot, or a window of the plan, which has no slot that a person could edit."""

    span: Span
    slot: Slot | None = None
    times: WeeklyTimes | None = None


class ScheduleCalendar(ChargerEntity, CalendarEntity):
    """The enabled weekly slots of a charger, made, moved and deleted as recurring events, and its plan's windows."""

    entity_description: ScheduleCalendarDescription

    def __init__(
        self,
        coordinator: ChargerCoordinator,
        description: ScheduleCalendarDescription,
        serial: str,
        *,
        writes: ScheduleWrites,
        plan: ChargerPlan,
    ) -> None:
        super().__init__(coordinator, description, serial)
        self._writes = writes
        self._plan = plan

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._plan.record.async_add_listener(self._handle_coordinator_update))

    @property
    @override
    def supported_features(self) -> CalendarEntityFeature:
        return _EDITING if self.may_be_controlled else CalendarEntityFeature(0)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        now = dt_util.utcnow()
        events = [each for each in self._events(now, now + _ONE_WEEK) if each.span.end > now]
        first = min(events, key=lambda each: (each.span.start, each.span.end), default=None)
        return self._as_event(first) if first else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        events = self._events(dt_util.as_utc(start_date), dt_util.as_utc(end_date))
        return [self._as_event(each) for each in sorted(events, key=lambda each: each.span.start)]

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        await self._writes.async_create(self.serial, self._times(kwargs))

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        self._refuse_one_of_series(recurrence_id, recurrence_range)
        await self._writes.async_change(self.serial, self._slot_id(uid), change=TimesChange.to(self._times(event)))

    @override
    async def async_delete_event(
        self, uid: str, recurrence_id: str | None = None, recurrence_range: str | None = None
    ) -> None:
        self._refuse_one_of_series(recurrence_id, recurrence_range)
        await self._writes.async_delete(self.serial, self._slot_id(uid))

    def _events(self, start: datetime, end: datetime) -> list[_Event]:
        zone, schedule = self.coordinator.zone, self.charger.schedule
        slots = [slot for slot in schedule.slots if slot.enabled] if schedule else []
        events = [
            _Event(span=span, slot=slot, times=times)
            for slot in slots
            if (times := times_of(slot)) is not None and not self._plan.record.owns(slot.slot_id)
            for span in times.occurrences(start, end, zone)
        ]
        windows: tuple[Window, ...] = self._plan.record.plan.windows if self._plan.record.plan else ()
        spans = (Span(start=window.start, end=window.end) for window in windows)
        return [*events, *(_Event(span=span) for span in spans if span.overlaps(start, end))]

    def _as_event(self, event: _Event) -> CalendarEvent:
        start, end = (moment.astimezone(self.coordinator.zone) for moment in (event.span.start, event.span.end))
        if event.slot is None or event.times is None:
            return ExactCalendarEvent(summary=self._text("kind", value="plan"), start=start, end=end)
        amps = event.slot.amps
        return ExactCalendarEvent(
            summary=self._text("kind", value="slot"),
            start=start,
            end=end,
            description=None if amps is None else f"{self._text('current')}: {amps} A",
            uid=short_id(event.slot.slot_id),
            rrule=recurrence_rule(event.times.days),
            recurrence_id=f"{start:%Y%m%dT%H%M%S}",
        )

    def _text(self, attribute: str, *, value: str | None = None) -> str:
        return calendar_text(self.hass, self.entity_description.key, attribute, value=value)

    def _times(self, event: Mapping[str, Any]) -> WeeklyTimes:
        try:
            return weekly_times(event[EVENT_START], event[EVENT_END], event.get(EVENT_RRULE), self.coordinator.zone)
        except CannotHold as error:
            raise validation_error(error.refusal, self.charger.name) from error

    def _refuse_one_of_series(self, recurrence_id: str | None, recurrence_range: str | None) -> None:
        if recurrence_id and recurrence_range != _ALL_FUTURE:
            raise validation_error(Refusal.ONE_OF_SERIES, self.charger.name)

    def _slot_id(self, uid: str) -> str:
        schedule = self.charger.schedule
        slots = schedule.slots if schedule else ()
        found = next((slot.slot_id for slot in slots if short_id(slot.slot_id) == uid), None)
        if found is None or self._plan.record.owns(found):
            raise validation_error("unknown_schedule", self.charger.name)
        return found


class ScheduleSensor(ChargerEntity, SensorEntity):
    """What a charger's schedule says now, followed by the clock as well."""

    entity_description: ScheduleSensorDescription
    _timer: Timer | None = None

    @override
    async def async_added_to_hass(self) -> None:
        self._timer = Timer(self.hass, lambda _: self._handle_coordinator_update())
        self.async_on_remove(self._timer.cancel)
        await super().async_added_to_hass()
        self._follow_clock()

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.charger, self.coordinator, dt_util.utcnow())

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._follow_clock()
        super()._handle_coordinator_update()

    def _follow_clock(self) -> None:
        """Look again when the moment that is shown has come."""
        if self._timer is None or not self.available:
            return
        value = self.native_value
        if isinstance(value, datetime):
            self._timer.set(value)
        else:
            self._timer.cancel()


class SlotSwitch(ChargerEntity, SwitchEntity):
    """Whether a slot of a charger is on, named by its window and days."""

    entity_description: SlotSwitchDescription
    _named_after: tuple[WeeklyTimes, int] | None = None

    def __init__(self, coordinator: ChargerCoordinator, serial: str, slot_id: str, *, writes: ScheduleWrites) -> None:
        super().__init__(coordinator, SLOT_SWITCH, serial)
        self._slot_id = slot_id
        self._writes = writes
        self._attr_unique_id = slot_unique_id(serial, slot_id)
        slot = self._slot
        self._attr_translation_key = "off_peak_slot" if slot and slot.is_off_peak else SLOT_SWITCH.key
        self._take_name()

    @property
    def _slot(self) -> Slot | None:
        return slot_of(self.charger.schedule, self._slot_id)

    def _take_name(self) -> bool:
        """Follow the window and the days of the slot, as far as they are known; return whether they are others now.

        A slot with the times of an earlier one is numbered, in a way that all languages share.
        """
        slot, schedule = self._slot, self.charger.schedule
        times = times_of(slot) if slot else None
        if times is None or schedule is None:
            return False
        before = takewhile(lambda each: each.slot_id != self._slot_id, schedule.slots)
        number = 1 + sum(times_of(each) == times for each in before)
        if (named_after := (times, number)) == self._named_after:
            return False
        self._named_after = named_after
        days = shown_days(times.days) if number == 1 else f"{shown_days(times.days)} ({number})"
        self._attr_translation_placeholders = {"window": shown_window(times), "days": days}
        with suppress(AttributeError):
            # Home Assistant keeps the name that it once made of the placeholders
            del self.name
        return True

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self._take_name():
            self.async_write_ha_state()
        super()._handle_coordinator_update()

    @property
    @override
    def available(self) -> bool:
        return super().available and self._slot is not None and self.may_be_controlled

    @property
    @override
    def is_on(self) -> bool | None:
        return self._slot.enabled if self._slot else None

    @override
    async def async_turn_on(self, **kwargs: object) -> None:
        await self._writes.async_change(self.serial, self._slot_id, enabled=True)

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self._writes.async_change(self.serial, self._slot_id, enabled=False)


def add_schedule_calendars(entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the calendar of every charger that has schedules."""
    runtime = entry.runtime_data
    add_charger_entities(
        entry,
        async_add_entities,
        [SCHEDULE_CALENDAR],
        lambda coordinator, description, serial: ScheduleCalendar(
            coordinator, description, serial, writes=runtime.schedules, plan=runtime.plans.of(serial)
        ),
    )


def slot_unique_id(serial: str, slot_id: str) -> str:
    """Return the unique id of the switch of a slot."""
    return f"{serial}_schedule_{short_id(slot_id)}"


def add_slot_switches(
    hass: HomeAssistant, entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a switch for each slot but the plans' own, and remove those of slots that are gone."""
    runtime = entry.runtime_data
    coordinator = runtime.chargers
    added: dict[str, set[str]] = {}

    @callback
    def look() -> None:
        for serial, charger in coordinator.data.chargers.items():
            if charger.schedule is None:
                continue
            plan = runtime.plans.of(serial)
            if serial not in added:
                added[serial] = set()
                entry.async_on_unload(plan.record.async_add_listener(while_in_use(entry, look)))
            slots = {slot.slot_id for slot in charger.schedule.slots if not plan.record.owns(slot.slot_id)}
            _remove_gone(hass, entry, serial, slots)
            if new := slots - added[serial]:
                async_add_entities(
                    SlotSwitch(coordinator, serial, slot.slot_id, writes=runtime.schedules)
                    for slot in charger.schedule.slots
                    if slot.slot_id in new
                )
            added[serial] = slots

    call_until_unload(entry, coordinator, look, of_all(coordinator, attrgetter("schedule")))


def _remove_gone(hass: HomeAssistant, entry: EnphaseConfigEntry, serial: str, slots: set[str]) -> None:
    registry = er.async_get(hass)
    kept = {slot_unique_id(serial, slot_id) for slot_id in slots}
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        is_slot = entity.domain == Platform.SWITCH and entity.unique_id.startswith(f"{serial}_schedule_")
        if is_slot and entity.platform == DOMAIN and entity.unique_id not in kept:
            registry.async_remove(entity.entity_id)
