"""What is remembered of the chargers over a restart."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..state_file import StateFile
from .charger import StoredCharger

SAVE_DELAY: Final = 60.0
"""Seconds; what a crash may lose is told again by the charger's next report."""

type ChargerFile = StateFile[dict[str, StoredCharger]]


def charger_file(hass: HomeAssistant, entry_id: str) -> ChargerFile:
    """Return the file of an entry's chargers by serial number."""
    return StateFile(hass, entry_id, dict[str, StoredCharger], upgrade=_upgraded)


def _upgraded(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {serial: _upgraded_charger(charger) for serial, charger in stored.items()}


def _upgraded_charger(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was stored flat, and under other names, as `StoredCharger` has it."""
    meter, watch, end = old.get("meter") or {}, old.get("watch") or {}, old.get("end")
    lifetime = meter.get("lifetime") or {}
    lower = {name: lifetime.get(f"lower_{name}") for name in ("first", "last", "grown_at", "growing")}
    if end:
        end = {**end, "kinds": str(end.get("kinds", "")).split(","), "figures": end}
    return {
        "counters": {**meter, "lifetime": {**lifetime, "lower": lower}},
        "chosen_amps": old.get("wished_amps"),
        "refused_levels": old.get("refused_levels"),
        "restarted_at": old.get("restarted_at"),
        "watch": {**watch, "figures": watch, "end": end},
    }
