"""What the cloud asks of a charger: accepted at once, effective after the charger's effect delay."""

from datetime import datetime, timedelta

from .chargers import Charger
from .connectors import Connector
from .schedules import ScheduleWrites, Slot
from .settings import ChargeMode

START = "start"
SCHEDULES = "schedules"


def start(charger: Charger, *, level: int | None, connector: Connector) -> None:
    """Begin to charge: a level sets the mode aside, without one the session follows the mode (docs/api.md §5.1)."""
    now = charger.advance()
    drifts = level is not None and _drift(charger, now)

    def apply(at: datetime) -> None:
        if drifts:
            charger.modes.active = ChargeMode.MANUAL
        connector.wake()
        charger.begin(connector, at, level=level, override=level is not None)

    charger.later(START, apply)


def start_is_pending(charger: Charger) -> bool:
    """Whether a start was accepted and has not reached the charger."""
    return any(effect.name == START for effect in charger.effects)


def stop(charger: Charger) -> None:
    """End every transaction; the cars stay on their cables."""
    drifts = _drift(charger, charger.advance())

    def apply(at: datetime) -> None:
        if drifts:
            charger.modes.active = ChargeMode.MANUAL
        for connector in charger.connectors:
            if connector.running:
                connector.end()
                connector.stopped_at = at
                connector.manual_override = False

    charger.later("stop", apply)


def set_mode(charger: Charger, mode: ChargeMode) -> None:
    """Store a mode, which running sessions follow too once it has reached the charger."""
    now = charger.advance()
    charger.modes.store(mode, now, charger.quirks.preference_lag)
    charger.later("mode", lambda at: _follow(charger, mode, at))


def configure(charger: Charger, key: str, value: str) -> None:
    """Change a setting, which is pending until the charger has taken it over (docs/api.md §6.5)."""
    charger.advance()
    charger.settings[key].pending = value

    def apply(_at: datetime) -> None:
        setting = charger.settings[key]
        setting.value = value
        setting.pending = None if setting.pending == value else setting.pending

    charger.later(key, apply)


def allow_battery(charger: Charger, *, allowed: bool) -> None:
    """Let a home battery help green charging, or not."""
    charger.advance()
    if charger.held.use_battery is None:
        charger.held.use_battery = charger.use_battery
    charger.use_battery = allowed

    def apply(_at: datetime) -> None:
        charger.held.use_battery = None if charger.use_battery is allowed else allowed

    charger.later("battery", apply)


def set_schedules(charger: Charger, slots: list[Slot]) -> None:
    """Store a new list of schedules, which reads see after the lag and the charger after the effect delay."""
    now = charger.advance()
    charger.writes = ScheduleWrites(
        written_at=now, shown_from=now + charger.quirks.schedule_lag, previous=charger.shown_slots(now)
    )
    if charger.held.slots is None:
        charger.held.slots = charger.slots
    charger.slots = slots

    def apply(_at: datetime) -> None:
        charger.held.slots = None if charger.slots is slots else slots

    charger.later(SCHEDULES, apply)


def schedules_are_pending(charger: Charger) -> bool:
    """Return whether the charger has not taken over the stored schedules yet."""
    return any(effect.name == SCHEDULES for effect in charger.effects)


def watch(charger: Charger, duration: timedelta) -> None:
    """Let the charger report more often for a while; one that is offline never hears of it."""
    now = charger.advance()
    if not charger.cloud.connected:
        return
    charger.live_until = now + duration
    charger.report_by(now + charger.live_interval)


def stop_watching(charger: Charger) -> None:
    """Let the charger report as usual again."""
    charger.advance()
    charger.live_until = None


def report_soon(charger: Charger) -> None:
    """Let the charger send meter values out of turn."""
    charger.report_by(charger.advance() + charger.effect_delay)


def _drift(charger: Charger, now: datetime) -> bool:
    """Let a command turn a stored schedule mode into manual, and tell whether it did."""
    if charger.modes.preference is not ChargeMode.SCHEDULED or not charger.quirks.drifts_to_manual:
        return False
    charger.modes.store(ChargeMode.MANUAL, now, charger.quirks.preference_lag)
    return True


def _follow(charger: Charger, mode: ChargeMode, now: datetime) -> None:
    charger.modes.active = mode
    for connector in charger.connectors:
        connector.manual_override = False
        if mode is not ChargeMode.MANUAL and connector.stopped_at is None:
            charger.begin(connector, now)
