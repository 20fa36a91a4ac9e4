"""Energy and money of a day (docs/api.md §9.4)."""

from datetime import date, timedelta
from http import HTTPStatus

from simulator.accounting import day_totals, midnight
from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Call, Route
from simulator.savings import DayTotals, WithoutTariff
from simulator.site import Site
from simulator.wire import Json, utc_nanoseconds

from .tariffs import day_of

_SWITCH = {"true", "false"}


def _savings(call: Call) -> Reply:
    site = call.site
    if call.query.get("resolution") != "DAY":
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Invalid resolution")
    for name in ("do_compute", "simulated"):
        if call.query.get(name) not in _SWITCH:
            raise call.refusal(HTTPStatus.BAD_REQUEST, f"Required request parameter '{name}' is not present")
    totals = _totals(call, site, _shown_day(call, site))
    unknown = site.tariff.purchase is None
    if unknown and site.savings.without_tariff is WithoutTariff.NOT_FOUND:
        raise call.refusal(HTTPStatus.NOT_FOUND, "No tariff configured")
    hidden = unknown and site.savings.without_tariff is WithoutTariff.NULL_DATA
    data = None if totals is None or hidden else _data(totals)
    return json_reply({"type": "monetary-data", "timestamp": utc_nanoseconds(call.now), "data": data})


def _shown_day(call: Call, site: Site) -> date:
    day = day_of(call)
    local = site.local(call.now)
    if day > local.date():
        raise call.refusal(HTTPStatus.BAD_REQUEST, "The date lies in the future")
    late = day == local.date() and call.now < midnight(site, day) + site.savings.lag
    return day - timedelta(days=1) if late else day


def _totals(call: Call, site: Site, day: date) -> DayTotals | None:
    computed = site.savings.computed
    if call.query["do_compute"] == "true":
        computed[day] = day_totals(site, day)
    return computed.get(day)


def _data(totals: DayTotals) -> Json:
    day = totals.day.isoformat()
    return {
        "startDate": day,
        "endDate": day,
        "energy": {"imported": round(totals.imported_wh), "exported": round(totals.exported_wh)},
        "monetary": {"imported": _money(totals.import_cost), "exported": _money(totals.export_earning)},
    }


def _money(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 3)


ROUTES = (
    Route(
        method="GET",
        template="/service/savings/systems/{site}/savings",
        family=Family.SAVINGS,
        handler=_savings,
    ),
)
