"""The firmware of chargers as the cloud's update service sees it (docs/api.md §3.3)."""

from dataclasses import dataclass
from datetime import datetime

from ..wire import CODE, Fields, JsonValue, Oddities, free_text, readable, rows, wire_field


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareDetails:
    """What one charger runs and what it is meant to run.

    `upgrade_status` is the cloud's number, whose meaning is not known; `detail` its text beside it. `automatic` says
    that the charger updates itself over the air.
    """

    serial: str = wire_field(lambda row: row.required("serialNumber"), shown=False)
    installed: str | None = wire_field(lambda row: row.text("currentFwVersion"))
    target: str | None = wire_field(lambda row: row.text("targetFwVersion"))
    upgrade_status: int | None = wire_field(lambda row: row.integer(CODE, "upgradeStatus"))
    detail: str | None = wire_field(lambda row: free_text(row.text("statusDetail")))
    automatic: bool | None = wire_field(lambda row: row.boolean("isAutoOta"))
    upgraded_at: datetime | None = wire_field(lambda row: row.time("lastSuccessfulUpgradeDate"))


def read_firmware(value: JsonValue, oddities: Oddities) -> tuple[FirmwareDetails, ...]:
    """Read the firmware of all chargers: a bare list, `null` for none, or a list under `data`."""
    if isinstance(value, list):
        listed = rows(value, "firmware", oddities)
    else:
        listed = Fields.of_reply(value, "firmware", oddities).rows("data")
    return readable(listed, lambda row: row.build(FirmwareDetails))
