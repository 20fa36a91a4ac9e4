"""What can be done without may fail in every way the cloud knows, and the session never suffers for it."""

from datetime import timedelta
import logging

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ConnectionFailed,
    EnlightenClient,
    EnlightenError,
    Family,
    InvalidResponse,
    NotSupported,
    RateLimited,
    ServiceUnavailable,
)
from simulator import OWNER_EMAIL, Family as Service, ManualClock, Simulator, World, faults
from simulator.faults import Trouble
from simulator.wire import Json

from .conftest import SERIAL, SITE, START_OF_TEST
from .optional_reads import OPTIONAL_READS, OptionalRead, Subject

OTHERS = Subject(site_id="4410288", serial="202640011874", program_id="0123456789abcdef01234567")

every_read = pytest.mark.parametrize("read", OPTIONAL_READS, ids=str)
# What an answer means depends on nothing but the host
one_read_of_each_host = pytest.mark.parametrize(
    "read", [read for read in OPTIONAL_READS if read.family in {Family.VPP_EVENTS, Family.TARIFF}], ids=str
)

FAILURES: list[tuple[Trouble, type[EnlightenError]]] = [
    (faults.status_code(401), ServiceUnavailable),
    (faults.status_code(403), NotSupported),
    (faults.status_code(404), NotSupported),
    (faults.status_code(406), ServiceUnavailable),
    (faults.status_code(500), ServiceUnavailable),
    (faults.status_code(502), ServiceUnavailable),
    (faults.status_code(503), ServiceUnavailable),
    (faults.status_code(504), ServiceUnavailable),
    (faults.status_code(550), ServiceUnavailable),
    (faults.login_wall(), ServiceUnavailable),
    (faults.login_wall(as_json=True), ServiceUnavailable),
    (faults.status_code(403, body={"message": "Too many active sessions"}), ServiceUnavailable),
    (faults.maintenance(), ServiceUnavailable),
    (faults.coded_error(200, "E-17", "Computation failed"), ServiceUnavailable),
    (faults.text_body("no json at all"), InvalidResponse),
    (faults.truncated(), InvalidResponse),
    (faults.payload("a single text"), InvalidResponse),
    (faults.payload([17]), InvalidResponse),
    (faults.dropped(), ConnectionFailed),
]


def subject_of(world: World) -> Subject:
    return Subject(program_id=world.site.vpp.program_id)


async def failed(read: OptionalRead, client: EnlightenClient, world: World) -> EnlightenError:
    """Read in the knowledge that it fails."""
    with pytest.raises(EnlightenError) as caught:
        await read.send(client, subject_of(world))
    return caught.value


@one_read_of_each_host
@pytest.mark.parametrize(
    ("trouble", "error"), FAILURES, ids=[f"{index}-{trouble.name}" for index, (trouble, _) in enumerate(FAILURES)]
)
async def test_a_failure_has_the_type_of_its_cause_and_costs_only_its_own_family(
    unattended: EnlightenClient,
    world: World,
    simulator: Simulator,
    *,
    read: OptionalRead,
    trouble: Trouble,
    error: type[EnlightenError],
) -> None:
    """Trap 3: a 401 that means "no right to this" was answered with a sign-in at every poll."""
    simulator.faults.add(trouble, read.service)

    assert isinstance(await failed(read, unattended, world), error)

    assert simulator.requests.count(Service.JWT) == 0
    assert simulator.requests.logins == 0
    health = unattended.transport.health[read.family]
    assert health.failures == 1
    assert health.next_try == START_OF_TEST + read.delay(1)
    sent = len(simulator.requests)
    assert isinstance(await failed(read, unattended, world), ServiceUnavailable)
    assert len(simulator.requests) == sent
    assert len((await unattended.status(SITE)).chargers) == 1


@every_read
async def test_the_longer_a_family_fails_the_longer_it_is_left_alone(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock, read: OptionalRead
) -> None:
    simulator.faults.add(faults.status_code(503), read.service)

    for failures in (1, 2, 3, 4):
        error = await failed(read, client, world)
        assert isinstance(error, ServiceUnavailable)
        assert error.retry_at == clock() + read.delay(failures)
        sent = simulator.requests.count(read.service)
        clock.tick((read.delay(failures) - timedelta(seconds=1)).total_seconds())
        await failed(read, client, world)
        assert simulator.requests.count(read.service) == sent == failures
        clock.tick(1)
    simulator.faults.clear()
    await client.session.renew_without_password()
    await read.send(client, subject_of(world))

    simulator.faults.add(faults.status_code(503), read.service)
    error = await failed(read, client, world)
    assert isinstance(error, ServiceUnavailable)
    assert error.retry_at == clock() + read.delay(1)


@every_read
async def test_a_longer_pause_that_the_cloud_asks_for_counts(
    client: EnlightenClient, world: World, simulator: Simulator, read: OptionalRead
) -> None:
    simulator.faults.add(faults.status_code(503, retry_after=3000), read.service)

    error = await failed(read, client, world)

    assert isinstance(error, ServiceUnavailable)
    assert error.retry_at == START_OF_TEST + max(timedelta(seconds=3000), read.delay(1))


@every_read
async def test_too_many_requests_pause_the_family_or_its_host_alone(
    client: EnlightenClient,
    world: World,
    simulator: Simulator,
    clock: ManualClock,
    read: OptionalRead,
) -> None:
    """Traps 58 and 84: a pause is no wider than its cause."""
    simulator.faults.add(faults.status_code(429, retry_after=120), read.service, times=1)

    error = await failed(read, client, world)

    assert isinstance(error, RateLimited)
    assert error.retry_at == START_OF_TEST + timedelta(seconds=120)
    sent = len(simulator.requests)
    assert isinstance(await failed(read, client, world), RateLimited)
    assert len(simulator.requests) == sent
    assert client.transport.paused_until is None
    assert await client.status(SITE)
    clock.tick(120)
    await read.send(client, subject_of(world))


@every_read
async def test_what_is_refused_three_times_is_tried_no_more_than_daily(
    client: EnlightenClient, world: World, simulator: Simulator, clock: ManualClock, read: OptionalRead
) -> None:
    simulator.faults.add(faults.status_code(403), read.service)
    for failures in (1, 2):
        await failed(read, client, world)
        clock.tick(read.delay(failures).total_seconds())

    # A program that is not to be had is an answer, and no error
    is_answer = read.family is Family.VPP_ENROLMENT
    for _ in range(3):
        if is_answer:
            await read.send(client, subject_of(world))
        else:
            await failed(read, client, world)

    assert simulator.requests.count(read.service) == 3
    assert client.transport.health[read.family].next_try == clock() + timedelta(minutes=read.refused_delay)


@every_read
async def test_other_sites_and_chargers_are_not_held_back(
    client: EnlightenClient, world: World, simulator: Simulator, read: OptionalRead
) -> None:
    simulator.faults.add(faults.status_code(503), read.service)
    await failed(read, client, world)
    sent = simulator.requests.count(read.service)

    with pytest.raises(EnlightenError):
        await read.send(client, OTHERS)

    assert simulator.requests.count(read.service) == sent + 1


@every_read
@pytest.mark.parametrize("status", [200, 401, 503])
async def test_neither_the_log_nor_an_error_tells_an_id(
    client: EnlightenClient,
    world: World,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    *,
    read: OptionalRead,
    status: int,
) -> None:
    """Trap 64: addresses with ids were written to the log."""
    caplog.set_level(logging.DEBUG)
    plant = world.site.vpp
    plant.schedule()
    body: Json = {"data": [SITE, plant.program_id], "error": {"displayMessage": f"Charger {SERIAL} of {OWNER_EMAIL}"}}
    simulator.faults.add(faults.payload(body, status), read.service)

    error = await failed(read, client, world)

    log = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("custom_components"))
    assert log
    for secret in (SITE, SERIAL, OWNER_EMAIL, plant.program_id, plant.enrolment_id):
        assert secret not in log
        assert secret not in f"{error!r} {error} {vars(error)}"
