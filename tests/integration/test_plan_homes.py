"""Plans over days, and at two chargers at once."""

from datetime import time

from homeassistant.components.select import ATTR_OPTION, DOMAIN as SELECT_DOMAIN, SERVICE_SELECT_OPTION
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, ChargeMode, Family, Simulator, World

from .conftest import SetupEntry
from .passing_time import Advance, Meanwhile
from .planning import (
    BY_PRICE_SENSOR,
    choose_strategy,
    lifetime_kwh,
    own_slots,
    plan_of,
    planned,
    priced,
    publish,
    slot_states,
    windows,
)
from .wishes import shown

__all__ = ["planned", "priced"]

DAY = 24 * 3600


async def test_nine_days_without_home_assistant_cost_one_window_a_week_and_nothing_else(
    hass: HomeAssistant, planned: MockConfigEntry, world: World, advance: Advance
) -> None:
    """A slot comes round every week: the one thing that a plan leaves to itself may do."""
    await hass.config_entries.async_unload(planned.entry_id)
    await advance(DAY, step=3600)
    assert lifetime_kwh(world) > 0
    world.charger.unplug()
    world.charger.plug_in(Car(battery_kwh=500, state_of_charge=0.1, max_amps=32, phases=3))
    before = lifetime_kwh(world)
    await advance(6 * DAY, step=3600)
    assert lifetime_kwh(world) == before, "no other day than that of the window"
    await advance(2 * DAY, step=3600)
    seventy_minutes = lifetime_kwh(world) - before
    assert seventy_minutes == pytest.approx(22 * 70 / 60, rel=0.05)

    await hass.config_entries.async_setup(planned.entry_id)
    await advance(120)
    assert own_slots(world) == [], "the first contact cleans up"
    await advance(7 * DAY, step=3 * 3600)
    assert lifetime_kwh(world) - before == seventy_minutes


@pytest.mark.usefixtures("priced")
async def test_a_car_that_draws_less_than_planned_gets_its_energy_all_the_same(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    """The plan counts with 21 kW, and the car takes 11."""
    world.charger.unplug()
    await advance(60)
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=16, phases=3))
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert windows(hass) == [("03:50", "05:00")]
    before = lifetime_kwh(world)
    await advance(14.7 * 3600, step=3600)
    await advance(3.2 * 3600, step=60)
    assert plan_of(hass).state == "done"
    assert lifetime_kwh(world) - before == pytest.approx(20, abs=1.5)


@pytest.mark.usefixtures("planned")
async def test_an_idle_hour_with_a_plan_stays_in_the_budget(
    hass: HomeAssistant, simulator: Simulator, advance: Advance
) -> None:
    await advance(600)
    simulator.requests.clear()
    await advance(3600)
    assert plan_of(hass).state == "set"
    assert simulator.requests.count(Family.SCHEDULES) == 4
    assert simulator.requests.count(Family.MODE) <= 5
    assert len(simulator.requests) <= 160


class TestTwoChargers:
    """Each charger has a plan of its own."""

    @pytest.fixture
    def world(self) -> World:
        return World.with_chargers(2)

    @pytest.fixture
    async def both(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, meanwhile: Meanwhile
    ) -> None:
        """Two cars, one with a plan of 20 kWh by 7, the other of 10 kWh by 20:00."""
        publish(hass)
        for charger in world.site.chargers:
            charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2, max_amps=32, phases=3))
        await setup_entry(options=BY_PRICE_SENSOR)
        await advance(180)
        await hass.services.async_call(
            SELECT_DOMAIN,
            SERVICE_SELECT_OPTION,
            {ATTR_ENTITY_ID: "select.charger_1_charging_plan", ATTR_OPTION: "cheapest"},
            blocking=True,
        )
        data = {ATTR_ENTITY_ID: "switch.charger_2", "energy": 10, "ready_by": "20:00"}
        await meanwhile(hass.services.async_call(DOMAIN, "plan_charging", data, blocking=True))
        await advance(60)

    @pytest.mark.usefixtures("both")
    async def test_each_has_its_own_slots(self, hass: HomeAssistant, world: World) -> None:
        one, other = world.site.chargers
        assert [(slot.start, slot.end) for slot in one.slots] == [(time(3, 50), time(5))]
        assert [(slot.start, slot.end) for slot in other.slots] == [(time(19, 10), time(19, 45))]
        assert shown(hass, "sensor.charger_1_plan") == shown(hass, "sensor.charger_2_plan") == "set"

    @pytest.mark.usefixtures("both")
    async def test_the_end_of_one_leaves_the_other_alone(
        self, hass: HomeAssistant, world: World, advance: Advance
    ) -> None:
        one, other = world.site.chargers
        one.unplug()
        await advance(120)
        assert shown(hass, "sensor.charger_1_plan") == "waiting_for_vehicle"
        assert (one.slots, one.modes.preference) == ([], ChargeMode.MANUAL)
        assert shown(hass, "sensor.charger_2_plan") == "set"
        assert (len(other.slots), other.modes.preference) == (1, ChargeMode.SCHEDULED)
        before = other.lifetime_wh
        await advance(5.9 * 3600, step=1800)
        await advance(3600, step=60)
        assert (other.lifetime_wh - before) / 1000 == pytest.approx(10, abs=1.5)
        assert slot_states(world) == {}
