"""Commands to a charger: what is sent, and what a refusal means (docs/api.md §5)."""

from enum import StrEnum
from http import HTTPStatus
from typing import Final

from .errors import AlreadyCharging, CommandRejected, NotCharging, NotPluggedIn, NotReady, Refusal
from .wire import JsonValue

NO_SCHEDULE_ENABLED: Final = "iqevc_sch_10031"
_NOT_PLUGGED_IN: Final = "iqevc_ms-10008"
_ALREADY_CHARGING: Final = "iqevc_ms-10012"

_STATE_CONFLICT: Final = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
_NOTHING_TO_STOP: Final = _STATE_CONFLICT | {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}


class TriggerMessage(StrEnum):
    """OCPP messages that a charger may be asked for (docs/api.md §5.4); the cloud refuses others."""

    HEARTBEAT = "Heartbeat"
    METER_VALUES = "MeterValues"
    STATUS_NOTIFICATION = "StatusNotification"
    BOOT_NOTIFICATION = "BootNotification"
    DIAGNOSTICS_STATUS_NOTIFICATION = "DiagnosticsStatusNotification"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"


def start_body(level: int | None, connector_id: int) -> JsonValue:
    """Build the body of a start, with or without amps."""
    if level is None:
        return {"connectorId": connector_id}
    return {"chargingLevel": level, "connectorId": connector_id}


def start_refused(refusal: Refusal) -> CommandRejected:
    """Say what a refused start means."""
    display = (refusal.display or "").lower()
    if refusal.code == _NOT_PLUGGED_IN or (refusal.code is None and "not plugged" in display):
        return NotPluggedIn(refusal)
    if refusal.code == _ALREADY_CHARGING or (refusal.code is None and "already in charging" in display):
        return AlreadyCharging(refusal)
    if refusal.http_status in _STATE_CONFLICT:
        return NotReady(refusal)
    return CommandRejected(refusal)


def stop_refused(refusal: Refusal) -> CommandRejected:
    """Say what a refused stop means."""
    if refusal.http_status in _NOTHING_TO_STOP or refusal.code == _NOT_PLUGGED_IN:
        return NotCharging(refusal)
    return CommandRejected(refusal)
