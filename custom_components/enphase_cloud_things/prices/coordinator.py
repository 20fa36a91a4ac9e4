"""The coordinator of what energy costs at a site, and what was saved today."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..cadences import RETRY, SAVINGS_CADENCE, TARIFF_CADENCE
from ..coordinator import REFRESH_MARGIN, ClockCoordinator, Site
from ..days import ONE_DAY, end_of_day, local_day
from ..enlighten import DatedRates, EnlightenError, MonetaryClient, NotSupported, Savings, ServiceUnavailable, Tariff
from .currency import CurrencyCoordinator
from .intervals import PriceSchedule, export_prices, has_rates, import_prices

_LOGGER = logging.getLogger(__name__)

SAVINGS_TRUST: Final = timedelta(hours=2)
RATES_KEPT: Final = timedelta(days=7)
SHORTEST_INTERVAL: Final = timedelta(minutes=1)


class PricePart(StrEnum):
    """What is read, each with one request at its own cadence. The rates are export rates by date."""

    TARIFF = "tariff"
    RATES_TODAY = "rates of today"
    RATES_TOMORROW = "rates of tomorrow"
    SAVINGS = "savings"


_DATED: Final = frozenset({PricePart.RATES_TODAY, PricePart.RATES_TOMORROW})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSnapshot:
    """What is known of prices and savings.

    A part that was never read is `None`; an unconfigured tariff is an empty one. `failing` are the parts whose last
    read failed; what they gave before is kept.
    """

    tariff: Tariff | None = None
    dated_rates: Mapping[date, DatedRates] = field(default_factory=dict)
    savings: Savings | None = None
    failing: frozenset[PricePart] = frozenset()

    @property
    def needs_dated_rates(self) -> bool:
        """Whether export rates are known by date only (docs/api.md §9.6)."""
        return self.tariff is not None and not (self.tariff.buyback and has_rates(self.tariff.buyback))

    def knows_export_of(self, day: date) -> bool:
        """Return whether the cloud has told what it pays on a day, even if that is nothing."""
        return self.tariff is not None and (not self.needs_dated_rates or day in self.dated_rates)

    def savings_of(self, day: date) -> Savings | None:
        """Return the savings if they are those of that day."""
        return self.savings if self.savings and self.savings.day == day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schedules:
    data: PriceSnapshot
    imported: PriceSchedule
    exported: PriceSchedule


class PriceCoordinator(ClockCoordinator[PriceSnapshot]):
    """Reads tariff, dated rates and savings; a part that fails keeps what it had and leaves the others alone."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        client: MonetaryClient,
        site_id: str,
        site: Site,
        currency: CurrencyCoordinator,
    ) -> None:
        """Prepare the coordinator; everything is due at once."""
        super().__init__(
            hass, entry, _LOGGER, name="prices", site_id=site_id, site=site, update_interval=SAVINGS_CADENCE
        )
        self.data = PriceSnapshot()
        self._client = client
        self._currency = currency
        self._settled = False
        self._due_at: dict[PricePart, datetime] = {}
        self._savings_read_at: datetime | None = None
        self._last_day_of_rates: date | None = None
        self._schedules: _Schedules | None = None
        entry.async_on_unload(currency.async_add_listener(self.async_update_listeners))

    @property
    def currency(self) -> str | None:
        """The ISO code of the currency of all prices, `None` until it is known."""
        return self._currency.data

    @property
    def settled(self) -> bool:
        """Whether the unit of all prices is known and the cloud was asked for everything else once."""
        return self._settled and self.currency is not None

    @property
    def import_prices(self) -> PriceSchedule:
        """What energy from the grid costs."""
        return self._schedules_of_now().imported

    def import_price_at(self, moment: datetime) -> float | None:
        """Return what a kWh from the grid costs at a moment, `None` while it is unknown."""
        interval = self.import_prices.price_at(moment)
        return interval.price.rate if interval and interval.price else None

    @property
    def export_prices(self) -> PriceSchedule:
        """What energy to the grid earns."""
        return self._schedules_of_now().exported

    def _schedules_of_now(self) -> _Schedules:
        """Return the schedules of what is known, the same ones until that changes."""
        data, zone = self.data, self.site.zone
        if self._schedules is None or self._schedules.data is not data or self._schedules.imported.zone != zone:
            self._schedules = _Schedules(
                data=data,
                imported=import_prices(data.tariff, zone),
                exported=export_prices(data.tariff, data.dated_rates, zone),
            )
        return self._schedules

    @override
    async def _async_update_data(self) -> PriceSnapshot:
        now = dt_util.utcnow()
        snapshot = self.data
        for part in PricePart:
            if self._is_due(part, snapshot, now):
                snapshot = await self._async_read(part, snapshot, now)
        self._settled = True
        next_due = min(due_at for part, due_at in self._due_at.items() if _is_wanted(part, snapshot))
        self.update_interval = max(next_due - now + REFRESH_MARGIN, SHORTEST_INTERVAL)
        return snapshot

    @override
    def next_change(self, now: datetime) -> datetime:
        """Return when a price changes or the day ends."""
        return min(
            end_of_day(local_day(now, self.zone), self.zone),
            self.import_prices.next_boundary(now),
            self.export_prices.next_boundary(now),
        )

    def _is_due(self, part: PricePart, snapshot: PriceSnapshot, now: datetime) -> bool:
        return _is_wanted(part, snapshot) and self._due_at.get(part, now) <= now

    async def _async_read(self, part: PricePart, snapshot: PriceSnapshot, now: datetime) -> PriceSnapshot:
        """Return the snapshot with the part as the cloud has it now, or with the part failing."""
        today = local_day(now, self.zone)
        try:
            match part:
                case PricePart.TARIFF:
                    snapshot = await self._async_read_tariff(snapshot)
                    self._due_at[part] = now + TARIFF_CADENCE
                case PricePart.SAVINGS:
                    snapshot = await self._async_read_savings(snapshot, now)
                    self._due_at[part] = now + SAVINGS_CADENCE
                case PricePart.RATES_TODAY | PricePart.RATES_TOMORROW:
                    day = today if part is PricePart.RATES_TODAY else today + ONE_DAY
                    snapshot = await self._async_read_rates(snapshot, day, today)
                    self._due_at[part] = end_of_day(today, self.zone)
        except EnlightenError as error:
            self.logger.debug("Reading the %s failed: %s", part, error)
            self._due_at[part] = self._next_try(part, error, now)
            if part is PricePart.SAVINGS:
                snapshot = self._with_lasting_savings(snapshot, now)
            return replace(snapshot, failing=snapshot.failing | {part})
        return replace(snapshot, failing=snapshot.failing - {part})

    def _next_try(self, part: PricePart, error: EnlightenError, now: datetime) -> datetime:
        retry_at = error.retry_at if isinstance(error, ServiceUnavailable) else None
        later = max(retry_at or now, now + RETRY)
        # A new day is another question
        return min(later, end_of_day(local_day(now, self.zone), self.zone)) if part in _DATED else later

    async def _async_read_tariff(self, snapshot: PriceSnapshot) -> PriceSnapshot:
        try:
            tariff = await self._client.tariff(self.site_id)
        except NotSupported:
            tariff = snapshot.tariff or Tariff()
        return replace(snapshot, tariff=tariff)

    async def _async_read_rates(self, snapshot: PriceSnapshot, day: date, today: date) -> PriceSnapshot:
        # What failed yesterday is no reason to leave today without a price
        is_new_day = day == today and self._last_day_of_rates != today
        if day == today:
            self._last_day_of_rates = today
        try:
            rates = await self._client.export_rates(self.site_id, day, fresh=is_new_day)
        except NotSupported:
            rates = snapshot.dated_rates.get(day) or DatedRates(day=day)
        kept = {known: old for known, old in snapshot.dated_rates.items() if known > today - RATES_KEPT}
        return replace(snapshot, dated_rates=kept | {day: rates})

    async def _async_read_savings(self, snapshot: PriceSnapshot, now: datetime) -> PriceSnapshot:
        try:
            savings = await self._client.savings(self.site_id, local_day(now, self.zone))
        except NotSupported:
            savings = None
        if savings is None:
            return self._with_lasting_savings(snapshot, now)
        self._savings_read_at = now
        return replace(snapshot, savings=savings)

    def _with_lasting_savings(self, snapshot: PriceSnapshot, now: datetime) -> PriceSnapshot:
        """Keep the savings for a while where the cloud tells no newer ones: totals "so far" do not hold for ever."""
        read_at = self._savings_read_at
        lasting = read_at is not None and now - read_at < SAVINGS_TRUST
        return snapshot if lasting else replace(snapshot, savings=None)


def _is_wanted(part: PricePart, snapshot: PriceSnapshot) -> bool:
    return snapshot.needs_dated_rates or part not in _DATED
