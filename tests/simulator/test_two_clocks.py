"""Where simulated time runs ahead, signing in and limits still go by the seconds that clients count."""

from datetime import timedelta

import aiohttp
import pytest

from simulator import Account, RateLimit, ScaledClock, Simulator, World

from .browser import STATUS, Browser, pick

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> ScaledClock:
    """A clock that can be moved ahead of the wall clock."""
    return ScaledClock()


@pytest.fixture
def world(clock: ScaledClock) -> World:
    """A world ahead of its clients."""
    world = World.with_one_charger(clock)
    world.account.token_lifetime = world.account.session_lifetime = timedelta(hours=6)
    return world


async def test_tokens_and_sessions_outlive_a_simulated_day(browser: Browser, clock: ScaledClock) -> None:
    clock.jump(DAY)

    assert (await browser.get(STATUS)).status == 200


async def test_the_expiry_of_a_token_is_told_by_the_wall_clock(
    browser: Browser, clock: ScaledClock, world: World
) -> None:
    clock.jump(DAY)

    expiry = (await browser.get("/users/self/token")).at("expires_at")

    assert isinstance(expiry, int)
    assert expiry == pytest.approx((clock.wall() + world.account.token_lifetime).timestamp(), abs=10)


def test_one_time_codes_and_their_resends_wait_by_the_wall_clock(clock: ScaledClock, world: World) -> None:
    account = world.add_account(Account(email="codes@example.com", one_time_codes=True))
    challenge = world.accounts.challenge(account)
    assert world.accounts.resend_code(challenge).value == "accepted"
    clock.jump(DAY)

    assert world.accounts.resend_code(challenge).value == "too_early"
    assert world.accounts.check_code(challenge, str(challenge.code)).value == "accepted"


async def test_a_rate_limit_counts_real_seconds(browser: Browser, clock: ScaledClock, world: World) -> None:
    world.rate_limit = RateLimit(requests=len(world.requests) + 1)
    assert (await browser.get(STATUS)).status == 200
    clock.jump(DAY)

    assert (await browser.get(STATUS)).status == 429


async def test_the_control_page_is_told_how_far_ahead_time_is(
    http: aiohttp.ClientSession, simulator: Simulator, clock: ScaledClock
) -> None:
    clock.jump(timedelta(hours=5))

    async with http.get(simulator.control_url + "state") as answer:
        ahead = pick(await answer.json(), "ahead_seconds")

    assert ahead == pytest.approx(5 * 3600, abs=5)
