"""The lifetime counter, and the energy of the day that follows from it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads
from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.metering import (
    DayEnergy,
    LifetimeCounter,
    advance_day,
    advance_lifetime,
    energy_today,
    wants_second_reading,
)
from custom_components.enphase_cloud_things.days import start_of_day
from custom_components.enphase_cloud_things.stored import restored

from ..zones import VIENNA, moments, zones
from .remembered import remembered

NOW = datetime(2026, 11, 10, 7, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 10, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def local(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=VIENNA)


# The lifetime counter


def read(counter: LifetimeCounter, *readings: float | None, every: int = 60) -> LifetimeCounter:
    for number, reading in enumerate(readings):
        counter = advance_lifetime(counter, reading, NOW + number * every * SECOND)
    return counter


@pytest.mark.parametrize("reading", [None, 0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("known", [None, 2481.3])
def test_a_reading_that_says_nothing_leaves_the_counter_alone(known: float | None, reading: float | None) -> None:
    """Trap 13: a zero at a start is not the energy of a new charger."""
    counter = LifetimeCounter(energy=known)
    assert read(counter, reading, reading, reading) == counter


def test_the_first_reading_is_taken_as_it_is() -> None:
    assert read(LifetimeCounter(), 0.12).energy == 0.12


def test_a_growing_reading_is_followed() -> None:
    assert read(LifetimeCounter(energy=2481.3), 2481.9, 2483.0).energy == 2483.0


def test_a_rise_that_nothing_can_have_drawn_is_none_unless_the_next_reading_agrees() -> None:
    """Trap 81: statistics would keep the leap for ever, and the fall after it."""
    counter = read(LifetimeCounter(), 2481.3, 5_000_000.0)
    assert counter.energy == 2481.3
    assert read(counter, 2481.4, 5_000_000.0).energy == 2481.4
    assert read(counter, 5_000_000.2).energy == 5_000_000.2
    assert read(counter, 4_000_000.0).energy == 2481.3


def test_a_rise_over_an_outage_is_believed_after_a_restart() -> None:
    stored = remembered(read(LifetimeCounter(), 2481.3))
    assert advance_lifetime(stored, 2581.3, NOW + HOUR).energy == 2481.3
    assert advance_lifetime(stored, 2581.3, NOW + 6 * HOUR).energy == 2581.3


@pytest.mark.parametrize("dip", [0.001, 0.02, 0.3, 0.499, 200.0])
def test_a_small_or_unlikely_drop_is_held_however_often_it_is_repeated(dip: float) -> None:
    """Trap 13: backward jitter and corrections wait until the cloud has caught up."""
    counter = read(LifetimeCounter(energy=2481.3), *[2481.3 - dip] * 5)
    assert (counter.energy, counter.epoch) == (2481.3, 0)
    assert read(counter, 2481.4).energy == 2481.4


@pytest.mark.parametrize(
    ("known", "reading"), [(2481.3, 4.9), (2481.3, 1240.0), (9.0, 5.0), (5.4, 4.9), (9.0, 4.2), (0.9, 0.4)]
)
def test_a_plausible_reset_counts_when_it_is_read_twice(known: float, reading: float) -> None:
    """Trap 13: the second reading is required in one place for all."""
    once = read(LifetimeCounter(energy=known), reading)
    assert (once.energy, once.epoch) == (known, 0)
    twice = read(LifetimeCounter(energy=known), reading, reading)
    assert (twice.energy, twice.epoch) == (reading, 1)


@pytest.mark.parametrize(("known", "reading"), [(4.0, 3.75), (9.0, 5.25), (20.0, 10.25)])
def test_a_drop_that_is_too_small_or_not_low_enough_is_no_reset(known: float, reading: float) -> None:
    assert read(LifetimeCounter(energy=known), reading, reading).epoch == 0


@pytest.mark.parametrize(("after", "reset"), [(0, False), (1, True), (180, True), (181, False)])
def test_the_second_reading_of_a_reset_must_come_within_three_minutes(after: int, reset: bool) -> None:
    counter = read(LifetimeCounter(energy=2481.3), 1.2, 1.2, every=after)
    assert counter.epoch == int(reset)


def test_a_late_second_reading_counts_as_a_first_one() -> None:
    counter = read(LifetimeCounter(energy=2481.3), 1.2, 1.2, every=300)
    again = advance_lifetime(counter, 1.2, NOW + 360 * SECOND)
    assert (again.energy, again.epoch) == (1.2, 1)


@pytest.mark.parametrize("between", [2481.3, 2481.29, 2400.0, 1.8, 0.7])
def test_a_reset_needs_the_same_value_twice_in_a_row(between: float) -> None:
    assert read(LifetimeCounter(energy=2481.3), 1.2, between, 1.2).epoch == 0


def test_a_zero_between_two_readings_of_a_reset_does_not_matter() -> None:
    assert read(LifetimeCounter(energy=2481.3), 1.2, 0.0, 1.2).energy == 1.2


@pytest.mark.parametrize(("second", "reset"), [(1.17, False), (1.19, True), (1.21, True), (1.51, True), (1.55, False)])
def test_a_reset_counter_may_grow_as_fast_as_a_charger_charges(second: float, reset: bool) -> None:
    """Within a minute that is 0.32 kWh; what goes back again is no confirmation."""
    assert read(LifetimeCounter(energy=2481.3), 1.2, second, every=60).epoch == int(reset)


def test_a_second_reading_is_wanted_from_one_to_three_minutes_after_the_first() -> None:
    counter = read(LifetimeCounter(energy=2481.3), 1.2)
    assert counter.second_reading_at == NOW + 60 * SECOND
    for after, expected in ((0, False), (59, False), (60, True), (180, True), (181, False)):
        assert wants_second_reading(counter, NOW + after * SECOND) is expected


def test_no_second_reading_is_wanted_without_a_candidate() -> None:
    counter = LifetimeCounter(energy=2481.3)
    assert counter.second_reading_at is None
    assert not wants_second_reading(counter, NOW)


def lower(
    hours: float,
    *,
    first: float = 1700.0,
    every: int = 300,
    growth: float = 0.6,
    counter: LifetimeCounter | None = None,
    begin: datetime = NOW,
) -> tuple[LifetimeCounter, datetime]:
    """Read a lower counter that grows with every reading for some hours; return the counter and when."""
    counter = counter or LifetimeCounter(energy=2481.3)
    for number in range(int(hours * 3600 / every) + 1):
        begin += every * SECOND
        counter = advance_lifetime(counter, first + number * growth, begin)
    return counter, begin


def test_a_lower_counter_that_grows_for_six_hours_is_the_counter() -> None:
    """Trap 71: one that had fallen by less than half was frozen for ever."""
    almost, now = lower(5.9)
    assert (almost.energy, almost.epoch) == (2481.3, 0)
    assert almost.lower is not None
    counter = almost
    for number in range(1, 4):
        counter = advance_lifetime(counter, almost.lower.last + 0.6 * number, now + 300 * number * SECOND)
    assert counter.epoch == 1
    assert counter.energy == pytest.approx(almost.lower.last + 1.8)
    assert advance_lifetime(counter, 1800.0, now + 2 * HOUR).epoch == 1


def test_a_lower_counter_that_stands_still_is_a_dip_however_long() -> None:
    counter, _ = lower(48, growth=0.0)
    assert (counter.energy, counter.epoch) == (2481.3, 0)


def test_the_hours_of_growth_add_up_over_days() -> None:
    """A car that charges four hours a night must not freeze the counter, either."""
    counter, now = lower(4)
    assert counter.lower is not None
    counter, _ = lower(4, first=counter.lower.last, counter=counter, begin=now + 20 * HOUR)
    assert counter.epoch == 1


@pytest.mark.parametrize("between", [1650.0, 2481.3, 2490.0])
def test_a_lower_counter_that_falls_or_catches_up_begins_anew(between: float) -> None:
    counter, now = lower(5)
    counter = advance_lifetime(counter, between, now + 300 * SECOND)
    counter, _ = lower(5, counter=counter, begin=now + 300 * SECOND)
    assert counter.epoch == 0


def test_a_lower_counter_is_remembered_over_a_restart() -> None:
    counter, now = lower(4)
    assert counter.lower is not None
    again = remembered(counter)
    assert again.lower == counter.lower
    counter, _ = lower(3, first=counter.lower.last, counter=again, begin=now)
    assert counter.epoch == 1


def test_what_a_lower_counter_grew_by_until_it_was_confirmed_is_of_the_day() -> None:
    """Trap 71: the energy of today was 0 meanwhile."""
    state = reported(DayEnergy(), 2481.3, local(10, 0))
    counter, _ = lower(6)
    assert counter.epoch == 1
    state = advance_day(state, counter, reported_at=local(10, 15), now=local(10, 15), zone=VIENNA)
    energy, _, estimated = today(state, local(10, 15))
    assert energy == pytest.approx(counter.regained)
    assert counter.regained == pytest.approx(72 * 0.6)
    assert estimated


def test_the_counter_survives_a_restart() -> None:
    counter = LifetimeCounter(energy=2481.3, epoch=2)
    assert remembered(counter) == counter


@pytest.mark.parametrize("data", [{}, {"energy": 0}, {"energy": "2481"}, {"energy": -3.0}])
def test_a_remembered_counter_that_makes_no_sense_is_unknown(data: dict[str, object]) -> None:
    assert (restored(LifetimeCounter, data) or LifetimeCounter()) == LifetimeCounter()


READINGS = st.none() | st.floats(0, 3000) | st.sampled_from([0.0, 0.4, 1.2, 4.9, 1000.0, 2481.3])


@given(
    readings=st.lists(st.tuples(st.integers(1, 400), READINGS, st.integers(1, 3)), max_size=60),
    restart=st.integers(0, 60),
)
def test_the_counter_never_falls_within_an_epoch(readings: list[tuple[int, float | None, int]], restart: int) -> None:
    counter, now = LifetimeCounter(), NOW
    for number, (gap, reading, repeats) in enumerate(readings):
        for _ in range(repeats):
            now += gap * SECOND
            before, counter = counter, advance_lifetime(counter, reading, now)
            if number == restart:
                counter = remembered(counter)
            assert counter.energy != 0
            if before.energy is None:
                continue
            assert counter.energy is not None
            if counter.epoch == before.epoch:
                assert counter.energy >= before.energy
            else:
                assert counter.epoch == before.epoch + 1
                assert counter.energy < before.energy


# The energy of the day


def reported(state: DayEnergy, energy: float, at: datetime, *, epoch: int = 0) -> DayEnergy:
    lifetime = LifetimeCounter(energy=energy, epoch=epoch)
    return advance_day(state, lifetime, reported_at=at, now=at + 5 * SECOND, zone=VIENNA)


def today(state: DayEnergy, now: datetime) -> tuple[float | None, datetime, bool]:
    result = energy_today(state, now, VIENNA)
    return result.energy, result.last_reset, result.estimated


def test_the_energy_of_today_is_unknown_before_the_first_report() -> None:
    assert today(DayEnergy(), local(10, 12)) == (None, local(10, 0), False)


def test_the_first_report_is_where_counting_begins() -> None:
    """Trap 13: the energy of a whole life is not the energy of today, and what was before is unknown."""
    state = reported(DayEnergy(), 2481.3, local(10, 12))
    assert today(state, local(10, 12)) == (0.0, local(10, 0), True)


def test_a_day_that_is_counted_from_its_midnight_is_no_estimate() -> None:
    state = reported(DayEnergy(), 2481.3, local(10, 0))
    assert today(state, local(10, 12)) == (0.0, local(10, 0), False)


def test_the_growth_of_the_counter_is_the_energy_of_the_day() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 0))
    state = reported(state, 2483.5, local(10, 9))
    state = reported(state, 2484.0, local(10, 10))
    assert today(state, local(10, 11)) == (3.0, local(10, 0), False)


def test_an_unknown_counter_changes_nothing() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 8))
    advanced = advance_day(state, LifetimeCounter(), reported_at=NOON, now=NOON, zone=VIENNA)
    assert advanced == state


def test_a_new_day_is_zero_from_midnight_on() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 0))
    state = reported(state, 2485.0, local(10, 23, 58))
    assert today(state, local(10, 23, 59)) == (4.0, local(10, 0), False)
    assert today(state, local(11, 0)) == (0.0, local(11, 0), False)


def test_a_report_of_yesterday_that_is_read_today_belongs_to_yesterday() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 20))
    lifetime = LifetimeCounter(energy=2485.0)
    state = advance_day(state, lifetime, reported_at=local(10, 23, 59), now=local(11, 0, 1), zone=VIENNA)
    assert today(state, local(11, 0, 1)) == (0.0, local(11, 0), False)
    assert today(state, local(10, 23, 59))[0] == 4.0


def test_energy_that_accrued_across_midnight_is_divided_by_time_and_estimated() -> None:
    state = reported(DayEnergy(), 2480.0, local(10, 18))
    state = reported(state, 2481.0, local(10, 22))
    state = reported(state, 2491.0, local(11, 6))
    assert today(state, local(11, 6)) == (7.5, local(11, 0), True)


def test_an_estimated_day_stays_estimated_and_the_next_one_is_not() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 22))
    state = reported(state, 2491.0, local(11, 6))
    state = reported(state, 2492.0, local(11, 7))
    assert today(state, local(11, 7))[2] is True
    state = reported(state, 2492.0, local(12, 7))
    assert today(state, local(12, 7)) == (0.0, local(12, 0), False)


def test_an_idle_night_is_no_estimate() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 22))
    state = reported(state, 2481.0, local(11, 6))
    assert today(state, local(11, 6)) == (0.0, local(11, 0), False)


def test_an_outage_of_days_is_divided_among_all_of_them() -> None:
    state = reported(DayEnergy(), 100.0, local(10, 12))
    state = reported(state, 148.0, local(12, 12))
    assert today(state, local(12, 12)) == (12.0, local(12, 0), True)


@pytest.mark.parametrize(("day", "month", "hours"), [(29, 3, 23), (25, 10, 25)])
def test_a_day_when_the_clock_changes_gets_its_share_by_real_time(day: int, month: int, hours: int) -> None:
    begin = local(day, 0, month=month) - 12 * HOUR
    end = local(day + 1, 0, month=month).astimezone(UTC) + 12 * HOUR
    state = reported(DayEnergy(), 100.0, begin)
    # A kWh for each hour that passed
    state = reported(state, 100.0 + 24 + hours, end)
    assert today(state, end)[0] == pytest.approx(12.0)
    begin, end = begin + 12 * HOUR, end - 18 * HOUR
    state = reported(reported(DayEnergy(), 100.0, begin - 6 * HOUR), 100.0 + hours, end)
    assert today(state, end)[0] == pytest.approx(hours * (hours - 6) / hours)


def test_a_reset_of_the_counter_is_no_growth_and_what_it_hides_is_unknown() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 0))
    state = reported(state, 2483.0, local(10, 9))
    state = reported(state, 1.2, local(10, 10), epoch=1)
    assert today(state, local(10, 10)) == (2.0, local(10, 0), True)
    assert today(reported(state, 1.7, local(10, 11), epoch=1), local(10, 11))[0] == 2.5


def test_a_report_from_the_future_counts_as_one_of_now() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 23, 50))
    now = local(10, 23, 59)
    state = advance_day(state, LifetimeCounter(energy=2482.0), reported_at=local(11, 0, 1), now=now, zone=VIENNA)
    assert today(state, now)[0] == 1.0


def test_a_report_without_a_time_counts_as_one_of_now() -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 0))
    state = advance_day(state, LifetimeCounter(energy=2482.0), reported_at=None, now=local(10, 9), zone=VIENNA)
    assert today(state, local(10, 9)) == (1.0, local(10, 0), False)


def test_an_older_report_with_more_energy_is_counted_where_counting_stands() -> None:
    state = reported(DayEnergy(), 2481.0, local(11, 0, 5))
    state = reported(state, 2482.0, local(10, 23, 50))
    assert today(state, local(11, 0, 10))[:2] == (1.0, local(11, 0))


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_the_day_goes_on_after_a_restart(epoch: int) -> None:
    state = reported(DayEnergy(), 2481.0, local(10, 8), epoch=epoch)
    state = reported(state, 2483.0, local(10, 9), epoch=epoch)
    again = remembered(state)
    assert again == state
    assert today(reported(again, 2484.0, local(10, 12), epoch=epoch), local(10, 12))[0] == 3.0


def test_a_remembered_day_without_an_epoch_is_of_the_first_one() -> None:
    data = asdict(reported(DayEnergy(), 2481.0, local(10, 8)))
    del data["epoch"]
    assert restored(DayEnergy, json_loads(json_bytes(data))) == reported(DayEnergy(), 2481.0, local(10, 8))


@pytest.mark.parametrize("missing", ["day", "counter", "counted_until"])
def test_an_incomplete_remembered_day_begins_anew(missing: str) -> None:
    data = asdict(reported(DayEnergy(), 2481.0, local(10, 8)))
    data[missing] = None
    assert restored(DayEnergy, json_loads(json_bytes(data))) is None


def test_a_clock_that_was_set_back_shows_the_day_that_was_counted() -> None:
    state = reported(DayEnergy(), 2481.0, local(11, 0))
    state = reported(state, 2482.0, local(11, 9))
    assert today(state, local(10, 9)) == (1.0, local(11, 0), False)


@given(
    begin=moments(),
    zone=zones(),
    reports=st.lists(
        st.tuples(
            st.integers(0, 5 * 86_400),
            st.none() | st.integers(-7200, 600),
            st.none() | st.floats(0, 30),
            st.booleans(),
        ),
        max_size=40,
    ),
)
def test_a_day_has_all_that_the_counter_grew_by_since_its_midnight(
    begin: datetime,
    zone: ZoneInfo,
    reports: list[tuple[int, int | None, float | None, bool]],
) -> None:
    now, lifetime = begin, LifetimeCounter(energy=1000.0)
    state = advance_day(DayEnergy(), lifetime, reported_at=begin, now=begin, zone=zone)
    for gap, age, growth, restart in reports:
        now += gap * SECOND
        assert lifetime.energy is not None
        reading = None if growth is None else lifetime.energy + growth
        lifetime = advance_lifetime(lifetime, reading, now)
        reported_at = None if age is None else now + age * SECOND
        before, state = state, advance_day(state, lifetime, reported_at=reported_at, now=now, zone=zone)
        assert lifetime.energy is not None
        assert before.counter is not None
        assert before.counted_until is not None
        assert state.counted_until is not None
        assert state.day is not None
        grown = lifetime.energy - before.counter
        if state.day != before.day:
            passed = state.counted_until - before.counted_until
            share = (state.counted_until - start_of_day(state.day, zone)) / passed
            assert state.energy == pytest.approx(grown * share, abs=1e-6)
        else:
            assert state.energy == pytest.approx(before.energy + grown, abs=1e-6)
        if restart:
            state = remembered(state)


@given(
    begin=moments(),
    zone=zones(),
    reports=st.lists(st.tuples(st.integers(1, 40_000), st.floats(0, 5)), max_size=30),
)
def test_the_energy_of_today_falls_only_when_its_midnight_moves(
    begin: datetime, zone: ZoneInfo, reports: list[tuple[int, float]]
) -> None:
    now, energy, state = begin, 500.0, DayEnergy()
    before = None
    for gap, growth in reports:
        now, energy = now + gap * SECOND, energy + growth
        lifetime = LifetimeCounter(energy=energy)
        state = advance_day(state, lifetime, reported_at=now, now=now, zone=zone)
        result = energy_today(state, now, zone)
        assert result.energy is not None
        assert result.last_reset <= now
        if before is not None and before.last_reset == result.last_reset:
            assert before.energy is not None
            assert result.energy >= before.energy
        before = result
