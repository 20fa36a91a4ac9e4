"""What cannot be read in a tariff is unknown, never another price."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from custom_components.enphase_cloud_things.enlighten.models.tariffs import DatedRates, Tariff
from custom_components.enphase_cloud_things.enlighten.wire import Oddities
from custom_components.enphase_cloud_things.prices.intervals import export_prices, import_prices

OFF_PEAK: Final[dict[str, Any]] = {"rate": "0.2", "type": "off-peak"}
PEAK: Final[dict[str, Any]] = {"rate": "0.5", "type": "peak", "startTime": 960, "endTime": 1259}
WEEK: Final[dict[str, Any]] = {"id": "week", "periods": [OFF_PEAK, PEAK]}

# Fridays in November and in July, a Saturday in November
FRIDAY: Final = date(2026, 11, 20)
SATURDAY: Final = date(2026, 11, 21)
SUMMER: Final = date(2026, 7, 17)


def tariff(*seasons: Any, **branch: Any) -> Tariff:
    """Return what the client makes of a tariff."""
    return Tariff.from_wire({"purchase": {"typeId": "tou", "seasons": list(seasons), **branch}}, Oddities())


def rate_at(known: Tariff, day: date, hour: int) -> float | None:
    """Return the price of an hour."""
    interval = import_prices(known, UTC).price_at(datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC))
    return interval.price.rate if interval and interval.price else None


def season(*groups: Any, **fields: Any) -> dict[str, Any]:
    """Return a season as the cloud spells it."""
    return {"id": "default", "days": list(groups), **fields}


def group(*periods: Any, **fields: Any) -> dict[str, Any]:
    """Return a day group as the cloud spells it."""
    return {"id": "week", "periods": list(periods), **fields}


@pytest.mark.parametrize(
    ("start", "end", "at_noon", "at_five"),
    [
        (960, 1259, 0.2, 0.5),
        (960, 1260, 0.2, 0.5),
        ("960", "1259", 0.2, 0.5),
        ("16:00", "21:00", 0.2, 0.5),
        ("16:00:00", "20:59", 0.2, 0.5),
        (" 16:00 ", " 21:00", 0.2, 0.5),
        ("16:00", "24:00", 0.2, 0.5),
        ("4pm", "9pm", None, None),
        ("16.00", "21.00", None, None),
        ("25:00", "26:00", None, None),
        ("16:75", "21:00", None, None),
        (960, "late", None, None),
        ({}, 1259, None, None),
        (True, 1259, None, None),
        (960.5, 1259, None, None),
        (-960, 1259, None, None),
        (960, 12590, None, None),
    ],
    ids=repr,
)
def test_a_period_at_an_unreadable_time_makes_the_time_of_the_fallback_unknown(
    start: Any, end: Any, at_noon: float | None, at_five: float | None
) -> None:
    """Trap 74."""
    known = tariff(season(group(OFF_PEAK, PEAK | {"startTime": start, "endTime": end})))
    assert (rate_at(known, FRIDAY, 12), rate_at(known, FRIDAY, 17)) == (at_noon, at_five)


@pytest.mark.parametrize("period", [None, "peak", 5, [], ["16:00"]])
def test_a_period_that_is_none_leaves_the_others_their_time(period: Any) -> None:
    """Trap 74."""
    known = tariff(season(group(OFF_PEAK, PEAK, period)))
    assert (rate_at(known, FRIDAY, 12), rate_at(known, FRIDAY, 17)) == (None, 0.5)


@pytest.mark.parametrize("rate", [None, "", "free", "0,50", "NaN", {}, True, 1e300])
def test_an_unreadable_rate_makes_its_own_time_unknown(rate: Any) -> None:
    """Trap 74."""
    known = tariff(season(group(OFF_PEAK, PEAK | {"rate": rate})))
    assert (rate_at(known, FRIDAY, 12), rate_at(known, FRIDAY, 17)) == (0.2, None)


@pytest.mark.parametrize(
    ("days", "on_friday", "on_saturday"),
    [
        ([1, 2, 3, 4, 5], 0.2, None),
        (["1", "5"], 0.2, None),
        (["Mon", "Fri"], 0.2, None),
        (["FRIDAY", "saturday"], 0.2, 0.2),
        ([5, "Caturday"], 0.2, None),
        ([5, 13], 0.2, None),
        (["Freitag"], None, None),
        ("weekdays", None, None),
        ({"5": True}, None, None),
        (5, None, None),
        ([], 0.2, 0.2),
        (None, 0.2, 0.2),
    ],
    ids=repr,
)
def test_weekdays_that_cannot_be_read_have_no_price(
    days: Any, on_friday: float | None, on_saturday: float | None
) -> None:
    """Trap 74."""
    known = tariff(season(group(OFF_PEAK, days=days)))
    assert (rate_at(known, FRIDAY, 12), rate_at(known, SATURDAY, 12)) == (on_friday, on_saturday)


@pytest.mark.parametrize(
    ("months", "in_summer", "in_winter"),
    [
        ({"startMonth": 6, "endMonth": 9}, 0.2, 0.3),
        ({"startMonth": "6", "endMonth": "9"}, 0.2, 0.3),
        ({}, None, 0.3),
        ({"startMonth": None, "endMonth": None}, None, 0.3),
        ({"startMonth": 6}, None, 0.3),
        ({"endMonth": 9}, None, 0.3),
        ({"startMonth": "June", "endMonth": "September"}, None, 0.3),
        ({"startMonth": 0, "endMonth": 13}, None, 0.3),
    ],
    ids=repr,
)
def test_a_season_without_readable_months_leaves_the_others_theirs(
    months: dict[str, Any], in_summer: float | None, in_winter: float | None
) -> None:
    """Trap 74."""
    winter = season(group({"rate": "0.3"}), startMonth=10, endMonth=5)
    known = tariff(season(group(OFF_PEAK), **months), winter)
    assert (rate_at(known, SUMMER, 12), rate_at(known, FRIDAY, 12)) == (in_summer, in_winter)


def test_the_only_season_is_the_whole_year_without_months() -> None:
    known = tariff(season(WEEK))
    assert (rate_at(known, SUMMER, 12), rate_at(known, FRIDAY, 12)) == (0.2, 0.2)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"offPeak": "0.4"}, 0.4),
        ({"offPeak": "cheap"}, None),
        ({"tiers": [{"rate": "0.5", "startValue": 300}, {"rate": "0.1", "startValue": 0, "endValue": 300}]}, 0.1),
        ({"tiers": [{"rate": "0.5", "startValue": "many"}, {"rate": "0.1", "startValue": 0}]}, None),
        ({"tiers": [{"rate": "cheap", "startValue": 0}, {"rate": "0.5", "startValue": 300}]}, None),
    ],
    ids=repr,
)
def test_a_base_rate_that_cannot_be_read_is_not_replaced_by_another(
    fields: dict[str, Any], expected: float | None
) -> None:
    """Trap 74."""
    assert rate_at(tariff({"id": "default", **fields}, typeId="tiered"), FRIDAY, 12) == expected


def test_what_follows_midnight_goes_by_the_weekday_of_that_morning() -> None:
    night = {"rate": "0.1", "startTime": 1320, "endTime": 360}
    known = tariff(
        season(group(OFF_PEAK, night, id="weekdays"), group({"rate": "0.4"}, id="weekend")),
    )
    assert (rate_at(known, FRIDAY, 23), rate_at(known, SATURDAY, 3)) == (0.1, 0.4)
    monday = date(2026, 11, 23)
    assert rate_at(known, monday, 3) == 0.1


def test_an_export_rate_at_an_unreadable_time_is_not_covered_by_another() -> None:
    """Trap 74."""
    rates: list[Any] = [{"start": 0, "end": 1439, "rate": 0.05}, {"start": "4pm", "end": "9pm", "rate": 0.3}]
    dated = DatedRates.from_wire({"data": {"buyback": rates}}, Oddities(), day=FRIDAY)
    schedule = export_prices(Tariff(), {FRIDAY: dated}, UTC)
    assert schedule.price_at(datetime(2026, 11, 20, 12, tzinfo=UTC)) is None
