"""The coordinator of what energy costs at a site, and what was saved today."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..calc.days import ONE_DAY, end_of_day, local_day
from ..calc.prices import PriceSchedule, export_prices, import_prices
from ..enlighten import DatedRates, EnlightenError, MonetaryClient, NotSupported, Savings, ServiceUnavailable, Tariff
from .currency import CurrencyCoordinator

_LOGGER = logging.getLogger(__name__)

TARIFF_CADENCE: Final = timedelta(hours=6)
SAVINGS_CADENCE: Final = timedelta(minutes=30)
RETRY: Final = timedelta(minutes=5)
SHORTEST_INTERVAL: Final = timedelta(minutes=1)


class PricePart(StrEnum):
    """What is read, each at its own cadence."""

    TARIFF = "tariff"
    RATES = "rates"
    SAVINGS = "savings"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSnapshot:
    """What is known of prices and savings.

    A part that was never read is `None`; an unconfigured tariff is an empty one.
    """

    tariff: Tariff | None = None
    dated_rates: Mapping[date, DatedRates] = field(default_factory=dict)
    savings: Savings | None = None


class PriceCoordinator(DataUpdateCoordinator[PriceSnapshot]):
    """Reads tariff, dated rates and savings; a part that fails keeps what it had.

    The price of now changes on the minute without a request: listeners are called at every price boundary.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        client: MonetaryClient,
        site_id: str,
        zone: Callable[[], tzinfo],
        currency: CurrencyCoordinator,
    ) -> None:
        """Prepare the coordinator; everything is due at once."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            # Goes into logs, where the name of a site, often an address, does not belong
            name="prices",
            update_interval=SAVINGS_CADENCE,
            always_update=False,
        )
        self.data = PriceSnapshot()
        self.site_id = site_id
        self._client = client
        self._zone = zone
        self._currency = currency
        self._due_at: dict[PricePart, datetime] = {}
        self._cancel_boundary: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._disarm)

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, in which tariffs speak."""
        return self._zone()

    @property
    def currency(self) -> str | None:
        """The ISO code of the currency of all prices, `None` until it is known."""
        return self._currency.data

    @property
    def import_prices(self) -> PriceSchedule:
        """What energy from the grid costs."""
        return import_prices(self.data.tariff, self.zone)

    @property
    def export_prices(self) -> PriceSchedule:
        """What energy to the grid earns."""
        return export_prices(self.data.tariff, self.data.dated_rates, self.zone)

    @override
    async def _async_update_data(self) -> PriceSnapshot:
        readers: Mapping[PricePart, Callable[[PriceSnapshot, datetime], Awaitable[PriceSnapshot]]] = {
            PricePart.TARIFF: self._async_read_tariff,
            PricePart.RATES: self._async_read_rates,
            PricePart.SAVINGS: self._async_read_savings,
        }
        now = dt_util.utcnow()
        snapshot = self.data
        for part, read in readers.items():
            if self._due_at.get(part, now) > now:
                continue
            try:
                snapshot = await read(snapshot, now)
            except EnlightenError as error:
                self.logger.debug("Reading the %s failed: %s", part, error)
                self._due_at[part] = _next_try(error, now)
        self.update_interval = max(min(self._due_at.values()) - now, SHORTEST_INTERVAL)
        return snapshot

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        self._arm(dt_util.utcnow())

    async def _async_read_tariff(self, snapshot: PriceSnapshot, now: datetime) -> PriceSnapshot:
        try:
            tariff = await self._client.tariff(self.site_id)
        except NotSupported:
            tariff = Tariff()
        self._due_at[PricePart.TARIFF] = now + TARIFF_CADENCE
        return replace(snapshot, tariff=tariff)

    async def _async_read_rates(self, snapshot: PriceSnapshot, now: datetime) -> PriceSnapshot:
        """Read the dated export rates of today and tomorrow, where the tariff itself has none."""
        today = local_day(now, self.zone)
        tomorrow = today + ONE_DAY
        if snapshot.tariff is None or (snapshot.tariff.buyback and snapshot.tariff.buyback.seasons):
            self._due_at[PricePart.RATES] = now + RETRY if snapshot.tariff is None else end_of_day(today, self.zone)
            return replace(snapshot, dated_rates={})
        rates = {day: known for day, known in snapshot.dated_rates.items() if day in {today, tomorrow} and known.rates}
        for day in (today, tomorrow):
            if day not in rates:
                rates[day] = await self._client.export_rates(self.site_id, day, fresh=day == today)
        self._due_at[PricePart.RATES] = end_of_day(today, self.zone)
        return replace(snapshot, dated_rates=rates)

    async def _async_read_savings(self, snapshot: PriceSnapshot, now: datetime) -> PriceSnapshot:
        savings = await self._client.savings(self.site_id, local_day(now, self.zone))
        self._due_at[PricePart.SAVINGS] = now + SAVINGS_CADENCE
        return replace(snapshot, savings=savings)

    @callback
    def _arm(self, now: datetime) -> None:
        self._disarm()
        if self.data.tariff is not None:
            moment = min(schedule.next_boundary(now) for schedule in (self.import_prices, self.export_prices))
            self._cancel_boundary = async_track_point_in_utc_time(self.hass, self._boundary, moment)

    @callback
    def _boundary(self, now: datetime) -> None:
        self._arm(now)
        self.async_update_listeners()

    @callback
    def _disarm(self) -> None:
        if self._cancel_boundary:
            self._cancel_boundary()
            self._cancel_boundary = None


def _next_try(error: EnlightenError, now: datetime) -> datetime:
    retry_at = error.retry_at if isinstance(error, ServiceUnavailable) else None
    return max(retry_at or now, now + RETRY)
