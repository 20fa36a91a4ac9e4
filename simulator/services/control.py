"""Commands to chargers: start, stop, trigger message, live stream (docs/api.md §5)."""

from collections.abc import Mapping
from http import HTTPStatus

from simulator.chargers import Charger
from simulator.commands import report_soon, start, start_is_pending, stop, stop_watching, watch
from simulator.connectors import Connector, ConnectorType
from simulator.families import Family
from simulator.reply import RefusalError, Reply, empty_reply, json_reply
from simulator.routing import Access, Call, Route, no_such_route, wrong_method
from simulator.settings import CommandReply, StartRoute, StopRoute
from simulator.wire import Json, controller_envelope

NOT_PLUGGED = "iqevc_ms-10008"
ALREADY_CHARGING = "iqevc_ms-10012"
_HIGHEST_LEVEL = 100
_UNREACHABLE = 552
_TAKEN = {ConnectorType.CHARGING, ConnectorType.SUSPENDED_EV}
_SNAKE_CASE = {"charging_level", "connector_id"}
"""Spellings of other times; to take them for an empty wish would mean full power where less was asked for."""
_MESSAGES = {
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
}


def _start(call: Call) -> Reply:
    charger = call.charger
    _check_route(call, charger.quirks.start_route)
    level, connector_number = _wish(call)
    call.check_control()
    heard = _is_heard(call, charger)
    try:
        connector = charger.connector(connector_number)
    except KeyError:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Connector not found") from None
    if connector.car is None:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Charger is not plugged to EV", NOT_PLUGGED)
    if connector.type in _TAKEN and not _may_wake(charger, connector):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Charger is already in charging state", ALREADY_CHARGING)
    if level is not None and (charger.quirks.refuses_levels or not charger.model.allows(level)):
        raise call.refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Invalid charge level")
    start(charger, level=level, connector=connector)
    if not heard:
        raise _unreachable(call)
    return _accepted(call, charger, {} if level is None else {"chargingLevel": level})


def _may_wake(charger: Charger, connector: Connector) -> bool:
    return connector.type is ConnectorType.SUSPENDED_EV and charger.quirks.start_wakes_car


def _check_route(call: Call, working: StartRoute | StopRoute) -> None:
    method, _, place = working.value.partition(" ")
    right_path = f"/{place}/" in call.path
    if right_path and call.method == method:
        return
    raise RefusalError(wrong_method(call.method, call.path) if right_path else no_such_route(call.path))


def _wish(call: Call) -> tuple[int | None, int]:
    body = call.json
    if body is None:
        return None, 1
    if not isinstance(body, Mapping):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Malformed JSON request")
    if not _SNAKE_CASE.isdisjoint(body):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Unrecognized field")
    level, connector = body.get("chargingLevel"), body.get("connectorId", 1)
    if not isinstance(connector, int) or connector < 1:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Connector ID must be greater than 0")
    if level is None:
        return None, connector
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= _HIGHEST_LEVEL:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Charging level must be between 0 and 100")
    return level, connector


def _is_heard(call: Call, charger: Charger) -> bool:
    """Whether a command reaches the charger now; one that is not even kept for it is refused."""
    if not charger.cloud.connected and not charger.quirks.keeps_commands_for_later:
        raise _unreachable(call)
    return charger.cloud.connected


def _unreachable(call: Call) -> RefusalError:
    return call.refusal(_UNREACHABLE, "Request queued, charger is not connected")


def _accepted(call: Call, charger: Charger, details: Mapping[str, Json]) -> Reply:
    body: Json = {"status": "accepted", **details}
    match charger.quirks.command_reply:
        case CommandReply.FLAT:
            return json_reply(body)
        case CommandReply.ENVELOPE:
            return json_reply(controller_envelope({"status": "accepted"}, call.now))
        case CommandReply.EMPTY:
            return empty_reply()


def _stop(call: Call) -> Reply:
    charger = call.charger
    _check_route(call, charger.quirks.stop_route)
    call.check_control()
    heard = _is_heard(call, charger)
    if not any(connector.car is not None for connector in charger.connectors):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Charger is not plugged to EV", NOT_PLUGGED)
    if not any(connector.running for connector in charger.connectors) and not start_is_pending(charger):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Charger is not in charging state")
    stop(charger)
    if not heard:
        raise _unreachable(call)
    return _accepted(call, charger, {})


def _trigger(call: Call) -> Reply:
    charger = call.charger
    body = call.json
    message = body.get("requestedMessage") if isinstance(body, Mapping) else None
    if message not in _MESSAGES:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Requested message is not supported")
    call.check_control()
    if not charger.cloud.connected:
        raise _unreachable(call)
    if message == "MeterValues" and charger.quirks.meter_values_on_trigger:
        report_soon(charger)
    return json_reply(controller_envelope({"status": "accepted"}, call.now))


def _start_live_stream(call: Call) -> Reply:
    site = call.site
    for charger in site.chargers:
        watch(charger, site.live_stream_duration)
    topics: list[Json] = [f"v1/evse/prod/live-stream/{charger.serial}" for charger in site.chargers]
    seconds = int(site.live_stream_duration.total_seconds())
    data: Json = {"liveStreamTopicList": topics, "liveStreamDuration": seconds}
    return json_reply(controller_envelope(data, call.now))


def _stop_live_stream(call: Call) -> Reply:
    for charger in call.site.chargers:
        stop_watching(charger)
    return json_reply(controller_envelope(None, call.now))


_PLURAL = "/service/evse_controller/{site}/ev_chargers"
_SINGULAR = "/service/evse_controller/{site}/ev_charger"

ROUTES = (
    *(
        Route(method=method, template=template, family=Family.START, handler=_start, access=Access.BEARER)
        for method in ("POST", "PUT")
        for template in (f"{_PLURAL}/{{serial}}/start_charging", f"{_SINGULAR}/{{serial}}/start_charging")
    ),
    *(
        Route(method=method, template=template, family=Family.STOP, handler=_stop, access=Access.BEARER)
        for method in ("PUT", "POST")
        for template in (f"{_PLURAL}/{{serial}}/stop_charging", f"{_SINGULAR}/{{serial}}/stop_charging")
    ),
    Route(
        method="POST",
        template=f"{_SINGULAR}/{{serial}}/trigger_message",
        family=Family.TRIGGER,
        handler=_trigger,
        access=Access.BEARER,
    ),
    Route(
        method="GET",
        template=f"{_PLURAL}/start_live_stream",
        family=Family.LIVE_STREAM,
        handler=_start_live_stream,
        access=Access.BEARER,
    ),
    Route(
        method="GET",
        template=f"{_PLURAL}/{{serial}}/retry_start_live_stream",
        family=Family.LIVE_STREAM,
        handler=_start_live_stream,
        access=Access.BEARER,
    ),
    Route(
        method="GET",
        template=f"{_PLURAL}/stop_live_stream",
        family=Family.LIVE_STREAM,
        handler=_stop_live_stream,
        access=Access.BEARER,
    ),
)
