"""A session that ends is renewed: once for all, without a login where possible, and not at any price."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
import gc

import jwt
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    AccountBlocked,
    AuthenticationRequired,
    ChargeMode,
    CommandRejected,
    ConnectionFailed,
    Credentials,
    EnlightenClient,
    EnlightenError,
    InvalidCredentials,
    OtpRequired,
    RateLimited,
    ServiceUnavailable,
    TooManySessions,
    TriggerMessage,
)
from custom_components.enphase_cloud_things.enlighten.session.state import GuardReason, SignInGuard
from simulator import OWNER_EMAIL, OWNER_KEY, Family, ManualClock, Simulator, World, faults
from simulator.faults import Trouble
from simulator.presentation import DeadSession

from .answers import redirected
from .conftest import SERIAL, SITE, START_OF_TEST, Connect

CABIN = "4410288"
MANAGER_COOKIE = "enlighten_manager_token_production"
CAP_TEXT = "Too many active sessions"


async def test_a_refused_token_is_renewed_with_cookies_and_without_a_login(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_tokens()

    status = await unattended.status(SITE)

    assert len(status.chargers) == 1
    assert simulator.requests.logins == 0
    assert simulator.requests.count(Family.JWT) == 1
    assert simulator.requests.count(Family.STATUS) == 2


async def test_the_repeat_carries_the_new_token_and_cookie(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 5: headers made before a renewal replay the refused token."""
    world.accounts.expire_tokens()

    await unattended.status(SITE)

    first, second = simulator.requests.of(Family.STATUS)
    assert second.headers["e-auth-token"] == unattended.session.credentials.access_token
    assert second.headers["e-auth-token"] != first.headers["e-auth-token"]
    assert second.headers["cookie"] != first.headers["cookie"]


@pytest.mark.parametrize("ending", DeadSession)
async def test_every_sign_of_an_ended_session_leads_to_one_sign_in(
    unattended: EnlightenClient, world: World, simulator: Simulator, ending: DeadSession
) -> None:
    """Trap 4: the login page comes with HTTP 200, at times labelled as JSON."""
    world.presentation.dead_session = ending
    world.accounts.expire_sessions()

    status = await unattended.status(SITE)

    assert len(status.chargers) == 1
    assert simulator.requests.logins == 1


async def test_redirects_that_end_at_the_login_page_are_a_sign_of_an_ended_session(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(redirected("/"), Family.STATUS, times=1)

    assert (await unattended.status(SITE)).chargers

    assert simulator.requests.logins == 1


async def test_redirects_that_end_elsewhere_say_nothing_of_the_session(
    unattended: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(redirected("/nowhere"), Family.STATUS)

    with pytest.raises(ServiceUnavailable):
        await unattended.status(SITE)

    assert simulator.requests.count(Family.JWT) == 0


async def test_requests_at_the_same_time_share_one_renewal(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 2: every concurrent 401 once opened a session of its own."""
    world.accounts.expire_sessions()

    await asyncio.gather(*(unattended.status(SITE) for _ in range(5)), *(unattended.chargers(SITE) for _ in range(5)))

    assert simulator.requests.logins == 1


async def test_a_caller_that_gives_up_leaves_the_renewal_to_the_others(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    release = asyncio.Event()
    simulator.faults.add(faults.held(release, executes=True), Family.LOGIN)
    impatient = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.LOGIN)
    patient = asyncio.create_task(unattended.chargers(SITE))
    await simulator.requests.until(1, Family.SUMMARY)

    impatient.cancel()
    release.set()

    assert len(await patient) == 1
    assert impatient.cancelled()
    assert simulator.requests.logins == 1


async def test_an_error_that_nobody_waits_for_any_more_goes_unheard(
    unattended: EnlightenClient,
    world: World,
    simulator: Simulator,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rejected = asyncio.Event()
    unattended.session.on_change = lambda _credentials: rejected.set()
    world.accounts.expire_sessions()
    world.account.password = "changed"
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.LOGIN)
    impatient = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.LOGIN)

    impatient.cancel()
    await asyncio.wait({impatient})
    release.set()
    await rejected.wait()
    clock.tick(300)
    with pytest.raises(InvalidCredentials):
        await unattended.status(SITE)

    # Python complains as soon as nobody can ask for the error any more
    del impatient
    gc.collect()
    assert "never retrieved" not in caplog.text
    assert simulator.requests.logins == 2


async def test_a_stale_request_that_meets_the_wall_is_repeated_without_a_renewal_of_its_own(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 6: a request under way during a renewal was taken for a second loss of the session."""
    world.presentation.dead_session = DeadSession.LOGIN_WALL
    world.accounts.expire_sessions()
    simulator.faults.add(faults.login_wall(), Family.SUMMARY, times=1)
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.SUMMARY, times=1)

    stale = asyncio.create_task(unattended.chargers(SITE))
    await simulator.requests.until(1, Family.SUMMARY)
    await unattended.status(SITE)
    release.set()

    assert len(await stale) == 1
    assert simulator.requests.logins == 1


async def test_a_renewal_satisfies_whatever_is_refused_in_the_next_thirty_seconds(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.accounts.expire_tokens()
    await unattended.status(SITE)
    clock.tick(29)
    simulator.faults.add(faults.status_code(401), Family.SUMMARY, times=1)

    await unattended.chargers(SITE)

    assert simulator.requests.count(Family.JWT) == 1
    clock.tick(1)
    simulator.faults.add(faults.status_code(401), Family.SUMMARY, times=1)
    await unattended.chargers(SITE)
    assert simulator.requests.count(Family.JWT) == 2


async def test_a_renewal_needs_none_of_the_places_for_reads(unattended: EnlightenClient, simulator: Simulator) -> None:
    """Trap 5: a renewal once waited for a lock that its own caller held."""
    simulator.faults.add(faults.slow(30), Family.STATUS)
    readers = [asyncio.create_task(unattended.status(SITE)) for _ in range(2)]
    await simulator.requests.until(2, Family.STATUS)

    await unattended.session.renew_without_password()

    assert simulator.requests.count(Family.JWT) == 1
    for reader in readers:
        reader.cancel()


async def test_without_a_password_an_ended_session_asks_for_a_person(
    client: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()

    with pytest.raises(AuthenticationRequired) as caught:
        await client.status(SITE)

    assert caught.value.retry_at is None
    assert simulator.requests.logins == 0


async def test_a_forgotten_password_is_not_used(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    unattended.session.password = None
    world.accounts.expire_sessions()

    with pytest.raises(AuthenticationRequired):
        await unattended.status(SITE)

    assert unattended.session.password is None
    assert simulator.requests.logins == 0


async def test_a_session_that_was_never_signed_in_signs_in_with_its_password(
    connect: Connect, simulator: Simulator
) -> None:
    client = await connect(credentials=Credentials(email=OWNER_EMAIL), password=OWNER_KEY)

    assert (await client.status(SITE)).chargers

    assert simulator.requests.logins == 1
    assert [request.family for request in simulator.requests][:2] == [Family.STATUS, Family.LOGIN]


async def test_no_code_is_ever_sent_in_the_background(connect: Connect, world: World, simulator: Simulator) -> None:
    """Trap 10: an account with codes cannot be signed in unattended."""
    credentials = Credentials(email=OWNER_EMAIL, one_time_codes=True)
    world.account.one_time_codes = True
    client = await connect(credentials=credentials, password=OWNER_KEY)

    with pytest.raises(OtpRequired):
        await client.status(SITE)

    assert world.account.codes_sent == 0
    assert simulator.requests.logins == 0


async def test_the_first_challenge_ends_all_unattended_sign_ins(
    connect: Connect, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 10: every further attempt would send the owner a code."""
    stored: list[Credentials] = []
    world.account.one_time_codes = True
    client = await connect(credentials=Credentials(email=OWNER_EMAIL), password=OWNER_KEY, on_change=stored.append)
    for _ in range(3):
        with pytest.raises(OtpRequired):
            await client.status(SITE)
        clock.tick(86_400)

    restarted = await connect(credentials=stored[-1], password=OWNER_KEY)
    with pytest.raises(OtpRequired):
        await restarted.status(SITE)

    assert simulator.requests.logins == 1


async def test_a_rejected_sign_in_pauses_for_five_minutes_and_after_three_for_a_day(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 2: a wrong password is not tried again and again."""
    world.accounts.expire_sessions()
    world.account.password = "changed"
    pauses = [timedelta(seconds=300), timedelta(seconds=300), timedelta(hours=24)]

    for logins, pause in enumerate(pauses, start=1):
        with pytest.raises(InvalidCredentials) as caught:
            await unattended.status(SITE)
        assert caught.value.retry_at == clock() + pause
        clock.tick(pause.total_seconds() - 1)
        with pytest.raises(InvalidCredentials):
            await unattended.status(SITE)
        assert simulator.requests.logins == logins
        clock.tick(1)


async def test_a_day_of_refusals_costs_four_logins_at_most(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 2, as a figure."""
    simulator.faults.add(faults.status_code(401))

    for _ in range(24 * 3):
        with pytest.raises(AuthenticationRequired):
            await unattended.status(SITE)
        clock.tick(1200)

    assert simulator.requests.logins <= 4


@pytest.mark.parametrize("refusal", [faults.status_code(401), faults.login_wall()], ids=["401", "login page"])
async def test_a_day_of_useless_sign_ins_costs_four_logins_at_most(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock, refusal: Trouble
) -> None:
    """The cloud signs in gladly, yet refuses the charger status all the same."""
    simulator.faults.add(refusal, Family.STATUS, Family.SUMMARY)

    for _ in range(24 * 3):
        with pytest.raises(EnlightenError):
            await unattended.status(SITE)
        clock.tick(1200)

    assert simulator.requests.logins <= 4


async def test_a_family_that_alone_is_refused_cannot_cause_a_login_storm(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """The status works after each sign-in, which must not make up for the refused metadata."""
    simulator.faults.add(faults.status_code(401), Family.SUMMARY)

    for _ in range(24 * 3):
        await unattended.status(SITE)
        with pytest.raises(EnlightenError):
            await unattended.chargers(SITE)
        clock.tick(1200)

    assert simulator.requests.logins <= 4


async def test_a_site_that_alone_is_refused_cannot_cause_a_login_storm(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """What works for one site of the account must not make up for another that is refused."""
    world.add_site(CABIN, "Hill Cabin")
    world.account.site_ids.append(CABIN)
    simulator.faults.add(faults.status_code(401), Family.STATUS, path_part=CABIN)

    for _ in range(24 * 3):
        await unattended.status(SITE)
        with pytest.raises(EnlightenError):
            await unattended.status(CABIN)
        clock.tick(1200)

    assert simulator.requests.logins <= 4


@pytest.mark.parametrize(
    "refusing", [(), (Family.STATUS,), (Family.SUMMARY,)], ids=["everything", "status alone", "metadata alone"]
)
async def test_a_day_of_refusals_and_restarts_costs_four_logins_at_most(
    connect: Connect,
    unattended: EnlightenClient,
    simulator: Simulator,
    clock: ManualClock,
    refusing: tuple[Family, ...],
) -> None:
    """Trap 2: which families refuse is forgotten with a restart, and one that works must not make up for them."""
    simulator.faults.add(faults.status_code(401), *refusing)
    client = unattended

    for _ in range(24):
        client = await connect(credentials=client.session.credentials, password=OWNER_KEY)
        for _ in range(2):
            await asyncio.gather(client.status(SITE), client.chargers(SITE), return_exceptions=True)
        clock.tick(3600)

    assert 1 <= simulator.requests.logins <= 4


async def test_rejections_from_before_a_restart_are_forgotten_after_a_day_without_another(
    connect: Connect, unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(401))
    with pytest.raises(InvalidCredentials):
        await unattended.status(SITE)
    simulator.faults.clear()
    restarted = await connect(credentials=unattended.session.credentials, password=OWNER_KEY)
    clock.tick(300 + 24 * 3600 - 1)

    await restarted.status(SITE)
    assert restarted.session.credentials.guard.rejections == 1

    clock.tick(1)
    await restarted.status(SITE)
    assert restarted.session.credentials.guard == SignInGuard()


async def test_rejections_are_forgotten_once_the_session_works(
    unattended: EnlightenClient, world: World, clock: ManualClock
) -> None:
    world.accounts.expire_sessions()
    world.account.password = "changed"
    with pytest.raises(InvalidCredentials):
        await unattended.status(SITE)
    clock.tick(300)
    world.account.password = OWNER_KEY

    await unattended.status(SITE)

    assert unattended.session.credentials.guard.rejections == 0


async def test_the_guard_outlives_a_restart(
    connect: Connect, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 58: a deadline that a restart forgets is none."""
    stored: list[Credentials] = []
    world.account.session_cap = 0
    first = await connect(credentials=Credentials(email=OWNER_EMAIL), password=OWNER_KEY, on_change=stored.append)
    with pytest.raises(TooManySessions):
        await first.status(SITE)
    clock.tick(86_399)

    second = await connect(credentials=stored[-1], password=OWNER_KEY)
    with pytest.raises(TooManySessions) as caught:
        await second.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + timedelta(hours=24)
    assert simulator.requests.logins == 1


async def test_the_session_cap_stops_unattended_sign_ins_for_a_day(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.accounts.expire_sessions()
    world.account.session_cap = 0
    for _ in range(2):
        with pytest.raises(TooManySessions) as caught:
            await unattended.status(SITE)
        assert caught.value.retry_at == START_OF_TEST + timedelta(hours=24)
    assert simulator.requests.logins == 1

    world.account.session_cap = 5
    clock.tick(86_400)
    assert (await unattended.status(SITE)).chargers


async def test_the_session_cap_in_the_token_route_stops_sign_ins_too(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_tokens()
    simulator.faults.add(faults.payload({"error": CAP_TEXT}, 422), Family.JWT)

    with pytest.raises(TooManySessions):
        await unattended.status(SITE)

    assert unattended.session.credentials.guard.reason == "too_many_sessions"
    assert simulator.requests.logins == 0


async def test_a_session_cap_at_a_read_is_told_and_not_renewed(
    unattended: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.payload({"error": CAP_TEXT}, 403), Family.STATUS)

    with pytest.raises(TooManySessions):
        await unattended.status(SITE)

    assert simulator.requests.count(Family.JWT) == 0


async def test_a_blocked_account_is_left_to_a_person(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.accounts.expire_sessions()
    world.account.blocked = True
    for _ in range(3):
        with pytest.raises(AccountBlocked):
            await unattended.status(SITE)
        clock.tick(7 * 86_400)
    assert simulator.requests.logins == 1

    world.account.blocked = False
    await unattended.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    assert (await unattended.status(SITE)).chargers


LOGIN_TROUBLE: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "503": (faults.status_code(503), ServiceUnavailable),
    "a page": (faults.maintenance(), ServiceUnavailable),
    "no answer": (faults.dropped(), ConnectionFailed),
}


@pytest.mark.parametrize(("trouble", "error"), LOGIN_TROUBLE.values(), ids=LOGIN_TROUBLE)
async def test_trouble_with_signing_in_pauses_it_without_asking_for_a_person(
    unattended: EnlightenClient,
    world: World,
    simulator: Simulator,
    clock: ManualClock,
    trouble: Trouble,
    error: type[EnlightenError],
) -> None:
    """Trap 9: an outage is no wrong password."""
    world.accounts.expire_sessions()
    fault = simulator.faults.add(trouble, Family.LOGIN)
    with pytest.raises(error):
        await unattended.status(SITE)
    with pytest.raises(ServiceUnavailable) as caught:
        await unattended.status(SITE)
    assert caught.value.retry_at == START_OF_TEST + timedelta(seconds=300)
    assert simulator.requests.logins == 1

    simulator.faults.remove(fault)
    clock.tick(300)
    assert (await unattended.status(SITE)).chargers
    assert unattended.session.credentials.guard.rejections == 0


async def test_sign_ins_that_find_no_service_come_ever_more_seldom(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 2: a service that is down for hours is not sent the password every five minutes."""
    fault = simulator.faults.add(faults.status_code(400), Family.LOGIN)
    minutes = []
    for outage in range(2):
        world.accounts.expire_sessions()
        for minute in range(4 * 60):
            before = simulator.requests.logins
            with pytest.raises(EnlightenError):
                await unattended.status(SITE)
            if simulator.requests.logins > before:
                minutes.append(minute)
            clock.tick(60)
        assert minutes == [0, 5, 15, 35, 75, 135, 195], f"in outage {outage}"
        minutes.clear()
        simulator.faults.remove(fault)
        clock.tick(3600)
        assert (await unattended.status(SITE)).chargers
        clock.tick(3600)
        fault = simulator.faults.add(faults.status_code(400), Family.LOGIN)


async def test_a_long_retry_after_of_the_login_is_honoured(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(faults.status_code(503, retry_after=900), Family.LOGIN)

    with pytest.raises(ServiceUnavailable):
        await unattended.status(SITE)

    assert unattended.session.credentials.guard.blocked_until == START_OF_TEST + timedelta(seconds=900)


async def test_a_wall_right_after_a_sign_in_means_throttling(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 4: signing in again and again makes it worse."""
    world.accounts.expire_sessions()
    simulator.faults.add(faults.login_wall(), Family.STATUS)

    with pytest.raises(AuthenticationRequired) as caught:
        await unattended.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + timedelta(hours=24)
    assert unattended.session.credentials.guard.reason == "throttled"
    assert simulator.requests.logins == 1


async def test_a_wall_right_after_a_persons_sign_in_means_throttling_too(
    visitor: EnlightenClient, simulator: Simulator
) -> None:
    await visitor.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    visitor.session.password = OWNER_KEY
    simulator.faults.add(faults.login_wall(), Family.STATUS)

    with pytest.raises(AuthenticationRequired):
        await visitor.status(SITE)

    assert visitor.session.credentials.guard.reason == "throttled"
    assert simulator.requests.logins == 1


async def test_a_wall_long_after_a_sign_in_is_no_throttling(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(300)
    simulator.faults.add(faults.login_wall(), Family.STATUS)

    with pytest.raises(ServiceUnavailable):
        await unattended.status(SITE)

    assert unattended.session.credentials.guard == SignInGuard()


async def test_the_token_route_is_left_alone_after_a_token_that_did_not_help(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(401), Family.STATUS)
    for _ in range(6):
        with pytest.raises(AuthenticationRequired):
            await client.status(SITE)
        clock.tick(50)

    assert simulator.requests.count(Family.JWT) == 1
    with pytest.raises(AuthenticationRequired):
        await client.status(SITE)
    assert simulator.requests.count(Family.JWT) == 2


async def test_a_token_that_does_not_help_is_followed_by_a_sign_in_at_the_next_read(
    unattended: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(401), Family.STATUS, times=3)

    with pytest.raises(ServiceUnavailable):
        await unattended.status(SITE)
    assert simulator.requests.logins == 0
    assert (await unattended.status(SITE)).chargers

    assert simulator.requests.logins == 1


async def test_a_token_that_does_not_help_asks_for_a_person_where_no_password_is_stored(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(401), Family.STATUS)

    with pytest.raises(AuthenticationRequired):
        await client.status(SITE)

    assert simulator.requests.count(Family.STATUS) == 2


TOKEN_TROUBLE: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "503": (faults.status_code(503), ServiceUnavailable),
    "429": (faults.status_code(429, retry_after=120), RateLimited),
    "no answer": (faults.dropped(), ConnectionFailed),
}


@pytest.mark.parametrize(("trouble", "error"), TOKEN_TROUBLE.values(), ids=TOKEN_TROUBLE)
async def test_trouble_with_the_token_route_is_no_reason_to_sign_in(
    unattended: EnlightenClient, world: World, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    world.accounts.expire_tokens()
    simulator.faults.add(trouble, Family.JWT)

    with pytest.raises(error):
        await unattended.status(SITE)

    assert simulator.requests.logins == 0


NO_TOKEN: dict[str, Trouble] = {
    "404": faults.status_code(404),
    "422": faults.status_code(422),
    "no token": faults.payload({}),
    "a page": faults.maintenance(),
    "too large": faults.text_body("x" * 5_000_000),
}


@pytest.mark.parametrize("trouble", NO_TOKEN.values(), ids=NO_TOKEN)
async def test_a_token_route_that_gives_none_leaves_the_password(
    unattended: EnlightenClient, world: World, simulator: Simulator, trouble: Trouble
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(trouble, Family.JWT)

    assert (await unattended.status(SITE)).chargers

    assert simulator.requests.logins == 1


async def test_a_token_route_that_refused_is_left_alone_for_five_minutes(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.accounts.expire_sessions()
    for _ in range(10):
        with pytest.raises(AuthenticationRequired):
            await client.status(SITE)
        clock.tick(29)

    assert simulator.requests.count(Family.JWT) == 1
    clock.tick(10)
    with pytest.raises(AuthenticationRequired):
        await client.status(SITE)
    assert simulator.requests.count(Family.JWT) == 2


async def test_no_renewal_is_tried_while_the_account_pauses(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.STATUS)
    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.STATUS)
    unattended.transport.pause_until(START_OF_TEST + timedelta(seconds=60))
    release.set()

    with pytest.raises(RateLimited):
        await reader

    assert simulator.requests.logins == 0
    assert simulator.requests.count(Family.JWT) == 0


OPTIONAL_FAMILIES = [Family.MODE, Family.GREEN, Family.CONFIGURATION]


@pytest.mark.parametrize("trouble", [faults.status_code(401), faults.login_wall()], ids=["401", "login page"])
@pytest.mark.parametrize("family", OPTIONAL_FAMILIES)
async def test_an_optional_family_never_causes_a_renewal(
    unattended: EnlightenClient, simulator: Simulator, family: Family, trouble: Trouble
) -> None:
    """Trap 3: these refuse healthy sessions for reasons of their own."""
    simulator.faults.add(trouble, family)
    generation = unattended.session.generation
    reads = {
        Family.MODE: unattended.charge_mode,
        Family.GREEN: unattended.green_settings,
        Family.CONFIGURATION: unattended.configuration,
    }

    with pytest.raises(ServiceUnavailable) as caught:
        await reads[family](SITE, SERIAL)

    assert caught.value.retry_at is not None
    assert unattended.session.generation == generation
    assert simulator.requests.logins == simulator.requests.count(Family.JWT) == 0


@pytest.mark.parametrize("status", [401, 403])
async def test_the_site_list_is_refused_without_a_renewal(
    unattended: EnlightenClient, simulator: Simulator, status: int
) -> None:
    simulator.faults.add(faults.status_code(status), Family.SITES)

    with pytest.raises(AuthenticationRequired):
        await unattended.sites()

    assert simulator.requests.count(Family.JWT) == 0


async def test_a_forbidden_status_is_no_sign_of_an_ended_session(
    unattended: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(403), Family.STATUS)

    with pytest.raises(EnlightenError) as caught:
        await unattended.status(SITE)

    assert not isinstance(caught.value, AuthenticationRequired)
    assert simulator.requests.count(Family.JWT) == 0


async def test_a_command_joins_a_renewal_and_is_sent_once_more(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()

    preference = await unattended.start_live_stream(SITE)

    assert preference.duration == 900
    assert simulator.requests.logins == 1
    assert simulator.requests.count(Family.LIVE_STREAM) == 2


type Command = Callable[[EnlightenClient], Awaitable[object]]

COMMANDS: dict[str, Command] = {
    "start": lambda client: client.start_charging(SITE, SERIAL, level=16),
    "stop": lambda client: client.stop_charging(SITE, SERIAL),
    "mode": lambda client: client.set_charge_mode(SITE, SERIAL, ChargeMode.MANUAL),
    "green": lambda client: client.set_use_battery(SITE, SERIAL, True),
    "configuration": lambda client: client.configure(SITE, SERIAL, "DefaultChargeLevel", 20),
    "trigger": lambda client: client.trigger_message(SITE, SERIAL, TriggerMessage.HEARTBEAT),
    "stream on": lambda client: client.start_live_stream(SITE),
    "stream off": lambda client: client.stop_live_stream(SITE),
}
REFUSALS_OF_THE_SESSION = {"401": faults.status_code(401), "login page": faults.login_wall()}
OF_COMMANDS = (
    Family.START,
    Family.STOP,
    Family.MODE,
    Family.GREEN,
    Family.CONFIGURATION,
    Family.TRIGGER,
    Family.LIVE_STREAM,
)


@pytest.mark.parametrize("trouble", REFUSALS_OF_THE_SESSION.values(), ids=REFUSALS_OF_THE_SESSION)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_a_command_that_is_refused_on_a_healthy_session_is_only_rejected(
    client: EnlightenClient, simulator: Simulator, command: Command, trouble: Trouble
) -> None:
    """A right may be missing; nobody has to sign in for that, and nothing is renewed."""
    simulator.faults.add(trouble, *OF_COMMANDS)

    with pytest.raises(CommandRejected) as caught:
        await command(client)

    assert caught.value.refusal.http_status == 401
    assert simulator.requests.count(*OF_COMMANDS) == 1
    assert simulator.requests.count(Family.STATUS) == 1
    assert simulator.requests.count(Family.JWT) == 0


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_a_command_that_an_ended_session_refuses_is_sent_once_more_after_the_renewal(
    unattended: EnlightenClient, world: World, simulator: Simulator, command: Command
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(faults.status_code(401), *OF_COMMANDS, times=1)
    simulator.faults.add(faults.payload({}), *OF_COMMANDS)

    await command(unattended)

    assert simulator.requests.logins == 1
    assert simulator.requests.count(*OF_COMMANDS) == 2


async def test_a_command_that_a_renewed_session_refuses_again_is_rejected(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM)

    with pytest.raises(CommandRejected):
        await unattended.start_live_stream(SITE)

    assert simulator.requests.count(Family.LIVE_STREAM) == 2
    assert unattended.session.credentials.guard.rejections == 0


async def test_a_command_of_a_session_that_nobody_can_renew_asks_for_a_person(
    client: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()

    with pytest.raises(AuthenticationRequired):
        await client.start_live_stream(SITE)

    assert simulator.requests.count(Family.LIVE_STREAM) == 1


@pytest.mark.parametrize("trouble", [faults.status_code(503), faults.text_body("ready")], ids=["503", "no JSON"])
async def test_a_refused_command_is_rejected_where_the_status_tells_nothing_of_the_session(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble
) -> None:
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM)
    simulator.faults.add(trouble, Family.STATUS)

    with pytest.raises(CommandRejected):
        await client.start_live_stream(SITE)


async def test_commands_that_stay_refused_cost_one_login_a_day(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(401), Family.TRIGGER, Family.LIVE_STREAM)

    for _ in range(24):
        with pytest.raises(CommandRejected):
            await unattended.start_live_stream(SITE)
        clock.tick(3600)

    assert simulator.requests.logins == 1
    assert unattended.session.credentials.guard.rejections == 0


async def test_a_dead_bearer_behind_live_cookies_is_replaced_by_a_new_token(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 85: every read works, and every command is refused."""
    clock.tick(3600)
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM, times=1)
    dead = client.session.identity().manager.text

    await client.start_live_stream(SITE)

    assert simulator.requests.count(Family.JWT) == 1
    assert simulator.requests.logins == 0
    assert dead is not None
    assert client.session.identity().manager.text != dead
    assert dead not in str(asdict(client.session.credentials))


async def test_a_session_whose_tokens_were_withdrawn_signs_in_once_for_a_command(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 85: where a new token is refused as well, a sign-in is left."""
    clock.tick(3600)
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM, times=2)

    await unattended.start_live_stream(SITE)

    assert simulator.requests.logins == 1
    assert simulator.requests.count(Family.LIVE_STREAM) == 3


async def test_a_dead_bearer_that_only_a_person_can_replace_asks_for_one(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 85: no password is stored."""
    clock.tick(3600)
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM)

    with pytest.raises(AuthenticationRequired) as caught:
        await client.start_live_stream(SITE)

    assert caught.value.retry_at is None
    assert simulator.requests.count(Family.LIVE_STREAM) == 2


async def test_a_dead_bearer_is_not_replaced_while_the_guard_holds_sign_ins_back(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 85: within the guards."""
    clock.tick(3600)
    unattended.session.guard_with(SignInGuard(rejections=1).after(GuardReason.REJECTED, clock()))
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM)

    with pytest.raises(AuthenticationRequired) as caught:
        await unattended.start_live_stream(SITE)

    assert caught.value.retry_at == clock() + timedelta(seconds=300)
    assert simulator.requests.logins == 0


async def test_a_request_that_waited_for_its_place_goes_out_as_who_the_session_is_by_then(
    client: EnlightenClient, simulator: Simulator
) -> None:
    """Trap 5: headers made before the wait would carry a token that is dead by now."""
    simulator.faults.add(faults.slow(30), Family.SUMMARY)
    holder = asyncio.create_task(client.chargers(SITE))
    await simulator.requests.until(1, Family.SUMMARY)
    waiting = asyncio.create_task(client.charge_mode(SITE, SERIAL))
    await asyncio.sleep(0)

    await client.session.renew_without_password()
    holder.cancel()
    await waiting

    sent = simulator.requests.last(Family.MODE).headers["e-auth-token"]
    assert sent == client.session.credentials.access_token


async def test_an_optional_family_that_refuses_an_identity_replaced_meanwhile_is_not_left_alone(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(401), Family.MODE, times=1)
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.MODE, times=1)
    reader = asyncio.create_task(client.charge_mode(SITE, SERIAL))
    await simulator.requests.until(1, Family.MODE)

    await client.session.renew_without_password()
    release.set()

    with pytest.raises(ServiceUnavailable) as caught:
        await reader
    assert caught.value.retry_at is None
    assert await client.charge_mode(SITE, SERIAL)


async def test_a_token_is_renewed_when_an_hour_remains(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(5 * 3600 - 1)
    await client.status(SITE)
    assert simulator.requests.count(Family.JWT) == 0
    clock.tick(1)

    await asyncio.gather(client.status(SITE), client.chargers(SITE))

    assert simulator.requests.count(Family.JWT) == 1
    assert simulator.requests.logins == 0
    assert client.session.credentials.access_token_expires_at == clock() + timedelta(hours=6)


async def test_a_short_lived_token_is_renewed_at_half_its_life(
    connect: Connect, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    world.account.token_lifetime = timedelta(minutes=30)
    client = await connect()
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    clock.tick(15 * 60 - 1)
    await client.status(SITE)
    assert simulator.requests.count(Family.JWT) == 1
    clock.tick(1)

    await client.status(SITE)

    assert simulator.requests.count(Family.JWT) == 2


async def test_an_optional_read_does_not_renew_the_token(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(5 * 3600)

    await client.charge_mode(SITE, SERIAL)

    assert simulator.requests.count(Family.JWT) == 0


@pytest.mark.parametrize(
    "trouble",
    [faults.status_code(401), faults.status_code(503), faults.status_code(404), faults.payload({"m": CAP_TEXT})],
    ids=["401", "503", "404", "session cap"],
)
async def test_a_failed_renewal_ahead_of_time_costs_nothing_but_a_try_every_five_minutes(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock, trouble: Trouble
) -> None:
    clock.tick(5 * 3600)
    simulator.faults.add(trouble, Family.JWT)

    for _ in range(10):
        assert (await unattended.status(SITE)).chargers
        clock.tick(30)
    assert simulator.requests.count(Family.JWT) == 1

    await unattended.status(SITE)
    assert simulator.requests.count(Family.JWT) == 2
    assert simulator.requests.logins == 0


async def test_the_session_cap_in_a_renewal_ahead_of_time_stops_sign_ins_for_a_day(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(5 * 3600)
    simulator.faults.add(faults.payload({"m": CAP_TEXT}, 422), Family.JWT)
    assert (await unattended.status(SITE)).chargers
    world.accounts.expire_sessions()

    with pytest.raises(TooManySessions) as caught:
        await unattended.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + timedelta(hours=29)
    assert simulator.requests.logins == 0


async def test_no_token_is_renewed_ahead_of_time_while_the_account_pauses(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(5 * 3600)
    client.transport.pause_until(clock() + timedelta(seconds=60))

    with pytest.raises(RateLimited):
        await client.status(SITE)

    assert len(simulator.requests) == 0


async def test_a_token_past_its_end_is_not_sent(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Cookies carry on where the token route does not."""
    world.account.renews_by_cookie = False
    clock.tick(6 * 3600 + 1)

    assert (await client.status(SITE)).chargers

    assert "e-auth-token" not in simulator.requests.last(Family.STATUS).headers


async def test_a_manager_token_past_its_end_is_not_sent(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    ended = jwt.encode({"exp": int(clock().timestamp())}, "k" * 32)
    client.transport.cookie_jar.update_cookies({MANAGER_COOKIE: ended}, URL(simulator.enlighten_url))

    assert await client.charge_mode(SITE, SERIAL)

    sent = simulator.requests.last(Family.MODE).headers["authorization"]
    assert sent == f"Bearer {client.session.credentials.access_token}"


async def test_a_session_is_renewed_without_a_password_on_demand(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_tokens()
    generation = unattended.session.generation

    await unattended.session.renew_without_password()

    assert unattended.session.generation == generation + 1
    assert (await unattended.status(SITE)).chargers
    assert simulator.requests.logins == 0


@pytest.mark.parametrize("trouble", [*NO_TOKEN.values(), faults.status_code(401), faults.login_wall()])
async def test_a_renewal_on_demand_that_fails_asks_for_a_person(
    unattended: EnlightenClient, simulator: Simulator, trouble: Trouble
) -> None:
    simulator.faults.add(trouble, Family.JWT)

    with pytest.raises(AuthenticationRequired):
        await unattended.session.renew_without_password()

    assert simulator.requests.logins == 0


async def test_a_running_session_takes_over_a_sign_in_made_elsewhere(
    connect: Connect, world: World, simulator: Simulator
) -> None:
    stored: list[Credentials] = []
    running = await connect(credentials=Credentials(email=OWNER_EMAIL), password="wrong", on_change=stored.append)
    with pytest.raises(InvalidCredentials):
        await running.status(SITE)
    flow = await connect()
    await flow.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    generation = running.session.generation

    running.session.take_over(flow.session.credentials, password=OWNER_KEY)

    assert running.session.generation == generation + 1
    assert running.session.password == OWNER_KEY
    assert running.session.credentials == flow.session.credentials
    assert stored[-1].guard == Credentials().guard
    assert (await running.status(SITE)).chargers
    assert simulator.requests.logins == 2


async def test_a_take_over_keeps_the_password_unless_there_is_another(
    client: EnlightenClient, unattended: EnlightenClient
) -> None:
    unattended.session.take_over(client.session.credentials)

    assert unattended.session.password == OWNER_KEY


async def test_a_take_over_ends_a_renewal_under_way(
    connect: Connect, unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    flow = await connect()
    await flow.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    simulator.requests.clear()
    simulator.faults.add(faults.slow(30), Family.LOGIN)
    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.LOGIN)

    unattended.session.take_over(flow.session.credentials)

    assert (await reader).chargers
    assert unattended.session.credentials.access_token == flow.session.credentials.access_token


async def test_a_renewal_on_demand_of_a_session_that_is_closed_meanwhile_does_not_succeed(
    unattended: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.slow(30), Family.JWT)
    renewal = asyncio.create_task(unattended.session.renew_without_password())
    await simulator.requests.until(1, Family.JWT)

    await unattended.session.close()

    with pytest.raises(ServiceUnavailable):
        await renewal


@pytest.mark.parametrize("on_demand", [False, True], ids=["ahead of time", "on demand"])
async def test_a_take_over_ends_a_renewal_before_its_token_and_cookie_come(
    connect: Connect, unattended: EnlightenClient, simulator: Simulator, clock: ManualClock, on_demand: bool
) -> None:
    """Trap 7: what the token route gives belongs to the older session."""
    flow = await connect()
    await flow.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    simulator.requests.clear()
    clock.tick(5 * 3600)
    release = asyncio.Event()
    simulator.faults.add(faults.held(release, executes=True), Family.JWT, times=1)
    renewal = unattended.session.renew_without_password() if on_demand else unattended.status(SITE)
    under_way = asyncio.ensure_future(renewal)
    await simulator.requests.until(1, Family.JWT)

    unattended.session.take_over(flow.session.credentials)
    release.set()
    await under_way

    assert unattended.session.credentials == flow.session.credentials


async def test_a_persons_sign_in_makes_a_renewal_needless(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    release = asyncio.Event()
    simulator.faults.add(faults.held(release, executes=True), Family.LOGIN, times=1)
    person = asyncio.create_task(unattended.session.sign_in(OWNER_EMAIL, OWNER_KEY))
    await simulator.requests.until(1, Family.LOGIN)

    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.STATUS)
    release.set()

    assert (await reader).chargers
    await person
    assert simulator.requests.logins == 1
    assert simulator.requests.count(Family.JWT) == 1


async def test_closing_a_session_ends_its_renewal(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(faults.slow(30), Family.LOGIN)
    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.LOGIN)

    await unattended.session.close()

    with pytest.raises(EnlightenError):
        await reader
    assert simulator.requests.logins == 1


async def test_a_session_cookie_that_any_reply_replaced_is_kept(
    connect: Connect, world: World, simulator: Simulator
) -> None:
    """Trap 7: the cloud replaces the cookie when it likes."""
    stored: list[Credentials] = []
    client = await connect(on_change=stored.append)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    world.presentation.rotating.add(Family.STATUS)
    changes = len(stored)

    await client.status(SITE)

    assert len(stored) == changes + 1
    restarted = await connect(credentials=stored[-1])
    assert (await restarted.status(SITE)).chargers


async def test_a_cookie_from_a_late_reply_to_an_older_session_is_dropped(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 7: visitors get a session cookie, too, which would take the place of the one just signed in."""
    world.accounts.expire_sessions()
    release = asyncio.Event()
    visitor = faults.login_wall().answer
    assert visitor is not None
    wall = Trouble(name="visitor", answer=visitor.with_cookies(("_enlighten_4_session", "visitor")))
    simulator.faults.add(wall, Family.MODE, times=1)
    simulator.faults.add(faults.held(release), Family.MODE, times=1)
    late = asyncio.create_task(unattended.charge_mode(SITE, SERIAL))
    await simulator.requests.until(1, Family.MODE)
    await unattended.status(SITE)
    signed_in = unattended.session.credentials

    release.set()
    with pytest.raises(ServiceUnavailable):
        await late

    assert unattended.session.credentials == signed_in
    world.accounts.expire_tokens()
    clock.tick(31)
    assert (await unattended.status(SITE)).chargers
    assert simulator.requests.logins == 1


async def test_a_late_reply_to_an_older_session_does_not_take_the_cookie_of_a_sign_in_under_way(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    release_late, release_token = asyncio.Event(), asyncio.Event()
    simulator.faults.add(faults.held(release_late), Family.MODE)
    late = asyncio.create_task(unattended.charge_mode(SITE, SERIAL))
    await simulator.requests.until(1, Family.MODE)
    await unattended.session.renew_without_password()
    world.accounts.expire_sessions()
    clock.tick(31)
    simulator.faults.add(faults.status_code(503), Family.JWT)
    simulator.faults.add(faults.held(release_token), Family.JWT)
    person = asyncio.create_task(unattended.session.sign_in(OWNER_EMAIL, OWNER_KEY))
    await simulator.requests.until(2, Family.JWT)

    release_late.set()
    with pytest.raises(ServiceUnavailable):
        await late
    release_token.set()
    await person

    cookies = {cookie.name: cookie.value for cookie in unattended.session.credentials.cookies}
    assert cookies["_enlighten_4_session"] == world.accounts.sessions[-1].cookie


async def test_a_manager_token_that_any_reply_replaced_is_kept(connect: Connect, simulator: Simulator) -> None:
    stored: list[Credentials] = []
    client = await connect(on_change=stored.append)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    replaced = Trouble(name="replaced", reshape=lambda reply: reply.with_cookies((MANAGER_COOKIE, "newer")))
    simulator.faults.add(replaced, Family.STATUS)
    changes = len(stored)

    await client.status(SITE)

    assert len(stored) == changes + 1
    restarted = await connect(credentials=stored[-1])
    assert restarted.session.identity().manager.text == "newer"


async def test_a_reply_that_replaces_nothing_is_no_change(connect: Connect) -> None:
    stored: list[Credentials] = []
    client = await connect(on_change=stored.append)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    changes = len(stored)

    await client.status(SITE)

    assert len(stored) == changes


async def test_the_listener_can_come_later(client: EnlightenClient) -> None:
    stored: list[Credentials] = []
    assert client.session.on_change is None
    client.session.on_change = stored.append

    await client.session.renew_without_password()

    assert stored[-1] == client.session.credentials


async def test_the_session_cap_in_the_repeat_is_told(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_tokens()
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.JWT)
    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.JWT)
    simulator.faults.add(faults.payload({"error": CAP_TEXT}, 403), Family.STATUS)
    release.set()

    with pytest.raises(TooManySessions):
        await reader

    assert simulator.requests.count(Family.STATUS) == 2


async def test_a_repeat_that_fails_while_the_session_changes_is_no_rejection(
    unattended: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(401), Family.STATUS, times=2)
    release_token, release_repeat = asyncio.Event(), asyncio.Event()
    simulator.faults.add(faults.held(release_token), Family.JWT, times=1)
    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.JWT)
    simulator.faults.add(faults.held(release_repeat), Family.STATUS)
    release_token.set()
    await simulator.requests.until(2, Family.STATUS)

    await unattended.session.renew_without_password()
    release_repeat.set()

    with pytest.raises(ServiceUnavailable):
        await reader
    assert unattended.session.credentials.guard.rejections == 0
    world.accounts.expire_tokens()
    clock.tick(31)
    assert (await unattended.status(SITE)).chargers
    assert simulator.requests.logins == 0


async def test_families_that_are_refused_together_are_one_rejection(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.accounts.expire_sessions()
    simulator.faults.add(faults.status_code(401), Family.STATUS, Family.SUMMARY)

    results = await asyncio.gather(unattended.status(SITE), unattended.chargers(SITE), return_exceptions=True)

    assert all(isinstance(result, InvalidCredentials) for result in results)
    assert unattended.session.credentials.guard.rejections == 1
    assert simulator.requests.logins == 1


async def test_a_token_renewed_ahead_of_time_serves_a_request_that_was_refused_meanwhile(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(5 * 3600)
    simulator.faults.add(faults.slow(0.2, executes=True), Family.JWT, times=1)
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM, times=1)
    reader = asyncio.create_task(unattended.status(SITE))
    await simulator.requests.until(1, Family.JWT)

    await unattended.start_live_stream(SITE)

    assert (await reader).chargers
    assert simulator.requests.count(Family.JWT) == 1


async def test_a_renewal_under_way_serves_a_token_that_is_due(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    clock.tick(5 * 3600)
    simulator.faults.add(faults.slow(0.2, executes=True), Family.JWT, times=1)
    simulator.faults.add(faults.status_code(401), Family.LIVE_STREAM, times=1)
    command = asyncio.create_task(unattended.start_live_stream(SITE))
    await simulator.requests.until(1, Family.JWT)

    assert (await unattended.status(SITE)).chargers

    await command
    assert simulator.requests.count(Family.JWT) == 1


async def test_a_token_without_an_end_is_renewed_when_it_is_refused(
    visitor: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.payload({"token": "opaque"}), Family.JWT)
    simulator.faults.add(faults.payload({"data": None}), Family.STATUS)
    await visitor.session.sign_in(OWNER_EMAIL, OWNER_KEY)

    clock.tick(30 * 86_400)
    await visitor.status(SITE)

    assert simulator.requests.count(Family.JWT) == 1


async def test_a_token_that_does_not_help_is_remembered_however_late_the_next_read_is(
    unattended: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(401), Family.SUMMARY, times=3)
    with pytest.raises(ServiceUnavailable):
        await unattended.chargers(SITE)
    clock.tick(3000)

    assert await unattended.chargers(SITE)

    assert simulator.requests.logins == 1


async def test_a_token_that_no_header_can_hold_is_none(unattended: EnlightenClient, simulator: Simulator) -> None:
    """Trap 81: with it every later request would be refused before anybody reads it."""
    simulator.faults.add(faults.field_value("token", "A" * 10_000), Family.JWT)

    with pytest.raises(AuthenticationRequired):
        await unattended.session.renew_without_password()

    assert (await unattended.status(SITE)).chargers
