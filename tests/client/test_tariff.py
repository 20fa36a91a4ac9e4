"""Tariffs: every structure and spelling that the cloud is known for, as half-open intervals."""

import pytest

from custom_components.enphase_cloud_things.enlighten import EnlightenClient, InvalidResponse, Tariff
from custom_components.enphase_cloud_things.enlighten.models.tariffs import (
    DayGroup,
    Period,
    RateComponent,
    Season,
    TariffBranch,
    TariffStructure,
    Tier,
)
from simulator import Family, Simulator, World, faults
from simulator.ready_tariffs import FLAT, NEM3, NONE, TIERED, TIME_OF_USE, WEEKENDS
from simulator.wire import Json

from .conftest import SITE


async def purchase_of(client: EnlightenClient) -> TariffBranch:
    branch = (await client.monetary.tariff(SITE)).purchase
    assert branch is not None
    return branch


def with_seasons(*seasons: Json) -> Json:
    return {"site_id": 4410287, "purchase": {"typeId": "tou", "seasons": list(seasons)}}


def with_periods(*periods: Json) -> Json:
    return with_seasons({"id": "default", "days": [{"id": "week", "periods": list(periods)}]})


async def season_of(client: EnlightenClient, simulator: Simulator, tariff: Json) -> Season:
    """Read the only season of a tariff."""
    simulator.faults.add(faults.payload(tariff), Family.TARIFF)
    (season,) = (await purchase_of(client)).seasons
    return season


async def periods_of(client: EnlightenClient, simulator: Simulator, *periods: Json) -> tuple[Period, ...]:
    (group,) = (await season_of(client, simulator, with_periods(*periods))).day_groups
    return group.periods


# Request


async def test_the_tariff_is_asked_for_as_the_page_asks_for_it(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 59, for tariffs."""
    await client.monetary.tariff(SITE)

    request = simulator.requests.last(Family.TARIFF)
    credentials = client.session.credentials
    assert (request.method, request.path) == ("GET", f"/service/tariff/tariff-ms/systems/{SITE}/tariff")
    assert request.query == {"include-site-details": "true"}
    assert request.headers["accept"] == "application/json, text/javascript, */*; q=0.01"
    assert request.headers["e-auth-token"] == credentials.manager_token
    assert request.headers["username"] == credentials.user_id
    assert len(request.headers["requestid"]) == 36
    assert "cookie" in request.headers
    assert "authorization" not in request.headers


async def test_every_request_has_an_id_of_its_own(client: EnlightenClient, simulator: Simulator) -> None:
    for _ in range(3):
        await client.monetary.tariff(SITE)

    assert len({request.headers["requestid"] for request in simulator.requests.of(Family.TARIFF)}) == 3


# Structures


async def test_a_flat_tariff_is_one_fallback_period(client: EnlightenClient, world: World) -> None:
    world.site.tariff = FLAT

    def branch(rate: float) -> TariffBranch:
        group = DayGroup(periods=(Period(rate=rate, kind="off-peak"),))
        return TariffBranch(structure=TariffStructure.FLAT, seasons=(Season(day_groups=(group,)),))

    assert await client.monetary.tariff(SITE) == Tariff(
        purchase=branch(0.271), buyback=branch(0.082), currency_symbol="€", country="AT"
    )


async def test_a_tariff_that_was_filled_in_ends_its_periods_inclusively(client: EnlightenClient, world: World) -> None:
    """Traps 17 and 18: the fallback comes first, and a period ends at 1259 where it ends at 1260."""
    world.site.tariff = TIME_OF_USE

    branch = await purchase_of(client)

    assert branch.structure == TariffStructure.TIME_OF_USE
    assert [(s.start_month, s.end_month) for s in branch.seasons] == [(6, 9), (10, 5)]
    (group,) = branch.seasons[1].day_groups
    assert group.days == frozenset(range(1, 8))
    assert [(p.kind, p.start, p.end, p.rate) for p in group.periods] == [
        ("off-peak", None, None, 0.238),
        ("mid-peak", 900, 960, 0.3438),
        ("peak", 960, 1260, 0.412),
        ("mid-peak", 1260, 1440, 0.3438),
    ]
    assert group.periods[0].components == (
        RateComponent(name="Generation", rate=0.0772),
        RateComponent(name="Delivery", rate=0.1648),
        RateComponent(name="Credit", rate=-0.004),
    )


async def test_a_tariff_typed_by_hand_ends_its_periods_exclusively(client: EnlightenClient, world: World) -> None:
    world.site.tariff = WEEKENDS

    (season,) = (await purchase_of(client)).seasons

    assert [(sorted(g.days), [(p.start, p.end) for p in g.periods]) for g in season.day_groups] == [
        ([1, 2, 3, 4, 5], [(None, None), (360, 1020), (1020, 1260)]),
        ([6, 7], [(None, None), (600, 1440)]),
    ]


async def test_a_tiered_tariff_has_a_base_rate_and_an_open_end(client: EnlightenClient, world: World) -> None:
    world.site.tariff = TIERED

    branch = await purchase_of(client)

    assert branch.structure == TariffStructure.TIERED
    assert branch.seasons == (
        Season(
            tiers=(
                Tier(rate=0.298, start=0, end=300),
                Tier(rate=0.361, start=300, end=900),
                Tier(rate=0.442, start=900, end=None),
            ),
            base_rate=0.298,
        ),
    )


async def test_an_export_tariff_may_have_no_seasons(client: EnlightenClient, world: World) -> None:
    """Trap 19: such sites have their export rates by date only."""
    world.site.tariff = NEM3

    tariff = await client.monetary.tariff(SITE)

    assert tariff.buyback == TariffBranch(structure="tou", seasons=())


async def test_a_site_without_a_tariff_is_no_error(client: EnlightenClient, world: World) -> None:
    world.site.tariff = NONE

    assert await client.monetary.tariff(SITE) == Tariff(currency_symbol="€", country="AT")


@pytest.mark.parametrize("branch", [None, {}, [], "manual"], ids=repr)
async def test_an_empty_branch_is_none(client: EnlightenClient, simulator: Simulator, branch: Json) -> None:
    simulator.faults.add(faults.payload({"site_id": 4410287, "purchase": branch, "buyback": branch}), Family.TARIFF)

    assert await client.monetary.tariff(SITE) == Tariff()


@pytest.mark.parametrize("reply", [{}, [], None, {"meta": {}, "data": None}, ["tariff"], 17], ids=repr)
async def test_a_reply_that_is_no_tariff_does_not_pass_for_an_unconfigured_one(
    client: EnlightenClient, simulator: Simulator, reply: Json
) -> None:
    simulator.faults.add(faults.payload(reply), Family.TARIFF)

    with pytest.raises(InvalidResponse):
        await client.monetary.tariff(SITE)


# Periods


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("", "", (None, None)),
        (None, None, (None, None)),
        ("0", "1439", (0, 1440)),
        (0, 1440, (0, 1440)),
        ("0", "959", (0, 960)),
        (" 960 ", "1260", (960, 1260)),
        (960.0, "1259.0", (960, 1260)),
        ("1320", "359", (1320, 360)),
        ("1320", 360, (1320, 360)),
        ("1320", 0, (1320, 1440)),
        ("1020", "", (1020, 1440)),
        ("", "479", (0, 480)),
        (1440, 300, (0, 300)),
    ],
)
async def test_minutes_are_half_open_however_they_are_spelled(
    client: EnlightenClient,
    simulator: Simulator,
    *,
    start: Json,
    end: Json,
    expected: tuple[int | None, int | None],
) -> None:
    """Trap 18: with the wrong border, a minute has no price or two of them."""
    (period,) = await periods_of(client, simulator, {"startTime": start, "endTime": end, "rate": "0.2"})

    assert (period.start, period.end) == expected


@pytest.mark.parametrize(
    ("start", "end"), [("noon", "1260"), ("960", "later"), (-1, 300), (0, 1441), ("960.5", 1260), ([960], 1260)]
)
async def test_a_period_at_an_unreadable_time_is_no_fallback(
    client: EnlightenClient, simulator: Simulator, start: Json, end: Json
) -> None:
    good: Json = {"startTime": "", "endTime": "", "rate": "0.31"}

    periods = await periods_of(client, simulator, {"startTime": start, "endTime": end, "rate": "0.2"}, good)

    assert periods == (Period(rate=0.31),)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("0.2710", 0.271), (0.5, 0.5), ("-0.01", -0.01), (0, 0), ("", None), (None, None), (True, None)],
)
async def test_a_rate_is_text_or_a_number(
    client: EnlightenClient, simulator: Simulator, rate: Json, expected: float | None
) -> None:
    """Trap 61, for money."""
    (period,) = await periods_of(client, simulator, {"rate": rate})

    assert period.rate == expected


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([{"Generation": "0.11"}, {"Credit": -0.004}], (("Generation", 0.11), ("Credit", -0.004))),
        ([{"Generation": 0.11, "Delivery": 0.2}], (("Generation", 0.11), ("Delivery", 0.2))),
        ([{"Generation": None}, "Delivery", None, {}, {"Credit": 0}], (("Credit", 0.0),)),
        ([], ()),
        (None, ()),
        ("", ()),
        ({"Generation": 0.11}, ()),
    ],
    ids=repr,
)
async def test_the_parts_of_a_rate_are_read_one_by_one(
    client: EnlightenClient, simulator: Simulator, components: Json, expected: tuple[tuple[str, float], ...]
) -> None:
    (period,) = await periods_of(client, simulator, {"rate": "0.3", "rateComponents": components})

    assert tuple((component.name, component.rate) for component in period.components) == expected


# Days, months, tiers


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"id": "weekdays", "days": [1, 2]}, {1, 2}),
        ({"id": "week", "days": ["6", "7"]}, {6, 7}),
        ({"id": "weekdays"}, {1, 2, 3, 4, 5}),
        ({"id": "weekend", "days": []}, {6, 7}),
        ({"id": "week", "days": None}, {1, 2, 3, 4, 5, 6, 7}),
        ({"days": "all"}, set()),
        ({"id": "weekend", "days": [0, 8, "Mon", None]}, {1}),
        ({"id": "week", "days": [0, 3, 8]}, {3}),
    ],
    ids=repr,
)
async def test_weekdays_are_iso_numbers_or_follow_from_the_id(
    client: EnlightenClient, simulator: Simulator, group: Json, expected: set[int]
) -> None:
    season = await season_of(client, simulator, with_seasons({"id": "default", "days": [group]}))

    assert [group.days for group in season.day_groups] == [expected]


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ({"startMonth": "6", "endMonth": "9"}, (6, 9)),
        ({"startMonth": 10, "endMonth": 5}, (10, 5)),
        ({"startMonth": "", "endMonth": ""}, (1, 12)),
        ({}, (1, 12)),
    ],
    ids=repr,
)
async def test_a_season_without_months_is_the_whole_year(
    client: EnlightenClient, simulator: Simulator, months: dict[str, Json], expected: tuple[int, int]
) -> None:
    season = await season_of(client, simulator, with_seasons({"id": "default", **months}))

    assert (season.start_month, season.end_month) == expected


@pytest.mark.parametrize(
    "months", [{"startMonth": "June"}, {"endMonth": 13}, {"startMonth": 0, "endMonth": 5}, {"endMonth": [5]}], ids=repr
)
async def test_a_season_with_unreadable_months_costs_only_itself(
    client: EnlightenClient, simulator: Simulator, months: dict[str, Json]
) -> None:
    tariff = with_seasons({"id": "summer", **months}, {"id": "winter", "startMonth": "10", "endMonth": "5"}, "autumn")

    assert (await season_of(client, simulator, tariff)).start_month == 10


@pytest.mark.parametrize(
    ("end", "expected"), [(300, 300), ("900.5", 900.5), (-1, None), ("-1", None), (None, None)], ids=repr
)
async def test_the_last_tier_is_open(
    client: EnlightenClient, simulator: Simulator, end: Json, expected: float | None
) -> None:
    season = await season_of(
        client, simulator, with_seasons({"tiers": [{"id": 1, "rate": "0.3", "startValue": "0", "endValue": end}]})
    )

    assert season.tiers == (Tier(rate=0.3, start=0, end=expected),)


@pytest.mark.parametrize(
    ("wire", "expected"), [("tou", "tou"), ("TOU", "tou"), ("dynamic", "dynamic"), ("", None), (None, None)]
)
async def test_a_structure_that_nobody_knows_is_kept_as_text(
    client: EnlightenClient, simulator: Simulator, wire: Json, expected: str | None
) -> None:
    simulator.faults.add(faults.field_value("purchase.typeId", wire), Family.TARIFF)

    assert (await purchase_of(client)).structure == expected
