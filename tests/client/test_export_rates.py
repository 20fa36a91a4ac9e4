"""Export rates by date, and the currency of a site."""

from datetime import date, timedelta

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    Currency,
    DatedRates,
    EnlightenClient,
    InvalidResponse,
    NotSupported,
    ServiceUnavailable,
)
from custom_components.enphase_cloud_things.enlighten.models.tariffs import DatedRate
from simulator import Family, Simulator, World, faults
from simulator.ready_tariffs import FLAT, NEM3, NONE
from simulator.tariffs import Tariff
from simulator.wire import Json

from .conftest import SITE
from .optional_reads import TODAY


def reply(*rates: Json, **fields: Json) -> Json:
    return {"type": "tariff-rates", "data": {"buyback": list(rates), **fields}}


GOOD_RATE: Json = {"start": 0, "end": 59, "rate": 0.0581}


async def test_the_rates_of_one_day_are_asked_for_by_its_date(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 59: dates are ISO here, and empty parameters belong to the request."""
    await client.monetary.export_rates(SITE, date(2026, 3, 9))

    request = simulator.requests.last(Family.DATED_RATES)
    assert (request.method, request.path) == ("GET", f"/service/tariff/tariff-ms/systems/{SITE}/tariffs")
    assert request.query == {"rateType": "BUYBACK", "date": "2026-03-09", "includeUtility": ""}
    assert request.headers["e-auth-token"] == client.session.credentials.manager_token
    assert request.headers["username"] == client.session.user_id


async def test_each_day_has_rates_of_its_own_in_half_open_intervals(client: EnlightenClient, world: World) -> None:
    """Traps 18 and 19: ends are inclusive here, and tomorrow's rates are not today's."""
    world.site.tariff = NEM3

    today = await client.monetary.export_rates(SITE, TODAY)
    tomorrow = await client.monetary.export_rates(SITE, TODAY + timedelta(days=1))

    assert (today.day, tomorrow.day) == (TODAY, TODAY + timedelta(days=1))
    assert [(rate.start, rate.end) for rate in today.rates] == [(60 * hour, 60 * hour + 60) for hour in range(24)]
    dated = NEM3.dated
    assert dated is not None
    assert [rate.rate for rate in today.rates] == [dated.rate(TODAY, 60 * hour) for hour in range(24)]
    assert [rate.rate for rate in today.rates] != [rate.rate for rate in tomorrow.rates]
    assert (today.currency_symbol, today.time_zone) == ("$", "Europe/Vienna")


async def test_a_site_whose_tariff_has_export_seasons_has_no_dated_rates(client: EnlightenClient, world: World) -> None:
    world.site.tariff = FLAT

    rates = await client.monetary.export_rates(SITE, TODAY)

    assert rates == DatedRates(day=TODAY, rates=(), currency_symbol="€", time_zone="Europe/Vienna")


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ({"start": 0, "end": 59, "rate": 0.0581}, DatedRate(start=0, end=60, rate=0.0581)),
        ({"start": "1380", "end": "1439", "rate": "0.07"}, DatedRate(start=1380, end=1440, rate=0.07)),
        ({"start": 15, "end": 29, "rate": -0.02}, DatedRate(start=15, end=30, rate=-0.02)),
        ({"start": 960, "end": 1260, "rate": None}, DatedRate(start=960, end=1260, rate=None)),
        ({"start": 0, "end": 1439}, DatedRate(start=0, end=1440, rate=None)),
    ],
    ids=repr,
)
async def test_a_rate_is_read_in_any_spelling(
    client: EnlightenClient, simulator: Simulator, rate: Json, expected: DatedRate
) -> None:
    simulator.faults.add(faults.payload(reply(rate)), Family.DATED_RATES)

    assert (await client.monetary.export_rates(SITE, TODAY)).rates == (expected,)


@pytest.mark.parametrize(
    "rate",
    [
        {},
        {"rate": 0.05},
        {"start": "", "end": "", "rate": 1},
        {"start": 0, "end": 1500},
        {"start": "x", "end": 59},
        None,
    ],
    ids=repr,
)
async def test_a_rate_without_readable_minutes_costs_only_itself(
    client: EnlightenClient, simulator: Simulator, rate: Json
) -> None:
    simulator.faults.add(faults.payload(reply(rate, GOOD_RATE)), Family.DATED_RATES)

    assert (await client.monetary.export_rates(SITE, TODAY)).rates == (DatedRate(start=0, end=60, rate=0.0581),)


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"buyback": None}},
        {"data": {"buyback": {"start": 0, "end": 59, "rate": 0.05}}},
        reply({"rate": 0.05}, None),
    ],
    ids=repr,
)
async def test_a_reply_without_usable_rates_does_not_pass_for_a_day_without_any(
    client: EnlightenClient, simulator: Simulator, body: Json
) -> None:
    """Trap 19: good rates must not be lost to a reply that says nothing."""
    simulator.faults.add(faults.payload(body), Family.DATED_RATES)

    with pytest.raises(InvalidResponse) as caught:
        await client.monetary.export_rates(SITE, TODAY)

    assert caught.value.path == "export_rates.data.buyback"


async def test_zone_and_currency_may_stand_among_the_details_of_the_site(
    client: EnlightenClient, simulator: Simulator
) -> None:
    details: Json = {"currency": "$", "timezone": "America/Los_Angeles"}
    simulator.faults.add(faults.payload(reply(GOOD_RATE, siteDetails=details)), Family.DATED_RATES)

    rates = await client.monetary.export_rates(SITE, TODAY)

    assert (rates.currency_symbol, rates.time_zone) == ("$", "America/Los_Angeles")


async def test_a_new_day_can_be_asked_for_although_the_last_one_failed(
    client: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.site.tariff = NEM3
    simulator.faults.add(faults.status_code(404), Family.DATED_RATES, times=1)
    with pytest.raises(NotSupported):
        await client.monetary.export_rates(SITE, TODAY)
    with pytest.raises(ServiceUnavailable):
        await client.monetary.export_rates(SITE, TODAY + timedelta(days=1))

    rates = await client.monetary.export_rates(SITE, TODAY + timedelta(days=1), fresh=True)

    assert len(rates.rates) == 24
    assert simulator.requests.count(Family.DATED_RATES) == 2


# Currency


async def test_the_currency_is_asked_for_as_the_app_asks_for_it(client: EnlightenClient, simulator: Simulator) -> None:
    await client.monetary.currency(SITE)

    request = simulator.requests.last(Family.CURRENCY)
    assert (request.method, request.path) == ("GET", f"/app-api/{SITE}/get_currency_conversion.json")
    assert request.query == {}
    assert request.headers["accept"] == "*/*"
    assert request.headers["referer"].startswith(f"{simulator.enlighten_url}/web/{SITE}/history/graph/years")
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("tariff", "expected"),
    [(NEM3, Currency(code="USD", symbol="$")), (NONE, Currency(code="EUR", symbol="€"))],
    ids=["nem3", "none"],
)
async def test_the_currency_has_a_code_where_its_symbol_is_ambiguous(
    client: EnlightenClient, world: World, tariff: Tariff, expected: Currency
) -> None:
    """Trap 20: a dollar sign stands for several currencies."""
    world.site.tariff = tariff

    assert await client.monetary.currency(SITE) == expected


@pytest.mark.parametrize(
    ("conversion", "expected"),
    [
        ({"currency_unit": "aud", "currency_symbol": "$"}, Currency(code="AUD", symbol="$")),
        ({"currency_unit": " EUR "}, Currency(code="EUR")),
        ({"currency_unit": "€", "currency_symbol": "€"}, Currency(symbol="€")),
        ({"currency_unit": "EURO"}, Currency()),
        ({"currency_unit": 978}, Currency()),
        ({"currency_unit": None, "currency_symbol": ""}, Currency()),
        ({}, Currency()),
        (None, Currency()),
    ],
    ids=repr,
)
async def test_a_code_is_three_letters_or_none(
    client: EnlightenClient, simulator: Simulator, conversion: Json, expected: Currency
) -> None:
    simulator.faults.add(faults.payload({"currency_conversion": conversion}), Family.CURRENCY)

    assert await client.monetary.currency(SITE) == expected


@pytest.mark.parametrize("body", [{}, None, [], {"data": {"currency_unit": "EUR"}}], ids=repr)
async def test_a_reply_without_a_currency_does_not_change_the_unit(
    client: EnlightenClient, simulator: Simulator, body: Json
) -> None:
    """Trap 20: a unit must not flip because the cloud had nothing to say."""
    simulator.faults.add(faults.payload(body), Family.CURRENCY)

    with pytest.raises(InvalidResponse):
        await client.monetary.currency(SITE)
