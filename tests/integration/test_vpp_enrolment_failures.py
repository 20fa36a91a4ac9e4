"""A look-up of the enrolment that fails says nothing of the site, and concerns nothing else."""

from datetime import timedelta

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from simulator import Family, Simulator, faults

from .energy_plan import ALL_OF_THE_PROGRAM, PROGRAM_ONLY, STATUS, PassTime, SetUp, device_of, pass_time, set_up, value
from .long_runs import enable_event_loop_debug

__all__ = ["enable_event_loop_debug", "pass_time", "set_up"]

PROGRAM = "vpp:4410287"
TROUBLES = [
    pytest.param(faults.login_wall(), id="login wall"),
    pytest.param(faults.login_wall(as_json=True), id="login wall as JSON"),
    pytest.param(faults.maintenance(), id="maintenance"),
    pytest.param(faults.status_code(406), id="406"),
    pytest.param(faults.status_code(500), id="500"),
    pytest.param(faults.truncated(), id="truncated"),
    pytest.param(faults.dropped(), id="dropped"),
]


def program_entities(hass: HomeAssistant) -> set[str]:
    """Return the entities of the program that are there."""
    return {entity_id for entity_id in hass.states.async_entity_ids() if "vpp_lark_street" in entity_id}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_at_a_start_stops_no_charger_and_signs_nobody_in(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, trouble: faults.Trouble
) -> None:
    """Trap 3: what an optional family answers is not about the session."""
    simulator.faults.add(trouble, Family.VPP_ENROLMENT)
    entry = await set_up(options=PROGRAM_ONLY)
    await pass_time(timedelta(hours=1), step=300)
    assert simulator.requests.count(Family.VPP_ENROLMENT) > 0
    assert entry.state is ConfigEntryState.LOADED
    assert value(hass, STATUS) == "unplugged"
    assert simulator.requests.logins == 1
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_takes_no_device_away_that_is_there(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    trouble: faults.Trouble,
) -> None:
    """It is looked up again every six hours, and at each start."""
    entry = await set_up(options=PROGRAM_ONLY)
    simulator.faults.add(trouble, Family.VPP_ENROLMENT)
    simulator.requests.clear()
    await pass_time(timedelta(hours=8), step=1200)
    assert simulator.requests.count(Family.VPP_ENROLMENT) > 0
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(timedelta(hours=2), step=600)
    assert device_of(hass, PROGRAM) is not None
    assert program_entities(hass) == ALL_OF_THE_PROGRAM
    assert value(hass, STATUS) == "unplugged"
    assert simulator.requests.logins == 0
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
