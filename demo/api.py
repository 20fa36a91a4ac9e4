"""Home Assistant's REST and websocket API, seen by one signed-in user."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import ClientResponse, ClientSession

from .errors import DemoError


class HomeAssistantApi:
    """The API of one Home Assistant; without a token only what needs no sign-in works."""

    def __init__(self, http: ClientSession, url: str, token: str | None = None) -> None:
        """Use ``http`` for all requests; ``url`` has no slash at its end, ``token`` is an access token."""
        self._http: Final = http
        self.url: Final = url
        self.token: Final = token

    async def get(self, path: str) -> object:
        """Return the JSON that a path has, or None when there is no such path."""
        async with self._http.get(self._address(path), headers=self._headers()) as response:
            return None if response.status == HTTPStatus.NOT_FOUND else await _json(response)

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> object:
        """Send a JSON body and return the JSON reply."""
        async with self._http.post(self._address(path), json=body or {}, headers=self._headers()) as response:
            return await _json(response)

    async def post_form(self, path: str, fields: Mapping[str, str]) -> object:
        """Send a form and return the JSON reply."""
        async with self._http.post(self._address(path), data=fields, headers=self._headers()) as response:
            return await _json(response)

    async def command(self, name: str, **fields: object) -> object:
        """Send one websocket command and return its result."""
        async with self._http.ws_connect(self._address("api/websocket")) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.token})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": name, **fields})
            match await socket.receive_json():
                case {"success": True, "result": result}:
                    return result
                case reply:
                    raise DemoError(f"Home Assistant refused the command {name}: {reply}")

    async def call(self, domain: str, action: str, **fields: object) -> None:
        """Perform an action and wait for its end."""
        await self.post(f"api/services/{domain}/{action}", fields)

    async def state(self, entity_id: str) -> str | None:
        """Return the state of an entity, or None when there is no such entity."""
        match await self.get(f"api/states/{entity_id}"):
            case {"state": str(state)}:
                return state
        return None

    def _address(self, path: str) -> str:
        return f"{self.url}/{path}"

    def _headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}


async def _json(response: ClientResponse) -> object:
    if not response.ok:
        detail = await response.text()
        raise DemoError(f"Home Assistant answered {response.status} to {response.url.path}: {detail[:300]}")
    reply: object = await response.json()
    return reply
