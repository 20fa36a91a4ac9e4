"""Mode preference and green settings (docs/api.md §6.1, §6.3)."""

from collections.abc import Mapping
from http import HTTPStatus

from simulator.chargers import Charger
from simulator.commands import allow_battery, schedules_are_pending, set_mode
from simulator.families import Family
from simulator.reply import RefusalError, Reply, json_reply
from simulator.routing import Access, Call, Route
from simulator.settings import ChargeMode
from simulator.wire import Json, scheduler_envelope, scheduler_error

NO_SCHEDULES = "iqevc_sch_10031"
_BATTERY_SETTING = "USE_BATTERY_FOR_SELF_CONSUMPTION"
_KEYS = {
    ChargeMode.GREEN: "greenCharging",
    ChargeMode.SMART: "smartCharging",
    ChargeMode.SCHEDULED: "scheduledCharging",
    ChargeMode.MANUAL: "manualCharging",
}


def refusal(call: Call, status: int, text: str, code: str | None = None) -> RefusalError:
    """Return the exception that ends a call with the scheduler's error body."""
    return RefusalError(json_reply(scheduler_error(status, text, code, call.now), status))


def _preference(call: Call) -> Reply:
    return json_reply(scheduler_envelope(_preference_data(call, call.charger), call.now))


def _preference_data(call: Call, charger: Charger) -> dict[str, Json]:
    site = call.site
    shown = charger.modes.shown(call.now)
    modes: dict[str, Json] = {
        _KEYS[mode]: _mode(charger, mode, enabled=mode is shown) for mode in charger.modes.offered
    }
    config: Json = {
        "profile": "ai_optimisation" if charger.modes.smart else site.profile,
        "modeSyncStatus": "synced" if charger.modes.synced else "pending",
        "stormActive": charger.modes.storm_disables_green,
        "isModeCancellable": True,
        **pending_off_grid(charger),
    }
    return {"config": config, "modes": modes}


def pending_off_grid(charger: Charger) -> dict[str, Json]:
    """Return the fields that say what waits for a charger that is out of reach."""
    gone = not charger.cloud.connected
    return {
        "pendingModesOffGrid": gone and not charger.modes.synced,
        "pendingSchedulesOffGrid": gone and schedules_are_pending(charger),
    }


def _mode(charger: Charger, mode: ChargeMode, *, enabled: bool) -> dict[str, Json]:
    row: dict[str, Json] = {"chargingMode": mode.value, "enabled": enabled}
    hidden = mode in charger.modes.hidden
    match mode:
        case ChargeMode.GREEN:
            storm = charger.modes.storm_disables_green
            row |= {"isHidden": hidden, "showSettings": True, "isDisabledByStorm": storm}
        case ChargeMode.SMART:
            row |= {"isHidden": hidden, "goalsEnabled": 1, "defaultGoalAdded": True}
        case ChargeMode.SCHEDULED:
            row |= {"schedulesEnabled": sum(slot.enabled for slot in charger.slots)}
        case ChargeMode.MANUAL:
            pass
    return row


def _set_preference(call: Call) -> Reply:
    charger = call.charger
    call.check_control()
    mode = _wanted_mode(call, charger)
    if mode is charger.modes.preference:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Charging mode is already set")
    if mode is ChargeMode.SCHEDULED and not any(slot.enabled for slot in charger.slots):
        raise refusal(call, HTTPStatus.BAD_REQUEST, "No Schedules enabled. Please enable a schedule.", NO_SCHEDULES)
    set_mode(charger, mode)
    if charger.quirks.preference_400_but_applied:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "Unable to process the request")
    return json_reply(scheduler_envelope(_preference_data(call, charger), call.now))


def _wanted_mode(call: Call, charger: Charger) -> ChargeMode:
    body = call.json
    wanted = body.get("mode") if isinstance(body, Mapping) else None
    for mode in charger.modes.offered:
        if mode.value == wanted:
            if mode is ChargeMode.GREEN and charger.modes.storm_disables_green:
                break
            return mode
    raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid charging mode")


def _green_settings(call: Call) -> Reply:
    return json_reply(scheduler_envelope(_green_data(call.charger), call.now))


def _green_data(charger: Charger) -> list[Json]:
    if not charger.supports_use_battery:
        return []
    return [{"chargerSettingName": _BATTERY_SETTING, "enabled": charger.use_battery, "value": None}]


def _set_green_settings(call: Call) -> Reply:
    charger = call.charger
    call.check_control()
    body = call.json
    rows = body.get("chargerSettingList") if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise refusal(call, HTTPStatus.BAD_REQUEST, "chargerSettingList must not be empty")
    for row in rows:
        enabled = row.get("enabled") if isinstance(row, Mapping) else None
        known = isinstance(row, Mapping) and row.get("chargerSettingName") == _BATTERY_SETTING
        if not known or not isinstance(enabled, bool) or not charger.supports_use_battery:
            raise refusal(call, HTTPStatus.BAD_REQUEST, "Invalid charger setting")
        allow_battery(charger, allowed=enabled)
    inner = scheduler_envelope(_green_data(charger), call.now)
    return json_reply(scheduler_envelope(inner, call.now))


_MODE = "/service/evse_scheduler/api/v1/iqevc/charging-mode/{site}/{serial}/preference"
_GREEN = "/service/evse_scheduler/api/v1/iqevc/charging-mode/GREEN_CHARGING/{site}/{serial}/settings"

ROUTES = (
    Route(method="GET", template=_GREEN, family=Family.GREEN, handler=_green_settings, access=Access.BEARER),
    Route(method="PUT", template=_GREEN, family=Family.GREEN, handler=_set_green_settings, access=Access.BEARER),
    Route(method="GET", template=_MODE, family=Family.MODE, handler=_preference, access=Access.BEARER),
    Route(method="PUT", template=_MODE, family=Family.MODE, handler=_set_preference, access=Access.BEARER),
)
