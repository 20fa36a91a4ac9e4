"""Requests to the services beside the chargers, each with the headers of its profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

from simulator import Simulator, World
from simulator.wire import Json

from .browser import AGENT, NONE, SERIAL, SITE, Answer, Browser

SCRIPT_JSON = "application/json, text/javascript, */*; q=0.01"
TARIFF = f"/service/tariff/tariff-ms/systems/{SITE}/tariff?include-site-details=true"
BILLING = f"/service/tariff/tariff-ms/systems/{SITE}/billing-details"
CURRENCY = f"/app-api/{SITE}/get_currency_conversion.json"
HISTORY = f"/service/enho_historical_events_ms/{SITE}/sessions/{SERIAL}/history"
ENROLMENT = "/enrollment-mgr/api/v1/enrollment"
NO_FILTERS = {"start_date": "", "end_date": "", "sort_by": "", "ascending": "", "time": ""}


def dated_rates(day: str, *, kind: str = "BUYBACK") -> str:
    """Return the path of the export rates of a day."""
    return f"/service/tariff/tariff-ms/systems/{SITE}/tariffs?rateType={kind}&date={day}&includeUtility="


def savings(day: str, *, compute: str = "true") -> str:
    """Return the path of the savings of a day."""
    query = f"resolution=DAY&date={day}&do_compute={compute}&simulated=false"
    return f"/service/savings/systems/{SITE}/savings?{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesBrowser:
    """A signed-in browser that knows the profiles of tariffs and history."""

    browser: Browser
    world: World

    @property
    def user(self) -> dict[str, str]:
        """Who asks, in the headers that both profiles have."""
        return {"Accept": SCRIPT_JSON, "Username": self.world.account.user_id, "Requestid": str(uuid4())}

    @property
    def session_id(self) -> str:
        """The newest session's id, which a client reads from its token; empty when nobody is signed in."""
        sessions = self.world.accounts.open_sessions(self.world.account)
        return sessions[-1].session_id if sessions else ""

    async def tariffs(self, path: str, *, without: str = "", **changed: str) -> Answer:
        """Read from the tariff service, leaving out or changing single headers."""
        return await self._send("GET", path, self.user | changed, without)

    async def history(
        self, path: str = HISTORY, body: Json = None, *, without: str = "", headers: Mapping[str, str] = NONE
    ) -> Answer:
        """Read from the history service, leaving out or changing single headers."""
        sent = {**self.user, "e-auth-token": self.session_id, **headers}
        return await self._send("GET" if body is None else "POST", path, sent, without, body)

    async def sessions(
        self, start: date, end: date, *, offset: int = 0, limit: int = 50, zone: str = "Europe/Vienna"
    ) -> Answer:
        """Read a page of sessions."""
        params: Json = {
            "offset": offset,
            "limit": limit,
            "startDate": start.strftime("%d-%m-%Y"),
            "endDate": end.strftime("%d-%m-%Y"),
            "timezone": zone,
        }
        return await self.history(body={"source": "evse", "params": params})

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], without: str, body: Json = None
    ) -> Answer:
        kept = self.browser.tokens
        self.browser.tokens = {name: value for name, value in kept.items() if name != without}
        sent = {name: value for name, value in headers.items() if name != without}
        try:
            return await self.browser.request(method, path, body=body, headers=sent)
        finally:
            self.browser.tokens = kept


class GridBrowser:
    """Speaks to Grid Services with a bare token and nothing else of the web application."""

    def __init__(self, http: aiohttp.ClientSession, simulator: Simulator, token: str) -> None:
        self._http = http
        self._url = simulator.grid_services_url
        origin = simulator.url
        self.headers = {
            "User-Agent": AGENT,
            "Accept": SCRIPT_JSON,
            "Origin": origin,
            "Referer": f"{origin}/",
            "Authorization": token,
        }

    async def get(self, path: str, *, without: str = "", headers: Mapping[str, str] = NONE) -> Answer:
        """Read, leaving out or adding single headers."""
        sent = {name: value for name, value in self.headers.items() if name != without} | dict(headers)
        async with self._http.get(self._url + path, headers=sent) as response:
            return Answer(
                status=response.status,
                text=await response.text(),
                headers={name.lower(): value for name, value in response.headers.items()},
                cookies={},
            )

    async def enrolled(self, site: str = SITE) -> Answer:
        """Look up the enrolment of a site."""
        return await self.get(f"{ENROLMENT}/enrolled/{site}")

    async def detail(self, enrolment_id: str) -> Answer:
        """Read the details of an enrolment."""
        return await self.get(f"{ENROLMENT}/{enrolment_id}")

    async def events(self, program_id: str, *, without: str = "", **filters: str) -> Answer:
        """List events; ``without`` leaves out one parameter."""
        query = {"site_id": SITE, "programId": program_id, **NO_FILTERS, **filters}
        query.pop(without, None)
        return await self.get(f"/vpp-mgr/api/v1/events/get?{urlencode(query)}")
