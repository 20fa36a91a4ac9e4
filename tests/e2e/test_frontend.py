"""What a person sees of the demo in a browser."""

from pathlib import Path

import pytest

from demo.browser import browser_page, find_chromium
from demo.errors import DemoError

from .running_demo import running_demo

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def chromium() -> None:
    try:
        find_chromium()
    except DemoError as error:
        pytest.skip(str(error))


async def test_the_first_page_is_the_dashboard_of_the_charger(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo, browser_page() as page:
        await page.sign_in(demo.home_assistant)
        await page.show_as(width=1400, height=1100)
        await page.open(demo.home_assistant.url)

        for card in ("hui-tile-card", "hui-gauge-card", "hui-history-graph-card", "hui-logbook-card"):
            await page.wait_for(card)
        assert not await page.has("hui-error-card, hui-warning")
        assert demo.complaints() == []
