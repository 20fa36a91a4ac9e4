"""Writing past charging sessions to long-term statistics: slowly, in parts, and as often as anybody likes."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
import logging
from typing import Final

from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util, slugify
from homeassistant.util.unit_conversion import EnergyConverter

from ..days import Days, end_of_day, local_day, start_of_day
from ..enlighten import EnlightenError
from ..prices.currency import CurrencyCoordinator
from .coordinator import HistoryCoordinator
from .hourly import hour_of
from .session_hours import HourAmounts, SessionHours, parts
from .statistics import (
    HourlyStatistics,
    StatisticDescription,
    async_load_statistics,
    async_statistics_written,
    async_unit_of,
)

_LOGGER = logging.getLogger(__name__)

REMEMBERED: Final = timedelta(days=1)
"""How long the same call goes on where the last one was stopped; after that costs may be known that were not."""

PAGES_OF_A_PART: Final = 200
"""More than three hundred sessions a day. How many requests there are is for the account's budget to limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import has done from `first` on.

    `hours` are those that hold the sessions, `hours_changed` those that differ from what the statistics had. Unless
    `error` is none the import was stopped, and sessions from `next_start` on are missing. Without a known `currency`
    no costs were written, and neither if there are costs in `other_currency` already.
    """

    first: date
    sessions: SessionHours
    hours: int
    hours_changed: int
    currency: str | None
    other_currency: str | None = None
    next_start: date | None = None
    error: EnlightenError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interrupted:
    days: Days
    next_start: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """From when to when all sessions that began there are known; `complete` once all that was wanted is."""

    start: datetime
    end: datetime
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """The statistics of one charger; costs only where the currency is known, and no other one was before."""

    energy: HourlyStatistics
    cost: HourlyStatistics | None
    currency: str | None
    other_currency: str | None

    def write(self, sessions: SessionHours, read: _Read) -> int:
        """Write what is known for certain once some days were read, and return how many hours that changed."""
        changed = self._write(self.energy, sessions, sessions.energy, read)
        return changed + (self._write(self.cost, sessions, sessions.cost, read) if self.cost else 0)

    @staticmethod
    def _write(statistics: HourlyStatistics, sessions: SessionHours, amounts: HourAmounts, read: _Read) -> int:
        given_up = sessions.given_up(statistics.amounts, read.start, read.end)
        # What comes next may have sessions that share these hours
        certain = {
            hour: amount for hour, amount in amounts.of_range.items() if read.complete or hour < hour_of(read.end)
        }
        return statistics.async_write(dict.fromkeys(given_up, 0.0) | certain)


class SessionImport:
    """Imports the sessions of one site's chargers, each charger's one after the other."""

    def __init__(self, hass: HomeAssistant, *, history: HistoryCoordinator, currency: CurrencyCoordinator) -> None:
        """Prepare for imports out of the cloud's history."""
        self._hass = hass
        self._history = history
        self._currency = currency
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._interrupted: dict[str, _Interrupted] = {}

    async def async_import(self, serial: str, name: str, days: Days) -> ImportResult:
        """Write the sessions of some days, and go on where the same import was stopped before.

        A failure of the cloud stops the import; what was written stays. Raises HomeAssistantError if Home Assistant
        records nothing.
        """
        async with self._locks[serial]:
            now = dt_util.utcnow()
            result = await self._async_import(serial, name, self._rest(serial, days, now), now)
            if result.next_start is not None:
                self._interrupted[serial] = _Interrupted(days=days, next_start=result.next_start, at=now)
            return result

    def _rest(self, serial: str, days: Days, now: datetime) -> Days:
        before = self._interrupted.pop(serial, None)
        if before is None or before.days != days or now - before.at > REMEMBERED:
            return days
        return Days(first=before.next_start, last=days.last)

    async def _async_import(self, serial: str, name: str, days: Days, now: datetime) -> ImportResult:
        zone = self._history.zone
        target = await self._async_target(serial, name)
        start, end = days.bounds(zone)
        sessions = SessionHours(start=start, end=end)
        changed = 0
        error: EnlightenError | None = None
        next_start: date | None = None
        wanted = parts(days, local_day(now, zone))
        for number, part in enumerate(wanted, 1):
            try:
                sessions.add(await self._history.async_sessions(serial, part, max_pages=PAGES_OF_A_PART))
            except EnlightenError as stopped:
                error, next_start = stopped, min(max(part.first, days.first), days.last)
                _LOGGER.info("The import of charging sessions stopped before %s: %s", part.first, stopped)
                break
            changed += target.write(
                sessions,
                _Read(
                    start=start_of_day(wanted[0].first, zone),
                    end=end_of_day(part.last, zone),
                    complete=number == len(wanted),
                ),
            )
            _LOGGER.info("Imported charging sessions up to %s (part %d of %d)", part.last, number, len(wanted))
        await async_statistics_written(self._hass)
        return ImportResult(
            first=days.first,
            sessions=sessions,
            hours=len(sessions.energy.of_range),
            hours_changed=changed,
            currency=target.currency,
            other_currency=target.other_currency,
            next_start=next_start,
            error=error,
        )

    async def _async_target(self, serial: str, name: str) -> _Target:
        object_id, currency = slugify(serial), self._currency.data
        energy = StatisticDescription(
            object_id=f"{object_id}_energy",
            name=f"{name} energy",
            unit=UnitOfEnergy.KILO_WATT_HOUR,
            unit_class=EnergyConverter.UNIT_CLASS,
        )
        cost_of_sessions = StatisticDescription(object_id=f"{object_id}_cost", name=f"{name} cost", unit=currency or "")
        unit = await async_unit_of(self._hass, cost_of_sessions.statistic_id)
        other_currency = unit if currency and unit != currency else None
        has_cost = currency is not None and other_currency is None
        return _Target(
            energy=await async_load_statistics(self._hass, energy),
            cost=await async_load_statistics(self._hass, cost_of_sessions) if has_cost else None,
            currency=currency,
            other_currency=other_currency,
        )
