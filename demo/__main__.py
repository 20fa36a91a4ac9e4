"""The demo's command line: ``python -m demo``, for which ``scripts/demo`` prepares everything."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import fcntl
from pathlib import Path
import signal
import sys

from simulator.__main__ import moment
from simulator.clock import FASTEST, SLOWEST

from .errors import DemoError
from .show import DEMOS, Show, run_show

_DIRECTORY = Path(__file__).parent.parent / ".demo"
_MAX_PORT = 65535


def main() -> int:
    """Run the demo until it is interrupted, and return its exit code."""
    show = _show_asked_for()
    try:
        with _only_demo(show.directory):
            asyncio.run(_run_until_interrupted(show))
    except DemoError as error:
        _say(f"demo: {error}")
        return 1
    return 0


def _show_asked_for() -> Show:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start Home Assistant with the integration in it, and a simulated Enphase cloud behind it.",
    )
    parser.add_argument("--empty", action="store_true", help="leave it to you to add the integration")
    parser.add_argument("--keep", action="store_true", help="go on with the Home Assistant of the last demo")
    parser.add_argument("--directory", type=_path, default=_DIRECTORY, help="its files and log (default: .demo)")
    parser.add_argument("--scenario", choices=DEMOS, default=DEMOS[0], help=f"what is there (default: {DEMOS[0]})")
    parser.add_argument("--replay", type=_path, metavar="FILE", help="show a recording, or diagnostics that have one")
    parser.add_argument("--at", type=moment, metavar="TIME", help="where in it to begin, e.g. 2026-11-17T18:40")
    parser.add_argument("--speed", type=_speed, default=1.0, help="simulated seconds a second, e.g. 20 (default: 1)")
    parser.add_argument("--port", type=_port, default=8123, help="where Home Assistant listens (default: 8123)")
    parser.add_argument("--simulator-port", type=_port, default=8124, help="where the cloud listens (default: 8124)")
    return Show(**vars(parser.parse_args()))


def _path(text: str) -> Path:
    return Path(text).absolute()


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not SLOWEST <= speed <= FASTEST:
        raise argparse.ArgumentTypeError(f"the speed is a number from {SLOWEST:g} to {FASTEST:g}")
    return speed


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _MAX_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {_MAX_PORT}")
    return int(text)


@contextmanager
def _only_demo(directory: Path) -> Iterator[None]:
    """Hold the demo's directory, which two demos would overwrite for each other."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("Another demo is running already; end it, or choose another --directory.") from None
        yield


async def _run_until_interrupted(show: Show) -> None:
    """Run the demo until Ctrl-C, a plain kill or the end of the terminal, which all let it end in order."""
    running = asyncio.create_task(run_show(show, _say))

    def stop() -> None:
        # Being impatient must not break off the shutdown.
        _on_interrupt(lambda: None)
        _say("\nStopping …")
        running.cancel()

    _on_interrupt(stop)
    await asyncio.wait([running])
    if running.cancelled():
        _say("Everything has stopped.")
    else:
        running.result()


def _say(text: str) -> None:
    # The terminal may be gone, of which a signal tells.
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _on_interrupt(handler: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, handler)


if __name__ == "__main__":
    sys.exit(main())
