"""The system information page."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, get_system_health_info
from yarl import URL

from custom_components.enphase_cloud_things.account import registry as accounts
from custom_components.enphase_cloud_things.const import DOMAIN
from custom_components.enphase_cloud_things.enlighten import Hosts
from simulator import Family, World, faults

from .conftest import SetupEntry

HOME, CABIN = "4410287", "4410288"


async def shown(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows once all its checks have finished."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done(wait_background_tasks=True)
    info = await get_system_health_info(hass, DOMAIN)
    return {key: await value if asyncio.iscoroutine(value) else value for key, value in info.items()}


async def poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory, *, after: timedelta) -> None:
    """Let time pass and the status be read."""
    freezer.tick(after)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_site_that_works_shows_its_link_to_the_cloud(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, freezer: FrozenDateTimeFactory
) -> None:
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    before = dt_util.utcnow()

    info = await shown(hass)

    assert info["site_ids"] == HOME
    assert info["can_reach_server"] == "ok"
    assert info["last_successful_update"] == before
    assert info["cloud_latency"].endswith(" ms")
    reads = world.requests.count() - world.requests.count(Family.LOGIN, Family.JWT, Family.HEALTH)
    assert info["requests_last_hour"] == f"{reads} of 480"
    assert info["back_off_until"] == "none"
    assert info["last_error"] == "none"


async def test_every_figure_has_a_label_and_no_other(hass: HomeAssistant, setup_entry: SetupEntry) -> None:
    await setup_entry()

    info = await shown(hass)

    labels = await async_get_translations(hass, "en", "system_health", [DOMAIN])
    assert labels.keys() == {f"component.{DOMAIN}.system_health.info.{key}" for key in info}


async def test_without_a_site_only_the_cloud_is_looked_at(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})

    assert await shown(hass) == {"site_ids": "none", "can_reach_server": "ok"}


async def test_several_sites_show_their_figures_in_one_line_each(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World
) -> None:
    cabin = world.add_site(CABIN, "Hill Cabin")
    world.account.site_ids.append(CABIN)
    await setup_entry()
    await setup_entry(site=cabin)

    info = await shown(hass)

    assert info["site_ids"] == f"{HOME}, {CABIN}"
    assert info["can_reach_server"] == "ok"
    assert info["last_error"] == f"{HOME}: none; {CABIN}: none"
    home, of_cabin = info["last_successful_update"].split("; ")
    assert datetime.fromisoformat(home.removeprefix(f"{HOME}: "))
    assert datetime.fromisoformat(of_cabin.removeprefix(f"{CABIN}: "))


async def test_a_pause_that_the_cloud_asks_for_is_shown_with_its_end(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, freezer: FrozenDateTimeFactory
) -> None:
    await setup_entry()
    world.faults.add(faults.status_code(429, retry_after=1200), Family.STATUS)
    await poll(hass, freezer, after=timedelta(minutes=1))

    info = await shown(hass)

    assert info["back_off_until"] > dt_util.utcnow() + timedelta(minutes=15)
    assert info["last_error"].startswith("status: rate_limited")


async def test_the_last_error_stays_when_the_cloud_has_recovered(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, freezer: FrozenDateTimeFactory
) -> None:
    await setup_entry()
    world.faults.add(faults.status_code(503), Family.STATUS, times=1)
    await poll(hass, freezer, after=timedelta(minutes=1))
    failed_at = dt_util.utcnow()
    await poll(hass, freezer, after=timedelta(hours=1))

    info = await shown(hass)

    assert info["last_successful_update"] > failed_at
    assert info["last_error"].startswith("status: service_unavailable")
    assert info["back_off_until"] == "none"


async def test_a_site_that_could_not_be_set_up_shows_why(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World
) -> None:
    world.faults.add(faults.maintenance(), Family.STATUS)
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.SETUP_RETRY

    info = await shown(hass)

    assert info["site_ids"] == HOME
    assert info["last_successful_update"] == "unknown"
    assert info["last_error"] == "The Enphase cloud is temporarily unavailable"


async def test_a_cloud_that_does_not_answer_is_shown_as_unreachable(
    hass: HomeAssistant, setup_entry: SetupEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await setup_entry()
    nobody = Hosts(enlighten=URL("http://127.0.0.1:9"), grid_services=URL("http://127.0.0.1:9"))
    monkeypatch.setattr(accounts, "HOSTS", nobody)

    info = await shown(hass)

    assert info["can_reach_server"] == {"type": "failed", "error": "unreachable"}


async def test_nothing_but_the_site_identifies_anybody(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World
) -> None:
    world.faults.add(faults.status_code(404), Family.SUMMARY)
    await setup_entry(remember_password=True)

    text = str(await shown(hass))

    serials = [charger.serial for charger in world.site.chargers]
    for secret in (world.account.email, world.account.password, world.account.user_id, *serials):
        assert secret not in text
