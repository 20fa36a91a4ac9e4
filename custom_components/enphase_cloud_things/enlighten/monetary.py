"""What energy costs and what it has cost: tariffs, export rates, currency, savings (docs/api.md §9.4-§9.6)."""

from datetime import date
from functools import partial

from . import endpoints
from .caller import Caller
from .endpoints import Call
from .models.savings import Savings, read_savings
from .models.tariffs import Currency, DatedRates, Tariff


class MonetaryClient:
    """Reads everything that is about money. Days are those at the site. For the errors see `EnlightenClient`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def tariff(self, site_id: str) -> Tariff:
        """Read the tariff of a site (docs/api.md §9.5)."""
        return await self._caller.call(Call(endpoints.TARIFF, site_id=site_id), Tariff.from_wire)

    async def export_rates(self, site_id: str, day: date, *, fresh: bool = False) -> DatedRates:
        """Read what the grid pays for energy on one day (docs/api.md §9.6).

        Sites whose tariff has export rates of its own have none here.
        """
        return await self._caller.call(
            Call(endpoints.EXPORT_RATES, site_id=site_id, query={"date": day.isoformat()}, fresh=fresh),
            partial(DatedRates.from_wire, day=day),
        )

    async def currency(self, site_id: str) -> Currency:
        """Read the currency of a site (docs/api.md §9.5)."""
        return await self._caller.call(Call(endpoints.CURRENCY, site_id=site_id), Currency.from_wire)

    async def savings(self, site_id: str, day: date) -> Savings | None:
        """Read imports and exports of a day so far; `None` if the cloud has none for it (docs/api.md §9.4).

        The cloud computes them for each request, so every quarter of an hour is often enough.
        """
        return await self._caller.call(
            Call(endpoints.SAVINGS, site_id=site_id, query={"date": day.isoformat()}), partial(read_savings, day=day)
        )
