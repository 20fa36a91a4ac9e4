"""States that survive a restart as JSON.

What is read back was written by an older version or cut off by a crash as well as by
this code: a value that does not fit counts as missing.
"""

from collections.abc import Mapping
from datetime import date, datetime
from math import isfinite

type StoredState = dict[str, float | int | str | bool | None]


def stored_number(data: Mapping[str, object], key: str) -> float | None:
    """Return a finite number of a stored state."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def stored_time(data: Mapping[str, object], key: str) -> datetime | None:
    """Return an aware time of a stored state."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def stored_day(data: Mapping[str, object], key: str) -> date | None:
    """Return a date of a stored state."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def iso(value: date | datetime | None) -> str | None:
    """Return a time or a date as it is stored."""
    return value.isoformat() if value is not None else None
