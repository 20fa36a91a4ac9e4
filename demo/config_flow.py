"""The integration's own config flow, walked as the frontend walks it: over the API, one form after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from .api import HomeAssistantApi
from .errors import DemoError

DOMAIN = "enphase_cloud_things"
_PATH = "api/config/config_entries/flow"
_WATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """What a flow answers: a form with its fields and what was wrong with the last one, or an entry at the end."""

    flow_id: str
    step: str = ""
    fields: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    entry_id: str | None = None

    @classmethod
    def from_reply(cls, reply: object) -> Self:
        """Read a reply of the flow API."""
        match reply:
            case {"type": "form", "flow_id": flow_id, "step_id": step, "data_schema": schema, "errors": errors}:
                fields = tuple(item["name"] for item in schema)
                return cls(flow_id=flow_id, step=step, fields=fields, errors=errors or {})
            case {"type": "create_entry", "flow_id": flow_id, "result": {"entry_id": entry_id}}:
                return cls(flow_id=flow_id, entry_id=entry_id)
            case {"type": "abort", "reason": str(reason)}:
                raise DemoError(f"The config flow ended early: {reason}.")
        raise DemoError("The config flow answered something unexpected.")


async def start_flow(api: HomeAssistantApi) -> FlowStep:
    """Begin to add the integration and return the first form."""
    return FlowStep.from_reply(await api.post(_PATH, {"handler": DOMAIN}))


async def submit(api: HomeAssistantApi, step: FlowStep, answers: Mapping[str, object]) -> FlowStep:
    """Answer a form and return what follows."""
    return FlowStep.from_reply(await api.post(f"{_PATH}/{step.flow_id}", answers))


async def add_integration(
    api: HomeAssistantApi,
    *,
    email: str,
    password: str,
    site_id: str | None = None,
    one_time_code: Callable[[], Awaitable[str]] | None = None,
) -> str:
    """Set the integration up with an account and return the id of the entry; other fields keep their defaults.

    ``site_id`` is the choice where the account has several, and ``one_time_code`` is asked when the account wants a
    code, which its owner finds in the mail.

    Raises:
        DemoError: the flow showed an error or ended without an entry.
    """
    answers: dict[str, object] = {
        "email": email,
        "password": password,
        "remember_password": True,
        "continue_without_chargers": True,  # asked where the site has none
    }
    if site_id is not None:
        answers["site_id"] = site_id
    step = await start_flow(api)
    while step.entry_id is None:
        if step.errors:
            raise DemoError(f"The config flow refused the step {step.step}: {', '.join(step.errors.values())}.")
        if "code" in step.fields and one_time_code is not None:
            answers["code"] = await one_time_code()
        step = await submit(api, step, {name: answers[name] for name in step.fields if name in answers})
    return step.entry_id


async def entry_states(api: HomeAssistantApi) -> list[str]:
    """Return the states of the integration's entries, such as ``loaded``."""
    entries = await api.get(f"api/config/config_entries/entry?domain={DOMAIN}")
    return [entry["state"] for entry in entries] if isinstance(entries, list) else []


async def wait_until_loaded(api: HomeAssistantApi, *, seconds: float | None = None) -> None:
    """Return as soon as an entry of the integration has been set up.

    Raises:
        DemoError: that took longer than ``seconds``.
    """
    try:
        async with asyncio.timeout(seconds):
            while True:
                if "loaded" in await entry_states(api):
                    return
                await asyncio.sleep(_WATCH_SECONDS)
    except TimeoutError:
        raise DemoError(f"The integration was not set up within {seconds:g} seconds.") from None


async def import_sessions(api: HomeAssistantApi, serials: Collection[str], *, since: date) -> None:
    """Write the sessions of chargers since a day to the long-term statistics."""
    wanted = [[DOMAIN, serial] for serial in serials]
    devices = await api.command("config/device_registry/list")
    if isinstance(devices, list):
        found = [device["id"] for device in devices if any(item in wanted for item in device["identifiers"])]
        await api.call(DOMAIN, "import_sessions", device_id=found, start=since.isoformat())
