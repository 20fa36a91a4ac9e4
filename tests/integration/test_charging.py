"""Starting and stopping, as a person does it and sees it."""

from datetime import timedelta

from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance
from .wishes import (
    AMPS,
    START_BUTTON,
    STOP_BUTTON,
    SWITCH,
    choose_mode,
    pending,
    press,
    set_amps,
    shown,
    turn_off,
    turn_on,
)


@pytest.fixture
async def car(world: World) -> Car:
    """A car that is plugged in and hungry."""
    car = Car(battery_kwh=60, state_of_charge=0.4, max_amps=16, phases=3)
    world.charger.plug_in(car)
    return car


async def start_by_action(hass: HomeAssistant) -> None:
    """Call the action of the integration."""
    await hass.services.async_call(DOMAIN, "start_charging", {ATTR_ENTITY_ID: SWITCH}, blocking=True)


async def test_an_accepted_start_is_pending_and_not_yet_a_fact(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car
) -> None:
    """Trap 44: what was asked for is never shown as what is."""
    await setup_entry()
    await turn_on(hass)
    assert (shown(hass, SWITCH), pending(hass)) == (STATE_OFF, "start")


async def test_a_start_is_confirmed_by_a_later_reading(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, advance: Advance
) -> None:
    await setup_entry()
    await turn_on(hass)
    await advance(10)
    assert (shown(hass, SWITCH), pending(hass)) == (STATE_ON, None)
    assert shown(hass, "binary_sensor.carport_charging") == STATE_ON
    assert shown(hass, "sensor.carport_status") == "charging"


async def test_a_stop_is_confirmed_by_a_later_reading(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, advance: Advance
) -> None:
    await setup_entry()
    await turn_on(hass)
    await advance(30)
    await turn_off(hass)
    assert (shown(hass, SWITCH), pending(hass)) == (STATE_ON, "stop")
    await advance(10)
    assert (shown(hass, SWITCH), pending(hass)) == (STATE_OFF, None)


async def test_power_and_energy_follow_the_chargers_reports(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, advance: Advance
) -> None:
    """Trap 43: the first report only seeds; power is the energy between two reports."""
    await setup_entry()
    await turn_on(hass)
    await advance(700)
    assert float(shown(hass, "sensor.carport_power")) == pytest.approx(3 * 230 * 16, rel=0.05)
    assert 1.5 < float(shown(hass, "sensor.carport_session_energy")) < 2.2


async def test_power_drops_to_zero_when_charging_stops(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, advance: Advance
) -> None:
    """Trap 42: no stale power once nothing flows."""
    await setup_entry()
    await turn_on(hass)
    await advance(700)
    await turn_off(hass)
    await advance(15)
    assert shown(hass, "sensor.carport_power") == "0"


@pytest.mark.parametrize("button", [START_BUTTON, STOP_BUTTON])
async def test_the_buttons_without_a_vehicle_change_nothing_and_raise_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, button: str
) -> None:
    await setup_entry()
    await press(hass, button)
    assert (shown(hass, SWITCH), pending(hass)) == (STATE_OFF, None)


async def test_a_start_without_a_vehicle_is_not_sent(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    await setup_entry()
    await press(hass, START_BUTTON)
    assert simulator.requests.count(Family.START) == 0


async def test_a_start_right_after_plugging_in_looks_again_before_it_refuses(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    await setup_entry()
    world.charger.plug_in(Car())
    await press(hass, START_BUTTON)
    await advance(15)
    assert shown(hass, SWITCH) == STATE_ON


async def test_a_start_while_charging_is_not_sent_again(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    await press(hass, START_BUTTON)
    await advance(15)
    await press(hass, START_BUTTON)
    assert simulator.requests.count(Family.START) == 1


async def test_a_stop_is_sent_even_if_the_charger_seems_idle(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator
) -> None:
    """Trap 28: the state may be old, and stopping is always allowed."""
    await setup_entry()
    await press(hass, STOP_BUTTON)
    assert simulator.requests.count(Family.STOP) == 1


async def test_a_failed_stop_is_an_error_and_the_charging_goes_on(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator, advance: Advance
) -> None:
    """Trap 28: a stop that met a broken service has not stopped anything, and goes nowhere else."""
    await setup_entry()
    await press(hass, START_BUTTON)
    await advance(30)
    simulator.faults.add(faults.coded_error(503, "iqevc_ms-10007", "Service not available"), Family.STOP)
    with pytest.raises(HomeAssistantError) as raised:
        await press(hass, STOP_BUTTON)
    assert raised.value.translation_key == "command_outcome_unknown"
    assert simulator.requests.count(Family.STOP) == 1
    await advance(30)
    assert shown(hass, SWITCH) == STATE_ON


async def test_a_command_without_effect_is_given_up_after_its_time(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, world: World, advance: Advance
) -> None:
    world.charger.effect_delay = timedelta(hours=1)
    await setup_entry()
    await press(hass, START_BUTTON)
    await advance(85)
    assert pending(hass) == "start"
    await advance(20)
    assert (shown(hass, SWITCH), pending(hass)) == (STATE_OFF, None)


async def test_the_setpoint_is_what_the_next_start_asks_for(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator
) -> None:
    await setup_entry()
    await set_amps(hass, 10)
    assert simulator.requests.count(Family.START) == 0
    await press(hass, START_BUTTON)
    assert simulator.requests.last(Family.START).json == {"chargingLevel": 10, "connectorId": 1}


async def test_the_setpoint_survives_a_restart(hass: HomeAssistant, setup_entry: SetupEntry) -> None:
    """Trap 32: what a person set is not replaced by a default."""
    entry = await setup_entry()
    await set_amps(hass, 10)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, AMPS) == "10"


@pytest.mark.parametrize("mode", [ChargeMode.GREEN, ChargeMode.SMART])
@pytest.mark.usefixtures("car")
async def test_no_level_is_sent_in_modes_that_decide_by_themselves(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, mode: ChargeMode
) -> None:
    """Trap 26: a level in these modes would force charging at full power."""
    world.charger.modes.smart = mode is ChargeMode.SMART
    world.charger.modes.preference = mode
    await setup_entry()
    await press(hass, START_BUTTON)
    assert simulator.requests.last(Family.START).json == {"connectorId": 1}


@pytest.mark.usefixtures("car")
async def test_no_level_is_sent_right_after_a_mode_that_decides_by_itself_was_chosen(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    """Trap 26: the choice counts before a reading shows it."""
    await setup_entry()
    simulator.faults.add(faults.payload({"data": {}}), Family.MODE, method="GET")
    await choose_mode(hass, "green")
    await press(hass, START_BUTTON)
    assert simulator.requests.last(Family.START).json == {"connectorId": 1}


async def test_no_level_is_sent_while_the_charger_has_not_named_its_bounds(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator
) -> None:
    """Trap 32: an invented default may be more than the circuit carries."""
    simulator.faults.add(faults.field_missing("data.*.chargeLevelDetails"), Family.SUMMARY)
    await setup_entry()
    await press(hass, START_BUTTON)
    assert simulator.requests.last(Family.START).json == {"connectorId": 1}


@pytest.mark.usefixtures("car")
async def test_the_mode_scheduled_is_asserted_again_after_a_start(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.modes.preference = ChargeMode.SCHEDULED
    await setup_entry()
    await press(hass, START_BUTTON)
    await advance(15)
    assert shown(hass, "select.carport_charge_mode") == "scheduled"
    assert simulator.requests.count(Family.MODE, method="PUT") == 1


async def test_nothing_is_started_after_a_restart_or_an_outage(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, world: World, simulator: Simulator, advance: Advance
) -> None:
    """Trap 27: there are no automatic starts, also of what was charging before the charger paused."""
    entry = await setup_entry()
    await press(hass, START_BUTTON)
    await advance(30)
    simulator.requests.clear()
    outage = simulator.faults.add(faults.status_code(503))
    await advance(200)
    simulator.faults.remove(outage)
    world.charger.adjust(load_limit_amps=0.0)
    await hass.config_entries.async_reload(entry.entry_id)
    await advance(700)
    assert shown(hass, "sensor.carport_status") == "paused_by_charger"
    assert simulator.requests.count(Family.START, Family.STOP) == 0


async def test_a_start_while_the_state_is_unknown_is_refused(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    """The charger seems unplugged, and looking again does not tell: that is no reason to start anything."""
    await setup_entry()
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    with pytest.raises(HomeAssistantError) as raised:
        await start_by_action(hass)
    assert raised.value.translation_key == "charger_unavailable"
    assert simulator.requests.count(Family.START) == 0


async def test_a_current_that_the_charger_does_not_offer_is_refused(
    hass: HomeAssistant, setup_entry: SetupEntry
) -> None:
    await setup_entry()
    with pytest.raises(ServiceValidationError):
        await set_amps(hass, 33)


async def test_a_start_right_after_a_stop_is_sent_although_charging_still_shows(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    await press(hass, START_BUTTON)
    await advance(30)
    await press(hass, STOP_BUTTON)
    await press(hass, START_BUTTON)
    assert simulator.requests.count(Family.START) == 2


async def test_the_stop_button_works_while_the_state_is_unknown(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator, advance: Advance
) -> None:
    await setup_entry()
    await press(hass, START_BUTTON)
    await advance(30)
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    await advance(120)
    assert shown(hass, SWITCH) == STATE_UNAVAILABLE
    await press(hass, STOP_BUTTON)
    await advance(10)
    assert not simulator.world.charger.connectors[0].running


class TestACloudWhoseClockIsAhead:
    """Clocks of the cloud and of Home Assistant differ a little."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        return World.with_one_charger(clock=lambda: dt_util.utcnow() + timedelta(seconds=40))

    async def test_a_session_that_began_in_our_future_has_a_duration(
        self, hass: HomeAssistant, setup_entry: SetupEntry, car: Car, advance: Advance
    ) -> None:
        await setup_entry()
        await press(hass, START_BUTTON)
        await advance(50)
        assert shown(hass, "sensor.carport_session_duration") == "0"


async def test_a_model_that_takes_no_level_is_started_without_one_and_not_asked_again(
    hass: HomeAssistant, setup_entry: SetupEntry, car: Car, world: World, simulator: Simulator, advance: Advance
) -> None:
    """Trap 73: each press asked for the refused level again."""
    world.charger.quirks.refuses_levels = True
    entry = await setup_entry()
    await press(hass, START_BUTTON)
    await advance(40)
    await press(hass, STOP_BUTTON)
    await advance(40)
    await hass.config_entries.async_reload(entry.entry_id)
    await press(hass, START_BUTTON)
    assert [request.json for request in simulator.requests.of(Family.START)] == [
        {"chargingLevel": 32, "connectorId": 1},
        {"connectorId": 1},
        {"connectorId": 1},
    ]
