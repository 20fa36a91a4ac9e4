"""What the flows tell a browser, a log and a disk."""

import json
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_EMAIL, OWNER_KEY, Family, World, faults

from .conftest import SetupEntry
from .flows import ACCOUNT, sign_in, submit

FLOWS = "/api/config/config_entries/flow"
OPTIONS = "/api/config/config_entries/options/flow"


class Browser:
    """A person's browser. `seen` is everything it was told."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        """Talk to Home Assistant as its administrator."""
        self._client = client
        self.seen = ""

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a form or start a flow, and return what comes back."""
        response = await self._client.post(path, json=body)
        text = await response.text()
        self.seen += text
        answer: dict[str, Any] = json.loads(text)
        return answer

    async def reconfigure(self, entry_id: str) -> dict[str, Any]:
        """Start reconfiguring an entry."""
        return await self.post(FLOWS, {"handler": DOMAIN, "entry_id": entry_id})

    async def submit(self, form: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        """Submit a form of a config flow."""
        return await self.post(f"{FLOWS}/{form['flow_id']}", fields)


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Browser:
    """A browser that is signed in to Home Assistant."""
    await async_setup_component(hass, "config", {})
    return Browser(await hass_client())


def fields(form: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of a form as a browser sees them."""
    return {field["name"]: field for field in form["data_schema"]}


async def test_a_browser_can_fill_in_all_the_forms(browser: Browser, world: World) -> None:
    world.account.one_time_codes = True

    form = await browser.post(FLOWS, {"handler": DOMAIN})
    asked = fields(form)
    assert asked["email"]["selector"]["text"]["type"] == "email"
    assert asked["password"]["selector"]["text"]["type"] == "password"
    assert asked["password"]["selector"]["text"]["autocomplete"] == "current-password"
    assert [asked[name]["required"] for name in ("email", "password", "remember_password")] == [True, True, True]

    form = await browser.submit(form, ACCOUNT)
    asked = fields(form)
    assert asked["code"]["selector"]["text"]["autocomplete"] == "one-time-code"
    assert asked["code"].get("required", False) is False

    form = await browser.submit(form, {"code": world.accounts.current_code(OWNER_EMAIL), "resend": False})
    choice = fields(form)["serials"]
    assert choice["default"] == ["202640011873"]
    assert choice["selector"]["select"]["multiple"] is True

    assert (await browser.submit(form, {"serials": ["202640011873"]}))["type"] == "create_entry"


async def test_a_browser_can_change_the_options(browser: Browser, setup_entry: SetupEntry) -> None:
    entry = await setup_entry()
    menu = await browser.post(OPTIONS, {"handler": entry.entry_id})
    form = await browser.post(f"{OPTIONS}/{menu['flow_id']}", {"next_step_id": "settings"})
    advanced = fields(form)["advanced"]
    number = next(each for each in advanced["schema"] if each["name"] == "slow_poll_interval")["selector"]["number"]
    assert number | {"min": 15, "max": 3600, "unit_of_measurement": "s"} == number

    untouched = advanced["default"]
    refusal = await browser.post(f"{OPTIONS}/{menu['flow_id']}", {"advanced": untouched | {"slow_poll_interval": 14}})
    assert refusal["errors"]
    result = await browser.post(f"{OPTIONS}/{menu['flow_id']}", {"advanced": untouched | {"slow_poll_interval": 45}})
    assert result["type"] == "create_entry"
    assert entry.options["slow_poll_interval"] == 45


async def test_a_stored_password_is_never_sent_to_the_browser(browser: Browser, setup_entry: SetupEntry) -> None:
    entry = await setup_entry(remember_password=True)

    form = await browser.reconfigure(entry.entry_id)
    assert fields(form)["password"].get("required", False) is False
    form = await browser.submit(form, {"email": OWNER_EMAIL, "remember_password": True})
    form = await browser.submit(form, {"site_id": "4410287"})
    await browser.submit(form, {"serials": ["202640011873"]})
    await browser.post(OPTIONS, {"handler": entry.entry_id})
    assert "4410287" in browser.seen
    assert OWNER_KEY not in browser.seen


@pytest.mark.parametrize("trouble", [None, faults.status_code(503), faults.payload({"success": False})])
async def test_a_password_that_was_typed_does_not_come_back(
    browser: Browser, world: World, caplog: pytest.LogCaptureFixture, trouble: faults.Trouble | None
) -> None:
    if trouble is not None:
        world.faults.add(trouble, Family.LOGIN)
    form = await browser.post(FLOWS, {"handler": DOMAIN})
    await browser.submit(form, ACCOUNT | {"remember_password": True})

    assert world.requests.logins == 1
    assert OWNER_KEY not in browser.seen
    assert OWNER_KEY not in caplog.text


async def test_a_form_that_does_not_fit_does_not_log_the_password(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    form = await browser.post(FLOWS, {"handler": DOMAIN})
    answer = await browser.submit(form, ACCOUNT | {"password": [OWNER_KEY]})

    assert set(answer["errors"]) == {"password"}
    assert OWNER_KEY not in browser.seen
    assert OWNER_KEY not in caplog.text


async def test_a_password_that_is_not_to_be_remembered_is_stored_nowhere(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    result = await submit(hass, await sign_in(hass, remember_password=False))
    await hass.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()

    written = json.dumps(hass_storage)
    assert result["result"].entry_id in written
    assert OWNER_KEY not in written
    assert OWNER_KEY not in caplog.text
    assert OWNER_KEY not in repr(result)


async def test_no_number_or_address_of_a_person_reaches_the_log(
    hass: HomeAssistant, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 64: serials, site numbers and addresses are personal data."""
    world.faults.add(faults.status_code(503), Family.SUMMARY)
    await submit(hass, await sign_in(hass))
    await hass.async_block_till_done()

    ours = [record.getMessage() for record in caplog.records if record.name.startswith(f"custom_components.{DOMAIN}")]
    for private in (OWNER_EMAIL, world.account.user_id, "4410287", "202640011873"):
        assert not [message for message in ours if private in message]
