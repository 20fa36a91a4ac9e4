"""Undoing what plans did to the chargers of an entry that is removed."""

from collections.abc import Mapping
import logging

from homeassistant.core import HomeAssistant

from ..chargers.status import plugged_in
from ..enlighten import ChargeMode, EnlightenClient, EnlightenError
from .plans import plans_file
from .reconcile import ChooseMode, DeleteSlot, PlanMemory, Step, SwitchSlots, next_to_clear, retiring
from .writer import reading_of

_LOGGER = logging.getLogger(__name__)

_MOST_STEPS = 12


async def async_remove_plans(hass: HomeAssistant, entry_id: str, site_id: str, client: EnlightenClient) -> None:
    """Remove the plans' slots from the chargers, and the file with the plans.

    Where the car is away, the owner's slots and mode come back as well; where it is there, they might start it.
    """
    file = plans_file(hass, entry_id)
    stored = await file.async_load() or {}
    left = {serial: plan.memory for serial, plan in stored.items() if not plan.memory.is_empty}
    try:
        await _async_clear_all(client, site_id, left)
    except EnlightenError as error:
        _LOGGER.warning("Slots of a plan may be left at a charger; look at its schedule in the app: %s", error)
    await file.async_remove()


async def _async_clear_all(client: EnlightenClient, site_id: str, left: Mapping[str, PlanMemory]) -> None:
    if not left:
        return
    status = await client.status(site_id, urgent=True)
    away = {charger.serial for charger in status.chargers if plugged_in(charger) is False}
    for serial, memory in left.items():
        before: Step | None = None
        for _ in range(_MOST_STEPS):
            schedule = await client.schedules.read(site_id, serial, urgent=True)
            preference = await client.charge_mode(site_id, serial, urgent=True)
            step = next_to_clear(retiring(memory), reading_of(schedule, preference), restore=serial in away)
            if step is None or step == before:
                break
            await _async_carry_out(client, site_id, serial, step)
            before = step


async def _async_carry_out(client: EnlightenClient, site_id: str, serial: str, step: Step) -> None:
    match step:
        case DeleteSlot(slot_id=slot_id):
            await client.schedules.delete(site_id, serial, slot_id)
        case SwitchSlots(states=states):
            await client.schedules.set_states(site_id, serial, states)
        case ChooseMode(mode=mode):
            await client.set_charge_mode(site_id, serial, ChargeMode(mode))
        case _:
            raise AssertionError
