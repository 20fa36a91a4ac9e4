"""The firmware of chargers as the cloud's update service sees it (docs/api.md §3.3)."""

from dataclasses import dataclass, field
from datetime import datetime

from ..bounds import CODE
from ..errors import InvalidResponse
from ..redact import scrub
from ..wire import Fields, JsonValue, Oddities, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareDetails:
    """What one charger runs and what it is meant to run.

    `upgrade_status` is the cloud's number, whose meaning is not known; `detail` its text beside it. `automatic` says
    that the charger updates itself over the air.
    """

    serial: str = field(repr=False)
    installed: str | None = None
    target: str | None = None
    upgrade_status: int | None = None
    detail: str | None = None
    automatic: bool | None = None
    upgraded_at: datetime | None = None
    updated_at: datetime | None = None

    @classmethod
    def from_wire(cls, row: Fields) -> FirmwareDetails:
        """Read one charger.

        Raises:
            InvalidResponse: the row has no serial.
        """
        serial = row.identifier("serialNumber")
        if serial is None:
            raise InvalidResponse(f"{row.path}.serialNumber")
        detail = row.text("statusDetail")
        return cls(
            serial=serial,
            installed=row.text("currentFwVersion"),
            target=row.text("targetFwVersion"),
            upgrade_status=row.integer(CODE, "upgradeStatus"),
            detail=scrub(detail) if detail else None,
            automatic=row.boolean("isAutoOta"),
            upgraded_at=row.time("lastSuccessfulUpgradeDate"),
            updated_at=row.time("lastUpdatedAt"),
        )


def read_firmware(value: JsonValue, oddities: Oddities) -> tuple[FirmwareDetails, ...]:
    """Read the firmware of all chargers: a bare list, `null` for none, or a list under `data`.

    Raises:
        InvalidResponse: the reply is something else.
    """
    if isinstance(value, list):
        listed = rows(value, "firmware", oddities)
    else:
        listed = Fields.of_reply(value, "firmware", oddities).rows("data")
    details = []
    for row in listed:
        try:
            details.append(FirmwareDetails.from_wire(row))
        except InvalidResponse:
            row.unreadable("serialNumber")
    return tuple(details)
