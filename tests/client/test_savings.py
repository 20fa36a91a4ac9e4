"""Savings: energy and money of a day at the site."""

from datetime import date, timedelta

import pytest

from custom_components.enphase_cloud_things.enlighten import EnlightenClient, InvalidResponse, NotSupported, Savings
from simulator import Family, ManualClock, Simulator, World, faults
from simulator.ready_tariffs import FLAT, NONE
from simulator.savings import WithoutTariff
from simulator.wire import Json

from .conftest import SITE
from .optional_reads import TODAY


def figures(*, day: Json = "2026-11-10", **fields: Json) -> Json:
    return {"type": "monetary-data", "data": {"startDate": day, "endDate": day, **fields}}


async def test_the_figures_of_a_day_are_asked_for_with_its_iso_date(
    client: EnlightenClient, simulator: Simulator
) -> None:
    """Trap 59, for savings."""
    await client.monetary.savings(SITE, date(2026, 3, 9))

    request = simulator.requests.last(Family.SAVINGS)
    assert (request.method, request.path) == ("GET", f"/service/savings/systems/{SITE}/savings")
    assert request.query == {"resolution": "DAY", "date": "2026-03-09", "do_compute": "true", "simulated": "false"}
    assert request.headers["accept"] == "application/json, text/plain, */*"
    assert request.headers["e-auth-token"] == client.session.credentials.access_token
    assert request.headers["referer"] == f"{simulator.enlighten_url}/pv/systems/{SITE}/summary"
    assert "authorization" not in request.headers


async def test_money_is_what_the_tariff_makes_of_the_energy(
    client: EnlightenClient, world: World, clock: ManualClock
) -> None:
    world.site.tariff = FLAT
    clock.tick(4 * 3600)

    savings = await client.monetary.savings(SITE, TODAY)

    assert savings is not None
    assert savings.day == TODAY
    assert savings.imported_amount is not None
    assert 0.1 * 0.271 < savings.imported_amount < 100 * 0.271
    assert savings.exported_amount is not None
    assert 0 <= savings.exported_amount < 100 * 0.082


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"energy": {"imported": 7310, "exported": 0}, "monetary": {"imported": 1.981, "exported": 0}},
            Savings(day=TODAY, imported_amount=1.981, exported_amount=0),
        ),
        (
            {"energy": {"imported": "120.5", "exported": ""}, "monetary": {"imported": "0.03", "exported": "-0.01"}},
            Savings(day=TODAY, imported_amount=0.03, exported_amount=-0.01),
        ),
        ({"energy": {"imported": -5, "exported": True}, "monetary": {"imported": "much"}}, Savings(day=TODAY)),
        ({"monetary": {"imported": 1.5}}, Savings(day=TODAY, imported_amount=1.5)),
        ({"energy": None, "monetary": None}, Savings(day=TODAY)),
        ({"energy": [], "monetary": 5}, Savings(day=TODAY)),
    ],
    ids=["numbers", "text", "nonsense", "one figure", "null", "other types"],
)
async def test_each_figure_is_known_or_not(
    client: EnlightenClient, simulator: Simulator, fields: dict[str, Json], expected: Savings
) -> None:
    simulator.faults.add(faults.payload(figures(**fields)), Family.SAVINGS)

    assert await client.monetary.savings(SITE, TODAY) == expected


async def test_the_figures_of_yesterday_are_not_taken_for_those_of_a_new_day(
    client: EnlightenClient, world: World, clock: ManualClock
) -> None:
    """Trap 24: for a while after midnight the cloud goes on with the old day."""
    world.site.savings.lag = timedelta(minutes=20)
    tomorrow = TODAY + timedelta(days=1)
    # It is eight o'clock at the site
    clock.tick(16 * 3600 + 60)
    await client.session.renew_without_password()

    assert await client.monetary.savings(SITE, tomorrow) is None

    clock.tick(20 * 60)
    savings = await client.monetary.savings(SITE, tomorrow)
    assert savings is not None
    assert savings.day == tomorrow


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": {}},
        {"data": {"energy": {"imported": 5}}},
        figures(day=""),
        figures(day="10-11-2026"),
        {"data": {"startDate": 20261110}},
    ],
    ids=repr,
)
async def test_figures_of_an_unknown_day_are_not_used(
    client: EnlightenClient, simulator: Simulator, body: Json
) -> None:
    simulator.faults.add(faults.payload(body), Family.SAVINGS)

    assert await client.monetary.savings(SITE, TODAY) is None


async def test_a_day_may_come_with_a_time(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.payload(figures(day="2026-11-10T00:00:00+01:00")), Family.SAVINGS)

    assert await client.monetary.savings(SITE, TODAY) == Savings(day=TODAY)


@pytest.mark.parametrize("data", [[], "none", 0], ids=repr)
async def test_figures_of_another_type_are_invalid(client: EnlightenClient, simulator: Simulator, data: Json) -> None:
    simulator.faults.add(faults.payload({"data": data}), Family.SAVINGS)

    with pytest.raises(InvalidResponse):
        await client.monetary.savings(SITE, TODAY)


async def test_a_site_without_a_tariff_has_no_amounts(client: EnlightenClient, world: World) -> None:
    world.site.tariff = NONE

    savings = await client.monetary.savings(SITE, TODAY)
    assert savings is not None
    assert savings.imported_amount is savings.exported_amount is None

    world.site.savings.without_tariff = WithoutTariff.NULL_DATA
    assert await client.monetary.savings(SITE, TODAY) is None

    world.site.savings.without_tariff = WithoutTariff.NOT_FOUND
    with pytest.raises(NotSupported):
        await client.monetary.savings(SITE, TODAY)
