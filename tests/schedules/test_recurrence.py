"""Weekly slots as recurring events, and events that a charger cannot hold."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.schedules.recurrence import (
    CannotHold,
    Refusal,
    check,
    recurrence_rule,
    weekly_times,
)
from custom_components.enphase_cloud_things.schedules.slots import ALL_DAYS, WeeklyTimes

VIENNA = ZoneInfo("Europe/Vienna")
FRIDAY = datetime(2026, 11, 27, 22, 15, tzinfo=VIENNA)
NIGHT = timedelta(hours=7, minutes=30)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=FR", {5}),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE,SU", {1, 3, 7}),
        ("FREQ=WEEKLY", {5}),
        ("FREQ=WEEKLY;INTERVAL=1;WKST=MO;BYDAY=sa", {6}),
        ("FREQ=DAILY", ALL_DAYS),
    ],
)
def test_a_weekly_or_daily_event_is_a_slot(rule: str, days: set[int]) -> None:
    slot = weekly_times(FRIDAY, FRIDAY + NIGHT, rule, VIENNA)
    assert slot == WeeklyTimes(start=time(22, 15), end=time(5, 45), days=frozenset(days))


@pytest.mark.parametrize(
    ("start", "end", "rule", "refusal"),
    [
        pytest.param(FRIDAY, FRIDAY + NIGHT, None, Refusal.NOT_WEEKLY, id="once"),
        pytest.param(FRIDAY, FRIDAY + NIGHT, "FREQ=MONTHLY", Refusal.NOT_WEEKLY, id="every month"),
        pytest.param(FRIDAY, FRIDAY + NIGHT, "FREQ=WEEKLY;INTERVAL=2", Refusal.NOT_WEEKLY, id="every other week"),
        pytest.param(FRIDAY, FRIDAY + NIGHT, "FREQ=WEEKLY;BYDAY=1MO", Refusal.NOT_WEEKLY, id="the first Monday"),
        pytest.param(FRIDAY, FRIDAY + NIGHT, "FREQ=WEEKLY;BYMONTH=6", Refusal.NOT_WEEKLY, id="in June"),
        pytest.param(FRIDAY, FRIDAY + NIGHT, "FREQ=WEEKLY;COUNT=4", Refusal.ENDS_SOME_DAY, id="four times"),
        pytest.param(FRIDAY, FRIDAY + NIGHT, "FREQ=DAILY;UNTIL=20261231", Refusal.ENDS_SOME_DAY, id="until December"),
        pytest.param(date(2026, 11, 27), date(2026, 11, 28), "FREQ=WEEKLY", Refusal.ALL_DAY, id="a whole day"),
        pytest.param(FRIDAY, FRIDAY, "FREQ=WEEKLY", Refusal.EMPTY, id="no time at all"),
        pytest.param(FRIDAY, FRIDAY + timedelta(days=1), "FREQ=WEEKLY", Refusal.EMPTY, id="around the clock"),
        pytest.param(FRIDAY, FRIDAY + timedelta(hours=25), "FREQ=WEEKLY", Refusal.TOO_LONG, id="longer than a day"),
        pytest.param(FRIDAY, FRIDAY + timedelta(seconds=90), "FREQ=WEEKLY", Refusal.SECONDS, id="with seconds"),
    ],
)
def test_what_a_charger_cannot_hold_is_refused(
    start: datetime | date, end: datetime | date, rule: str | None, refusal: Refusal
) -> None:
    with pytest.raises(CannotHold) as refused:
        weekly_times(start, end, rule, VIENNA)
    assert refused.value.refusal == refusal


def test_a_slot_without_a_day_is_refused() -> None:
    with pytest.raises(CannotHold) as refused:
        check(WeeklyTimes(start=time(1), end=time(2), days=frozenset()))
    assert refused.value.refusal == Refusal.NO_DAY


def test_days_move_along_where_the_event_starts_on_another_day_at_the_site() -> None:
    start = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    slot = weekly_times(start, start + timedelta(hours=2), "FREQ=WEEKLY;BYDAY=FR,SU", VIENNA)
    assert slot == WeeklyTimes(start=time(0, 30), end=time(2, 30), days=frozenset({6, 1}))


@given(st.sets(st.integers(1, 7), min_size=1), st.integers(0, 1439), st.integers(1, 1439))
def test_a_slot_comes_back_from_its_own_event(days: set[int], start: int, length: int) -> None:
    begin = datetime(2026, 11, 23, tzinfo=VIENNA) + timedelta(minutes=start)
    slot = weekly_times(begin, begin + timedelta(minutes=length), recurrence_rule(frozenset(days)), VIENNA)
    assert slot.days == days
    assert slot.start == begin.time()
    assert slot.end == (begin + timedelta(minutes=length)).time()
