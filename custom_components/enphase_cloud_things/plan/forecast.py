"""Prices to come, as price integrations publish them in the attributes of a sensor.

They agree on a list of rows with a start, perhaps an end, and a price, and on none of the names. The tables hold the
names of Nord Pool (`raw_today`: `start`, `end`, `value`), Tibber (`today`, `prices`: `startsAt` and `total`,
`start_time` and `price`), EnergyZero (`prices`: `timestamp`, `price`), ENTSO-e (`prices`: `time`, `price`), Octopus
(`rates`: `start`, `end`, `value_inc_vat`; `valid_from`, `valid_to`), EPEX spot and aWATTar (`data`: `start_time`,
`end_time`, `price_per_kwh`; `start_timestamp`, `end_timestamp`, `marketprice`) and Zonneplan (`forecast`: `datetime`,
`electricity_price`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from math import isfinite
from typing import Final

type Row = Mapping[object, object]

_DAY_LISTS: Final = (("raw_today", 0), ("raw_tomorrow", 1), ("today", 0), ("tomorrow", 1))
_LISTS: Final = (
    "prices",
    "forecast",
    "rates",
    "data",
    "all_prices",
    "all_known_rates",
    "prices_today",
    "prices_tomorrow",
    "price_info",
)
_STARTS: Final = (
    "start",
    "start_time",
    "startsAt",
    "starts_at",
    "from",
    "valid_from",
    "start_timestamp",
    "startTime",
    "timestamp",
    "time",
    "datetime",
    "date",
    "hour",
)
_ENDS: Final = ("end", "end_time", "endsAt", "ends_at", "to", "till", "valid_to", "end_timestamp", "endTime")

_PER_MWH: Final = 1 / 1000
_TEN_MILLIONTHS: Final = 1e-7
_CENT: Final = 1 / 100

# With what a price of that name is multiplied; `None` is the unit of the sensor.
_PRICES: Final[Mapping[str, float | None]] = {
    "value": None,
    "price": None,
    "price_per_kwh": 1,
    "price_eur_per_kwh": 1,
    "price_ct_per_kwh": _CENT,
    "price_eur_per_mwh": _PER_MWH,
    "value_inc_vat": None,
    "total": None,
    "electricity_price": None,
    "marketprice": _PER_MWH,
    "rate": None,
    "cost": None,
}
_SMALLEST_IN_TEN_MILLIONTHS: Final = 1000
_CENTS: Final = frozenset({"c", "ct", "cent", "cents", "¢", "p", "pence", "snt", "öre", "øre", "ore", "gr"})

_FIRST_MILLISECONDS: Final = 10**11
_SINGLE_LENGTH: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedInterval:
    """What a kWh costs from `start` until before `end`, both UTC; `rate` is `None` where it is unknown."""

    start: datetime
    end: datetime
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _PublishedRow:
    start: datetime
    end: datetime | None
    rate: float | None


def read_forecast(
    attributes: Mapping[str, object], *, unit: str | None, now: datetime, zone: tzinfo
) -> tuple[PricedInterval, ...] | None:
    """Return the prices in a sensor's attributes in order, without overlaps; `None` where no shape is understood.

    `unit` is the sensor's unit of measurement: prices in cents or per MWh become prices per kWh in the whole currency.
    Times without a zone are those of `zone`, and hours without a date those of today or tomorrow there.
    """
    today = now.astimezone(zone).date()
    published: dict[datetime, _PublishedRow] = {}
    understood = False
    for rows, day in _lists(attributes, today):
        read = [row for each in rows if (row := _read_row(each, day, _unit_factor(unit), zone))]
        understood = understood or bool(read) or not rows
        published |= {row.start: row for row in read}
    return tuple(_intervals(sorted(published.values(), key=_by_start))) if understood else None


def _lists(attributes: Mapping[str, object], today: date) -> Iterator[tuple[Sequence[Row], date]]:
    """Return the lists of rows that have a known name, each with the day it would be about."""
    for name, days_ahead in (*_DAY_LISTS, *((name, 0) for name in _LISTS)):
        listed = attributes.get(name)
        if not isinstance(listed, Sequence) or isinstance(listed, str | bytes):
            continue
        rows = [row for row in listed if isinstance(row, Mapping)]
        if rows or not listed:
            yield rows, today + timedelta(days=days_ahead)


def _read_row(row: Row, day: date, unit_factor: float, zone: tzinfo) -> _PublishedRow | None:
    """Return a row; `None` without a known name for its start or its price."""
    start = _first(row, _STARTS, lambda value: _moment(value, day, zone))
    name = next((name for name in _PRICES if name in row), None)
    if start is None or name is None:
        return None
    end = _first(row, _ENDS, lambda value: _moment(value, day, zone))
    rate = _rate(row[name], name, unit_factor)
    return _PublishedRow(start=start, end=end if end and end > start else None, rate=rate)


def _first[T](row: Row, names: Sequence[str], read: Callable[[object], T | None]) -> T | None:
    return next((value for name in names if name in row and (value := read(row[name])) is not None), None)


def _moment(value: object, day: date, zone: tzinfo) -> datetime | None:
    """Return a moment in UTC from a time, ISO text, a count of seconds or milliseconds since 1970, or an hour."""
    if isinstance(value, str):
        value = _number_or_time(value.strip())
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        return None
    if value < 24:
        minutes = round(value * 60)
        wall = time(minutes // 60 % 24, minutes % 60)
        return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
    try:
        return datetime.fromtimestamp(value / 1000 if value >= _FIRST_MILLISECONDS else value, UTC)
    except OverflowError, OSError, ValueError:
        return None


def _number_or_time(text: str) -> float | datetime | None:
    for read in (float, datetime.fromisoformat):
        with suppress(ValueError):
            return read(text)
    return None


def _rate(value: object, name: str, unit_factor: float) -> float | None:
    """Return a price per kWh from a number or numeric text; `None` where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        rate = float(value)
    except ValueError, OverflowError:
        return None
    if not isfinite(rate):
        return None
    if name == "electricity_price" and abs(rate) >= _SMALLEST_IN_TEN_MILLIONTHS:
        # Zonneplan publishes whole numbers of ten-millionths there, whatever the sensor's unit is
        return rate * _TEN_MILLIONTHS
    factor = _PRICES[name]
    return rate * (unit_factor if factor is None else factor)


def _unit_factor(unit: str | None) -> float:
    """Return with what a price in the unit of the sensor is multiplied: `ct/kWh`, `EUR/MWh` and the like."""
    money, _, energy = (unit or "").strip().partition("/")
    factor = _PER_MWH if energy.strip().lower() == "mwh" else 1
    return factor * (_CENT if money.strip().lower() in _CENTS else 1)


def _intervals(rows: Sequence[_PublishedRow]) -> Iterator[PricedInterval]:
    """Return the intervals of rows in order: one without an end lasts until the next start, the last as long as before.

    No interval reaches into the next one.
    """
    if not rows:
        return
    ended = [replace(row, end=min(row.end or after.start, after.start)) for row, after in pairwise(rows)]
    last_length = ended[-1].end - ended[-1].start if ended and ended[-1].end else _SINGLE_LENGTH
    for row in (*ended, rows[-1]):
        yield PricedInterval(start=row.start, end=row.end or row.start + last_length, rate=row.rate)


def _by_start(row: _PublishedRow) -> datetime:
    return row.start
