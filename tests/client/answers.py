"""Answers of the cloud that the simulator does not know by name."""

from simulator.faults import Trouble
from simulator.reply import redirect


def redirected(location: str) -> Trouble:
    """Lead elsewhere."""
    return Trouble(name="redirect", answer=redirect(location))
