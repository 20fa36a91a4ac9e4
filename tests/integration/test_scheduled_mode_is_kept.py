"""The mode Scheduled after a start and after a stop: asserted again once, and only if it is still wanted (trap 26)."""

import asyncio
from datetime import time, timedelta

from homeassistant.core import HomeAssistant
import pytest

from simulator import Car, ChargeMode, Family, Simulator, Slot, World, faults

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .wishes import MODE, choose_mode, shown, turn_off, turn_on


def modes_set(simulator: Simulator) -> list[object]:
    """Return the modes that were written, in order."""
    bodies = [request.json for request in simulator.requests.of(Family.MODE, method="PUT")]
    return [body.get("mode") for body in bodies if isinstance(body, dict)]


@pytest.fixture
async def charging(
    request: pytest.FixtureRequest, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """A car that charges in the mode of the parameter."""
    world.charger.slots = [Slot(id="a window", start=time(0, 1), end=time(23, 59), amps=32)]
    world.charger.modes.fix(request.param)
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2))
    await setup_entry()
    await turn_on(hass)
    await advance(60)


SCHEDULED = pytest.mark.parametrize("charging", [ChargeMode.SCHEDULED], indirect=True)
OTHERS = pytest.mark.parametrize("charging", [ChargeMode.MANUAL, ChargeMode.GREEN], indirect=True)


@SCHEDULED
@pytest.mark.usefixtures("charging")
async def test_a_start_is_followed_by_one_assertion(hass: HomeAssistant, simulator: Simulator) -> None:
    """Trap 26: a start drifts to manual without it."""
    assert modes_set(simulator) == [ChargeMode.SCHEDULED]
    assert simulator.world.charger.modes.preference is ChargeMode.SCHEDULED
    assert shown(hass, MODE) == "scheduled"


@SCHEDULED
@pytest.mark.usefixtures("charging")
async def test_a_stop_is_followed_by_one_assertion(hass: HomeAssistant, simulator: Simulator, advance: Advance) -> None:
    """Trap 26: a stop drifts to manual as well."""
    simulator.requests.clear()
    await turn_off(hass)
    await advance(120)
    assert modes_set(simulator) == [ChargeMode.SCHEDULED]
    assert simulator.world.charger.modes.preference is ChargeMode.SCHEDULED


@OTHERS
@pytest.mark.usefixtures("charging")
async def test_in_other_modes_no_mode_is_written(hass: HomeAssistant, simulator: Simulator, advance: Advance) -> None:
    await turn_off(hass)
    await advance(120)
    assert (simulator.requests.count(Family.START, Family.STOP), modes_set(simulator)) == (2, [])


async def test_a_start_that_is_refused_writes_no_mode(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
) -> None:
    world.charger.modes.fix(ChargeMode.SCHEDULED)
    world.charger.plug_in(Car())
    await setup_entry()
    world.charger.unplug()
    await turn_on(hass)
    assert (simulator.requests.count(Family.START), modes_set(simulator)) == (1, [])


@SCHEDULED
@pytest.mark.usefixtures("charging")
async def test_a_mode_chosen_while_the_stop_is_on_its_way_is_the_last_word(
    hass: HomeAssistant, simulator: Simulator, meanwhile: Meanwhile
) -> None:
    simulator.requests.clear()
    simulator.faults.add(faults.slow(3), Family.STOP, times=1)
    stopping = asyncio.create_task(turn_off(hass))
    await meanwhile(simulator.requests.until(1, Family.STOP))
    await meanwhile(choose_mode(hass, "green"))
    await meanwhile(asyncio.wait([stopping]))
    await stopping
    assert modes_set(simulator) == [ChargeMode.GREEN]


@SCHEDULED
@pytest.mark.usefixtures("charging")
async def test_a_mode_that_was_chosen_and_does_not_show_yet_is_the_last_word(
    hass: HomeAssistant, simulator: Simulator, advance: Advance
) -> None:
    """Trap 34: the stored preference is read a while later than it is written."""
    simulator.requests.clear()
    simulator.world.charger.quirks.preference_lag = timedelta(seconds=60)
    await choose_mode(hass, "green")
    await turn_off(hass)
    await advance(30)
    assert modes_set(simulator) == [ChargeMode.GREEN]
