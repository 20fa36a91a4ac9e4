"""Sites and account-wide answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..wire import STREAM_SECONDS, Fields, JsonValue, Oddities, object_at, rows, wire_field

_DEFAULT_STREAM_SECONDS: Final = 900
_SITE_LISTS: Final = ("sites", "data", "items", "systems")
_SITE_IDS: Final = ("site_id", "siteId", "id", "system_id")
_SITE_NAMES: Final = ("name", "site_name", "siteName", "title", "displayName", "display_name")


class TriggerMessage(StrEnum):
    """OCPP messages that a charger may be asked for (docs/api.md §5.4); the cloud refuses others."""

    HEARTBEAT = "Heartbeat"
    METER_VALUES = "MeterValues"
    STATUS_NOTIFICATION = "StatusNotification"
    BOOT_NOTIFICATION = "BootNotification"
    DIAGNOSTICS_STATUS_NOTIFICATION = "DiagnosticsStatusNotification"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site of the account (docs/api.md §3.1). `site_id` is digits as text."""

    site_id: str = field(repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStream:
    """An explicit live stream (docs/api.md §5.5); the cloud keeps it up for `duration` seconds."""

    duration: int

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> LiveStream:
        """Read the reply to a start of the stream."""
        reply = object_at(value, "live_stream", oddities)
        names = ("liveStreamDuration", "duration_s")
        duration = reply.fields("data").integer(STREAM_SECONDS, *names) or reply.integer(STREAM_SECONDS, *names)
        return cls(duration=duration or _DEFAULT_STREAM_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReply:
    """The cloud's own answer to a command: `status` as sent (`accepted`), or `None` for an empty success.

    Accepted means queued. It is never an effect. `message` and `details` are what else the cloud may say to a triggered
    message (docs/api.md §5.4), the details as text by their names. They may contain identifiers.
    """

    status: str | None = wire_field(lambda reply: reply.text("status"))
    message: str | None = wire_field(lambda reply: reply.text("message"), shown=False)
    details: Mapping[str, str] = wire_field(
        lambda reply: reply.fields("details").scalars(), default=MappingProxyType({}), shown=False
    )

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> CommandReply:
        """Read the reply to a command, with or without envelope; any other is an empty success."""
        reply = object_at(value, "command", oddities)
        if not isinstance(reply.raw("status"), str):
            reply = reply.fields("data")
        return reply.build(cls)


def read_sites(value: JsonValue, oddities: Oddities) -> tuple[Site, ...]:
    """Read the site list, bare or under one of its names (docs/api.md §3.1).

    A row without an id, or with one that is not a number, is left out.
    """
    if isinstance(value, list):
        listed = rows(value, "sites", oddities)
    else:
        listed = Fields.of_reply(value, "sites", oddities).rows(*_SITE_LISTS)
    names: dict[str, str | None] = {}
    for row in listed:
        site_id = row.identifier(*_SITE_IDS)
        if site_id is None or not (site_id.isascii() and site_id.isdigit()):
            row.unreadable(*_SITE_IDS)
            continue
        names[site_id] = names.get(site_id) or row.text(*_SITE_NAMES)
    return tuple(Site(site_id=site_id, name=name) for site_id, name in names.items())
