"""A charger as a state machine, driven forward from one moment to a later one in steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
import math
from typing import Protocol

from .clock import Clock
from .connectors import Connector, ConnectorType
from .hardware import EU_THREE_PHASE_32A, ChargerModel
from .history import SessionHistory
from .off_peak import CheapHours
from .physics import Car, seconds_until_full
from .power import PowerSource, settle
from .reports import CloudView, StepMeter, state_report
from .schedules import ScheduleWrites, Slot, Window, WindowWatch
from .settings import (
    ChargeMode,
    Held,
    Modes,
    Quirks,
    Setting,
    asks_for_authentication,
    default_level,
    ordinary_settings,
)

GRID_SECONDS = 30
"""While a transaction is open, sun, schedule and car are looked at this often."""


class Surroundings(Protocol):
    """What a charger needs to know of the place where it hangs."""

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the site's time zone."""

    def cheap_hours(self, local: datetime) -> CheapHours | None:
        """Return the cheap hours that a local moment lies in."""

    def surplus_watts(self, moment: datetime, *, with_battery: bool) -> float:
        """Return the power that green charging may use."""

    def count(self, serial: str, start: datetime, end: datetime, energy_wh: float) -> None:
        """Let the meter of the place count what a charger drew between two moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEffect:
    """A change that has not happened at the charger yet; one ``from_cloud`` needs the charger to be connected."""

    at: datetime
    name: str
    apply: Callable[[datetime], None]
    from_cloud: bool = True

    def reaches(self, cloud: CloudView) -> bool:
        """Whether nothing but time keeps the change from the charger."""
        return cloud.connected or not self.from_cloud


class Charger:
    """One charger: physical truth, what is set on it, and the cloud's view of it.

    Every public method first catches up with the clock. ``effect_delay`` lies between the acceptance of a command
    and its effect, ``reporting_interval`` between two meter reports (``live_interval`` until ``live_until``).
    """

    def __init__(
        self,
        serial: str,
        surroundings: Surroundings,
        clock: Clock,
        *,
        model: ChargerModel = EU_THREE_PHASE_32A,
        name: str | None = None,
        connectors: int = 1,
        lifetime_wh: float = 2_481_337.42,
        effect_delay: timedelta = timedelta(seconds=4),
    ) -> None:
        """Install a charger at the clock's present moment."""
        self.serial = serial
        self.model = model
        self.name = name
        self.firmware = self.target_firmware = "25.40.2.9"
        self.reporting_interval = timedelta(seconds=300)
        self.live_interval = timedelta(seconds=10)
        self.live_until: datetime | None = None
        self.effect_delay = effect_delay
        self.effects: list[PendingEffect] = []
        self.lifetime_wh = lifetime_wh
        self.energy_by_day: dict[date, float] = {}
        self.connectors = tuple(Connector(number=number) for number in range(1, connectors + 1))
        self.quirks = Quirks()
        self.modes = Modes()
        self.settings: dict[str, Setting] = ordinary_settings()
        self.slots: list[Slot] = []
        self.writes = ScheduleWrites()
        self._windows = WindowWatch(clock())
        self.use_battery = False
        self.held = Held()
        self.supports_use_battery = True
        self.faulted = False
        self.safe_limit = False
        self.load_limit_amps: float | None = None
        self.retired = False
        self.commissioned = True
        self.owner_may_control = True
        self.history = SessionHistory(serial=serial, clock=clock, local=surroundings.local)
        self._surroundings = surroundings
        self._clock = clock
        self._now = self.created_at = clock()
        self._next_meter = self._now + self.reporting_interval
        self._meter = StepMeter(self, self._now)
        self.cloud = CloudView(state_report(self), self._meter.report(self._now))

    # What a person or the weather does

    def plug_in(self, car: Car | None = None, *, connector: int = 1) -> None:
        """Connect a car (default: an ordinary one, 40 % full)."""
        now = self.advance()
        outlet = self.connector(connector)
        outlet.plug_in(car or Car(), now)
        if self.modes.active is not ChargeMode.MANUAL or self.quirks.starts_when_plugged_in:
            self.later("start on plug-in", lambda at: self.begin(outlet, at), from_cloud=False)
        self.settle()

    def unplug(self, *, connector: int = 1) -> Car | None:
        """Pull the cable and return the car as it drives away."""
        car = self.connector(connector).unplug(self.advance())
        self.settle()
        return car

    def authenticate(self, *, connector: int = 1) -> None:
        """Confirm a waiting start, as the app or a card does."""
        self.advance()
        self.connector(connector).waiting_for_authentication = False
        self.settle()

    def break_down(self) -> None:
        """Run into a hardware fault, which ends every transaction."""
        self.advance()
        self.faulted = True
        for connector in self.connectors:
            connector.end()
        self.settle()

    def repair(self) -> None:
        """Clear the fault."""
        self.advance()
        self.faulted = False
        self.settle()

    def go_offline(self) -> None:
        """Lose the way to the cloud; charging goes on unseen."""
        self.cloud.lose(self.advance())

    def come_online(self) -> None:
        """Find the way back, report everything at once and soon hear what the cloud has asked for meanwhile."""
        now = self.advance()
        if not self.cloud.connected:
            soon = now + self.effect_delay
            self.effects = [replace(item, at=soon) if item.from_cloud else item for item in self.effects]
        self.cloud.regain()
        self.cloud.receive_state(state_report(self), now)
        self.cloud.receive_meter(self._meter.report(self._now))

    def set_reporting(self, interval: timedelta) -> None:
        """Send meter values this far apart, the next ones after one interval at the latest."""
        now = self.advance()
        self.reporting_interval = interval
        self.report_by(now + interval)

    def replace_meter(self, lifetime_wh: float) -> None:
        """Go on counting from another figure, as after an exchange of the meter."""
        self.advance()
        self.lifetime_wh = lifetime_wh

    def move(self, surroundings: Surroundings) -> None:
        """Hang at another place from now on."""
        self.advance()
        self._surroundings = surroundings
        self.history.local = surroundings.local
        self.settle()

    def adjust(self, *, safe_limit: bool = False, load_limit_amps: float | None = None) -> None:
        """Limit the current to the model's minimum, or by load balancing; without arguments lift all limits."""
        self.advance()
        self.safe_limit = safe_limit
        self.load_limit_amps = load_limit_amps
        self.settle()

    # Reading the truth, which no cloud endpoint shows

    def connector(self, number: int) -> Connector:
        """Return a connector; raises KeyError when the charger has no such one."""
        for connector in self.connectors:
            if connector.number == number:
                return connector
        raise KeyError(number)

    @property
    def car(self) -> Car | None:
        """The car on the first connector as it is now."""
        self.advance()
        return self.connectors[0].car

    @property
    def watts(self) -> float:
        """The power flowing now."""
        self.advance()
        return sum(connector.watts(self.model) for connector in self.connectors)

    def shown_slots(self, now: datetime) -> Sequence[Slot]:
        """Return the schedules that a read at ``now`` sees."""
        return self.writes.previous if self.writes.hide(now) else self.slots

    # Changes

    def later(self, name: str, apply: Callable[[datetime], None], *, from_cloud: bool = True) -> None:
        """Let a change happen after the effect delay; one from the cloud waits for an offline charger's return."""
        at = self._now + self.effect_delay
        self.effects.append(PendingEffect(at=at, name=name, apply=apply, from_cloud=from_cloud))
        if not self.effect_delay:
            self._arrive(self._now)

    def begin(self, connector: Connector, now: datetime, *, level: int | None = None, override: bool = False) -> None:
        """Open a transaction if there is a car; ``override`` sets the mode aside for it.

        The amps of a session are settled here: those asked for, else the stored default (docs/api.md §6.5).
        """
        if connector.car is None or self.faulted:
            return
        if connector.running:
            connector.override(level=level, wanted=override)
            return
        connector.begin(now, level=default_level(self.settings) if level is None else level)
        connector.manual_override = override
        connector.waiting_for_authentication = asks_for_authentication(self.settings)
        self.report_by(now + self.quirks.first_meter_after)

    def report_by(self, moment: datetime) -> None:
        """Send meter values at that moment at the latest."""
        self._next_meter = min(self._next_meter, moment)

    def settle(self) -> None:
        """Let every connector follow from what is set and report what has changed."""
        self._follow_schedule()
        for connector in self.connectors:
            settle(connector, self._source(connector))
        state = state_report(self)
        if state != self.cloud.state:
            self.cloud.receive_state(state, self._now)
            if self.quirks.state_reports_carry_energy:
                self.cloud.receive_meter(self._meter.report(self._now))

    def _follow_schedule(self) -> None:
        """Look which window is open; one that opened after a stop begins a transaction again."""
        slots = self.slots if self.held.slots is None else self.held.slots
        self._windows.look(slots, self._surroundings.local(self._now), self._surroundings.cheap_hours, self._now)
        if self.window is None or not self._follows_windows or not self.quirks.window_ends_a_stop:
            return
        for connector in self.connectors:
            if connector.stopped_at is not None and connector.stopped_at < self._windows.opened_at:
                self.begin(connector, self._now)

    @property
    def window(self) -> Window | None:
        """The window of the schedule that is open, whatever the mode makes of it."""
        return self._windows.open

    @property
    def _follows_windows(self) -> bool:
        return self.modes.active is ChargeMode.SCHEDULED

    # The passage of time

    def advance(self) -> datetime:
        """Catch up with the clock and return the moment reached."""
        until = max(self._now, self._clock())
        while self._now < until:
            boundary = self._next_boundary(until)
            self._flow(boundary)
            self._now = boundary
            self._arrive(boundary)
        return self._now

    def _next_boundary(self, until: datetime) -> datetime:
        moments = [until, self._next_meter, *(effect.at for effect in self.effects if effect.reaches(self.cloud))]
        for connector in self.connectors:
            if connector.running or (connector.car is not None and self._follows_windows):
                moments.append(_next_grid_point(self._now))
            if connector.car is not None and connector.amps > 0:
                moments.append(self._meter.step_after(self._now) or until)
                seconds = seconds_until_full(connector.car, connector.watts(self.model))
                moments.append(self._now + timedelta(seconds=seconds))
        return max(min(moments), self._now + timedelta.resolution)

    def _flow(self, until: datetime) -> None:
        seconds = (until - self._now).total_seconds()
        day = self._surroundings.local(self._now).date()
        for connector in self.connectors:
            drawn = connector.draw(seconds, self.model)
            if drawn:
                self.lifetime_wh += drawn
                self.energy_by_day[day] = self.energy_by_day.get(day, 0.0) + drawn
                self._surroundings.count(self.serial, self._now, until, drawn)

    def _arrive(self, now: datetime) -> None:
        due = [effect for effect in self.effects if effect.at <= now and effect.reaches(self.cloud)]
        self.effects = [effect for effect in self.effects if effect.at > now or not effect.reaches(self.cloud)]
        for effect in due:
            effect.apply(now)
        reports = now >= self._next_meter
        if due or reports or _is_grid_point(now) or any(item.is_done for item in self.connectors):
            self.settle()
        if now == self._meter.step_after(now - timedelta.resolution):
            self._meter.count(now)
        if reports:
            self.cloud.receive_meter(self._meter.report(self._now))
            live = self.live_until is not None and now < self.live_until
            self._next_meter = now + (self.live_interval if live else self.reporting_interval)

    def _source(self, connector: Connector) -> PowerSource:
        local = self._surroundings.local(self._now)
        mode = ChargeMode.MANUAL if connector.manual_override else self.modes.active
        use_battery = self.use_battery if self.held.use_battery is None else self.held.use_battery
        return PowerSource(
            mode=mode,
            model=self.model,
            phases=connector.phases(self.model),
            level=connector.session.level if connector.session else None,
            window=self.window.slot if self.window else None,
            cheap=mode is ChargeMode.SMART and self._surroundings.cheap_hours(local) is not None,
            surplus_watts=self._surroundings.surplus_watts(self._now, with_battery=use_battery),
            safe_limit=self.safe_limit,
            load_limit_amps=self.load_limit_amps,
            faulted=self.faulted,
            after_stop=ConnectorType(self.quirks.after_stop),
            plugged_idle=ConnectorType(self.quirks.plugged_idle),
            unplugged=ConnectorType(self.quirks.unplugged),
        )


def _is_grid_point(moment: datetime) -> bool:
    return moment.microsecond == 0 and int(moment.timestamp()) % GRID_SECONDS == 0


def _next_grid_point(moment: datetime) -> datetime:
    seconds = math.floor(moment.timestamp() / GRID_SECONDS + 1) * GRID_SECONDS
    return datetime.fromtimestamp(seconds, UTC)
