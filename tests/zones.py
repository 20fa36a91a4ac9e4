"""Time zones whose clocks change in different ways, and moments in them."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

VIENNA: Final = ZoneInfo("Europe/Vienna")

# An hour at night, an hour at midnight, half an hour, never.
ZONES: Final = (
    VIENNA,
    ZoneInfo("America/Los_Angeles"),
    ZoneInfo("America/Havana"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kathmandu"),
)

FIRST_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SECONDS: Final = int(timedelta(days=730).total_seconds())


def moments() -> st.SearchStrategy[datetime]:
    """Any second of two years, in UTC."""
    return st.integers(0, _SECONDS).map(lambda seconds: FIRST_MOMENT + timedelta(seconds=seconds))


def zones() -> st.SearchStrategy[ZoneInfo]:
    """Any of the zones."""
    return st.sampled_from(ZONES)
