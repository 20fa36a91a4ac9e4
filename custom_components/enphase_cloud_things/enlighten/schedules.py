"""The schedules of a charger: reading, creating, editing and deleting them (docs/api.md §6.4)."""

from collections.abc import Mapping

from . import endpoints
from .caller import Caller, unread
from .endpoints import Call
from .models.schedules import Schedule, Slot, read_changed, read_created_id
from .wire import JsonValue


class SchedulesClient:
    """Reads and writes schedules. For the errors see `EnlightenClient`; every write is a command and sent once.

    No reply is the effect: the list is read again at least a second after a write, and a list that was asked for
    before the write says nothing. After `CommandOutcomeUnknown` the list tells whether the write took effect.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def read(self, site_id: str, serial: str, *, urgent: bool = False) -> Schedule:
        """Read all slots of a charger."""
        return await self._caller.call(
            Call(endpoints.SCHEDULES, site_id=site_id, serial=serial, urgent=urgent), Schedule.from_wire
        )

    async def create(self, site_id: str, serial: str, slot: Slot) -> str:
        """Store a slot that `new_slot` made, and return its id: the cloud's where it names one."""
        created = await self._caller.call(
            Call(endpoints.CREATE_SCHEDULE, site_id=site_id, serial=serial, json=dict(slot.raw)), read_created_id
        )
        return created or slot.slot_id

    async def edit(self, site_id: str, serial: str, slot: Slot) -> None:
        """Store another version of a slot, made with `Slot.changed`. Off-peak slots cannot be edited."""
        await self._caller.call(
            Call(
                endpoints.EDIT_SCHEDULE,
                site_id=site_id,
                serial=serial,
                item_id=slot.slot_id,
                json={**slot.raw, "id": slot.slot_id},
            ),
            unread,
        )

    async def delete(self, site_id: str, serial: str, slot_id: str) -> None:
        """Delete a slot. Off-peak slots cannot be deleted."""
        await self._caller.call(
            Call(endpoints.DELETE_SCHEDULE, site_id=site_id, serial=serial, item_id=slot_id), unread
        )

    async def set_states(self, site_id: str, serial: str, states: Mapping[str, bool]) -> Schedule | None:
        """Switch slots on and off; `states` names every slot of the charger by its id.

        Return the slots that the reply lists; it may name none, so that they have to be read again.
        """
        json: JsonValue = {slot_id: "ENABLED" if enabled else "DISABLED" for slot_id, enabled in states.items()}
        return await self._caller.call(
            Call(endpoints.PATCH_SCHEDULES, site_id=site_id, serial=serial, json=json), read_changed
        )
