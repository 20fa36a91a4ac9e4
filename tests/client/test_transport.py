"""One request on its way: broken connections, time, size and odd answers."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    CommandOutcomeUnknown,
    ConnectionFailed,
    EnlightenClient,
    EnlightenError,
    Hosts,
    InvalidResponse,
    NotSupported,
    RateLimited,
    RouteGone,
    ServiceUnavailable,
    Transport,
)
from custom_components.enphase_cloud_things.enlighten.endpoints import STATUS, Call, Family as ClientFamily
from custom_components.enphase_cloud_things.enlighten.replies import read_outcome
from custom_components.enphase_cloud_things.enlighten.session.state import Identity
from simulator import Family, Simulator, faults
from simulator.faults import Trouble
from simulator.pages import LOGIN_PAGE

from .answers import redirected
from .conftest import SERIAL, SITE, Connect


async def test_a_read_is_repeated_once_where_the_connection_broke(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.dropped(), Family.STATUS, times=1)

    assert (await client.status(SITE)).chargers

    assert simulator.requests.count(Family.STATUS) == 2


async def test_a_read_is_not_repeated_twice(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.dropped(), Family.STATUS)

    with pytest.raises(ConnectionFailed):
        await client.status(SITE)

    assert simulator.requests.count(Family.STATUS) == 2


async def test_a_read_by_post_is_repeated_like_any_other(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.dropped(), Family.CONFIGURATION, times=1)

    assert await client.configuration(SITE, SERIAL)

    assert simulator.requests.count(Family.CONFIGURATION) == 2


async def test_every_try_counts(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.dropped(), Family.STATUS, times=1)
    before = client.transport.requests_last_hour

    await client.status(SITE)

    assert client.transport.requests_last_hour == before + 2


async def test_a_repeat_needs_room_in_the_budget(connect: Connect, simulator: Simulator) -> None:
    client = await connect(budget=9)
    simulator.faults.add(faults.dropped(), Family.STATUS)

    with pytest.raises(RateLimited):
        await client.status(SITE)

    assert simulator.requests.count(Family.STATUS) == 1


async def test_a_read_that_takes_too_long_is_not_repeated(client: EnlightenClient, simulator: Simulator) -> None:
    client = client.with_timeout(0.1)
    simulator.faults.add(faults.slow(5), Family.STATUS)

    with pytest.raises(ConnectionFailed):
        await client.status(SITE)

    assert simulator.requests.count(Family.STATUS) == 1


async def test_each_client_of_an_account_has_a_time_out_of_its_own(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.slow(0.3), Family.STATUS)
    hasty, patient = client.with_timeout(0.05), client.with_timeout(5)

    with pytest.raises(ConnectionFailed):
        await hasty.status(SITE)

    assert (await patient.status(SITE)).chargers


async def test_an_answer_that_ends_too_early_is_no_answer(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.truncated(), Family.STATUS)

    with pytest.raises(InvalidResponse) as caught:
        await client.status(SITE)

    assert caught.value.path == "status"


TOO_LARGE = "<html>" + "x" * 5_000_000


@pytest.mark.parametrize("status", [200, 503])
async def test_a_command_answered_with_a_body_beyond_all_reason_may_have_been_carried_out(
    client: EnlightenClient, simulator: Simulator, status: int
) -> None:
    simulator.faults.add(replace(faults.text_body(TOO_LARGE, status), executes=True), Family.START)

    with pytest.raises(CommandOutcomeUnknown):
        await client.start_charging(SITE, SERIAL, level=16)


async def test_a_rate_limit_pauses_the_account_however_large_its_body_is(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.text_body(TOO_LARGE, 429), Family.STATUS)

    with pytest.raises(RateLimited):
        await client.status(SITE)

    assert client.transport.paused_until is not None


@pytest.mark.parametrize("value", ["abc%0A", "abc%0D%0AX-Evil: 1", "%ED%A0%80%00"])
async def test_a_cookie_that_cannot_be_part_of_a_header_is_no_obstacle(
    client: EnlightenClient, simulator: Simulator, value: str
) -> None:
    client.transport.cookie_jar.update_cookies({"XSRF-TOKEN": value}, URL(simulator.enlighten_url))

    assert (await client.status(SITE)).chargers

    assert "x-csrf-token" not in simulator.requests.last(Family.STATUS).headers


async def test_connections_that_were_given_back_are_no_connections(hosts: Hosts) -> None:
    http = aiohttp.ClientSession()
    await http.close()
    transport = Transport(http, hosts=hosts)

    with pytest.raises(ConnectionFailed):
        await transport.exchange(Call(STATUS, site_id=SITE), Identity, lambda reply: reply)


async def test_a_body_beyond_all_reason_is_not_read(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.text_body(" " * 5_000_000 + "{}"), Family.STATUS)

    with pytest.raises(InvalidResponse):
        await client.status(SITE)


@pytest.mark.parametrize("trouble", [faults.quoted(), faults.labelled("text/plain"), faults.labelled("text/html")])
async def test_json_is_json_whatever_it_is_wrapped_in(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble
) -> None:
    """Trap 61: in quotes, or labelled as something else."""
    simulator.faults.add(trouble, Family.STATUS)

    assert (await client.status(SITE)).chargers


@pytest.mark.parametrize("status", [200, 204, 205])
async def test_an_empty_answer_is_an_empty_object(client: EnlightenClient, simulator: Simulator, status: int) -> None:
    """Trap 60: nothing is a valid answer."""
    simulator.faults.add(faults.empty_body(status), Family.STATUS, Family.SUMMARY, Family.MODE)

    assert (await client.status(SITE)).chargers == ()
    assert await client.chargers(SITE) == ()
    assert (await client.charge_mode(SITE, SERIAL)).selected is None


READ_ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "403": (faults.status_code(403), NotSupported),
    "404": (faults.status_code(404), NotSupported),
    "404 without a route": (faults.payload({"message": "No static resource x."}, 404), RouteGone),
    "405": (faults.status_code(405), RouteGone),
    "400": (faults.status_code(400), ServiceUnavailable),
    "406": (faults.status_code(406), ServiceUnavailable),
    "409": (faults.status_code(409), ServiceUnavailable),
    "500": (faults.status_code(500), ServiceUnavailable),
    "502": (faults.status_code(502), ServiceUnavailable),
    "550": (faults.status_code(550), ServiceUnavailable),
    "a maintenance page": (faults.maintenance(), ServiceUnavailable),
    "a maintenance page with 503": (faults.maintenance(503), ServiceUnavailable),
    "the login page with 500": (faults.text_body(LOGIN_PAGE, 500), ServiceUnavailable),
    "the login page with 404": (faults.text_body(LOGIN_PAGE, 404), NotSupported),
    "a redirect": (redirected("/somewhere"), ServiceUnavailable),
    "a redirect to another host": (redirected("https://other.example.com/status"), ServiceUnavailable),
    "a redirect to nowhere": (redirected("http://["), ServiceUnavailable),
}


@pytest.mark.parametrize(("trouble", "error"), READ_ANSWERS.values(), ids=READ_ANSWERS)
async def test_every_answer_to_a_read_has_its_meaning_and_is_asked_for_once(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    simulator.faults.add(trouble, Family.STATUS)

    with pytest.raises(EnlightenError) as caught:
        await client.status(SITE)

    assert type(caught.value) is error
    assert simulator.requests.count(Family.STATUS) == 1


@pytest.mark.parametrize("location", ["/login", "/login/login?next=x", "https://other.example.com/login"])
async def test_a_way_to_the_login_page_is_a_login_page(
    client: EnlightenClient, simulator: Simulator, location: str
) -> None:
    simulator.faults.add(redirected(location), Family.MODE)

    with pytest.raises(ServiceUnavailable):
        await client.charge_mode(SITE, SERIAL)

    assert client.transport.health[ClientFamily.MODE].last_error == "login_wall"
    assert simulator.requests.count(Family.PAGE) == 0


async def test_hosts_may_lie_below_a_path(client: EnlightenClient, simulator: Simulator) -> None:
    await client.status(SITE)

    request = simulator.requests.last(Family.STATUS)
    assert URL(simulator.enlighten_url).path == "/enlighten"
    assert request.headers["referer"].startswith(simulator.enlighten_url)


async def test_the_real_hosts_are_the_default() -> None:
    async with aiohttp.ClientSession() as http:
        transport = Transport(http)

        assert transport.hosts == Hosts()
        assert transport.requests_last_hour == 0
        assert transport.paused_until is None


async def test_a_cancelled_read_frees_its_place(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.slow(30), Family.SUMMARY, times=1)
    reader = asyncio.create_task(client.chargers(SITE))
    await simulator.requests.until(1, Family.SUMMARY)

    reader.cancel()

    assert await client.chargers(SITE)


async def test_a_refusal_keeps_the_word_for_service_trouble(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(502), Family.STATUS)

    with pytest.raises(ServiceUnavailable) as caught:
        await client.status(SITE)

    assert caught.value.refusal is not None
    assert (caught.value.refusal.http_status, caught.value.refusal.status_text) == (502, "BAD_GATEWAY")


async def test_a_transport_pauses_without_anybody_listening(hosts: Hosts, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(429), Family.STATUS)
    async with aiohttp.ClientSession() as http:
        transport = Transport(http, hosts=hosts)

        with pytest.raises(RateLimited):
            await transport.exchange(Call(STATUS, site_id=SITE), Identity, lambda reply: read_outcome(STATUS, reply))

        assert transport.paused_until is not None
