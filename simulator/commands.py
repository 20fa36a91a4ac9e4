"""What the cloud asks of a charger: accepted at once, effective after the charger's effect delay."""

from datetime import datetime, timedelta

from .chargers import Charger
from .connectors import Connector
from .schedules import Slot
from .settings import AUTHENTICATION_KEYS, ChargeMode, Setting

START = "start"
SCHEDULES = "schedules"


def start(charger: Charger, *, level: int | None, connector: Connector) -> None:
    """Begin to charge; a level overrides green and smart mode (docs/api.md §5.1)."""
    now = charger.advance()
    override = level is not None or charger.modes.preference is ChargeMode.SCHEDULED
    _drift(charger, now)
    charger.later(START, lambda at: charger.begin(connector, at, level=level, override=override))


def start_is_pending(charger: Charger) -> bool:
    """Whether a start was accepted and has not reached the charger."""
    return any(effect.name == START for effect in charger.effects)


def stop(charger: Charger) -> None:
    """End every transaction; the cars stay on their cables."""

    def apply(_at: datetime) -> None:
        for connector in charger.connectors:
            if connector.running:
                connector.end()
                connector.stopped = True
                connector.manual_override = False

    _drift(charger, charger.advance())
    charger.later("stop", apply)


def set_mode(charger: Charger, mode: ChargeMode) -> None:
    """Store a mode; put back after a drift it leaves the running session alone."""
    now = charger.advance()
    reasserted = charger.modes.drifted and mode is ChargeMode.SCHEDULED
    charger.modes.store(mode, now, charger.quirks.preference_lag)
    charger.modes.drifted = False
    charger.later("mode", lambda at: _follow(charger, mode, at, keep_override=reasserted))


def configure(charger: Charger, key: str, value: str) -> None:
    """Change a setting; authentication keys stay pending until the charger took them over (docs/api.md §6.5)."""
    charger.advance()
    if key in AUTHENTICATION_KEYS:
        charger.settings[key].pending = value
    else:
        charger.settings[key].value = value

    def apply(_at: datetime) -> None:
        charger.settings[key] = Setting(value=value)

    charger.later(key, apply)


def allow_battery(charger: Charger, *, allowed: bool) -> None:
    """Let a home battery help green charging, or not."""
    charger.advance()
    charger.use_battery = allowed
    charger.later("battery", lambda _at: None)


def set_schedules(charger: Charger, slots: list[Slot]) -> None:
    """Store a new list of schedules."""
    charger.advance()
    charger.slots = slots
    charger.later(SCHEDULES, lambda _at: None)


def watch(charger: Charger, duration: timedelta) -> None:
    """Let the charger report more often for a while."""
    now = charger.advance()
    charger.live_until = now + duration
    charger.report_by(now + charger.live_interval)


def stop_watching(charger: Charger) -> None:
    """Let the charger report as usual again."""
    charger.advance()
    charger.live_until = None


def report_soon(charger: Charger) -> None:
    """Let the charger send meter values out of turn."""
    charger.report_by(charger.advance() + charger.effect_delay)


def _drift(charger: Charger, now: datetime) -> None:
    if charger.modes.preference is ChargeMode.SCHEDULED and charger.quirks.drifts_to_manual:
        charger.modes.store(ChargeMode.MANUAL, now, charger.quirks.preference_lag)
        charger.modes.active = ChargeMode.MANUAL
        charger.modes.drifted = True


def _follow(charger: Charger, mode: ChargeMode, now: datetime, *, keep_override: bool) -> None:
    charger.modes.active = mode
    for connector in charger.connectors:
        connector.manual_override = connector.manual_override and keep_override
        if mode is not ChargeMode.MANUAL and not connector.stopped:
            charger.begin(connector, now)
