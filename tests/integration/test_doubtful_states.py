"""Commands to a charger of which less is known than it seems."""

import asyncio
from datetime import timedelta

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .wishes import START_BUTTON, SWITCH, choose_mode, pending, press

CONNECTOR = "data.chargers.0.connectors.0.connectorStatusType"


async def outcome(hass: HomeAssistant, action: str, **data: object) -> object:
    """Call an action for the charger and return the outcome it answers."""
    target = {ATTR_ENTITY_ID: SWITCH, **data}
    reply = await hass.services.async_call(DOMAIN, action, target, blocking=True, return_response=True)
    assert reply is not None
    chargers = reply["chargers"]
    assert isinstance(chargers, list)
    (charger,) = chargers
    assert isinstance(charger, dict)
    return charger["outcome"]


class TestAnOfflineCharger:
    """What the cloud tells of it is the past."""

    async def test_a_start_is_left_to_the_cloud_although_it_was_last_seen_charging(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.charger.plug_in(Car())
        await setup_entry()
        await press(hass, START_BUTTON)
        await advance(30)
        world.charger.go_offline()
        await advance(60)
        simulator.requests.clear()
        with pytest.raises(HomeAssistantError) as raised:
            await press(hass, START_BUTTON)
        assert raised.value.translation_key == "command_outcome_unknown"
        assert simulator.requests.count(Family.START) == 1

    async def test_a_start_is_left_to_the_cloud_although_it_was_last_seen_unplugged(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        world.charger.go_offline()
        await setup_entry()
        with pytest.raises(HomeAssistantError):
            await press(hass, START_BUTTON)
        assert simulator.requests.count(Family.START) == 1


class TestASessionAtItsEnd:
    """Some chargers show FINISHING until the car is unplugged."""

    @pytest.fixture(autouse=True)
    async def finishing(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        """A car whose session has ended at the charger, and never ends in what the cloud tells."""
        world.charger.plug_in(Car())
        simulator.faults.add(faults.field_value(CONNECTOR, "FINISHING"), Family.STATUS)
        await setup_entry()
        await advance(30)

    async def test_a_start_is_sent(self, hass: HomeAssistant, simulator: Simulator) -> None:
        await press(hass, START_BUTTON)
        assert simulator.requests.count(Family.START) == 1

    async def test_a_stop_has_nothing_to_stop(self, hass: HomeAssistant) -> None:
        assert await outcome(hass, "stop_charging") == "not_charging"


class TestTwoConnectors:
    """Each may hold a car of its own."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        world = World.with_chargers(0)
        charger = world.site.add_charger(connectors=2)
        charger.plug_in(Car(), connector=1)
        charger.plug_in(Car(), connector=2)
        return world

    async def test_the_second_is_started_while_the_first_charges(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        await press(hass, START_BUTTON)
        await advance(30)
        assert await meanwhile(outcome(hass, "start_charging", connector_id=2)) == "confirmed"
        assert [connector.running for connector in world.charger.connectors] == [True, True]

    async def test_the_first_does_not_confirm_the_start_of_the_second(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        await press(hass, START_BUTTON)
        await advance(30)
        world.charger.effect_delay = timedelta(hours=1)
        assert await meanwhile(outcome(hass, "start_charging", connector_id=2)) == "accepted"
        assert pending(hass) == "start"

    async def test_the_one_that_charges_is_not_started_again(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        await meanwhile(outcome(hass, "start_charging", connector_id=2))
        assert await outcome(hass, "start_charging", connector_id=2) == "already_charging"
        assert simulator.requests.count(Family.START) == 1

    async def test_one_without_a_car_is_not_started_for_the_other_s_sake(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        world.charger.unplug(connector=2)
        await setup_entry()
        assert await outcome(hass, "start_charging", connector_id=2) == "not_plugged_in"
        assert simulator.requests.count(Family.START) == 0


class TestSeveralChargers:
    """What one look tells is not asked for again."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        return World.with_chargers(4)

    @pytest.mark.parametrize("button", ["start", "stop"])
    async def test_those_without_a_car_cost_one_look_together(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, button: str
    ) -> None:
        await setup_entry()
        simulator.requests.clear()
        await asyncio.gather(*(press(hass, f"button.charger_{number}_{button}_charging") for number in (1, 2, 3, 4)))
        assert simulator.requests.count(Family.STATUS) <= 2


async def test_a_mode_that_the_app_has_changed_meanwhile_is_set_again(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World
) -> None:
    """The mode is read every ten minutes: what is known of it may be old."""
    await setup_entry()
    world.charger.modes.preference = ChargeMode.GREEN
    await choose_mode(hass, "manual")
    assert world.charger.modes.preference is ChargeMode.MANUAL


async def test_a_mode_is_set_where_it_cannot_be_read_whether_it_is_set_already(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, meanwhile: Meanwhile
) -> None:
    await setup_entry()
    simulator.faults.add(faults.truncated(), Family.MODE)
    with pytest.raises(HomeAssistantError):
        await meanwhile(choose_mode(hass, "manual"))
    assert simulator.requests.count(Family.MODE, method="PUT") == 1


async def test_a_caller_who_gives_up_does_not_keep_the_effect_from_showing(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    """An automation may be restarted while it waits; the cloud has its command all the same."""
    world.charger.plug_in(Car())
    await setup_entry()
    simulator.faults.add(faults.slow(30, executes=True), Family.START)
    waiting = asyncio.create_task(press(hass, START_BUTTON))
    for _ in range(50):
        await asyncio.sleep(0)
    assert simulator.requests.count(Family.START) == 1
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert pending(hass) == "start"
    await advance(15)
    assert pending(hass) is None
    assert hass.states.is_state(SWITCH, "on")
