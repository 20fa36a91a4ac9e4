"""What all tests share: a simulated cloud that answers on loopback."""

from collections.abc import AsyncIterator
import logging
from pathlib import Path

from hypothesis import settings
import pytest

# The test package of Home Assistant has a folder of the same name; the one imported first wins
import custom_components
from simulator import Simulator, World, running

__all__ = ["custom_components"]

# How long an example takes says more about the machine than about the law
settings.register_profile("machine independent", deadline=None)
settings.load_profile("machine independent")

# Home Assistant's test plugin has every statement to the database logged, which nobody reads
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

ORDINARY_NOON = "2026-11-17 12:00:00+00:00"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `scripts/recording keep` name another folder of recordings, and have written down what is shown today."""
    parser.addoption("--recordings", type=Path, default=Path(__file__).parent.parent / "recordings")
    parser.addoption("--write-expected", action="store_true")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let tests in which time passes begin at one and the same moment unless they name another.

    Otherwise midnight would come to some of them on some days.
    """
    has_its_own = item.get_closest_marker("freeze_time") is not None
    if isinstance(item, pytest.Function) and "freezer" in item.fixturenames and not has_its_own:
        item.add_marker(pytest.mark.freeze_time(ORDINARY_NOON))


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """A cloud with one account, one site and one charger. A test module or class may override it with another.

    Its clock is the freezer's where a test has one.
    """
    if "freezer" in request.fixturenames:
        request.getfixturevalue("freezer")
    return World.with_one_charger()


@pytest.fixture
async def simulator(world: World, socket_enabled: None) -> AsyncIterator[Simulator]:
    """The world behind HTTP."""
    async with running(world) as simulator:
        yield simulator
