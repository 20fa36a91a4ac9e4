"""Charger status in its three shapes (docs/api.md §4)."""

from datetime import datetime

from simulator.chargers import Charger
from simulator.connectors import ConnectorType
from simulator.families import Family
from simulator.presentation import StatusShape
from simulator.reply import Reply, json_reply
from simulator.reports import ConnectorState, ScheduleState, SessionState
from simulator.routing import Call, Route
from simulator.session_list import known_cost, sessions_of
from simulator.site import Site
from simulator.wire import Json, bracketed_utc, controller_envelope, epoch_milliseconds, epoch_seconds

_MILES_PER_KWH = 3.52
_AUTHENTICATED_IDLE = 4


def _status(call: Call) -> Reply:
    site = call.site
    chargers = [charger for charger in site.chargers if not charger.retired]
    match call.world.presentation.status_shape:
        case StatusShape.FLAT:
            rows: list[Json] = [_flat(charger) for charger in chargers]
            return json_reply({"evChargerData": rows, "ts": epoch_seconds(call.now)})
        case StatusShape.KEYED:
            return _keyed_status(call)
        case StatusShape.NESTED:
            nested: list[Json] = [_nested(site, charger, call.now) for charger in chargers]
            data: Json = {"site": site.site_id, "tz": site.time_zone.key, "chargers": nested}
            return json_reply(controller_envelope(data, call.now))


def _keyed_status(call: Call) -> Reply:
    data: dict[str, Json] = {
        charger.serial: {
            "connected": charger.cloud.connected,
            "pluggedIn": charger.cloud.state.plugged_in,
            "charging": charger.cloud.state.charging,
            "lst_rpt_at": epoch_milliseconds(charger.cloud.reported_at),
        }
        for charger in call.site.chargers
        if not charger.retired
    }
    return json_reply(controller_envelope(data, call.now))


def _nested(site: Site, charger: Charger, now: datetime) -> dict[str, Json]:
    cloud, state = charger.cloud, charger.cloud.state
    connectors: list[Json] = [_connector(connector) for connector in state.connectors]
    return {
        "sn": charger.serial,
        "name": f"IQ EV Charger_{charger.serial[-5:]}",
        "lst_rpt_at": bracketed_utc(cloud.reported_at),
        "offlineAt": _text_time(cloud.offline_at),
        "connected": cloud.connected,
        "pluggedIn": state.plugged_in,
        "charging": state.charging,
        "faulted": state.faulted,
        "commissioned": int(charger.commissioned),
        "mode": state.mode,
        "offGrid": "ON_GRID",
        "auth_token": None,
        "smartEV": {"hasToken": False, "hasEVDetails": False},
        "evManufacturerName": state.manufacturer,
        "isEVDetailsSet": state.manufacturer is not None,
        "sch_d": _schedule(state.schedule),
        "session_d": _session(charger, _cost(site, charger, now)),
        "connectors": connectors,
    }


def _connector(connector: ConnectorState) -> dict[str, Json]:
    return {
        "connectorId": connector.number,
        "connectorStatusType": connector.type.value,
        "connectorStatusInfo": "EVConnected" if connector.plugged_in else "",
        "connectorStatusReason": connector.reason,
        "safeLimitState": int(connector.safe_limit),
        "dlbActive": connector.load_balancing,
        "pluggedIn": connector.plugged_in,
    }


def _session(charger: Charger, cost: float | None) -> dict[str, Json]:
    session = charger.cloud.state.session
    energy = charger.cloud.meter.session_wh
    charging = charger.cloud.state.charging
    return {
        "plg_in_at": _text_time(session.plugged_in_at if session else None),
        "strt_chrg": _milliseconds(session.started_at if session else None),
        "plg_out_at": _text_time(session.unplugged_at if session else None),
        "e_c": round(energy, 2),
        "miles": round(energy / 1000 * _MILES_PER_KWH, 1),
        "session_cost": None if cost is None else round(cost, 2),
        "auth_status": -1 if charging else _AUTHENTICATED_IDLE,
        "auth_type": None,
        "auth_id": None,
        "charge_level": session.level if session else None,
    }


def _cost(site: Site, charger: Charger, now: datetime) -> float | None:
    session = charger.cloud.state.session
    if session is None or session.started_at is None or not charger.history.cost_in_status:
        return None
    number = epoch_seconds(session.started_at)
    record = next((item for item in sessions_of(charger, now) if item.session_id == number), None)
    return None if record is None else known_cost(site, charger, record, now)


def _schedule(schedule: ScheduleState | None) -> dict[str, Json]:
    if schedule is None:
        return {"status": 0, "info": []}
    row: Json = {
        "type": schedule.kind,
        "startTime": epoch_seconds(schedule.start),
        "endTime": epoch_seconds(schedule.end),
        "limit": schedule.limit,
    }
    return {"status": 1, "info": [row]}


def _flat(charger: Charger) -> dict[str, Json]:
    cloud, state = charger.cloud, charger.cloud.state
    leading = _leading(state.connectors)
    session = state.session
    return {
        "sn": charger.serial,
        "name": charger.name or charger.serial,
        "connected": cloud.connected,
        "pluggedIn": state.plugged_in,
        "charging": state.charging,
        "faulted": state.faulted,
        "connectorStatusType": leading.type.value,
        "connectorStatusReason": leading.reason,
        "chargingLevel": session.level if session else None,
        "session_d": _flat_session(session, cloud.meter.session_wh),
        "sch_d": {"enabled": state.scheduled, "mode": "IMMEDIATE"},
    }


def _flat_session(session: SessionState | None, energy_wh: float) -> dict[str, Json]:
    return {
        "e_c": round(energy_wh / 1000, 2),
        "start_time": _seconds(session.started_at if session else None),
        "plg_in_at": _seconds(session.plugged_in_at if session else None),
        "plg_out_at": _seconds(session.unplugged_at if session else None),
    }


def _leading(connectors: tuple[ConnectorState, ...]) -> ConnectorState:
    return max(connectors, key=lambda item: (item.type is ConnectorType.CHARGING, item.plugged_in))


def _text_time(moment: datetime | None) -> str | None:
    return None if moment is None else bracketed_utc(moment)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else epoch_milliseconds(moment)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else epoch_seconds(moment)


def _last_reported(call: Call) -> Reply:
    data: dict[str, Json] = {
        charger.serial: epoch_milliseconds(charger.cloud.reported_at) for charger in call.site.chargers
    }
    return json_reply(controller_envelope(data, call.now))


_CONTROLLER = "/service/evse_controller"

ROUTES = (
    Route(
        method="GET",
        template=f"{_CONTROLLER}/api/v2/{{site}}/ev_chargers/status",
        family=Family.STATUS,
        handler=_keyed_status,
    ),
    Route(
        method="GET",
        template=f"{_CONTROLLER}/{{site}}/ev_chargers/status",
        family=Family.STATUS,
        handler=_status,
    ),
    Route(
        method="GET",
        template=f"{_CONTROLLER}/api/v2/{{site}}/ev_chargers/last_reported_at",
        family=Family.LAST_REPORTED,
        handler=_last_reported,
    ),
)
