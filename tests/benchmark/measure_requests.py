"""Requests, sign-ins and state writes of simulated hours and days."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, EventStateChangedData, EventStateReportedData, HomeAssistant, callback
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World, commands, faults
from tests.integration.conftest import SetupEntry
from tests.integration.long_runs import DAY, HOUR, SELDOM, STEP, most_requests_in_an_hour
from tests.integration.passing_time import Advance
from tests.integration.planning import BY_PRICE_SENSOR, OWNERS, choose_strategy, plan_of, publish

from .conftest import Record


async def test_an_idle_hour(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance, record: Record
) -> None:
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData] | Event[EventStateReportedData]) -> None:
        written.append(event.data["entity_id"])

    await setup_entry()
    await advance(60)
    simulator.requests.clear()
    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    hass.bus.async_listen(EVENT_STATE_REPORTED, note, event_filter=callback(lambda _data: True))
    await advance(HOUR, step=1)
    record("requests in an idle hour", len(simulator.requests), most=160)
    record("state writes in an idle hour", len(written), most=70)


async def test_an_idle_hour_with_a_plan(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    record: Record,
) -> None:
    publish(hass)
    world.charger.slots = [OWNERS]
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.2))
    await setup_entry(options=BY_PRICE_SENSOR)
    await advance(30)
    await choose_strategy(hass, "cheapest")
    await advance(600)
    assert plan_of(hass).state == "set"
    simulator.requests.clear()
    await advance(HOUR, step=1)
    record("requests in an idle hour with schedules and a plan", len(simulator.requests), most=160)


async def test_an_hour_of_charging(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    record: Record,
) -> None:
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1))
    await setup_entry()
    await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": "switch.carport"}, blocking=True)
    await advance(60)
    simulator.requests.clear()
    await advance(HOUR, step=1)
    record("requests in an hour of charging", len(simulator.requests), most=430)


async def test_the_shortest_intervals(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    record: Record,
) -> None:
    world.charger.plug_in(Car(battery_kwh=100, state_of_charge=0.1))
    await setup_entry(options={"slow_poll_interval": 15, "fast_poll_interval": 5})
    await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": "switch.carport"}, blocking=True)
    await advance(2 * HOUR, step=1)
    record("requests in the busiest hour, charging and polled every 5 s", most_requests_in_an_hour(simulator), most=480)


async def test_fifty_chargers_on_two_sites(
    setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance, record: Record
) -> None:
    lark_street = world.site
    hill_cabin = world.add_site("4410288", "Hill Cabin")
    world.account.site_ids.append(hill_cabin.site_id)
    for site, count in ((lark_street, 24), (hill_cabin, 25)):
        for number in range(count):
            site.add_charger(f"{site.site_id}{number:05}", name=f"{site.title} {number}")
    charging = [*lark_street.chargers[:12], *hill_cabin.chargers[:13]]
    for charger in charging:
        charger.plug_in(Car(battery_kwh=500, state_of_charge=0.1))
        commands.start(charger, level=16, connector=charger.connector(1))
    for site in (lark_street, hill_cabin):
        await setup_entry(site=site)
    await advance(HOUR, step=1)
    simulator.requests.clear()
    await advance(HOUR, step=1)
    read: defaultdict[str, list[datetime]] = defaultdict(list)
    for request in simulator.requests.of(Family.STATUS):
        read[request.parameters["site"]].append(request.time)
    longest = max((later - one).total_seconds() for times in read.values() for one, later in pairwise(times))
    assert len(read) == 2
    record("longest wait for a status, 50 chargers on two sites, 25 charging", longest, "s", most=60)
    record("requests of that hour", len(simulator.requests), most=480)


@pytest.mark.parametrize(("by_cookie", "most"), [(True, 1), (False, 5)])
async def test_sign_ins_of_a_day(
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    record: Record,
    by_cookie: bool,
    most: int,
) -> None:
    if not by_cookie:
        world.account.renews_by_cookie = False
        world.account.token_lifetime = world.account.session_lifetime = timedelta(hours=6)
    await setup_entry(options=SELDOM, remember_password=True)
    await advance(DAY, step=STEP)
    how = "renewed by cookie" if by_cookie else "sessions of six hours"
    record(f"sign-ins of a day, {how}", simulator.requests.logins, most=most)


async def test_sign_ins_of_a_day_of_refusals(
    setup_entry: SetupEntry, simulator: Simulator, advance: Advance, record: Record
) -> None:
    await setup_entry(options=SELDOM, remember_password=True)
    simulator.requests.clear()
    simulator.faults.add(faults.status_code(401))
    await advance(DAY, step=STEP)
    record("sign-ins of a day in which all is answered 401", simulator.requests.logins, most=4)
    record("status requests of that day", simulator.requests.count(Family.STATUS))
