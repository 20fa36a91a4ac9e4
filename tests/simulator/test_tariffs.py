"""Import tariffs, dated export rates, currency and billing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from simulator import TARIFFS, Family, Simulator, Tariff, World, faults
from simulator.tariffs import DatedRates
from simulator.wire import Json

from .browser import pick
from .services_browser import BILLING, CURRENCY, TARIFF, ServicesBrowser, dated_rates

VIENNA = ZoneInfo("Europe/Vienna")
TODAY = "2026-11-10"
BRANCHES = ("purchase", "buyback")
DAYS = ("seasons", 0, "days", 0)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(VIENNA)
)


def rates(tariff: Tariff, *clock_times: str, day: str = TODAY) -> list[float | None]:
    """Return what a kWh costs at some times of a day."""
    return [tariff.import_rate(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=VIENNA)) for time in clock_times]


def pick_list(data: Json) -> list[Json]:
    assert isinstance(data, list)
    return data


async def test_a_flat_tariff_has_one_rate_for_the_whole_day(services: ServicesBrowser) -> None:
    tariff = await services.tariffs(TARIFF)

    assert [tariff.at(name) for name in ("site_id", "currency", "country", "nemVersion")] == [4410287, "€", "AT", ""]
    assert tariff.at("purchase", "typeId") == "flat"
    assert tariff.at("purchase", "seasons") == [
        {
            "id": "default",
            "startMonth": "1",
            "endMonth": "12",
            "days": [
                {
                    "id": "week",
                    "days": [1, 2, 3, 4, 5, 6, 7],
                    "updatedValue": "",
                    "periods": [
                        {
                            "id": "off-peak",
                            "type": "off-peak",
                            "startTime": "",
                            "endTime": "",
                            "rate": "0.2710",
                            "rateComponents": [],
                        }
                    ],
                }
            ],
        }
    ]
    assert (tariff.at("buyback", "exportPlan"), tariff.at("buyback", *DAYS, "periods", 0, "rate")) == (
        "netFit",
        "0.0820",
    )


async def test_automatic_time_of_use_lists_the_fallback_first_and_ends_inclusively(
    services: ServicesBrowser, world: World
) -> None:
    """Trap 17 and 18: the row for the rest of the day stands first, and ends name the last minute."""
    world.site.tariff = TARIFFS["time-of-use"]

    tariff = await services.tariffs(TARIFF)

    periods = tariff.at("purchase", *DAYS, "periods")
    assert isinstance(periods, list)
    described = [tuple(pick(row, name) for name in ("id", "type", "startTime", "endTime", "rate")) for row in periods]
    assert described == [
        ("off-peak", "off-peak", "", "", "0.2710"),
        ("period-0", "mid-peak", "900", "959", "0.3799"),
        ("period-1", "peak", "960", "1259", "0.4935"),
        ("period-2", "mid-peak", "1260", "1439", "0.3799"),
    ]
    assert pick(periods, 0, "rateComponents") == [{"Generation": 0.1102}, {"Delivery": 0.1648}, {"Credit": -0.004}]
    assert (tariff.at("purchase", "source"), tariff.at("buyback", "exportPlan")) == ("autofill", "nem")
    assert tariff.at("purchase", "utilityDetails", "utilityName") == "Bay Power & Light"


async def test_one_of_two_seasons_wraps_the_year(services: ServicesBrowser, world: World) -> None:
    world.site.tariff = TARIFFS["time-of-use"]

    seasons = (await services.tariffs(TARIFF)).at("purchase", "seasons")

    assert isinstance(seasons, list)
    named = [tuple(pick(season, name) for name in ("id", "startMonth", "endMonth")) for season in seasons]
    assert named == [("summer", "6", "9"), ("winter", "10", "5")]


async def test_manual_ends_are_exclusive_numbers(services: ServicesBrowser, world: World) -> None:
    """Trap 18: the same moment is written in two ways."""
    world.site.tariff = TARIFFS["weekends"]

    groups = (await services.tariffs(TARIFF)).at("purchase", "seasons", 0, "days")

    assert [(pick(group, "id"), pick(group, "days")) for group in pick_list(groups)] == [
        ("weekdays", [1, 2, 3, 4, 5]),
        ("weekend", [6, 7]),
    ]
    ends = [[pick(row, "endTime") for row in pick_list(pick(group, "periods"))] for group in pick_list(groups)]
    assert ends == [["", 1020, 1260], ["", 1440]]


async def test_tiers_have_a_base_rate_and_an_open_end(services: ServicesBrowser, world: World) -> None:
    world.site.tariff = TARIFFS["tiered"]

    season = (await services.tariffs(TARIFF)).at("purchase", "seasons", 0)

    assert pick(season, "offPeak") == "0.2980"
    assert [(pick(tier, "startValue"), pick(tier, "endValue")) for tier in pick_list(pick(season, "tiers"))] == [
        (0, 300),
        (300, 900),
        (900, -1),
    ]


async def test_export_under_nem3_has_no_seasons_but_dated_rates(services: ServicesBrowser, world: World) -> None:
    """Trap 19: these rates exist by date only."""
    world.site.tariff = TARIFFS["nem3"]

    tariff, dated = await services.tariffs(TARIFF), await services.tariffs(dated_rates(TODAY))

    assert (tariff.at("nemVersion"), tariff.at("buyback", "seasons")) == ("NEM3", [])
    rows = pick_list(dated.at("data", "buyback"))
    assert [(pick(row, "start"), pick(row, "end")) for row in rows] == [(h * 60, h * 60 + 59) for h in range(24)]
    assert all(isinstance(pick(row, "rate"), float) for row in rows)
    assert [dated.at("type"), dated.at("data", "timezone"), dated.at("data", "siteDetails", "exportPlanType")] == [
        "tariff-rates",
        "Europe/Vienna",
        "NEM3",
    ]


async def test_dated_rates_change_from_day_to_day_and_stay_for_a_day(services: ServicesBrowser, world: World) -> None:
    world.site.tariff = TARIFFS["nem3"]

    days = (TODAY, TODAY, "2026-11-11")
    today, again, tomorrow = [(await services.tariffs(dated_rates(day))).at("data", "buyback") for day in days]

    assert today == again
    assert today != tomorrow


async def test_dated_rates_need_not_be_hourly(services: ServicesBrowser, world: World) -> None:
    quarters = DatedRates(rate=lambda _day, minute: minute / 10_000, step=15)
    world.site.tariff = replace(TARIFFS["nem3"], dated=quarters)

    rows = (await services.tariffs(dated_rates(TODAY))).at("data", "buyback")

    assert pick(rows, 95) == {"start": 1425, "end": 1439, "rate": 0.1425}


async def test_without_nem3_dated_rates_list_nothing(services: ServicesBrowser) -> None:
    assert (await services.tariffs(dated_rates(TODAY))).at("data", "buyback") == []


async def test_no_tariff_is_no_error(services: ServicesBrowser, world: World) -> None:
    world.site.tariff = TARIFFS["none"]

    tariff = await services.tariffs(TARIFF)

    assert tariff.status == 200
    assert isinstance(tariff.json, dict)
    assert not set(BRANCHES) & set(tariff.json)
    assert (await services.tariffs(BILLING)).status == 404
    assert (await services.browser.get(CURRENCY)).at("currency_conversion", "show_currency_conversion") is False


async def test_site_details_come_only_when_they_are_asked_for(services: ServicesBrowser) -> None:
    bare = (await services.tariffs(TARIFF.partition("?")[0])).json

    assert isinstance(bare, Mapping)
    assert "country" not in bare
    assert "purchase" in bare


@pytest.mark.parametrize(
    ("name", "unit", "symbol", "value"), [("flat", "EUR", "€", "0.27"), ("nem3", "USD", "$", "0.24")]
)
async def test_the_currency_has_a_code(
    services: ServicesBrowser, world: World, name: str, unit: str, symbol: str, value: str
) -> None:
    """Trap 20: only here is it more than a symbol."""
    world.site.tariff = TARIFFS[name]

    assert (await services.browser.get(CURRENCY)).at("currency_conversion") == {
        "value_per_kwh": value,
        "currency_unit": unit,
        "currency_symbol": symbol,
        "show_currency_conversion": True,
    }


async def test_bills_come_by_the_month(services: ServicesBrowser) -> None:
    billing = await services.tariffs(BILLING)

    assert [billing.at(name) for name in ("billingFrequency", "billingIntervalValue")] == ["MONTH", 1]


@pytest.mark.parametrize("path", [TARIFF, BILLING, dated_rates(TODAY)])
@pytest.mark.parametrize(("header", "status"), [("e-auth-token", 401), ("Username", 400), ("Requestid", 400)])
async def test_the_tariff_service_wants_its_own_headers(
    services: ServicesBrowser, path: str, header: str, status: int
) -> None:
    assert (await services.tariffs(path, without=header)).status == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("Username", "1", 403), ("Requestid", "7", 400), ("e-auth-token", "null", 401), ("e-auth-token", "gone", 401)],
)
async def test_the_tariff_service_looks_at_what_headers_say(
    services: ServicesBrowser, header: str, value: str, status: int
) -> None:
    assert (await services.tariffs(TARIFF, **{header: value})).status == status


@pytest.mark.parametrize(
    "path",
    [
        dated_rates("10-11-2026"),
        dated_rates("20261110"),
        dated_rates(""),
        dated_rates(TODAY, kind="PURCHASE"),
        dated_rates(TODAY).removesuffix("&includeUtility="),
        dated_rates(TODAY).replace("date=", "day="),
        TARIFF.replace("4410287", "Lark%20Street"),
    ],
)
async def test_wrong_parameters_are_refused(services: ServicesBrowser, path: str) -> None:
    """Trap 59: a wrong name or format is answered 400."""
    assert (await services.tariffs(path)).status == 400


@pytest.mark.parametrize(
    ("family", "path"),
    [
        (Family.TARIFF, TARIFF),
        (Family.DATED_RATES, dated_rates(TODAY)),
        (Family.BILLING, BILLING),
        (Family.CURRENCY, CURRENCY),
    ],
)
async def test_every_part_fails_by_itself(
    services: ServicesBrowser, simulator: Simulator, family: Family, path: str
) -> None:
    simulator.faults.add(faults.status_code(503), family)
    paths = (TARIFF, dated_rates(TODAY), BILLING, CURRENCY)

    answers = {other: (await services.tariffs(other)).status for other in paths}

    assert answers == {**dict.fromkeys(paths, 200), path: 503}


def test_the_price_of_a_moment_follows_period_weekday_and_season() -> None:
    seasonal, weekends = TARIFFS["time-of-use"], TARIFFS["weekends"]

    assert rates(seasonal, "14:59", "15:00", "16:00", "20:59", "21:00", "23:59") == [
        0.2380,
        0.3438,
        0.4120,
        0.4120,
        0.3438,
        0.3438,
    ]
    assert rates(seasonal, "12:00", "16:00", day="2026-09-30") == [0.2710, 0.4935]
    assert rates(seasonal, "16:00", day="2026-10-01") == rates(seasonal, "16:00", day="2026-05-31") == [0.4120]
    assert rates(weekends, "05:59", "06:00", "17:00", "21:00") == [0.1890, 0.2640, 0.3480, 0.1890]
    assert rates(weekends, "09:59", "17:00", "23:59", day="2026-11-14") == [0.1890, 0.2640, 0.2640]
    assert rates(TARIFFS["tiered"], "12:00") == [0.2980]
    assert rates(TARIFFS["none"], "12:00") == [None]


@given(moment=MOMENTS)
@pytest.mark.parametrize("name", [name for name in TARIFFS if name != "none"])
def test_every_moment_has_a_price_in_both_directions(name: str, moment: datetime) -> None:
    tariff = TARIFFS[name]

    assert tariff.import_rate(moment) is not None
    assert tariff.export_rate(moment) is not None


@given(day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_the_dated_rate_holds_for_its_whole_hour(day: date, hour: int, minute: int) -> None:
    nem3 = TARIFFS["nem3"]
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIENNA)

    assert nem3.export_rate(moment) == nem3.export_rate(moment.replace(minute=0))
