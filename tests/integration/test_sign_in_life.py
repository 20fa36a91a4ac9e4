"""The life of a sign-in: how it lasts, how it is renewed, and what happens where it cannot be."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_KEY, Car, Family, Simulator, World, faults
from simulator.presentation import DeadSession

from .conftest import SetupEntry
from .flows import assert_aborted, submit
from .long_runs import (
    DAY,
    GRID_EVENTS,
    HOUR,
    MINUTE,
    PRICE,
    SELDOM,
    STATUS,
    STEP,
    asks_to_sign_in,
    enable_event_loop_debug,
    most_requests_in_an_hour,
    restarted,
    shown,
)
from .passing_time import Advance, let_pass
from .repairs import issue_texts, shown_issues

__all__ = ["enable_event_loop_debug"]

ALIVE = ["unplugged", "0.271", "0"]
OPTIONAL_FAMILIES = (
    Family.MODE,
    Family.GREEN,
    Family.CONFIGURATION,
    Family.VPP_ENROLMENT,
    Family.VPP_EVENTS,
    Family.TARIFF,
    Family.DATED_RATES,
    Family.CURRENCY,
    Family.SAVINGS,
    Family.HISTORY,
)


def all_shown(hass: HomeAssistant) -> list[str]:
    """Return what the charger, the prices and the grid events show."""
    return shown(hass, STATUS, PRICE, GRID_EVENTS)


def require_bearer(world: World, hours: float) -> None:
    """Have a session end as a whole with its token, which the cloud does not renew by cookie."""
    world.account.renews_by_cookie = False
    world.account.token_lifetime = world.account.session_lifetime = timedelta(hours=hours)


class TestANormalDay:
    """Nothing happens but that tokens come to their ends."""

    async def test_needs_no_sign_in_where_the_cloud_renews_by_cookie(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry(options=SELDOM, remember_password=True)
        await advance(DAY, step=STEP)
        assert simulator.requests.logins == 1
        assert 5 <= simulator.requests.count(Family.JWT) <= 6
        assert all_shown(hass) == ALIVE

    async def test_needs_one_sign_in_for_each_session_where_it_does_not(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        require_bearer(world, hours=6)
        entry = await setup_entry(options=SELDOM, remember_password=True)
        await advance(DAY, step=STEP)
        assert 4 <= simulator.requests.logins <= 5
        assert not asks_to_sign_in(hass, entry)
        assert all_shown(hass) == ALIVE

    async def test_goes_on_with_cookies_where_no_second_token_is_given(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 1: a failed token call is degraded service, and asking again is not for every poll."""
        world.account.renews_by_cookie = False
        await setup_entry(options=SELDOM)
        await advance(DAY, step=STEP)
        assert simulator.requests.logins == 1
        assert simulator.requests.count(Family.JWT) <= 1 + 24
        assert all_shown(hass) == ALIVE

    @pytest.mark.parametrize("one_time_codes", [False, True], ids=["no password", "one-time codes"])
    async def test_ends_with_a_request_to_sign_in_where_only_a_person_can(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        advance: Advance,
        one_time_codes: bool,
    ) -> None:
        """Trap 10: the one sign-in that shows that codes are wanted is the last one without a person."""
        require_bearer(world, hours=6)
        entry = await setup_entry(options=SELDOM, remember_password=one_time_codes)
        world.account.one_time_codes = one_time_codes
        await advance(DAY, step=STEP)
        assert asks_to_sign_in(hass, entry)
        assert simulator.requests.logins == 1 + one_time_codes
        assert world.account.codes_sent == one_time_codes

    async def test_a_known_account_with_codes_is_never_signed_in_unattended(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        world.account.one_time_codes = True
        world.accounts.expire_sessions()
        await advance(HOUR, step=STEP)
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        form = await submit(hass, flow, password=OWNER_KEY, remember_password=True)
        code = world.accounts.current_code(world.account.email)
        assert_aborted(await submit(hass, form, code=code), "reauth_successful")
        await hass.async_block_till_done()
        world.accounts.expire_sessions()
        world.requests.clear()
        sent = world.account.codes_sent

        await advance(DAY, step=STEP)
        assert asks_to_sign_in(hass, entry)
        assert simulator.requests.logins == 0
        assert world.account.codes_sent == sent

    @pytest.mark.parametrize(
        "trouble",
        [faults.status_code(401), faults.login_wall(), faults.login_wall(as_json=True), faults.status_code(403)],
        ids=["401", "login wall", "login wall as JSON", "403"],
    )
    async def test_is_not_disturbed_by_services_that_the_account_lacks(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        advance: Advance,
        trouble: faults.Trouble,
    ) -> None:
        """Trap 3: a refusal by an optional family is its own business."""
        simulator.faults.add(trouble, *OPTIONAL_FAMILIES)
        entry = await setup_entry(options=SELDOM, remember_password=True)
        await advance(DAY, step=STEP)
        assert simulator.requests.logins == 1
        assert not asks_to_sign_in(hass, entry)
        assert shown(hass, STATUS) == ["unplugged"]
        assert simulator.requests.count(*OPTIONAL_FAMILIES) < 24 * len(OPTIONAL_FAMILIES)


async def test_a_command_that_is_refused_on_a_healthy_session_asks_nobody_to_sign_in(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
) -> None:
    """A right may be missing; the status shows that the session is fine."""
    entry = await setup_entry()
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM)

    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "start_live_stream", {}, blocking=True)
    await hass.async_block_till_done()

    assert not asks_to_sign_in(hass, entry)
    assert simulator.requests.logins == 1


class TestADayOfRefusals:
    """The cloud answers 401 to everything."""

    async def test_costs_four_sign_ins_at_most_and_no_storm(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 2: each of them could be the one that locks the account."""
        entry = await setup_entry(remember_password=True)
        simulator.requests.clear()
        simulator.faults.add(faults.status_code(401))
        await advance(HOUR)
        assert most_requests_in_an_hour(simulator) <= 60
        await advance(DAY - HOUR, step=STEP)
        assert simulator.requests.logins == 3
        assert asks_to_sign_in(hass, entry)

    async def test_costs_no_sign_in_without_a_password(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry(options=SELDOM)
        simulator.requests.clear()
        simulator.faults.add(faults.status_code(401))
        await advance(DAY, step=STEP)
        assert simulator.requests.logins == 0
        assert asks_to_sign_in(hass, entry)

    async def test_costs_no_more_with_reloads(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        simulator.requests.clear()
        simulator.faults.add(faults.status_code(401))
        for _ in range(24):
            await hass.config_entries.async_reload(entry.entry_id)
            await advance(HOUR, step=STEP)
        assert simulator.requests.logins <= 4
        assert asks_to_sign_in(hass, entry)

    async def test_costs_no_more_with_restarts(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, freezer: FrozenDateTimeFactory
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        simulator.requests.clear()
        simulator.faults.add(faults.status_code(401))
        await let_pass(hass, freezer, 11 * MINUTE, step=MINUTE)
        assert simulator.requests.logins == 2
        async with restarted(hass, entry) as (second, again):
            assert again.state is ConfigEntryState.SETUP_RETRY
            await let_pass(second, freezer, MINUTE, step=MINUTE)
            assert simulator.requests.logins == 2, "the pause of five minutes goes on"
            await let_pass(second, freezer, HOUR, step=MINUTE)
            assert simulator.requests.logins == 3
            assert asks_to_sign_in(second, again)
            async with restarted(second, again) as (third, entry_of_third):
                await let_pass(third, freezer, 22 * HOUR, step=STEP)
                assert simulator.requests.logins == 3, "the stop of a day goes on"
                assert asks_to_sign_in(third, entry_of_third)

    @pytest.mark.parametrize("remember_password", [True, False])
    async def test_leaves_nothing_to_do_once_it_is_over(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        simulator: Simulator,
        advance: Advance,
        remember_password: bool,
    ) -> None:
        """The session was good all the time, so nobody has to sign in, and all services come back soon."""
        entry = await setup_entry(options=SELDOM, remember_password=remember_password)
        await advance(STEP)
        simulator.faults.add(faults.status_code(401))
        await advance(DAY / 2, step=STEP)
        assert shown(hass, STATUS) == [STATE_UNAVAILABLE]
        assert asks_to_sign_in(hass, entry)
        simulator.faults.clear()
        simulator.requests.clear()
        await advance(35 * MINUTE, step=STEP)
        assert not asks_to_sign_in(hass, entry)
        assert all_shown(hass) == ALIVE
        assert simulator.requests.logins == 0

    async def test_delays_a_set_up_only(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        refusal = simulator.faults.add(faults.status_code(401))
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert asks_to_sign_in(hass, entry)
        simulator.faults.remove(refusal)
        await advance(6 * MINUTE)
        assert not asks_to_sign_in(hass, entry)
        assert shown(hass, STATUS) == ["unplugged"]


class TestAnEndedSession:
    """The cloud has ended the session, for a reason of its own."""

    @pytest.mark.parametrize("ending", DeadSession)
    async def test_is_renewed_once_whatever_tells_its_end(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        advance: Advance,
        ending: DeadSession,
    ) -> None:
        """Trap 4: the login page comes with HTTP 200, at times labelled as JSON."""
        entry = await setup_entry(remember_password=True)
        world.presentation.dead_session = ending
        world.accounts.expire_sessions()
        simulator.requests.clear()
        await advance(2 * MINUTE)
        assert simulator.requests.logins == 1
        assert not asks_to_sign_in(hass, entry)
        assert shown(hass, STATUS) == ["unplugged"]

    @pytest.mark.parametrize("ending", DeadSession)
    async def test_is_never_taken_for_a_site_without_chargers(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, ending: DeadSession
    ) -> None:
        entry = await setup_entry()
        world.presentation.dead_session = ending
        world.accounts.expire_sessions()
        await advance(2 * MINUTE)
        assert asks_to_sign_in(hass, entry)
        assert not entry.runtime_data.chargers.last_update_success
        assert set(entry.runtime_data.chargers.data.chargers) == {world.charger.serial}

    async def test_a_wall_right_after_a_sign_in_stops_sign_ins_for_a_day(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 4: it means throttling, which another sign-in would only make worse."""
        entry = await setup_entry(options=SELDOM, remember_password=True)
        simulator.requests.clear()
        simulator.faults.add(faults.login_wall(), Family.STATUS, Family.SUMMARY, Family.JWT)
        await advance(DAY - HOUR, step=STEP)
        assert simulator.requests.logins == 1
        simulator.faults.clear()
        await advance(20 * MINUTE, step=STEP)
        assert simulator.requests.logins == 1
        assert shown(hass, STATUS) == ["unplugged"]
        assert not asks_to_sign_in(hass, entry)

    async def test_that_is_refused_in_spite_of_good_sign_ins_is_not_signed_in_over_and_over(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 2: a sign-in that does not help counts like one that fails."""
        await setup_entry(options=SELDOM, remember_password=True)
        simulator.requests.clear()
        simulator.faults.add(faults.status_code(401), Family.STATUS, Family.SUMMARY)
        await advance(DAY, step=STEP)
        assert simulator.requests.logins == 3
        assert shown(hass, PRICE, GRID_EVENTS) == ALIVE[1:], "what still answers goes on"

    async def test_a_command_renews_it_and_is_carried_out(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        await setup_entry(remember_password=True)
        world.charger.plug_in(Car())
        world.charger.effect_delay = timedelta()
        world.accounts.expire_sessions()
        simulator.requests.clear()
        await hass.services.async_call("button", "press", {"entity_id": "button.carport_start_charging"}, blocking=True)
        assert simulator.requests.logins == 1
        assert world.charger.connectors[0].session is not None

    async def test_during_an_outage_is_renewed_once_when_that_is_over(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        """Trap 9: an outage says nothing about the password, and costs no sign-in."""
        require_bearer(world, hours=6)
        entry = await setup_entry(options=SELDOM, remember_password=True)
        await advance(5 * HOUR, step=STEP)
        simulator.requests.clear()
        outage = simulator.faults.add(faults.status_code(503))
        await advance(8 * HOUR, step=STEP)
        assert simulator.requests.logins == 0
        simulator.faults.remove(outage)
        # What nobody waits for is asked for again after two hours at most.
        await advance(3 * HOUR, step=STEP)
        assert simulator.requests.logins == 1
        assert not asks_to_sign_in(hass, entry)
        assert all_shown(hass) == ALIVE

    async def test_a_token_that_ends_during_an_outage_costs_no_sign_in(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry(options=SELDOM, remember_password=True)
        await advance(STEP)
        outage = simulator.faults.add(faults.dropped())
        await advance(8 * HOUR, step=STEP)
        simulator.faults.remove(outage)
        simulator.requests.clear()
        await advance(HOUR, step=STEP)
        assert simulator.requests.logins == 0
        assert simulator.requests.count(Family.JWT) == 1
        assert all_shown(hass) == ALIVE


class TestAChangedPassword:
    """The owner has changed the password at the cloud, which ends all sessions."""

    @pytest.fixture
    async def entry(self, setup_entry: SetupEntry, world: World) -> ConfigEntry:
        """A site with the old password."""
        entry = await setup_entry(options=SELDOM, remember_password=True)
        world.account.password = "changed"
        world.accounts.expire_sessions()
        world.requests.clear()
        return entry

    async def test_is_asked_for_at_once(self, hass: HomeAssistant, entry: ConfigEntry, advance: Advance) -> None:
        await advance(STEP)
        assert asks_to_sign_in(hass, entry)

    async def test_costs_three_sign_ins_a_day(self, entry: ConfigEntry, simulator: Simulator, advance: Advance) -> None:
        await advance(DAY, step=STEP)
        assert simulator.requests.logins == 3

    async def test_is_used_from_the_moment_it_is_known(
        self, hass: HomeAssistant, entry: ConfigEntry, simulator: Simulator, advance: Advance, world: World
    ) -> None:
        await advance(DAY / 2, step=STEP)
        simulator.requests.clear()
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        result = await submit(hass, flow, password="changed", remember_password=True)
        assert_aborted(result, "reauth_successful")
        await hass.async_block_till_done(wait_background_tasks=True)
        assert simulator.requests.logins == 1
        assert all_shown(hass) == ALIVE
        world.accounts.expire_sessions()
        await advance(STEP)
        assert simulator.requests.logins == 2
        assert shown(hass, STATUS) == ["unplugged"]

    async def test_that_is_mistyped_can_be_typed_again(
        self, hass: HomeAssistant, entry: ConfigEntry, advance: Advance
    ) -> None:
        await advance(STEP)
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        form = await submit(hass, flow, password="chagned", remember_password=True)
        assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"base": "invalid_auth"})
        result = await submit(hass, form, password="changed", remember_password=True)
        assert_aborted(result, "reauth_successful")


class TestALockedAccount:
    """The cloud lets nobody in."""

    async def test_the_session_cap_is_told_and_waited_for(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        world.accounts.expire_sessions()
        world.account.session_cap = 0
        simulator.requests.clear()
        await advance(DAY / 2, step=STEP)
        (issue,) = shown_issues(hass, "too_many_sessions")
        first_text = " ".join(issue_texts(issue))
        world.account.session_cap = 25
        await advance(DAY / 2 - HOUR, step=STEP)
        (issue,) = shown_issues(hass, "too_many_sessions")
        assert " ".join(issue_texts(issue)) == first_text, "the next try was told once and for all"
        assert simulator.requests.logins == 1
        await advance(2 * HOUR, step=STEP)
        assert simulator.requests.logins == 2
        assert not shown_issues(hass)
        assert not asks_to_sign_in(hass, entry)
        assert all_shown(hass)[0] == "unplugged"

    async def test_the_session_cap_is_waited_for_over_a_restart(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
    ) -> None:
        """Trap 58: long deadlines are not forgotten."""
        entry = await setup_entry(options=SELDOM, remember_password=True)
        world.accounts.expire_sessions()
        world.account.session_cap = 0
        simulator.requests.clear()
        await let_pass(hass, freezer, STEP)
        async with restarted(hass, entry) as (second, again):
            assert shown_issues(second, "too_many_sessions")
            await let_pass(second, freezer, 23 * HOUR, step=STEP)
            assert simulator.requests.logins == 1
            world.account.session_cap = 25
            await let_pass(second, freezer, 2 * HOUR, step=STEP)
            assert again.state is ConfigEntryState.LOADED
            assert not shown_issues(second)

    async def test_a_session_that_works_again_ends_the_wait_for_the_cap(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        """The cap may be told where a token was asked for with cookies that are still good."""
        await setup_entry(options=SELDOM, remember_password=True)
        full = simulator.faults.add(faults.payload({"message": "Too many active sessions"}, 422), Family.JWT)
        world.accounts.expire_tokens()
        await advance(HOUR, step=STEP)
        assert shown_issues(hass, "too_many_sessions")
        simulator.faults.remove(full)
        simulator.requests.clear()
        await advance(20 * MINUTE, step=STEP)
        assert not shown_issues(hass)
        assert shown(hass, STATUS) == ["unplugged"]
        assert simulator.requests.logins == 0

    async def test_a_blocked_account_is_left_to_its_owner(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        world.accounts.expire_sessions()
        world.account.blocked = True
        simulator.requests.clear()
        await advance(2 * DAY, step=STEP)
        assert simulator.requests.logins == 1
        assert asks_to_sign_in(hass, entry)

        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        form = await submit(hass, flow, password=OWNER_KEY, remember_password=True)
        assert form["errors"] == {"base": "account_blocked"}
        world.account.blocked = False
        result = await submit(hass, form, password=OWNER_KEY, remember_password=True)
        assert_aborted(result, "reauth_successful")
        await hass.async_block_till_done(wait_background_tasks=True)
        assert all_shown(hass) == ALIVE

    async def test_a_blocked_account_is_not_tried_after_a_restart(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
    ) -> None:
        entry = await setup_entry(options=SELDOM, remember_password=True)
        world.accounts.expire_sessions()
        world.account.blocked = True
        await let_pass(hass, freezer, STEP)
        simulator.requests.clear()
        async with restarted(hass, entry) as (second, again):
            await let_pass(second, freezer, HOUR, step=STEP)
            assert simulator.requests.logins == 0
            assert asks_to_sign_in(second, again)


async def test_the_requests_of_the_last_hour_count_over_reloads(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
) -> None:
    """Trap 57: whatever happens, the account makes no more than 480 requests in an hour."""
    entry = await setup_entry()
    for _ in range(60):
        await hass.config_entries.async_reload(entry.entry_id)
        await advance(30, step=30)
    # What a reload cancels on its way counts, and may never arrive
    assert 400 <= most_requests_in_an_hour(simulator) <= 480
    await advance(HOUR, step=MINUTE)
    assert all_shown(hass) == ALIVE
