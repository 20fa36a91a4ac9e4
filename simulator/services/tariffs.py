"""The tariff service: import tariff, dated export rates, currency and billing (docs/api.md §9.5, §9.6)."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus

from simulator.families import Family
from simulator.header_policy import tariff_headers
from simulator.reply import Reply, json_reply
from simulator.routing import Call, Route
from simulator.site import Site
from simulator.tariffs import DAY_MINUTES, Branch, DatedRates, DayGroup, Period, Season, Source, Spelling, Tariff, Tier
from simulator.vpp import hex_id
from simulator.wire import Json, utc_nanoseconds

_OPEN_END = -1
_DAY_NAMES = ("", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INSTALLED = "2025-03-09"
_BILLING_STARTED = "2026-01-18"


def _tariff(call: Call) -> Reply:
    site = call.site
    tariff = site.tariff
    reply: dict[str, Json] = {"site_id": int(site.site_id), "currency": tariff.currency_symbol}
    if tariff.purchase is not None:
        reply["purchase"] = _branch(tariff.purchase)
    if tariff.buyback is not None:
        reply["buyback"] = {**_branch(tariff.buyback), **_export_fields(tariff.buyback)}
    reply["nemVersion"] = tariff.net_metering
    if call.query.get("include-site-details") == "true":
        reply |= _site_details(tariff)
    return json_reply(reply)


def _site_details(tariff: Tariff) -> Mapping[str, Json]:
    return {
        "country": tariff.country,
        "zipcode": tariff.zip_code,
        "installDate": _INSTALLED,
        "chargeFromGrid": False,
        "chargeBeginTime": 120,
        "chargeEndTime": 300,
        "hasAcb": False,
        "showBatteryConfig": True,
        "hideChargeFromGrid": False,
        "supports_mqtt": True,
        "calibrationProgress": False,
        "showDTQuestion": False,
        "dtCustomChargeEnabled": False,
    }


def _branch(branch: Branch) -> dict[str, Json]:
    row: dict[str, Json] = {
        "typeKind": branch.division,
        "typeId": branch.structure,
        "source": branch.source.value,
        "hasNetMetering": branch.export_plan == "nem",
        "seasons": [_season(season, branch) for season in branch.seasons],
    }
    if branch.utility is not None:
        row["utilityDetails"] = _utility(branch.utility)
    return row


def _utility(name: str) -> Json:
    return {
        "utilityId": 2417,
        "utilityName": name,
        "tariffCodeId": 91833,
        "masterTariffCodeId": 77120,
        "tariffName": "Home charging, time of use",
        "isAccAdderApplicable": False,
        "accPlusAdder": {},
        "accApplicableYears": None,
        "accCustomerType": None,
        "accPlusAdderValue": None,
    }


def _export_fields(branch: Branch) -> Mapping[str, Json]:
    return {"exportPlan": branch.export_plan, "metaTariffId": hex_id("meta tariff"), "lastExportDate": None}


def _season(season: Season, branch: Branch) -> Json:
    row: dict[str, Json] = {"id": season.name}
    if branch.spelling is not Spelling.NO_MONTHS:
        row |= {"startMonth": str(season.start_month), "endMonth": str(season.end_month)}
    if season.tiers:
        row["tiers"] = [_tier(number, tier) for number, tier in enumerate(season.tiers, 1)]
    if season.base_rate is not None:
        row["offPeak"] = _rate(season.base_rate)
    if season.groups:
        row["days"] = [_group(group, branch) for group in season.groups]
    return row


def _tier(number: int, tier: Tier) -> Json:
    end = _OPEN_END if tier.end is None else tier.end
    return {"id": f"tier-{number}", "rate": _rate(tier.rate), "startValue": tier.start, "endValue": end}


def _group(group: DayGroup, branch: Branch) -> Json:
    timed = [period for period in group.periods if period.start is not None]
    periods: list[Json] = [_period(period, timed, branch) for period in group.periods]
    named = branch.spelling is Spelling.DAY_NAMES
    days: list[Json] = [_DAY_NAMES[day] if named else day for day in group.days]
    return {"id": group.name, "days": days, "updatedValue": "", "periods": periods}


def _period(period: Period, timed: list[Period], branch: Branch) -> Json:
    start: Json = ""
    end: Json = ""
    name = period.kind
    if period.start is not None and period.end is not None:
        last = period.end - 1 if branch.source is Source.AUTOFILL else period.end
        start, end = _minute(period.start, branch.spelling), _minute(last, branch.spelling)
        name = f"period-{timed.index(period)}"
    components: list[Json] = [{part: rate} for part, rate in period.components]
    return {
        "id": name,
        "type": period.kind,
        "startTime": start,
        "endTime": end,
        "rate": _rate(period.rate),
        "rateComponents": components,
    }


def _minute(minute: int, spelling: Spelling) -> Json:
    match spelling:
        case Spelling.NUMBERS:
            return minute
        case Spelling.CLOCK:
            return f"{minute // 60:02d}:{minute % 60:02d}"
        case _:
            return str(minute)


def _rate(rate: float) -> str:
    return f"{rate:.4f}"


def _dated_rates(call: Call) -> Reply:
    site = call.site
    if call.query.get("rateType") != "BUYBACK":
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Invalid rateType")
    if "includeUtility" not in call.query:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Required request parameter 'includeUtility' is not present")
    day = day_of(call)
    tariff = site.tariff
    data: dict[str, Json] = {
        "tariff-version-id": hex_id(f"version of {tariff.name}"),
        "tariff-type": "static",
        "currency": tariff.currency_symbol,
        "timezone": site.time_zone.key,
        "siteDetails": _dated_details(site),
        "buyback": _rows(tariff.dated, day) if tariff.dated else [],
    }
    return json_reply({"type": "tariff-rates", "timestamp": utc_nanoseconds(call.now), "data": data})


def _dated_details(site: Site) -> Json:
    tariff = site.tariff
    return {
        "currency": tariff.currency_symbol,
        "timezone": site.time_zone.key,
        "importPlanType": tariff.purchase.structure if tariff.purchase else None,
        "exportPlanType": tariff.net_metering or (tariff.buyback.export_plan if tariff.buyback else None),
        "exportApplicabilityYear": None,
        "interconnectionApplicationDate": None,
        "installDate": _INSTALLED,
        "lastExportDate": None,
    }


def _rows(dated: DatedRates, day: date) -> list[Json]:
    starts = range(0, DAY_MINUTES, dated.step)
    return [{"start": start, "end": start + dated.step - 1, "rate": dated.rate(day, start)} for start in starts]


def day_of(call: Call) -> date:
    """Return the ``date`` of a query, refusing all but YYYY-MM-DD."""
    text = call.query.get("date", "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise call.refusal(HTTPStatus.BAD_REQUEST, "Required request parameter 'date' must be YYYY-MM-DD")
    return day


def _currency(call: Call) -> Reply:
    tariff = call.site.tariff
    new_year = call.site.local(call.now).replace(month=1, day=1, hour=0, minute=0)
    rate = tariff.import_rate(new_year)
    conversion: Json = {
        "value_per_kwh": "" if rate is None else f"{rate:.2f}",
        "currency_unit": tariff.currency_code,
        "currency_symbol": tariff.currency_symbol,
        "show_currency_conversion": rate is not None,
    }
    return json_reply({"currency_conversion": conversion})


def _billing(call: Call) -> Reply:
    site = call.site
    if site.tariff.purchase is None:
        raise call.refusal(HTTPStatus.NOT_FOUND, "Billing details not found")
    return json_reply(
        {
            "id": hex_id(f"billing of {site.site_id}"),
            "billingFrequency": "MONTH",
            "anyBillPeriodStartDate": _BILLING_STARTED,
            "billingIntervalValue": 1,
        }
    )


_SERVICE = "/service/tariff/tariff-ms/systems/{site}"

ROUTES = (
    Route(
        method="GET",
        template=f"{_SERVICE}/tariff",
        family=Family.TARIFF,
        handler=tariff_headers(_tariff),
    ),
    Route(
        method="GET",
        template=f"{_SERVICE}/tariffs",
        family=Family.DATED_RATES,
        handler=tariff_headers(_dated_rates),
    ),
    Route(
        method="GET",
        template=f"{_SERVICE}/billing-details",
        family=Family.BILLING,
        handler=tariff_headers(_billing),
    ),
    Route(
        method="GET",
        template="/app-api/{site}/get_currency_conversion.json",
        family=Family.CURRENCY,
        handler=_currency,
    ),
)
