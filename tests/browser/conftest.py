"""A demo for each module, and a Chromium whose user has signed in to it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
import shutil
from typing import Final

from playwright.async_api import Browser, Page, StorageState, async_playwright, expect
import pytest
from pytest_socket import enable_socket

from .seen_demo import SeenDemo, sign_in, started

CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")

# Commands take as long as in the field, and the machine may have other things to do
PATIENCE: Final = 60_000
expect.set_options(timeout=PATIENCE)

type TakePicture = Callable[[str], Awaitable[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `scripts/screenshots` say where the pictures of the documentation go."""
    parser.addoption("--pictures", type=Path, default=None, help="the folder for the pictures of the documentation")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the machine's Chromium; without one these tests are skipped, which pytest says."""
    command = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if command is None:
        pytest.skip("there is no Chromium on this machine (on Debian: apt install chromium)")
    return command


@pytest.fixture(scope="module")
def demo_options() -> tuple[str, ...]:
    """Return the options of the demo, which a module may override."""
    return ()


@pytest.fixture(scope="module")
def demo(chromium: str, demo_options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeenDemo]:
    """The demo, started as a person starts it."""
    enable_socket()
    with started(tmp_path_factory.mktemp("demo"), *demo_options) as demo:
        yield demo


@pytest.fixture(scope="module")
def remembered() -> dict[str, StorageState]:
    """What browsers remember of their sign-in, by address."""
    return {}


@pytest.fixture
async def browser(chromium: str, socket_enabled: None) -> AsyncIterator[Browser]:
    """The browser, started anew for each test: its driver belongs to the event loop of the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, demo: SeenDemo, remembered: dict[str, StorageState]) -> AsyncIterator[Page]:
    """An empty page of the signed-in owner."""
    if demo.url not in remembered:
        remembered[demo.url] = await sign_in(browser, demo)
    context = await browser.new_context(
        storage_state=remembered[demo.url],
        viewport={"width": 1400, "height": 1200},
        timezone_id="Europe/Vienna",
        locale="en-GB",
    )
    context.set_default_timeout(PATIENCE)
    yield await context.new_page()
    await context.close()


@pytest.fixture
def picture(page: Page, request: pytest.FixtureRequest) -> TakePicture:
    """Return a function that keeps what the page shows for the documentation, if pictures are asked for."""
    folder: Path | None = request.config.getoption("--pictures", default=None)

    async def take(name: str) -> None:
        if folder is not None:
            # The frontend fades things in
            await page.wait_for_timeout(2000)
            await page.screenshot(path=folder / f"{name}.png")

    return take
