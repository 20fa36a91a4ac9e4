"""A client and a simulated cloud that live by the same clock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import aiohttp
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    Credentials,
    EnlightenClient,
    Hosts,
    Recorder,
    RequestBudget,
    Session,
    Transport,
    new_cookie_jar,
)
from simulator import OWNER_EMAIL, OWNER_KEY, ManualClock, Simulator, World

SITE = "4410287"
SERIAL = "202640011873"
# A Tuesday morning, eight o'clock at the site
START_OF_TEST = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)

type Connect = Callable[..., Awaitable[EnlightenClient]]


def shortest_jitter(low: float, _high: float) -> float:
    """Take the lower bound, so that delays are what the tables say."""
    return low


@pytest.fixture
def clock() -> ManualClock:
    """A clock that only the test moves."""
    return ManualClock(START_OF_TEST)


@pytest.fixture
def world(clock: ManualClock) -> World:
    """One account, one site, one charger."""
    return World.with_one_charger(clock)


@pytest.fixture
def hosts(simulator: Simulator) -> Hosts:
    """Where the simulated cloud is."""
    return Hosts(
        enlighten=URL(simulator.enlighten_url),
        grid_services=URL(simulator.grid_services_url),
    )


@pytest.fixture
async def connect(hosts: Hosts, clock: ManualClock) -> AsyncIterator[Connect]:
    """Makes clients that are not signed in, each with cookies of its own."""
    async with AsyncExitStack() as stack:

        async def connect(
            *,
            hosts: Hosts = hosts,
            credentials: Credentials | None = None,
            password: str | None = None,
            on_change: Callable[[Credentials], None] | None = None,
            bare: bool = True,
            budget: int | RequestBudget = 480,
            seconds: float = 15,
            recorder: Recorder | None = None,
        ) -> EnlightenClient:
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=new_cookie_jar(hosts)))
            bare_http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
            transport = Transport(
                http,
                bare_http=bare_http if bare else None,
                hosts=hosts,
                clock=clock,
                jitter=shortest_jitter,
                budget=budget if isinstance(budget, RequestBudget) else RequestBudget(budget),
                timeout=seconds,
                recorder=recorder,
            )
            session = Session(transport, credentials=credentials, password=password, on_change=on_change)
            stack.push_async_callback(session.close)
            return EnlightenClient(session, transport)

        yield connect


@pytest.fixture
async def visitor(connect: Connect) -> EnlightenClient:
    """A client that never signed in."""
    return await connect()


@pytest.fixture
async def client(connect: Connect, simulator: Simulator) -> EnlightenClient:
    """A client that a person has signed in, without a stored password; the log begins after that."""
    client = await connect()
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    simulator.requests.clear()
    return client


@pytest.fixture
async def unattended(client: EnlightenClient) -> EnlightenClient:
    """A signed-in client with a stored password."""
    client.session.password = OWNER_KEY
    return client
