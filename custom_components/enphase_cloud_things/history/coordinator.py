"""The coordinator of the recent charging sessions of a site's chargers, as the cloud's history lists them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
import logging
from operator import attrgetter
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..cadences import HISTORY_CADENCE, HISTORY_CADENCE_WITH_NEWS
from ..chargers.charger import ChargerSnapshot
from ..chargers.coordinator import ChargerCoordinator, of_all
from ..days import Days, local_day
from ..enlighten import ChargerStatus, EnlightenError, HistoryClient, HistorySession
from .sessions import matching_session

_LOGGER = logging.getLogger(__name__)

SETTLING: Final = timedelta(hours=1)
"""How long after its end a session is looked for at the shorter rhythm; after that its cost comes when it comes."""

USUAL_REACH: Final = timedelta(days=3)
LONGEST_REACH: Final = timedelta(days=31)
USUAL_PAGES: Final = 20
"""Thirty sessions a day in the longest reach, as a charger has that starts and stops with the clouds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySnapshot:
    """The recent sessions by serial number, the oldest first, and when each list was read.

    A charger whose history was never read has no list. A list stays whole until the next whole one.
    """

    sessions: Mapping[str, tuple[HistorySession, ...]] = field(default_factory=dict, repr=False)
    read_at: Mapping[str, datetime] = field(default_factory=dict, repr=False, compare=False)

    def of(self, serial: str) -> tuple[HistorySession, ...]:
        """Return the recent sessions of a charger, as far as known."""
        return self.sessions.get(serial, ())


class HistoryCoordinator(DataUpdateCoordinator[HistorySnapshot]):
    """Reads the history of each charger often while it charges, at once when a session ends, else seldom.

    No charger depends on it: a failure leaves the list of that charger as it was.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        client: HistoryClient,
        chargers: ChargerCoordinator,
    ) -> None:
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name="session history",
            update_interval=HISTORY_CADENCE_WITH_NEWS,
            always_update=False,
        )
        self.data = HistorySnapshot()
        self._entry = entry
        self._client = client
        self._chargers = chargers
        self._ended_at: dict[str, datetime] = {}
        self._wanted: set[str] = set()
        entry.async_on_unload(chargers.async_add_listener(self._look, of_all(chargers, attrgetter("session_ended_at"))))
        self._look()

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, in whose days the history is asked for."""
        return self._chargers.zone

    async def async_sessions(
        self, serial: str, days: Days, *, max_pages: int = USUAL_PAGES
    ) -> tuple[HistorySession, ...]:
        """Read the sessions of some days, past the coordinator's own rhythm; for the errors see `HistoryClient`."""
        return await self._client.sessions(
            self._chargers.site_id,
            serial,
            days.first,
            days.last,
            time_zone=self._chargers.data.time_zone or self.hass.config.time_zone,
            max_pages=max_pages,
        )

    @override
    async def _async_update_data(self) -> HistorySnapshot:
        now = dt_util.utcnow()
        snapshot = self.data
        for serial, charger in self._chargers.data.chargers.items():
            if not self._is_due(serial, charger, now):
                continue
            self._wanted.discard(serial)
            try:
                sessions = await self.async_sessions(serial, self._recent_days(charger.status, now))
            except EnlightenError as error:
                self.logger.debug("Reading the session history of a charger failed: %s", error)
                continue
            snapshot = replace(
                snapshot,
                sessions={**snapshot.sessions, serial: sessions},
                read_at={**snapshot.read_at, serial: now},
            )
        return snapshot

    def _recent_days(self, status: ChargerStatus | None, now: datetime) -> Days:
        """Return the last few days, and more if the car was plugged in earlier for the last session that is known."""
        session = status.session if status else None
        known = [moment for moment in (session.plugged_in_at, session.started_at) if moment] if session else []
        since = max(min([now - USUAL_REACH, *known]), now - LONGEST_REACH)
        return Days(first=local_day(since, self.zone), last=local_day(now, self.zone))

    def _is_due(self, serial: str, charger: ChargerSnapshot, now: datetime) -> bool:
        read_at = self.data.read_at.get(serial)
        if read_at is None or serial in self._wanted:
            return True
        cadence = HISTORY_CADENCE_WITH_NEWS if self._has_news_to_expect(serial, charger, now) else HISTORY_CADENCE
        # Many chargers take turns: the status comes first
        return now - read_at >= max(cadence, self._chargers.time_of_a_round) - HISTORY_CADENCE_WITH_NEWS / 2

    def _has_news_to_expect(self, serial: str, charger: ChargerSnapshot, now: datetime) -> bool:
        status = charger.status
        if status is None:
            return False
        if charger.flowing:
            return True
        ended_at = self._ended_at.get(serial)
        if ended_at is None or now - ended_at >= SETTLING:
            return False
        match = matching_session(status.session, self.data.of(serial)) if status.session else None
        return match is None or match.ended_at is None or match.cost is None

    @callback
    def _look(self) -> None:
        """Read at once the history of every charger whose session has just ended."""
        ended = {
            serial: charger.session_ended_at
            for serial, charger in self._chargers.data.chargers.items()
            if charger.session_ended_at and charger.session_ended_at != self._ended_at.get(serial)
        }
        if ended:
            self._wanted.update(ended)
            self._ended_at.update(ended)
            self._entry.async_create_background_task(self.hass, self.async_refresh(), "session history after its end")
