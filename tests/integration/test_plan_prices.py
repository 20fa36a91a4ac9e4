"""Where the prices of a plan come from, and what becomes of it as they and the goal change."""

from datetime import time, timedelta

from homeassistant.components.time import ATTR_TIME, DOMAIN as TIME_DOMAIN, SERVICE_SET_VALUE
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import ChargeMode, Family, World, faults
from simulator.ready_tariffs import TARIFFS

from .conftest import SetupEntry
from .passing_time import Advance
from .planning import (
    BY_PRICE_SENSOR,
    OWNERS,
    being_set,
    choose_strategy,
    own_slots,
    plan_of,
    planned,
    plug_in_car,
    priced,
    publish,
    set_plan_energy,
    slot_states,
    windows,
)

__all__ = ["being_set", "planned", "priced"]


@pytest.fixture
def car(world: World) -> None:
    """A car that is plugged in, at a charger with a slot of the owner's."""
    world.charger.slots = [OWNERS]
    plug_in_car(world)


@pytest.mark.usefixtures("car")
@pytest.mark.parametrize(
    ("tariff", "window", "cost"),
    [("night-valley", ("03:50", "05:00"), 1.22), ("negative", ("13:50", "15:00"), -0.9)],
)
async def test_without_a_price_sensor_the_tariff_counts(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    advance: Advance,
    tariff: str,
    window: tuple[str, str],
    cost: float,
) -> None:
    world.site.tariff = TARIFFS[tariff]
    await setup_entry()
    await advance(30)
    await set_plan_energy(hass, 20)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [window]
    assert plan_of(hass).attributes["cost"] == pytest.approx(cost)
    await advance(4000, step=60)
    assert windows(hass) == [window], "the same tariff, read again, is no other plan"


@pytest.mark.usefixtures("car")
async def test_with_no_prices_at_all_the_car_charges_as_late_as_possible(
    hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
) -> None:
    await setup_entry(options={"enable_monetary": False})
    await advance(30)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert plan_of(hass).state == "waiting_for_prices"
    assert windows(hass)[-1][1] == "06:45"


@pytest.mark.usefixtures("car")
async def test_a_price_sensor_that_comes_late_is_waited_for(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Integrations are set up in any order."""
    await setup_entry(options=BY_PRICE_SENSOR)
    await choose_strategy(hass, "cheapest")
    await advance(60)
    assert plan_of(hass).state == "setting"
    assert own_slots(world) == []
    publish(hass)
    await advance(60)
    assert windows(hass) == [("03:50", "05:00")]


@pytest.mark.usefixtures("planned")
async def test_another_time_to_be_ready_makes_another_plan(hass: HomeAssistant, world: World, advance: Advance) -> None:
    data = {ATTR_ENTITY_ID: "time.carport_ready_by", ATTR_TIME: time(4, 30)}
    await hass.services.async_call(TIME_DOMAIN, SERVICE_SET_VALUE, data, blocking=True)
    await advance(60)
    assert windows(hass) == [("03:05", "04:15")]
    assert own_slots(world) == [(time(3, 5), time(4, 15), (3,))]


@pytest.mark.usefixtures("being_set")
async def test_a_plan_that_is_turned_off_while_it_is_set_leaves_nothing_behind(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    await choose_strategy(hass, "off")
    await advance(300)
    assert plan_of(hass).state == "off"
    assert own_slots(world) == []
    world.charger.unplug()
    await advance(180)
    assert slot_states(world) == {"owner": True}
    assert world.charger.modes.preference is ChargeMode.MANUAL


@pytest.mark.usefixtures("priced")
async def test_reads_that_fail_for_a_while_hold_a_plan_up_and_no_more(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    world.charger.effect_delay = timedelta(seconds=20)
    await choose_strategy(hass, "cheapest")
    await advance(5)
    world.faults.add(faults.status_code(503), Family.SCHEDULES, method="GET", times=2)
    await advance(300)
    assert plan_of(hass).state == "set"
    assert len(own_slots(world)) == 1


async def test_a_plan_of_a_removed_entry_that_nobody_can_reach_is_said(
    hass: HomeAssistant, planned: MockConfigEntry, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults.add(faults.dropped())
    await hass.config_entries.async_remove(planned.entry_id)
    await hass.async_block_till_done()
    (said,) = [record.getMessage() for record in caplog.records if "of a plan may be left" in record.message]
    assert world.charger.serial not in said
