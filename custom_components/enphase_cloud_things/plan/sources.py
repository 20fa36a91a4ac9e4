"""What the plans of a site's chargers are made from and carried out with."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.sun import get_astral_event_next

from ..chargers.charger import ChargerSnapshot
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.flow import power_limit
from ..chargers.settings import amps_bounds
from ..commands.commands import Commands
from ..history.coordinator import HistoryCoordinator
from ..schedules.slots import Span
from ..schedules.writes import ScheduleWrites
from ..vpp.coordinator import VppCoordinator
from ..vpp.events import EventKind, event_kind, is_possible
from .planner import Goal, sun_until
from .prices import PlanPrices
from .progress import charging_power
from .state import Strategy
from .visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSources:
    """The coordinators and writers of a site, and what plans ask of them. The voltage (V) is for chargers without."""

    hass: HomeAssistant
    entry: ConfigEntry
    chargers: ChargerCoordinator
    commands: Commands
    writes: ScheduleWrites
    history: HistoryCoordinator
    vpp: VppCoordinator | None
    prices: PlanPrices
    nominal_voltage: int

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.chargers.zone

    def charger(self, serial: str) -> ChargerSnapshot | None:
        """Return a charger as it was last seen."""
        return self.chargers.data.chargers.get(serial)

    @callback
    def follow(self, serial: str, charger_changed: CALLBACK_TYPE, other_changed: CALLBACK_TYPE) -> list[CALLBACK_TYPE]:
        """Have changes of a charger, of prices and of events called in; return what ends that."""

        def view() -> object:
            return self.charger(serial), self.chargers.last_update_success

        ends = [
            self.chargers.async_add_listener(charger_changed, view),
            self.prices.async_add_listener(other_changed),
        ]
        return [*ends, self.vpp.async_add_listener(other_changed)] if self.vpp else ends

    def discharge_events(self, now: datetime) -> tuple[Span, ...]:
        """Return when the home battery is discharged for the grid, from now on."""
        events = self.vpp.data.events if self.vpp else ()
        return tuple(
            Span(start=event.start, end=event.end)
            for event in events
            if is_possible(event) and event.end > now and event_kind(event) is EventKind.BATTERY_DISCHARGE
        )

    def has_grid_event(self, now: datetime) -> bool:
        """Return whether the grid may be what a charger follows now."""
        events = self.vpp.data.events if self.vpp else ()
        return any(is_possible(event) and event.start <= now < event.end for event in events)

    def power_of(self, charger: ChargerSnapshot) -> float | None:
        """Return the power in kW of a scheduled session, `None` while no current is known."""
        summary = charger.summary
        bounds = amps_bounds(summary)
        current = (summary.default_charge_level if summary else None) or (bounds.high if bounds else None)
        if summary is None or not current:
            return None
        at_current = replace(summary, max_current=current)
        nominal = power_limit(at_current, nominal_voltage=self.nominal_voltage) / 1000
        return charging_power(nominal, self.history.data.of(charger.serial))

    def sun_until(self, visit: Visit, goal: Goal, now: datetime) -> datetime | None:
        """Return until when a car is left to the sun, `None` if it is not."""
        if visit.goal.strategy is not Strategy.SUN_THEN_CHEAPEST:
            return None
        rising, setting = (get_astral_event_next(self.hass, event, now) for event in ("sunrise", "sunset"))
        return sun_until(goal, now=now, next_rising=rising, next_setting=setting)
