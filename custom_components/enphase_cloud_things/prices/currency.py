"""The currency of a site (docs/api.md §9.5, docs/traps.md 20)."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..cadences import RETRY
from ..enlighten import AuthenticationRequired, Currency, EnlightenError, MonetaryClient, NotSupported, Tariff
from ..state_file import StateFile

_LOGGER = logging.getLogger(__name__)

PATIENCE: Final = timedelta(hours=1)
"""How long a cloud that cannot tell is waited for, and with it everything that has a unit of money."""


_BY_SIGN: Final = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "zł": "PLN",
    "Kč": "CZK",
    "CHF": "CHF",
    "R$": "BRL",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "NZ$": "NZD",
    "US$": "USD",
}
_DOLLARS: Final = {"AU": "AUD", "CA": "CAD", "NZ": "NZD", "US": "USD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCurrency:
    """The currency that the entities of a site have."""

    site_id: str = field(repr=False)
    code: str


class CurrencyCoordinator(DataUpdateCoordinator[str | None]):
    """Finds out the ISO code of the currency, which is `None` until then.

    A unit that changes would split the statistics of its entities in two. So the currency is asked for until it is
    known, never again after that, and remembered over restarts, wherever it is from: where the cloud has no code it is
    the one that the sign of the tariff stands for, else Home Assistant's own.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, *, client: MonetaryClient, site_id: str) -> None:
        super().__init__(hass, _LOGGER, config_entry=entry, name="currency", update_interval=RETRY, always_update=False)
        self.data = None
        self._client = client
        self._site_id = site_id
        self._file = _file(hass, entry.entry_id)
        self._asked_since: datetime | None = None

    async def async_restore(self) -> None:
        """Go on with the currency that was remembered, unless it was that of another site."""
        stored = await self._file.async_load()
        if stored and stored.site_id == self._site_id:
            self._settle(stored.code)

    @override
    async def _async_update_data(self) -> str | None:
        if self.data is not None:
            return self.data
        now = dt_util.utcnow()
        self._asked_since = self._asked_since or now
        patient = now - self._asked_since < PATIENCE
        try:
            code = await self._async_ask(patient=patient) or self.hass.config.currency
        except EnlightenError as error:
            self.logger.debug("Reading the currency failed: %s", error)
            return None
        await self._file.async_save(StoredCurrency(site_id=self._site_id, code=code))
        self._settle(code)
        return self.data

    async def _async_ask(self, *, patient: bool) -> str | None:
        """Return what the cloud gives or means, `None` if that is nothing.

        Raises EnlightenError while it cannot tell, as long as anybody is `patient`.
        """
        currency = await _known(self._client.currency(self._site_id), patient=patient) or Currency()
        if code := currency.code or currency_of(currency.symbol, None):
            return code
        tariff = await _known(self._client.tariff(self._site_id), patient=patient) or Tariff()
        return currency_of(tariff.currency_symbol or currency.symbol, tariff.country)

    def _settle(self, code: str) -> None:
        self.data = code
        self.update_interval = None


async def _known[AnswerT](answer: Awaitable[AnswerT], *, patient: bool) -> AnswerT | None:
    """Return an answer, `None` if there is none, or if it cannot be had and nobody is patient any more."""
    try:
        return await answer
    except NotSupported:
        return None
    except AuthenticationRequired:
        # Says nothing of this answer, and lasts for as long as a person is away
        raise
    except EnlightenError:
        if patient:
            raise
        return None


def currency_of(sign: str | None, country: str | None) -> str | None:
    """Return the ISO code of the currency that a sign means in a country, `None` where that cannot be told.

    The country, in two letters, decides only whose dollars are meant.
    """
    sign = (sign or "").strip()
    if sign == "$":
        return _DOLLARS.get((country or "").strip().upper())
    return _BY_SIGN.get(sign)


async def async_forget_currency(hass: HomeAssistant, entry_id: str) -> None:
    """Remove what was remembered for a config entry."""
    await _file(hass, entry_id).async_remove()


def _file(hass: HomeAssistant, entry_id: str) -> StateFile[StoredCurrency]:
    return StateFile(hass, f"{entry_id}.currency", StoredCurrency)
