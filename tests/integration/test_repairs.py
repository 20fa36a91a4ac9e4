"""Repairs: what a person is told to do, when, and how it ends by itself."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance
from .repairs import Repairs, issue_texts, pages, repairs, shown_issues

__all__ = ["pages", "repairs"]

STATUS = "sensor.carport_status"
NO_ROUTE = faults.payload({"title": "Not Found", "status": 404, "detail": "No static resource status."}, 404)

SESSION_CAP = faults.payload({"message": "You have too many active sessions."}, 422)


def state(hass: HomeAssistant, entity_id: str = STATUS) -> str:
    """Return what an entity shows."""
    shown = hass.states.get(entity_id)
    assert shown is not None, entity_id
    return shown.state


def asks_to_sign_in(entry: ConfigEntry, hass: HomeAssistant) -> bool:
    """Tell whether Home Assistant asks a person to sign in again."""
    return any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def restart(hass: HomeAssistant, hass_storage: dict[str, Any], advance: Advance, entry: ConfigEntry) -> None:
    """Have Home Assistant and the integration know no more than after a restart."""
    await advance(15)
    issues = deepcopy(hass_storage.get(ir.STORAGE_KEY))
    await hass.config_entries.async_unload(entry.entry_id)
    await advance(15)
    for key in [key for key in hass.data if str(key).startswith(DOMAIN)]:
        del hass.data[key]
    if issues is not None:
        hass_storage[ir.STORAGE_KEY] = issues
    await ir.async_load(hass)
    assert not shown_issues(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


class TestTooManySessions:
    """The account is signed in at too many places."""

    @pytest.fixture
    async def entry(self, setup_entry: SetupEntry, world: World, advance: Advance) -> ConfigEntry:
        """A site whose session has ended while the phone, the browser and the car have taken all the others."""
        entry = await setup_entry(remember_password=True)
        world.accounts.expire_sessions()
        world.account.session_cap = 0
        await advance(60)
        return entry

    async def test_it_is_told_with_the_time_of_the_next_try(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        (issue,) = shown_issues(hass)
        assert issue.translation_key == "too_many_sessions"
        assert issue.severity is ir.IssueSeverity.ERROR
        assert issue.is_fixable
        tomorrow = dt_util.now() + timedelta(hours=24)
        texts = " ".join(issue_texts(issue))
        assert f"{tomorrow - timedelta(minutes=1):%Y-%m-%d %H:}" in texts or f"{tomorrow:%Y-%m-%d %H:}" in texts

    async def test_nobody_is_asked_to_sign_in(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        assert not asks_to_sign_in(entry, hass)

    async def test_no_sign_in_is_tried_meanwhile(
        self, entry: ConfigEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 2: another sign-in would make it worse."""
        before = simulator.requests.logins
        await advance(1800)
        assert simulator.requests.logins == before

    async def test_a_person_can_try_now(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, repairs: Repairs, simulator: Simulator
    ) -> None:
        world.account.session_cap = 25
        before = simulator.requests.logins
        (issue,) = shown_issues(hass)
        assert (await repairs.fix(issue))["type"] == "create_entry"
        await hass.async_block_till_done()
        assert simulator.requests.logins == before + 1
        assert not shown_issues(hass)
        assert state(hass) == "unplugged"

    async def test_trying_now_in_vain_is_one_try_and_says_so(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs, simulator: Simulator
    ) -> None:
        before = simulator.requests.logins
        form = await repairs.fix(shown_issues(hass)[0])
        assert form["errors"] == {"base": "too_many_sessions"}
        assert simulator.requests.logins == before + 1
        assert shown_issues(hass, "too_many_sessions")

    async def test_trying_now_goes_without_password_where_the_cookies_are_good(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        advance: Advance,
        repairs: Repairs,
        simulator: Simulator,
    ) -> None:
        await setup_entry(remember_password=True)
        simulator.faults.add(SESSION_CAP, Family.JWT)
        world.accounts.expire_tokens()
        await advance(60)
        (issue,) = shown_issues(hass, "too_many_sessions")
        simulator.faults.clear()
        before = simulator.requests.logins
        await repairs.fix(issue)
        await hass.async_block_till_done()
        assert not shown_issues(hass)
        assert state(hass) == "unplugged"
        assert simulator.requests.logins == before

    @pytest.mark.parametrize(
        ("trouble", "error"),
        [
            (faults.status_code(503), "service_unavailable"),
            (faults.status_code(429, retry_after=60), "rate_limited"),
        ],
    )
    async def test_trouble_while_trying_is_told(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        repairs: Repairs,
        simulator: Simulator,
        trouble: faults.Trouble,
        error: str,
    ) -> None:
        simulator.faults.add(trouble)
        form = await repairs.fix(shown_issues(hass)[0])
        assert form["errors"] == {"base": error}

    async def test_a_password_that_is_wrong_by_now_is_asked_for(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, repairs: Repairs, advance: Advance
    ) -> None:
        world.account.password = "changed"
        assert (await repairs.fix(shown_issues(hass)[0]))["reason"] == "sign_in_needed"
        await advance(60)
        assert asks_to_sign_in(entry, hass)
        assert not shown_issues(hass), "Home Assistant's own repair is enough"

    async def test_without_a_password_no_sign_in_is_tried(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        advance: Advance,
        repairs: Repairs,
        simulator: Simulator,
    ) -> None:
        await setup_entry()
        simulator.faults.add(SESSION_CAP, Family.JWT)
        world.accounts.expire_tokens()
        await advance(60)
        (issue,) = shown_issues(hass, "too_many_sessions")
        world.accounts.expire_sessions()
        simulator.faults.clear()
        before = simulator.requests.logins
        assert (await repairs.fix(issue))["reason"] == "sign_in_needed"
        assert simulator.requests.logins == before

    async def test_a_full_account_is_no_reason_to_ask_for_a_password(
        self, hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance, simulator: Simulator
    ) -> None:
        entry = await setup_entry()
        simulator.faults.add(SESSION_CAP, Family.STATUS)
        await advance(60)
        (issue,) = shown_issues(hass)
        assert issue.translation_key == "too_many_sessions"
        assert not asks_to_sign_in(entry, hass)
        simulator.faults.clear()
        await advance(600)
        assert state(hass) == "unplugged"
        assert not shown_issues(hass)

    async def test_it_vanishes_when_a_later_try_succeeds(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, freezer: FrozenDateTimeFactory, advance: Advance
    ) -> None:
        world.account.session_cap = 25
        freezer.tick(timedelta(hours=24))
        await advance(120)
        assert state(hass) == "unplugged"
        assert not shown_issues(hass)

    async def test_it_is_told_again_after_a_restart_that_cannot_sign_in(
        self, hass: HomeAssistant, entry: ConfigEntry, simulator: Simulator
    ) -> None:
        before = simulator.requests.logins
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert shown_issues(hass, "too_many_sessions")
        assert simulator.requests.logins == before

    async def test_a_person_can_try_now_while_the_set_up_waits(
        self, hass: HomeAssistant, entry: ConfigEntry, world: World, repairs: Repairs
    ) -> None:
        await hass.config_entries.async_reload(entry.entry_id)
        world.account.session_cap = 25
        assert (await repairs.fix(shown_issues(hass)[0]))["type"] == "create_entry"
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        assert state(hass) == "unplugged"
        assert not shown_issues(hass)

    async def test_it_goes_with_the_entry(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        await hass.config_entries.async_remove(entry.entry_id)
        assert not shown_issues(hass)

    async def test_trying_now_is_pointless_for_an_entry_that_is_gone(
        self, hass: HomeAssistant, entry: ConfigEntry, repairs: Repairs
    ) -> None:
        form = await repairs.start(shown_issues(hass)[0])
        await hass.config_entries.async_remove(entry.entry_id)
        assert (await repairs.submit(form))["reason"] == "not_loaded"


class TestTwoSites:
    """Sites that share an account share its troubles."""

    @pytest.fixture
    def world(self, freezer: FrozenDateTimeFactory) -> World:
        """An account with two sites."""
        return World.with_two_sites()

    async def test_one_try_gets_both_sites_going(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, repairs: Repairs
    ) -> None:
        home, cabin = world.sites.values()
        await setup_entry(site=home, remember_password=True)
        await setup_entry(site=cabin, remember_password=True)
        world.accounts.expire_sessions()
        world.account.session_cap = 0
        await advance(60)
        first, second = shown_issues(hass, "too_many_sessions")
        assert first.issue_id != second.issue_id
        world.account.session_cap = 25
        await repairs.fix(second)
        await hass.async_block_till_done()
        assert not shown_issues(hass)
        assert (state(hass), state(hass, "sensor.cabin_status")) == ("unplugged", "unplugged")


class TestRateLimited:
    """The cloud refuses to answer for long."""

    async def test_it_is_told_only_after_a_quarter_of_an_hour(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(429))
        await advance(13 * 60)
        assert not shown_issues(hass)
        await advance(5 * 60)
        (issue,) = shown_issues(hass)
        assert issue.translation_key == "rate_limited"
        assert issue.severity is ir.IssueSeverity.WARNING
        assert not issue.is_fixable

    async def test_it_is_told_during_a_single_long_pause(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(429, retry_after=3600), Family.STATUS, times=1)
        await advance(18 * 60)
        assert shown_issues(hass, "rate_limited")

    async def test_it_is_told_while_a_set_up_waits(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Newer versions of Home Assistant wait for as long as a failed set-up asks them to."""
        entry = await setup_entry()
        simulator.faults.add(faults.status_code(429, retry_after=7200), Family.STATUS, times=1)
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        await advance(32 * 60)
        assert shown_issues(hass, "rate_limited")
        await advance(2 * 3600, step=60)
        assert state(hass) == "unplugged"
        assert not shown_issues(hass)

    async def test_it_vanishes_with_the_first_answer(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(429, retry_after=1500), Family.STATUS, times=1)
        await advance(18 * 60)
        assert shown_issues(hass, "rate_limited")
        await advance(10 * 60)
        assert state(hass) == "unplugged"
        assert not shown_issues(hass)

    async def test_pauses_with_answers_between_them_are_not_worth_telling(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        for _ in range(3):
            simulator.faults.add(faults.status_code(429, retry_after=400), Family.STATUS, times=1)
            await advance(390)
            assert not shown_issues(hass)
            await advance(110)
            assert state(hass) == "unplugged"

    async def test_an_outage_is_no_rate_limit(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(503))
        await advance(20 * 60)
        assert not shown_issues(hass)

    async def test_after_a_restart_it_is_told_at_once(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        advance: Advance,
        hass_storage: dict[str, Any],
    ) -> None:
        entry = await setup_entry()
        simulator.faults.add(faults.status_code(429, retry_after=7200), Family.STATUS, times=1)
        await advance(18 * 60)
        await restart(hass, hass_storage, advance, entry)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert shown_issues(hass, "rate_limited")

    async def test_a_pause_that_begins_with_a_restart_is_not_told_at_once(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        advance: Advance,
        hass_storage: dict[str, Any],
    ) -> None:
        entry = await setup_entry()
        simulator.faults.add(faults.status_code(429, retry_after=7200), Family.STATUS, times=1)
        await advance(60)
        await restart(hass, hass_storage, advance, entry)
        assert not shown_issues(hass)


class TestEndpointGone:
    """Enphase has taken down what the integration cannot do without."""

    @pytest.mark.parametrize("family", [Family.STATUS, Family.SUMMARY])
    async def test_it_is_told_after_a_day(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
        family: Family,
    ) -> None:
        await setup_entry()
        simulator.faults.add(NO_ROUTE, family)
        await advance(400)
        freezer.tick(timedelta(hours=23, minutes=40))
        await advance(400)
        assert not shown_issues(hass)
        freezer.tick(timedelta(minutes=20))
        await advance(400)
        (issue,) = shown_issues(hass)
        assert issue.translation_key == "endpoint_gone"
        assert issue.severity is ir.IssueSeverity.ERROR
        assert any("Lark Street" in text for text in issue_texts(issue))
        assert issue.learn_more_url

    async def test_the_route_for_tokens_counts_too(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
    ) -> None:
        """Trap 1: it has moved before, and showed elsewhere."""
        await setup_entry()
        simulator.faults.add(NO_ROUTE, Family.JWT)
        freezer.tick(timedelta(hours=6))
        await advance(60)
        assert not shown_issues(hass)
        freezer.tick(timedelta(hours=24))
        await advance(400)
        (issue,) = shown_issues(hass)
        assert issue.translation_key == "endpoint_gone"

    async def test_the_diagnostics_name_what_is_missing(
        self,
        hass: HomeAssistant,
        hass_client: ClientSessionGenerator,
        setup_entry: SetupEntry,
        simulator: Simulator,
        advance: Advance,
    ) -> None:
        entry = await setup_entry()
        simulator.faults.add(NO_ROUTE, Family.SUMMARY)
        await advance(400)
        report: dict[str, Any] = {**await get_diagnostics_for_config_entry(hass, hass_client, entry)}
        families = report["families"]
        assert [each["family"] for each in families if each["last_error"] == "route_gone"] == ["summary"]

    async def test_it_vanishes_when_the_route_is_back(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
    ) -> None:
        await setup_entry()
        simulator.faults.add(NO_ROUTE, Family.STATUS)
        await advance(60)
        freezer.tick(timedelta(hours=24))
        await advance(120)
        assert shown_issues(hass, "endpoint_gone")
        simulator.faults.clear()
        await advance(120)
        assert not shown_issues(hass)

    async def test_after_a_restart_it_is_told_at_once(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
        hass_storage: dict[str, Any],
    ) -> None:
        entry = await setup_entry()
        simulator.faults.add(NO_ROUTE, Family.STATUS)
        await advance(60)
        freezer.tick(timedelta(hours=24))
        await advance(120)
        await restart(hass, hass_storage, advance, entry)
        assert shown_issues(hass, "endpoint_gone")

    async def test_a_route_that_is_gone_for_a_moment_is_not_worth_telling(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
    ) -> None:
        await setup_entry()
        for _ in range(2):
            simulator.faults.add(NO_ROUTE, Family.STATUS, times=1)
            await advance(120)
            freezer.tick(timedelta(hours=20))
        await advance(60)
        assert not shown_issues(hass)

    async def test_an_outage_of_a_day_is_no_missing_route(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
    ) -> None:
        await setup_entry()
        simulator.faults.add(faults.status_code(503), Family.STATUS)
        await advance(60)
        freezer.tick(timedelta(hours=25))
        await advance(120)
        assert not shown_issues(hass)

    async def test_an_optional_service_that_is_gone_is_none_of_a_persons_business(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
    ) -> None:
        simulator.faults.add(NO_ROUTE, Family.MODE)
        await setup_entry()
        freezer.tick(timedelta(hours=25))
        await advance(700)
        assert not shown_issues(hass)

    async def test_the_day_is_counted_over_set_ups_that_fail(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        advance: Advance,
    ) -> None:
        simulator.faults.add(NO_ROUTE, Family.STATUS)
        entry = await setup_entry()
        assert entry.state is ConfigEntryState.SETUP_RETRY
        freezer.tick(timedelta(hours=25))
        await advance(120)
        assert shown_issues(hass, "endpoint_gone")


class TestUnknownProgram:
    """A person has entered the id of a program that the cloud does not know."""

    ENTERED = {"vpp_program_id": "64f1c0ffee0ddba11ca5cade"}

    async def test_it_is_told_without_the_id(
        self, hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
    ) -> None:
        await setup_entry(options=self.ENTERED)
        await advance(60)
        (issue,) = shown_issues(hass)
        assert issue.translation_key == "vpp_program_invalid"
        assert issue.severity is ir.IssueSeverity.WARNING
        assert self.ENTERED["vpp_program_id"] not in f"{issue} {issue_texts(issue)}"

    async def test_it_vanishes_when_the_options_are_corrected(
        self, hass: HomeAssistant, setup_entry: SetupEntry, advance: Advance
    ) -> None:
        entry = await setup_entry(options=self.ENTERED)
        await advance(60)
        hass.config_entries.async_update_entry(entry, options={})
        await hass.config_entries.async_reload(entry.entry_id)
        await advance(60)
        assert not shown_issues(hass)

    async def test_it_vanishes_when_the_cloud_knows_the_program(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        await setup_entry(options=self.ENTERED)
        await advance(60)
        world.site.vpp.enrol(self.ENTERED["vpp_program_id"])
        await advance(2 * 3600)
        assert not shown_issues(hass)

    async def test_an_outage_says_nothing_about_the_program(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        simulator.faults.add(faults.status_code(503), Family.VPP_EVENTS)
        await setup_entry(options=self.ENTERED)
        await advance(60)
        assert not shown_issues(hass)


class TestSigningIn:
    """Signing in again is Home Assistant's own repair."""

    async def test_an_expired_session_raises_no_issue_of_ours(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        entry = await setup_entry()
        world.accounts.expire_sessions()
        await advance(120)
        assert asks_to_sign_in(entry, hass)
        assert not shown_issues(hass)
