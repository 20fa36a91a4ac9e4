"""Charging sessions of the simulated cloud, and what Home Assistant shows of them."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant, State

from simulator import Car, World
from simulator.history import SessionRecord

from .passing_time import Advance

COST = "sensor.carport_session_cost"
ENERGY = "sensor.carport_session_energy"
RANGE = "sensor.carport_session_range"
STATUS = "sensor.carport_status"
SWITCH = "switch.carport"

A_MINUTE = 60.0
AN_HOUR = 3600.0


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that is there."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


async def charge(hass: HomeAssistant, world: World, advance: Advance, *, seconds: float = 600) -> None:
    """Have a car come, charge and leave, all of it noticed."""
    world.charger.plug_in(Car())
    await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True)
    await advance(seconds)
    world.charger.unplug()
    await advance(40)


def add_session(
    world: World,
    begin: datetime,
    length: timedelta | None,
    *,
    energy: float = 6.0,
) -> SessionRecord:
    """Add a session of some kWh from before the simulation; without a length it goes on."""
    record = SessionRecord(
        session_id=int(begin.timestamp()) + 20,
        started_at=begin.astimezone(UTC),
        charging_from=begin.astimezone(UTC) + timedelta(seconds=20),
        ended_at=None if length is None else begin.astimezone(UTC) + length,
        energy_wh=energy * 1000,
        active_seconds=3600,
    )
    world.charger.history.add(record)
    return record
