"""Past charging sessions, page by page (docs/api.md §7.2)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from . import endpoints
from .caller import Caller
from .endpoints import Call
from .errors import InvalidResponse
from .models.sessions import HistoryPage, HistorySession, read_history_page
from .wire import JsonValue, Oddities

_PAGE_SIZE: Final = 50
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class HistoryClient:
    """Reads past sessions, all or none. For the errors see `EnlightenClient`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def sessions(
        self, site_id: str, serial: str, start: date, end: date, *, time_zone: str, max_pages: int = 5
    ) -> tuple[HistorySession, ...]:
        """Read the sessions of a charger from one day to another, both included, the oldest first.

        Days are those in `time_zone`, the IANA name of the site's.

        Raises:
            InvalidResponse: the history is incomplete, also because it has more than `max_pages` pages. Any older
                list is better.
        """
        pages = self.pages(site_id, serial, start, end, time_zone=time_zone, max_pages=max_pages)
        sessions = [session async for page in pages for session in page]
        return tuple(sorted(sessions, key=lambda session: session.started_at or session.ended_at or _LONG_AGO))

    async def pages(
        self, site_id: str, serial: str, start: date, end: date, *, time_zone: str, max_pages: int | None = None
    ) -> AsyncIterator[tuple[HistorySession, ...]]:
        """Read the same page by page, in the cloud's order, with at most 50 sessions each and none of them twice.

        Raises:
            InvalidResponse: the history cannot be read on. What came before is true, but not all.
        """
        seen: set[str] = set()
        number, has_more = 0, True
        while has_more:
            if number == max_pages:
                raise InvalidResponse("history.data.hasMore")
            page = await self._caller.call(
                Call(
                    endpoints.HISTORY,
                    site_id=site_id,
                    serial=serial,
                    json={
                        "source": "evse",
                        "params": {
                            "offset": number * _PAGE_SIZE,
                            "limit": _PAGE_SIZE,
                            "startDate": _day(start),
                            "endDate": _day(end),
                            "timezone": time_zone,
                        },
                    },
                ),
                partial(_read_new, seen=seen),
            )
            number, has_more = number + 1, page.has_more
            yield page.sessions


def _read_new(value: JsonValue, oddities: Oddities, *, seen: set[str]) -> HistoryPage:
    """Read the next page without what was `seen` on those before, and add to that.

    Raises:
        InvalidResponse: it cannot be read, or has nothing that the pages before did not have.
    """
    page = read_history_page(value, oddities)
    new = {session.session_id: session for session in page.sessions if session.session_id not in seen}
    if page.sessions and not new:
        raise InvalidResponse("history.data.result")
    seen.update(new)
    return replace(page, sessions=tuple(new.values()))


def _day(day: date) -> str:
    return day.strftime("%d-%m-%Y")
