"""Charger metadata, the "summary v2" (docs/api.md §3.2)."""

from simulator.chargers import Charger
from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Call, Route
from simulator.site import Site
from simulator.wire import Json, bracketed_utc, controller_envelope, epoch_milliseconds

_NETWORK_CONFIG = (
    '[\n"netmask=255.255.255.0,mac_addr=02:00:5e:10:00:01,interface_name=mlan0,connectionStatus=1,'
    'ipaddr=192.0.2.44,bootproto=dhcp,gateway=192.0.2.1",\n'
    '"netmask=,mac_addr=02:00:5e:10:00:02,interface_name=eth0,connectionStatus=0,ipaddr=,bootproto=dhcp,gateway="\n]'
)


def _list(call: Call) -> Reply:
    site = call.site
    unfiltered = call.query.get("filter_retired", "true") == "false"
    rows: list[Json] = [_summary(site, item) for item in site.chargers if unfiltered or not item.retired]
    return json_reply(controller_envelope(rows, call.now, rows=len(rows)))


def _single(call: Call) -> Reply:
    return json_reply(controller_envelope(_summary(call.site, call.charger), call.now))


def _summary(site: Site, charger: Charger) -> dict[str, Json]:
    return {**_electrical(charger), **_connection(site, charger), **_identity(charger)}


def _electrical(charger: Charger) -> dict[str, Json]:
    model = charger.model
    default = charger.settings.get("DefaultChargeLevel")
    return {
        "chargeLevelDetails": {
            "min": str(model.min_amps),
            "max": str(model.max_amps),
            "granularity": str(model.granularity),
            "defaultChargeLevel": (default.stored if default else None) or "disabled",
        },
        "maxCurrent": model.max_amps,
        "breakerRating": model.breaker_amps,
        "ratedCurrent": str(model.max_amps),
        "operatingVoltage": str(model.volts),
        "phaseMode": model.phase_mode,
        "phaseCount": model.phase_count,
        "gridType": model.grid_type,
        "dlbEnabled": int(model.load_balancing),
        "lifeTimeConsumption": round(charger.cloud.meter.lifetime_wh, 2),
    }


def _connection(site: Site, charger: Charger) -> dict[str, Json]:
    cloud = charger.cloud
    return {
        "isConnected": cloud.connected,
        "isLocallyConnected": cloud.connected,
        "reportingInterval": int(charger.reporting_interval.total_seconds()),
        "lastReportedAt": bracketed_utc(cloud.reported_at),
        "timezone": site.time_zone.key,
        "activeConnection": "wifi ",
        "networkConfig": _NETWORK_CONFIG,
        "gatewayConnectivityDetails": [
            {
                "gwConnStatus": 0 if cloud.connected else 1,
                "gwConnFailureReason": 0,
                "lastConnTime": epoch_milliseconds(cloud.reported_at),
            }
        ],
    }


def _identity(charger: Charger) -> dict[str, Json]:
    created = charger.created_at
    row: dict[str, Json] = {
        "serialNumber": charger.serial,
        "isRetired": charger.retired,
        "status": "NORMAL",
        "hoControl": charger.owner_may_control,
        "supportsUseBattery": charger.supports_use_battery,
        "firmwareVersion": charger.firmware,
        "processorBoardVersion": "A1.3",
        "sku": charger.model.sku,
        "skuScope": charger.model.sku_scope,
        "modelName": charger.model.name,
        "functionalValDetails": {"lastUpdatedTimestamp": epoch_milliseconds(created), "state": 1},
        "commissioningStatus": int(charger.commissioned),
        "createdAt": bracketed_utc(created),
        "warrantyPeriod": 5,
        "rmaDetails": None,
    }
    if charger.name is not None:
        row["displayName"] = charger.name
    return row


_CONTROLLER = "/service/evse_controller"

ROUTES = (
    Route(
        method="GET",
        template=f"{_CONTROLLER}/api/v2/{{site}}/ev_chargers/summary",
        family=Family.SUMMARY,
        handler=_list,
    ),
    Route(
        method="GET",
        template=f"{_CONTROLLER}/api/v2/{{site}}/ev_chargers/{{serial}}/summary",
        family=Family.SUMMARY,
        handler=_single,
    ),
    Route(
        method="GET",
        template=f"{_CONTROLLER}/{{site}}/ev_chargers/summary",
        family=Family.SUMMARY,
        handler=_list,
    ),
)
