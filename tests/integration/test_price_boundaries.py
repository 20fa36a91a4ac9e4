"""The import price around the days on which the calendar or the clock of the site is unlike others."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
import pytest

from simulator import World
from simulator.ready_tariffs import TARIFFS

from .energy_plan import IMPORT_PRICE, PRICES_ONLY, PassTime, SetUp, number, pass_time, set_up
from .long_runs import enable_event_loop_debug

__all__ = ["enable_event_loop_debug", "pass_time", "set_up"]

MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("boundary", "before", "after"),
    [
        pytest.param(
            datetime(2027, 5, 31, 22, tzinfo=UTC),
            0.3438,
            0.271,
            id="summer begins",
            marks=pytest.mark.freeze_time("2027-05-31 21:50:00+00:00"),
        ),
        pytest.param(
            datetime(2026, 9, 30, 22, tzinfo=UTC),
            0.3799,
            0.238,
            id="winter begins",
            marks=pytest.mark.freeze_time("2026-09-30 21:50:00+00:00"),
        ),
        pytest.param(
            datetime(2027, 3, 28, 13, tzinfo=UTC),
            0.238,
            0.3438,
            id="afternoon of the day of 23 hours",
            marks=pytest.mark.freeze_time("2027-03-28 00:30:00+00:00"),
        ),
        pytest.param(
            datetime(2026, 10, 25, 14, tzinfo=UTC),
            0.238,
            0.3438,
            id="afternoon of the day of 25 hours",
            marks=pytest.mark.freeze_time("2026-10-24 23:30:00+00:00"),
        ),
    ],
)
async def test_a_price_switches_by_the_calendar_and_the_clock_of_the_site(
    hass: HomeAssistant,
    world: World,
    set_up: SetUp,
    pass_time: PassTime,
    boundary: datetime,
    before: float,
    after: float,
) -> None:
    """The tariff has a summer from June to September, in Vienna, and costs more from 15:00."""
    world.site.tariff = TARIFFS["time-of-use"]
    await set_up(options=PRICES_ONLY)
    await pass_time(boundary - MOMENT, step=600)
    assert number(hass, IMPORT_PRICE) == before
    await pass_time(MOMENT)
    assert number(hass, IMPORT_PRICE) == after
