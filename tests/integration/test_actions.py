"""Actions on chargers and sites: targets, replies, and errors by name."""

from typing import Any

from homeassistant.const import ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_LABEL_ID, STATE_ON
from homeassistant.core import HomeAssistant, ServiceResponse, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, label_registry as lr
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World, faults
from simulator.wire import Json

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile

SWITCH = "switch.carport"


async def act(hass: HomeAssistant, action: str, *, reply: bool = False, **data: Any) -> ServiceResponse:
    """Call an action of the integration."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=reply)


def device_id(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the id of a device."""
    return dr.async_get_device_id_by_identifier(hass, (DOMAIN, identifier), config_entry_id=entry.entry_id)


@pytest.fixture
def car(world: World) -> Car:
    """A car at the first charger."""
    car = Car()
    world.charger.plug_in(car)
    return car


class TestTargets:
    """Chargers are found by entity, device, area and label."""

    async def test_an_entity_stands_for_its_charger(
        self, hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator
    ) -> None:
        await setup_entry()
        await act(hass, "start_charging", entity_id="sensor.carport_power")
        assert simulator.requests.count(Family.START) == 1

    async def test_a_device_an_area_and_a_label_find_the_charger_once(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, car: Car, simulator: Simulator
    ) -> None:
        entry = await setup_entry()
        charger = device_id(hass, entry, world.charger.serial)
        area, label = ar.async_get(hass).async_create("Drive"), lr.async_get(hass).async_create("Cars")
        dr.async_get(hass).async_update_device(charger, area_id=area.id, labels={label.label_id})
        target: dict[str, Any] = {
            ATTR_ENTITY_ID: SWITCH,
            ATTR_DEVICE_ID: charger,
            ATTR_AREA_ID: area.id,
            ATTR_LABEL_ID: label.label_id,
        }
        await act(hass, "start_charging", **target)
        assert simulator.requests.count(Family.START) == 1

    async def test_a_target_without_charger_is_the_callers_mistake(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "start_charging", entity_id="sensor.lark_street_cloud_latency")
        assert raised.value.translation_key == "no_charger_targeted"

    async def test_a_site_that_is_not_loaded_is_named(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        entry = await setup_entry()
        charger = device_id(hass, entry, world.charger.serial)
        await hass.config_entries.async_unload(entry.entry_id)
        with pytest.raises(ServiceValidationError, match="Lark Street"):
            await act(hass, "start_charging", device_id=charger)


class TestReplies:
    """Whoever asks for a reply is told what became of it."""

    async def reply_of(self, hass: HomeAssistant, meanwhile: Meanwhile, action: str, **data: Any) -> tuple[Any, Any]:
        response: Any = await meanwhile(act(hass, action, reply=True, entity_id=SWITCH, **data))
        (charger,) = response["chargers"]
        assert charger["name"] == "Carport"
        return charger["outcome"], charger["reason"]

    async def test_a_start_that_shows_is_confirmed(
        self, hass: HomeAssistant, setup_entry: SetupEntry, car: Car, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        assert await self.reply_of(hass, meanwhile, "start_charging") == ("confirmed", None)

    @pytest.mark.parametrize("cadence", [300, 600], ids=["metadata", "mode"])
    async def test_what_is_confirmed_shows_even_while_more_is_being_read(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        car: Car,
        advance: Advance,
        meanwhile: Meanwhile,
        cadence: float,
    ) -> None:
        """Trap 51: and what is read later takes nothing back."""

        async def state_at_the_reply() -> State | None:
            await act(hass, "start_charging", reply=True, entity_id=SWITCH)
            return hass.states.get(SWITCH)

        await setup_entry()
        # The reading that confirms is followed by others whose turn has come
        await advance(cadence - 4)
        shown = await meanwhile(state_at_the_reply())
        assert shown is not None
        assert shown.state == STATE_ON
        await advance(1, step=0.1)
        assert hass.states.is_state(SWITCH, STATE_ON)

    async def test_a_start_that_does_not_show_in_time_is_accepted(
        self, hass: HomeAssistant, setup_entry: SetupEntry, car: Car, world: World, meanwhile: Meanwhile
    ) -> None:
        world.charger.quirks.preference_lag = world.charger.effect_delay = world.charger.effect_delay * 100
        await setup_entry()
        assert await self.reply_of(hass, meanwhile, "start_charging") == ("accepted", None)

    async def test_a_start_without_a_vehicle_says_so(
        self, hass: HomeAssistant, setup_entry: SetupEntry, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        assert await self.reply_of(hass, meanwhile, "start_charging") == ("not_plugged_in", None)

    async def test_a_stop_of_an_idle_charger_says_so(
        self, hass: HomeAssistant, setup_entry: SetupEntry, meanwhile: Meanwhile
    ) -> None:
        await setup_entry()
        assert await self.reply_of(hass, meanwhile, "stop_charging") == ("not_charging", None)

    async def test_a_refusal_comes_with_the_chargers_reason(
        self, hass: HomeAssistant, setup_entry: SetupEntry, car: Car, simulator: Simulator, meanwhile: Meanwhile
    ) -> None:
        """Trap 29: the body of a refusal is read before it is judged."""
        await setup_entry()
        simulator.faults.add(faults.coded_error(400, "iqevc_ms-10044", "Charger is being updated"), Family.START)
        outcome, reason = await self.reply_of(hass, meanwhile, "start_charging")
        assert outcome == "rejected"
        assert "Charger is being updated" in reason
        assert simulator.requests.count(Family.START) == 1


class TestSeveralChargers:
    """Commands go out side by side, and a failure concerns its own charger only."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        world = World.with_chargers(2)
        for charger in world.site.chargers:
            charger.plug_in(Car())
        return world

    async def test_one_failure_does_not_stop_the_others_and_is_named(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        entry = await setup_entry()
        first, second = world.site.chargers
        refusal = faults.coded_error(400, "iqevc_ms-10044", "Charger is being updated")
        simulator.faults.add(refusal, Family.START, path_part=first.serial)
        devices = [device_id(hass, entry, charger.serial) for charger in (first, second)]
        with pytest.raises(HomeAssistantError, match=f"{first.name}.*Charger is being updated"):
            await act(hass, "start_charging", device_id=devices)
        assert simulator.requests.count(Family.START) == 2


class TestLevels:
    """A level is checked before anything is sent."""

    @pytest.mark.usefixtures("car")
    async def test_the_level_asked_for_is_the_level_sent(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        await act(hass, "start_charging", entity_id=SWITCH, charging_level=12)
        assert simulator.requests.last(Family.START).json == {"chargingLevel": 12, "connectorId": 1}

    @pytest.mark.parametrize("level", [5, 33])
    @pytest.mark.usefixtures("car")
    async def test_a_level_out_of_bounds_is_the_callers_mistake(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, level: int
    ) -> None:
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "start_charging", entity_id=SWITCH, charging_level=level)
        assert raised.value.translation_key == "amps_not_offered"
        assert simulator.requests.count(Family.START) == 0

    @pytest.mark.usefixtures("car")
    async def test_a_level_in_green_mode_is_the_callers_mistake(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        """Trap 26: it would force charging at full power."""
        world.charger.modes.preference = ChargeMode.GREEN
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "start_charging", entity_id=SWITCH, charging_level=12)
        assert raised.value.translation_key == "amps_not_possible_in_mode"
        assert simulator.requests.count(Family.START) == 0


class TestMessages:
    """Asking a charger to report."""

    async def test_the_clouds_answer_is_handed_on(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        response: Any = await act(
            hass, "trigger_message", reply=True, entity_id=SWITCH, requested_message="MeterValues"
        )
        (reply,) = response["chargers"]
        assert (reply["outcome"], reply["message"], reply["details"]) == ("accepted", None, {})
        assert simulator.requests.last(Family.TRIGGER).json == {"requestedMessage": "MeterValues"}

    async def test_all_that_the_cloud_answers_is_handed_on(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        details: Json = {
            "initiatedAt": "2026-11-17T18:43:00.000Z",
            "trackingId": "9f1c27d0-5f0e-4c55-9d0e-2f7a9d1b6c34",
        }
        answer: Json = {"status": "queued", "message": "MeterValues", "details": details}
        simulator.faults.add(faults.payload(answer), Family.TRIGGER)
        await setup_entry()

        response: Any = await act(
            hass, "trigger_message", reply=True, entity_id=SWITCH, requested_message="MeterValues"
        )

        (reply,) = response["chargers"]
        assert (reply["outcome"], reply["message"], reply["details"]) == ("queued", "MeterValues", details)

    async def test_messages_for_installers_have_to_be_meant(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        boot: dict[str, Any] = {"entity_id": SWITCH, "requested_message": "BootNotification"}
        with pytest.raises(ServiceValidationError):
            await act(hass, "trigger_message", **boot)
        await act(hass, "trigger_message", **boot, allow_advanced=True)
        assert simulator.requests.count(Family.TRIGGER) == 1

    async def test_a_message_the_cloud_refuses_is_not_even_offered(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        with pytest.raises(probatio.Invalid):
            await act(hass, "trigger_message", entity_id=SWITCH, requested_message="TransactionEvent")


class TestLiveStream:
    """For a quarter of an hour the charger reports more often."""

    async def test_without_a_target_all_sites_are_meant(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        await act(hass, "start_live_stream")
        assert simulator.requests.count(Family.LIVE_STREAM) == 1

    async def test_polling_is_fast_while_it_is_on_and_slow_after_it_ends(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 63: how long it lasts is in the answer."""
        await setup_entry()
        await act(hass, "start_live_stream")
        simulator.requests.clear()
        await advance(120, step=1)
        assert simulator.requests.count(Family.STATUS) >= 9
        await act(hass, "stop_live_stream", device_id=[])
        await advance(20)
        simulator.requests.clear()
        await advance(120, step=1)
        assert simulator.requests.count(Family.STATUS) <= 4
