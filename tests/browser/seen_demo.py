"""The demo as its own process, and what a test needs to know of it beside what the browser shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import signal
import subprocess
import sys
from typing import IO, Final

from playwright.async_api import Browser, Page, StorageState

from demo.onboarding import OWNER
from demo.ports import free_ports

REPOSITORY: Final = Path(__file__).parent.parent.parent
LAST_LINE: Final = "Ctrl-C ends everything."
STOP_SECONDS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDemo:
    """A demo that has come up: the addresses of its two parts and its directory."""

    directory: Path
    url: str
    simulator_url: str

    async def control(self, page: Page, action: str, **fields: object) -> None:
        """Do something at the simulator's control page."""
        reply = await page.request.post(f"{self.simulator_url}/_control/{action}", data=fields)
        assert reply.ok, await reply.text()

    async def one_time_code(self, page: Page) -> str:
        """Return the code that the simulated cloud has last sent to the owner of the account."""
        reply = await page.request.get(f"{self.simulator_url}/_control/state")
        match await reply.json():
            case {"accounts": [{"code": str(code)}]}:
                return code
        raise AssertionError("no code was sent")

    def complaints(self) -> list[str]:
        """Return what Home Assistant's log holds against the integration."""
        log = (self.directory / "home-assistant.log").read_text(encoding="utf-8")
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", log)
        return [
            entry
            for entry in entries
            if "enphase_cloud_things" in entry and re.search(r" (ERROR|CRITICAL) |Traceback", entry)
        ]


@contextmanager
def started(directory: Path, *options: str) -> Iterator[SeenDemo]:
    """Run the demo on free ports for as long as the context lasts."""
    port, simulator_port = free_ports(2)
    command = [sys.executable, "-m", "demo", "--directory", str(directory)]
    ports = ["--port", str(port), "--simulator-port", str(simulator_port)]
    with subprocess.Popen(
        [*command, *ports, *options], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            _wait_until_ready(process.stdout)
            yield SeenDemo(
                directory=directory,
                url=f"http://127.0.0.1:{port}",
                simulator_url=f"http://127.0.0.1:{simulator_port}",
            )
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=STOP_SECONDS)


def _wait_until_ready(output: IO[str]) -> None:
    told: list[str] = []
    for line in output:
        told.append(line.rstrip("\n"))
        if told[-1] == LAST_LINE:
            return
    raise AssertionError("\n".join(["the demo ended:", *told]))


async def sign_in(browser: Browser, demo: SeenDemo) -> StorageState:
    """Sign in at Home Assistant's own page and return what the browser remembers of it."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(demo.url)
    await page.locator("input[name=username]").fill(OWNER.username)
    await page.locator("input[name=password]").fill(OWNER.password)
    await page.get_by_role("button", name="Log in").click()
    await page.locator("home-assistant-main").wait_for()
    state = await context.storage_state()
    await context.close()
    return state
