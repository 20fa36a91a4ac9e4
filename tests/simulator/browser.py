"""A minimal signed-in browser: what an independent client of the cloud does, and nothing more."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
import json
from types import MappingProxyType

import aiohttp
from yarl import URL

from simulator import OWNER_EMAIL, OWNER_KEY, Car, ManualClock, Simulator, World
from simulator.wire import Json

AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15"
NONE: Mapping[str, str] = MappingProxyType({})
SITE = "4410287"
SERIAL = "202640011873"
STATUS = f"/service/evse_controller/{SITE}/ev_chargers/status"
SUMMARY = f"/service/evse_controller/api/v2/{SITE}/ev_chargers/summary?filter_retired=true"
START = f"/service/evse_controller/{SITE}/ev_chargers/{SERIAL}/start_charging"
STOP = f"/service/evse_controller/{SITE}/ev_chargers/{SERIAL}/stop_charging"
MODE = f"/service/evse_scheduler/api/v1/iqevc/charging-mode/{SITE}/{SERIAL}/preference"
SITES = "/app-api/search_sites.json?searchText=&favourite=false"
SELF = "/users/self/token"

type Act = Callable[..., Awaitable[tuple[int, Json]]]
"""Sends an action to the control interface, and returns status and answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it came over the wire."""

    status: int
    text: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]

    @property
    def json(self) -> Json:
        """The body as JSON."""
        parsed: Json = json.loads(self.text)
        return parsed

    def at(self, *path: str | int) -> Json:
        """Return the value at a path into the JSON body."""
        return pick(self.json, *path)


def pick(data: Json, *path: str | int) -> Json:
    """Return the value at a path into JSON; fails where there is none."""
    for step in path:
        if isinstance(step, str):
            assert isinstance(data, Mapping), f"{step}: {data}"
            data = data[step]
        else:
            assert isinstance(data, list), f"{step}: {data}"
            data = data[step]
    return data


class Browser:
    """Keeps cookies and tokens and sends them along."""

    def __init__(self, http: aiohttp.ClientSession, simulator: Simulator) -> None:
        self._http = http
        self._url = simulator.enlighten_url
        self.tokens: dict[str, str] = {}

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = NONE,
        follow: bool = True,
    ) -> Answer:
        """Send a request with the headers of the web application, ``headers`` replacing or adding some."""
        sent = {"User-Agent": AGENT, "Accept": "*/*", **self.tokens, **headers}
        data = json.dumps(body) if body is not None else form
        if body is not None:
            sent["Content-Type"] = "application/json"
        async with self._http.request(
            method, self._url + path, data=data, headers=sent, allow_redirects=follow
        ) as response:
            return Answer(
                status=response.status,
                text=await response.text(),
                headers={name.lower(): value for name, value in response.headers.items()},
                cookies={name: cookie.value for name, cookie in response.cookies.items()},
            )

    async def get(self, path: str, *, headers: Mapping[str, str] = NONE) -> Answer:
        """Read."""
        return await self.request("GET", path, headers=headers)

    async def post(self, path: str, body: Json = None) -> Answer:
        """Post JSON."""
        return await self.request("POST", path, body=body)

    async def put(self, path: str, body: Json = None) -> Answer:
        """Put JSON."""
        return await self.request("PUT", path, body=body)

    async def password_login(self, email: str = OWNER_EMAIL, password: str = OWNER_KEY) -> Answer:
        """Send the password only."""
        form = {"user[email]": email, "user[password]": password}
        return await self.request("POST", "/login/login.json", form=form)

    async def sign_in(self) -> None:
        """Sign in by password, fetch a token and use both from now on."""
        self.tokens = {}
        login = await self.password_login()
        token = await self.get(SELF)
        self.tokens = {
            "Authorization": f"Bearer {login.at('manager_token')}",
            "e-auth-token": str(token.at("token")),
        }

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie that would be sent."""
        return next((cookie.value for cookie in self._http.cookie_jar if cookie.key == name), None)

    def set_cookie(self, name: str, value: str) -> None:
        """Put a cookie into the jar."""
        self._http.cookie_jar.update_cookies({name: value}, URL(self._url))

    async def charger(self) -> Json:
        """Return the first charger of the status."""
        return (await self.get(STATUS)).at("data", "chargers", 0)


async def charging(
    browser: Browser, world: World, clock: ManualClock, seconds: float, car: Car | None = None, level: int | None = None
) -> None:
    """Plug a car in, start, and let so many seconds pass."""
    world.charger.plug_in(car)
    body: dict[str, Json] = {"connectorId": 1} if level is None else {"connectorId": 1, "chargingLevel": level}
    await browser.post(START, body)
    clock.tick(seconds)
