"""Replies about chargers: status, metadata, modes, schedules, settings, commands, history (docs/api.md §3.2 to §7)."""

from collections.abc import Mapping
from typing import Final

from .shape import (
    CLOCK,
    COMMON,
    EACH,
    FLAG,
    ID,
    MESSAGE,
    MODEL,
    NAME,
    NETWORK,
    NUMBER,
    SECRET,
    TIME,
    VERSION,
    WORD,
    ZONE,
    Shape,
    words,
)

_STATES: Final = words(
    "AVAILABLE CHARGING FINISHING SUSPENDED SUSPENDED_EV SUSPENDED_EVSE FAULTED PREPARING RESERVED UNAVAILABLE"
    " READY PLUGGED CONNECTED OCCUPIED DISCONNECTED UNPLUGGED ERROR"
)
_REASONS: Final = words("INSUFFICIENT_SOLAR OK")
_CONNECTOR: Final[Mapping[str, Shape]] = {
    "connectorId": NUMBER,
    "connectorStatusType": _STATES,
    "connectorStatusInfo": words("EVConnected"),
    "connectorStatusReason": _REASONS,
    "safeLimitState": NUMBER,
    "dlbActive": FLAG,
    "pluggedIn": FLAG,
    "commissioned": FLAG,
}
_AUTHENTICATION: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("auth_type", "authType"), words("APP RFID")),
    **dict.fromkeys(("auth_id", "authId", "authIdentifier"), ID),
    **dict.fromkeys(("auth_token", "authToken"), SECRET),
    **dict.fromkeys(("auth_status", "authStatus"), NUMBER),
}
_RUNNING_SESSION: Final[Mapping[str, Shape]] = {
    **_AUTHENTICATION,
    **dict.fromkeys(("strt_chrg", "start_time", "plg_in_at", "plg_out_at"), TIME),
    **dict.fromkeys(("e_c", "miles", "session_cost", "sessionCost"), NUMBER),
    **dict.fromkeys(("charge_level", "chargeLevel", "chargingLevel", "charging_level"), NUMBER),
}
_SCHEDULE_INFO: Final[Mapping[str, Shape]] = {
    "type": words("greencharging custom off_peak smartcharging scheduledcharging"),
    "startTime": TIME,
    "endTime": TIME,
    "limit": NUMBER,
    "id": ID,
    "days": (NUMBER,),
    "remindFlag": FLAG,
    "reminderEnabled": FLAG,
    "remindTime": NUMBER,
}
_CHARGER_STATUS: Final[Mapping[str, Shape]] = {
    **_AUTHENTICATION,
    "sn": ID,
    "name": NAME,
    "displayName": NAME,
    **dict.fromkeys(("lst_rpt_at", "offlineAt"), TIME),
    **dict.fromkeys(("connected", "pluggedIn", "charging", "faulted", "commissioned", "isCommissioned"), FLAG),
    "mode": NUMBER,
    "offGrid": words("ON_GRID"),
    "smartEV": {"hasToken": FLAG, "hasEVDetails": FLAG},
    "evManufacturerName": NAME,
    "isEVDetailsSet": FLAG,
    "sch_d": {"status": NUMBER, "info": (_SCHEDULE_INFO,), "enabled": FLAG, "mode": words("IMMEDIATE")},
    "session_d": _RUNNING_SESSION,
    "connectors": (_CONNECTOR,),
    **dict.fromkeys(("chargingLevel", "charging_level", "charginglevel"), NUMBER),
    **{name: _CONNECTOR[name] for name in ("safeLimitState", "connectorStatusType", "connectorStatusReason")},
}
STATUS: Final[Mapping[str, Shape]] = {
    "data": {
        "site": ID,
        "tz": ZONE,
        "chargers": (_CHARGER_STATUS,),
        EACH: {name: _CHARGER_STATUS[name] for name in ("connected", "pluggedIn", "charging", "lst_rpt_at")},
    },
    "evChargerData": (_CHARGER_STATUS,),
    "ts": TIME,
}

_VERSIONS: Final = (
    *(
        "firmwareVersion",
        "systemVersion",
        "applicationVersion",
        "softwareVersion",
        "kernelVersion",
        "bootloaderVersion",
    ),
    *("processorBoardVersion", "powerBoardVersion", "hwVersion", "hardwareVersion"),
)
_CHARGER: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("serialNumber", "serial", "sn", "id"), ID),
    **dict.fromkeys(("displayName", "name"), NAME),
    **dict.fromkeys(("isConnected", "isLocallyConnected", "isRetired", "hoControl", "supportsUseBattery"), FLAG),
    "status": words("NORMAL"),
    "chargeLevelDetails": {
        "min": NUMBER,
        "max": NUMBER,
        "granularity": NUMBER,
        "defaultChargeLevel": words("disabled") | {str(amps) for amps in range(1, 101)},
    },
    **dict.fromkeys(("maxCurrent", "breakerRating", "ratedCurrent", "operatingVoltage", "phaseCount"), NUMBER),
    "phaseMode": words("1 2 3 split 3_phase 1_phase"),
    "gridType": NUMBER,
    "wiringConfiguration": dict.fromkeys(("L1", "L2", "L3", "N"), words("L1 L2 L3 N")),
    "dlbEnabled": FLAG,
    "lifeTimeConsumption": NUMBER,
    "reportingInterval": NUMBER,
    **dict.fromkeys(("lastReportedAt", "createdAt", "warrantyStartDate", "warrantyDueDate"), TIME),
    "timezone": ZONE,
    **dict.fromkeys(_VERSIONS, VERSION),
    "activeConnection": words("ethernet wifi cellular"),
    **dict.fromkeys(("networkConfig", "wifiConfig", "cellularConfig", "defaultRoute"), NETWORK),
    "gatewayConnectivityDetails": ({"gwConnStatus": NUMBER, "gwConnFailureReason": NUMBER, "lastConnTime": TIME},),
    "functionalValDetails": {"lastUpdatedTimestamp": TIME, "state": NUMBER},
    "commissioningStatus": NUMBER,
    **dict.fromkeys(("modelId", "sku", "model", "modelName", "partNumber", "skuScope"), MODEL),
    "warrantyPeriod": NUMBER,
    "rmaDetails": MESSAGE,
}
CHARGERS: Final[Mapping[str, Shape]] = {
    "data": {**_CHARGER, **dict.fromkeys(("chargers", "evChargerData", "evses", "devices", "items"), (_CHARGER,))}
}

FIRMWARE: Final[Mapping[str, Shape]] = {
    "serialNumber": ID,
    "siteId": ID,
    "upgradeStatus": NUMBER,
    **dict.fromkeys(("currentFwVersion", "targetFwVersion"), VERSION),
    **dict.fromkeys(("lastSuccessfulUpgradeDate", "lastUpdatedAt"), TIME),
    "statusDetail": MESSAGE,
    "isAutoOta": FLAG,
}

_MODE_CONFIG: Final[Mapping[str, Shape]] = {
    "profile": words("self-consumption ai_optimisation savings-mode full-backup economy cost_savings backup_only"),
    **dict.fromkeys(("modeSyncStatus", "scheduleSyncStatus"), words("synced pending")),
    **dict.fromkeys(("stormActive", "isModeCancellable", "pendingModesOffGrid", "pendingSchedulesOffGrid"), FLAG),
    "isOffPeakEligible": FLAG,
}
MODE: Final[Mapping[str, Shape]] = {
    "chargingMode": words("MANUAL_CHARGING SCHEDULED_CHARGING GREEN_CHARGING SMART_CHARGING"),
    **dict.fromkeys(("enabled", "isHidden", "showSettings", "isDisabledByStorm", "defaultGoalAdded"), FLAG),
    **dict.fromkeys(("schedulesEnabled", "goalsEnabled"), NUMBER),
}
PREFERENCE: Final[Mapping[str, Shape]] = {
    "mode": MODE["chargingMode"],
    "data": {
        "config": _MODE_CONFIG,
        "modes": dict.fromkeys(("manualCharging", "scheduledCharging", "greenCharging", "smartCharging"), MODE),
    },
}
GREEN_SETTING: Final[Mapping[str, Shape]] = {
    "chargerSettingName": words("USE_BATTERY_FOR_SELF_CONSUMPTION"),
    "enabled": FLAG,
    "value": NUMBER,
    "loader": FLAG,
}
GREEN: Final[Mapping[str, Shape]] = {
    "chargerSettingList": (GREEN_SETTING,),
    "data": {**GREEN_SETTING, **COMMON, "data": (GREEN_SETTING,)},
}
SLOT: Final[Mapping[str, Shape]] = {
    "id": ID,
    **dict.fromkeys(("startTime", "endTime", "reminderTimeUtc"), CLOCK),
    **dict.fromkeys(("chargingLevel", "chargingLevelAmp", "remindTime"), NUMBER),
    "scheduleType": words("CUSTOM OFF_PEAK"),
    "days": (NUMBER,),
    **dict.fromkeys(("enabled", "remindFlag"), FLAG),
    "recurringKind": words("Recurring"),
    "chargeLevelType": words("Weekly"),
    "sourceType": words("SYSTEM"),
    "serializedDays": WORD,
}
SLOTS: Final[Mapping[str, Shape]] = {"data": {**SLOT, "config": _MODE_CONFIG, "slots": (SLOT,)}}
SETTING: Final[Mapping[str, Shape]] = {
    "key": words(
        "sessionAuthentication rfidSessionAuthentication DefaultChargeLevel phase_switch_config ConnectorLock"
    ),
    **dict.fromkeys(
        ("value", "reqValue"), words("enabled disabled on off auto") | {str(number) for number in range(101)}
    ),
    "status": NUMBER,
}

ACCEPTED: Final[Mapping[str, Shape]] = {
    "status": words("accepted"),
    "chargingLevel": NUMBER,
    "message": words("Heartbeat MeterValues StatusNotification BootNotification"),
    "details": {"initiatedAt": TIME, "trackingId": ID},
    "topics": (ID,),
    "duration_s": NUMBER,
    "liveStreamTopicList": (ID,),
    "liveStreamDuration": NUMBER,
}
COMMAND: Final[Mapping[str, Shape]] = {**ACCEPTED, "data": ACCEPTED}

_PAST_SESSION: Final[Mapping[str, Shape]] = {
    **_AUTHENTICATION,
    "id": ID,
    **dict.fromkeys(("sessionId", "startTime", "endTime"), TIME),
    **dict.fromkeys(
        ("aggEnergyValue", "activeChargeTime", "milesAdded", "sessionCost", "avgCostPerUnitEnergy"), NUMBER
    ),
    **dict.fromkeys(("costCalculated", "manualOverridden"), FLAG),
    "sessionCostState": words("COST_CALCULATED"),
    "chargeProfileStackLevel": NUMBER,
}
HISTORY: Final[Mapping[str, Shape]] = {
    "source": words("evse"),
    "timestamp": TIME,
    "data": {
        "result": (_PAST_SESSION,),
        "hasMore": FLAG,
        **dict.fromkeys(("startDate", "endDate"), TIME),
        **dict.fromkeys(("offset", "limit"), NUMBER),
    },
}
