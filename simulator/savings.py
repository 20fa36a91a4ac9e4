"""How the savings of a site are answered, and what was computed for them (docs/api.md §9.4)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class WithoutTariff(StrEnum):
    """How savings are answered on a site without a tariff."""

    NULL_MONEY = "null_money"
    NULL_DATA = "null_data"
    NOT_FOUND = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """Energy in Wh and money in the tariff's currency; money is None without a rate."""

    day: date
    imported_wh: float
    exported_wh: float
    import_cost: float | None
    export_earning: float | None


@dataclass(slots=True, kw_only=True)
class SavingsService:
    """How savings of a site are answered.

    ``lag``: for this long after site midnight the new day is answered with the old day's totals. ``computed`` holds
    what was computed last, which is what a request without ``do_compute`` gets.
    """

    lag: timedelta = timedelta()
    without_tariff: WithoutTariff = WithoutTariff.NULL_MONEY
    computed: dict[date, DayTotals] = field(default_factory=dict)
