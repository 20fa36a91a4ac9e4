"""A Home Assistant with a recorded cloud behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.enphase_cloud_things.account import registry as accounts
from custom_components.enphase_cloud_things.account.registry import Account, async_get_registry
from custom_components.enphase_cloud_things.const import (
    CONF_ACCOUNT,
    CONF_REMEMBER_PASSWORD,
    CONF_SERIALS,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    DOMAIN,
)
from custom_components.enphase_cloud_things.enlighten import Hosts
from simulator.replay import Recording, replaying
from tests.integration.passing_time import let_pass

ANYBODY = "anybody@example.com"
# These tell how the machine of the test is doing
OF_THE_LINK = ("last_successful_update", "cloud_latency", "requests_last_hour")


@asynccontextmanager
async def playing(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    recording: Recording,
    *,
    start: datetime,
) -> AsyncIterator[MockConfigEntry]:
    """Set the integration up at a time in the recording, with the recorded cloud in the place of the real one."""
    freezer.move_to(start)
    async with replaying(recording, start=start) as replay:
        hosts = Hosts(enlighten=URL(replay.enlighten_url), grid_services=URL(replay.grid_services_url))
        monkeypatch.setattr(accounts, "HOSTS", hosts)
        entry = await _entry(hass, replay.playback.site_ids[0])
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        yield entry
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


async def _entry(hass: HomeAssistant, site_id: str) -> MockConfigEntry:
    account = Account(hass)
    if challenge := await account.session.sign_in(ANYBODY, "anything"):
        await challenge.validate("any code")
    chargers = await account.client.chargers(site_id)
    await async_get_registry(hass).async_adopt(account, password=None)
    await account.async_close()
    data = {
        CONF_SITE_ID: site_id,
        CONF_SITE_NAME: "Recorded",
        CONF_SERIALS: [charger.serial for charger in chargers],
        CONF_EMAIL: ANYBODY,
        CONF_ACCOUNT: account.key,
        CONF_REMEMBER_PASSWORD: False,
    }
    return MockConfigEntry(domain=DOMAIN, title="Recorded", unique_id=site_id, data=data, version=2, minor_version=1)


async def play_until(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> dict[str, str]:
    """Let time pass until a moment in the recording, and return the states.

    They go by the unique ids of their entities, which stay when names change.
    """
    await let_pass(hass, freezer, (moment - dt_util.utcnow()).total_seconds(), step=10)
    entries = sorted(er.async_get(hass).entities.values(), key=lambda entry: (entry.domain, entry.unique_id))
    return {
        f"{entry.domain} {entry.unique_id}": state.state
        for entry in entries
        # An event says when it was noticed, which depends on the jitter of the reads
        if entry.domain != "event" and entry.translation_key not in OF_THE_LINK
        if (state := hass.states.get(entry.entity_id)) is not None
    }
