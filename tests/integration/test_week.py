"""A whole week with all that goes wrong in one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .flows import assert_aborted, submit
from .long_runs import (
    DAY,
    GRID_EVENTS,
    HOUR,
    MINUTE,
    PRICE,
    STATUS,
    asks_to_sign_in,
    enable_event_loop_debug,
    most_requests_in_an_hour,
    shown,
)
from .passing_time import Advance
from .repairs import shown_issues

__all__ = ["enable_event_loop_debug"]

MONDAY_MORNING = "2026-11-09 06:00:00+00:00"
STEP = 10 * MINUTE
OPTIONS = {"slow_poll_interval": 560, "fast_poll_interval": 280}
LIFETIME = "sensor.carport_lifetime_energy"
NEW_KEY = "another horse"
EXPECTED_LOGS = (
    "Error fetching chargers data",
    "Authentication failed while fetching chargers data",
    "Error fetching grid events data",
    "Error requesting grid events data",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Home Assistant, the cloud, and the time that passes in both."""

    hass: HomeAssistant
    world: World
    simulator: Simulator
    entry: ConfigEntry
    advance: Advance

    async def let_pass(self, seconds: float) -> None:
        """Let time pass, in steps that each see one poll."""
        await self.advance(seconds, step=STEP)

    def is_alive(self) -> bool:
        """Tell whether charger, prices and grid events show something."""
        return STATE_UNAVAILABLE not in shown(self.hass, STATUS, PRICE, GRID_EVENTS, LIFETIME)

    async def charge(self, service: str) -> None:
        """Start or stop the charger as a person does."""
        target = {"entity_id": "switch.carport"}
        await self.hass.services.async_call(SWITCH_DOMAIN, service, target, blocking=True)

    def most_sign_ins_in_a_day(self) -> int:
        """Return how many sign-ins the worst sliding day had."""
        times = [request.time for request in self.simulator.requests.of(Family.LOGIN)]
        return max(sum(1 for other in times if time - timedelta(days=1) < other <= time) for time in times)


@pytest.fixture
def world(freezer: FrozenDateTimeFactory) -> World:
    """A site whose owner has a session for two and a half days at a time."""
    freezer.move_to(MONDAY_MORNING)
    world = World.with_one_charger()
    world.account.session_lifetime = timedelta(days=2.5)
    return world


@pytest.fixture
def lifetime_energies(hass: HomeAssistant) -> Iterator[list[float]]:
    """Every reading of the meter that Home Assistant has shown."""
    seen: list[float] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if event.data["entity_id"] == LIFETIME and state and state.state.replace(".", "").isdigit():
            seen.append(float(state.state))

    unsubscribe = hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    yield seen
    unsubscribe()


async def a_normal_day(week: Week) -> None:
    """The car comes home in the evening, charges over night, and the grid asks for the battery in between."""
    week.world.site.vpp.schedule(starts_in=timedelta(hours=13), duration=timedelta(hours=2))
    await week.let_pass(11 * HOUR)
    week.world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.3))
    await week.charge("turn_on")
    await week.let_pass(HOUR)
    assert shown(week.hass, STATUS, "switch.carport") == ["charging", "on"]
    await week.let_pass(1.5 * HOUR)
    assert shown(week.hass, "binary_sensor.vpp_lark_street_event_active") == ["on"]
    await week.let_pass(DAY - 13.5 * HOUR)
    week.world.charger.unplug()
    assert week.is_alive()


async def a_changed_password(week: Week) -> None:
    """The owner changes the password at work and tells Home Assistant in the evening."""
    week.world.account.password = NEW_KEY
    week.world.accounts.expire_sessions()
    await week.let_pass(10 * HOUR)
    (flow,) = week.entry.async_get_active_flows(week.hass, {SOURCE_REAUTH})
    assert_aborted(await submit(week.hass, flow, password=NEW_KEY, remember_password=True), "reauth_successful")
    await week.hass.async_block_till_done(wait_background_tasks=True)
    assert week.is_alive()
    await week.let_pass(14 * HOUR)


async def a_full_account(week: Week) -> None:
    """The phone, the car and a browser have taken all sessions; six hours later there are some again."""
    week.world.accounts.expire_sessions()
    week.world.account.session_cap = 0
    await week.let_pass(6 * HOUR)
    assert shown_issues(week.hass, "too_many_sessions")
    week.world.account.session_cap = 25
    await week.let_pass(19 * HOUR)
    assert not shown_issues(week.hass)
    assert week.is_alive()


async def an_outage(week: Week) -> None:
    """The cloud is down for longer than a token lives, while the car charges."""
    week.world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
    await week.charge("turn_on")
    await week.let_pass(HOUR)
    outage = week.simulator.faults.add(faults.status_code(503))
    await week.let_pass(7 * HOUR)
    assert shown(week.hass, STATUS) == [STATE_UNAVAILABLE]
    week.simulator.faults.remove(outage)
    await week.let_pass(DAY - 9 * HOUR)
    week.world.charger.unplug()
    assert week.is_alive()


async def a_busy_morning(week: Week) -> None:
    """The owner wants to see everything at once, charges, and runs into throttling and a moment of refusals."""
    week.hass.config_entries.async_update_entry(week.entry, options={"slow_poll_interval": 15, "fast_poll_interval": 5})
    await week.hass.config_entries.async_reload(week.entry.entry_id)
    week.world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4))
    await week.charge("turn_on")
    await week.advance(1.1 * HOUR, step=5)
    week.simulator.faults.add(faults.status_code(429, retry_after=1200), times=1)
    await week.advance(0.5 * HOUR, step=MINUTE)
    refusals = week.simulator.faults.add(faults.status_code(401))
    await week.advance(0.2 * HOUR, step=MINUTE)
    week.simulator.faults.remove(refusals)
    week.hass.config_entries.async_update_entry(week.entry, options=OPTIONS)
    await week.hass.config_entries.async_reload(week.entry.entry_id)
    await week.let_pass(DAY - 1.8 * HOUR)
    week.world.charger.unplug()
    assert week.is_alive()


async def a_restart_in_an_outage(week: Week) -> None:
    """The entry is set up again while the cloud is down."""
    outage = week.simulator.faults.add(faults.maintenance())
    await week.hass.config_entries.async_reload(week.entry.entry_id)
    await week.let_pass(2 * HOUR)
    assert week.entry.state is ConfigEntryState.SETUP_RETRY
    week.simulator.faults.remove(outage)
    await week.let_pass(DAY - 2 * HOUR)
    assert week.is_alive()


async def test_a_week_passes_without_harm(
    hass: HomeAssistant,
    world: World,
    simulator: Simulator,
    setup_entry: SetupEntry,
    advance: Advance,
    lifetime_energies: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever happens, the account stays safe, the meter never falls, and all is well again without a person."""
    entry = await setup_entry(options=OPTIONS, remember_password=True)
    week = Week(hass=hass, world=world, simulator=simulator, entry=entry, advance=advance)
    await week.let_pass(STEP)
    for happens in (
        a_normal_day,
        a_changed_password,
        a_full_account,
        an_outage,
        a_busy_morning,
        a_restart_in_an_outage,
        a_normal_day,
    ):
        await happens(week)

    assert week.is_alive()
    assert not asks_to_sign_in(hass, entry)
    # One to begin with, three refused and a person's, the cap and the day after, three in the moment of refusals,
    # and one session that came to its end
    assert simulator.requests.logins <= 11
    assert week.most_sign_ins_in_a_day() <= 4
    assert 400 <= most_requests_in_an_hour(simulator) <= 480
    assert lifetime_energies == sorted(lifetime_energies)
    assert lifetime_energies[-1] - lifetime_energies[0] > 100
    troubles = [record for record in caplog.records if record.levelno >= logging.WARNING and record.name != "asyncio"]
    ours = [record.getMessage() for record in troubles if "enphase" in record.name]
    assert [text for text in ours if not text.startswith(EXPECTED_LOGS)] == []
    assert len(ours) < 20
