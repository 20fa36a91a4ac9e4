"""Tariffs: what energy from and to the grid costs, as the cloud describes it.

Rates are in the site's currency per kWh. Minutes count from midnight on the clock at the site, and every interval is
half-open: it includes its start and excludes its end, whatever the cloud's spelling was. Weekdays are ISO: Monday is 1.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
import re
from typing import Final

from ..errors import InvalidResponse
from ..wire import (
    MINUTE_OF_DAY,
    MONTH,
    PRICE,
    TIER_KILOWATT_HOURS,
    WEEKDAY,
    Fields,
    JsonValue,
    Oddities,
    Range,
    integer,
    number,
    readable,
    wire_field,
)

MINUTES_OF_A_DAY: Final = 1440

EVERY_DAY: Final = frozenset(range(1, 8))
WORKING_DAYS: Final = frozenset(range(1, 6))
WEEKEND: Final = frozenset({6, 7})

_LAST_MONTH: Final = 12
# At least one of these makes a reply a tariff; an empty reply must not pass for one that was never configured
_TARIFF_FIELDS: Final = ("purchase", "buyback", "site_id", "country", "currency")
# How the cloud spells the open end of the last tier
_OPEN_END: Final = -1
_CLOCK_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)
_DOTTED_TIME: Final = re.compile(r"\d{1,2}\.\d{2}", re.ASCII)
_DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CURRENCY_CODE: Final = re.compile(r"[A-Z]{3}", re.ASCII)


class TariffStructure(StrEnum):
    """Known values of `typeId` (docs/api.md §9.5). The model keeps unknown ones as text."""

    FLAT = "flat"
    TIME_OF_USE = "tou"
    TIERED = "tiered"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateComponent:
    """One part of a rate (`Generation`, `Credit`, …); may be negative."""

    name: str
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A rate for some minutes of a day (docs/api.md §9.5).

    `start` is 0 to 1439, `end` 1 to 1440; a period whose start is later than its end runs over midnight: on every
    weekday of its group it holds from 0 to `end` and from `start` to 1440, so that what follows midnight goes by the
    weekday of that morning. Without both it is the fallback for the minutes that no other period covers. `kind` is
    `off-peak`, `mid-peak` or `peak`.
    """

    rate: float | None = wire_field(lambda row: row.number(PRICE, "rate"))
    kind: str | None = wire_field(lambda row: row.text("type"))
    start: int | None = None
    end: int | None = None
    components: tuple[RateComponent, ...] = wire_field(lambda row: _components(row.raw("rateComponents")), default=())

    @classmethod
    def from_wire(cls, row: Fields) -> Period:
        """Read a period.

        Raises:
            InvalidResponse: its minutes could not be read, so that it is unknown when it applies.
        """
        start, end = _minutes(row, "startTime", "endTime") or (None, None)
        return row.build(cls, start=start, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGroup:
    """The weekdays that share their periods.

    It is `incomplete` where it is unknown when one of its periods applies, which may be at any time of the fallback.
    """

    days: frozenset[int] = EVERY_DAY
    periods: tuple[Period, ...] = ()
    incomplete: bool = False

    @classmethod
    def from_wire(cls, row: Fields) -> DayGroup:
        """Read a day group; where it names no days its id tells them, and days that cannot be read are none."""
        days, listed = row.raw("days"), row.rows("periods")
        periods = readable(listed, Period.from_wire)
        return cls(
            days=weekdays_of(row.identifier("id")) if days in (None, "", []) else _weekdays(days),
            periods=periods,
            incomplete=_is_cut(row.raw("periods"), periods),
        )


def _tier_end(row: Fields) -> float | None:
    end = row.number(TIER_KILOWATT_HOURS, "endValue")
    return None if end == _OPEN_END else end


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A rate for a range of consumption in kWh per billing period; `end` is `None` where it is open."""

    rate: float | None = wire_field(lambda row: row.number(PRICE, "rate"))
    start: float | None = wire_field(lambda row: row.number(TIER_KILOWATT_HOURS, "startValue"))
    end: float | None = wire_field(_tier_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Months of the year, both inclusive, that share their day groups; from October (10) to May (5) wraps the year.

    A tiered season has `tiers`, and `base_rate` where the cloud names one. `base_unreadable` says that it names one
    that cannot be read, or a tier of unknown consumption.
    """

    start_month: int = 1
    end_month: int = 12
    day_groups: tuple[DayGroup, ...] = ()
    tiers: tuple[Tier, ...] = ()
    base_rate: float | None = None
    base_unreadable: bool = False

    @classmethod
    def from_wire(cls, row: Fields, *, alone: bool = True) -> Season:
        """Read a season, which is the whole year where it is `alone` and names no months.

        Raises:
            InvalidResponse: its months could not be read, or it names none beside others.
        """
        first, last = _integer(row, MONTH, "startMonth"), _integer(row, MONTH, "endMonth")
        if (first is None) != (last is None) or (first is None and not alone):
            raise InvalidResponse(f"{row.path}.startMonth")
        return cls(
            start_month=first or 1,
            end_month=last or _LAST_MONTH,
            day_groups=tuple(DayGroup.from_wire(group) for group in row.rows("days")),
            tiers=tuple(tier.build(Tier) for tier in row.rows("tiers")),
            base_rate=row.number(PRICE, "offPeak"),
            base_unreadable=_is_unreadable(row, PRICE, "offPeak")
            or any(_is_unreadable(tier, TIER_KILOWATT_HOURS, "startValue") for tier in row.rows("tiers")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffBranch:
    """One direction of a tariff (docs/api.md §9.5).

    `structure` is a `TariffStructure` where known.
    """

    structure: str | None = None
    seasons: tuple[Season, ...] = ()

    @classmethod
    def from_wire(cls, row: Fields) -> TariffBranch:
        """Read a branch; a season that cannot be read is left out."""
        structure, listed = row.text("typeId"), row.raw("seasons")
        alone = isinstance(listed, list) and len(listed) == 1
        return cls(
            structure=structure.lower() if structure else None,
            seasons=readable(row.rows("seasons"), lambda season: Season.from_wire(season, alone=alone)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The tariff of a site: `purchase` is the import, `buyback` the export. Both may be missing.

    `currency_symbol` is a symbol and no ISO code: `$` is used in several countries.
    """

    purchase: TariffBranch | None = wire_field(lambda reply: _branch(reply, "purchase"))
    buyback: TariffBranch | None = wire_field(lambda reply: _branch(reply, "buyback"))
    currency_symbol: str | None = wire_field(lambda reply: reply.text("currency"))
    country: str | None = wire_field(lambda reply: reply.text("country"))

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> Tariff:
        """Read a tariff; branches that are missing or empty are not configured.

        Raises:
            InvalidResponse: the reply is no tariff, not even one without branches.
        """
        reply = Fields.of_reply(value, "tariff", oddities)
        if not any(name in reply for name in _TARIFF_FIELDS):
            raise InvalidResponse(reply.path)
        return reply.build(cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRate:
    """A rate for some minutes of one date, half-open like a period."""

    start: int
    end: int
    rate: float | None

    @classmethod
    def from_wire(cls, row: Fields) -> DatedRate:
        """Read a rate.

        Raises:
            InvalidResponse: its minutes are missing or could not be read.
        """
        minutes = _minutes(row, "start", "end")
        if minutes is None:
            raise InvalidResponse(f"{row.path}.start")
        start, end = minutes
        return cls(start=start, end=end, rate=row.number(PRICE, "rate"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRates:
    """The export rates of one date (docs/api.md §9.6). `time_zone` is an IANA name.

    They are `incomplete` where it is unknown when one of them applies.
    """

    day: date
    rates: tuple[DatedRate, ...] = ()
    incomplete: bool = False
    currency_symbol: str | None = None
    time_zone: str | None = None

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities, *, day: date) -> DatedRates:
        """Read the export rates that were asked for `day`; there may be none.

        A rate that cannot be read is left out.

        Raises:
            InvalidResponse: the reply has no list of rates, or none of them could be read.
        """
        data = Fields.of_reply(value, "export_rates", oddities).fields("data")
        listed, rates = data.raw("buyback"), readable(data.rows("buyback"), DatedRate.from_wire)
        if not rates and listed != []:
            raise InvalidResponse("export_rates.data.buyback")
        site = data.fields("siteDetails")
        return cls(
            day=day,
            rates=rates,
            incomplete=_is_cut(listed, rates),
            currency_symbol=data.text("currency") or site.text("currency"),
            time_zone=data.text("timezone") or site.text("timezone"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """The currency of a site (docs/api.md §9.5): `code` is three capital letters such as `EUR`, `symbol` a sign."""

    code: str | None = None
    symbol: str | None = None

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> Currency:
        """Read the currency; a code that is none is left out.

        Raises:
            InvalidResponse: the reply does not speak of a currency at all.
        """
        reply = Fields.of_reply(value, "currency", oddities)
        conversion = reply.fields("currency_conversion")
        if "currency_conversion" not in reply:
            raise InvalidResponse(conversion.path)
        code = (conversion.text("currency_unit") or "").upper()
        return cls(code=code if _CURRENCY_CODE.fullmatch(code) else None, symbol=conversion.text("currency_symbol"))


def half_open_minutes(start: int | None, end: int | None) -> tuple[int, int] | None:
    """Return the start and the exclusive end of a period as the cloud spells it; `None` for the fallback.

    Ends come inclusive (959, 1259, 1439) as well as exclusive (1260), whoever wrote them. Tariffs change on multiples
    of five minutes, so an end that is one minute short of such a multiple is inclusive. Midnight is 0 or 1440. A
    missing side is the midnight on that side.

    Source: docs/api.md §9.5. Raises ValueError for minutes outside of a day.
    """
    if start is None and end is None:
        return None
    start = start or 0
    end = end or MINUTES_OF_A_DAY
    if not (0 <= start <= MINUTES_OF_A_DAY and 0 <= end <= MINUTES_OF_A_DAY):
        raise ValueError
    return start % MINUTES_OF_A_DAY, end + 1 if end % 5 == 4 else end


def weekdays_of(group_id: str | None) -> frozenset[int]:
    """Return the weekdays that the id of a day group stands for, where the cloud does not list them."""
    text = (group_id or "").lower()
    if text.startswith("weekday"):
        return WORKING_DAYS
    if text.startswith("weekend"):
        return WEEKEND
    return EVERY_DAY


def _branch(reply: Fields, name: str) -> TariffBranch | None:
    branch = reply.fields(name)
    return TariffBranch.from_wire(branch) if reply.raw(name) and isinstance(reply.raw(name), dict) else None


def _minutes(row: Fields, start_name: str, end_name: str) -> tuple[int, int] | None:
    """Return the half-open minutes of a row, `None` where it names none."""
    try:
        return half_open_minutes(_minute(row, start_name), _minute(row, end_name))
    except ValueError:
        raise InvalidResponse(f"{row.path}.{start_name}") from None


def _minute(row: Fields, name: str) -> int | None:
    """Read a minute of the day: its number, or a time of the clock such as 16:00."""
    value = row.raw(name)
    if isinstance(value, str) and _DOTTED_TIME.fullmatch(value.strip()[:8]):
        # 16.00 is a time of the clock or a minute: nobody knows
        raise InvalidResponse(f"{row.path}.{name}")
    if isinstance(value, str) and (clock := _CLOCK_TIME.fullmatch(value.strip()[:8])):
        hours, minutes = int(clock[1]), int(clock[2])
        if hours * 60 + minutes > MINUTES_OF_A_DAY or minutes >= 60:
            raise InvalidResponse(f"{row.path}.{name}")
        return hours * 60 + minutes
    return _integer(row, MINUTE_OF_DAY, name)


def _is_cut(listed: JsonValue, readable_ones: tuple[object, ...]) -> bool:
    """Return whether some of what the cloud lists could not be read."""
    return isinstance(listed, list) and len(readable_ones) < len(listed)


def _is_unreadable(row: Fields, within: Range, name: str) -> bool:
    """Return whether a row has a number that cannot be read."""
    return row.raw(name) not in (None, "") and row.number(within, name) is None


def _integer(row: Fields, within: Range, name: str) -> int | None:
    """Read a whole number that may be missing, but which means something else if it cannot be read."""
    result = row.integer(within, name)
    if result is None and row.raw(name) not in (None, ""):
        raise InvalidResponse(f"{row.path}.{name}")
    return result


def _weekdays(value: JsonValue) -> frozenset[int]:
    """Read a list of weekdays, by number or English name; those that cannot be read are left out."""
    days = set()
    for item in value if isinstance(value, list) else ():
        name = item.strip()[:3].lower() if isinstance(item, str) else ""
        try:
            days.add(_DAY_NAMES.index(name) + 1 if name in _DAY_NAMES else integer(item, WEEKDAY))
        except ValueError:
            continue
    return EVERY_DAY & days


def _components(value: JsonValue) -> tuple[RateComponent, ...]:
    """Read a list of objects with one entry each; an entry without a rate is left out."""
    components = []
    for item in value if isinstance(value, list) else ():
        for name, rate in item.items() if isinstance(item, dict) else ():
            try:
                components.append(RateComponent(name=name, rate=number(rate, PRICE)))
            except ValueError:
                continue
    return tuple(components)
