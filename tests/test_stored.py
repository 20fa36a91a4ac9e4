"""States that survive a restart as JSON."""

from datetime import UTC, date, datetime

import pytest

from custom_components.enphase_cloud_things.stored import iso, stored_day, stored_number, stored_time


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.5, 1.5), (3, 3.0), (True, None), ("1.5", None), (None, None), (float("nan"), None), (float("inf"), None)],
)
def test_only_a_finite_number_is_read_back_as_a_number(value: object, expected: float | None) -> None:
    assert stored_number({"key": value}, "key") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-10T07:05:00+00:00", datetime(2026, 11, 10, 7, 5, tzinfo=UTC)),
        ("2026-11-10T07:05:00", None),
        ("yesterday", None),
        (1794294312, None),
        (None, None),
    ],
)
def test_only_an_aware_time_is_read_back_as_a_time(value: object, expected: datetime | None) -> None:
    assert stored_time({"key": value}, "key") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("2026-11-10", date(2026, 11, 10)), ("2026-13-10", None), (20261110, None), (None, None)]
)
def test_only_a_date_is_read_back_as_a_day(value: object, expected: date | None) -> None:
    assert stored_day({"key": value}, "key") == expected


def test_a_missing_key_is_a_missing_value() -> None:
    assert stored_number({}, "key") is None
    assert stored_time({}, "key") is None
    assert stored_day({}, "key") is None


def test_times_and_days_are_written_as_text() -> None:
    assert iso(datetime(2026, 11, 10, 7, 5, tzinfo=UTC)) == "2026-11-10T07:05:00+00:00"
    assert iso(date(2026, 11, 10)) == "2026-11-10"
    assert iso(None) is None
