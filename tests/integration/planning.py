"""A price sensor of another integration, and what a person asks of a charger's plan."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from homeassistant.components.number import ATTR_VALUE, DOMAIN as NUMBER_DOMAIN, SERVICE_SET_VALUE
from homeassistant.components.select import ATTR_OPTION, DOMAIN as SELECT_DOMAIN, SERVICE_SELECT_OPTION
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, ServiceResponse, State
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Slot, World

from .conftest import SetupEntry
from .passing_time import Advance

NOON: Final = datetime(2026, 11, 17, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
PRICES: Final = "sensor.spot_price"
BY_PRICE_SENSOR: Final = {"price_entity": PRICES}
PLAN, PLAN_START, PLAN_END = "sensor.carport_plan", "sensor.carport_plan_start", "sensor.carport_plan_end"
CHARGING_PLAN: Final = "select.carport_charging_plan"
PLAN_ENERGY: Final = "number.carport_plan_energy"
CHARGER: Final = "switch.carport"
OWNERS: Final = Slot(id="4410287:202640011873:owner", start=time(22), end=time(6), days=(1, 2, 3, 4, 5, 6, 7))

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


def slot_states(world: World) -> dict[str, bool]:
    """Return which slots of the charger are on, by the last part of their ids."""
    return {slot.id.rpartition(":")[2]: slot.enabled for slot in world.charger.slots}


def own_slots(world: World) -> list[tuple[time | None, time | None, tuple[int, ...]]]:
    """Return the slots that are not the owner's."""
    return [(slot.start, slot.end, slot.days) for slot in world.charger.slots if slot.id != OWNERS.id]


def stored_mode(world: World) -> ChargeMode:
    """Return the mode that is stored for the charger."""
    return world.charger.modes.preference


def lifetime_kwh(world: World) -> float:
    """Return what the charger has ever given."""
    return world.charger.lifetime_wh / 1000


def plug_in_car(world: World) -> None:
    """Plug in a car that has room for any plan."""
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=32, phases=3))


@pytest.fixture
async def priced(hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance) -> MockConfigEntry:
    """The entry of a charger with a slot of the owner's, a car that is plugged in and idle, and prices of a night."""
    publish(hass)
    world.charger.slots = [OWNERS]
    plug_in_car(world)
    entry = await setup_entry(options=BY_PRICE_SENSOR, remember_password=True)
    await advance(30)
    return entry


@pytest.fixture
async def planned(hass: HomeAssistant, priced: MockConfigEntry, advance: Advance) -> MockConfigEntry:
    """The entry of a charger whose plan is set: 20 kWh by 7, from 03:50 to 05:00 at the site."""
    await set_plan_energy(hass, 20)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert plan_of(hass).state == "set"
    return priced


@pytest.fixture
async def being_set(hass: HomeAssistant, priced: MockConfigEntry, world: World, advance: Advance) -> MockConfigEntry:
    """The entry of a charger whose plan is on its way to it, and takes a minute to arrive."""
    world.charger.effect_delay = timedelta(seconds=60)
    await choose_strategy(hass, "cheapest")
    await advance(10)
    assert plan_of(hass).state == "setting"
    return priced
