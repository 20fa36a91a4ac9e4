"""Windows as slots of the charger."""

from datetime import UTC, datetime, time

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.enphase_cloud_things.plan.planner import Window
from custom_components.enphase_cloud_things.plan.reconcile import OwnSlot, slot_spans, weekly_times_of
from custom_components.enphase_cloud_things.schedules.recurrence import check
from custom_components.enphase_cloud_things.schedules.slots import Span, WeeklyTimes, repeated_times

from .price_lists import HOUR, MINUTE, VIENNA

FRIDAY_EVENING = datetime(2026, 11, 27, 21, 30, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)


def window(start: datetime, hours: float) -> Window:
    return Window(start=start, end=start + hours * HOUR, energy=1, cost=None)


def test_a_window_over_midnight_is_one_slot_on_the_day_of_its_start() -> None:
    slot = OwnSlot(slot_id="4410287:202640011873:a", start=FRIDAY_EVENING, end=FRIDAY_EVENING + 7 * HOUR)
    assert slot.times(VIENNA) == WeeklyTimes(start=time(22, 30), end=time(5, 30), days=frozenset({5}))


def test_a_window_that_begins_at_midnight_belongs_to_the_day_that_begins() -> None:
    start = FRIDAY_EVENING + 1.5 * HOUR
    assert weekly_times_of(start, start + HOUR, VIENNA) == WeeklyTimes(start=time(0), end=time(1), days=frozenset({6}))


def test_a_window_of_a_day_or_longer_is_cut_into_slots() -> None:
    spans = slot_spans([window(FRIDAY_EVENING, 30), window(FRIDAY_EVENING + 40 * HOUR, 23)], VIENNA)
    assert [(span.end - span.start) / HOUR for span in spans] == [12, 18, 23]
    assert spans[0].end == spans[1].start


def test_a_start_in_the_repeated_hour_is_put_before_it() -> None:
    start = AUTUMN + 20 * MINUTE
    assert weekly_times_of(start, AUTUMN + 3 * HOUR, VIENNA).start == time(2)


@given(
    start=st.one_of(
        st.integers(0, 3 * 288).map(lambda unit: datetime(2026, 10, 24, tzinfo=UTC) + unit * 5 * MINUTE),
        st.integers(0, 3 * 288).map(lambda unit: datetime(2026, 3, 28, tzinfo=UTC) + unit * 5 * MINUTE),
    ),
    units=st.integers(6, 600),
)
@settings(max_examples=300, deadline=None)
def test_the_slots_of_a_window_stand_for_exactly_its_time(start: datetime, units: int) -> None:
    end = start + units * 5 * MINUTE
    for span in repeated_times(start - 3 * HOUR, end + 3 * HOUR, VIENNA):
        if span.start < start < span.end or span.start < end < span.end:
            return
    spans = slot_spans([Window(start=start, end=end, energy=1, cost=None)], VIENNA)
    assert (spans[0].start, spans[-1].end) == (start, end)
    for span in spans:
        times = weekly_times_of(span.start, span.end, VIENNA)
        check(times)
        occurrences = list(times.occurrences(span.start, span.end, VIENNA))
        if not any(
            r.start < edge < r.end for r in repeated_times(start, end, VIENNA) for edge in (span.start, span.end)
        ):
            assert occurrences == [Span(start=span.start, end=span.end)]


@pytest.mark.parametrize("shown", [repr])
def test_the_id_of_a_slot_is_not_shown(shown: type) -> None:
    slot = OwnSlot(slot_id="4410287:202640011873:a", start=FRIDAY_EVENING, end=FRIDAY_EVENING + HOUR)
    assert "202640011873" not in str(shown(slot))
