"""A simulated cloud by a clock that the test moves, and browsers in front of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from simulator import ManualClock, Simulator, World, running
from simulator.wire import Json

from .browser import Act, Browser
from .services_browser import GridBrowser, ServicesBrowser

START_OF_TEST = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """A Tuesday morning, eight o'clock in Vienna."""
    return ManualClock(START_OF_TEST)


@pytest.fixture
def world(clock: ManualClock) -> World:
    """One account, one site, one charger; tests override this for another world."""
    return World.with_one_charger(clock)


@pytest.fixture
async def simulator(world: World, socket_enabled: None) -> AsyncIterator[Simulator]:
    """The world behind HTTP."""
    async with running(world) as simulator:
        yield simulator


@pytest.fixture
async def http(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP session that keeps cookies of an address."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
def visitor(http: aiohttp.ClientSession, simulator: Simulator) -> Browser:
    """A browser that has not signed in."""
    return Browser(http, simulator)


@pytest.fixture
async def browser(visitor: Browser) -> Browser:
    """A signed-in browser."""
    await visitor.sign_in()
    return visitor


@pytest.fixture
def act(http: aiohttp.ClientSession, simulator: Simulator) -> Act:
    """Send an action to the control interface, and return status and answer."""

    async def send(action: str, **fields: Json) -> tuple[int, Json]:
        async with http.post(simulator.control_url + action, json=fields) as response:
            body: Json = await response.json()
            return response.status, body

    return send


@pytest.fixture
def services(browser: Browser, world: World) -> ServicesBrowser:
    """A signed-in browser that knows the services beside the chargers."""
    return ServicesBrowser(browser=browser, world=world)


@pytest.fixture
async def grid(browser: Browser, simulator: Simulator) -> AsyncIterator[GridBrowser]:
    """A client of Grid Services with a bare token and no cookies."""
    token = browser.tokens["Authorization"].removeprefix("Bearer ")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield GridBrowser(session, simulator, token)
