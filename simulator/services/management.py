"""EVSE management: firmware, feature flags, countries (docs/api.md §3.3, §6.6)."""

from dataclasses import replace
from http import HTTPStatus

from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Call, Route
from simulator.site import Site
from simulator.wire import Json, bracketed_utc_nanoseconds, scheduler_envelope

_UP_TO_DATE = 5
_SITE_FLAGS = (
    "evse_charging_mode",
    "ev_charging",
    "off_peak_schedule",
    "evse_charge_range_slider",
    "evse_storm_guard",
    "evse_auto_local_connection",
)
_CHARGER_FLAGS = (
    "evse_authentication",
    "iqevse_rfid",
    "evse_charge_level_control",
    "max_current_config_support",
    "evse_charging_modes_cancel_task",
    "evse_v2_livestream",
)


def _firmware(call: Call) -> Reply:
    site = call.site
    rows: list[Json] = [
        {
            "serialNumber": charger.serial,
            "siteId": int(site.site_id),
            "upgradeStatus": _UP_TO_DATE,
            "currentFwVersion": charger.firmware,
            "targetFwVersion": charger.target_firmware,
            "lastSuccessfulUpgradeDate": bracketed_utc_nanoseconds(charger.created_at),
            "lastUpdatedAt": bracketed_utc_nanoseconds(charger.created_at),
            "statusDetail": None,
            "isAutoOta": True,
        }
        for charger in site.chargers
    ]
    return json_reply(rows or None)


def _feature_flags(call: Call) -> Reply:
    call = replace(call, parameters={"site": call.query.get("site_id", "")})
    site = call.site
    flags: dict[str, Json] = {**dict.fromkeys(_SITE_FLAGS, True), **_site_flags(site)}
    for charger in site.chargers:
        flags[charger.serial] = {
            **dict.fromkeys(_CHARGER_FLAGS, True),
            "dynamic_load_supported": charger.model.load_balancing,
            "phase_config_support": charger.model.phase_switching,
        }
    return json_reply(scheduler_envelope(flags, call.now))


def _site_flags(site: Site) -> dict[str, Json]:
    smart = any(charger.modes.smart for charger in site.chargers)
    return {"iqevse_smart_charging": smart, "iqevse_usebatterynew": False, **site.feature_flags}


def _countries(call: Call) -> Reply:
    rows: list[Json] = [
        {"name": "Austria", "code": "AT", "region": "EU", "zipCodePattern": r"^\d{4}$"},
        {"name": "Germany", "code": "DE", "region": "EU", "zipCodePattern": r"^\d{5}$"},
        {"name": "United States", "code": "US", "region": "NA", "zipCodePattern": r"^\d{5}$"},
    ]
    return json_reply(scheduler_envelope(rows, call.now), HTTPStatus.OK)


_MANAGEMENT = "/service/evse_management"

ROUTES = (
    Route(
        method="GET",
        template=f"{_MANAGEMENT}/fwDetails/{{site}}",
        family=Family.FIRMWARE,
        handler=_firmware,
    ),
    Route(
        method="GET",
        template=f"{_MANAGEMENT}/api/v1/config/feature-flags",
        family=Family.FEATURE_FLAGS,
        handler=_feature_flags,
    ),
    Route(
        method="GET",
        template=f"{_MANAGEMENT}/api/v1/config/supported_countries",
        family=Family.COUNTRIES,
        handler=_countries,
    ),
)
