"""What an owner does on an ordinary day."""

import json
from pathlib import Path
import re

from playwright.async_api import Locator, Page, expect
import pytest

from .conftest import TakePicture
from .seen_demo import SeenDemo

pytestmark = pytest.mark.timeout(300)

DASHBOARD = "ev-charger"


async def open_device(page: Page, demo: SeenDemo) -> None:
    await page.goto(f"{demo.url}/config/devices/dashboard")
    await page.get_by_text("Carport", exact=True).first.click()
    await expect(page.get_by_text("Device info")).to_be_visible()


def tile(page: Page, text: str | re.Pattern[str]) -> Locator:
    """Return a tile of the dashboard."""
    return page.locator("hui-tile-card").filter(has_text=text).first


def shown(page: Page, text: str) -> Locator:
    """Return what is chosen from a menu that is open."""
    return page.get_by_text(text, exact=True).locator("visible=true").first


async def open_integration(page: Page, demo: SeenDemo) -> None:
    await page.goto(f"{demo.url}/config/integrations/integration/enphase_cloud_things")
    await expect(page.get_by_text("Lark Street").first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("dashboard", 1400, "light"), ("dashboard_dark", 1400, "dark"), ("phone", 390, "light")],
)
async def test_the_dashboard_shows_the_charger_without_editing(
    demo: SeenDemo, page: Page, picture: TakePicture, name: str, width: int, scheme: str
) -> None:
    await page.set_viewport_size({"width": width, "height": 1500})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(f"{demo.url}/{DASHBOARD}")

    for title in ("Carport", "Power and energy", "Windows and prices", "Prices", "Grid events", "Last sessions"):
        await expect(page.get_by_text(title, exact=True).first).to_be_visible()
    await expect(page.locator("hui-markdown-card table tr").nth(2)).to_contain_text("kWh")
    await expect(page.locator("hui-error-card, hui-warning")).to_have_count(0)
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, "the page is wider than the window"
    await picture(name)


async def test_the_strategy_is_offered_where_dashboards_are_added(demo: SeenDemo, page: Page) -> None:
    await page.goto(f"{demo.url}/config/lovelace/dashboards")
    await page.get_by_text("Add dashboard").click()
    await expect(page.get_by_text("Enphase EV charger").last).to_be_visible()


async def test_charging_is_started_and_stopped_from_the_device_page(
    demo: SeenDemo, page: Page, picture: TakePicture
) -> None:
    await demo.control(page, "plug")
    await open_device(page, demo)
    await expect(page.get_by_text("Plugged in").last).to_be_visible()
    switch = page.locator("ha-entity-toggle ha-switch").first

    await switch.click()
    await expect(page.get_by_role("button", name=re.compile("^Status Charging"))).to_be_visible()
    await expect(switch).to_have_js_property("checked", value=True)
    await picture("device")

    await switch.click()
    await expect(switch).to_have_js_property("checked", value=False)
    await demo.control(page, "unplug")


async def test_a_start_without_a_car_is_answered_with_a_sentence(demo: SeenDemo, page: Page) -> None:
    await page.goto(f"{demo.url}/{DASHBOARD}")
    await expect(page.locator("hui-entity-badge").filter(has_text="Unplugged").first).to_be_visible()
    await tile(page, "Start charging").click()
    said = page.get_by_text("No vehicle is plugged in at Carport, so there is nothing to start.")
    await expect(said.first).to_be_visible()


async def test_a_night_slot_is_made_in_the_calendar(demo: SeenDemo, page: Page, picture: TakePicture) -> None:
    await page.goto(f"{demo.url}/calendar")
    await page.get_by_text("Add event").first.click()
    await page.locator("input[name=summary]").fill("Night")
    for number, hour in enumerate(("1", "5")):
        await page.locator("ha-time-input input[name=hours]").nth(number).fill(hour)
        await page.keyboard.press("Tab")
    add = page.get_by_role("button", name="Add Event").last

    await add.click()
    await expect(
        page.get_by_text("Carport can only hold schedules that repeat every week or every day")
    ).to_be_visible()

    await page.locator("ha-select").filter(has_text="Repeat").first.click()
    await shown(page, "Weekly").click()
    await picture("slot")
    await add.click()
    await expect(page.locator("dialog-calendar-event-editor ha-dialog")).to_be_hidden()
    await expect(page.locator(".fc-event").filter(has_text=re.compile(r"0?1:00\s*Charging")).first).to_be_visible()


async def test_a_plan_is_chosen_and_waits_in_the_charger(demo: SeenDemo, page: Page, picture: TakePicture) -> None:
    await demo.control(page, "plug")
    await page.goto(f"{demo.url}/{DASHBOARD}")
    # What changes closes the menus of its tile
    await expect(page.locator("hui-entity-badge").filter(has_text="Ready")).to_be_visible()
    await tile(page, "Charging plan").locator("ha-control-select-menu").click()
    await shown(page, "Cheapest hours").click()

    await expect(tile(page, re.compile(r"^\s*Plan\s+Set\s*$"))).to_be_visible()
    await expect(page.get_by_text(re.compile("^Waiting for the planned hours"))).to_be_visible()
    await expect(page.locator("hui-markdown-card").filter(has_text="Window")).to_contain_text("20.0 kWh")
    await expect(page.get_by_text("Planned charging").first).to_be_visible()
    await picture("plan")
    await demo.control(page, "unplug")


async def test_options_are_changed_and_kept(demo: SeenDemo, page: Page) -> None:
    await open_integration(page, demo)
    await page.get_by_role("button", name="Configure").click()
    await page.get_by_text("Polling, charging, and which devices exist").click()
    at_once = page.locator("ha-formfield").filter(has_text="Apply new charging current").locator("ha-switch")
    await expect(at_once).to_have_js_property("checked", value=False)
    await at_once.click()
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Options successfully saved")).to_be_visible()


async def test_the_repair_of_a_new_charger_adds_it(demo: SeenDemo, page: Page, picture: TakePicture) -> None:
    await demo.control(page, "add-charger", serial="202640011880", name="Barn")
    await open_integration(page, demo)
    # What the cloud lists is read every five minutes, and at once when the integration is set up again
    await page.locator("ha-config-entry-row ha-dropdown").first.click()
    await page.get_by_text("Reload", exact=True).first.click()
    await expect(page.get_by_text("The integration was reloaded")).to_be_visible()
    await page.goto(f"{demo.url}/config/repairs")
    await page.get_by_text(re.compile("New charger")).first.click()
    await picture("repair")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text(re.compile("repaired", re.IGNORECASE)).first).to_be_visible()


async def test_diagnostics_are_downloaded_and_name_nobody(demo: SeenDemo, page: Page, tmp_path: Path) -> None:
    await open_device(page, demo)
    async with page.expect_download() as download:
        await page.get_by_text("Download diagnostics").click()
    file = tmp_path / "diagnostics.json"
    await (await download.value).save_as(file)

    data = json.loads(file.read_text(encoding="utf-8"))["data"]
    assert {"versions", "options", "families"} <= data.keys()
    assert "202640011873" not in json.dumps(data)


async def test_the_energy_dashboard_shows_what_the_car_took(demo: SeenDemo, page: Page, picture: TakePicture) -> None:
    await page.goto(f"{demo.url}/energy")
    row = page.locator("hui-energy-sources-table-card").get_by_text("Charging sessions")
    for _ in range(7):  # the last session may be some days ago
        await page.get_by_role("button", name="Previous").click()
        await page.wait_for_load_state("networkidle")
        if await row.count():
            break
    await expect(row.first).to_be_visible()
    await picture("energy")


async def test_nothing_was_complained_about(demo: SeenDemo, page: Page) -> None:
    await page.goto(demo.url)
    assert demo.complaints() == []
