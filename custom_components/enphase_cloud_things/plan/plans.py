"""The plans of a site's chargers, and what is remembered of them."""

from collections.abc import Callable, Mapping

from homeassistant.core import HomeAssistant, callback

from ..schedules.writes import ScheduleWrites
from ..state_file import StateFile
from .charger_plan import ChargerPlan
from .sources import PlanSources
from .visit import StoredPlan


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
        """Look whenever something changes that a plan depends on, until the entry is unloaded."""
        sources = self._sources
        sources.entry.async_on_unload(sources.chargers.async_add_listener(self._look_if_new()))
        sources.entry.async_on_unload(sources.prices.async_add_listener(self._look))
        if sources.vpp is not None:
            sources.entry.async_on_unload(sources.vpp.async_add_listener(self._look))
        sources.entry.async_on_unload(self._cancel)
        self._look()

    def _look_if_new(self) -> Callable[[], None]:
        """Return a listener that looks at new data only, not at what a plan itself had shown."""
        seen = self._sources.chargers.data

        @callback
        def look() -> None:
            nonlocal seen
            if self._sources.chargers.data is not seen:
                seen = self._sources.chargers.data
                for serial in seen.chargers:
                    self.of(serial).note_commands()
                self._look()

        return look

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
