"""What becomes of a session that is restarted for another current when something goes wrong on the way."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults

from .charging_car import charging
from .passing_time import Advance
from .wishes import levels, pending, set_amps

__all__ = ["charging"]

GOES_ON = "The new current was not applied, the session goes on"
STANDS_STILL = "Charging was stopped for a new current and did not start again"
REFUSAL = faults.coded_error(400, "iqevc_ms-10099", "Not now")


@pytest.mark.usefixtures("charging")
class TestTheStop:
    """A stop may be refused, or its fate unknown."""

    async def test_a_refused_one_leaves_the_session_alone(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, caplog: pytest.LogCaptureFixture
    ) -> None:
        simulator.faults.add(REFUSAL, Family.STOP)
        await set_amps(hass, 10)
        await advance(120)
        assert (levels(simulator), pending(hass)) == ([16], None)
        assert GOES_ON in caplog.text

    async def test_one_that_failed_and_was_carried_out_is_followed_by_the_start(
        self, hass: HomeAssistant, simulator: Simulator, world: World, advance: Advance
    ) -> None:
        """Trap 28: a 503 tells nothing, and the car must not be left standing."""
        simulator.faults.add(faults.status_code(503, executes=True), Family.STOP)
        await set_amps(hass, 10)
        await advance(60)
        assert levels(simulator) == [16, 10]
        assert world.charger.connectors[0].running

    async def test_one_that_failed_for_good_changes_nothing(
        self,
        hass: HomeAssistant,
        simulator: Simulator,
        world: World,
        advance: Advance,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        simulator.faults.add(faults.status_code(503), Family.STOP)
        await set_amps(hass, 10)
        await advance(120)
        session = world.charger.connectors[0].session
        assert session is not None
        assert (session.level, world.charger.connectors[0].running) == (16, True)
        assert GOES_ON in caplog.text
        assert STANDS_STILL not in caplog.text


@pytest.mark.usefixtures("charging")
class TestTheStart:
    """The start that follows may be refused, lost, or for another current than the stop was."""

    async def test_one_that_is_refused_is_told_in_the_log(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, caplog: pytest.LogCaptureFixture
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        simulator.faults.add(REFUSAL, Family.START)
        await advance(60)
        assert STANDS_STILL in caplog.text
        assert pending(hass) is None

    async def test_one_whose_answer_is_lost_is_judged_by_what_shows(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, caplog: pytest.LogCaptureFixture
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        simulator.faults.add(faults.dropped(executes=True), Family.START)
        await advance(60)
        assert hass.states.is_state("sensor.carport_set_current", "10")
        assert pending(hass) is None
        assert STANDS_STILL not in caplog.text

    async def test_one_that_is_lost_and_shows_nothing_is_told_in_the_log(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance, caplog: pytest.LogCaptureFixture
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        simulator.faults.add(faults.dropped(), Family.START)
        await advance(180)
        assert STANDS_STILL in caplog.text

    async def test_a_setpoint_that_changes_in_the_pause_is_the_one_that_is_waited_for(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(10)
        await set_amps(hass, 12)
        await advance(50)
        assert (levels(simulator), pending(hass)) == ([16, 12], None)


class TestHowOften:
    """Every restart wears the contactors and lets the car stand for a while."""

    async def test_the_time_between_restarts_outlives_a_reload(
        self, hass: HomeAssistant, charging: MockConfigEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await set_amps(hass, 10)
        await advance(60)
        await hass.config_entries.async_reload(charging.entry_id)
        await set_amps(hass, 12)
        await advance(200)
        assert levels(simulator) == [16, 10]
        await advance(100)
        assert levels(simulator) == [16, 10, 12]

    @pytest.mark.usefixtures("charging")
    async def test_setting_what_is_set_already_restarts_nothing_where_the_cloud_tells_no_current(
        self, hass: HomeAssistant, simulator: Simulator, advance: Advance
    ) -> None:
        simulator.faults.add(faults.field_missing("data.chargers.*.session_d.charge_level"), Family.STATUS)
        await advance(60)
        await set_amps(hass, 16)
        await advance(60)
        await set_amps(hass, 12)
        await set_amps(hass, 16)
        await advance(60)
        assert simulator.requests.count(Family.STOP) == 0
        await set_amps(hass, 12)
        await advance(60)
        assert levels(simulator) == [16, 12]


async def test_a_charger_that_is_deleted_meanwhile_is_left_alone(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    charging: MockConfigEntry,
    world: World,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_amps(hass, 10)
    await advance(60)
    await set_amps(hass, 12)
    serial = world.charger.serial
    world.site.remove_charger(serial)
    await advance(120)
    device_id = dr.async_get_device_id_by_identifier(hass, (DOMAIN, serial), config_entry_id=charging.entry_id)
    assert await async_setup_component(hass, "config", {})
    answer = await (await hass_ws_client(hass)).remove_device(device_id)
    assert answer["success"]
    await advance(300)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
