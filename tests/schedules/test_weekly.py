"""Weekly slots and the moments they stand for."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.enphase_cloud_things.days import clock_changes
from custom_components.enphase_cloud_things.schedules.slots import (
    ALL_DAYS,
    Span,
    WeeklyTimes,
    moment_of,
    next_start,
    repeated_times,
)

VIENNA = ZoneInfo("Europe/Vienna")
ZONES = (VIENNA, ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Havana"), ZoneInfo("Australia/Lord_Howe"))
HOUR = timedelta(hours=1)
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)


def times_of(start: str, end: str, *days: int) -> WeeklyTimes:
    return WeeklyTimes(start=time.fromisoformat(start), end=time.fromisoformat(end), days=frozenset(days or ALL_DAYS))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIENNA).astimezone(UTC)


def test_a_slot_over_midnight_starts_on_its_day_and_ends_on_the_next() -> None:
    friday = times_of("22:15", "05:45", 5)
    (span,) = friday.occurrences(local("2026-11-27"), local("2026-12-03"), VIENNA)
    assert friday.over_midnight
    assert (span.start, span.end) == (local("2026-11-27T22:15"), local("2026-11-28T05:45"))


def test_an_occurrence_that_began_before_the_range_belongs_to_it() -> None:
    spans = list(
        times_of("22:15", "05:45", 5).occurrences(local("2026-11-28T03:00"), local("2026-11-28T04:00"), VIENNA)
    )
    assert [span.start for span in spans] == [local("2026-11-27T22:15")]


def test_the_edges_of_a_range_do_not_count() -> None:
    slot = times_of("10:00", "12:00", 6)
    assert not list(slot.occurrences(local("2026-11-28T12:00"), local("2026-11-28T14:00"), VIENNA))
    assert not list(slot.occurrences(local("2026-11-28T08:00"), local("2026-11-28T10:00"), VIENNA))


def test_a_slot_of_every_day_has_one_occurrence_a_day() -> None:
    assert len(list(times_of("10:00", "12:00").occurrences(local("2026-11-23"), local("2026-11-30"), VIENNA))) == 7


@pytest.mark.parametrize(
    ("change", "hours"), [pytest.param(SPRING, 5, id="an hour less"), pytest.param(AUTUMN, 7, id="an hour more")]
)
def test_a_night_slot_loses_or_gains_the_hour_of_the_clock_change(change: datetime, hours: int) -> None:
    day = change.astimezone(VIENNA).date() - timedelta(days=1)
    span = times_of("23:00", "05:00").on(day, VIENNA)
    assert span is not None
    assert span.end - span.start == hours * HOUR


def test_a_slot_that_the_clock_skips_does_not_take_place() -> None:
    assert times_of("02:10", "02:50").on(date(2026, 3, 29), VIENNA) is None
    assert times_of("02:10", "02:50").on(date(2026, 3, 30), VIENNA) is not None


@pytest.mark.parametrize("wall", [time(2), time(2, 30), time(2, 59)])
def test_a_skipped_time_is_the_moment_of_the_change(wall: time) -> None:
    assert moment_of(date(2026, 3, 29), wall, VIENNA) == SPRING


def test_of_a_time_that_is_shown_twice_the_first_counts() -> None:
    assert moment_of(date(2026, 10, 25), time(2, 30), VIENNA) == AUTUMN - HOUR / 2


def test_the_next_start_is_the_first_of_several_slots() -> None:
    slots = [times_of("22:00", "05:00", 1), times_of("13:00", "15:00", 6, 7)]
    assert next_start(slots, local("2026-11-28T13:00"), VIENNA) == local("2026-11-29T13:00")
    assert next_start(slots, local("2026-11-28T12:59"), VIENNA) == local("2026-11-28T13:00")
    assert next_start([], local("2026-11-28T12:59"), VIENNA) is None
    assert WeeklyTimes(start=time(1), end=time(2), days=frozenset()).next_start(SPRING, VIENNA) is None


def test_a_weekly_slot_has_its_next_start_within_a_week() -> None:
    slot = times_of("13:00", "15:00", 6)
    assert slot.next_start(local("2026-11-28T13:00"), VIENNA) == local("2026-12-05T13:00")


def test_both_hours_that_are_shown_twice_are_found() -> None:
    assert repeated_times(AUTUMN - 9 * HOUR, AUTUMN + 9 * HOUR, VIENNA) == (
        Span(start=AUTUMN - HOUR, end=AUTUMN + HOUR),
    )
    assert repeated_times(SPRING - 9 * HOUR, SPRING + 9 * HOUR, VIENNA) == ()


@given(zone=st.sampled_from(ZONES), year=st.integers(2020, 2030))
@settings(max_examples=40, deadline=None)
def test_every_change_of_the_clock_is_found_where_it_is(zone: ZoneInfo, year: int) -> None:
    start = datetime(year, 1, 1, tzinfo=UTC)
    changes = list(clock_changes(start, start + timedelta(days=365), zone))
    assert len(changes) == 2
    for change in changes:
        before = change - timedelta(seconds=1)
        assert before.astimezone(zone).utcoffset() != change.astimezone(zone).utcoffset()


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    minutes=st.integers(0, 1439),
)
@settings(max_examples=300, deadline=None)
def test_a_moment_shows_its_time_unless_the_clock_skips_it(zone: ZoneInfo, day: date, minutes: int) -> None:
    wall = time(minutes // 60, minutes % 60)
    moment = moment_of(day, wall, zone)
    shown = moment.astimezone(zone)
    if (shown.date(), shown.time()) != (day, wall):
        assert moment in clock_changes(moment - timedelta(minutes=1), moment, zone)
        assert shown.replace(tzinfo=None) > datetime.combine(day, wall)
