"""What the client may ask of the cloud, and how it waits."""

import asyncio
from datetime import datetime, timedelta
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ConnectionFailed,
    Credentials,
    EnlightenClient,
    EnlightenError,
    Family as ClientFamily,
    NotSupported,
    RateLimited,
    ServiceUnavailable,
)
from custom_components.enphase_cloud_things.enlighten.limits import Pauses, Priority, RequestBudget
from custom_components.enphase_cloud_things.enlighten.session.state import SignInGuard
from simulator import OWNER_EMAIL, OWNER_KEY, Family, ManualClock, Simulator, World, faults
from simulator.faults import Trouble
from simulator.reply import Reply

from .conftest import SERIAL, SITE, START_OF_TEST, Connect, shortest_jitter

HOUR = timedelta(hours=1)


# Pauses in microseconds before a number of requests of a priority; None is a command
WISHES = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=600_000_000),
        st.sampled_from([*Priority, None]),
        st.integers(min_value=1, max_value=8),
    ),
    max_size=40,
)


@given(WISHES)
@settings(deadline=None)
def test_no_hour_ever_holds_more_than_the_budget(wishes: list[tuple[int, Priority | None, int]]) -> None:
    """Whatever is asked for and when, commands excepted; both ends belong to an hour."""
    limit = 60
    budget = RequestBudget(limit)
    now = START_OF_TEST
    sent: list[tuple[datetime, bool]] = []
    for pause, priority, count in wishes:
        now += timedelta(microseconds=pause)
        for _ in range(count):
            if priority is None or budget.free_at(priority, now) is None:
                budget.spend(now)
                sent.append((now, priority is None))

    for end, _ in sent:
        reads = [moment for moment, is_command in sent if not is_command and end - HOUR <= moment <= end]
        assert len(reads) <= limit


@given(WISHES, st.sampled_from(Priority))
@settings(deadline=None)
def test_a_full_budget_tells_the_first_moment_that_has_room(
    wishes: list[tuple[int, Priority | None, int]], priority: Priority
) -> None:
    budget = RequestBudget(50)
    now = START_OF_TEST
    for pause, _, count in wishes:
        now += timedelta(microseconds=pause)
        for _ in range(count):
            budget.spend(now)

    free_at = budget.free_at(priority, now)

    if free_at is not None:
        assert budget.free_at(priority, free_at - timedelta(microseconds=1)) is not None
        assert budget.free_at(priority, free_at) is None


def test_an_account_has_480_requests_an_hour() -> None:
    assert RequestBudget().limit == 480


def test_more_important_requests_have_the_last_of_the_budget() -> None:
    budget = RequestBudget(480)
    refused: dict[Priority, int] = {}
    for used in range(481):
        for priority in Priority:
            if budget.free_at(priority, START_OF_TEST) is not None:
                refused.setdefault(priority, used)
        budget.spend(START_OF_TEST)

    assert refused == {Priority.OTHER: 440, Priority.STATUS: 472, Priority.SIGN_IN: 480}


async def test_a_spent_budget_stops_reads_but_never_commands(
    connect: Connect, simulator: Simulator, clock: ManualClock
) -> None:
    client = await connect(budget=60)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    simulator.faults.add(faults.payload({"data": None}), Family.STATUS, Family.LIVE_STREAM)
    used = client.transport.requests_last_hour
    for _ in range(52 - used):
        await client.status(SITE)

    with pytest.raises(RateLimited) as status_refused:
        await client.status(SITE)
    with pytest.raises(RateLimited):
        await client.charge_mode(SITE, SERIAL)
    await client.stop_live_stream(SITE)

    assert client.transport.requests_last_hour == 53
    assert client.transport.budget == 60
    assert status_refused.value.retry_at is not None
    assert status_refused.value.retry_at > START_OF_TEST + HOUR
    clock.move_to(status_refused.value.retry_at + timedelta(seconds=1))
    assert (await client.status(SITE)).chargers == ()


async def test_a_spent_budget_stops_sign_ins_too(connect: Connect, simulator: Simulator) -> None:
    client = await connect(budget=50)
    simulator.faults.add(faults.payload({"data": None}), Family.LIVE_STREAM)
    for _ in range(50):
        await client.stop_live_stream(SITE)

    with pytest.raises(RateLimited):
        await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)

    assert simulator.requests.logins == 0


async def test_two_reads_are_under_way_and_one_place_is_for_the_status(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.slow(30), Family.SUMMARY)
    others = [
        asyncio.create_task(client.chargers(SITE)),
        asyncio.create_task(client.charge_mode(SITE, SERIAL)),
        asyncio.create_task(client.green_settings(SITE, SERIAL)),
    ]
    await simulator.requests.until(1, Family.SUMMARY)

    await client.status(SITE)

    assert simulator.requests.count(Family.MODE, Family.GREEN) == 0
    others[0].cancel()
    await asyncio.gather(*others[1:])
    assert simulator.requests.count(Family.MODE, Family.GREEN) == 2


async def test_commands_that_wait_for_their_charger_leave_the_places_to_others(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.slow(30), Family.START)
    waiting = [asyncio.create_task(client.start_charging(SITE, SERIAL, level=16)) for _ in range(12)]
    await simulator.requests.until(1, Family.START)
    live_stream = asyncio.create_task(client.stop_live_stream(SITE))

    # There and back: what had a place was sent before
    await client.status(SITE)

    assert simulator.requests.count(Family.START) == 1
    assert simulator.requests.count(Family.LIVE_STREAM) == 1
    for command in waiting:
        command.cancel()
    await asyncio.wait({live_stream, *waiting})


async def test_a_read_for_a_command_does_not_queue_behind_slow_polls(
    client: EnlightenClient, simulator: Simulator
) -> None:
    """Trap 88: an accepted start once stayed pending until the old poll had ended."""
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.STATUS, times=2)
    readers = [asyncio.create_task(client.status(SITE)) for _ in range(2)]
    await simulator.requests.until(2, Family.STATUS)

    assert (await client.status(SITE, urgent=True)).chargers

    release.set()
    await asyncio.gather(*readers)


async def test_a_read_that_never_got_its_place_is_not_held_against_its_family(
    client: EnlightenClient, simulator: Simulator
) -> None:
    """Trap 46: the family was not even asked."""
    simulator.faults.add(faults.slow(30), Family.MODE)
    holder = asyncio.create_task(client.charge_mode(SITE, SERIAL))
    await simulator.requests.until(1, Family.MODE)
    with pytest.raises(ConnectionFailed):
        await client.with_timeout(0.02).green_settings(SITE, SERIAL)
    assert simulator.requests.count(Family.GREEN) == 0
    holder.cancel()
    await asyncio.wait({holder})

    assert await client.green_settings(SITE, SERIAL)
    assert client.transport.health[ClientFamily.GREEN].failures == 0


def test_a_budget_outlives_a_restart() -> None:
    """Trap 90: nine restarts in an hour sent 494 requests."""
    budget = RequestBudget(60)
    for minute in range(50):
        budget.spend(START_OF_TEST + timedelta(minutes=minute))
    later = START_OF_TEST + timedelta(minutes=70)

    restored = RequestBudget(60)
    restored.restore([sent.timestamp() for sent in budget.sent], later)

    assert restored.used(later) == budget.used(later) == 40


def test_a_damaged_budget_counts_for_nothing() -> None:
    """Trap 90."""
    budget = RequestBudget(60)
    budget.restore([-1, 1e300, math.nan, math.inf, 4e9], START_OF_TEST)

    assert budget.used(START_OF_TEST) == 0


async def test_a_third_status_waits(client: EnlightenClient, simulator: Simulator) -> None:
    release = asyncio.Event()
    simulator.faults.add(faults.held(release), Family.STATUS)
    readers = [asyncio.create_task(client.status(SITE)) for _ in range(3)]
    await simulator.requests.until(2, Family.STATUS)

    # There and back: a third one would have come before
    await client.start_live_stream(SITE)

    assert simulator.requests.count(Family.STATUS) == 2
    release.set()
    await asyncio.gather(*readers)
    assert simulator.requests.count(Family.STATUS) == 3


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        (120, timedelta(seconds=120)),
        ("120.5", timedelta(seconds=120.5)),
        ("Tue, 10 Nov 2026 07:10:00 GMT", timedelta(minutes=10)),
        ("Tue, 10 Nov 2026 08:10:00 +0100", timedelta(minutes=10)),
        ("Tue, 10 Nov 2026 07:10:00", timedelta(minutes=10)),
        (10**8, timedelta(hours=1)),
        (None, timedelta(seconds=60)),
        (0, timedelta(seconds=60)),
        (1, timedelta(seconds=60)),
        ("Tue, 10 Nov 2026 06:58:00 GMT", timedelta(seconds=60)),
        ("soon", timedelta(seconds=60)),
        ("-5", timedelta(seconds=60)),
    ],
)
async def test_a_rate_limit_pauses_the_whole_account(
    client: EnlightenClient, simulator: Simulator, retry_after: int | str | None, pause: timedelta
) -> None:
    """Trap 58: `Retry-After` is seconds or a date."""
    simulator.faults.add(faults.status_code(429, retry_after=retry_after), Family.STATUS, times=1)
    with pytest.raises(RateLimited) as caught:
        await client.status(SITE)
    assert caught.value.retry_at == START_OF_TEST + pause
    assert client.transport.paused_until == START_OF_TEST + pause

    for read in (client.status(SITE), client.chargers(SITE), client.sites(), client.charge_mode(SITE, SERIAL)):
        with pytest.raises(RateLimited) as caught:
            await read
        assert caught.value.retry_at == START_OF_TEST + pause

    assert len(simulator.requests) == 1


async def test_a_cloud_that_says_to_retry_at_once_is_left_alone_longer_and_longer(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(429, retry_after=0), Family.STATUS)
    pauses = []
    for _ in range(5):
        with pytest.raises(RateLimited) as caught:
            await client.status(SITE)
        assert caught.value.retry_at is not None
        pauses.append((caught.value.retry_at - clock()) / timedelta(minutes=1))
        clock.move_to(caught.value.retry_at)

    assert pauses == [1, 2, 4, 8, 8]


async def test_a_date_to_retry_counts_from_the_clock_of_the_cloud(
    client: EnlightenClient, simulator: Simulator
) -> None:
    """A clock that is an hour behind would pause for an hour longer."""
    headers = (("Date", "Tue, 10 Nov 2026 08:00:00 GMT"), ("Retry-After", "Tue, 10 Nov 2026 08:10:00 GMT"))
    simulator.faults.add(Trouble(name="busy", answer=Reply(status=429, headers=headers)), Family.STATUS)

    with pytest.raises(RateLimited) as caught:
        await client.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + timedelta(minutes=10)


@pytest.mark.parametrize("retry_after", [999999999, "Tue, 10 Nov 2099 06:58:00 GMT"])
async def test_no_family_is_held_back_for_more_than_an_hour(
    client: EnlightenClient, simulator: Simulator, retry_after: int | str
) -> None:
    """Trap 84: nobody believes a longer wait without a probe."""
    simulator.faults.add(faults.status_code(503, retry_after=retry_after), Family.STATUS)

    with pytest.raises(ServiceUnavailable) as caught:
        await client.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + HOUR


async def test_a_stored_time_far_in_the_future_holds_nothing_back_for_more_than_a_day(connect: Connect) -> None:
    """A clock that was wrong when it was stored must not stop everything for years; requests are probed sooner."""
    far = START_OF_TEST + timedelta(days=3650)
    guard = SignInGuard(rejections=3, blocked_until=far, reason="rejected")
    credentials = Credentials(email=OWNER_EMAIL, rate_limited_until=far, guard=guard)

    client = await connect(credentials=credentials)

    assert client.transport.paused_until == START_OF_TEST + HOUR
    assert client.session.credentials.guard.blocked_until == START_OF_TEST + timedelta(hours=24)


async def test_a_pause_ends_by_itself(client: EnlightenClient, simulator: Simulator, clock: ManualClock) -> None:
    simulator.faults.add(faults.status_code(429), Family.STATUS, times=1)
    with pytest.raises(RateLimited):
        await client.status(SITE)
    clock.tick(60)

    assert (await client.status(SITE)).chargers
    assert client.transport.paused_until is None


async def test_an_answer_makes_the_next_pause_a_short_one_again(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    for _ in range(3):
        simulator.faults.add(faults.status_code(429), Family.STATUS, times=1)
        with pytest.raises(RateLimited) as caught:
            await client.status(SITE)
        assert caught.value.retry_at == clock() + timedelta(seconds=60)
        clock.tick(60)
        await client.status(SITE)


async def test_a_command_is_sent_during_a_pause(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(429), Family.STATUS)
    with pytest.raises(RateLimited):
        await client.status(SITE)

    await client.start_live_stream(SITE)

    assert simulator.requests.count(Family.LIVE_STREAM) == 1


async def test_a_person_may_sign_in_during_a_pause(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(429), Family.STATUS)
    with pytest.raises(RateLimited):
        await client.status(SITE)

    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)

    assert simulator.requests.logins == 1


async def test_a_pause_outlives_a_restart(connect: Connect, simulator: Simulator, clock: ManualClock) -> None:
    """Trap 58: a pause that a restart forgets is none."""
    stored: list[Credentials] = []
    first = await connect(on_change=stored.append)
    await first.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    simulator.faults.add(faults.status_code(429, retry_after=3600), Family.STATUS, times=1)
    with pytest.raises(RateLimited):
        await first.status(SITE)
    clock.tick(3599)

    second = await connect(credentials=stored[-1])
    with pytest.raises(RateLimited):
        await second.status(SITE)
    clock.tick(1)

    assert (await second.status(SITE)).chargers


def test_pauses_without_a_time_from_the_cloud_double_up_to_eight_minutes() -> None:
    pause = Pauses()
    now = START_OF_TEST
    minutes = []
    for _ in range(5):
        end = pause.begin(ClientFamily.STATUS, now, retry_at=None, jitter=shortest_jitter)
        minutes.append((end - now) / timedelta(minutes=1))
        now = end

    assert minutes == [1, 2, 4, 8, 8]


def test_jitter_lengthens_a_pause_up_to_two_and_a_half_times() -> None:
    bounds: list[tuple[float, float]] = []

    def longest(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    end = Pauses().begin(ClientFamily.STATUS, START_OF_TEST, retry_at=None, jitter=longest)

    assert bounds == [(1.0, 2.5)]
    assert end == START_OF_TEST + timedelta(seconds=150)


def test_requests_that_were_on_their_way_do_not_lengthen_a_pause() -> None:
    pause = Pauses()
    first = pause.begin(ClientFamily.STATUS, START_OF_TEST, retry_at=None, jitter=shortest_jitter)
    pause.succeed(ClientFamily.STATUS, START_OF_TEST)

    second = pause.begin(ClientFamily.STATUS, START_OF_TEST, retry_at=None, jitter=shortest_jitter)

    assert second <= first + timedelta(minutes=1)
    assert pause.account_until(START_OF_TEST) is not None


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    pause = Pauses()
    pause.begin(ClientFamily.STATUS, START_OF_TEST, retry_at=START_OF_TEST + HOUR, jitter=shortest_jitter)

    end = pause.begin(
        ClientFamily.STATUS, START_OF_TEST, retry_at=START_OF_TEST + timedelta(seconds=1), jitter=shortest_jitter
    )

    assert end == START_OF_TEST + HOUR


async def test_trouble_with_the_status_backs_off_from_the_status_alone(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    """Trap 46: an outage of the EV service once stopped everything."""
    fault = simulator.faults.add(faults.status_code(500), Family.STATUS)
    delays = []
    for failures in range(1, 8):
        with pytest.raises(ServiceUnavailable) as caught:
            await client.status(SITE)
        assert simulator.requests.count(Family.STATUS) == failures
        assert caught.value.retry_at is not None
        delays.append((caught.value.retry_at - clock()).total_seconds())
        with pytest.raises(ServiceUnavailable):
            await client.status(SITE)
        assert (await client.charge_mode(SITE, SERIAL)).selected
        await client.stop_live_stream(SITE)
        clock.move_to(caught.value.retry_at)

    assert delays == [60, 120, 240, 480, 600, 600, 600]
    simulator.faults.remove(fault)
    assert (await client.status(SITE)).chargers


async def test_trouble_with_the_metadata_is_waited_for_like_that_of_the_status(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(503), Family.SUMMARY)
    delays = []
    for _ in range(7):
        with pytest.raises(ServiceUnavailable) as caught:
            await client.chargers(SITE)
        assert caught.value.retry_at is not None
        delays.append((caught.value.retry_at - clock()).total_seconds())
        assert (await client.status(SITE)).chargers
        clock.move_to(caught.value.retry_at)

    assert delays == [60, 120, 240, 480, 600, 600, 600]


async def test_a_longer_retry_after_lengthens_a_back_off(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(503, retry_after=900), Family.STATUS)

    with pytest.raises(ServiceUnavailable) as caught:
        await client.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + timedelta(seconds=900)


async def test_a_shorter_retry_after_does_not_shorten_a_back_off(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(503, retry_after=1), Family.STATUS)

    with pytest.raises(ServiceUnavailable) as caught:
        await client.status(SITE)

    assert caught.value.retry_at == START_OF_TEST + timedelta(seconds=60)


async def test_a_status_can_be_asked_for_during_a_back_off(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(500), Family.STATUS, times=1)
    with pytest.raises(ServiceUnavailable):
        await client.status(SITE)

    assert (await client.status(SITE, urgent=True)).chargers


@pytest.mark.parametrize("trouble", [faults.dropped(), faults.text_body("?")], ids=["no answer", "unreadable"])
async def test_the_status_is_not_held_back_for_a_bad_connection(
    client: EnlightenClient, simulator: Simulator, trouble: faults.Trouble
) -> None:
    fault = simulator.faults.add(trouble, Family.STATUS)
    with pytest.raises(EnlightenError):
        await client.status(SITE)
    simulator.faults.remove(fault)

    assert (await client.status(SITE)).chargers


OPTIONAL_TROUBLE = {
    "500": faults.status_code(500),
    "503": faults.status_code(503),
    "406": faults.status_code(406),
    "400": faults.status_code(400),
    "a page": faults.maintenance(),
    "the login page": faults.login_wall(),
    "plain text": faults.text_body("?"),
    "no answer": faults.dropped(),
}


@pytest.mark.parametrize("trouble", OPTIONAL_TROUBLE.values(), ids=OPTIONAL_TROUBLE)
async def test_an_optional_family_in_trouble_is_left_alone_longer_and_longer(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock, trouble: faults.Trouble
) -> None:
    simulator.faults.add(trouble, Family.MODE)
    minutes = []
    for _ in range(5):
        with pytest.raises(EnlightenError):
            await client.charge_mode(SITE, SERIAL)
        with pytest.raises(ServiceUnavailable) as caught:
            await client.charge_mode(SITE, SERIAL)
        assert caught.value.retry_at is not None
        minutes.append((caught.value.retry_at - clock()) / timedelta(minutes=1))
        clock.move_to(caught.value.retry_at)

    assert minutes == [5, 15, 30, 60, 60]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_an_optional_family_that_is_refused_three_times_is_asked_once_a_day(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock, status: int
) -> None:
    fault = simulator.faults.add(faults.status_code(status), Family.GREEN)
    for minutes in (5, 15, 0):
        with pytest.raises((NotSupported, ServiceUnavailable)):
            await client.green_settings(SITE, SERIAL)
        clock.tick(60 * minutes)
    with pytest.raises(NotSupported):
        await client.green_settings(SITE, SERIAL)
    clock.tick(86_399)
    with pytest.raises(NotSupported):
        await client.green_settings(SITE, SERIAL)
    assert simulator.requests.count(Family.GREEN) == 3

    clock.tick(1)
    simulator.faults.remove(fault)
    assert (await client.green_settings(SITE, SERIAL)).use_battery is not None


async def test_three_refusals_must_be_in_a_row(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    for status in (403, 403, 500, 403):
        simulator.faults.add(faults.status_code(status), Family.GREEN, times=1)
        with pytest.raises(EnlightenError):
            await client.green_settings(SITE, SERIAL)
        clock.tick(3600)

    assert (await client.green_settings(SITE, SERIAL)).use_battery is not None


class TestTwoChargers:
    """One charger's missing setting is not the other's."""

    @pytest.fixture
    def world(self, clock: ManualClock) -> World:
        return World.with_chargers(2, clock)

    async def test_a_back_off_concerns_one_charger(
        self, client: EnlightenClient, simulator: Simulator, world: World
    ) -> None:
        first, second = (charger.serial for charger in world.site.chargers)
        simulator.faults.add(faults.status_code(404), Family.GREEN, path_part=first)
        with pytest.raises(NotSupported):
            await client.green_settings(SITE, first)

        assert (await client.green_settings(SITE, second)).use_battery is not None


async def test_health_tells_how_each_family_is_doing(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    await client.status(SITE)
    clock.tick(30)
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    with pytest.raises(ServiceUnavailable):
        await client.status(SITE)

    health = client.transport.health[ClientFamily.STATUS]

    assert (health.requests, health.failures) == (2, 1)
    assert health.last_success == START_OF_TEST
    assert health.last_failure == START_OF_TEST + timedelta(seconds=30)
    assert health.last_error == "service_unavailable"
    assert health.next_try == START_OF_TEST + timedelta(seconds=90)
    assert health.latency is not None
    assert health.latency > 0
    assert ClientFamily.MODE not in client.transport.health


async def test_health_keeps_the_last_latency_when_no_answer_comes(
    client: EnlightenClient, simulator: Simulator
) -> None:
    await client.status(SITE)
    latency = client.transport.health[ClientFamily.STATUS].latency
    simulator.faults.add(faults.dropped(), Family.STATUS)
    with pytest.raises(ConnectionFailed):
        await client.status(SITE)

    health = client.transport.health[ClientFamily.STATUS]

    assert health.latency == latency
    assert health.last_error == "connection_failed"


async def test_health_tells_of_a_pause_that_holds_a_family_back(
    client: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 84: a pause is told by whatever it holds back, be it of the family, its host or the account."""
    await client.monetary.tariff(SITE)
    simulator.faults.add(faults.status_code(429), Family.VPP_EVENTS)
    with pytest.raises(RateLimited):
        await client.grid_services.events(SITE, world.site.vpp.program_id)

    assert client.transport.health[ClientFamily.VPP_EVENTS].next_try == START_OF_TEST + timedelta(minutes=1)
    assert client.transport.health[ClientFamily.TARIFF].next_try is None

    simulator.faults.add(faults.status_code(429), Family.STATUS)
    with pytest.raises(RateLimited):
        await client.status(SITE)

    assert client.transport.health[ClientFamily.TARIFF].next_try == START_OF_TEST + timedelta(minutes=1)
