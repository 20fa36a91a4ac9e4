"""The installed and the target firmware of a charger; Enphase installs it, nobody else can."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, override

from homeassistant.components.update import UpdateDeviceClass, UpdateEntity, UpdateEntityDescription
from homeassistant.const import EntityCategory

from ..cloud_text import plain
from ..enlighten import FirmwareDetails
from .charger import ChargerEntity, ChargerEntityDescription


@dataclass(frozen=True, kw_only=True)
class FirmwareUpdateDescription(ChargerEntityDescription, UpdateEntityDescription):
    """Describes the firmware of a charger."""


UPDATES: Final = (
    FirmwareUpdateDescription(
        key="firmware",
        device_class=UpdateDeviceClass.FIRMWARE,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda charger: charger.firmware is not None,
        part_fn=attrgetter("firmware"),
    ),
)


class FirmwareUpdate(ChargerEntity, UpdateEntity):
    """Which firmware a charger runs, and which it is meant to run.

    The cloud's number for the state of the upgrade has no known meaning (docs/api.md §3.3): it is shown as it is, and
    no progress is made of it.
    """

    entity_description: FirmwareUpdateDescription
    _unrecorded_attributes = frozenset({"upgrade_status", "upgrade_detail", "upgraded_at"})

    @property
    def _details(self) -> FirmwareDetails:
        return self.charger.firmware or FirmwareDetails(serial=self.serial)

    @property
    @override
    def installed_version(self) -> str | None:
        return _version(self._details.installed)

    @property
    @override
    def latest_version(self) -> str | None:
        return _version(self._details.target)

    @property
    @override
    def auto_update(self) -> bool:
        """Whether the charger updates itself over the air."""
        return self._details.automatic is True

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object]:
        details = self._details
        return {
            "upgrade_status": details.upgrade_status,
            "upgrade_detail": plain(details.detail) if details.detail else None,
            "upgraded_at": details.upgraded_at,
        }


def _version(text: str | None) -> str | None:
    return plain(text) or None if text else None
