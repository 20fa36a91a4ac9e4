"""One run of a piece of work that any number of callers wait for."""

import asyncio
from collections.abc import Callable, Coroutine


class SingleFlight:
    """Lets callers join a run under way, and starts one if there is none.

    A caller that is cancelled leaves the run to the others.
    """

    def __init__(self) -> None:
        """Begin without a run."""
        self._run: asyncio.Task[None] | None = None

    async def join(self, work: Callable[[], Coroutine[object, None, None]]) -> None:
        """Wait for the run under way or a new one, and raise what it raises."""
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(work())
            # All callers may be gone before an error comes
            self._run.add_done_callback(_retrieve_error)
        run = self._run
        # Unlike `await run`, this does not pass a caller's cancellation on to the run
        await asyncio.wait({run})
        if not run.cancelled():
            run.result()

    def cancel(self) -> None:
        """Cancel the run under way, if there is one; its callers go on without error."""
        if self._run is not None:
            self._run.cancel()

    async def close(self) -> None:
        """Cancel the run under way and wait for its end."""
        self.cancel()
        if self._run is not None:
            await asyncio.wait({self._run})


def _retrieve_error(run: asyncio.Task[None]) -> None:
    if not run.cancelled():
        run.exception()
