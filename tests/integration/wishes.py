"""What a person asks of a charger through the services of Home Assistant, and what is seen of it."""

from collections.abc import Sequence

from homeassistant.components.button import DOMAIN as BUTTON_DOMAIN, SERVICE_PRESS
from homeassistant.components.number import ATTR_VALUE, DOMAIN as NUMBER_DOMAIN, SERVICE_SET_VALUE
from homeassistant.components.select import ATTR_OPTION, DOMAIN as SELECT_DOMAIN, SERVICE_SELECT_OPTION
from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID, SERVICE_TURN_OFF, SERVICE_TURN_ON
from homeassistant.core import HomeAssistant

from simulator import Family, Simulator

SWITCH = "switch.carport"
START_BUTTON, STOP_BUTTON = "button.carport_start_charging", "button.carport_stop_charging"
AMPS, MODE = "number.carport_charging_current", "select.carport_charge_mode"


async def turn_on(hass: HomeAssistant, switch: str | Sequence[str] = SWITCH) -> None:
    """Turn a switch on, or several at once."""
    await hass.services.async_call(SWITCH_DOMAIN, SERVICE_TURN_ON, {ATTR_ENTITY_ID: switch}, blocking=True)


async def turn_off(hass: HomeAssistant, switch: str | Sequence[str] = SWITCH) -> None:
    """Turn a switch off, or several at once."""
    await hass.services.async_call(SWITCH_DOMAIN, SERVICE_TURN_OFF, {ATTR_ENTITY_ID: switch}, blocking=True)


async def press(hass: HomeAssistant, button: str) -> None:
    """Press a button."""
    await hass.services.async_call(BUTTON_DOMAIN, SERVICE_PRESS, {ATTR_ENTITY_ID: button}, blocking=True)


async def set_amps(hass: HomeAssistant, amps: float, number: str = AMPS) -> None:
    """Set a current, that of the next start unless another is named."""
    data = {ATTR_ENTITY_ID: number, ATTR_VALUE: amps}
    await hass.services.async_call(NUMBER_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)


async def choose_mode(hass: HomeAssistant, option: str) -> None:
    """Choose the charge mode."""
    data = {ATTR_ENTITY_ID: MODE, ATTR_OPTION: option}
    await hass.services.async_call(SELECT_DOMAIN, SERVICE_SELECT_OPTION, data, blocking=True)


def shown(hass: HomeAssistant, entity_id: str = SWITCH) -> str:
    """Return what an entity shows."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


def pending(hass: HomeAssistant, switch: str = SWITCH) -> object:
    """Return what a switch says is still to show."""
    state = hass.states.get(switch)
    assert state is not None, switch
    return state.attributes["pending"]


def levels(simulator: Simulator) -> list[object]:
    """Return the levels of all starts that were sent, `None` for a start without one."""
    bodies = [request.json for request in simulator.requests.of(Family.START)]
    return [body.get("chargingLevel") for body in bodies if isinstance(body, dict)]
