"""The current of a session: bounds, setpoint, and a new one while the car charges."""

import asyncio
from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_ENTITY_ID, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from simulator import Car, ChargeMode, Family, Simulator, Slot, World, faults
from simulator.hardware import NA_SINGLE_PHASE_80A

from .charging_car import A_SPELL, APPLY, charging
from .conftest import SetupEntry
from .passing_time import Advance
from .wishes import AMPS, MODE, SWITCH, choose_mode, levels, set_amps, turn_off, turn_on

__all__ = ["charging"]


@pytest.mark.usefixtures("charging")
class TestWhileCharging:
    """A new setpoint restarts the session once, with a pause between."""

    async def test_the_session_is_stopped_and_started_at_the_new_current(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 31: a current applies only from the next start on."""
        await set_amps(hass, 10)
        await advance(5)
        assert simulator.requests.count(Family.STOP) == 1
        assert levels(simulator) == [16]
        await advance(40)
        assert levels(simulator) == [16, 10]

    async def test_a_burst_of_changes_is_one_restart_at_the_last(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        for amps in (15, 14, 13, 12):
            await set_amps(hass, amps)
            await advance(1)
        await advance(60)
        assert (simulator.requests.count(Family.STOP), levels(simulator)) == (1, [16, 12])

    async def test_a_second_restart_waits_for_its_time(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(60)
        await set_amps(hass, 12)
        await advance(200)
        assert levels(simulator) == [16, 10]
        await advance(100)
        assert levels(simulator) == [16, 10, 12]

    async def test_a_stop_in_the_pause_is_the_last_word(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        await turn_off(hass)
        await advance(120)
        assert levels(simulator) == [16]

    async def test_a_start_that_could_not_be_sent_is_tried_again(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """The car was stopped for its sake: leaving it at that would be harm."""
        await set_amps(hass, 10)
        await advance(10)
        simulator.faults.add(faults.status_code(401), Family.START, times=2)
        await advance(120)
        assert levels(simulator)[-1] == 10
        assert simulator.world.charger.connectors[0].running

    async def test_a_mode_without_currents_chosen_in_the_pause_is_not_left_for_one(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 26: a level would make it a manual session at full power."""
        await set_amps(hass, 10)
        await advance(10)
        await choose_mode(hass, "green")
        await advance(60)
        assert levels(simulator) == [16, None]
        assert simulator.world.charger.modes.preference is ChargeMode.GREEN

    async def test_the_schedule_outlives_a_restart(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        charger = simulator.world.charger
        charger.slots = [Slot(id="a window", start=time(0, 1), end=time(23, 59), amps=32)]
        await choose_mode(hass, "scheduled")
        await advance(A_SPELL)
        await set_amps(hass, 10)
        await advance(90)
        assert charger.modes.preference is ChargeMode.SCHEDULED
        assert hass.states.is_state(MODE, "scheduled")

    async def test_polling_goes_on_however_often_a_current_is_set(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        simulator.requests.clear()
        for amps in (10, 12) * 15:
            await set_amps(hass, amps)
            await advance(8, step=1)
        assert simulator.requests.count(Family.STATUS) >= 20

    async def test_a_start_at_another_level_is_refused_rather_than_ignored(
        self, hass: HomeAssistant, simulator: Simulator
    ) -> None:
        with pytest.raises(ServiceValidationError) as raised:
            await hass.services.async_call(
                "enphase_cloud_things", "start_charging", {ATTR_ENTITY_ID: SWITCH, "charging_level": 10}, blocking=True
            )
        assert raised.value.translation_key == "already_charging"

    @pytest.mark.parametrize("status", [400, 409])
    async def test_a_stop_that_is_refused_while_the_car_charges_is_told(
        self, hass: HomeAssistant, simulator: Simulator, status: int
    ) -> None:
        """Trap 28: only what the status confirms was nothing to stop."""
        simulator.faults.add(faults.coded_error(status, "iqevc_ms-10044", "Charger is being updated"), Family.STOP)
        with pytest.raises(HomeAssistantError) as raised:
            await turn_off(hass)
        assert raised.value.translation_key == "command_rejected_with_reason"

    async def test_nothing_is_restarted_while_the_state_is_unknown(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(60)
        await set_amps(hass, 12)
        simulator.requests.clear()
        simulator.faults.add(faults.status_code(503), Family.STATUS)
        await advance(330)
        assert simulator.requests.count(Family.START, Family.STOP) == 0

    @pytest.mark.parametrize(
        "refusal",
        [
            faults.coded_error(400, "iqevc_ms-10099", "Not now"),
            faults.status_code(503),
        ],
        ids=["refused", "outcome unknown"],
    )
    async def test_a_start_that_was_refused_or_may_have_been_taken_is_not_repeated(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, refusal: faults.Trouble
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        simulator.faults.add(refusal, Family.START)
        await advance(240)
        assert levels(simulator) == [16, 10]

    async def test_a_stop_at_the_same_time_is_the_last_word(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(1, step=1)
        await asyncio.gather(advance(2, step=2), turn_off(hass))
        await advance(60)
        assert levels(simulator) == [16]

    async def test_a_start_that_is_never_taken_is_given_up_and_told(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, caplog: pytest.LogCaptureFixture
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        simulator.faults.add(faults.status_code(401), Family.START)
        await advance(240)
        assert levels(simulator) == [16, 10, 10, 10]
        assert "did not start again" in caplog.text

    async def test_a_stop_of_home_assistant_in_the_pause_starts_the_car_right_away(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await hass.async_block_till_done()
        assert levels(simulator) == [16, 10]

    async def test_an_unload_before_the_stop_restarts_nothing(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        (entry,) = hass.config_entries.async_entries("enphase_cloud_things")
        await hass.config_entries.async_unload(entry.entry_id)
        await advance(60)
        assert (simulator.requests.count(Family.STOP), levels(simulator)) == (0, [16])

    async def test_an_unload_in_the_pause_starts_the_car_right_away(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        entry = hass.config_entries.async_entries("enphase_cloud_things")[0]
        await hass.config_entries.async_unload(entry.entry_id)
        assert entry.state is ConfigEntryState.NOT_LOADED
        assert levels(simulator) == [16, 10]

    async def test_nothing_is_restarted_once_the_car_draws_nothing(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await turn_off(hass)
        await advance(A_SPELL)
        simulator.requests.clear()
        await set_amps(hass, 10)
        await advance(120)
        assert simulator.requests.count(Family.START, Family.STOP) == 0


async def test_a_current_between_two_steps_becomes_the_next_lower_one(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World
) -> None:
    """Trap 73: what is set is what is shown, and never more than was asked for."""
    world.charger.model = NA_SINGLE_PHASE_80A
    await setup_entry()
    await set_amps(hass, 47.9)
    assert hass.states.is_state(AMPS, "32")


async def test_without_the_option_a_new_setpoint_waits_for_the_next_start(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.plug_in(Car())
    await setup_entry()
    await turn_on(hass)
    await advance(A_SPELL)
    await set_amps(hass, 10)
    await advance(120)
    assert simulator.requests.count(Family.STOP) == 0


async def test_green_charging_is_never_restarted_for_a_current(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    """Trap 31: a level would turn green charging into charging at full power."""
    world.site.solar_watts = 12_000
    world.charger.modes.preference = ChargeMode.GREEN
    world.charger.plug_in(Car())
    await setup_entry(options=APPLY)
    await turn_on(hass)
    await advance(60)
    await set_amps(hass, 10)
    await advance(120)
    assert simulator.requests.count(Family.STOP) == 0


class TestTheModelWithSteps:
    """The 80 A model offers 16, 32, 48 and 64 A."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        return World.with_one_charger(model=NA_SINGLE_PHASE_80A)

    async def test_the_number_offers_the_chargers_steps(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        shown = hass.states.get(AMPS)
        assert shown is not None
        assert [shown.attributes[key] for key in ("min", "max", "step")] == [16, 64, 16]


async def test_a_setpoint_is_written_down_soon_however_often_it_changes(
    hass: HomeAssistant, hass_storage: dict[str, Any], setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """A crash of Home Assistant may come at any time."""
    entry = await setup_entry()
    for amps in (10, 12) * 8:
        await set_amps(hass, amps)
        await advance(5)
    stored = hass_storage[f"enphase_cloud_things.{entry.entry_id}"]["data"]
    assert stored[world.charger.serial]["chosen_amps"] in {10, 12}
