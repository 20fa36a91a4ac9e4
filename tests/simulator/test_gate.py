"""What the cloud checks before it answers: headers, session, tokens, rights."""

import pytest

from simulator import DeadSession, ManualClock, World
from simulator.accounts import Account

from .browser import MODE, SELF, SITES, START, STATUS, STOP, SUMMARY, Browser

READS = [SITES, STATUS, SUMMARY]
CONTROLS = [("POST", START), ("PUT", STOP), ("GET", MODE), ("GET", STATUS.replace("status", "start_live_stream"))]


@pytest.mark.parametrize(
    "agent",
    [
        "HomeAssistant/2026.11.0 aiohttp/3.14",
        "Mozilla/5.0 (compatible; HomeAssistant)",
        "Python/3.14 aiohttp/3.14",
        "curl/8.9",
        "",
    ],
)
@pytest.mark.parametrize("path", [SITES, STATUS, SELF])
async def test_an_unusual_user_agent_is_not_acceptable(browser: Browser, agent: str, path: str) -> None:
    assert (await browser.get(path, headers={"User-Agent": agent})).status == 406


async def test_a_narrow_accept_header_is_not_acceptable(browser: Browser) -> None:
    assert (await browser.get(STATUS, headers={"Accept": "application/json"})).status == 406
    assert (await browser.get(STATUS, headers={"Accept": "application/json, text/plain, */*"})).status == 200


async def test_a_stranger_reads_nothing(visitor: Browser) -> None:
    assert [(await visitor.get(path)).status for path in READS] == [401, 401, 401]


async def test_reads_succeed_on_cookies_alone(browser: Browser) -> None:
    browser.tokens = {"e-auth-token": "null"}

    assert [(await browser.get(path)).status for path in READS] == [200, 200, 200]


@pytest.mark.parametrize(("method", "path"), CONTROLS)
async def test_controls_and_the_scheduler_demand_a_bearer(
    browser: Browser, world: World, method: str, path: str
) -> None:
    world.charger.plug_in()
    authorization = browser.tokens.pop("Authorization")
    assert (await browser.request(method, path)).status == 401

    raw = {"Authorization": authorization.removeprefix("Bearer ")}
    assert (await browser.request(method, path, headers=raw)).status == 401


async def test_the_access_token_serves_as_bearer_as_well(browser: Browser) -> None:
    browser.tokens["Authorization"] = f"Bearer {browser.tokens['e-auth-token']}"

    assert (await browser.get(MODE)).status == 200


async def test_an_expired_token_is_refused_while_the_cookie_is_still_good(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    clock.tick(world.account.token_lifetime.total_seconds() - 1)
    assert (await browser.get(STATUS)).status == 200

    clock.tick(1)

    assert (await browser.get(STATUS)).status == 401
    del browser.tokens["e-auth-token"]
    assert (await browser.get(STATUS)).status == 200


async def test_tokens_can_be_withdrawn_before_they_expire(browser: Browser, world: World) -> None:
    world.accounts.expire_tokens()

    assert (await browser.get(STATUS)).status == 401
    browser.tokens = {}
    assert (await browser.get(SELF)).status == 200


async def test_the_manager_token_dies_only_when_it_is_meant(browser: Browser, world: World) -> None:
    del browser.tokens["e-auth-token"]
    world.accounts.expire_tokens()
    assert (await browser.get(MODE)).status == 200

    world.accounts.expire_tokens(manager=True)

    assert (await browser.get(MODE)).status == 401


async def test_everybody_can_be_signed_out(browser: Browser, world: World) -> None:
    world.accounts.expire_sessions()
    browser.tokens = {}

    assert (await browser.get(SELF)).status == 401


@pytest.mark.parametrize(
    ("shape", "status", "content_type", "marker"),
    [
        (DeadSession.UNAUTHORIZED, 401, "application/json", "sign in"),
        (DeadSession.LOGIN_WALL, 200, "text/html", "/login/login"),
        (DeadSession.LOGIN_WALL_AS_JSON, 200, "application/json", "/login/login"),
        (DeadSession.REDIRECT, 200, "text/html", "/login/login"),
    ],
)
async def test_a_dead_session_shows_in_every_known_way(
    *, browser: Browser, world: World, shape: DeadSession, status: int, content_type: str, marker: str
) -> None:
    world.presentation.dead_session = shape
    world.accounts.expire_sessions()

    answer = await browser.get(STATUS)

    assert answer.status == status
    assert answer.headers["content-type"].startswith(content_type)
    assert marker in answer.text


async def test_another_account_s_site_is_forbidden(browser: Browser, world: World) -> None:
    cabin = world.add_site("4410299", "Cabin")
    world.add_account(Account(email="neighbour@example.com"), sites=[cabin])

    assert (await browser.get(STATUS.replace("4410287", "4410299"))).status == 403


async def test_a_site_name_instead_of_its_id_is_a_bad_request(browser: Browser) -> None:
    assert (await browser.get(STATUS.replace("4410287", "Lark%20Street"))).status == 400


async def test_an_unknown_charger_is_not_found(browser: Browser) -> None:
    answer = await browser.post(START.replace("202640011873", "202640099999"), {"connectorId": 1})

    assert answer.status == 404
    assert answer.at("error", "displayMessage") == "Charger not found"
