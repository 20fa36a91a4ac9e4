"""Long-term statistics of past sessions, written from the cloud's history: in parts, and as often as anybody likes."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
import logging
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER_DOMAIN, get_instance
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_add_external_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util, slugify
from homeassistant.util.unit_conversion import EnergyConverter

from ..const import DOMAIN
from ..days import Days, end_of_day, local_day, start_of_day
from ..enlighten import EnlightenError
from ..prices.currency import CurrencyCoordinator
from .coordinator import HistoryCoordinator
from .hours import HourAmounts, HourTotal, SessionHours, hour_of, merged, parts

_LOGGER = logging.getLogger(__name__)

REMEMBERED: Final = timedelta(days=1)
"""How long the same call goes on where the last one was stopped; after that costs may be known that were not."""

PAGES_OF_A_PART: Final = 200
"""More than three hundred sessions a day. How many requests there are is for the account's budget to limit."""

_BEGINNING: Final = dt_util.utc_from_timestamp(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticDescription:
    """What a statistic is called and measured in; `object_id` is its id without the domain of the integration."""

    object_id: str
    name: str
    unit: str
    unit_class: str | None = None

    @property
    def statistic_id(self) -> str:
        """The id under which Home Assistant knows the statistic."""
        return f"{DOMAIN}:{self.object_id}"


class HourlyStatistics:
    """One external statistic with amounts by the hour.

    What is written to it replaces what its hours had, and the sums of all later hours follow.
    """

    def __init__(self, hass: HomeAssistant, description: StatisticDescription, known: Mapping[datetime, HourTotal]):
        """Go on from the hours that are `known`."""
        self._hass = hass
        self._description = description
        self._known = dict(known)

    @property
    def amounts(self) -> Mapping[datetime, float]:
        """The amount of every hour that is known."""
        return {start: hour.amount for start, hour in self._known.items()}

    @callback
    def async_write(self, amounts: Mapping[datetime, float]) -> int:
        """Give some hours new amounts, and return how many hours had to be written for that."""
        changed = merged(self._known.values(), amounts)
        if changed:
            self._known.update({hour.start: hour for hour in changed})
            async_add_external_statistics(
                self._hass,
                StatisticMetaData(
                    mean_type=StatisticMeanType.NONE,
                    has_sum=True,
                    name=self._description.name,
                    source=DOMAIN,
                    statistic_id=self._description.statistic_id,
                    unit_class=self._description.unit_class,
                    unit_of_measurement=self._description.unit,
                ),
                [StatisticData(start=hour.start, state=hour.amount, sum=hour.total) for hour in changed],
            )
        return len(changed)


async def async_load_statistics(hass: HomeAssistant, description: StatisticDescription) -> HourlyStatistics:
    """Return a statistic with what is known of it so far.

    Raises HomeAssistantError if Home Assistant records nothing.
    """
    _check_recorder(hass)
    statistic_id = description.statistic_id
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        _BEGINNING,
        None,
        {statistic_id},
        "hour",
        {description.unit_class: description.unit} if description.unit_class else None,
        {"state", "sum"},
    )
    known = [_hour_total(row) for row in rows.get(statistic_id, [])]
    return HourlyStatistics(hass, description, {hour.start: hour for hour in known})


async def async_unit_of(hass: HomeAssistant, statistic_id: str) -> str | None:
    """Return the unit of a statistic, `None` if there is none.

    Raises HomeAssistantError if Home Assistant records nothing.
    """
    _check_recorder(hass)
    known = await get_instance(hass).async_add_executor_job(partial(get_metadata, hass, statistic_ids={statistic_id}))
    return known[statistic_id][1]["unit_of_measurement"] if statistic_id in known else None


async def async_statistics_written(hass: HomeAssistant) -> None:
    """Wait until all that was handed to the recorder is in the database, where the next import looks."""
    written: asyncio.Future[None] = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(written))
    await written


@callback
def _check_recorder(hass: HomeAssistant) -> None:
    if RECORDER_DOMAIN not in hass.config.components:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="recorder_missing")


def _hour_total(row: StatisticsRow) -> HourTotal:
    return HourTotal(
        start=dt_util.utc_from_timestamp(row["start"]), amount=row.get("state") or 0.0, total=row.get("sum") or 0.0
    )


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
