"""What whoever commands a charger is told, and what is remembered of a command."""

import asyncio
from datetime import timedelta
import gc
from typing import Any

from homeassistant.components.button import SERVICE_PRESS
from homeassistant.const import (
    EVENT_STATE_CHANGED,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .wishes import AMPS, START_BUTTON, STOP_BUTTON, SWITCH, choose_mode, set_amps, turn_off, turn_on


async def flip(
    hass: HomeAssistant, user: MockUser, service: str, entity_id: str = SWITCH, *, parent_id: str | None = None
) -> None:
    """Flip the switch, or press a button, in the name of a user, perhaps by way of an automation."""
    context = Context(user_id=user.id, parent_id=parent_id)
    domain = entity_id.partition(".")[0]
    await hass.services.async_call(domain, service, {"entity_id": entity_id}, blocking=True, context=context)


def attributes(hass: HomeAssistant) -> tuple[object, object]:
    """Return what the switch says of commands: the one under way, and what became of the last."""
    state = hass.states.get(SWITCH)
    assert state is not None
    return state.attributes["pending"], state.attributes["last_outcome"]


class TestNothingToDo:
    """A person is told in a sentence; an automation, which has made no mistake, gets the quiet outcome."""

    @pytest.mark.parametrize(
        ("service", "entity_id", "sentence", "outcome"),
        [
            (SERVICE_TURN_ON, SWITCH, "nothing_to_start", "not_plugged_in"),
            (SERVICE_TURN_OFF, SWITCH, "nothing_to_stop", "not_charging"),
            (SERVICE_PRESS, START_BUTTON, "nothing_to_start", "not_plugged_in"),
            (SERVICE_PRESS, STOP_BUTTON, "nothing_to_stop", "not_charging"),
        ],
    )
    async def test_a_person_is_told(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        hass_admin_user: MockUser,
        service: str,
        entity_id: str,
        sentence: str,
        outcome: str,
    ) -> None:
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await flip(hass, hass_admin_user, service, entity_id)
        await hass.async_block_till_done()
        assert (raised.value.translation_key, attributes(hass)) == (sentence, (None, outcome))

    @pytest.mark.parametrize(
        ("service", "entity_id"),
        [
            (SERVICE_TURN_ON, SWITCH),
            (SERVICE_TURN_OFF, SWITCH),
            (SERVICE_PRESS, START_BUTTON),
            (SERVICE_PRESS, STOP_BUTTON),
        ],
    )
    async def test_an_automation_is_not(
        self, hass: HomeAssistant, setup_entry: SetupEntry, hass_admin_user: MockUser, service: str, entity_id: str
    ) -> None:
        await setup_entry()
        await flip(hass, hass_admin_user, service, entity_id, parent_id="01JTRIGGER")

    async def test_a_request_that_changes_nothing_writes_a_state_each_time(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        """Otherwise the slider on a dashboard goes on showing what did not happen."""
        await setup_entry()
        await turn_on(hass)
        await hass.async_block_till_done()
        written: list[object] = []

        @callback
        def note(event: Event[EventStateChangedData]) -> None:
            if event.data["entity_id"] == SWITCH:
                written.append(event.data["new_state"])

        hass.bus.async_listen(EVENT_STATE_CHANGED, note)
        await turn_on(hass)
        await hass.async_block_till_done()
        assert written


async def test_the_later_change_of_the_state_names_who_asked_for_it(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, hass_admin_user: MockUser, advance: Advance
) -> None:
    world.charger.plug_in(Car())
    await setup_entry()
    changes: list[tuple[str, str | None]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if new and old and new.entity_id == SWITCH and new.state != old.state:
            changes.append((new.state, new.context.user_id))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await flip(hass, hass_admin_user, SERVICE_TURN_ON)
    await advance(40)
    await turn_off(hass)
    await advance(40)
    assert changes == [(STATE_ON, hass_admin_user.id), (STATE_OFF, None)]
    assert attributes(hass) == (None, "confirmed")


class TestARefusedLevel:
    """Trap 73: the owner's current was dropped in silence, and the reply said confirmed."""

    @pytest.fixture(autouse=True)
    def refuses(self, world: World) -> None:
        """A car at a model that takes no level."""
        world.charger.quirks.refuses_levels = True
        world.charger.plug_in(Car())

    async def test_the_reply_says_that_the_charger_starts_with_its_own_current(
        self, hass: HomeAssistant, setup_entry: SetupEntry, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        reply: Any = await meanwhile(
            hass.services.async_call(
                DOMAIN, "start_charging", {"entity_id": SWITCH}, blocking=True, return_response=True
            )
        )
        assert reply["chargers"][0]["reason"] == "level_refused"

    async def test_a_person_who_starts_is_told(
        self, hass: HomeAssistant, setup_entry: SetupEntry, hass_admin_user: MockUser, simulator: Simulator
    ) -> None:
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await flip(hass, hass_admin_user, SERVICE_TURN_ON)
        assert raised.value.translation_key == "started_without_level"
        assert simulator.requests.count(Family.START) == 2

    async def test_whoever_chooses_it_again_is_told(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        await turn_on(hass)
        await set_amps(hass, 10)
        with pytest.raises(ServiceValidationError) as raised:
            await set_amps(hass, 32)
        assert (raised.value.translation_key, hass.states.is_state(AMPS, "10")) == ("level_refused", True)

    async def test_a_start_at_that_very_level_is_refused(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        for _ in range(2):
            with pytest.raises(ServiceValidationError) as raised:
                await hass.services.async_call(
                    DOMAIN, "start_charging", {"entity_id": SWITCH, "charging_level": 16}, blocking=True
                )
            assert raised.value.translation_key == "level_refused"
        assert simulator.requests.count(Family.START) == 1


async def test_a_start_may_wake_a_car_that_pauses(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    """Trap 79: a start while the car pauses sent nothing."""
    world.charger.plug_in(Car(state_of_charge=1.0))
    await setup_entry()
    await turn_on(hass)
    await advance(60)
    assert hass.states.is_state("sensor.carport_connector_status", "suspended_ev")
    await turn_on(hass)
    assert simulator.requests.count(Family.START) == 2


async def test_controls_of_an_account_without_rights_are_unavailable(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
) -> None:
    """Trap 80: they were offered, and the cloud answered 403."""
    world.charger.owner_may_control = False
    await setup_entry()
    for entity_id in (SWITCH, STOP_BUTTON, AMPS):
        assert hass.states.is_state(entity_id, STATE_UNAVAILABLE)
    assert hass.states.is_state("sensor.carport_status", "unplugged")
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(DOMAIN, "stop_charging", {"entity_id": SWITCH}, blocking=True)
    assert raised.value.translation_key == "no_control"
    assert simulator.requests.count(Family.STOP) == 0


async def test_rights_that_go_while_a_choice_is_looked_at_are_told_and_nothing_is_sent(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    meanwhile: Meanwhile,
) -> None:
    """The mode that is said to be in force is read before it is chosen, and meanwhile the metadata come."""
    world.charger.set_reporting(timedelta(seconds=10))
    await setup_entry()
    await advance(280, step=30)
    world.charger.owner_may_control = False
    world.charger.modes.preference = ChargeMode.GREEN
    metadata, mode = asyncio.Event(), asyncio.Event()
    simulator.requests.clear()
    simulator.faults.add(faults.held(metadata, executes=True), Family.SUMMARY, times=1)
    simulator.faults.add(faults.held(mode, executes=True), Family.MODE, times=1)
    await meanwhile(simulator.requests.until(1, Family.SUMMARY))
    choosing = asyncio.create_task(choose_mode(hass, "manual"))
    await meanwhile(simulator.requests.until(1, Family.MODE))
    metadata.set()
    await meanwhile(asyncio.sleep(0.5))
    mode.set()
    await meanwhile(asyncio.wait([choosing]))
    with pytest.raises(ServiceValidationError, check=lambda error: error.translation_key == "no_control"):
        await choosing
    assert simulator.requests.count(Family.MODE, method="PUT") == 0
    # A request that was prepared and not sent warns when it is thrown away
    del choosing
    gc.collect()


async def test_a_setpoint_is_on_disk_before_the_caller_is_answered(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, hass_storage: dict[str, Any]
) -> None:
    """Trap 83: the process was killed three seconds later, and the current of before came back."""
    entry = await setup_entry()
    await set_amps(hass, 10)
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
    assert stored[world.charger.serial]["chosen_amps"] == 10
