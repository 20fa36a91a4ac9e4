"""What energy costs and earns now: exact on the minute, from the tariff, in the money of the site."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest

from simulator import Family, Simulator, World, faults
from simulator.ready_tariffs import TARIFFS
from simulator.tariffs import DatedRates

from .energy_plan import (
    ALL_PRICES,
    EXPORT_CALENDAR,
    EXPORT_PRICE,
    IMPORT_CALENDAR,
    IMPORT_PRICE,
    PRICES_ONLY,
    PassTime,
    SetUp,
    device_of,
    loud,
    number,
    pass_time,
    set_up,
    shown,
    value,
)
from .long_runs import enable_event_loop_debug

__all__ = ["enable_event_loop_debug", "pass_time", "set_up"]

DEVICE = "monetary:4410287"
MOMENT = timedelta(seconds=1)
PRICED = ["flat", "time-of-use", "weekends", "tiered", "nem3"]
MONEY = (Family.TARIFF, Family.DATED_RATES, Family.SAVINGS, Family.CURRENCY)
# Midnight in Vienna is 23:00 UTC
MIDNIGHT = datetime(2026, 11, 17, 23, tzinfo=UTC)


def rates_asked_for(simulator: Simulator) -> list[str]:
    """Return the days whose export rates were asked for, in order."""
    return [request.query["date"] for request in simulator.requests.of(Family.DATED_RATES)]


def price_of_the_day(day: date, minute: int) -> float:
    """Return an export rate that tells its date and hour."""
    return day.day + minute // 60 / 100


class TestDevice:
    """What is filed."""

    async def test_the_device_bears_the_name_of_the_site(self, hass: HomeAssistant, set_up: SetUp) -> None:
        await set_up()
        device, site = device_of(hass, DEVICE), device_of(hass, "site:4410287")
        assert device is not None
        assert site is not None
        assert (device.name, device.entry_type, device.via_device_id) == (
            "Energy prices Lark Street",
            dr.DeviceEntryType.SERVICE,
            site.id,
        )
        assert {entity_id for entity_id in hass.states.async_entity_ids() if "energy_prices" in entity_id} == ALL_PRICES

    async def test_turning_the_feature_off_removes_its_device_and_asks_nothing(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        entry = await set_up(options=PRICES_ONLY)
        hass.config_entries.async_update_entry(entry, options={**PRICES_ONLY, "enable_monetary": False})
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.requests.clear()
        await pass_time(timedelta(hours=7), step=600)
        assert device_of(hass, DEVICE) is None
        assert not any("energy_prices" in entity_id for entity_id in hass.states.async_entity_ids())
        assert simulator.requests.count(Family.TARIFF, Family.DATED_RATES, Family.SAVINGS) == 0


class TestNow:
    """The price of the present minute."""

    @pytest.mark.freeze_time("2026-11-16 22:50:00+00:00")
    @pytest.mark.parametrize("name", PRICED)
    async def test_the_price_is_that_of_the_tariff_all_day_long(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime, name: str
    ) -> None:
        """Traps 17, 18 and 19: rows without times, inclusive and exclusive ends, and rates known by date only."""
        world.site.tariff = TARIFFS[name]
        await set_up(options=PRICES_ONLY)
        for _quarter in range(4 * 26):
            local = world.site.local(datetime.now(UTC))
            assert number(hass, IMPORT_PRICE) == world.site.tariff.import_rate(local), local
            assert number(hass, EXPORT_PRICE) == world.site.tariff.export_rate(local), local
            await pass_time(timedelta(minutes=15), step=900)

    @pytest.mark.freeze_time("2026-11-17 14:58:10+00:00")
    async def test_a_price_switches_on_the_second_without_a_request(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        await set_up(options=PRICES_ONLY)
        peak = datetime(2026, 11, 17, 15, tzinfo=UTC)
        await pass_time(peak - MOMENT)
        simulator.requests.clear()
        assert (number(hass, IMPORT_PRICE), number(hass, EXPORT_PRICE)) == (0.3438, 0.3438)
        assert shown(hass, IMPORT_CALENDAR).attributes["message"] == "0.3438 USD/kWh"
        await pass_time(MOMENT)
        assert (number(hass, IMPORT_PRICE), number(hass, EXPORT_PRICE)) == (0.412, 0.412)
        assert shown(hass, IMPORT_CALENDAR).attributes["message"] == "0.412 USD/kWh"
        assert simulator.requests.count(*MONEY) == 0

    @pytest.mark.freeze_time("2026-10-25 00:50:00+00:00")
    async def test_a_price_lasts_through_the_hour_that_comes_twice(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime
    ) -> None:
        """At 1:00 UTC the clock in Vienna goes from 3:00 back to 2:00."""
        world.site.tariff = replace(TARIFFS["nem3"], dated=DatedRates(rate=price_of_the_day, step=15))
        await set_up(options=PRICES_ONLY)
        for _quarter in range(8):
            local = world.site.local(datetime.now(UTC))
            assert number(hass, EXPORT_PRICE) == world.site.tariff.export_rate(local), local
            assert value(hass, EXPORT_CALENDAR) == STATE_ON, local
            await pass_time(timedelta(minutes=15))

    @pytest.mark.freeze_time("2026-11-17 16:00:00+00:00")
    async def test_a_price_tells_its_period_its_end_and_its_parts(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        await set_up(options=PRICES_ONLY)
        attributes = shown(hass, IMPORT_PRICE).attributes
        assert attributes["unit_of_measurement"] == "USD/kWh"
        assert attributes["state_class"] == "measurement"
        assert "device_class" not in attributes
        assert attributes["period"] == "peak"
        assert attributes["valid_until"] == datetime(2026, 11, 17, 20, tzinfo=UTC)
        assert attributes["rate_components"] == {"Generation": 0.2512, "Delivery": 0.1648, "Credit": -0.004}
        assert attributes["base_rate"] is False

    @pytest.mark.freeze_time("2026-11-17 16:00:00+00:00")
    async def test_a_price_that_depends_on_the_consumption_is_the_base_rate_and_says_so(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        world.site.tariff = TARIFFS["tiered"]
        await set_up(options=PRICES_ONLY)
        assert number(hass, IMPORT_PRICE) == 0.298
        assert shown(hass, IMPORT_PRICE).attributes["base_rate"] is True
        assert shown(hass, EXPORT_PRICE).attributes["base_rate"] is False
        assert "Base rate" in shown(hass, IMPORT_CALENDAR).attributes["description"]

    async def test_a_site_without_tariff_has_unknown_prices(
        self, hass: HomeAssistant, world: World, set_up: SetUp, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.site.tariff = TARIFFS["none"]
        await set_up(options=PRICES_ONLY)
        assert {value(hass, price) for price in (IMPORT_PRICE, EXPORT_PRICE)} == {STATE_UNKNOWN}
        assert {value(hass, calendar) for calendar in (IMPORT_CALENDAR, EXPORT_CALENDAR)} == {STATE_OFF}
        assert not loud(caplog)


@pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
class TestTariff:
    """The tariff is read every six hours."""

    async def test_another_tariff_is_noticed(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        world.site.tariff = TARIFFS["weekends"]
        await pass_time(timedelta(hours=5, minutes=58), step=300)
        assert (number(hass, IMPORT_PRICE), simulator.requests.count(Family.TARIFF)) == (0.271, 1)
        await pass_time(timedelta(minutes=4))
        assert (number(hass, IMPORT_PRICE), simulator.requests.count(Family.TARIFF)) == (0.348, 2)

    async def test_a_tariff_that_is_deleted_leaves_no_price(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        world.site.tariff = TARIFFS["none"]
        await pass_time(timedelta(hours=6, minutes=2), step=300)
        assert value(hass, IMPORT_PRICE) == STATE_UNKNOWN

    async def test_rates_by_date_are_read_as_soon_as_the_tariff_has_none_of_its_own(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        await set_up(options=PRICES_ONLY)
        assert not rates_asked_for(simulator), "seasons come first"
        world.site.tariff = replace(TARIFFS["nem3"], dated=DatedRates(rate=price_of_the_day))
        await pass_time(timedelta(hours=6, minutes=2), step=300)
        assert rates_asked_for(simulator) == ["2026-11-17", "2026-11-18"]
        assert number(hass, EXPORT_PRICE) == 17.19


@pytest.mark.freeze_time("2026-11-17 21:50:00+00:00")
class TestRatesByDate:
    """Trap 19: what the grid pays is known for single days, and each reply is good for its own."""

    @pytest.fixture(autouse=True)
    def tariff(self, world: World) -> None:
        """A tariff whose export rates tell their date."""
        world.site.tariff = replace(TARIFFS["nem3"], dated=DatedRates(rate=price_of_the_day))

    async def test_today_and_tomorrow_are_read_once_a_day_at_the_midnight_of_the_site(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        assert rates_asked_for(simulator) == ["2026-11-17", "2026-11-18"]
        await pass_time(MIDNIGHT - MOMENT)
        assert len(rates_asked_for(simulator)) == 2
        simulator.requests.clear()
        await pass_time(MIDNIGHT + timedelta(seconds=3), step=1)
        assert rates_asked_for(simulator) == ["2026-11-18", "2026-11-19"]
        await pass_time(timedelta(hours=23), step=900)
        assert len(rates_asked_for(simulator)) == 2

    async def test_seasons_without_a_rate_are_no_reason_not_to_ask(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator
    ) -> None:
        season = {"id": "default", "startMonth": "1", "endMonth": "12", "days": []}
        simulator.faults.add(faults.field_value("buyback.seasons", [season]), Family.TARIFF)
        await set_up(options=PRICES_ONLY)
        assert rates_asked_for(simulator) == ["2026-11-17", "2026-11-18"]
        assert number(hass, EXPORT_PRICE) == 17.22

    async def test_the_price_changes_its_day_at_midnight_without_waiting_for_the_cloud(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        simulator.faults.add(faults.status_code(503), Family.DATED_RATES)
        await pass_time(MIDNIGHT - MOMENT)
        assert number(hass, EXPORT_PRICE) == 17.23
        await pass_time(MOMENT)
        assert number(hass, EXPORT_PRICE) == 18.00
        await pass_time(timedelta(hours=22), step=900)
        assert number(hass, EXPORT_PRICE) == 18.22

    async def test_a_day_whose_rates_never_came_has_no_price(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        simulator.faults.add(faults.status_code(503), Family.DATED_RATES)
        await pass_time(MIDNIGHT + timedelta(days=1) - MOMENT, step=900)
        assert number(hass, EXPORT_PRICE) == 18.23
        await pass_time(MOMENT)
        assert (value(hass, EXPORT_PRICE), value(hass, EXPORT_CALENDAR)) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE)
        assert number(hass, IMPORT_PRICE) == 0.238

    async def test_rates_that_were_corrected_over_night_are_taken(
        self, hass: HomeAssistant, world: World, set_up: SetUp, pass_time: PassTime
    ) -> None:
        await set_up(options=PRICES_ONLY)
        world.site.tariff = replace(TARIFFS["nem3"], dated=DatedRates(rate=lambda _day, _minute: 0.5))
        await pass_time(MIDNIGHT + timedelta(minutes=2))
        assert number(hass, EXPORT_PRICE) == 0.5

    async def test_failures_of_yesterday_do_not_cost_today(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        """After some failures nothing is asked for a day, but a new day is a new question."""
        outage = simulator.faults.add(faults.status_code(503), Family.DATED_RATES)
        await set_up(options=PRICES_ONLY)
        await pass_time(MIDNIGHT + timedelta(hours=22), step=900)
        simulator.faults.remove(outage)
        await pass_time(MIDNIGHT + timedelta(days=1, minutes=1), step=60)
        assert number(hass, EXPORT_PRICE) == 19.00

    @pytest.mark.parametrize(
        "trouble",
        [
            pytest.param(faults.status_code(503), id="503"),
            pytest.param(faults.status_code(404), id="404"),
            pytest.param(faults.truncated(), id="truncated"),
            pytest.param(faults.payload({"data": "oops"}), id="not readable"),
        ],
    )
    async def test_a_service_in_trouble_is_not_asked_again_and_again(
        self, set_up: SetUp, simulator: Simulator, pass_time: PassTime, trouble: faults.Trouble
    ) -> None:
        """Trap 57: once an hour, then less."""
        simulator.faults.add(trouble, Family.DATED_RATES)
        await set_up(options=PRICES_ONLY)
        await pass_time(timedelta(hours=24), step=300)
        assert simulator.requests.count(Family.DATED_RATES) <= 6

    async def test_a_failure_for_tomorrow_does_not_cost_today(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator
    ) -> None:
        simulator.faults.add(
            faults.transformed(lambda data: data if "17.23" in str(data) else {"data": None}), Family.DATED_RATES
        )
        await set_up(options=PRICES_ONLY)
        assert rates_asked_for(simulator) == ["2026-11-17", "2026-11-18"]
        assert number(hass, EXPORT_PRICE) == 17.22

    async def test_a_cloud_without_rates_for_the_site_leaves_the_price_unknown(
        self, hass: HomeAssistant, world: World, set_up: SetUp
    ) -> None:
        world.site.tariff = replace(TARIFFS["nem3"], dated=None)
        await set_up(options=PRICES_ONLY)
        assert (value(hass, EXPORT_PRICE), value(hass, EXPORT_CALENDAR)) == (STATE_UNKNOWN, STATE_OFF)


class TestCurrency:
    """Trap 20: the money is that of the site, and a unit once chosen does not change."""

    @pytest.fixture(autouse=True)
    def home(self, hass: HomeAssistant) -> None:
        """Home Assistant reckons in pounds."""
        hass.config.currency = "GBP"

    @pytest.mark.parametrize(("name", "code"), [("flat", "EUR"), ("nem3", "USD")])
    async def test_the_currency_is_that_of_the_cloud(
        self, hass: HomeAssistant, world: World, set_up: SetUp, name: str, code: str
    ) -> None:
        world.site.tariff = TARIFFS[name]
        await set_up(options=PRICES_ONLY)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == f"{code}/kWh"
        assert shown(hass, EXPORT_PRICE).attributes["unit_of_measurement"] == f"{code}/kWh"
        assert code in shown(hass, IMPORT_CALENDAR).attributes["message"]

    @pytest.mark.parametrize(
        "trouble",
        [
            pytest.param(faults.status_code(404), id="404"),
            pytest.param(faults.field_value("currency_conversion.currency_unit", None), id="no code"),
            pytest.param(faults.field_value("currency_conversion.currency_unit", "€"), id="a symbol"),
        ],
    )
    async def test_without_a_code_the_sign_tells_the_currency(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, trouble: faults.Trouble
    ) -> None:
        simulator.faults.add(trouble, Family.CURRENCY)
        await set_up(options=PRICES_ONLY)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == "EUR/kWh"

    @pytest.mark.parametrize(
        ("sign", "country", "code"),
        [
            ("$", "AU", "AUD"),
            ("$", "ca", "CAD"),
            ("$", "NZ", "NZD"),
            ("$", "US", "USD"),
            ("£", "US", "GBP"),
            ("$", "AT", "CHF"),
            ("$", None, "CHF"),
            ("¤", "AU", "CHF"),
        ],
    )
    async def test_whose_dollars_they_are_the_country_tells_and_else_home_assistant(
        self,
        hass: HomeAssistant,
        set_up: SetUp,
        simulator: Simulator,
        sign: str,
        country: str | None,
        code: str,
    ) -> None:
        hass.config.currency = "CHF"
        simulator.faults.add(faults.status_code(404), Family.CURRENCY)
        simulator.faults.add(faults.field_value("currency", sign), Family.TARIFF)
        simulator.faults.add(faults.field_value("country", country), Family.TARIFF)
        await set_up(options=PRICES_ONLY)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == f"{code}/kWh"

    async def test_a_currency_that_was_guessed_stays_as_well(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator
    ) -> None:
        simulator.faults.add(faults.status_code(404), Family.CURRENCY)
        simulator.faults.add(faults.field_value("currency", "$"), Family.TARIFF)
        entry = await set_up(options=PRICES_ONLY)
        simulator.faults.clear()
        hass.config.currency = "CHF"
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == "GBP/kWh"

    async def test_a_cloud_that_never_tells_the_currency_is_waited_for_an_hour(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        simulator.faults.add(faults.status_code(503), Family.CURRENCY)
        simulator.faults.add(faults.field_value("currency", "$"), Family.TARIFF)
        await set_up(options=PRICES_ONLY)
        await pass_time(timedelta(minutes=58), step=120)
        assert device_of(hass, DEVICE) is None
        await pass_time(timedelta(minutes=9), step=120)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == "GBP/kWh"

    async def test_a_cloud_that_cannot_tell_the_currency_now_is_waited_for(
        self, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        outage = simulator.faults.add(faults.status_code(503), Family.CURRENCY)
        await set_up(options=PRICES_ONLY)
        assert device_of(hass, DEVICE) is None, "no unit is better than one that changes"
        simulator.faults.remove(outage)
        await pass_time(timedelta(minutes=12))
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == "EUR/kWh"

    async def test_the_currency_does_not_change_while_running_nor_over_a_reload(
        self, hass: HomeAssistant, world: World, set_up: SetUp, simulator: Simulator, pass_time: PassTime
    ) -> None:
        entry = await set_up(options=PRICES_ONLY)
        world.site.tariff = TARIFFS["time-of-use"]
        await pass_time(timedelta(hours=25), step=1800)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == "EUR/kWh"
        simulator.faults.add(faults.status_code(404), Family.CURRENCY)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert shown(hass, IMPORT_PRICE).attributes["unit_of_measurement"] == "EUR/kWh"

    async def test_the_zone_is_the_one_of_the_site(self, hass: HomeAssistant) -> None:
        """All tests here are worth nothing in a Home Assistant that stands where the site is."""
        assert str(dt_util.get_default_time_zone()) == "US/Pacific"
