"""Prices in the attributes of a sensor, in the shapes that price integrations publish. All figures are invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.enphase_cloud_things.plan.forecast import PricedInterval, read_forecast

from .price_lists import HOUR, MINUTE, VIENNA, prices_from

NOW = datetime(2026, 11, 28, 9, 20, tzinfo=UTC)
FIRST = datetime(2026, 11, 28, 9, tzinfo=UTC)


def local(hours: float) -> datetime:
    """Return so many hours after the first price, as the clock in Vienna shows it."""
    return (FIRST + hours * HOUR).astimezone(VIENNA)


def iso(hours: float) -> str:
    return local(hours).isoformat()


def read(attributes: dict[str, Any], unit: str | None = "EUR/kWh") -> tuple[PricedInterval, ...] | None:
    """Return the prices to six decimals."""
    prices = read_forecast(attributes, unit=unit, now=NOW, zone=VIENNA)
    return prices and tuple(replace(p, rate=None if p.rate is None else round(p.rate, 6)) for p in prices)


def expected(*rates: float | None, every: timedelta = HOUR) -> tuple[PricedInterval, ...]:
    return prices_from(FIRST, [None if rate is None else round(rate, 6) for rate in rates], every=every)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(
            {
                "raw_today": [{"start": local(0), "end": local(1), "value": 0.21}],
                "raw_tomorrow": [{"start": local(1), "end": local(2), "value": 0.18}],
                "tomorrow_valid": True,
            },
            id="Nord Pool",
        ),
        pytest.param(
            {
                "today": [{"startsAt": iso(0), "total": 0.21, "energy": 0.1, "tax": 0.11}],
                "tomorrow": [{"startsAt": iso(1), "total": 0.18, "energy": 0.1, "tax": 0.08}],
            },
            id="Tibber, as its service answers",
        ),
        pytest.param(
            {"prices": [{"start_time": iso(0), "price": 0.21}, {"start_time": iso(1), "price": 0.18}]},
            id="Tibber, as its action answers",
        ),
        pytest.param(
            {"prices": [{"timestamp": iso(0), "price": 0.21}, {"timestamp": iso(1), "price": 0.18}]}, id="EnergyZero"
        ),
        pytest.param(
            {
                "prices_today": [{"time": str(local(0)), "price": 0.21}],
                "prices_tomorrow": [{"time": str(local(1)), "price": 0.18}],
                "prices": [{"time": str(local(0)), "price": 0.21}, {"time": str(local(1)), "price": 0.18}],
            },
            id="ENTSO-e",
        ),
        pytest.param(
            {
                "rates": [
                    {"start": iso(0), "end": iso(1), "value_inc_vat": 0.21, "is_capped": False},
                    {"start": iso(1), "end": iso(2), "value_inc_vat": 0.18, "is_capped": False},
                ]
            },
            id="Octopus",
        ),
        pytest.param(
            {
                "rates": [
                    {"valid_from": iso(1), "valid_to": iso(2), "value_exc_vat": 0.16, "value_inc_vat": 0.18},
                    {"valid_from": iso(0), "valid_to": iso(1), "value_exc_vat": 0.19, "value_inc_vat": 0.21},
                ]
            },
            id="Octopus, the newest first",
        ),
        pytest.param(
            {
                "data": [
                    {"start_time": iso(0), "end_time": iso(1), "price_per_kwh": 0.21},
                    {"start_time": iso(1), "end_time": iso(2), "price_per_kwh": 0.18},
                ]
            },
            id="EPEX spot",
        ),
        pytest.param(
            {
                "data": [
                    {"start_time": iso(0), "end_time": iso(1), "price_eur_per_mwh": 210},
                    {"start_time": iso(1), "end_time": iso(2), "price_eur_per_mwh": 180.0},
                ]
            },
            id="EPEX spot of old, per MWh",
        ),
        pytest.param(
            {
                "data": [
                    {
                        "start_timestamp": int(local(hour).timestamp()) * 1000,
                        "end_timestamp": int(local(hour + 1).timestamp()) * 1000,
                        "marketprice": price,
                        "unit": "Eur/MWh",
                    }
                    for hour, price in ((0, 210.0), (1, 180.0))
                ]
            },
            id="aWATTar",
        ),
        pytest.param(
            {
                "forecast": [
                    {"datetime": "2026-11-28T09:00:00Z", "electricity_price": 2_100_000},
                    {"datetime": "2026-11-28T10:00:00Z", "electricity_price": 1_800_000},
                ]
            },
            id="Zonneplan, in ten-millionths",
        ),
        pytest.param({"data": [{"hour": 10, "price": "0.21"}, {"hour": 11, "price": "0.18"}]}, id="hours of today"),
        pytest.param(
            {
                "prices": [
                    {"from": "2026-11-28T10:00", "price": "0.21"},
                    {"from": "2026-11-28T11:00", "price": " 0.18 "},
                ]
            },
            id="text without a zone",
        ),
    ],
)
def test_each_published_shape_gives_the_same_prices(attributes: dict[str, Any]) -> None:
    assert read(attributes) == expected(0.21, 0.18)


@pytest.mark.parametrize("minutes", [5, 15, 30, 60, 240])
def test_a_missing_end_is_the_next_start_and_the_last_price_lasts_as_long_as_the_one_before(minutes: int) -> None:
    every = minutes * MINUTE
    rows = [{"start": (FIRST + number * every).isoformat(), "value": 0.1 * number} for number in range(4)]
    assert read({"prices": rows}) == expected(0.0, 0.1, 0.2, 0.3, every=every)


def test_a_single_price_without_an_end_is_one_of_an_hour() -> None:
    assert read({"prices": [{"start": iso(0), "value": 0.3}]}) == expected(0.3)


def test_a_price_ends_where_the_next_one_begins() -> None:
    rows = [{"start": iso(0), "end": iso(5), "value": 0.3}, {"start": iso(1), "end": iso(2), "value": 0.2}]
    assert read({"rates": rows}) == expected(0.3, 0.2)


def test_a_gap_stays_a_gap() -> None:
    rows = [{"start": iso(0), "end": iso(1), "value": 0.3}, {"start": iso(3), "end": iso(4), "value": 0.2}]
    prices = read({"rates": rows})
    assert prices is not None
    assert [price.end for price in prices] == [FIRST + HOUR, FIRST + 4 * HOUR]


@pytest.mark.parametrize("value", [None, "unknown", "", True, float("nan"), "inf", [0.2]])
def test_a_price_that_is_none_is_unknown_for_its_time(value: object) -> None:
    rows = [{"start": iso(0), "value": value}, {"start": iso(1), "value": 0.2}]
    assert read({"rates": rows}) == expected(None, 0.2)


def test_a_row_without_a_time_costs_only_itself() -> None:
    rows = [
        "?",
        {"start": "soon", "value": 1},
        {"value": 2},
        {"start": iso(0), "value": 0.2},
        {"start": iso(1), "value": 0.1},
    ]
    assert read({"rates": rows}) == expected(0.2, 0.1)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("EUR/kWh", 1),
        ("EUR/MWh", 0.001),
        ("ct/kWh", 0.01),
        ("öre/kWh", 0.01),
        ("p/kWh", 0.01),
        ("GBP/kWh", 1),
        ("snt / kWh", 0.01),
        (None, 1),
        ("", 1),
    ],
)
def test_prices_are_in_the_unit_of_the_sensor(unit: str | None, factor: float) -> None:
    rows = [{"start": iso(0), "value": 21}, {"start": iso(1), "value": -3}]
    assert read({"raw_today": rows}, unit) == expected(21 * factor, -3 * factor)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"prices": "0.2 0.3"},
        {"prices": [0.2, 0.3]},
        {"prices": [{"begin": "10:00", "amount": 0.2}]},
        {"prices": [{"start": iso(0)}]},
        {"prices": {"today": []}},
        {"friendly_name": "Price", "unit_of_measurement": "EUR/kWh"},
    ],
)
def test_a_shape_that_is_not_understood_is_said(attributes: dict[str, Any]) -> None:
    assert read(attributes) is None


def test_a_known_list_without_rows_is_understood_and_empty() -> None:
    assert read({"raw_today": [], "raw_tomorrow": []}) == ()
