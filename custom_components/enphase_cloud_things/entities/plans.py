"""Entities of a charger's plan: what is wanted whenever a car is plugged in, and what becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import EntityCategory, UnitOfEnergy
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from ..chargers.coordinator import ChargerCoordinator
from ..plan.charger_plan import ChargerPlan
from ..plan.record import described_plan
from ..plan.state import PlanState, Strategy
from ..plan.visit import PlanSnapshot
from ..runtime import EnphaseConfigEntry
from .charger import ChargerEntity, ChargerEntityDescription, ScheduleEntityDescription, add_charger_entities


@dataclass(frozen=True, kw_only=True)
class PlanSensorDescription(ScheduleEntityDescription, SensorEntityDescription):
    """Describes a sensor of a plan."""

    value_fn: Callable[[PlanSnapshot], StateType | datetime]
    attributes_fn: Callable[[PlanSnapshot, tzinfo], Mapping[str, object]] | None = None


@dataclass(frozen=True, kw_only=True)
class PlanSelectDescription(ScheduleEntityDescription, SelectEntityDescription):
    """Describes the choice of what happens when a car is plugged in."""


@dataclass(frozen=True, kw_only=True)
class PlanNumberDescription(ScheduleEntityDescription, NumberEntityDescription):
    """Describes how much energy is wanted."""


@dataclass(frozen=True, kw_only=True)
class PlanTimeDescription(ScheduleEntityDescription, TimeEntityDescription):
    """Describes by when the car has to be ready."""


def _attributes(shown: PlanSnapshot, zone: tzinfo) -> Mapping[str, object]:
    return {**described_plan(shown.plan, zone), "failure": shown.failure}


PLAN_SENSORS: Final = (
    PlanSensorDescription(
        key="plan",
        device_class=SensorDeviceClass.ENUM,
        options=list(PlanState),
        value_fn=lambda shown: shown.state,
        attributes_fn=_attributes,
    ),
    PlanSensorDescription(
        key="plan_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda shown: shown.plan.start if shown.plan else None,
    ),
    PlanSensorDescription(
        key="plan_end",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda shown: shown.plan.end if shown.plan else None,
    ),
)
CHARGING_PLAN: Final = PlanSelectDescription(key="charging_plan", options=list(Strategy))
PLAN_ENERGY: Final = PlanNumberDescription(
    key="plan_energy",
    device_class=NumberDeviceClass.ENERGY,
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    native_min_value=1,
    native_max_value=200,
    native_step=0.5,
)
READY_BY: Final = PlanTimeDescription(key="ready_by", entity_category=EntityCategory.CONFIG)


class PlanEntity(ChargerEntity):
    """An entity of the plan of one charger."""

    def __init__(
        self, plan: ChargerPlan, coordinator: ChargerCoordinator, description: ChargerEntityDescription, serial: str
    ) -> None:
        super().__init__(coordinator, description, serial)
        self.plan = plan

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.plan.record.async_add_listener(self._handle_coordinator_update))


class PlanSensor(PlanEntity, SensorEntity):
    """What became of a plan."""

    entity_description: PlanSensorDescription
    _unrecorded_attributes = frozenset({"windows", "energy", "cost", "cost_at_once", "saving", "missing", "failure"})

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.plan.record.shown)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        attributes_fn = self.entity_description.attributes_fn
        return attributes_fn(self.plan.record.shown, self.coordinator.zone) if attributes_fn else None


class ChargingPlanSelect(PlanEntity, SelectEntity):
    """What happens when a car is plugged in."""

    entity_description: PlanSelectDescription

    @property
    @override
    def current_option(self) -> str:
        return self.plan.record.shown.stored.standing.strategy

    @override
    async def async_select_option(self, option: str) -> None:
        await self.plan.async_set_standing(strategy=Strategy(option))


class PlanEnergyNumber(PlanEntity, NumberEntity):
    """How much energy a car gets that is plugged in."""

    entity_description: PlanNumberDescription

    @property
    @override
    def native_value(self) -> float:
        return self.plan.record.shown.stored.standing.energy

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.plan.async_set_standing(energy=value)


class ReadyByTime(PlanEntity, TimeEntity):
    """By when a car has to be ready, on the clock of the site."""

    entity_description: PlanTimeDescription

    @property
    @override
    def native_value(self) -> time:
        return self.plan.record.shown.stored.standing.ready_by

    @override
    async def async_set_value(self, value: time) -> None:
        await self.plan.async_set_standing(ready_by=value)


def add_plan_entities[DescriptionT: ChargerEntityDescription](
    entry: EnphaseConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: tuple[DescriptionT, ...],
    create: Callable[[ChargerPlan, ChargerCoordinator, DescriptionT, str], Entity],
) -> None:
    """Add entities of the plan of every charger that has schedules."""
    plans = entry.runtime_data.plans
    add_charger_entities(
        entry,
        async_add_entities,
        descriptions,
        lambda coordinator, description, serial: create(plans.of(serial), coordinator, description, serial),
    )
