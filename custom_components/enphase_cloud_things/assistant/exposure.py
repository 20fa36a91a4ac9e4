"""Which chargers an assistant may know of, and which of them the person who asks may read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er

from ..actions.rights import Caller, Right
from ..chargers.charger import ChargerSnapshot
from ..const import DOMAIN
from ..devices import charger_identifier
from ..runtime import EnphaseConfigEntry, RuntimeData

MAIN_ENTITY: Final = (Platform.SWITCH, "charging")
TELLING_ENTITIES: Final = (MAIN_ENTITY, (Platform.SENSOR, "status"), (Platform.SENSOR, "reason"))
"""An assistant to which one of these is exposed knows the charger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposedCharger:
    """A charger that an assistant may know of: what it is called, where it is, and the site that it belongs to."""

    runtime: RuntimeData
    serial: str = field(repr=False)
    device_id: str
    entity_id: str
    name: str
    aliases: tuple[str, ...]
    area: str | None
    site: str

    @property
    def snapshot(self) -> ChargerSnapshot | None:
        """The charger as it was seen last, `None` if it is not selected any more."""
        return self.runtime.chargers.data.chargers.get(self.serial)

    def explained(self, hass: HomeAssistant) -> State | None:
        """Return what the sensor of the reason shows, `None` where its owner has disabled it."""
        entity_id = er.async_get(hass).async_get_entity_id(Platform.SENSOR, DOMAIN, f"{self.serial}_reason")
        return hass.states.get(entity_id) if entity_id else None

    def answers_to(self, name: str | None) -> bool:
        """Return whether a question is about this charger; without a name it is about all."""
        return name is None or name.casefold() in {each.casefold() for each in (self.name, *self.aliases)}


@callback
def exposed_chargers(hass: HomeAssistant, assistant: str) -> list[ExposedCharger]:
    """Return the chargers that an assistant may know of, in the order of their names."""
    entries: list[EnphaseConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    found = [charger for entry in entries for charger in _of_entry(hass, entry, assistant)]
    return sorted(found, key=lambda charger: (charger.name, charger.device_id))


async def async_readable(
    hass: HomeAssistant, context: Context | None, chargers: Sequence[ExposedCharger]
) -> list[ExposedCharger]:
    """Return the chargers that the person who asks has the right to read.

    Raises UnknownUser if that person does not exist any more.
    """
    caller = await Caller.async_of(hass, context or Context())
    return [charger for charger in chargers if caller.may(Right.READ, charger.entity_id)]


def _of_entry(hass: HomeAssistant, entry: EnphaseConfigEntry, assistant: str) -> Iterator[ExposedCharger]:
    devices, entities, areas = dr.async_get(hass), er.async_get(hass), ar.async_get(hass)
    for serial in entry.runtime_data.chargers.data.chargers:
        device = devices.async_get_device_by_identifier(charger_identifier(serial), entry.entry_id)
        telling = [
            entity_id
            for platform, key in TELLING_ENTITIES
            if (entity_id := entities.async_get_entity_id(platform, DOMAIN, f"{serial}_{key}"))
            and hass.states.get(entity_id) is not None
            and async_should_expose(hass, assistant, entity_id)
        ]
        if device is None or not telling:
            continue
        main = entities.async_get_entity_id(MAIN_ENTITY[0], DOMAIN, f"{serial}_{MAIN_ENTITY[1]}")
        registered = entities.async_get(main) if main else None
        area = areas.async_get_area(device.area_id) if device.area_id else None
        yield ExposedCharger(
            runtime=entry.runtime_data,
            serial=serial,
            device_id=device.id,
            entity_id=main or telling[0],
            name=device.name_by_user or device.name or serial,
            aliases=tuple(er.async_get_entity_aliases(hass, registered)) if registered else (),
            area=area.name if area else None,
            site=entry.title,
        )
