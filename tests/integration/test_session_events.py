"""The event entity: each change at a charger, once, in order, with the session's figures."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance

SESSION = "event.carport_session"
SWITCH = {"entity_id": "switch.carport"}


@pytest.fixture
def seen(hass: HomeAssistant) -> list[tuple[str, bool]]:
    """What happened and whether it was observed late, as an automation would be told."""
    seen: list[tuple[str, bool]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if event.data["entity_id"] != SESSION or new is None or new.state in {"unknown", "unavailable"}:
            return
        if old is None or old.state in {"unavailable", new.state}:
            return
        seen.append((new.attributes["event_type"], new.attributes["observed_late"]))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return seen


LONGEST_WAIT = 165
"""Seconds: what tells of an end waits two minutes for the final figures, and shows at a poll."""


async def act(hass: HomeAssistant, action: str) -> None:
    """Start or stop."""
    await hass.services.async_call(DOMAIN, action, SWITCH, blocking=True)


async def test_a_session_is_told_from_plug_to_plug(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, seen: list[tuple[str, bool]]
) -> None:
    await setup_entry()
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
    await advance(35)
    await act(hass, "start_charging")
    await advance(400)
    await act(hass, "stop_charging")
    await advance(30)
    world.charger.unplug()
    await advance(LONGEST_WAIT)
    assert [kind for kind, late in seen if not late] == ["plugged_in", "started", "stopped", "finished", "unplugged"]


async def test_the_end_of_a_session_carries_its_figures(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """The cost is null until the cloud has worked it out (Trap 23), and the energy not final without a report."""
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(700)
    world.charger.unplug()
    await advance(LONGEST_WAIT)
    shown = hass.states.get(SESSION)
    assert shown is not None
    assert shown.attributes["event_type"] == "unplugged"
    assert shown.attributes["energy"] > 1
    assert 10 <= shown.attributes["duration"] <= 12
    assert shown.attributes["cost"] is None
    assert shown.attributes["final"] is False
    assert shown.attributes["range_unit"] == "km"


async def test_the_end_of_a_session_waits_for_the_energy_that_is_reported_after_it(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Trap 70: the event told a sixth of the energy."""
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(880)
    world.charger.unplug()
    await advance(100)
    shown = hass.states.get(SESSION)
    assert shown is not None
    assert (shown.attributes["event_type"], shown.attributes["final"]) == ("unplugged", True)
    session_energy = hass.states.get("sensor.carport_session_energy")
    assert session_energy is not None
    assert shown.attributes["energy"] == float(session_energy.state) == pytest.approx(11.04 * 880 / 3600, rel=0.05)


async def test_a_full_car_pauses_and_does_not_end(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, seen: list[tuple[str, bool]]
) -> None:
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.999, max_amps=16))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(900)
    assert [kind for kind, _ in seen] == ["started", "paused"]


async def test_sun_that_comes_and_goes_pauses_and_resumes_one_session(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, seen: list[tuple[str, bool]]
) -> None:
    world.site.solar_watts = 12_000
    world.charger.use_battery = False
    world.charger.modes.active = ChargeMode.GREEN
    world.charger.modes.preference = ChargeMode.GREEN
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(120)
    world.site.solar_watts = 0
    await advance(120)
    world.site.solar_watts = 12_000
    await advance(120)
    assert [kind for kind, _ in seen] == ["started", "paused", "resumed"]


async def test_a_fault_is_told(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, seen: list[tuple[str, bool]]
) -> None:
    await setup_entry()
    world.charger.break_down()
    await advance(35)
    assert seen == [("faulted", False)]


async def test_the_first_observation_is_no_event(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, seen: list[tuple[str, bool]]
) -> None:
    world.charger.plug_in(Car())
    await setup_entry()
    await advance(120)
    assert seen == []


async def test_after_an_outage_the_net_change_is_told_as_late(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    seen: list[tuple[str, bool]],
) -> None:
    await setup_entry()
    outage = simulator.faults.add(faults.status_code(503))
    await advance(120)
    world.charger.plug_in(Car())
    await advance(60)
    world.charger.unplug()
    await advance(60)
    world.charger.plug_in(Car())
    simulator.faults.remove(outage)
    await advance(700)
    assert seen == [("plugged_in", True)]


async def test_after_a_restart_the_net_change_is_told_as_late(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    freezer: FrozenDateTimeFactory,
    seen: list[tuple[str, bool]],
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(hours=1))
    world.charger.plug_in(Car())
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    shown = hass.states.get(SESSION)
    assert shown is not None
    assert (shown.attributes["event_type"], shown.attributes["observed_late"]) == ("plugged_in", True)
