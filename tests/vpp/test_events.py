"""Which events of a virtual power plant run, come and count today."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten.models.vpp import VppEvent
from custom_components.enphase_cloud_things.vpp.events import (
    EventKind,
    active_event,
    deduplicated,
    event_kind,
    events_between,
    events_today,
    future_events,
    is_possible,
    is_withdrawn,
    next_event,
    next_transition,
    poll_interval,
)

from ..zones import VIENNA, moments, zones

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def event(
    start: float,
    end: float,
    *,
    status: str | None = "scheduled",
    kind: str | None = "battery_discharge",
    cancelled: bool = False,
    superseded: bool = False,
) -> VppEvent:
    """Make an event that starts and ends so many hours from now."""
    return VppEvent(
        start=NOW + start * HOUR,
        end=NOW + end * HOUR,
        status=status,
        kind=kind,
        cancelled=cancelled,
        superseded=superseded,
    )


@pytest.mark.parametrize(
    ("status", "withdrawn", "possible"),
    [
        ("scheduled", False, True),
        ("in_progress", False, True),
        ("In-Progress", False, True),
        ("something_new", False, True),
        ("", False, True),
        (None, False, True),
        ("completed", False, False),
        ("failed", False, False),
        ("stopped", False, False),
        ("STOPPED ", False, False),
        ("cancelled", True, False),
        ("Canceled", True, False),
        ("deleted", True, False),
        ("optedout", True, False),
        ("opted-out", True, False),
        ("Opted Out", True, False),
        ("superseded", True, False),
        ("superceded", True, False),
    ],
)
def test_the_status_tells_whether_an_event_still_can_take_place(
    status: str | None, withdrawn: bool, possible: bool
) -> None:
    """Trap 54: spellings differ, and an unknown status rules nothing out."""
    assert is_withdrawn(event(1, 2, status=status)) is withdrawn
    assert is_possible(event(1, 2, status=status)) is possible


@pytest.mark.parametrize(("cancelled", "superseded"), [(True, False), (False, True), (True, True)])
def test_a_mark_withdraws_an_event_whatever_its_status(cancelled: bool, superseded: bool) -> None:
    """Trap 54: the status of a cancelled or replaced event may still be scheduled."""
    marked = event(-1, 1, cancelled=cancelled, superseded=superseded)
    assert is_withdrawn(marked)
    assert not is_possible(marked)
    assert active_event([marked], NOW) is None
    assert next_event([marked], NOW) is None
    assert events_today([marked], NOW, VIENNA) == ()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("battery_discharge", EventKind.BATTERY_DISCHARGE),
        ("Battery-Charge", EventKind.BATTERY_CHARGE),
        ("idle", EventKind.IDLE),
        ("evse_charge", EventKind.OTHER),
        ("none", EventKind.OTHER),
        ("", EventKind.OTHER),
        (None, EventKind.OTHER),
    ],
)
def test_an_unknown_type_is_other(kind: str | None, expected: EventKind) -> None:
    assert event_kind(event(1, 2, kind=kind)) is expected


def test_the_kind_of_no_event_is_none() -> None:
    assert event_kind(None) is EventKind.NONE


def test_an_event_is_active_from_its_start_until_before_its_end() -> None:
    """Trap 56: the clock decides, on the second, while the status stays scheduled."""
    running = event(0, 2)
    for offset, expected in (
        (-SECOND, None),
        (0 * SECOND, running),
        (2 * HOUR - SECOND, running),
        (2 * HOUR, None),
    ):
        assert active_event([running], NOW + offset) == expected


def test_an_event_that_the_cloud_has_closed_early_is_not_active() -> None:
    assert active_event([event(-1, 1, status="completed")], NOW) is None


def test_of_overlapping_events_the_earlier_one_is_active() -> None:
    early, late = event(-2, 1), event(-1, 2)
    assert active_event([late, early], NOW) == early


def test_the_next_event_is_the_earliest_that_is_not_over_in_whatever_order() -> None:
    """Trap 55: the cloud lists the newest first."""
    events = [event(30, 32), event(6, 7), event(2, 3, status="cancelled"), event(-3, -2)]
    assert next_event(events, NOW) == events[1]


def test_a_running_event_is_the_next_one_until_it_ends() -> None:
    running, following = event(-1, 1), event(3, 4)
    assert next_event([following, running], NOW) == running
    assert next_event([following, running], NOW + HOUR) == following


def test_there_is_no_next_event_after_the_last() -> None:
    assert next_event([event(-3, -2)], NOW) is None
    assert next_event([], NOW) is None


def test_future_events_have_not_started_and_still_can() -> None:
    events = [event(5, 6), event(3, 4), event(0, 1), event(-1, 1), event(2, 3, status="deleted")]
    assert future_events(events, NOW) == (events[1], events[0])


def test_events_of_today_include_those_that_are_over_but_not_the_withdrawn() -> None:
    done, failed = event(-5, -4, status="completed"), event(-3, -2, status="failed")
    withdrawn = event(-1, 1, status="optedout")
    assert events_today([failed, withdrawn, done], NOW, VIENNA) == (done, failed)


LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("start", "end", "today"),
    [
        ((9, 20), (10, 0), False),
        ((9, 20), (10, 1), True),
        ((10, 0), (10, 1), True),
        ((10, 23), (11, 1), True),
        ((11, 0), (11, 1), False),
        ((9, 20), (11, 20), True),
    ],
)
def test_today_is_the_day_of_the_site(start: tuple[int, int], end: tuple[int, int], today: bool) -> None:
    """Trap 55: in UTC the evening of a Californian day is the next day already."""
    crossing = VppEvent(
        start=datetime(2026, 11, *start, tzinfo=LOS_ANGELES).astimezone(UTC),
        end=datetime(2026, 11, *end, tzinfo=LOS_ANGELES).astimezone(UTC),
    )
    now = datetime(2026, 11, 10, 18, tzinfo=LOS_ANGELES).astimezone(UTC)
    assert bool(events_today([crossing], now, LOS_ANGELES)) is today


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_today_has_every_hour_of_a_day_when_the_clock_changes(day: date, hours: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=LOS_ANGELES).astimezone(UTC)
    each_hour = [
        VppEvent(start=midnight + number * HOUR, end=midnight + (number + 1) * HOUR) for number in range(-2, 28)
    ]
    assert len(events_today(each_hour, midnight + 12 * HOUR, LOS_ANGELES)) == hours


def test_events_of_a_range_touch_it_and_come_in_order() -> None:
    events = [event(4, 5), event(2, 3), event(0, 1), event(1, 2, status="cancelled"), event(-1, 0)]
    assert events_between(events, NOW, NOW + 4 * HOUR) == (events[2], events[1])


# Duplicates


def test_of_two_rows_of_one_event_the_later_one_wins() -> None:
    first = replace(event(1, 2), event_id="a", row_id="1")
    edited = replace(event(3, 4), event_id="a", row_id="2")
    assert deduplicated([first, edited]) == (edited,)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"event_id": "a", "row_id": "1"}, {"event_id": "b", "row_id": "1"}, False),
        ({"event_id": "a"}, {"row_id": "a"}, False),
        ({"row_id": "1"}, {"row_id": "1"}, True),
        ({"row_id": "1"}, {"row_id": "2"}, False),
        ({}, {}, True),
        ({}, {"subtype": "Idle"}, False),
        ({}, {"kind": "idle"}, False),
        ({"event_id": "", "row_id": "1"}, {"row_id": "1"}, True),
    ],
)
def test_the_event_id_identifies_an_event_else_its_row_else_what_it_is(
    one: dict[str, str], other: dict[str, str], same: bool
) -> None:
    def row(fields: dict[str, str]) -> VppEvent:
        plain = event(1, 2)
        return replace(
            plain,
            event_id=fields.get("event_id"),
            row_id=fields.get("row_id"),
            subtype=fields.get("subtype"),
            kind=fields.get("kind", plain.kind),
        )

    assert len(deduplicated([row(one), row(other)])) == (1 if same else 2)


def test_events_without_any_id_differ_by_their_times() -> None:
    assert len(deduplicated([event(1, 2), event(1, 3), event(0, 2), event(1, 2)])) == 3


def test_events_come_out_by_their_start() -> None:
    events = [event(5, 6), event(1, 3), event(1, 2), event(-4, -3)]
    assert deduplicated(events) == (events[3], events[2], events[1], events[0])


# Transitions and polling


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 11),
        ([event(2, 3)], 2),
        ([event(-1, 3)], 3),
        ([event(0, 3)], 3),
        ([event(-1, 0), event(4, 5)], 4),
        ([event(5, 6), event(2, 9)], 2),
        ([event(2, 3, status="cancelled")], 11),
        ([event(-1, 3, status="completed")], 11),
        ([event(20, 21)], 11),
    ],
)
def test_the_next_transition_is_a_start_an_end_or_the_site_s_midnight(events: list[VppEvent], expected: int) -> None:
    """Trap 56: somebody has to wake up then, because no new data come."""
    assert next_transition(events, NOW, VIENNA) == NOW + expected * HOUR


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(0, 60), (1, 60), (120, 60), (-120, 60), (121, 60), (200, 80), (420, 300), (4000, 300), (-121, 300)],
)
def test_events_are_asked_for_every_minute_around_a_boundary(distance: int, expected: int) -> None:
    at = NOW + distance * SECOND
    for near in (VppEvent(start=at, end=at + 9 * HOUR), VppEvent(start=at - 9 * HOUR, end=at)):
        assert poll_interval([near], NOW) == expected * SECOND


def test_without_events_the_interval_is_five_minutes() -> None:
    assert poll_interval([], NOW) == 300 * SECOND
    assert poll_interval([event(0, 1, status="cancelled")], NOW) == 300 * SECOND


def test_the_end_of_an_event_that_the_cloud_has_closed_still_counts_for_polling() -> None:
    assert poll_interval([event(-1, 0, status="completed")], NOW + SECOND) == 60 * SECOND


STATUSES = st.sampled_from(["scheduled", "completed", "cancelled", "in_progress", None])


@st.composite
def schedules(draw: st.DrawFn) -> tuple[VppEvent, ...]:
    """Draw a few events around the middle of the range of moments."""
    rows: list[VppEvent] = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(-3000, 3000))
        length = draw(st.integers(1, 2000))
        rows.append(event(start / 60, (start + length) / 60, status=draw(STATUSES)))
    return deduplicated(rows)


def answers(events: Iterable[VppEvent], now: datetime, zone: ZoneInfo) -> tuple[object, ...]:
    known = tuple(events)
    return (
        active_event(known, now),
        next_event(known, now),
        future_events(known, now),
        events_today(known, now, zone),
    )


@given(events=schedules(), zone=zones(), offset=st.integers(-60_000, 60_000), share=st.floats(0, 0.999))
def test_nothing_changes_before_the_next_transition(
    events: tuple[VppEvent, ...], zone: ZoneInfo, offset: int, share: float
) -> None:
    now = NOW + timedelta(seconds=offset)
    transition = next_transition(events, now, zone)
    assert transition > now
    later = now + (transition - now) * share
    assert answers(events, later, zone) == answers(events, now, zone)


@given(events=schedules(), offset=st.integers(-60_000, 60_000))
def test_the_active_event_is_the_next_one_and_never_a_future_one(events: tuple[VppEvent, ...], offset: int) -> None:
    now = NOW + timedelta(seconds=offset)
    active = active_event(events, now)
    if active is not None:
        assert next_event(events, now) == active
        assert active not in future_events(events, now)


@given(events=schedules())
def test_deduplication_changes_nothing_the_second_time(events: tuple[VppEvent, ...]) -> None:
    assert deduplicated(events) == events


@given(events=schedules(), moment=moments(), zone=zones())
def test_every_day_that_an_event_touches_has_it(events: tuple[VppEvent, ...], moment: datetime, zone: ZoneInfo) -> None:
    shift = moment - NOW
    for each in events:
        moved = replace(each, start=each.start + shift, end=each.end + shift)
        if is_withdrawn(moved):
            continue
        for inside in (moved.start, moved.end - SECOND, moved.start + (moved.end - moved.start) / 2):
            assert events_today([moved], inside, zone) == (moved,)
