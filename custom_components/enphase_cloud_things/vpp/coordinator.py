"""The coordinator of a site's virtual power plant program and its events."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..cadences import ENROLMENT_CADENCE, VPP_EVENTS_CADENCE
from ..coordinator import REFRESH_MARGIN, ClockCoordinator, Site
from ..enlighten import (
    EnlightenError,
    GridServicesClient,
    NotSupported,
    ProgramUnknown,
    RateLimited,
    ServiceUnavailable,
    VppEvent,
    VppProgram,
)
from ..errors import optional_refresh_failed
from .events import deduplicated, next_transition, poll_interval

_LOGGER = logging.getLogger(__name__)

PROGRAM_TRUST: Final = timedelta(days=7)
EVENTS_TRUST: Final = timedelta(hours=1)
UNENROLLED_INTERVAL: Final = timedelta(days=1)
REFUSED_INTERVAL: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class VppSnapshot:
    """What is known of the program. Without one the site does not take part, once that is `settled`."""

    settled: bool = True
    program_id: str | None = field(default=None, repr=False)
    events: tuple[VppEvent, ...] = ()

    @property
    def enrolled(self) -> bool:
        """Whether the site takes part in a program."""
        return self.program_id is not None


class VppCoordinator(ClockCoordinator[VppSnapshot]):
    """Finds the program by itself unless a person gave its id, and reads its events.

    Known events outlive failures for an hour, and not a second longer.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        client: GridServicesClient,
        site_id: str,
        given_program_id: str,
        site: Site,
    ) -> None:
        """Prepare the coordinator; an empty given id has the program looked up."""
        super().__init__(
            hass, entry, _LOGGER, name="grid events", site_id=site_id, site=site, update_interval=VPP_EVENTS_CADENCE
        )
        self.data = VppSnapshot(settled=False)
        self.given_program_id_is_unknown = False
        self._client = client
        self._given = VppProgram(enrolled=True, program_id=given_program_id) if given_program_id else None
        self._program: VppProgram | None = None
        self._program_read_at: datetime | None = None
        self._events_read_at: datetime | None = None
        self._failure: EnlightenError | None = None
        self._is_reading = False

    @override
    async def _async_update_data(self) -> VppSnapshot:
        now, self._is_reading = dt_util.utcnow(), True
        try:
            snapshot = await self._async_read(now)
        except EnlightenError as error:
            self.logger.debug("Reading the grid events failed: %s", error)
            snapshot = self._in_spite_of(error, dt_util.utcnow())
        else:
            self._failure = None
        finally:
            self._is_reading = False
        if snapshot.settled:
            self.update_interval = poll_interval(snapshot.events, now) if snapshot.enrolled else UNENROLLED_INTERVAL
        return snapshot

    @override
    def next_change(self, now: datetime) -> datetime | None:
        """Return when an event starts or ends, the day ends, or the events are no longer to be trusted."""
        if not self.data.enrolled or not self.last_update_success:
            return None
        moment = next_transition(self.data.events, now, self.zone)
        return moment if self._events_read_at is None else min(moment, self._events_read_at + EVENTS_TRUST)

    async def _async_read(self, now: datetime) -> VppSnapshot:
        program = self._given or await self._async_program(now)
        if program.program_id is None:
            return VppSnapshot()
        try:
            events = await self._client.events(self.site_id, program.program_id)
        except ProgramUnknown:
            if self._given:
                self.given_program_id_is_unknown = True
                raise
            self._program_read_at = None
            program = await self._async_program(now, fresh=True)
            if program.program_id is None:
                return VppSnapshot()
            events = await self._client.events(self.site_id, program.program_id)
        self.given_program_id_is_unknown = False
        self._events_read_at = now
        return VppSnapshot(program_id=program.program_id, events=deduplicated(events))

    async def _async_program(self, now: datetime, *, fresh: bool = False) -> VppProgram:
        known, read_at = self._program, self._program_read_at
        if known and read_at and now - read_at < ENROLMENT_CADENCE:
            return known
        trusted = known if read_at and now - read_at < PROGRAM_TRUST else None
        try:
            program = await self._client.program(self.site_id, fresh=fresh)
        except EnlightenError:
            if trusted is None:
                raise
            return trusted
        if program.refused and trusted and trusted.enrolled:
            return trusted
        self._program, self._program_read_at = program, now
        return program

    def _in_spite_of(self, error: EnlightenError, now: datetime) -> VppSnapshot:
        """Return what holds after a failed read, or fail the refresh."""
        self._failure = error
        program = self._given or self._program
        program_id = program.program_id if program else None
        if program_id != self.data.program_id:
            # Events of another program are none of this one
            self.data, self._events_read_at = VppSnapshot(program_id=program_id, settled=program is not None), None
        if self._events_read_at is not None and now - self._events_read_at < EVENTS_TRUST:
            return self.data
        if program is None and _may_mean_not_enrolled(error) and self.last_update_success:
            retry_at = error.retry_at if isinstance(error, ServiceUnavailable) else None
            self.update_interval = max(retry_at - now, timedelta()) + REFRESH_MARGIN if retry_at else REFUSED_INTERVAL
            return self.data
        raise optional_refresh_failed(error) from error

    @callback
    @override
    def _async_pass(self, now: datetime) -> None:
        if self._events_read_at is None or now - self._events_read_at < EVENTS_TRUST:
            super()._async_pass(now)
        elif not self._is_reading:
            # A read under way decides by itself, and could not tell that they had been given up meanwhile
            self._expire()

    @callback
    def _expire(self) -> None:
        """Give up the events, whether reading failed or never took place."""
        failure = self._failure or ServiceUnavailable("The grid events have not been read for too long")
        self.async_set_update_error(optional_refresh_failed(failure))


def _may_mean_not_enrolled(error: EnlightenError) -> bool:
    """Return whether the cloud answers as it does for a site that takes part in nothing (docs/api.md §8.1).

    What it says while the client backs off after such an answer belongs to it.
    """
    if isinstance(error, ServiceUnavailable) and not isinstance(error, RateLimited):
        return error.refusal is None or error.refusal.http_status < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, NotSupported)
