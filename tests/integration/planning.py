"""A price sensor of another integration, and what a person asks of a charger's plan."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeassistant.components.number import ATTR_VALUE, DOMAIN as NUMBER_DOMAIN, SERVICE_SET_VALUE
from homeassistant.components.select import ATTR_OPTION, DOMAIN as SELECT_DOMAIN, SERVICE_SELECT_OPTION
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, ServiceResponse, State

from custom_components.enphase_cloud_things.const import DOMAIN

NOON: Final = datetime(2026, 11, 17, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
PRICES: Final = "sensor.spot_price"
BY_PRICE_SENSOR: Final = {"price_entity": PRICES}
PLAN, PLAN_START, PLAN_END = "sensor.carport_plan", "sensor.carport_plan_start", "sensor.carport_plan_end"
CHARGING_PLAN: Final = "select.carport_charging_plan"
PLAN_ENERGY: Final = "number.carport_plan_energy"
CHARGER: Final = "switch.carport"

# By the hour from 13:00 at the site; cheap from 02:00 to 05:00
NIGHT: Final = (0.3,) * 13 + (0.1, 0.1, 0.1) + (0.3,) * 20


def publish(hass: HomeAssistant, rates: Sequence[float] = NIGHT, *, start: datetime = NOON) -> None:
    """Publish prices by the hour."""
    rows = [
        {"start": (start + number * HOUR).isoformat(), "end": (start + (number + 1) * HOUR).isoformat(), "value": rate}
        for number, rate in enumerate(rates)
    ]
    hass.states.async_set(PRICES, str(rates[0]), {"raw_today": rows, "unit_of_measurement": "EUR/kWh"})


async def choose_strategy(hass: HomeAssistant, option: str) -> None:
    """Choose what happens when a car is plugged in."""
    data = {ATTR_ENTITY_ID: CHARGING_PLAN, ATTR_OPTION: option}
    await hass.services.async_call(SELECT_DOMAIN, SERVICE_SELECT_OPTION, data, blocking=True)


async def set_plan_energy(hass: HomeAssistant, energy: float) -> None:
    """Set how much energy a car gets."""
    data = {ATTR_ENTITY_ID: PLAN_ENERGY, ATTR_VALUE: energy}
    await hass.services.async_call(NUMBER_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)


async def act(hass: HomeAssistant, action: str, **data: Any) -> ServiceResponse:
    """Call an action on the charger and return its reply."""
    return await hass.services.async_call(
        DOMAIN, action, {ATTR_ENTITY_ID: CHARGER, **data}, blocking=True, return_response=True
    )


def only_reply(reply: ServiceResponse) -> Mapping[str, Any]:
    """Return what an action replied of the only charger."""
    assert reply is not None
    chargers = reply["chargers"]
    assert isinstance(chargers, list)
    (charger,) = chargers
    assert isinstance(charger, Mapping)
    return charger


def plan_of(hass: HomeAssistant) -> State:
    """Return the state of the plan."""
    state = hass.states.get(PLAN)
    assert state is not None
    return state


def windows(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return the planned windows as times on the clock of the site."""
    return [(window["start"][11:16], window["end"][11:16]) for window in plan_of(hass).attributes["windows"]]
