"""The actions on a charger's own schedule."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import probatio

from ..enlighten import EnlightenError, Schedule, Slot
from ..errors import action_failed, validation_error
from ..schedules.slots import DAY_NAMES, TimesChange, WeeklyTimes, short_id, slot_of
from .action import Action, async_act
from .rights import Right
from .targets import ChargerTarget, async_targeted_chargers

ATTR_START: Final = "start"
ATTR_END: Final = "end"
ATTR_DAYS: Final = "days"
ATTR_ENABLED: Final = "enabled"
ATTR_SCHEDULE_ID: Final = "schedule_id"

_SCHEDULE_ID: Final = {probatio.Required(ATTR_SCHEDULE_ID): cv.string}


async def _async_get(call: ServiceCall) -> ServiceResponse:
    return await async_act(call, await async_targeted_chargers(call, Right.READ), _async_read)


async def _async_set(call: ServiceCall) -> ServiceResponse:
    async def write(target: ChargerTarget) -> None:
        writes, data = target.runtime.schedules, call.data
        if ATTR_SCHEDULE_ID not in data:
            if not {ATTR_START, ATTR_END, ATTR_DAYS} <= data.keys():
                raise validation_error("new_slot_incomplete", target.name)
            times = WeeklyTimes(start=data[ATTR_START], end=data[ATTR_END], days=_days(data[ATTR_DAYS]))
            await writes.async_create(target.serial, times, enabled=data.get(ATTR_ENABLED, True))
            return
        slot = _slot(target, data[ATTR_SCHEDULE_ID])
        change = None
        if not data.keys().isdisjoint({ATTR_START, ATTR_END, ATTR_DAYS}):
            days = _days(data[ATTR_DAYS]) if ATTR_DAYS in data else None
            change = TimesChange(start=data.get(ATTR_START), end=data.get(ATTR_END), days=days)
        await writes.async_change(target.serial, slot.slot_id, change=change, enabled=data.get(ATTR_ENABLED))

    return await _async_write(call, write)


async def _async_delete(call: ServiceCall) -> ServiceResponse:
    async def delete(target: ChargerTarget) -> None:
        slot = _slot(target, call.data[ATTR_SCHEDULE_ID])
        await target.runtime.schedules.async_delete(target.serial, slot.slot_id)

    return await _async_write(call, delete)


async def _async_enable(call: ServiceCall) -> ServiceResponse:
    return await _async_switch(call, enabled=True)


async def _async_disable(call: ServiceCall) -> ServiceResponse:
    return await _async_switch(call, enabled=False)


async def _async_switch(call: ServiceCall, *, enabled: bool) -> ServiceResponse:
    async def switch(target: ChargerTarget) -> None:
        slot = _slot(target, call.data[ATTR_SCHEDULE_ID])
        await target.runtime.schedules.async_change(target.serial, slot.slot_id, enabled=enabled)

    return await _async_write(call, switch)


async def _async_write(call: ServiceCall, write: Callable[[ChargerTarget], Awaitable[None]]) -> ServiceResponse:
    """Write to all targeted chargers, and reply their schedules as they are stored afterwards."""

    async def act(target: ChargerTarget) -> JsonObjectType:
        await write(target)
        return _described(target, target.runtime.chargers.data.chargers[target.serial].schedule)

    return await async_act(call, await async_targeted_chargers(call, Right.CONTROL), act)


async def _async_read(target: ChargerTarget) -> JsonObjectType:
    try:
        schedule = await target.runtime.schedules.async_read(target.serial)
    except EnlightenError as error:
        raise action_failed(error, target.name) from error
    return _described(target, schedule)


def _slot(target: ChargerTarget, schedule_id: str) -> Slot:
    """Return the slot of that id, which is the last part of the cloud's."""
    schedule = target.runtime.chargers.data.chargers[target.serial].schedule
    if schedule is None:
        raise validation_error("schedules_unknown", target.name)
    slots = (slot for slot in schedule.slots if short_id(slot.slot_id) == short_id(schedule_id))
    slot = next(slots, None) or slot_of(schedule, schedule_id)
    if slot is None:
        raise validation_error("unknown_schedule", target.name)
    if target.runtime.plans.of(target.serial).record.owns(slot.slot_id):
        raise validation_error("slot_of_plan", target.name)
    return slot


def _days(names: list[str]) -> frozenset[int]:
    return frozenset(DAY_NAMES.index(name) + 1 for name in names)


def _described(target: ChargerTarget, schedule: Schedule | None) -> JsonObjectType:
    plan = target.runtime.plans.of(target.serial)
    return {
        "synced": schedule.synced if schedule else None,
        "schedules": [
            {
                "schedule_id": short_id(slot.slot_id),
                "start": slot.start.isoformat("minutes") if slot.start else None,
                "end": slot.end.isoformat("minutes") if slot.end else None,
                "days": [DAY_NAMES[day - 1] for day in sorted(slot.days)],
                "enabled": slot.enabled,
                "kind": "off_peak" if slot.is_off_peak else "plan" if plan.record.owns(slot.slot_id) else "custom",
                "amps": slot.amps,
            }
            for slot in (schedule.slots if schedule else ())
        ],
    }


ACTIONS: Final = (
    Action(
        name="get_schedules",
        handler=_async_get,
        schema=cv.make_entity_service_schema({}),
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="set_schedule",
        handler=_async_set,
        schema=cv.make_entity_service_schema(
            {
                probatio.Optional(ATTR_SCHEDULE_ID): cv.string,
                probatio.Optional(ATTR_START): cv.time,
                probatio.Optional(ATTR_END): cv.time,
                probatio.Optional(ATTR_DAYS): probatio.All(cv.ensure_list, [probatio.In(DAY_NAMES)]),
                probatio.Optional(ATTR_ENABLED): cv.boolean,
            }
        ),
        response=SupportsResponse.OPTIONAL,
    ),
    *(
        Action(
            name=name,
            handler=handler,
            schema=cv.make_entity_service_schema(_SCHEDULE_ID),
            response=SupportsResponse.OPTIONAL,
        )
        for name, handler in (
            ("delete_schedule", _async_delete),
            ("enable_schedule", _async_enable),
            ("disable_schedule", _async_disable),
        )
    ),
)
