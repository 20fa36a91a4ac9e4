"""The demo as a person runs it: its own process, started from a terminal."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import signal
import sys

from aiohttp import ClientSession

from demo.api import HomeAssistantApi
from demo.onboarding import OWNER, sign_in
from demo.ports import free_ports

_REPOSITORY = Path(__file__).parent.parent.parent
_LAST_LINE = "Ctrl-C ends everything."
_START_SECONDS = 120
_STOP_SECONDS = 40
_POLL_SECONDS = 0.1
# Home Assistant says this of every integration that is not its own.
_UNAVOIDABLE = "which has not been tested by Home Assistant"


@dataclass(slots=True, kw_only=True)
class RunningDemo:
    """A demo that has come up, with what it told so far and clients for its two parts."""

    process: Process
    directory: Path
    told: list[str]
    home_assistant: HomeAssistantApi
    simulator: HomeAssistantApi

    async def control(self, action: str, **fields: object) -> object:
        """Do something at the simulator's control page."""
        return await self.simulator.post(f"_control/{action}", fields)

    async def one_time_code(self) -> str:
        """Return the code that the simulated cloud has last sent to the owner of the account."""
        match await self.simulator.get("_control/state"):
            case {"accounts": [{"code": str(code)}]}:
                return code
        raise AssertionError("no code was sent")

    async def end(self, how: signal.Signals) -> int:
        """Send a signal and return the exit code, once everything that was started has ended."""
        self.process.send_signal(how)
        async with asyncio.timeout(_STOP_SECONDS):
            assert self.process.stdout is not None
            self.told += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()

    def left_over(self) -> bool:
        """Tell whether a process of Home Assistant is there, which leads a process group of its own."""
        lock = json.loads((self.directory / "config" / ".ha_run.lock").read_text(encoding="utf-8"))
        try:
            os.killpg(lock["pid"], 0)
        except ProcessLookupError:
            return False
        return True

    def log(self) -> str:
        """Return what Home Assistant said."""
        return (self.directory / "home-assistant.log").read_text(encoding="utf-8")

    def complaints(self) -> list[str]:
        """Return what Home Assistant's log holds against the integration."""
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", self.log())
        return [
            entry
            for entry in entries
            if "enphase_cloud_things" in entry
            and re.search(r" (WARNING|ERROR|CRITICAL) |Traceback", entry)
            and _UNAVOIDABLE not in entry
        ]


@asynccontextmanager
async def running_demo(directory: Path, *options: str) -> AsyncIterator[RunningDemo]:
    """Run the demo on free ports, signed in as its owner, for as long as the context lasts."""
    home_assistant_port, simulator_port = free_ports(2)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo", "--directory", directory),
        *("--port", str(home_assistant_port), "--simulator-port", str(simulator_port), *options),
        cwd=_REPOSITORY,
        stdout=PIPE,
        stderr=STDOUT,
    )
    try:
        async with ClientSession() as http:
            told = await _directions(process)
            url = f"http://127.0.0.1:{home_assistant_port}"
            yield RunningDemo(
                process=process,
                directory=directory,
                told=told,
                home_assistant=await sign_in(http, url, OWNER, alive=lambda: process.returncode is None),
                simulator=HomeAssistantApi(http, f"http://127.0.0.1:{simulator_port}"),
            )
    finally:
        await _ended(process)


async def _ended(process: Process) -> None:
    """End a demo for good: what is left of it may hold its output open."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.communicate()
    except TimeoutError:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _directions(process: Process) -> list[str]:
    assert process.stdout is not None
    told: list[str] = []
    async with asyncio.timeout(_START_SECONDS):
        while _LAST_LINE not in told:
            line = await process.stdout.readline()
            assert line, "\n".join(["the demo ended:", *told])
            told.append(line.decode().rstrip("\n"))
    return told


async def eventually(question: Callable[[], Coroutine[object, object, bool]], *, seconds: float = 60) -> bool:
    """Ask until the answer is yes, and return whether it was in time."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if await question():
                    return True
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        return False


async def figure(api: HomeAssistantApi, entity_id: str) -> float:
    """Return what a sensor shows; nothing counts as zero."""
    state = await api.state(entity_id)
    return 0.0 if state in {None, "unknown", "unavailable"} else float(state or 0)
