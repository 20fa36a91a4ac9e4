"""What people see and docs/troubleshooting.md explains."""

from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Simulator, World, faults
from simulator.families import Family
from simulator.settings import Setting

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile

SWITCH, POWER = "switch.carport", "sensor.carport_power"
SERIAL = "202640011873"


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return what an entity shows."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


async def start(hass: HomeAssistant) -> tuple[object, object]:
    """Start, and return the outcome and the reason."""
    response = await hass.services.async_call(
        DOMAIN, "start_charging", {"entity_id": SWITCH}, blocking=True, return_response=True
    )
    assert response is not None
    chargers = response["chargers"]
    assert isinstance(chargers, list)
    (charger,) = chargers
    assert isinstance(charger, dict)
    return charger["outcome"], charger["reason"]


async def test_a_green_start_without_sun_waits_and_says_for_what(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    world.site.solar_watts = 0
    world.charger.modes.fix(ChargeMode.GREEN)
    await setup_entry()
    world.charger.plug_in(Car())
    await advance(40)
    outcome, _ = await meanwhile(start(hass))
    assert outcome == "waiting"
    assert shown(hass, "sensor.carport_connector_reason").state == "insufficient_solar"


async def test_a_start_that_needs_a_person_waits_and_is_not_pending_for_ever(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    """Trap 37: the charger has accepted the start and waits for the app or a card."""
    world.charger.settings["sessionAuthentication"] = Setting(value="enabled")
    world.charger.plug_in(Car())
    await setup_entry()
    outcome, reason = await meanwhile(start(hass))
    assert outcome == "waiting"
    assert reason
    await advance(300)
    assert shown(hass, SWITCH).attributes["pending"] is None
    world.charger.authenticate()
    await advance(60)
    assert shown(hass, SWITCH).state == "on"


async def test_power_stands_at_the_time_of_the_last_report_until_a_live_stream_brings_more(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    """Trap 39: answers of the cloud without a new report of the charger say nothing new."""
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1, max_amps=16, phases=3))
    await setup_entry()
    await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": SWITCH}, blocking=True)
    await advance(340)
    world.charger.reporting_interval *= 12
    await advance(310)
    before = shown(hass, POWER)
    assert before.attributes["as_of"] == world.charger.cloud.reported_at
    simulator.requests.clear()
    await advance(600)
    assert simulator.requests.count(Family.STATUS) > 30
    after = shown(hass, POWER)
    assert (after.state, after.attributes["as_of"]) == (before.state, before.attributes["as_of"])
    await hass.services.async_call(DOMAIN, "start_live_stream", {}, blocking=True)
    await advance(60)
    assert shown(hass, POWER).attributes["as_of"] > before.attributes["as_of"]
    assert float(shown(hass, POWER).state) == pytest.approx(3 * 230 * 16, rel=0.05)


async def test_a_status_by_serial_number_is_no_site_without_chargers(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 48: it says little, and that counts; the rest stays as it was."""
    await setup_entry()
    limit = shown(hass, "sensor.carport_maximum_current").state
    row = {"connected": True, "pluggedIn": True, "charging": False, "lst_rpt_at": 1794294312118}
    simulator.faults.add(faults.payload({"meta": {}, "data": {SERIAL: row}, "error": {}}), Family.STATUS)
    await advance(150)
    assert shown(hass, "binary_sensor.carport_plugged_in").state == "on"
    assert shown(hass, "sensor.carport_effective_charge_mode").state == "manual"
    assert shown(hass, "sensor.carport_maximum_current").state == limit
