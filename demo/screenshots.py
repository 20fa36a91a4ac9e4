"""Takes the pictures of the documentation: ``python -m demo.screenshots``, prepared by ``scripts/screenshots``."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys
import tempfile

from aiohttp import ClientSession

from simulator import Charger, Quirks, Simulator, running

from .api import HomeAssistantApi
from .browser import Page, browser_page, find_chromium
from .config_flow import add_integration, import_sessions
from .configuration import home_assistant_url, write_configuration
from .dashboard import URL_PATH, install_dashboard
from .errors import DemoError
from .home_assistant import running_home_assistant
from .onboarding import OWNER, sign_in
from .ports import free_ports
from .show import demo_world

_IMAGES = Path(__file__).parent.parent / "docs" / "images"
_REPORTING_INTERVAL = timedelta(seconds=15)  # at a real charger's pace the curves would take an afternoon
_LOAD_LIMITS = (32.0, 12.0, 9.0, 14.0, 11.0, 7.0, 10.0, 32.0)
_SECONDS_EACH = 75
_SWITCH = "switch.carport"
_YEAR = timedelta(days=365)


def main() -> int:
    """Take all pictures and return the exit code."""
    try:
        find_chromium()
        _IMAGES.mkdir(parents=True, exist_ok=True)
        asyncio.run(_take_screenshots())
    except DemoError as error:
        sys.stderr.write(f"screenshots: {error}\n")
        return 1
    return 0


async def _take_screenshots() -> None:
    world = demo_world()
    world.charger.quirks = Quirks()
    world.charger.set_reporting(_REPORTING_INTERVAL)
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="demo-") as directory:
        configuration = Path(directory) / "config"
        write_configuration(configuration, port=port)
        async with (
            running(world) as simulator,
            running_home_assistant(configuration, cloud=simulator, log=Path(directory) / "log") as process,
            ClientSession() as http,
        ):
            api = await sign_in(http, home_assistant_url(port), OWNER, alive=lambda: process.running)
            await add_integration(api, email=world.account.email, password=world.account.password)
            await install_dashboard(api, world.charger.serial)
            await import_sessions(api, [world.charger.serial], since=datetime.now(UTC).date() - _YEAR)
            await _charge(api, world.charger)
            async with browser_page() as page:
                await _photograph(page, api, simulator)
                await _photograph_energy(page, api)


async def _charge(api: HomeAssistantApi, charger: Charger) -> None:
    """Plug a car in, charge it, and let other consumers limit the current time and again."""
    charger.plug_in()
    await api.call("homeassistant", "update_entity", entity_id=_SWITCH)
    await api.call("switch", "turn_on", entity_id=_SWITCH)
    for amps in _LOAD_LIMITS:
        charger.adjust(load_limit_amps=amps)
        await asyncio.sleep(_SECONDS_EACH)


async def _photograph(page: Page, api: HomeAssistantApi, simulator: Simulator) -> None:
    await page.sign_in(api)
    await page.show_as(width=1400, height=1200, time_zone=simulator.world.site.time_zone.key)
    await page.open(api.url)
    await page.wait_for("ha-logbook")
    await _save(page, "dashboard")
    await page.open(f"{api.url}/{URL_PATH}/calendar")
    await page.wait_for("hui-calendar-card")
    await _save(page, "calendar")
    await page.open(f"{api.url}/config/devices/device/{await _device_id(api)}")
    await page.wait_for("ha-logbook")
    await _save(page, "device")
    await page.open(simulator.control_url)
    await page.wait_for("tbody tr")
    await _save(page, "simulator")


async def _photograph_energy(page: Page, api: HomeAssistantApi) -> None:
    period = json.dumps(["energy-default-period-_energy_dashboard", "now-30d"])
    await page.send("Page.addScriptToEvaluateOnNewDocument", source=f"localStorage.setItem(...{period})")
    await page.open(f"{api.url}/energy")
    await page.wait_for("hui-energy-sources-table-card")
    await _save(page, "energy")


async def _device_id(api: HomeAssistantApi) -> str:
    devices = await api.command("config/device_registry/list")
    if isinstance(devices, list):
        for device in devices:
            if device["name"] == "Carport":
                return str(device["id"])
    raise DemoError("Home Assistant has no device for the charger.")


async def _save(page: Page, name: str) -> None:
    image = await page.screenshot()
    await asyncio.to_thread((_IMAGES / f"{name}.png").write_bytes, image)


if __name__ == "__main__":
    sys.exit(main())
