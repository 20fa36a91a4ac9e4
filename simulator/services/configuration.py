"""Charger configuration: values read by POST and written by PUT (docs/api.md §6.5)."""

from collections.abc import Mapping
from http import HTTPStatus

from simulator.chargers import Charger
from simulator.commands import configure
from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Call, Route
from simulator.settings import AUTHENTICATION_KEYS
from simulator.wire import Json, JsonObject, controller_envelope

_SETTLED = 1
_PENDING = 2
_SWITCH = {"enabled", "disabled"}


def _read(call: Call) -> Reply:
    charger = _open(call)
    keys = [row.get("key") for row in _rows(call)]
    values: list[Json] = [_value(charger, key) for key in keys if isinstance(key, str) and key in charger.settings]
    return json_reply(controller_envelope(values, call.now))


def _write(call: Call) -> Reply:
    charger = _open(call)
    call.check_control()
    wishes = [_wish(call, charger, row) for row in _rows(call)]
    for key, value in wishes:
        configure(charger, key, value)
    values: list[Json] = [{**_value(charger, key), "status": _PENDING} for key, _ in wishes]
    return json_reply(controller_envelope(values, call.now))


def _open(call: Call) -> Charger:
    charger = call.charger
    presented = call.headers.get("authorization"), call.headers.get("e-auth-token")
    if charger.quirks.config_refuses_bearer and any(presented):
        raise call.refusal(HTTPStatus.FORBIDDEN, "Access denied")
    return charger


def _rows(call: Call) -> list[JsonObject]:
    body = call.json
    if not isinstance(body, list) or not body or not all(isinstance(row, Mapping) for row in body):
        raise call.refusal(HTTPStatus.BAD_REQUEST, "A list of keys is required")
    return [row for row in body if isinstance(row, Mapping)]


def _value(charger: Charger, key: str) -> dict[str, Json]:
    setting = charger.settings[key]
    pending = any(effect.name == key for effect in charger.effects)
    keeps_old_value = key in AUTHENTICATION_KEYS
    return {
        "key": key,
        "value": setting.value if keeps_old_value else setting.stored,
        "reqValue": setting.pending if keeps_old_value else None,
        "status": _PENDING if pending else _SETTLED,
    }


def _wish(call: Call, charger: Charger, row: JsonObject) -> tuple[str, str]:
    key, value = row.get("key"), row.get("value")
    if not isinstance(key, str) or key not in charger.settings:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Unknown configuration key")
    if key in AUTHENTICATION_KEYS and isinstance(value, str) and value in _SWITCH:
        return key, value
    if key == "DefaultChargeLevel" and isinstance(value, int) and charger.model.allows(value):
        return key, str(value)
    raise call.refusal(HTTPStatus.BAD_REQUEST, "Invalid configuration value")


_PATH = "/service/evse_controller/api/v1/{site}/ev_chargers/{serial}/ev_charger_config"

ROUTES = (
    Route(method="POST", template=_PATH, family=Family.CONFIGURATION, handler=_read),
    Route(method="PUT", template=_PATH, family=Family.CONFIGURATION, handler=_write),
)
