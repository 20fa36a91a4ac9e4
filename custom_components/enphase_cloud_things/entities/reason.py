"""Why a charger does what it does, in one word that a sentence belongs to; told also while nothing else can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.core import callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..chargers.charger import ChargerSnapshot
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.reason import Evidence, Explanation, Reason, explain
from ..enlighten import ChargeMode, Family
from ..plan.state import PlanState
from ..plan.visit import PlanSnapshot
from ..runtime import EnphaseConfigEntry, RuntimeData
from ..schedules.slots import next_scheduled_start
from ..timer import Timer
from ..vpp.events import active_event
from .charger import ChargerEntity, ChargerEntityDescription, add_charger_entities

_WAITING_PLANS: Final = frozenset({PlanState.WAITING_FOR_PRICES, PlanState.SETTING, PlanState.SET, PlanState.TOO_LATE})


@dataclass(frozen=True, kw_only=True)
class ReasonDescription(ChargerEntityDescription, SensorEntityDescription):
    """Describes the sensor of the reason."""


REASON: Final = ReasonDescription(key="reason", device_class=SensorDeviceClass.ENUM, options=list(Reason))


def evidence_of(runtime: RuntimeData, charger: ChargerSnapshot, plan: PlanSnapshot, now: datetime) -> Evidence:
    """Return all that is known about why a charger does what it does."""
    chargers = runtime.chargers
    event = active_event(runtime.vpp.data.events, now) if runtime.vpp else None
    windows = plan.plan.windows if plan.plan else ()
    in_window = plan.plan is not None and plan.plan.window_at(now) is not None
    scheduler_down = _scheduler_is_down(runtime)
    return Evidence(
        sign_in_needed=not chargers.last_update_success and isinstance(chargers.last_exception, ConfigEntryAuthFailed),
        reachable=now < chargers.reachable_until,
        status=charger.status,
        preference=charger.mode,
        flowing=charger.flowing,
        command=charger.under_way,
        stopped=charger.stopped,
        unauthorized=charger.unauthorized,
        safe_limit=charger.measurements.safe_limited,
        grid_event=event is not None,
        grid_event_until=event.end if event else None,
        # A storm that nobody can tell the end of is no reason for ever
        storm_guard=not scheduler_down and charger.preference is not None and charger.preference.storm_active is True,
        scheduler_down=scheduler_down,
        plan=plan.state in _WAITING_PLANS and not in_window,
        plan_start=min((window.start for window in windows if window.start > now), default=None),
        schedule_start=next_scheduled_start(charger.schedule.slots, now, chargers.zone)
        if charger.schedule and charger.mode is ChargeMode.SCHEDULED
        else None,
    )


def _scheduler_is_down(runtime: RuntimeData) -> bool:
    """Return whether the service that keeps modes and schedules fails to answer."""
    return runtime.account.transport.health_of(Family.MODE).is_failing


class ReasonSensor(ChargerEntity, SensorEntity):
    """Why the charger does what it does.

    Nothing happens when answers stop coming, so the entity looks at the clock itself at the moment when the last
    answer becomes too old.
    """

    entity_description: ReasonDescription
    _unrecorded_attributes = frozenset({"evidence"})

    def __init__(self, runtime: RuntimeData, coordinator: ChargerCoordinator, serial: str) -> None:
        super().__init__(coordinator, REASON, serial)
        # Everything may be the reason
        self.coordinator_context = None
        self._runtime = runtime
        self._plan = runtime.plans.of(serial)
        self._explanation: Explanation | None = None
        self._look()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._timer = Timer(self.hass, self._look_again)
        self.async_on_remove(self._timer.cancel)
        if self._runtime.vpp is not None:
            self.async_on_remove(self._runtime.vpp.async_add_listener(self._handle_coordinator_update))
        self.async_on_remove(self._plan.record.async_add_listener(self._handle_coordinator_update))
        self._handle_coordinator_update()

    @property
    @override
    def available(self) -> bool:
        """Whether the charger is one of the entry's; what is wrong with everything else is what this tells."""
        return self.serial in self.coordinator.data.chargers

    @property
    @override
    def native_value(self) -> Reason | None:
        return self._explanation.reason if self._explanation else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        if (explanation := self._explanation) is None:
            return None
        return {
            "since": explanation.since,
            "until": explanation.until,
            "evidence": list(explanation.evidence),
        }

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self.available:
            self._look()
            if dt_util.utcnow() < self.coordinator.reachable_until:
                self._timer.set(self.coordinator.reachable_until)
        self.write_if_changed()

    @callback
    def _look_again(self, _now: datetime) -> None:
        self._handle_coordinator_update()

    def _look(self) -> None:
        now = dt_util.utcnow()
        evidence = evidence_of(self._runtime, self.charger, self._plan.record.shown, now)
        self._explanation = explain(evidence, self._explanation, now)


def add_reason_sensors(entry: EnphaseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensor of every charger."""
    runtime = entry.runtime_data
    add_charger_entities(
        entry,
        async_add_entities,
        [REASON],
        lambda coordinator, _description, serial: ReasonSensor(runtime, coordinator, serial),
    )
