"""Green charging while the sun can still matter, then the cheapest hours for what is missing."""

from datetime import time

from homeassistant.core import HomeAssistant
import pytest

from simulator import ChargeMode, World, commands

from .passing_time import Advance, Meanwhile
from .planning import (
    NIGHT,
    act,
    choose_strategy,
    lifetime_kwh,
    own_slots,
    plan_of,
    priced,
    publish,
    set_plan_energy,
    slot_states,
    stored_mode,
    windows,
)

__all__ = ["priced"]


@pytest.fixture(autouse=True)
async def vienna(hass: HomeAssistant) -> None:
    """A home where the sun sets at 16:09 on this day, and rises at 7:07 on the next."""
    await hass.config.async_update(latitude=48.2, longitude=16.37, elevation=170, time_zone="Europe/Vienna")


@pytest.fixture
async def in_sun(hass: HomeAssistant, priced: object, world: World, advance: Advance) -> None:
    """A car that charges by the sun since 13:02, 30 kWh by 7."""
    world.site.solar_watts = 7000
    await set_plan_energy(hass, 30)
    await choose_strategy(hass, "sun_then_cheapest")
    await advance(120)


@pytest.mark.usefixtures("in_sun")
async def test_the_sun_comes_first_and_the_grid_brings_what_is_missing(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    before = lifetime_kwh(world)
    assert stored_mode(world) is ChargeMode.GREEN
    assert own_slots(world) == []
    assert slot_states(world) == {"owner": True}, "in green mode no slot is followed"
    assert plan_of(hass).state == "charging"

    await advance(3.1 * 3600, step=300)
    world.site.solar_watts = 0
    await advance(600, step=30)
    by_sun = lifetime_kwh(world) - before
    assert by_sun > 10
    assert stored_mode(world) is ChargeMode.SCHEDULED
    assert plan_of(hass).state == "set"
    assert plan_of(hass).attributes["energy"] == pytest.approx(30 - by_sun, abs=1.5)
    ((_, end),) = windows(hass)
    assert end == "05:00"

    await advance(11 * 3600, step=3600)
    await advance(2 * 3600, step=120)
    assert plan_of(hass).state == "done"
    assert lifetime_kwh(world) - before == pytest.approx(30, abs=1.5)


@pytest.mark.usefixtures("in_sun")
async def test_sun_enough_is_the_end_of_it(hass: HomeAssistant, world: World, advance: Advance) -> None:
    before = lifetime_kwh(world)
    await set_plan_energy(hass, 5)
    await advance(2 * 3600, step=120)
    assert plan_of(hass).state == "done"
    assert lifetime_kwh(world) - before == pytest.approx(5, abs=1)
    assert own_slots(world) == []
    world.charger.unplug()
    await advance(120)
    assert stored_mode(world) is ChargeMode.MANUAL


@pytest.mark.usefixtures("in_sun")
async def test_a_start_in_the_app_ends_green_charging_by_the_plan(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    await advance(660, step=30)
    commands.start(world.charger, level=16, connector=world.charger.connector(1))
    await advance(300)
    assert plan_of(hass).state == "ended"
    await advance(4 * 3600, step=600)
    assert own_slots(world) == []


@pytest.mark.usefixtures("priced")
async def test_after_sunset_the_cheapest_hours_are_all_there_is(
    hass: HomeAssistant, world: World, advance: Advance
) -> None:
    await advance(3.5 * 3600, step=600)
    await choose_strategy(hass, "sun_then_cheapest")
    await advance(60)
    assert plan_of(hass).state == "set"
    assert stored_mode(world) is ChargeMode.SCHEDULED
    assert own_slots(world) == [(time(3, 50), time(5), (3,))]


@pytest.mark.usefixtures("priced")
async def test_once_the_sun_has_set_new_prices_do_not_wait_for_it_again(
    hass: HomeAssistant, world: World, advance: Advance, meanwhile: Meanwhile
) -> None:
    world.site.solar_watts = 0
    await meanwhile(
        act(hass, "plan_charging", strategy="sun_then_cheapest", energy=20, ready_by="2026-11-18T14:00:00+01:00")
    )
    assert stored_mode(world) is ChargeMode.GREEN
    await advance(3.5 * 3600, step=600)
    await advance(60)
    assert stored_mode(world) is ChargeMode.SCHEDULED
    publish(hass, (*NIGHT[:12], 0.01, 0.01, *NIGHT[14:]))
    await advance(120)
    assert plan_of(hass).state == "set"
    assert windows(hass) == [("01:50", "03:00")]
    assert stored_mode(world) is ChargeMode.SCHEDULED
