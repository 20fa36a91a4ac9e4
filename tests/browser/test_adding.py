"""An owner adds the integration, with a code that comes by mail."""

from playwright.async_api import Page, expect
import pytest

from simulator import OWNER_EMAIL, OWNER_KEY

from .conftest import TakePicture
from .seen_demo import SeenDemo

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def demo_options() -> tuple[str, ...]:
    return ("--empty",)


async def test_the_integration_is_added_with_a_one_time_code(demo: SeenDemo, page: Page, picture: TakePicture) -> None:
    await demo.control(page, "one-time-codes", enabled=True)
    await page.goto(f"{demo.url}/_my_redirect/config_flow_start?domain=enphase_cloud_things")
    await page.get_by_role("button", name="OK").click()
    await page.locator("input[name=email]").fill(OWNER_EMAIL)
    await page.locator("input[name=password]").fill(OWNER_KEY)
    await picture("sign_in")
    await page.get_by_role("button", name="Submit").click()

    code = page.locator("input[name=code]")
    await code.wait_for()
    await code.fill(await demo.one_time_code(page))
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Carport (")).to_be_visible()
    await page.get_by_role("button", name="Submit").click()

    await expect(page.get_by_text("IQ EV Charger 2")).to_be_visible(timeout=30_000)
    await page.get_by_role("button", name="Skip and finish").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert demo.complaints() == []
