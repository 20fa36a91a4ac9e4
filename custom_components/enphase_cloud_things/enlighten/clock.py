"""The time, as something that is passed in."""

from collections.abc import Callable
from datetime import UTC, datetime

# Tells the present as aware UTC
type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the present time of this machine."""
    return datetime.now(UTC)
