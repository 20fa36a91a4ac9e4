"""What was spent and earned today: the figures of one day at the site, and of no other."""

from datetime import UTC, datetime, timedelta

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest

from simulator import Family, Simulator, World, faults
from simulator.accounting import day_totals
from simulator.ready_tariffs import TARIFFS
from simulator.savings import WithoutTariff

from .energy_plan import (
    IMPORT_PRICE,
    PRICES_ONLY,
    SAVED_EXPORT,
    SAVED_IMPORT,
    PassTime,
    SetUp,
    loud,
    number,
    pass_time,
    set_up,
    shown,
    value,
)

__all__ = ["pass_time", "set_up"]

MOMENT = timedelta(seconds=1)
# Midnight in Vienna is 23:00 UTC in winter
MIDNIGHT = datetime(2026, 11, 17, 23, tzinfo=UTC)
BOTH = (SAVED_IMPORT, SAVED_EXPORT)


def both(hass: HomeAssistant) -> tuple[str, str]:
    """Return what the two sensors show."""
    return value(hass, SAVED_IMPORT), value(hass, SAVED_EXPORT)


def resets(hass: HomeAssistant) -> set[object]:
    """Return when the sensors say that they began at zero."""
    return {shown(hass, entity_id).attributes.get("last_reset") for entity_id in BOTH}


@pytest.fixture(autouse=True)
def sun(world: World) -> None:
    """A sunny day, on which energy goes both ways."""
    world.site.solar_watts = 3000.0


@pytest.mark.freeze_time("2026-11-17 15:00:00+00:00")
class TestDay:
    """An ordinary afternoon."""

    async def test_the_figures_are_those_of_the_cloud_in_the_money_of_the_site(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        await set_up(options=PRICES_ONLY)
        totals = day_totals(world.site, world.site.local(datetime.now(UTC)).date())
        assert totals.import_cost
        assert totals.export_earning is not None
        assert number(hass, SAVED_IMPORT) == pytest.approx(totals.import_cost, abs=0.001)
        assert number(hass, SAVED_EXPORT) == pytest.approx(totals.export_earning, abs=0.001)
        for entity_id in BOTH:
            attributes = shown(hass, entity_id).attributes
            assert attributes["unit_of_measurement"] == "EUR"
            assert attributes["device_class"] == "monetary"
            assert attributes["state_class"] == "total"

    async def test_they_count_from_the_midnight_of_the_site(self, hass: HomeAssistant, set_up: SetUp) -> None:
        """Trap 24: the day is the site's, not that of Home Assistant."""
        await set_up(options=PRICES_ONLY)
        assert resets(hass) == {"2026-11-16T23:00:00+00:00"}

    async def test_they_are_read_every_half_hour(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        before = number(hass, SAVED_EXPORT)
        await pass_time(timedelta(minutes=29))
        assert simulator.requests.count(Family.SAVINGS) == 1
        await pass_time(timedelta(minutes=2))
        assert simulator.requests.count(Family.SAVINGS) == 2
        assert number(hass, SAVED_EXPORT) > before

    @pytest.mark.parametrize("answer", list(WithoutTariff))
    async def test_a_site_without_tariff_saves_nobody_knows_what(
        self,
        hass: HomeAssistant,
        world: World,
        set_up: SetUp,
        pass_time: PassTime,
        answer: WithoutTariff,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        world.site.tariff = TARIFFS["none"]
        world.site.savings.without_tariff = answer
        await set_up(options=PRICES_ONLY)
        assert both(hass) == (STATE_UNKNOWN, STATE_UNKNOWN)
        await pass_time(timedelta(hours=5), step=300)
        assert both(hass) == (STATE_UNKNOWN, STATE_UNKNOWN)
        assert not loud(caplog)


@pytest.mark.freeze_time("2026-11-17 22:40:10+00:00")
class TestMidnight:
    """Trap 24: around midnight the cloud may still speak of yesterday."""

    async def test_yesterday_is_not_shown_as_today(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        await pass_time(MIDNIGHT - MOMENT)
        yesterday = both(hass)
        assert STATE_UNKNOWN not in yesterday
        simulator.requests.clear()
        await pass_time(MOMENT)
        assert both(hass) == (STATE_UNKNOWN, STATE_UNKNOWN)
        assert resets(hass) == {None}
        assert simulator.requests.count(Family.SAVINGS) == 0, "the clock alone says so"

    async def test_the_new_day_begins_with_its_own_figures(
        self, hass: HomeAssistant, set_up: SetUp, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        yesterday = number(hass, SAVED_EXPORT)
        await pass_time(MIDNIGHT + timedelta(minutes=31))
        assert number(hass, SAVED_EXPORT) < yesterday
        assert resets(hass) == {"2026-11-17T23:00:00+00:00"}

    async def test_an_answer_for_the_day_before_is_no_answer(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        world.site.savings.lag = timedelta(hours=2)
        await set_up(options=PRICES_ONLY)
        await pass_time(MIDNIGHT + timedelta(hours=1, minutes=59))
        assert simulator.requests.last(Family.SAVINGS).query["date"] == "2026-11-18"
        assert both(hass) == (STATE_UNKNOWN, STATE_UNKNOWN)
        await pass_time(timedelta(minutes=32))
        assert STATE_UNKNOWN not in both(hass)

    async def test_a_figure_never_stands_beside_the_midnight_of_another_day(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime
    ) -> None:
        world.site.savings.lag = timedelta(minutes=25)
        await set_up(options=PRICES_ONLY)
        for _minute in range(90):
            await pass_time(timedelta(minutes=1))
            local = world.site.local(datetime.now(UTC))
            begun = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC).isoformat()
            assert resets(hass) == ({begun} if both(hass) != (STATE_UNKNOWN, STATE_UNKNOWN) else {None}), local


class TestDaysWithAChangeOfTheClock:
    """Days of 23 and of 25 hours."""

    @pytest.mark.parametrize(
        "day",
        [
            pytest.param("2026-03-29", id="23 hours", marks=pytest.mark.freeze_time("2026-03-29 12:00:00+00:00")),
            pytest.param("2026-10-25", id="25 hours", marks=pytest.mark.freeze_time("2026-10-25 12:00:00+00:00")),
        ],
    )
    async def test_the_day_begins_at_midnight_all_the_same(
        self, hass: HomeAssistant, world: World, set_up: SetUp, day: str
    ) -> None:
        await set_up(options=PRICES_ONLY)
        begun = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=world.site.time_zone).astimezone(UTC)
        assert resets(hass) == {begun.isoformat()}


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
class TestOutage:
    """The cloud tells no figures."""

    async def test_the_last_figures_stay_for_two_hours(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        before = both(hass)
        outage = simulator.faults.add(faults.status_code(503), Family.SAVINGS)
        await pass_time(timedelta(minutes=115), step=300)
        assert both(hass) == before
        await pass_time(timedelta(minutes=60), step=300)
        assert both(hass) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE)
        assert number(hass, IMPORT_PRICE) == 0.271
        simulator.faults.remove(outage)
        await pass_time(timedelta(minutes=70), step=300)
        assert number(hass, SAVED_EXPORT) > float(before[1])

    async def test_an_empty_answer_in_between_takes_nothing_back(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        before = both(hass)
        simulator.faults.add(faults.null_data(), Family.SAVINGS, times=1)
        await pass_time(timedelta(minutes=45))
        assert both(hass) == before
        await pass_time(timedelta(minutes=20))
        assert number(hass, SAVED_EXPORT) > float(before[1])

    async def test_empty_answers_for_two_hours_leave_nothing_known(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        simulator.faults.add(faults.null_data(), Family.SAVINGS)
        await pass_time(timedelta(minutes=160), step=300)
        assert both(hass) == (STATE_UNKNOWN, STATE_UNKNOWN)

    async def test_figures_of_yesterday_do_not_outlive_midnight(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        await pass_time(MIDNIGHT - timedelta(minutes=20), step=300)
        simulator.faults.add(faults.status_code(503), Family.SAVINGS)
        await pass_time(MIDNIGHT - MOMENT)
        assert STATE_UNAVAILABLE not in both(hass)
        await pass_time(MOMENT)
        assert not {STATE_UNKNOWN, STATE_UNAVAILABLE}.isdisjoint(both(hass))
        await pass_time(timedelta(minutes=31))
        assert both(hass) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE)
