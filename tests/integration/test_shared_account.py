"""Two sites of one account: one session, one budget, one pause and one guard, all the time."""

from collections import Counter
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_KEY, Family, Simulator, World, faults

from .conftest import SetupEntry
from .flows import assert_aborted, submit
from .long_runs import (
    DAY,
    HOUR,
    MINUTE,
    SELDOM,
    STATUS,
    STEP,
    asks_to_sign_in,
    enable_event_loop_debug,
    most_requests_in_an_hour,
    shown,
)
from .passing_time import Advance
from .repairs import shown_issues

__all__ = ["enable_event_loop_debug"]

CABIN = "sensor.cabin_status"
STORED = "enphase_cloud_things.accounts"

type Sites = tuple[ConfigEntry, ConfigEntry]


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """An account with two sites, each with a charger."""
    request.getfixturevalue("freezer")
    return World.with_two_sites()


@pytest.fixture
def remember_password() -> bool:
    """Whether the entries keep the password."""
    return True


@pytest.fixture
def options() -> dict[str, Any]:
    """The options of both entries."""
    return SELDOM


@pytest.fixture
async def sites(
    setup_entry: SetupEntry, world: World, remember_password: bool, options: dict[str, Any], advance: Advance
) -> Sites:
    """Home and cabin, set up and settled; the log begins after that."""
    home, cabin = [
        await setup_entry(site=site, remember_password=remember_password, options=options)
        for site in world.sites.values()
    ]
    await advance(MINUTE)
    world.requests.clear()
    return home, cabin


def sites_read(simulator: Simulator) -> Counter[str]:
    """Return how often the status of each site was read."""
    return Counter(request.parameters["site"] for request in simulator.requests.of(Family.STATUS))


async def test_an_ended_session_costs_both_sites_one_sign_in(
    hass: HomeAssistant, sites: Sites, world: World, simulator: Simulator, advance: Advance
) -> None:
    """Trap 2: each site signing in by itself uses up the account's sessions."""
    world.accounts.expire_sessions()
    await advance(2 * STEP, step=STEP)
    assert simulator.requests.logins == 1
    assert shown(hass, STATUS, CABIN) == ["unplugged"] * 2


async def test_a_day_of_sessions_that_end_costs_both_sites_five_sign_ins(
    hass: HomeAssistant, sites: Sites, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.account.renews_by_cookie = False
    world.account.token_lifetime = world.account.session_lifetime = timedelta(hours=6)
    world.accounts.expire_sessions()
    await advance(DAY, step=STEP)
    assert simulator.requests.logins <= 5
    assert shown(hass, STATUS, CABIN) == ["unplugged"] * 2


async def test_a_day_of_refusals_costs_both_sites_four_sign_ins_at_most(
    hass: HomeAssistant, sites: Sites, simulator: Simulator, advance: Advance
) -> None:
    simulator.faults.add(faults.status_code(401))
    await advance(DAY, step=STEP)
    assert simulator.requests.logins == 3
    assert asks_to_sign_in(hass, sites[0])
    assert asks_to_sign_in(hass, sites[1])


async def test_a_site_that_is_reloaded_finds_the_guard_of_the_other(
    hass: HomeAssistant, sites: Sites, simulator: Simulator, advance: Advance
) -> None:
    simulator.faults.add(faults.status_code(401))
    for _ in range(12):
        await hass.config_entries.async_reload(sites[1].entry_id)
        await advance(2 * HOUR, step=STEP)
    assert simulator.requests.logins <= 4


async def test_one_sign_in_of_a_person_gets_both_sites_going(
    hass: HomeAssistant, sites: Sites, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.account.password = "changed"
    world.accounts.expire_sessions()
    await advance(4 * STEP, step=STEP)
    assert shown(hass, STATUS, CABIN) == [STATE_UNAVAILABLE] * 2
    simulator.requests.clear()

    (flow,) = sites[0].async_get_active_flows(hass, {"reauth"})
    result = await submit(hass, flow, password="changed", remember_password=True)
    assert_aborted(result, "reauth_successful")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.requests.logins == 1
    assert shown(hass, STATUS, CABIN) == ["unplugged"] * 2
    assert not asks_to_sign_in(hass, sites[1])

    world.accounts.expire_sessions()
    await advance(2 * STEP, step=STEP)
    assert simulator.requests.logins == 2
    assert shown(hass, STATUS, CABIN) == ["unplugged"] * 2


@pytest.mark.parametrize("remember_password", [False])
async def test_one_sign_in_gets_a_site_going_that_could_not_be_set_up(
    hass: HomeAssistant, sites: Sites, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.accounts.expire_sessions()
    for entry in sites:
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = sites[0].async_get_active_flows(hass, {"reauth"})
    await submit(hass, flow, password=OWNER_KEY, remember_password=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [entry.state for entry in sites] == [ConfigEntryState.LOADED] * 2
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    assert simulator.requests.logins == 1


async def test_a_pause_that_the_cloud_asks_of_one_site_is_kept_by_both(
    sites: Sites, simulator: Simulator, advance: Advance
) -> None:
    simulator.faults.add(faults.status_code(429, retry_after=1800), Family.STATUS, times=1)
    await advance(STEP, step=10)
    (refused,) = [request for request in simulator.requests if request.status == 429]
    await advance(1800 - STEP, step=MINUTE)
    assert all(request.time <= refused.time for request in simulator.requests)
    simulator.requests.clear()
    await advance(6 * MINUTE, step=MINUTE)
    assert len(sites_read(simulator)) == 2


@pytest.mark.parametrize("options", [{"slow_poll_interval": 15, "fast_poll_interval": 5}])
async def test_the_budget_is_one_for_both(sites: Sites, simulator: Simulator, advance: Advance) -> None:
    """Trap 57: 480 requests in any hour are for the account, however often each site wants to be read."""
    await advance(1.5 * HOUR, step=5)
    assert 400 <= most_requests_in_an_hour(simulator) <= 480
    first, second = sites_read(simulator).values()
    assert 0.9 < first / second < 1.1


async def test_the_session_cap_is_told_for_both_and_passes_for_both(
    hass: HomeAssistant, sites: Sites, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.accounts.expire_sessions()
    world.account.session_cap = 0
    await advance(2 * STEP, step=STEP)
    assert len(shown_issues(hass, "too_many_sessions")) == 2
    world.account.session_cap = 25
    await advance(DAY + HOUR, step=STEP)
    assert simulator.requests.logins == 2
    assert not shown_issues(hass)
    assert shown(hass, STATUS, CABIN) == ["unplugged"] * 2


@pytest.mark.parametrize("gone", [0, 1])
async def test_a_site_goes_on_when_the_other_is_removed(
    hass: HomeAssistant, sites: Sites, world: World, simulator: Simulator, advance: Advance, gone: int
) -> None:
    await hass.config_entries.async_remove(sites[gone].entry_id)
    left = (STATUS, CABIN)[1 - gone]
    await advance(7 * HOUR, step=STEP)
    assert shown(hass, left) == ["unplugged"]
    world.accounts.expire_sessions()
    await advance(STEP, step=STEP)
    assert shown(hass, left) == ["unplugged"]
    assert simulator.requests.logins == 1


async def test_nothing_is_left_behind_when_both_are_removed(
    hass: HomeAssistant,
    sites: Sites,
    world: World,
    simulator: Simulator,
    advance: Advance,
    hass_storage: dict[str, Any],
) -> None:
    assert world.account.user_id in hass_storage[STORED]["data"]["accounts"]
    for entry in sites:
        await hass.config_entries.async_remove(entry.entry_id)
    await advance(MINUTE)
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
    simulator.requests.clear()
    await advance(HOUR, step=STEP)
    assert len(simulator.requests) == 0
