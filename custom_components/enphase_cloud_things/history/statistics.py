"""Long-term statistics that come from the cloud's records instead of from the states of an entity."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from .hourly import HourTotal, merged

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
