"""The calendars of prices and of grid events, as a script or a dashboard asks for them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from simulator import World
from simulator.ready_tariffs import TARIFFS
from simulator.tariffs import DatedRates
from simulator.vpp import GridEvent, VirtualPowerPlant

from .energy_plan import (
    EVENT_CALENDAR,
    EXPORT_CALENDAR,
    IMPORT_CALENDAR,
    PRICES_ONLY,
    PROGRAM_ONLY,
    SetUp,
    calendar_events,
    set_up,
)
from .long_runs import enable_event_loop_debug

__all__ = ["enable_event_loop_debug", "set_up"]

pytestmark = pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")

VIENNA = ZoneInfo("Europe/Vienna")
FIRST, LAST = datetime(2025, 11, 1, tzinfo=VIENNA), datetime(2026, 12, 6, tzinfo=VIENNA)
"""Four hundred days at the site with both changes of the clock, most of them in the past."""

HOUR = timedelta(hours=1)


def spans(events: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """Return when events begin and end."""
    return [(event["start"].astimezone(UTC), event["end"].astimezone(UTC)) for event in events]


def price_in(event: dict[str, Any]) -> float:
    """Return the price that an event is called by."""
    return float(event["summary"].split()[0])


def cancelled(plant: VirtualPowerPlant, event: GridEvent) -> None:
    """Call an event off."""
    plant.cancel(event)


def superseded(_plant: VirtualPowerPlant, event: GridEvent) -> None:
    """Mark an event as replaced by another."""
    event.superseded = True


def opted_out(_plant: VirtualPowerPlant, event: GridEvent) -> None:
    """Have the site take no part in an event."""
    event.status = "optedout"


class TestPrices:
    """One event for each price period."""

    @pytest.mark.parametrize("name", ["flat", "time-of-use", "weekends", "tiered"])
    @pytest.mark.parametrize("calendar", [IMPORT_CALENDAR, EXPORT_CALENDAR])
    async def test_four_hundred_days_are_complete_and_right(
        self, hass: HomeAssistant, world: World, set_up: SetUp, name: str, calendar: str
    ) -> None:
        tariff = world.site.tariff = TARIFFS[name]
        rate = tariff.import_rate if calendar == IMPORT_CALENDAR else tariff.export_rate
        await set_up(options=PRICES_ONLY)
        events = await calendar_events(hass, calendar, FIRST, LAST)
        times = spans(events)
        assert times[0][0] <= FIRST.astimezone(UTC)
        assert times[-1][1] >= LAST.astimezone(UTC)
        assert all(before[1] == after[0] for before, after in pairwise(times))
        wrong = [
            moment
            for event, (start, end) in zip(events, times, strict=True)
            for moment in (start, start + (end - start) / 2, end - timedelta(minutes=1))
            if price_in(event) != rate(moment.astimezone(VIENNA))
        ]
        assert wrong == []

    async def test_days_are_as_long_as_the_clock_makes_them(self, hass: HomeAssistant, set_up: SetUp) -> None:
        await set_up(options=PRICES_ONLY)
        events = await calendar_events(hass, IMPORT_CALENDAR, FIRST, LAST)
        lengths = {start.astimezone(VIENNA).date().isoformat(): (end - start) // HOUR for start, end in spans(events)}
        assert len(lengths) == 400
        assert {day: hours for day, hours in lengths.items() if hours != 24} == {"2026-03-29": 23, "2026-10-25": 25}

    async def test_a_day_more_is_refused(self, hass: HomeAssistant, set_up: SetUp) -> None:
        await set_up(options=PRICES_ONLY)
        with pytest.raises(ServiceValidationError) as raised:
            await calendar_events(hass, IMPORT_CALENDAR, FIRST, LAST + timedelta(days=1))
        assert raised.value.translation_key == "range_too_long"

    async def test_days_at_the_end_of_time_are_refused(self, hass: HomeAssistant, set_up: SetUp) -> None:
        await set_up(options=PRICES_ONLY)
        with pytest.raises(ServiceValidationError) as raised:
            await calendar_events(
                hass, IMPORT_CALENDAR, datetime(9999, 12, 30, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
            )
        assert raised.value.translation_key == "day_out_of_reach"

    async def test_rates_by_date_are_shown_as_far_as_they_are_known(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        world.site.tariff = replace(TARIFFS["nem3"], dated=DatedRates(rate=lambda day, minute: day.day + minute / 6000))
        await set_up(options=PRICES_ONLY)
        events = await calendar_events(hass, EXPORT_CALENDAR, FIRST, LAST)
        begin = datetime(2026, 11, 17, tzinfo=VIENNA).astimezone(UTC)
        assert spans(events) == [(begin + number * HOUR, begin + (number + 1) * HOUR) for number in range(48)]
        assert [price_in(event) for event in events] == pytest.approx(
            [day + hour / 100 for day in (17, 18) for hour in range(24)]
        )

    @pytest.mark.freeze_time("2026-10-24 12:00:00+00:00")
    @pytest.mark.parametrize("home", ["US/Pacific", "Europe/Vienna"])
    async def test_the_hour_that_comes_twice_has_its_prices_twice(
        self, hass: HomeAssistant, world: World, set_up: SetUp, home: str
    ) -> None:
        await hass.config.async_set_time_zone(home)
        world.site.tariff = replace(TARIFFS["nem3"], dated=DatedRates(rate=lambda _day, minute: minute / 100, step=30))
        await set_up(options=PRICES_ONLY)
        day = datetime(2026, 10, 25, tzinfo=VIENNA)
        events = await calendar_events(hass, EXPORT_CALENDAR, day, day + timedelta(days=1))
        begin, half = day.astimezone(UTC), HOUR / 2
        assert spans(events) == [(begin + number * half, begin + (number + 1) * half) for number in range(50)]
        assert [price_in(event) for event in events][3:9] == [0.9, 1.2, 1.5, 1.2, 1.5, 1.8]


class TestGridEvents:
    """Events of the utility, those that take place."""

    @pytest.mark.parametrize("withdraw", [cancelled, superseded, opted_out])
    async def test_what_was_called_off_is_left_out(
        self,
        hass: HomeAssistant,
        world: World,
        set_up: SetUp,
        withdraw: Callable[[VirtualPowerPlant, GridEvent], None],
    ) -> None:
        plant = world.site.vpp
        kept, withdrawn = (
            plant.schedule(start=datetime(2026, 11, day, 17, 0, tzinfo=UTC), duration=HOUR) for day in (18, 19)
        )
        withdraw(plant, withdrawn)
        await set_up(options=PROGRAM_ONLY)
        events = await calendar_events(hass, EVENT_CALENDAR, FIRST, LAST)
        assert spans(events) == [(kept.start, kept.end)]

    async def test_past_and_coming_events_are_shown_in_order(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        starts = [datetime(2026, 11, day, 17, 0, tzinfo=UTC) for day in (20, 3, 17)]
        for start in starts:
            world.site.vpp.schedule(start=start, duration=HOUR)
        await set_up(options=PROGRAM_ONLY)
        events = await calendar_events(hass, EVENT_CALENDAR, FIRST, LAST)
        assert spans(events) == [(start, start + HOUR) for start in sorted(starts)]

    @pytest.mark.parametrize("day", [18, 19])
    async def test_one_over_midnight_is_the_same_on_both_days(
        self, hass: HomeAssistant, world: World, set_up: SetUp, day: int
    ) -> None:
        start = datetime(2026, 11, 18, 23, 0, tzinfo=VIENNA).astimezone(UTC)
        world.site.vpp.schedule(start=start, duration=2 * HOUR)
        await set_up(options=PROGRAM_ONLY)
        midnight = datetime(2026, 11, day, tzinfo=VIENNA)
        events = await calendar_events(hass, EVENT_CALENDAR, midnight, midnight + timedelta(days=1))
        assert spans(events) == [(start, start + 2 * HOUR)]
