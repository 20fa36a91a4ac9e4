"""The coordinator of a site's virtual power plant programme and its events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from http import HTTPStatus
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..calc.vpp import deduplicated, next_transition, poll_interval
from ..enlighten import EnlightenError, GridServicesClient, ProgrammeUnknown, ServiceUnavailable, VppEvent, VppProgramme
from ..errors import optional_refresh_errors

_LOGGER = logging.getLogger(__name__)

PROGRAMME_LIFETIME: Final = timedelta(hours=6)
PROGRAMME_TRUST: Final = timedelta(days=7)
EVENTS_TRUST: Final = timedelta(hours=1)
UNENROLLED_INTERVAL: Final = timedelta(days=1)

_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class VppSnapshot:
    """What is known of the programme. Without one the site does not take part, once that is `settled`."""

    settled: bool = True
    program_id: str | None = field(default=None, repr=False)
    events: tuple[VppEvent, ...] = ()

    @property
    def enrolled(self) -> bool:
        """Whether the site takes part in a programme."""
        return self.program_id is not None


class VppCoordinator(DataUpdateCoordinator[VppSnapshot]):
    """Finds the programme by itself unless a person gave its id, and reads its events.

    Whatever follows from the clock alone, such as an event that begins, happens without a request: listeners are
    called at every start, end and midnight. Known events outlive failures for an hour.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        client: GridServicesClient,
        site_id: str,
        given_program_id: str,
        zone: Callable[[], tzinfo],
    ) -> None:
        """Prepare the coordinator; an empty given id has the programme looked up."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} grid events",
            update_interval=timedelta(minutes=5),
            always_update=False,
        )
        self.data = VppSnapshot(settled=False)
        self.site_id = site_id
        self.given_program_id_is_unknown = False
        self._client = client
        self._given = VppProgramme(enrolled=True, program_id=given_program_id) if given_program_id else None
        self._zone = zone
        self._programme: VppProgramme | None = None
        self._programme_read_at: datetime | None = None
        self._events_read_at: datetime | None = None
        self._cancel_transition: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._disarm)

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, which decides what "today" is."""
        return self._zone()

    @override
    async def _async_update_data(self) -> VppSnapshot:
        now = dt_util.utcnow()
        with optional_refresh_errors():
            try:
                snapshot = await self._async_read(now)
            except EnlightenError as error:
                snapshot = self._in_spite_of(error, now)
            else:
                self.update_interval = poll_interval(snapshot.events, now) if snapshot.enrolled else UNENROLLED_INTERVAL
        self._arm(snapshot, now)
        return snapshot

    def _in_spite_of(self, error: EnlightenError, now: datetime) -> VppSnapshot:
        """Return what holds after a failed read, or raise the error.

        Events stay good for an hour. A site that takes part in nothing may be answered like a stranger, which is no
        news for anybody (docs/api.md §8.1).
        """
        if self._events_read_at is not None and now - self._events_read_at < EVENTS_TRUST:
            return self.data
        if (
            isinstance(error, ServiceUnavailable)
            and error.refusal
            and error.refusal.http_status in _REFUSALS
            and self._programme is None
            and self._given is None
        ):
            self.update_interval = error.retry_at - now if error.retry_at else UNENROLLED_INTERVAL
            return VppSnapshot()
        raise error

    async def _async_read(self, now: datetime) -> VppSnapshot:
        programme = self._given or await self._async_programme(now)
        if programme.program_id is None:
            return VppSnapshot()
        try:
            events = await self._client.events(self.site_id, programme.program_id)
        except ProgrammeUnknown:
            self._programme_read_at = None
            if self._given:
                self.given_program_id_is_unknown = True
                raise
            programme = await self._async_programme(now, fresh=True)
            if programme.program_id is None:
                return VppSnapshot()
            events = await self._client.events(self.site_id, programme.program_id)
        self.given_program_id_is_unknown = False
        self._events_read_at = now
        return VppSnapshot(program_id=programme.program_id, events=deduplicated(events))

    async def _async_programme(self, now: datetime, *, fresh: bool = False) -> VppProgramme:
        known, read_at = self._programme, self._programme_read_at
        if known and read_at and now - read_at < PROGRAMME_LIFETIME and not fresh:
            return known
        try:
            programme = await self._client.programme(self.site_id, fresh=fresh)
        except EnlightenError:
            if known and read_at and now - read_at < PROGRAMME_TRUST:
                return known
            raise
        if programme.refused and known and known.enrolled and read_at and now - read_at < PROGRAMME_TRUST:
            return known
        self._programme, self._programme_read_at = programme, now
        return programme

    @callback
    def _arm(self, snapshot: VppSnapshot, now: datetime) -> None:
        self._disarm()
        if snapshot.enrolled:
            moment = next_transition(snapshot.events, now, self.zone)
            self._cancel_transition = async_track_point_in_utc_time(self.hass, self._transition, moment)

    @callback
    def _transition(self, now: datetime) -> None:
        self._arm(self.data, now)
        self.async_update_listeners()

    @callback
    def _disarm(self) -> None:
        if self._cancel_transition:
            self._cancel_transition()
            self._cancel_transition = None
