"""What the coordinators of a site's services (its virtual power plant, its prices) have in common."""

from abc import abstractmethod
from datetime import date, datetime, timedelta, tzinfo
import logging
from typing import Final, Protocol, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .days import local_day
from .timer import Timer


class Site(Protocol):
    """A site, as far as its clock goes: its time zone, which the cloud may tell late."""

    zone: tzinfo


REFRESH_MARGIN: Final = timedelta(seconds=1)
"""A refresh begins up to a second before its time: at midnight on the wrong day, in a back-off too early."""


class ClockCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """A coordinator whose data mean something else as time passes: an event begins, a price changes, a day ends.

    Listeners are called at these moments as well, without a request.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        logger: logging.Logger,
        *,
        name: str,
        site_id: str,
        site: Site,
        update_interval: timedelta,
    ) -> None:
        """Prepare the coordinator. The name goes into logs, so it is not that of the site, often an address."""
        super().__init__(
            hass, logger, config_entry=entry, name=name, update_interval=update_interval, always_update=False
        )
        self.site_id = site_id
        self.site = site
        self._timer = Timer(hass, self._async_pass)
        entry.async_on_unload(self._timer.cancel)

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, which decides what "today" is."""
        return self.site.zone

    @property
    def today(self) -> date:
        """The day at the site."""
        return local_day(dt_util.utcnow(), self.zone)

    @abstractmethod
    def next_change(self, now: datetime) -> datetime | None:
        """Return when the clock alone changes what the data mean next, `None` while it does not."""

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        self._set_timer(dt_util.utcnow())

    @callback
    def _async_pass(self, now: datetime) -> None:
        """Tell the listeners that time has changed something."""
        self._set_timer(now)
        self.async_update_listeners()

    @callback
    def _set_timer(self, now: datetime) -> None:
        if moment := self.next_change(now):
            self._timer.set(moment)
        else:
            self._timer.cancel()
