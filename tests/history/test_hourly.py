"""Totals by the hour, whose amounts may change in any order while their sums go on."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.days import ONE_HOUR
from custom_components.enphase_cloud_things.history.hours import HourTotal, hour_of, merged, split_by_hour

from ..zones import VIENNA, moments, zones

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)

type Hours = Mapping[datetime, HourTotal]


def at(number: int) -> datetime:
    return NOON + number * ONE_HOUR


def written(known: Hours, amounts: Mapping[int, float]) -> Hours:
    """Return all hours after some were given new amounts; hours are numbered from noon."""
    changed = merged(known.values(), {at(number): amount for number, amount in amounts.items()})
    return {**known, **{hour.start: hour for hour in changed}}


def amounts_of(hours: Hours) -> dict[datetime, float]:
    return {start: hours[start].amount for start in sorted(hours)}


def totals_of(hours: Hours) -> list[float]:
    return [hours[start].total for start in sorted(hours)]


# Shares of hours


def test_an_amount_is_divided_by_the_time_in_each_hour() -> None:
    shares = split_by_hour(6.0, NOON + timedelta(minutes=45), NOON + timedelta(minutes=135))
    assert shares == ((at(0), 1.0), (at(1), 4.0), (at(2), 1.0))


def test_a_session_over_midnight_belongs_to_both_days() -> None:
    start = datetime(2026, 11, 10, 23, 30, tzinfo=VIENNA)
    shares = split_by_hour(2.0, start, start + ONE_HOUR)
    assert [(hour.astimezone(VIENNA).day, share) for hour, share in shares] == [(10, 1.0), (11, 1.0)]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 4), (date(2026, 10, 25), 6)])
def test_an_hour_that_the_clock_skips_or_repeats_is_no_gap(day: date, hours: int) -> None:
    start, end = datetime.combine(day, time(0), VIENNA), datetime.combine(day, time(5), VIENNA)
    shares = split_by_hour(12.0, start, end)
    assert [share for _, share in shares] == pytest.approx([12.0 / hours] * hours)
    assert all(after - before == ONE_HOUR for (before, _), (after, _) in pairwise(shares))


def test_an_end_on_the_hour_leaves_nothing_for_the_next() -> None:
    assert split_by_hour(1.0, NOON, at(1)) == ((NOON, 1.0),)


@pytest.mark.parametrize("end", [NOON + timedelta(minutes=20), NOON])
def test_without_time_between_all_belongs_to_the_hour_of_the_start(end: datetime) -> None:
    assert split_by_hour(3.0, NOON + timedelta(minutes=20), end) == ((NOON, 3.0),)


@given(
    begin=moments(),
    seconds=st.integers(0, 40 * 86_400),
    amount=st.floats(-500, 5000),
    zone=zones(),
)
def test_the_shares_add_up_to_the_amount_and_never_exceed_it(
    begin: datetime, seconds: int, amount: float, zone: ZoneInfo
) -> None:
    """Trap 21: energy of a session is counted once, however many hours and days it lies in."""
    end = begin + timedelta(seconds=seconds)
    shares = split_by_hour(amount, begin.astimezone(zone), end.astimezone(zone))
    assert sum(share for _, share in shares) == pytest.approx(amount)
    assert all(share * amount >= 0 for _, share in shares)
    assert all(abs(total) <= abs(amount) * (1 + 1e-9) for total in accumulate(share for _, share in shares))
    assert [hour for hour, _ in shares] == [hour_of(begin) + number * ONE_HOUR for number in range(len(shares))]
    for hour, share in shares if seconds else ():
        inside = min(end, hour + ONE_HOUR) - max(begin, hour)
        assert share == pytest.approx(amount * inside.total_seconds() / seconds, abs=1e-6)


# Totals


def test_the_totals_begin_with_the_first_hour() -> None:
    assert totals_of(written({}, {0: 2.0, 3: 1.0})) == [2.0, 3.0]


def test_hours_after_all_others_go_on_from_the_last_total() -> None:
    assert totals_of(written(written({}, {0: 2.0}), {5: 1.0})) == [2.0, 3.0]


def test_an_hour_before_all_others_shifts_their_totals() -> None:
    hours = written(written({}, {5: 1.0}), {0: 2.0})
    assert totals_of(hours) == [2.0, 3.0]
    assert list(amounts_of(hours).values()) == [2.0, 1.0]


def test_a_new_amount_shifts_all_later_totals_by_the_difference() -> None:
    assert totals_of(written(written({}, {0: 2.0, 1: 1.0, 2: 4.0}), {1: 1.5})) == [2.0, 3.5, 7.5]


def test_what_stays_the_same_is_not_written_again() -> None:
    known = written({}, {0: 2.0, 1: 1.0, 2: 4.0})
    assert merged(known.values(), amounts_of(known)) == ()
    assert [hour.start for hour in merged(known.values(), {at(1): 1.5})] == [at(1), at(2)]


def test_an_hour_without_an_amount_appears_only_to_correct_one() -> None:
    assert written({}, {0: 0.0}) == {}
    assert totals_of(written(written({}, {0: 2.0, 1: 1.0}), {0: 0.0})) == [0.0, 1.0]


def test_a_correction_that_a_person_made_to_the_sums_stays() -> None:
    corrected = {
        at(0): HourTotal(start=at(0), amount=2.0, total=2.0),
        at(1): HourTotal(start=at(1), amount=1.0, total=103.0),
    }
    assert totals_of(written(corrected, {0: 2.5})) == [2.5, 103.5]


batches = st.lists(st.dictionaries(st.integers(-200, 200), st.floats(0, 50)), max_size=6)


@given(batches)
def test_totals_are_the_running_sums_of_the_amounts_whatever_was_written_in_which_order(
    batches: list[dict[int, float]],
) -> None:
    hours: Hours = {}
    wanted: dict[datetime, float] = {}
    for batch in batches:
        hours = written(hours, batch)
        wanted.update({at(number): amount for number, amount in batch.items()})
    assert {start: amount for start, amount in amounts_of(hours).items() if amount} == pytest.approx(
        {start: amount for start, amount in wanted.items() if amount}, abs=1e-8
    )
    assert totals_of(hours) == pytest.approx(list(accumulate(amounts_of(hours).values())), abs=1e-6)
