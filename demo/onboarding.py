"""The first steps in a new Home Assistant, up to an owner who is signed in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import secrets

from aiohttp import ClientConnectionError, ClientSession

from .api import HomeAssistantApi
from .errors import DemoError

_START_SECONDS = 120
_POLL_SECONDS = 0.1
_TOKEN_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The person who owns the demo's Home Assistant."""

    name: str
    username: str
    password: str


OWNER = Owner(name="Demo", username="demo", password="demo")


async def sign_in(http: ClientSession, url: str, owner: Owner, *, alive: Callable[[], bool]) -> HomeAssistantApi:
    """Wait until Home Assistant runs and return its API for the owner, who is created at the first start.

    Raises:
        DemoError: it does not answer for two minutes, or its process is no longer ``alive``.
    """
    visitor = HomeAssistantApi(http, url)
    try:
        async with asyncio.timeout(_START_SECONDS):
            if await _owner_exists(visitor, alive):
                api = await _with_token(http, visitor, await _log_in(visitor, owner))
            else:
                api = await _with_token(http, visitor, await _create_owner(visitor, owner))
                await _finish_onboarding(api)
            await _wait_until_running(api, alive)
    except TimeoutError:
        raise DemoError(f"Home Assistant did not start within {_START_SECONDS} seconds.") from None
    return await _for_long(http, api)


async def _owner_exists(visitor: HomeAssistantApi, alive: Callable[[], bool]) -> bool:
    while True:
        try:
            steps = await visitor.get("api/onboarding")
        except ClientConnectionError:
            await _pause(alive)
            continue
        # Nothing is left of the onboarding at this address once all of its steps are done.
        return not isinstance(steps, list) or {"step": "user", "done": True} in steps


async def _create_owner(visitor: HomeAssistantApi, owner: Owner) -> str:
    reply = await visitor.post(
        "api/onboarding/users",
        {
            "name": owner.name,
            "username": owner.username,
            "password": owner.password,
            "client_id": _client_id(visitor),
            "language": "en",
        },
    )
    match reply:
        case {"auth_code": str(code)}:
            return code
    raise DemoError("Home Assistant did not sign the new owner in.")


async def _log_in(visitor: HomeAssistantApi, owner: Owner) -> str:
    client = {"client_id": _client_id(visitor)}
    reply = await visitor.post(
        "auth/login_flow", {**client, "redirect_uri": _client_id(visitor), "handler": ["homeassistant", None]}
    )
    match reply:
        case {"flow_id": str(flow_id)}:
            fields = {"username": owner.username, "password": owner.password}
            reply = await visitor.post(f"auth/login_flow/{flow_id}", {**client, **fields})
    match reply:
        case {"type": "create_entry", "result": str(code)}:
            return code
    raise DemoError(f"Home Assistant refused the user {owner.username}.")


async def _with_token(http: ClientSession, visitor: HomeAssistantApi, code: str) -> HomeAssistantApi:
    reply = await visitor.post_form(
        "auth/token", {"grant_type": "authorization_code", "code": code, "client_id": _client_id(visitor)}
    )
    match reply:
        case {"access_token": str(token)}:
            return HomeAssistantApi(http, visitor.url, token)
    raise DemoError("Home Assistant gave no access token.")


async def _for_long(http: ClientSession, api: HomeAssistantApi) -> HomeAssistantApi:
    # The first token is good for half an hour; a demo may run longer.
    name = f"demo {secrets.token_hex(4)}"  # every token must have another one
    token = await api.command("auth/long_lived_access_token", client_name=name, lifespan=_TOKEN_DAYS)
    return HomeAssistantApi(http, api.url, str(token))


async def _finish_onboarding(api: HomeAssistantApi) -> None:
    await api.post("api/onboarding/analytics")
    await api.post("api/onboarding/integration", {"client_id": _client_id(api), "redirect_uri": _client_id(api)})


async def _wait_until_running(api: HomeAssistantApi, alive: Callable[[], bool]) -> None:
    while True:
        match await api.get("api/config"):
            case {"state": "RUNNING"}:
                return
        await _pause(alive)


async def _pause(alive: Callable[[], bool]) -> None:
    if not alive():
        raise DemoError("Home Assistant ended while it was starting.")
    await asyncio.sleep(_POLL_SECONDS)


def _client_id(api: HomeAssistantApi) -> str:
    return f"{api.url}/"
