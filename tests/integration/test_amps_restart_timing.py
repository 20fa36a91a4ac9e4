"""When the restart for a new current stops and starts the car, and what keeps it from doing so (docs/api.md §5.3)."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.cadences import SUMMARY_CADENCE
from custom_components.enphase_cloud_things.chargers import polling
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .charging_car import APPLY, charging
from .conftest import SetupEntry
from .passing_time import Advance
from .wishes import START_BUTTON, STOP_BUTTON, levels, press, set_amps, shown, turn_off, turn_on

__all__ = ["charging"]


async def pass_until_stopped(simulator: Simulator, advance: Advance) -> None:
    """Let time pass, second by second, until the stop of the restart has been sent."""
    stops = simulator.requests.count(Family.STOP)
    for _ in range(10):
        if simulator.requests.count(Family.STOP) > stops:
            return
        await advance(1, step=1)
    pytest.fail("the session was not stopped for the new current")


@pytest.mark.usefixtures("charging")
class TestThePause:
    """About half a minute lies between the stop and the start."""

    async def test_no_start_follows_within_25_seconds_of_the_stop(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 31: the charger takes a current only after a pause."""
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await advance(25, step=1)
        assert levels(simulator) == [16]

    async def test_the_start_follows_within_35_seconds_of_the_stop(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 31: a car is not left without energy for longer than it takes."""
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await advance(35, step=1)
        assert levels(simulator) == [16, 10]

    async def test_the_pending_restart_shows_until_the_new_session_does(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await advance(25, step=1)
        state = hass.states.get("switch.carport")
        assert state is not None
        assert (state.state, state.attributes["pending"]) == ("off", "amps_restart")

    async def test_the_stop_button_in_the_pause_is_the_last_word(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 31: the start of a restart never overrules a person's stop."""
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await press(hass, STOP_BUTTON)
        await advance(120)
        assert (levels(simulator), shown(hass)) == ([16], "off")

    async def test_a_start_in_the_pause_takes_the_place_of_the_restarts_own(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 31: the car is started once, and at the new current."""
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await advance(10, step=1)
        await press(hass, START_BUTTON)
        await advance(120)
        assert levels(simulator) == [16, 10]

    async def test_no_level_is_sent_once_the_charger_no_longer_tells_its_bounds(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Trap 32: a level without bounds may be more than the circuit carries."""
        # Whether the charger has something new to report does not matter here
        monkeypatch.setattr(polling, "LONGEST_SUMMARY_WAIT", SUMMARY_CADENCE)
        simulator.requests.clear()
        await pass_until_the_next_summary_is_near(simulator, advance)
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        simulator.faults.add(faults.field_missing("data.*.chargeLevelDetails"), Family.SUMMARY)
        summaries = simulator.requests.count(Family.SUMMARY)
        await advance(40, step=1)
        assert simulator.requests.count(Family.SUMMARY) > summaries
        assert levels(simulator) == [None]


async def pass_until_the_next_summary_is_near(simulator: Simulator, advance: Advance) -> None:
    """Let time pass so that the metadata is next read in the pause of a restart that is asked for now."""
    while not simulator.requests.count(Family.SUMMARY):
        await advance(1, step=1)
    await advance(285, step=1)
    assert simulator.requests.count(Family.SUMMARY) == 1


@pytest.mark.usefixtures("charging")
class TestTheTimeBetween:
    """There is one restart in five minutes, however often the current changes."""

    async def test_currents_that_change_all_the_time_restart_once_in_five_minutes(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        for amps in (11, 12, 13, 14) * 7:
            await set_amps(hass, amps)
            await advance(10)
        assert (simulator.requests.count(Family.STOP), levels(simulator)[0]) == (1, 16)

    async def test_what_was_asked_for_meanwhile_is_applied_after_the_five_minutes(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await advance(60)
        await set_amps(hass, 12)
        await advance(230)
        assert simulator.requests.count(Family.STOP) == 1
        await advance(60)
        assert levels(simulator) == [16, 10, 12]

    async def test_a_stop_meanwhile_is_not_followed_by_the_restart_that_waits(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 27: nothing starts again what a person has stopped."""
        await set_amps(hass, 10)
        await pass_until_stopped(simulator, advance)
        await advance(60)
        await set_amps(hass, 12)
        await turn_off(hass)
        await advance(400)
        assert (levels(simulator), shown(hass)) == ([16, 10], "off")


@pytest.mark.freeze_time("2026-11-17 01:00:00+00:00")
@pytest.mark.parametrize("mode", [ChargeMode.SMART, ChargeMode.GREEN])
async def test_a_session_in_a_mode_that_takes_no_level_is_never_restarted(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    mode: ChargeMode,
) -> None:
    """Trap 31: a restart with a level would make it a manual session at full power."""
    world.site.solar_watts = 12_000
    world.charger.modes.smart = mode is ChargeMode.SMART
    world.charger.modes.fix(mode)
    world.charger.plug_in(Car())
    await setup_entry(options=APPLY)
    await have_it_draw_power(hass, simulator, advance)
    await set_amps(hass, 10)
    await advance(120)
    assert simulator.requests.count(Family.STOP) == 0


async def have_it_draw_power(hass: HomeAssistant, simulator: Simulator, advance: Advance) -> None:
    """Have the car draw power, so that nothing but the mode keeps it from being restarted."""
    await turn_on(hass)
    await advance(60)
    assert simulator.world.charger.watts > 0
    assert shown(hass) == "on"


@pytest.mark.usefixtures("charging")
async def test_a_stop_before_the_new_current_has_settled_is_the_last_word(
    hass: HomeAssistant, simulator: Simulator, world: World, advance: Advance
) -> None:
    """Trap 31: the car that was stopped by hand is not started again for a current that was set a moment before."""
    await set_amps(hass, 10)
    await turn_off(hass)
    await advance(400, step=5)
    assert (simulator.requests.count(Family.STOP), levels(simulator)) == (1, [16])
    assert shown(hass) == "off"
