"""Laws of energy, time and reports that hold for every car and every charger."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from simulator import (
    EU_THREE_PHASE_32A,
    NA_SINGLE_PHASE_48A,
    NA_SINGLE_PHASE_80A,
    Car,
    ChargeMode,
    Charger,
    ChargerModel,
    ManualClock,
    Sun,
    World,
    commands,
)
from simulator.physics import accepted_amps, charged, seconds_until_full

BEGINNING = datetime(2026, 11, 10, 6, 59, 47, 250000, tzinfo=UTC)

MODELS = st.sampled_from([EU_THREE_PHASE_32A, NA_SINGLE_PHASE_48A, NA_SINGLE_PHASE_80A])
CARS = st.builds(
    Car,
    battery_kwh=st.floats(5, 120),
    state_of_charge=st.floats(0, 1),
    charge_limit=st.floats(0.5, 1),
    max_amps=st.floats(6, 48),
    phases=st.integers(1, 3),
    efficiency=st.floats(0.7, 1),
    taper_from=st.floats(0.5, 1),
)
WAITS = st.lists(st.floats(0.001, 2400), min_size=1, max_size=12)


def charging(
    car: Car, clock: ManualClock, model: ChargerModel = EU_THREE_PHASE_32A, level: int | None = None
) -> Charger:
    charger = World(clock).add_site().add_charger(model=model)
    charger.plug_in(car)
    commands.start(charger, level=level, connector=charger.connector(1))
    return charger


def gained_wh(before: Car, after: Car | None) -> float:
    assert after is not None
    return (after.stored_kwh - before.stored_kwh) * 1000


@given(car=CARS, waits=WAITS, model=MODELS)
def test_what_the_meter_counts_reaches_the_battery_less_the_loss(
    car: Car, waits: list[float], model: ChargerModel
) -> None:
    clock = ManualClock(BEGINNING)
    charger = charging(car, clock, model)
    lifetime_before = charger.lifetime_wh
    for wait in waits:
        clock.tick(wait)
        charger.advance()

    drawn = charger.lifetime_wh - lifetime_before
    assert drawn * car.efficiency == pytest.approx(gained_wh(car, charger.car), abs=1e-3)


@given(car=CARS, waits=WAITS)
def test_looking_often_or_once_makes_no_difference(car: Car, waits: list[float]) -> None:
    often, once = ManualClock(BEGINNING), ManualClock(BEGINNING)
    watched, left_alone = charging(car, often), charging(car, once)
    for wait in waits:
        often.tick(wait)
        watched.advance()
    once.move_to(often())

    left_alone.advance()

    assert watched.lifetime_wh == pytest.approx(left_alone.lifetime_wh, abs=1e-3)
    assert watched.connectors[0].type == left_alone.connectors[0].type


@given(car=CARS, waits=WAITS)
def test_the_day_totals_add_up_to_the_lifetime_s_growth(car: Car, waits: list[float]) -> None:
    clock = ManualClock(BEGINNING)
    charger = charging(car, clock)
    lifetime_before = charger.lifetime_wh
    for wait in waits:
        clock.tick(wait)
        charger.advance()

    growth = charger.lifetime_wh - lifetime_before
    assert sum(charger.energy_by_day.values()) == pytest.approx(growth, abs=1e-3)


@given(car=CARS, waits=WAITS)
def test_no_car_is_charged_beyond_its_limit(car: Car, waits: list[float]) -> None:
    clock = ManualClock(BEGINNING)
    charger = charging(car, clock)
    clock.tick(sum(waits))

    after = charger.car
    assert after is not None
    assert after.state_of_charge <= max(car.state_of_charge, car.charge_limit) + 1e-6


@given(car=CARS, waits=WAITS)
def test_reports_never_run_ahead_of_what_happened_and_never_back(car: Car, waits: list[float]) -> None:
    clock = ManualClock(BEGINNING)
    charger = charging(car, clock)
    reported_wh, reported_at = charger.cloud.meter.lifetime_wh, charger.cloud.reported_at
    for wait in waits:
        clock.tick(wait)
        charger.advance()
        assert reported_wh <= charger.cloud.meter.lifetime_wh <= charger.lifetime_wh
        assert reported_at <= charger.cloud.reported_at <= clock()
        assert charger.cloud.meter.measured_at <= charger.cloud.reported_at
        reported_wh, reported_at = charger.cloud.meter.lifetime_wh, charger.cloud.reported_at


@given(waits=WAITS)
def test_meter_values_are_never_older_than_the_report_interval(waits: list[float]) -> None:
    clock = ManualClock(BEGINNING)
    charger = charging(Car(), clock)
    for wait in waits:
        clock.tick(wait)
        charger.advance()
        assert clock() - charger.cloud.meter.measured_at <= charger.reporting_interval


@pytest.mark.parametrize(
    ("model", "car", "level", "watts"),
    [
        (EU_THREE_PHASE_32A, Car(max_amps=16, phases=3), None, 16 * 230 * 3),
        (EU_THREE_PHASE_32A, Car(max_amps=32, phases=1), None, 32 * 230),
        (EU_THREE_PHASE_32A, Car(max_amps=32, phases=3), 10, 10 * 230 * 3),
        (NA_SINGLE_PHASE_48A, Car(max_amps=48, phases=1), None, 48 * 240),
        (NA_SINGLE_PHASE_80A, Car(max_amps=80, phases=1), None, 64 * 240),
        (NA_SINGLE_PHASE_80A, Car(max_amps=80, phases=1), 16, 16 * 240),
    ],
)
def test_power_is_volts_times_amps_times_lines(model: ChargerModel, car: Car, level: int | None, watts: float) -> None:
    clock = ManualClock(BEGINNING)
    charger = charging(car, clock, model, level)
    clock.tick(10)

    assert charger.watts == watts


def test_a_car_draws_less_and_less_near_its_end_and_then_nothing() -> None:
    shares = [0.2, 0.9, 0.92, 0.96, 0.999, 1.0]

    amps = [accepted_amps(Car(state_of_charge=share, max_amps=16, taper_from=0.9)) for share in shares]

    assert amps[:2] == [16, 16]
    assert amps == sorted(amps, reverse=True)
    assert amps[-2] > 0
    assert amps[-1] == 0


@given(car=CARS, watts=st.floats(100, 22_000))
def test_the_time_until_full_is_the_time_until_full(car: Car, watts: float) -> None:
    seconds = seconds_until_full(car, watts)

    assert charged(car, watts * seconds / 3600).state_of_charge == pytest.approx(
        max(car.state_of_charge, car.charge_limit)
    )


def test_the_sun_rises_peaks_at_noon_and_sets() -> None:
    sun = Sun(peak_watts=8000, sunrise_hour=6, sunset_hour=18)

    def watts(hour: int) -> float:
        return sun.watts(datetime(2026, 6, 1, hour, tzinfo=UTC))

    assert [watts(hour) for hour in (0, 6, 18, 23)] == [0, 0, 0, 0]
    assert watts(12) == pytest.approx(8000)
    assert 0 < watts(7) < watts(9) < watts(12) > watts(15) > watts(17) > 0


def test_a_night_in_green_mode_moves_no_energy() -> None:
    clock = ManualClock(datetime(2026, 11, 10, 20, 0, tzinfo=UTC))
    charger = World.with_one_charger(clock).charger
    charger.modes.fix(ChargeMode.GREEN)
    before = charger.lifetime_wh
    charger.plug_in(Car())

    clock.tick(timedelta(hours=9).total_seconds())
    charger.advance()

    assert charger.lifetime_wh == before
    assert charger.connectors[0].reason == "INSUFFICIENT_SOLAR"
