"""Run the simulator: ``python -m simulator [--port N] [--speed F] [--scenario NAME]``."""

import argparse
import asyncio
from contextlib import suppress
import signal
import sys

from .clock import FASTEST, SLOWEST, ScaledClock
from .scenarios import SCENARIOS
from .server import running

_DEFAULT_PORT = 8088


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A running Enlighten on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="port to listen on (0: any free one)")
    parser.add_argument("--speed", type=_speed, default=1.0, help="simulated seconds a second")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="home", help="the world to start with")
    return parser.parse_args()


def _speed(text: str) -> float:
    speed = float(text)
    if not SLOWEST <= speed <= FASTEST:
        message = f"the speed is a number from {SLOWEST:g} to {FASTEST:g}"
        raise argparse.ArgumentTypeError(message)
    return speed


async def _serve(port: int, speed: float, scenario: str) -> None:
    world = SCENARIOS[scenario](ScaledClock(speed=speed))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    async with running(world, port=port) as simulator:
        lines = (
            f"control page   {simulator.control_url}",
            f"enlighten      {simulator.enlighten_url}",
            f"grid services  {simulator.grid_services_url}",
            f"account        {world.account.email} / {world.account.password}",
        )
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Serve until interrupted."""
    arguments = _arguments()
    asyncio.run(_serve(arguments.port, arguments.speed, arguments.scenario))


if __name__ == "__main__":
    main()
