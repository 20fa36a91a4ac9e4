"""A simulated cloud whose CPU time does not count as Home Assistant's."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread

from simulator import Simulator, World, running


@contextmanager
def running_in_a_thread(world: World) -> Iterator[Simulator]:
    """Serve a world from an event loop in a thread of its own. Nobody else may touch the world meanwhile."""
    started: Future[tuple[Simulator, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with running(world) as simulator:
            started.set_result((simulator, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = Thread(target=asyncio.run, args=(serve(),), name="simulated cloud")
    thread.start()
    simulator, loop, stop = started.result(timeout=30)
    try:
        yield simulator
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
