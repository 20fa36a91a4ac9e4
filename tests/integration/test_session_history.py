"""What the history adds to the last session, when it is read, and in which currency its cost is told."""

from datetime import UTC, datetime, timedelta

from homeassistant.components.sensor import ATTR_LAST_RESET, ATTR_STATE_CLASS
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import CONF_SERIALS, CONF_SITE_ID
from simulator import Car, Family, Simulator, World, commands, faults
from simulator.faults import Trouble
from simulator.ready_tariffs import TARIFFS

from .conftest import SetupEntry
from .long_runs import enable_event_loop_debug
from .passing_time import Advance
from .past_sessions import A_MINUTE, AN_HOUR, COST, ENERGY, RANGE, STATUS, SWITCH, add_session, charge, shown

__all__ = ["enable_event_loop_debug"]

pytestmark = pytest.mark.freeze_time("2026-11-10 09:00:00+00:00")

UNREADABLE: dict[str, Trouble] = {
    "an error": faults.status_code(503),
    "a missing service": faults.status_code(550),
    "a refusal": faults.status_code(401),
    "an empty page that promises more": faults.payload({"data": {"result": [], "hasMore": True}}),
    "no list": faults.field_value("data.result", None),
    "more pages than there are": faults.field_value("data.hasMore", True),
    "a row without times": faults.field_missing("data.result.*.startTime"),
}


async def settled(hass: HomeAssistant) -> None:
    """Wait for what the chargers do not wait for."""
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def world(freezer: object) -> World:
    """A cloud whose status never tells a cost, so that it has to come from the history."""
    world = World.with_one_charger()
    world.account.token_lifetime = timedelta(days=30)
    world.charger.history.cost_in_status = False
    return world


def is_estimated(hass: HomeAssistant) -> bool:
    """Return whether the cost is still worked out here, from the energy and the price in force."""
    return shown(hass, COST).attributes["estimated"] is True


class TestCost:
    """Trap 23: nothing, then a value, then perhaps another."""

    async def test_the_cost_arrives_hours_after_the_session(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        await setup_entry()
        await charge(hass, world, advance)
        assert is_estimated(hass)
        await advance(AN_HOUR, step=200)
        assert is_estimated(hass)
        await advance(1.6 * AN_HOUR, step=200)
        assert float(shown(hass, COST).state) > 0
        assert not is_estimated(hass)

    async def test_a_cost_that_is_corrected_takes_the_place_of_the_first(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.charger.history.cost_after = timedelta()
        await setup_entry()
        await charge(hass, world, advance)
        first = float(shown(hass, COST).state)
        assert first > 0
        simulator.faults.add(faults.field_value("data.result.*.sessionCost", 9.99), Family.HISTORY)
        await advance(0.7 * AN_HOUR, step=200)
        assert float(shown(hass, COST).state) == 9.99

    async def test_the_cost_in_the_status_shows_until_the_history_has_one(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        await charge(hass, world, advance)
        simulator.faults.add(faults.field_value("data.chargers.*.session_d.session_cost", 4.25), Family.STATUS)
        await advance(40)
        assert shown(hass, COST).state == "4.25"
        world.charger.history.cost_after = timedelta()
        await advance(0.7 * AN_HOUR, step=200)
        assert 0 < float(shown(hass, COST).state) < 4

    async def test_a_new_session_begins_without_the_cost_of_the_last_one(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.history.cost_after = timedelta()
        await setup_entry()
        await charge(hass, world, advance)
        before = shown(hass, COST)
        assert before.state != STATE_UNKNOWN
        world.charger.plug_in(Car())
        await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True)
        await advance(60)
        assert shown(hass, COST).state == STATE_UNKNOWN or is_estimated(hass)
        assert datetime.fromisoformat(shown(hass, COST).attributes[ATTR_LAST_RESET]) > datetime.fromisoformat(
            before.attributes[ATTR_LAST_RESET]
        )

    async def test_a_session_of_last_week_still_has_its_cost_after_a_restart(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        entry = await setup_entry()
        await charge(hass, world, advance)
        await hass.config_entries.async_unload(entry.entry_id)
        await advance(6 * 24 * AN_HOUR, step=AN_HOUR)
        await hass.config_entries.async_setup(entry.entry_id)
        await settled(hass)
        assert float(shown(hass, COST).state) > 0

    async def test_a_range_that_the_status_lacks_comes_from_the_history(
        self,
        hass: HomeAssistant,
        entity_registry_enabled_by_default: None,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        advance: Advance,
    ) -> None:
        simulator.faults.add(faults.field_missing("data.chargers.*.session_d.miles"), Family.STATUS)
        await setup_entry()
        assert shown(hass, RANGE).state == STATE_UNKNOWN
        await charge(hass, world, advance)
        assert float(shown(hass, RANGE).state) > 0


class TestEnergy:
    """Trap 72: a total with the time of its last reset, never a meter that only rises."""

    async def test_on_a_fresh_install_it_is_that_of_the_last_session_of_the_history(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        day = datetime(2026, 11, 9, tzinfo=UTC)
        add_session(world, day + timedelta(hours=17), timedelta(hours=3), energy=12.3456)
        add_session(world, day + timedelta(hours=6), timedelta(hours=2), energy=4.0)
        await setup_entry()
        await settled(hass)
        energy = shown(hass, ENERGY)
        assert (energy.state, energy.attributes[ATTR_STATE_CLASS]) == ("12.346", "total")
        assert energy.attributes[ATTR_LAST_RESET] == "2026-11-09T17:00:20+00:00"

    async def test_a_session_that_is_first_seen_late_has_its_beginning(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        """The last session's total is lower than what is seen of the new one at first."""
        add_session(world, datetime(2026, 11, 9, 17, tzinfo=UTC), timedelta(hours=3), energy=0.5)
        entry = await setup_entry()
        await settled(hass)
        last = shown(hass, ENERGY)
        await hass.config_entries.async_unload(entry.entry_id)
        world.charger.plug_in(Car())
        commands.start(world.charger, level=16, connector=world.charger.connector(1))
        await advance(AN_HOUR, step=200)
        await hass.config_entries.async_setup(entry.entry_id)
        await settled(hass)
        energy = shown(hass, ENERGY)
        assert float(energy.state) > float(last.state) == 0.5
        reset = datetime.fromisoformat(energy.attributes[ATTR_LAST_RESET])
        assert timedelta() < reset - datetime(2026, 11, 10, 9, tzinfo=UTC) < timedelta(minutes=1)


class TestRhythm:
    """The history is asked seldom, more often while there is news to expect, and never stands in the way."""

    async def test_an_idle_charger_is_asked_about_twice_an_hour(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        await settled(hass)
        simulator.requests.clear()
        await advance(2 * AN_HOUR, step=A_MINUTE)
        assert 3 <= simulator.requests.count(Family.HISTORY) <= 4

    async def test_a_charging_one_is_asked_about_every_five_minutes(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1))
        await setup_entry()
        await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True)
        await advance(A_MINUTE)
        simulator.requests.clear()
        await advance(AN_HOUR, step=20)
        assert 10 <= simulator.requests.count(Family.HISTORY) <= 12

    @pytest.mark.parametrize("leaves", [True, False], ids=["the car leaves", "the car stays plugged in"])
    async def test_the_end_of_a_session_is_looked_up_at_once(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        advance: Advance,
        leaves: bool,
    ) -> None:
        world.charger.plug_in(Car())
        await setup_entry()
        await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True)
        await advance(200)  # well before the next reading of the five minutes' rhythm
        simulator.requests.clear()
        if leaves:
            world.charger.unplug()
        else:
            await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
        await advance(40)
        assert simulator.requests.count(Family.HISTORY) == 1

    async def test_a_session_that_is_listed_late_is_found_within_minutes(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.history.cost_after = timedelta()
        world.charger.history.appears_after = timedelta(minutes=10)
        await setup_entry()
        await charge(hass, world, advance)
        assert is_estimated(hass)
        await advance(900, step=A_MINUTE)
        assert float(shown(hass, COST).state) > 0
        assert not is_estimated(hass)

    async def test_only_recent_days_are_asked_for_in_the_zone_of_the_site(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await hass.config.async_set_time_zone("Pacific/Auckland")
        await setup_entry()
        await settled(hass)
        assert simulator.requests.last(Family.HISTORY).json == {
            "source": "evse",
            "params": {
                "offset": 0,
                "limit": 50,
                "startDate": "07-11-2026",
                "endDate": "10-11-2026",
                "timezone": "Europe/Vienna",
            },
        }


class TestFailures:
    """The history is optional."""

    @pytest.mark.parametrize("trouble", UNREADABLE.values(), ids=UNREADABLE)
    async def test_a_history_that_cannot_be_read_costs_the_chargers_nothing(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance, trouble: Trouble
    ) -> None:
        simulator.faults.add(trouble, Family.HISTORY)
        await setup_entry()
        await advance(0.7 * AN_HOUR, step=200)
        assert shown(hass, STATUS).state == "unplugged"
        assert shown(hass, COST).state == STATE_UNKNOWN
        assert simulator.requests.logins == 1

    @pytest.mark.parametrize("trouble", UNREADABLE.values(), ids=UNREADABLE)
    async def test_an_incomplete_history_leaves_the_list_as_it_was(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        advance: Advance,
        trouble: Trouble,
    ) -> None:
        """Trap 22: all pages are valid, or the list from before stays."""
        world.charger.history.cost_after = timedelta()
        await setup_entry()
        await charge(hass, world, advance)
        known = shown(hass, COST).state
        assert known != STATE_UNKNOWN
        simulator.faults.add(trouble, Family.HISTORY)
        simulator.requests.clear()
        await advance(0.7 * AN_HOUR, step=200)
        assert simulator.requests.count(Family.HISTORY) >= 1
        assert shown(hass, COST).state == known

    async def test_one_charger_without_a_history_leaves_the_others_alone(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        other = world.site.add_charger("202640011999", name="Barn")
        world.charger.history.cost_after = timedelta()
        simulator.faults.add(faults.status_code(503), Family.HISTORY, path_part=other.serial)
        await setup_entry()
        await charge(hass, world, advance)
        assert float(shown(hass, COST).state) > 0
        assert shown(hass, "sensor.barn_session_cost").state == STATE_UNKNOWN


class TestCurrency:
    """Trap 20: the currency is the site's, and a unit once chosen does not flip."""

    async def test_the_cost_is_in_the_currency_of_the_site(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.site.tariff = TARIFFS["tiered"]
        await setup_entry()
        await settled(hass)
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "USD"

    async def test_without_prices_the_currency_is_asked_for_once_all_the_same(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry(options={"enable_monetary": False})
        await settled(hass)
        await advance(AN_HOUR, step=300)
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "EUR"
        assert simulator.requests.count(Family.CURRENCY) == 1

    async def test_while_the_currency_is_unknown_there_is_no_cost(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        outage = simulator.faults.add(faults.status_code(503), Family.CURRENCY)
        await setup_entry()
        await settled(hass)
        assert hass.states.get(COST) is None
        simulator.faults.remove(outage)
        await advance(660, step=A_MINUTE)
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "EUR"

    async def test_after_a_restart_the_cost_is_there_before_the_cloud_tells_the_currency(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        entry = await setup_entry()
        await settled(hass)
        await hass.config_entries.async_unload(entry.entry_id)
        simulator.faults.add(faults.status_code(503), Family.CURRENCY)
        await hass.config_entries.async_setup(entry.entry_id)
        assert shown(hass, COST).state != STATE_UNAVAILABLE
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "EUR"

    async def test_a_currency_that_is_known_does_not_flip(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry()
        await settled(hass)
        simulator.faults.add(faults.field_value("currency_conversion.currency_unit", "USD"), Family.CURRENCY)
        await advance(25 * AN_HOUR, step=AN_HOUR)
        await hass.config_entries.async_reload(entry.entry_id)
        await settled(hass)
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "EUR"

    async def test_a_cloud_without_a_currency_leaves_home_assistants_own(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        hass.config.currency = "CHF"
        simulator.faults.add(faults.status_code(404), Family.CURRENCY)
        simulator.faults.add(faults.field_value("currency", None), Family.TARIFF)
        entry = await setup_entry()
        await settled(hass)
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "CHF"
        simulator.faults.clear()
        await hass.config_entries.async_reload(entry.entry_id)
        await settled(hass)
        assert shown(hass, COST).attributes[ATTR_UNIT_OF_MEASUREMENT] == "CHF", "it does not flip"


class TestTwoSites:
    """Each site has a currency of its own."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        world = World.with_two_sites()
        world.sites["4410288"].tariff = TARIFFS["tiered"]
        return world

    async def test_an_entry_that_is_switched_to_another_site_takes_that_ones_currency(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        entry = await setup_entry()
        await settled(hass)
        other = world.sites["4410288"]
        serials = [charger.serial for charger in other.chargers]
        data = {**entry.data, CONF_SITE_ID: other.site_id, CONF_SERIALS: serials}
        hass.config_entries.async_update_entry(entry, data=data)
        await hass.config_entries.async_reload(entry.entry_id)
        await settled(hass)
        assert shown(hass, "sensor.cabin_session_cost").attributes[ATTR_UNIT_OF_MEASUREMENT] == "USD"
