"""Days and minutes as the clock at the site shows them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.days import end_of_day, local_day, split_by_day, start_of_day

from .zones import VIENNA, moments, zones


def test_a_day_begins_at_the_midnight_of_the_site() -> None:
    assert start_of_day(date(2026, 11, 10), VIENNA) == datetime(2026, 11, 9, 23, tzinfo=UTC)
    assert local_day(datetime(2026, 11, 9, 23, tzinfo=UTC), VIENNA) == date(2026, 11, 10)
    assert local_day(datetime(2026, 11, 9, 22, 59, tzinfo=UTC), VIENNA) == date(2026, 11, 9)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)])
def test_a_day_is_as_long_as_the_clock_makes_it(day: date, hours: int) -> None:
    assert end_of_day(day, VIENNA) - start_of_day(day, VIENNA) == timedelta(hours=hours)


def test_a_midnight_that_the_clock_skips_is_the_moment_of_the_change() -> None:
    havana = ZoneInfo("America/Havana")
    assert start_of_day(date(2026, 3, 8), havana) == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert local_day(datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC), havana) == date(2026, 3, 7)


@given(moment=moments(), zone=zones())
def test_every_moment_lies_between_the_ends_of_its_day(moment: datetime, zone: ZoneInfo) -> None:
    day = local_day(moment, zone)
    assert start_of_day(day, zone) <= moment < end_of_day(day, zone)


@given(
    begin=moments(),
    length=st.integers(0, 40 * 86_400),
    amount=st.floats(0, 5000),
    zone=zones(),
)
def test_the_shares_of_the_days_follow_their_lengths_and_add_up(
    begin: datetime, length: int, amount: float, zone: ZoneInfo
) -> None:
    end = begin + timedelta(seconds=length)
    shares = split_by_day(amount, begin, end, zone)
    days = [day for day, _ in shares]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert (days[0], days[-1]) == (local_day(begin, zone), local_day(end, zone))
    assert sum(share for _, share in shares) == pytest.approx(amount)
    for day, share in shares:
        inside = min(end, end_of_day(day, zone)) - max(begin, start_of_day(day, zone))
        if length:
            assert share == pytest.approx(amount * inside.total_seconds() / length, abs=1e-6)


def test_without_time_between_everything_belongs_to_the_day_of_the_end() -> None:
    moment = datetime(2026, 11, 10, 12, tzinfo=UTC)
    assert split_by_day(3.5, moment, moment, VIENNA) == ((date(2026, 11, 10), 3.5),)


def test_an_end_before_the_begin_counts_for_the_day_of_the_end() -> None:
    late, early = datetime(2026, 11, 12, tzinfo=UTC), datetime(2026, 11, 10, 12, tzinfo=UTC)
    assert split_by_day(3.5, late, early, VIENNA) == ((date(2026, 11, 10), 3.5),)
