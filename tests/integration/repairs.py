"""Repairs as a person meets them: a list of issues with their texts, and buttons that walk through a repair."""

from collections.abc import Mapping
from http import HTTPStatus
import json
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.components.config import DOMAIN as CONFIG_DOMAIN
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.components.websocket_api import DOMAIN as WEBSOCKET_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components import enphase_cloud_things
from custom_components.enphase_cloud_things.const import DOMAIN

_TEXTS: dict[str, Any] = json.loads(
    (Path(enphase_cloud_things.__file__).parent / "translations" / "en.json").read_text()
)["issues"]

FIX = "/api/repairs/issues/fix"


def shown_issues(hass: HomeAssistant, key: str | None = None) -> list[ir.IssueEntry]:
    """Return the issues that are shown now, those of one kind where a key is given, ignored ones included."""
    return [
        issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active and key in (None, issue.translation_key)
    ]


def issue_texts(issue: ir.IssueEntry) -> list[str]:
    """Return all that a person can read of an issue and its repair, the placeholders filled in."""
    assert issue.translation_key is not None
    return [text.format(**(issue.translation_placeholders or {})) for text in _texts(_TEXTS[issue.translation_key])]


def _texts(part: Mapping[str, Any] | str) -> list[str]:
    if isinstance(part, str):
        return [part]
    return [text for inner in part.values() for text in _texts(inner)]


class Repairs:
    """The repairs dashboard."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        """Use it as the administrator."""
        self._client = client

    async def start(self, issue: ir.IssueEntry) -> dict[str, Any]:
        """Press the button of an issue."""
        return await self._post(FIX, {"handler": DOMAIN, "issue_id": issue.issue_id})

    async def submit(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Confirm what a form says, for which there are words."""
        assert form["type"] == "form"
        return await self._post(f"{FIX}/{form['flow_id']}", {})

    async def fix(self, issue: ir.IssueEntry) -> dict[str, Any]:
        """Press the button of an issue and confirm the repair."""
        texts = _TEXTS[str(issue.translation_key)]["fix_flow"]
        result = await self.submit(await self.start(issue))
        if reason := result.get("reason"):
            assert reason in texts["abort"]
        for error in (result.get("errors") or {}).values():
            assert error in texts["error"]
        return result

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._client.post(path, json=body)
        assert response.status == HTTPStatus.OK
        answer: dict[str, Any] = await response.json()
        return answer


@pytest.fixture
async def pages(hass: HomeAssistant) -> None:
    """The pages of repairs and devices; there can be no more once a browser has connected."""
    for component in (CONFIG_DOMAIN, REPAIRS_DOMAIN, WEBSOCKET_DOMAIN):
        assert await async_setup_component(hass, component, {})


@pytest.fixture
async def repairs(pages: None, hass_client: ClientSessionGenerator) -> Repairs:
    """The repairs dashboard in a browser that is signed in."""
    return Repairs(await hass_client())
