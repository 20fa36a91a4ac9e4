"""The plans of a site's chargers, what is remembered of them, and undoing them with the entry that is removed."""

from collections.abc import Mapping
import logging
from operator import attrgetter

from homeassistant.core import HomeAssistant, callback

from ..chargers.coordinator import of_all
from ..chargers.status import plugged_in
from ..enlighten import ChargeMode, EnlightenClient, EnlightenError
from ..schedules.writes import ScheduleWrites
from ..state_file import StateFile
from .charger_plan import ChargerPlan
from .reconcile import ChooseMode, DeleteSlot, PlanMemory, SwitchSlots, Undoing, next_to_clear, retiring
from .sources import PlanSources
from .visit import StoredPlan
from .writer import reading_of


def plans_file(hass: HomeAssistant, entry_id: str) -> StateFile[dict[str, StoredPlan]]:
    """Return the file with the plans of a config entry, by serial number."""
    return StateFile(hass, f"plans.{entry_id}", dict[str, StoredPlan])


class Plans:
    """The plan of each charger of a site, by serial number."""

    def __init__(
        self,
        sources: PlanSources,
        *,
        file: StateFile[dict[str, StoredPlan]],
        stored: Mapping[str, StoredPlan],
    ) -> None:
        """Take up what was remembered. Nothing is done before the first look."""
        self._sources = sources
        self._file = file
        self._stored = dict(stored)
        self._plans: dict[str, ChargerPlan] = {}

    @property
    def writes(self) -> ScheduleWrites:
        """What writes slots, for plans and for people."""
        return self._sources.writes

    def of(self, serial: str) -> ChargerPlan:
        """Return the plan of a charger."""
        if serial not in self._plans:
            self._plans[serial] = ChargerPlan(
                serial,
                sources=self._sources,
                stored=self._stored.get(serial, StoredPlan()),
                store=self._async_store,
            )
        return self._plans[serial]

    @callback
    def async_follow(self) -> None:
        """Carry out the plans of all chargers, also of those that come later, until the entry is unloaded."""
        chargers, entry = self._sources.chargers, self._sources.entry
        entry.async_on_unload(chargers.async_add_listener(self._look, of_all(chargers, attrgetter("serial"))))
        entry.async_on_unload(self._cancel)
        self._look()

    @callback
    def _look(self) -> None:
        for serial in self._sources.chargers.data.chargers:
            self.of(serial).look_soon()

    @callback
    def _cancel(self) -> None:
        for plan in self._plans.values():
            plan.cancel()

    async def _async_store(self) -> None:
        self._stored |= {serial: plan.record.stored for serial, plan in self._plans.items()}
        await self._file.async_save(self._stored)


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
        before: Undoing | None = None
        for _ in range(_MOST_STEPS):
            schedule = await client.schedules.read(site_id, serial, urgent=True)
            preference = await client.charge_mode(site_id, serial, urgent=True)
            step = next_to_clear(retiring(memory), reading_of(schedule, preference), restore=serial in away)
            if step is None or step == before:
                break
            await _async_carry_out(client, site_id, serial, step)
            before = step


async def _async_carry_out(client: EnlightenClient, site_id: str, serial: str, step: Undoing) -> None:
    match step:
        case DeleteSlot(slot_id=slot_id):
            await client.schedules.delete(site_id, serial, slot_id)
        case SwitchSlots(states=states):
            await client.schedules.set_states(site_id, serial, states)
        case ChooseMode(mode=mode):
            await client.set_charge_mode(site_id, serial, ChargeMode(mode))
