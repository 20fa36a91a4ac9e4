"""When to ask the cloud again, and for what."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.cadences import REQUEST_BUDGET
from custom_components.enphase_cloud_things.chargers.polling import (
    Activity,
    Part,
    PollingOptions,
    Read,
    bounds_missing,
    due_reads,
    fast_until,
    mode_changed,
    next_interval,
    requests_per_hour,
    status_reads_per_hour,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, ChargerSummary

NOW = datetime(2026, 11, 10, 7, 5, tzinfo=UTC)
SLOW = timedelta(seconds=30)
FAST = timedelta(seconds=10)
OPTIONS = PollingOptions(slow=SLOW, fast=FAST)
SECOND = timedelta(seconds=1)
SITE_SUMMARY = Read(part=Part.SUMMARY)


def charger_reads(chargers: int) -> list[Read]:
    parts = (Part.MODE, Part.GREEN, Part.CONFIGURATION)
    return [Read(part=part, serial=f"20264001{number:04}") for part in parts for number in range(chargers)]


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (Activity(chargers=1), SLOW),
        (Activity(chargers=1, drawing_power=True), FAST),
        (Activity(chargers=1, command_pending=True), FAST),
        (Activity(chargers=1, streaming=True), FAST),
        (Activity(chargers=1, fast_until=NOW + SECOND), FAST),
        (Activity(chargers=1, fast_until=NOW), SLOW),
        (Activity(chargers=1, fast_until=NOW - SECOND), SLOW),
    ],
)
def test_the_fast_interval_holds_while_something_is_going_on(activity: Activity, expected: timedelta) -> None:
    assert next_interval(activity, OPTIONS, NOW) == expected


def test_a_live_stream_leaves_the_slow_interval_where_the_option_is_off() -> None:
    options = PollingOptions(slow=SLOW, fast=FAST, fast_while_streaming=False)
    streaming = Activity(chargers=1, streaming=True)
    assert next_interval(streaming, options, NOW) == SLOW


def test_polling_stays_fast_for_ninety_seconds_after_a_command() -> None:
    activity = Activity(chargers=1, fast_until=fast_until(NOW))
    assert next_interval(activity, OPTIONS, NOW + 89 * SECOND) == FAST
    assert next_interval(activity, OPTIONS, NOW + 90 * SECOND) == SLOW


@pytest.mark.parametrize(("slow", "expected"), [(30, 300), (300, 300), (900, 900)])
def test_a_site_without_chargers_is_asked_every_five_minutes_at_most(slow: int, expected: int) -> None:
    options = PollingOptions(slow=timedelta(seconds=slow), fast=FAST)
    activity = Activity(chargers=0, streaming=True)
    assert next_interval(activity, options, NOW) == timedelta(seconds=expected)


def test_a_fast_interval_above_the_slow_one_is_not_used() -> None:
    options = PollingOptions(slow=timedelta(seconds=20), fast=timedelta(seconds=60))
    activity = Activity(chargers=1, drawing_power=True)
    assert next_interval(activity, options, NOW) == timedelta(seconds=20)


@pytest.mark.parametrize(
    ("available", "expected"),
    [(None, 10), (720, 10), (360, 10), (180, 20), (2, 1800), (1, 3600), (0, 3600), (-5, 3600)],
)
def test_the_interval_is_stretched_to_what_the_request_budget_leaves(available: float | None, expected: int) -> None:
    activity = Activity(chargers=1, drawing_power=True)
    interval = next_interval(activity, OPTIONS, NOW, available_per_hour=available)
    assert interval == timedelta(seconds=expected)


@pytest.mark.parametrize(("ahead", "expected"), [(1, 1), (29, 29), (31, 30), (0, 30), (-3, 30)])
def test_a_read_that_a_command_waits_for_comes_on_time(ahead: int, expected: int) -> None:
    activity = Activity(chargers=1, read_at=NOW + ahead * SECOND)
    assert next_interval(activity, OPTIONS, NOW) == expected * SECOND


def test_the_confirming_read_comes_on_time_under_a_short_budget_too() -> None:
    activity = Activity(chargers=1, read_at=NOW + SECOND)
    assert next_interval(activity, OPTIONS, NOW, available_per_hour=0) == SECOND


@given(
    jitter=st.floats(0, 1),
    drawing=st.booleans(),
    available=st.none() | st.floats(0, 1000),
)
def test_jitter_lengthens_an_interval_by_a_twentieth_at_most(
    jitter: float, drawing: bool, available: float | None
) -> None:
    activity = Activity(chargers=1, drawing_power=drawing)
    plain = next_interval(activity, OPTIONS, NOW, available_per_hour=available)
    varied = next_interval(activity, OPTIONS, NOW, available_per_hour=available, jitter=jitter)
    assert plain <= varied <= plain * 1.0501


@pytest.mark.parametrize(("known", "hours"), [(True, 6), (False, 1)])
def test_the_firmware_is_read_four_times_a_day_and_until_it_is_known_every_hour(known: bool, hours: int) -> None:
    firmware = Read(part=Part.FIRMWARE)
    period = timedelta(hours=hours)

    def due(now: datetime) -> tuple[Read, ...]:
        return due_reads([firmware], {firmware: NOW}, now, started_at=NOW, interval=SLOW, firmware_known=known)

    assert due(NOW + period - SECOND) == ()
    assert due(NOW + period) == (firmware,)


def test_schedules_in_use_are_read_every_quarter_of_an_hour_and_their_mode_with_them() -> None:
    serial = charger_reads(1)[0].serial
    assert serial is not None
    wanted = [Read(part=part, serial=serial) for part in (Part.MODE, Part.SCHEDULES)]
    attempted = dict.fromkeys(wanted, NOW)
    counted = dict.fromkeys((True, False), 0)
    for scheduled in counted:
        attempted = dict.fromkeys(wanted, NOW)
        for minute in range(1, 61):
            now = NOW + minute * 60 * SECOND
            serials = {serial} if scheduled else set()
            due = due_reads(wanted, attempted, now, started_at=NOW, interval=SLOW, scheduled=serials)
            attempted.update(dict.fromkeys(due, now))
            counted[scheduled] += len(due)
    assert counted == {True: 4 + 4, False: 6 + 1}


def test_the_requests_of_a_default_site_stay_within_the_promised_figures() -> None:
    idle = requests_per_hour(chargers=1, vpp=True, prices=True, charging=False)
    charging = requests_per_hour(chargers=1, vpp=True, prices=True, charging=True)
    assert idle + 3600 / 30 <= 160
    assert charging + 3600 / 10 <= 430


@pytest.mark.parametrize(
    ("chargers", "vpp", "prices", "charging", "expected"),
    [
        (0, False, False, False, 12),
        (1, False, False, False, 12 + 4 + 1 + 1 + 4 + 2 + 1 / 6),
        (1, False, False, True, 12 + 4 + 1 + 1 + 4 + 12 + 1 / 6),
        (0, True, False, False, 12 + 12 + 4 / 24),
        (0, False, True, False, 12 + 2 + 5 / 24),
        (10, False, False, False, 12 + 40 + 10 + 10 + 40 + 20 + 1 / 6),
        (100, False, False, False, 12 + 60 + 60 + 60 + 60 + 60 + 1 / 6),
    ],
)
def test_the_requests_besides_the_status_add_up(
    chargers: int, vpp: bool, prices: bool, charging: bool, expected: float
) -> None:
    load = requests_per_hour(chargers=chargers, vpp=vpp, prices=prices, charging=charging)
    assert load == pytest.approx(expected)


@given(
    chargers=st.integers(0, 100),
    vpp=st.booleans(),
    prices=st.booleans(),
    fast=st.integers(5, 300),
)
def test_stretched_status_reads_keep_the_whole_site_below_the_budget(
    chargers: int, vpp: bool, prices: bool, fast: int
) -> None:
    rest = requests_per_hour(chargers=chargers, vpp=vpp, prices=prices, charging=False)
    interval = next_interval(
        Activity(chargers=chargers, drawing_power=True),
        PollingOptions(slow=timedelta(seconds=300), fast=timedelta(seconds=fast)),
        NOW,
        available_per_hour=REQUEST_BUDGET - rest,
    )
    assert rest + timedelta(hours=1) / interval <= max(REQUEST_BUDGET + 1e-3, rest + 1)


def test_everything_of_one_charger_is_due_at_the_start() -> None:
    wanted = [SITE_SUMMARY, *charger_reads(1)]
    due = due_reads(wanted, {}, NOW, started_at=NOW, interval=SLOW)
    assert due == tuple(wanted)


@pytest.mark.parametrize(
    ("read", "cadence"),
    [
        (Read(part=Part.MODE, serial="1"), 600),
        (Read(part=Part.GREEN, serial="1"), 3600),
        (Read(part=Part.CONFIGURATION, serial="1"), 3600),
    ],
)
def test_a_part_of_a_single_charger_is_due_again_after_its_cadence(read: Read, cadence: int) -> None:
    attempted = {read: NOW + SECOND}
    for seconds, expected in ((cadence - 1, ()), (cadence, (read,))):
        now = NOW + seconds * SECOND
        due = due_reads([read], attempted, now, started_at=NOW, interval=SLOW)
        assert due == expected


@pytest.mark.parametrize(("has_reported", "wait"), [(True, 300), (False, 600)])
def test_the_summary_follows_the_reports_of_the_chargers(has_reported: bool, wait: int) -> None:
    """Trap 78: the lifetime energy lagged the charger's own report although its time said that there was news."""
    for seconds, expected in ((wait - 1, ()), (wait, (SITE_SUMMARY,))):
        now = NOW + seconds * SECOND
        due = due_reads(
            [SITE_SUMMARY], {SITE_SUMMARY: NOW}, now, started_at=NOW, interval=SLOW, has_reported=has_reported
        )
        assert due == expected


def test_fifty_chargers_on_two_sites_leave_the_status_a_read_a_minute() -> None:
    """Trap 76: of 30 charging chargers one status and 360 histories were read in an hour."""
    load = requests_per_hour(chargers=25, vpp=True, prices=True, charging=True, sites=2)
    status = status_reads_per_hour(load, sites=2)
    assert status >= 60
    assert 2 * (load + status) <= REQUEST_BUDGET


def test_an_urgent_read_is_due_at_once_and_first() -> None:
    wanted = [SITE_SUMMARY, *charger_reads(2)]
    attempted = dict.fromkeys(wanted, NOW)
    urgent = charger_reads(2)[1]
    due = due_reads(
        wanted,
        attempted,
        NOW + 310 * SECOND,
        started_at=NOW,
        interval=SLOW,
        urgent=[urgent],
    )
    assert due[0] == urgent
    assert SITE_SUMMARY in due


def test_urgent_reads_that_are_not_wanted_are_left_out() -> None:
    unsupported = Read(part=Part.GREEN, serial="1")
    due = due_reads([], {}, NOW, started_at=NOW, interval=SLOW, urgent=[unsupported])
    assert due == ()


def test_missing_amp_bounds_are_asked_for_early_but_not_for_ever() -> None:
    def summary_reads(minutes: int) -> int:
        attempted: dict[Read, datetime] = {}
        count = 0
        for step in range(minutes * 2):
            now = NOW + step * SLOW
            due = due_reads(
                [SITE_SUMMARY],
                attempted,
                now,
                started_at=NOW,
                interval=SLOW,
                bounds_missing=True,
            )
            attempted.update(dict.fromkeys(due, now))
            count += len(due)
        return count

    assert summary_reads(10) == 10
    assert summary_reads(70) - summary_reads(10) == 12


@pytest.mark.parametrize(
    ("amps_min", "amps_max", "missing"),
    [(6, 32, False), (None, 32, True), (6, None, True), (None, None, True)],
)
def test_amp_bounds_are_missing_unless_both_ends_are_known(
    amps_min: int | None, amps_max: int | None, missing: bool
) -> None:
    known = ChargerSummary(serial="1", amps_min=6, amps_max=32)
    summary = ChargerSummary(serial="2", amps_min=amps_min, amps_max=amps_max)
    assert bounds_missing([known, summary]) is missing


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(0, 1, True), (1, 0, True), (1, 1, False), (None, 1, False), (1, None, False)],
)
def test_the_mode_has_changed_when_two_known_numbers_differ(
    before: int | None, after: int | None, expected: bool
) -> None:
    first = ChargerStatus(serial="1", mode=before)
    second = ChargerStatus(serial="1", mode=after)
    assert mode_changed(first, second) is expected


def test_a_first_status_is_no_change_of_mode() -> None:
    assert not mode_changed(None, ChargerStatus(serial="1", mode=1))


def simulate(chargers: int, interval: timedelta, hours: float) -> list[tuple[datetime, Read]]:
    """Refresh for some hours; return what was read when."""
    wanted = [SITE_SUMMARY, *charger_reads(chargers)]
    attempted: dict[Read, datetime] = {}
    log: list[tuple[datetime, Read]] = []
    now = NOW
    while now < NOW + timedelta(hours=hours):
        due = due_reads(wanted, attempted, now, started_at=NOW, interval=interval)
        attempted.update(dict.fromkeys(due, now))
        log.extend((now, read) for read in due)
        now += interval
    return log


@pytest.mark.parametrize("chargers", [1, 2, 7, 10, 25])
def test_each_charger_is_read_once_in_its_period_after_the_first_round(
    chargers: int,
) -> None:
    hours = 4
    settled = NOW + timedelta(hours=1)
    counts = Counter(read for now, read in simulate(chargers, SLOW, hours) if now >= settled and read.part is Part.MODE)
    period = max(600, 60 * chargers)
    expected = (hours - 1) * 3600 / period
    assert len(counts) == chargers
    assert all(abs(count - expected) <= 1 for count in counts.values())


@pytest.mark.parametrize("chargers", [3, 10, 50])
def test_chargers_are_read_one_after_the_other(chargers: int) -> None:
    log = simulate(chargers, SLOW, 5)
    settled = NOW + timedelta(hours=3)
    at_once = Counter(now for now, read in log if now >= settled and read.part is Part.MODE)
    assert max(at_once.values()) == 1


@pytest.mark.parametrize(("chargers", "interval"), [(10, SLOW), (50, FAST), (30, timedelta(seconds=300))])
def test_a_start_reads_few_parts_at_once_and_every_one_in_the_end(chargers: int, interval: timedelta) -> None:
    log = simulate(chargers, interval, 2)
    at_once = Counter(now for now, read in log if read.serial is not None)
    assert max(at_once.values()) <= max(4, interval / timedelta(minutes=1))
    assert {read for _, read in log} == {SITE_SUMMARY, *charger_reads(chargers)}


def test_rare_refreshes_starve_no_charger() -> None:
    log = simulate(10, timedelta(hours=1), 5)
    counts = Counter(read for _, read in log)
    assert set(counts.values()) == {5}


@given(
    chargers=st.integers(1, 12),
    gaps=st.lists(st.integers(5, 900), min_size=1, max_size=80),
)
def test_no_read_comes_more_than_once_in_its_period(chargers: int, gaps: list[int]) -> None:
    wanted = [SITE_SUMMARY, *charger_reads(chargers)]
    attempted: dict[Read, datetime] = {}
    counts: Counter[Read] = Counter()
    now = NOW
    for gap in gaps:
        due = due_reads(wanted, attempted, now, started_at=NOW, interval=timedelta(seconds=gap))
        attempted.update(dict.fromkeys(due, now))
        counts.update(due)
        now += timedelta(seconds=gap)
    elapsed = (now - NOW).total_seconds()
    cadences = {Part.SUMMARY: 300, Part.MODE: 600}
    for read, count in counts.items():
        cadence = cadences.get(read.part, 3600)
        period = cadence if read.serial is None else max(cadence, 60 * chargers)
        assert count <= elapsed / period + 2
