"""The charge mode and the charger's own settings: chosen here, confirmed by a later reading."""

from homeassistant.components.number import ATTR_VALUE, DOMAIN as NUMBER_DOMAIN, SERVICE_SET_VALUE
from homeassistant.components.select import ATTR_OPTION, DOMAIN as SELECT_DOMAIN, SERVICE_SELECT_OPTION
from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID, SERVICE_TURN_OFF, SERVICE_TURN_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from simulator import ChargeMode, Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile

MODE = "select.carport_charge_mode"
BATTERY = "switch.carport_use_battery_for_green_charging"
AUTHENTICATION = "switch.carport_app_authentication"
DEFAULT_LEVEL = "number.carport_default_charge_level"


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity shows."""
    shown = hass.states.get(entity_id)
    assert shown is not None, entity_id
    return shown.state


async def choose(hass: HomeAssistant, option: str) -> None:
    """Choose a charge mode."""
    data = {ATTR_ENTITY_ID: MODE, ATTR_OPTION: option}
    await hass.services.async_call(SELECT_DOMAIN, SERVICE_SELECT_OPTION, data, blocking=True)


class TestMode:
    """Two values: the stored preference, and what the charger does now."""

    async def test_only_what_the_charger_offers_can_be_chosen(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.charger.modes.hidden = {ChargeMode.GREEN}
        await setup_entry()
        shown = hass.states.get(MODE)
        assert shown is not None
        assert shown.attributes["options"] == ["manual", "scheduled"]

    async def test_a_choice_shows_once_the_cloud_tells_it_back(
        self, hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
    ) -> None:
        await setup_entry()
        await choose(hass, "green")
        assert state(hass, MODE) == "manual"
        await advance(10)
        assert state(hass, MODE) == "green"

    async def test_choosing_the_mode_in_force_sends_nothing(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        """Trap 35: the cloud refuses what is set already."""
        await setup_entry()
        await choose(hass, "manual")
        assert simulator.requests.count(Family.MODE, method="PUT") == 0

    async def test_scheduled_without_a_schedule_says_what_is_missing(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        """Trap 35: this refusal is final and has a remedy."""
        world.charger.slots = []
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await choose(hass, "scheduled")
        assert raised.value.translation_key == "no_schedule_enabled"
        assert "Carport" in str(raised.value)

    async def test_a_refusal_that_was_carried_out_is_no_error(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, meanwhile: Meanwhile
    ) -> None:
        """Trap 35: the cloud says 400 and does it all the same."""
        world.charger.quirks.preference_400_but_applied = True
        await setup_entry()
        await meanwhile(choose(hass, "green"))
        assert state(hass, MODE) == "green"

    async def test_a_mode_that_storm_guard_forbids_is_not_asked_for(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        world.charger.modes.storm_disables_green = True
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await choose(hass, "green")
        assert raised.value.translation_key == "mode_disabled_by_storm"
        assert simulator.requests.count(Family.MODE, method="PUT") == 0

    async def test_the_effective_mode_is_shown_apart_from_the_preference(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        """Trap 34: what is and what was asked for are two values."""
        world.charger.modes.preference = ChargeMode.GREEN
        world.charger.modes.active = ChargeMode.MANUAL
        await setup_entry()
        assert state(hass, MODE) == "green"
        assert state(hass, "sensor.carport_effective_charge_mode") == "manual"

    async def test_the_last_preference_stays_while_the_scheduler_is_down(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 46: an outage of one service costs that service's news, nothing else."""
        await setup_entry()
        simulator.faults.add(faults.status_code(503), Family.MODE)
        await advance(1300)
        assert state(hass, MODE) == "manual"
        assert state(hass, "sensor.carport_status") == "unplugged"


class TestBattery:
    """Green charging may draw on the home battery."""

    async def test_a_change_shows_once_the_cloud_tells_it_back(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.use_battery = True
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        await hass.services.async_call(SWITCH_DOMAIN, SERVICE_TURN_OFF, {ATTR_ENTITY_ID: BATTERY}, blocking=True)
        assert state(hass, BATTERY) == "on"
        await advance(10)
        assert state(hass, BATTERY) == "off"

    async def test_a_charger_without_the_setting_has_no_switch(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.charger.supports_use_battery = False
        await setup_entry()
        assert hass.states.get(BATTERY) is None

    async def test_the_switch_appears_when_the_setting_does(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        world.charger.supports_use_battery = False
        await setup_entry()
        world.charger.supports_use_battery = True
        await advance(3700)
        assert state(hass, BATTERY) not in {STATE_UNAVAILABLE, "unknown"}


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
class TestConfiguration:
    """Settings that the charger itself keeps."""

    async def test_app_authentication_shows_once_it_is_settled(
        self, hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
    ) -> None:
        await setup_entry()
        data = {ATTR_ENTITY_ID: AUTHENTICATION}
        await hass.services.async_call(SWITCH_DOMAIN, SERVICE_TURN_ON, data, blocking=True)
        assert state(hass, AUTHENTICATION) == "off"
        await advance(30)
        assert state(hass, AUTHENTICATION) == "on"

    async def test_the_default_level_shows_once_the_cloud_tells_it_back(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        data = {ATTR_ENTITY_ID: DEFAULT_LEVEL, ATTR_VALUE: 20}
        await hass.services.async_call(NUMBER_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)
        assert simulator.requests.of(Family.CONFIGURATION)[-1].json == [{"key": "DefaultChargeLevel", "value": 20}]
        await advance(10)
        assert state(hass, DEFAULT_LEVEL) == "20"

    async def test_a_setting_the_charger_does_not_have_has_no_entity(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        """Trap 37: a missing key is no support, an empty value is off."""
        del world.charger.settings["DefaultChargeLevel"]
        await setup_entry()
        assert hass.states.get(DEFAULT_LEVEL) is None

    @pytest.mark.parametrize(
        ("entity_id", "keys"),
        [
            (AUTHENTICATION, ("sessionAuthentication", "rfidSessionAuthentication")),
            (DEFAULT_LEVEL, ("DefaultChargeLevel",)),
        ],
    )
    async def test_a_setting_is_there_once_the_charger_has_it(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        advance: Advance,
        entity_id: str,
        keys: tuple[str, ...],
    ) -> None:
        """Trap 37: before, nobody is offered what would be refused. A restart is not needed."""
        settings = {key: world.charger.settings.pop(key) for key in keys}
        await setup_entry()
        assert hass.states.get(entity_id) is None
        world.charger.settings.update(settings)
        await advance(3700)
        assert state(hass, entity_id) != STATE_UNAVAILABLE

    async def test_a_refused_change_is_an_error_for_the_person(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.coded_error(400, "iqevc_ms-10099", "Not now"), Family.CONFIGURATION, method="PUT")
        with pytest.raises(HomeAssistantError, match="Not now"):
            await hass.services.async_call(
                SWITCH_DOMAIN, SERVICE_TURN_ON, {ATTR_ENTITY_ID: AUTHENTICATION}, blocking=True
            )
