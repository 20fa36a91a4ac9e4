"""Moves the times in a reply, each in its own spelling, so that a recording can be played at another time."""

from datetime import datetime, timedelta
import re
from typing import Final

from simulator.wire import Json

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d)(:\d\d)?(.*)", re.DOTALL)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_FIRST: Final = re.compile(r"\d\d-\d\d-\d{4}")
# From 2015 to 2100: nothing else in a reply is so large and so exact
_FIRST_SECOND: Final = 1_420_070_400
_LAST_SECOND: Final = 4_102_444_800


def shifted(value: Json, by: timedelta) -> Json:
    """Return a value with all moments later by whole seconds and all dates by whole days."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return _text(value, by)
    if isinstance(value, int | float):
        return _number(value, by)
    if isinstance(value, list):
        return [shifted(item, by) for item in value]
    if isinstance(value, dict):
        return {name: shifted(item, by) for name, item in value.items()}
    return value


def _number(value: float, by: timedelta) -> int | float:
    seconds = round(by.total_seconds())
    if _FIRST_SECOND <= value <= _LAST_SECOND:
        return value + seconds
    if _FIRST_SECOND * 1000 <= value <= _LAST_SECOND * 1000:
        return value + seconds * 1000
    return value


def _text(value: str, by: timedelta) -> str:
    try:
        if match := _TIME.fullmatch(value):
            day, between, minute, second, rest = match.groups()
            moment = datetime.fromisoformat(f"{day}T{minute}{second or ':00'}") + timedelta(
                seconds=round(by.total_seconds())
            )
            clock = f"{moment:%H:%M:%S}" if second else f"{moment:%H:%M}"
            return f"{moment:%Y-%m-%d}{between}{clock}{rest}"
        if _DATE.fullmatch(value):
            return f"{datetime.fromisoformat(value) + timedelta(days=by.days):%Y-%m-%d}"
        if _DAY_FIRST.fullmatch(value):
            day, month, year = value.split("-")
            return f"{datetime.fromisoformat(f'{year}-{month}-{day}') + timedelta(days=by.days):%d-%m-%Y}"
    except ValueError, OverflowError:
        return value
    return str(_number(int(value), by)) if value.isdecimal() and value.isascii() and len(value) <= 13 else value
