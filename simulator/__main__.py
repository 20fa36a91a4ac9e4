"""Run the simulator: ``python -m simulator [--port N] [--speed F] [--scenario NAME | --replay FILE [--at TIME]]``."""

import argparse
import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
import signal
import sys

from .clock import FASTEST, SLOWEST, ScaledClock
from .replay import Recording, RecordingError, read_recording, replaying
from .scenarios import SCENARIOS
from .server import running
from .shapes import SHAPES

_DEFAULT_PORT = 8088
_WORLDS = SCENARIOS | SHAPES


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A running Enlighten on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="port to listen on (0: any free one)")
    parser.add_argument("--speed", type=_speed, default=1.0, help="simulated seconds a second")
    played = parser.add_mutually_exclusive_group()
    played.add_argument("--replay", type=Path, metavar="FILE", help="play a recording, or diagnostics that have one")
    parser.add_argument(
        "--at", type=moment, metavar="TIME", help="where in the recording to begin, e.g. 2026-11-17T18:40"
    )
    played.add_argument("--scenario", choices=sorted(_WORLDS), default="home", help="the world to start with")
    return parser.parse_args()


def moment(text: str) -> datetime:
    """Read a point in time, which is UTC if it names no zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a time looks like 2026-11-17T18:40") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _speed(text: str) -> float:
    speed = float(text)
    if not SLOWEST <= speed <= FASTEST:
        message = f"the speed is a number from {SLOWEST:g} to {FASTEST:g}"
        raise argparse.ArgumentTypeError(message)
    return speed


async def _serve(port: int, speed: float, scenario: str) -> None:
    world = _WORLDS[scenario](ScaledClock(speed=speed))
    async with running(world, port=port) as simulator:
        lines = (
            f"control page   {simulator.control_url}",
            f"enlighten      {simulator.enlighten_url}",
            f"grid services  {simulator.grid_services_url}",
            f"account        {world.account.email} / {world.account.password}",
        )
        await _until_interrupted(lines)


async def _replay(port: int, speed: float, recording: Recording, start: datetime | None) -> None:
    async with replaying(recording, port=port, start=start, clock=ScaledClock(speed=speed)) as replay:
        lines = (
            f"enlighten      {replay.enlighten_url}",
            f"grid services  {replay.grid_services_url}",
            "account        any e-mail address, any password",
            f"recording      {recording.replies[0].at:%Y-%m-%d %H:%M} to {recording.end:%Y-%m-%d %H:%M} UTC",
            f"playing from   {replay.playback.start:%Y-%m-%d %H:%M} UTC",
        )
        await _until_interrupted(lines)


async def _until_interrupted(lines: Iterable[str]) -> None:
    """Say where everything is, and wait."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    await stop.wait()


def main() -> int:
    """Serve until interrupted, and return the exit code."""
    arguments = _arguments()
    if arguments.replay is None:
        asyncio.run(_serve(arguments.port, arguments.speed, arguments.scenario))
        return 0
    try:
        recording = read_recording(arguments.replay)
    except RecordingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(_replay(arguments.port, arguments.speed, recording, arguments.at))
    return 0


if __name__ == "__main__":
    sys.exit(main())
