"""A charger as a state machine, driven forward from one moment to a later one in steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
import math
from typing import Protocol

from .clock import Clock
from .connectors import ChargeSession, Connector, ConnectorType
from .hardware import EU_THREE_PHASE_32A, ChargerModel
from .physics import Car, seconds_until_full
from .power import PowerSource, settle
from .reports import CloudView, ConnectorState, MeterReport, SessionState, StateReport
from .schedules import Slot, open_window
from .settings import ChargeMode, Modes, Quirks, Setting, ordinary_settings

_GRID_SECONDS = 30
_EFFECTIVE_MODE_NUMBERS = {ChargeMode.GREEN: 1}
AUTHENTICATION_KEYS = ("sessionAuthentication", "rfidSessionAuthentication")


class Surroundings(Protocol):
    """What a charger needs to know of the place where it hangs."""

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the site's time zone."""

    def surplus_watts(self, moment: datetime, *, with_battery: bool) -> float:
        """Return the power that green charging may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEffect:
    """An accepted change that has not reached the charger yet."""

    at: datetime
    name: str
    apply: Callable[[datetime], None]


class Charger:
    """One charger: physical truth, what can be set on it, and the cloud's view of it.

    Every public method first catches up with the clock. ``effect_delay`` lies between the acceptance of a command
    and its effect, ``reporting_interval`` between two meter reports.
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
        reporting_interval: timedelta = timedelta(seconds=300),
        effect_delay: timedelta = timedelta(seconds=4),
    ) -> None:
        """Install a charger at the clock's present moment."""
        self.serial = serial
        self.model = model
        self.name = name
        self.clock = clock
        self.reporting_interval = reporting_interval
        self.live_interval = timedelta(seconds=10)
        self.effect_delay = effect_delay
        self.lifetime_wh = lifetime_wh
        self.energy_by_day: dict[date, float] = {}
        self.connectors = tuple(Connector(number=number) for number in range(1, connectors + 1))
        self.quirks = Quirks()
        self.modes = Modes()
        self.settings: dict[str, Setting] = ordinary_settings()
        self.slots: list[Slot] = []
        self.use_battery = False
        self.faulted = False
        self.safe_limit = False
        self.load_limit_amps: float | None = None
        self.retired = False
        self.commissioned = True
        self.firmware = "25.40.2.9"
        self.owner_may_control = True
        self.supports_use_battery = True
        self.effects: list[PendingEffect] = []
        self.live_until: datetime | None = None
        self._surroundings = surroundings
        self._now = clock()
        self.created_at = self._now
        self.cloud = CloudView(self._state(), self._meter())
        self._next_meter = self._now + reporting_interval

    # What a person or the weather does

    def plug_in(self, car: Car | None = None, *, connector: int = 1) -> None:
        """Connect a car (default: an ordinary one, 40 % full)."""
        now = self.advance()
        outlet = self.connector(connector)
        outlet.plug_in(car or Car(), now)
        if self.modes.active is not ChargeMode.MANUAL or self.quirks.starts_when_plugged_in:
            self._delayed("plug-in start", lambda at: self._begin(outlet, at, level=None, override=False))
        self._changed()

    def unplug(self, *, connector: int = 1) -> Car | None:
        """Pull the cable and return the car as it drives away."""
        now = self.advance()
        car = self.connector(connector).unplug(now)
        self._changed()
        return car

    def authenticate(self, *, connector: int = 1) -> None:
        """Confirm a waiting start, as the app or a card does."""
        self.advance()
        self.connector(connector).waiting_for_authentication = False
        self._changed()

    def break_down(self) -> None:
        """Run into a hardware fault, which ends every transaction."""
        self.advance()
        self.faulted = True
        for connector in self.connectors:
            connector.end()
        self._changed()

    def repair(self) -> None:
        """Clear the fault."""
        self.advance()
        self.faulted = False
        self._changed()

    def go_offline(self) -> None:
        """Lose the way to the cloud; charging goes on unseen."""
        self.cloud.lose(self.advance())

    def come_online(self) -> None:
        """Find the way back and report everything at once."""
        now = self.advance()
        self.cloud.regain()
        self.cloud.receive_state(self._state(), now)
        self.cloud.receive_meter(self._meter())

    def adjust(self, *, safe_limit: bool | None = None, load_limit_amps: float | None = None) -> None:
        """Limit the current: to the model's minimum, or by load balancing (None lifts that limit)."""
        self.advance()
        if safe_limit is not None:
            self.safe_limit = safe_limit
        self.load_limit_amps = load_limit_amps
        self._changed()

    # What the cloud asks for

    def start(self, *, level: int | None, connector: int = 1) -> None:
        """Begin to charge after the effect delay; a level overrides green and smart mode (docs/api.md §5.1)."""
        now = self.advance()
        outlet = self.connector(connector)
        override = level is not None or self.modes.preference is ChargeMode.SCHEDULED
        self._drift(now)
        self._delayed("start", lambda at: self._begin(outlet, at, level=level, override=override))

    def stop(self) -> None:
        """End every transaction after the effect delay."""
        now = self.advance()
        self._drift(now)
        self._delayed("stop", self._stop)

    def set_mode(self, mode: ChargeMode) -> None:
        """Store a mode now and follow it after the effect delay."""
        now = self.advance()
        reasserted = self.modes.drifted and mode is ChargeMode.SCHEDULED
        self.modes.store(mode, now, self.quirks.preference_lag)
        self.modes.drifted = False
        self._delayed("mode", lambda at: self._follow(mode, at, keep_override=reasserted))

    def configure(self, key: str, value: str) -> None:
        """Change a setting; authentication keys stay pending until the charger took them over."""
        self.advance()
        setting = self.settings[key]
        if key in AUTHENTICATION_KEYS:
            setting.pending = value
        else:
            setting.value = value
        self._delayed(f"setting {key}", lambda _at: self._take_over(key, value))

    def allow_battery(self, *, allowed: bool) -> None:
        """Let a home battery help green charging, or not, after the effect delay."""
        self.advance()
        self.use_battery = allowed
        self._delayed("battery", lambda _at: None)

    def watch(self, duration: timedelta | None) -> None:
        """Report more often for ``duration``; None ends that."""
        now = self.advance()
        self.live_until = None if duration is None else now + duration
        if duration is not None:
            self._next_meter = min(self._next_meter, now + self.live_interval)

    def report_soon(self) -> None:
        """Send meter values after the effect delay instead of at the next report time."""
        self._next_meter = min(self._next_meter, self.advance() + self.effect_delay)

    # Reading

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
        """The power flowing now: the truth that no cloud endpoint shows."""
        self.advance()
        return sum(self._watts(connector) for connector in self.connectors)

    # The passage of time

    def advance(self) -> datetime:
        """Catch up with the clock and return the moment reached."""
        until = max(self._now, self.clock())
        while self._now < until:
            boundary = self._next_boundary(until)
            self._flow(boundary)
            self._now = boundary
            self._arrive(boundary)
        return self._now

    def _next_boundary(self, until: datetime) -> datetime:
        moments = [until, self._next_meter, *(effect.at for effect in self.effects)]
        for connector in self.connectors:
            if connector.running:
                moments.append(_next_grid_point(self._now))
                seconds = self._seconds_until_full(connector)
                if math.isfinite(seconds):
                    moments.append(self._now + timedelta(seconds=seconds))
        return max(min(moments), self._now + timedelta(microseconds=1))

    def _seconds_until_full(self, connector: Connector) -> float:
        if connector.car is None or connector.amps <= 0:
            return math.inf
        return seconds_until_full(connector.car, self._watts(connector))

    def _flow(self, until: datetime) -> None:
        seconds = (until - self._now).total_seconds()
        day = self._surroundings.local(self._now).date()
        for connector in self.connectors:
            drawn = connector.draw(seconds, volts=self.model.volts, phases=self._phases(connector))
            if drawn:
                self.lifetime_wh += drawn
                self.energy_by_day[day] = self.energy_by_day.get(day, 0.0) + drawn

    def _arrive(self, now: datetime) -> None:
        due = [effect for effect in self.effects if effect.at <= now]
        if due:
            self.effects = [effect for effect in self.effects if effect.at > now]
            for effect in due:
                effect.apply(now)
        if due or _is_grid_point(now) or self._somebody_is_full():
            self._changed()
        if now >= self._next_meter:
            self.cloud.receive_meter(self._meter())
            self._next_meter = now + self._meter_interval(now)

    def _somebody_is_full(self) -> bool:
        return any(item.amps > 0 and item.car is not None and item.car.is_full for item in self.connectors)

    def _meter_interval(self, now: datetime) -> timedelta:
        live = self.live_until is not None and now < self.live_until
        return min(self.live_interval, self.reporting_interval) if live else self.reporting_interval

    # Effects

    def _delayed(self, name: str, apply: Callable[[datetime], None]) -> None:
        self.effects.append(PendingEffect(at=self._now + self.effect_delay, name=name, apply=apply))
        if not self.effect_delay:
            self._arrive(self._now)

    def _begin(self, connector: Connector, now: datetime, *, level: int | None, override: bool) -> None:
        if connector.car is None or self.faulted:
            return
        if connector.running:
            connector.manual_override = connector.manual_override or override
            return
        connector.begin(now, level=level)
        connector.manual_override = override
        connector.waiting_for_authentication = self._asks_for_authentication()
        self._next_meter = min(self._next_meter, now + self.quirks.first_meter_after)

    def _stop(self, _now: datetime) -> None:
        for connector in self.connectors:
            if connector.running:
                connector.end()
                connector.stopped = True
                connector.manual_override = False

    def _drift(self, now: datetime) -> None:
        if self.modes.preference is ChargeMode.SCHEDULED and self.quirks.drifts_to_manual:
            self.modes.store(ChargeMode.MANUAL, now, self.quirks.preference_lag)
            self.modes.active = ChargeMode.MANUAL
            self.modes.drifted = True

    def _follow(self, mode: ChargeMode, now: datetime, *, keep_override: bool) -> None:
        self.modes.active = mode
        for connector in self.connectors:
            connector.manual_override = connector.manual_override and keep_override
            if mode is not ChargeMode.MANUAL and not connector.stopped:
                self._begin(connector, now, level=None, override=False)

    def _take_over(self, key: str, value: str) -> None:
        self.settings[key] = Setting(value=value)

    def _asks_for_authentication(self) -> bool:
        keys = (self.settings.get(key) for key in AUTHENTICATION_KEYS)
        return any(setting is not None and setting.effective == "enabled" for setting in keys)

    # State and reports

    def _changed(self) -> None:
        for connector in self.connectors:
            settle(connector, self._source(connector))
        state = self._state()
        if state != self.cloud.state:
            self.cloud.receive_state(state, self._now)
            if self.quirks.state_reports_carry_energy:
                self.cloud.receive_meter(self._meter())

    def _source(self, connector: Connector) -> PowerSource:
        mode = ChargeMode.MANUAL if connector.manual_override else self.modes.active
        local = self._surroundings.local(self._now)
        window = open_window(self.slots, local)
        return PowerSource(
            mode=mode,
            model=self.model,
            phases=self._phases(connector),
            level=self._session_level(connector),
            window=window[0] if window else None,
            local=local,
            surplus_watts=self._surroundings.surplus_watts(self._now, with_battery=self.use_battery),
            safe_limit=self.safe_limit,
            load_limit_amps=self.load_limit_amps,
            faulted=self.faulted,
            after_stop=ConnectorType(self.quirks.after_stop),
            plugged_idle=ConnectorType(self.quirks.plugged_idle),
        )

    def _session_level(self, connector: Connector) -> int | None:
        if connector.session is not None and connector.session.level is not None:
            return connector.session.level
        default = self.settings.get("DefaultChargeLevel")
        return int(default.value) if default is not None and default.value is not None else None

    def _phases(self, connector: Connector) -> int:
        return min(self.model.phase_count, connector.car.phases) if connector.car else self.model.phase_count

    def _watts(self, connector: Connector) -> float:
        return self.model.volts * connector.amps * self._phases(connector)

    def _state(self) -> StateReport:
        session = self._reported_session()
        leading = self._leading_connector()
        override = leading.manual_override and leading.running
        mode = ChargeMode.MANUAL if override else self.modes.active
        return StateReport(
            connectors=tuple(self._connector_state(connector) for connector in self.connectors),
            session=None if session is None else _session_state(session, leading, self.model),
            mode=_EFFECTIVE_MODE_NUMBERS.get(mode, 0),
            charging=any(item.running and not item.waiting_for_authentication for item in self.connectors),
            plugged_in=any(item.car is not None for item in self.connectors),
            faulted=self.faulted,
            manufacturer=leading.car.manufacturer if leading.car else None,
        )

    def _connector_state(self, connector: Connector) -> ConnectorState:
        charging = connector.type is ConnectorType.CHARGING
        return ConnectorState(
            number=connector.number,
            type=connector.type,
            reason=connector.reason,
            plugged_in=connector.car is not None,
            safe_limit=self.safe_limit or not connector.running,
            load_balancing=charging and self.load_limit_amps is not None,
        )

    def _leading_connector(self) -> Connector:
        def rank(connector: Connector) -> tuple[bool, bool, datetime]:
            session = connector.session
            begun = session.plugged_in_at if session else datetime.min.replace(tzinfo=UTC)
            return connector.running, connector.car is not None, begun

        return max(self.connectors, key=rank)

    def _reported_session(self) -> ChargeSession | None:
        return self._leading_connector().session

    def _meter(self) -> MeterReport:
        session = self._reported_session()
        return MeterReport(
            session_wh=session.energy_wh if session else 0.0,
            lifetime_wh=self.lifetime_wh,
            measured_at=self._now,
        )


def _session_state(session: ChargeSession, connector: Connector, model: ChargerModel) -> SessionState:
    level = None
    if connector.running:
        level = session.level if session.level is not None else model.max_amps
    return SessionState(
        plugged_in_at=session.plugged_in_at,
        started_at=session.started_at,
        unplugged_at=session.unplugged_at,
        level=level,
    )


def _is_grid_point(moment: datetime) -> bool:
    return moment.microsecond == 0 and int(moment.timestamp()) % _GRID_SECONDS == 0


def _next_grid_point(moment: datetime) -> datetime:
    seconds = math.floor(moment.timestamp() / _GRID_SECONDS + 1) * _GRID_SECONDS
    return datetime.fromtimestamp(seconds, UTC)


def by_serial(chargers: list[Charger]) -> Mapping[str, Charger]:
    """Return chargers by their serial."""
    return {charger.serial: charger for charger in chargers}
