"""Home Assistant with the integration, and the cloud it talks to."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.helpers import event
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion
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
from simulator import Simulator, Site, World

from .passing_time import advance, meanwhile

__all__ = ["advance", "meanwhile"]

type SetupEntry = Callable[..., Coroutine[Any, Any, MockConfigEntry]]


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's debug mode, which takes a third of the time; the tests of the client run with it."""


@pytest.fixture(autouse=True)
def refreshes_on_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have coordinators refresh when they are due, and not up to half a second later."""
    monkeypatch.setattr(event, "RANDOM_MICROSECOND_MIN", 0)
    monkeypatch.setattr(event, "RANDOM_MICROSECOND_MAX", 0)


@pytest.fixture(autouse=True)
def cloud(enable_custom_integrations: None, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulated cloud in the place of the real one."""
    hosts = Hosts(enlighten=URL(simulator.enlighten_url), grid_services=URL(simulator.grid_services_url))
    monkeypatch.setattr(accounts, "HOSTS", hosts)
    return simulator


async def sign_in(hass: HomeAssistant, world: World) -> str:
    """Sign in as a person does in a flow, and return the account's key."""
    account = Account(hass)
    if challenge := await account.session.sign_in(world.account.email, world.account.password):
        await challenge.validate(world.accounts.current_code(world.account.email) or "")
    await async_get_registry(hass).async_adopt(account, password=None)
    await account.async_close()
    return account.key


@pytest.fixture
def setup_entry(hass: HomeAssistant, cloud: Simulator, world: World) -> SetupEntry:
    """Return a function that sets up an entry of a signed-in account.

    `site` is the first one unless given, `serials` are all of its chargers; with `remember_password` the entry keeps
    the password. `signed_in=False` leaves the session out, as after an upgrade from the earlier integration.
    """

    async def setup(
        *,
        site: Site | None = None,
        serials: list[str] | None = None,
        options: Mapping[str, Any] | None = None,
        remember_password: bool = False,
        signed_in: bool = True,
    ) -> MockConfigEntry:
        site = site or world.site
        key = await sign_in(hass, world) if signed_in else world.account.email.casefold()
        data = {
            CONF_SITE_ID: site.site_id,
            CONF_SITE_NAME: site.title,
            CONF_SERIALS: serials if serials is not None else [charger.serial for charger in site.chargers],
            CONF_EMAIL: world.account.email,
            CONF_ACCOUNT: key,
            CONF_REMEMBER_PASSWORD: remember_password,
        }
        if remember_password:
            data[CONF_PASSWORD] = world.account.password
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=site.title,
            unique_id=site.site_id,
            data=data,
            options=options,
            version=2,
            minor_version=1,
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return setup


@pytest.fixture
def entity_registry_enabled_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have entities that are disabled by default set up as well."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots that leave out what differs from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)
