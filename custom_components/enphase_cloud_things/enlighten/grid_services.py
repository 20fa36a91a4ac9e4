"""Virtual power plants: which program a site takes part in, and what it plans (docs/api.md §8)."""

from http import HTTPStatus
from typing import Final

from . import endpoints
from .caller import Caller
from .endpoints import Call, Family
from .errors import NotSupported, ProgramUnknown, ServiceUnavailable
from .models.vpp import VppEvent, VppProgram, is_id, read_enrolment_id, read_events, read_program_id

_NO_SUCH_PROGRAM: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})


class GridServicesClient:
    """Reads from the grid services, which have a host of their own. For the errors see `EnlightenClient`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def program(self, site_id: str, *, fresh: bool = False) -> VppProgram:
        """Look up the program that a site takes part in (docs/api.md §8.1).

        Some sites that take part in none get refusals only. The third of them in a row, and all until the next
        try, give a program that is `refused`.

        Raises:
            InvalidResponse: the cloud neither names a program nor says that there is none.
        """
        enrolment_id: str | None = None
        try:
            enrolment_id = await self._caller.call(
                Call(endpoints.ENROLMENT_OF_SITE, site_id=site_id, fresh=fresh), read_enrolment_id
            )
            if enrolment_id is None:
                return VppProgram(enrolled=False)
            program_id = await self._caller.call(
                Call(endpoints.ENROLMENT, site_id=site_id, item_id=enrolment_id, fresh=fresh), read_program_id
            )
        except NotSupported, ServiceUnavailable:
            if self._caller.is_refused(Family.VPP_ENROLMENT, enrolment_id or site_id):
                return VppProgram(enrolled=False, refused=True)
            raise
        return VppProgram(enrolled=True, program_id=program_id)

    async def events(self, site_id: str, program_id: str, *, fresh: bool = False) -> tuple[VppEvent, ...]:
        """Read the recent and the coming events of a program in the cloud's order (docs/api.md §8.2).

        Raises:
            ProgramUnknown: the program has to be looked up again.
        """
        if not is_id(program_id):
            raise ProgramUnknown("This cannot be the id of a program")
        try:
            return await self._caller.call(
                Call(
                    endpoints.EVENTS,
                    site_id=site_id,
                    item_id=program_id,
                    query={"site_id": site_id, "programId": program_id},
                    fresh=fresh,
                ),
                read_events,
            )
        except (NotSupported, ServiceUnavailable) as err:
            refusal = err.refusal
            if refusal is None or refusal.routing or refusal.http_status not in _NO_SUCH_PROGRAM:
                raise
            raise ProgramUnknown("The cloud does not know the program", refusal=refusal) from None
