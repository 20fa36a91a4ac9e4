"""The one place that knows the currency of a site."""

from datetime import timedelta
import logging
from typing import Final, TypedDict, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..const import DOMAIN
from ..enlighten import EnlightenError, MonetaryClient, NotSupported

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION: Final = 1
RETRY: Final = timedelta(minutes=5)


class StoredCurrency(TypedDict):
    """The currency that the cloud gave for a site."""

    site_id: str
    code: str


class CurrencyCoordinator(DataUpdateCoordinator[str | None]):
    """Finds out the ISO code of the currency, which is `None` until then.

    A unit that changes would split the statistics of its entities in two. So the currency is asked for until it is
    known, never again after that, and remembered over restarts. A cloud that has none leaves Home Assistant's own;
    that holds until the next start.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, *, client: MonetaryClient, site_id: str) -> None:
        """Prepare the coordinator and its storage file."""
        super().__init__(hass, _LOGGER, config_entry=entry, name="currency", update_interval=RETRY, always_update=False)
        self.data = None
        self._client = client
        self._site_id = site_id
        self._store = _store(hass, entry.entry_id)

    async def async_restore(self) -> None:
        """Go on with the currency that was remembered, unless it was that of another site."""
        stored = await self._store.async_load()
        if stored and stored["site_id"] == self._site_id:
            self._settle(stored["code"])

    @override
    async def _async_update_data(self) -> str | None:
        if self.data is not None:
            return self.data
        try:
            code = (await self._client.currency(self._site_id)).code
        except NotSupported:
            code = None
        except EnlightenError as error:
            self.logger.debug("Reading the currency failed: %s", error)
            return None
        if code:
            await self._store.async_save({"site_id": self._site_id, "code": code})
        self._settle(code or self.hass.config.currency)
        return self.data

    def _settle(self, code: str) -> None:
        self.data = code
        self.update_interval = None


async def async_forget_currency(hass: HomeAssistant, entry_id: str) -> None:
    """Remove what was remembered for a config entry."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> Store[StoredCurrency]:
    return Store(hass, STORAGE_VERSION, f"{DOMAIN}.{entry_id}.currency", private=True)
