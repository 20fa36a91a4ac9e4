"""What a site's energy costs and earns: totals of a day and costs of sessions (docs/api.md §7.2, §9.4)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from .savings import DayTotals
from .site import Site


def day_totals(site: Site, day: date) -> DayTotals:
    """Return what a site took from and gave to the grid on a site-local day, as far as the day has come."""
    imported = exported = 0.0
    cost: float | None = 0.0
    earning: float | None = 0.0
    for moment, energy_wh in site.meter.net(midnight(site, day), midnight(site, day + timedelta(days=1))):
        local = site.local(moment)
        if energy_wh > 0:
            imported += energy_wh
            cost = _added(cost, energy_wh, site.tariff.import_rate(local))
        elif energy_wh < 0:
            exported -= energy_wh
            earning = _added(earning, -energy_wh, site.tariff.export_rate(local))
    if site.tariff.purchase is None:
        cost = earning = None
    return DayTotals(day=day, imported_wh=imported, exported_wh=exported, import_cost=cost, export_earning=earning)


def midnight(site: Site, day: date) -> datetime:
    """Return the moment a day begins at the site."""
    return datetime.combine(day, time(), site.time_zone)


def cost_of(site: Site, flows: Iterable[tuple[datetime, float]], energy_wh: float) -> float | None:
    """Return what ``energy_wh`` costs that came in as ``flows`` (moment, Wh) did; None without a rate."""
    cost: float | None = 0.0
    flowed = 0.0
    for moment, part_wh in flows:
        flowed += part_wh
        cost = _added(cost, part_wh, site.tariff.import_rate(site.local(moment)))
    if site.tariff.purchase is None or cost is None:
        return None
    return cost * energy_wh / flowed if flowed else 0.0


def _added(money: float | None, energy_wh: float, rate: float | None) -> float | None:
    return None if money is None or rate is None else money + energy_wh / 1000 * rate
