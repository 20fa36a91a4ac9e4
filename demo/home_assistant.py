"""The process that Home Assistant runs in."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import sys
from typing import Self

from simulator import Simulator
from simulator.replay import Replay

from .errors import DemoError

_LAUNCHER = Path(__file__).with_name("launcher.py")
_STOP_SECONDS = 30


class HomeAssistantProcess:
    """A running Home Assistant. It ends with ``stop``, and by itself when this process ends in any way."""

    def __init__(self, process: Process) -> None:
        """Wrap a started process."""
        self._process = process

    @classmethod
    async def start(cls, config_directory: Path, *, cloud: Simulator | Replay, log: Path) -> Self:
        """Start Home Assistant with a simulated or recorded cloud; all that it says goes to ``log``."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # imports the integration from the configuration directory, never from the current one
                _LAUNCHER,
                config_directory,
                cloud.enlighten_url,
                cloud.grid_services_url,
                stdin=PIPE,
                stdout=output,
                stderr=STDOUT,
                env={**os.environ, "PYTHONPATH": str(config_directory)},
                start_new_session=True,  # a Ctrl-C in the terminal must reach only the demo
            )
        return cls(process)

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait until the process ends and return its exit code."""
        return await self._process.wait()

    async def stop(self) -> int:
        """Shut Home Assistant down in its own time, or by force after half a minute; return the exit code."""
        if self.running:
            self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                return await self.wait()
        except TimeoutError:
            self._process.kill()
            await self.wait()
            raise DemoError(f"Home Assistant did not stop within {_STOP_SECONDS} seconds and was killed.") from None


@asynccontextmanager
async def running_home_assistant(
    config_directory: Path, *, cloud: Simulator | Replay, log: Path
) -> AsyncIterator[HomeAssistantProcess]:
    """Run Home Assistant for as long as the context lasts."""
    process = await HomeAssistantProcess.start(config_directory, cloud=cloud, log=log)
    try:
        yield process
    finally:
        await process.stop()
