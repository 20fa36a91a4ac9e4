"""A person signs in with a password: every answer the cloud is known to give."""

from dataclasses import dataclass
from datetime import timedelta
import json

import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    AccountBlocked,
    AuthenticationRequired,
    ConnectionFailed,
    Credentials,
    EnlightenClient,
    EnlightenError,
    Hosts,
    InvalidCredentials,
    OtpChallenge,
    OtpRequired,
    RateLimited,
    ServiceUnavailable,
    TooManySessions,
)
from simulator import OWNER_EMAIL, OWNER_KEY, Account, Family, ManualClock, Simulator, World, faults
from simulator.accounts import CapShape, ChallengeShape, LoginShape, RefusalShape, TokenShape
from simulator.faults import Trouble

from .answers import redirected
from .conftest import START_OF_TEST, Connect

CAP_TEXT = "You have Too Many Active Sessions on this account"


async def sign_in(client: EnlightenClient) -> OtpChallenge | None:
    return await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)


async def test_a_password_opens_a_session_with_every_token(visitor: EnlightenClient, world: World) -> None:
    await sign_in(visitor)

    credentials = visitor.session.credentials
    assert visitor.session.credentials.signed_in_at
    assert visitor.session.user_id == world.account.user_id == credentials.user_id
    assert credentials.email == OWNER_EMAIL
    assert credentials.signed_in_at == START_OF_TEST
    assert credentials.access_token_expires_at == START_OF_TEST + world.account.token_lifetime
    assert credentials.session_id
    assert credentials.manager_token
    assert not credentials.one_time_codes
    assert [site.site_id for site in await visitor.sites()] == ["4410287"]


async def test_the_login_looks_like_the_web_page(visitor: EnlightenClient, simulator: Simulator) -> None:
    """Trap 8: user agents and `Accept` values of programs are refused."""
    await sign_in(visitor)

    login, token = simulator.requests.of(Family.LOGIN, Family.JWT)
    assert login.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert login.headers["x-requested-with"] == "XMLHttpRequest"
    assert login.headers["referer"] == f"{simulator.enlighten_url}/"
    assert login.headers["user-agent"].startswith("Mozilla/5.0 (")
    assert token.headers["accept"] == "application/json, text/plain, */*"
    assert "authorization" not in token.headers
    assert "e-auth-token" not in token.headers


async def test_the_cookie_that_the_token_route_replaced_is_the_one_that_is_kept(
    connect: Connect, simulator: Simulator
) -> None:
    """Trap 7: what was stored before the token call is dead after a restart."""
    stored: list[Credentials] = []
    client = await connect(on_change=stored.append)
    await sign_in(client)

    restarted = await connect(credentials=stored[-1])

    assert len((await restarted.status("4410287")).chargers) == 1
    assert simulator.requests.logins == 1
    assert simulator.requests.count(Family.JWT) == 1


@pytest.mark.parametrize(
    "shape", [LoginShape.FULL, LoginShape.EMPTY_OBJECT, LoginShape.EMPTY_BODY, LoginShape.REDIRECT]
)
async def test_success_is_recognised_in_every_shape(
    visitor: EnlightenClient, world: World, simulator: Simulator, shape: LoginShape
) -> None:
    world.account.login_shape = shape

    await sign_in(visitor)

    assert await visitor.sites()
    assert simulator.requests.count(Family.PAGE) == 0


@pytest.mark.parametrize("name", ["session_id", "sessionId", "session"])
async def test_a_session_id_has_three_names(visitor: EnlightenClient, simulator: Simulator, name: str) -> None:
    body = {"message": "success", name: "b1946ac9", "managerToken": "opaque"}
    simulator.faults.add(faults.payload(body), Family.LOGIN)
    simulator.faults.add(faults.payload({"token": "opaque"}), Family.JWT)

    await sign_in(visitor)

    credentials = visitor.session.credentials
    assert (credentials.session_id, credentials.manager_token) == ("b1946ac9", "opaque")


async def test_a_manager_token_that_names_its_session_is_enough(visitor: EnlightenClient, world: World) -> None:
    world.account.login_shape = LoginShape.MANAGER_WITHOUT_SESSION

    await sign_in(visitor)

    assert visitor.session.credentials.session_id


@dataclass(frozen=True, kw_only=True)
class Row:
    """An answer to the login and the error it means."""

    trouble: Trouble
    error: type[EnlightenError]


REFUSALS = {
    "401": Row(trouble=faults.status_code(401), error=InvalidCredentials),
    "403": Row(trouble=faults.status_code(403), error=InvalidCredentials),
    "success false": Row(trouble=faults.payload({"success": False}), error=InvalidCredentials),
    "success without a nonce": Row(
        trouble=faults.payload({"success": True, "isBlocked": False}), error=InvalidCredentials
    ),
    "a manager token without any session": Row(
        trouble=faults.payload({"message": "success", "manager_token": "opaque"}), error=InvalidCredentials
    ),
    "an answer of no known kind": Row(trouble=faults.payload({"hello": "there"}), error=InvalidCredentials),
    "blocked": Row(trouble=faults.payload({"success": True, "isBlocked": True}), error=AccountBlocked),
}
TROUBLES = {
    "429": Row(trouble=faults.status_code(429), error=RateLimited),
    "500": Row(trouble=faults.status_code(500), error=ServiceUnavailable),
    "503": Row(trouble=faults.status_code(503), error=ServiceUnavailable),
    "418": Row(trouble=faults.status_code(418), error=ServiceUnavailable),
    "400": Row(trouble=faults.status_code(400), error=ServiceUnavailable),
    "a maintenance page": Row(trouble=faults.maintenance(), error=ServiceUnavailable),
    "the login page": Row(trouble=faults.login_wall(), error=ServiceUnavailable),
    "the login page labelled as JSON": Row(trouble=faults.login_wall(as_json=True), error=ServiceUnavailable),
    "plain text": Row(trouble=faults.text_body("Sorry"), error=ServiceUnavailable),
    "a list": Row(trouble=faults.payload([]), error=ServiceUnavailable),
    "half an answer": Row(trouble=faults.truncated(), error=ServiceUnavailable),
    "no answer": Row(trouble=faults.dropped(), error=ConnectionFailed),
    "500 with the text of the session cap": Row(trouble=faults.text_body(CAP_TEXT, 500), error=ServiceUnavailable),
}


@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_reported_for_what_it_is(visitor: EnlightenClient, simulator: Simulator, row: Row) -> None:
    simulator.faults.add(row.trouble, Family.LOGIN)

    with pytest.raises(AuthenticationRequired) as caught:
        await sign_in(visitor)

    assert type(caught.value) is row.error
    assert not visitor.session.credentials.signed_in_at
    assert simulator.requests.logins == 1


@pytest.mark.parametrize("row", TROUBLES.values(), ids=TROUBLES)
async def test_temporary_trouble_is_never_reported_as_a_wrong_password(
    visitor: EnlightenClient, simulator: Simulator, row: Row
) -> None:
    """Trap 9: a 5xx, a page or a time-out once asked people for another password."""
    simulator.faults.add(row.trouble, Family.LOGIN)

    with pytest.raises(EnlightenError) as caught:
        await sign_in(visitor)

    assert type(caught.value) is row.error
    assert simulator.requests.logins == 1


async def test_a_slow_login_is_no_wrong_password(connect: Connect, simulator: Simulator) -> None:
    visitor = await connect(seconds=0.05)
    simulator.faults.add(faults.slow(5), Family.LOGIN)

    with pytest.raises(ConnectionFailed):
        await sign_in(visitor)


@pytest.mark.parametrize("shape", RefusalShape)
async def test_a_wrong_password_is_invalid_credentials(
    visitor: EnlightenClient, world: World, shape: RefusalShape
) -> None:
    world.account.refusal_shape = shape

    with pytest.raises(InvalidCredentials):
        await visitor.session.sign_in(OWNER_EMAIL, "wrong")


@pytest.mark.parametrize("shape", ChallengeShape)
async def test_a_code_is_asked_for_in_every_shape(
    visitor: EnlightenClient, world: World, shape: ChallengeShape
) -> None:
    world.account.one_time_codes = True
    world.account.challenge_shape = shape

    assert await sign_in(visitor)

    assert not visitor.session.credentials.signed_in_at


@pytest.mark.parametrize("blocked", [False, True])
async def test_a_code_is_asked_for_before_a_block_is_told(
    visitor: EnlightenClient, simulator: Simulator, blocked: bool
) -> None:
    simulator.faults.add(faults.payload({"requires_mfa": True, "isBlocked": blocked}), Family.LOGIN)

    assert await sign_in(visitor)


async def test_a_code_that_a_person_is_asked_for_ends_unattended_sign_ins(
    unattended: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 10: the next one would only have another code sent."""
    world.account.one_time_codes = True
    assert await sign_in(unattended)
    world.accounts.expire_sessions()

    with pytest.raises(OtpRequired):
        await unattended.status("4410287")

    assert simulator.requests.logins == 1


async def test_a_nonce_from_an_earlier_challenge_does_not_ask_for_a_code(
    visitor: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.account.one_time_codes = True
    await sign_in(visitor)
    simulator.faults.add(faults.payload({"success": True, "isBlocked": False}), Family.LOGIN)

    with pytest.raises(InvalidCredentials):
        await sign_in(visitor)


@pytest.mark.parametrize("shape", CapShape)
async def test_the_session_cap_is_recognised_in_every_wrapping(
    visitor: EnlightenClient, world: World, shape: CapShape
) -> None:
    world.account.session_cap = 0
    world.account.cap_shape = shape

    with pytest.raises(TooManySessions) as caught:
        await sign_in(visitor)

    assert caught.value.retry_at == START_OF_TEST + timedelta(hours=24)


CAP_REPLIES: dict[str, Trouble] = {
    "401 with an object": faults.payload({"error": CAP_TEXT}, 401),
    "406": faults.text_body(CAP_TEXT, 406),
    "429": faults.payload([[{"a": CAP_TEXT}]], 429),
    "an object in text in text": faults.payload({"m": json.dumps({"n": json.dumps({"o": CAP_TEXT})})}),
    "the words apart": faults.payload({"m": "There are active sessions, too many of them"}),
}


@pytest.mark.parametrize("trouble", CAP_REPLIES.values(), ids=CAP_REPLIES)
async def test_the_session_cap_comes_before_the_meaning_of_the_status(
    visitor: EnlightenClient, simulator: Simulator, trouble: Trouble
) -> None:
    simulator.faults.add(trouble, Family.LOGIN)

    with pytest.raises(TooManySessions):
        await sign_in(visitor)


async def test_an_attended_sign_in_is_tried_whatever_the_guard_says(
    visitor: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.account.session_cap = 0
    with pytest.raises(TooManySessions):
        await sign_in(visitor)
    assert visitor.session.credentials.guard.reason == "too_many_sessions"
    world.account.session_cap = 1

    await sign_in(visitor)

    assert visitor.session.credentials.guard == Credentials().guard
    assert simulator.requests.logins == 2


async def test_a_failed_attended_sign_in_leaves_the_running_session_alone(client: EnlightenClient) -> None:
    before = client.session.credentials

    with pytest.raises(InvalidCredentials):
        await client.session.sign_in(OWNER_EMAIL, "wrong")

    assert client.session.credentials.guard == before.guard
    assert client.session.credentials.access_token == before.access_token
    assert (await client.status("4410287")).chargers


async def test_the_form_is_used_where_the_script_is_not_acceptable(
    visitor: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 8: a 406 leaves the login form of the browser."""
    world.presentation.json_login_refused = True

    await sign_in(visitor)

    script, form = simulator.requests.of(Family.LOGIN)
    assert (script.path, form.path) == ("/login/login.json", "/login/login")
    assert form.headers["accept"].startswith("text/html")
    assert form.headers["origin"] == simulator.enlighten_url.removesuffix("/enlighten")
    assert "x-requested-with" not in form.headers
    assert visitor.session.credentials.session_id
    assert await visitor.sites()


async def test_a_wrong_password_in_the_form_shows_in_the_token_route(
    visitor: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """The form answers 200 and an anonymous session whatever was entered."""
    world.presentation.json_login_refused = True

    with pytest.raises(InvalidCredentials):
        await visitor.session.sign_in(OWNER_EMAIL, "wrong")

    assert simulator.requests.count(Family.JWT) == 1
    assert not visitor.session.credentials.signed_in_at


@pytest.mark.parametrize("trouble", [faults.status_code(503), faults.status_code(404)], ids=["503", "404"])
async def test_a_wrong_password_in_the_form_shows_in_the_site_list_where_there_is_no_token(
    visitor: EnlightenClient, world: World, simulator: Simulator, trouble: Trouble
) -> None:
    world.presentation.json_login_refused = True
    simulator.faults.add(trouble, Family.JWT)

    with pytest.raises(InvalidCredentials):
        await visitor.session.sign_in(OWNER_EMAIL, "wrong")
    assert not visitor.session.credentials.signed_in_at

    await sign_in(visitor)
    assert visitor.session.credentials.signed_in_at


async def test_nobody_is_signed_in_while_neither_token_nor_site_list_can_tell(
    visitor: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.presentation.json_login_refused = True
    simulator.faults.add(faults.status_code(503), Family.JWT, Family.SITES)

    with pytest.raises(ServiceUnavailable):
        await sign_in(visitor)

    assert not visitor.session.credentials.signed_in_at


async def test_the_form_may_ask_for_a_code(visitor: EnlightenClient, world: World) -> None:
    world.presentation.json_login_refused = True
    world.account.one_time_codes = True

    challenge = await sign_in(visitor)

    assert challenge is not None
    await challenge.validate(str(world.accounts.current_code(OWNER_EMAIL)))
    assert await visitor.sites()


FORM_ANSWERS = {
    "401": Row(trouble=faults.status_code(401), error=InvalidCredentials),
    "403": Row(trouble=faults.status_code(403), error=InvalidCredentials),
    "no session at all": Row(trouble=faults.text_body("<html>Welcome</html>"), error=InvalidCredentials),
    "406": Row(trouble=faults.status_code(406), error=ServiceUnavailable),
    "400": Row(trouble=faults.status_code(400), error=ServiceUnavailable),
    "429": Row(trouble=faults.status_code(429), error=RateLimited),
    "500": Row(trouble=faults.status_code(500), error=ServiceUnavailable),
    "the session cap": Row(trouble=faults.text_body(f"<html>{CAP_TEXT}"), error=TooManySessions),
    "the session cap with 403": Row(trouble=faults.text_body(CAP_TEXT, 403), error=TooManySessions),
}


@pytest.mark.parametrize("row", FORM_ANSWERS.values(), ids=FORM_ANSWERS)
async def test_the_form_is_judged_by_status_and_cookies(
    visitor: EnlightenClient, simulator: Simulator, row: Row
) -> None:
    simulator.faults.add(faults.status_code(406), Family.LOGIN, path_part="login.json")
    simulator.faults.add(row.trouble, Family.LOGIN)

    with pytest.raises(EnlightenError) as caught:
        await sign_in(visitor)

    assert type(caught.value) is row.error


@pytest.mark.parametrize("shape", TokenShape)
async def test_the_end_of_a_token_is_read_in_every_shape(
    visitor: EnlightenClient, world: World, shape: TokenShape
) -> None:
    world.account.token_shape = shape

    await sign_in(visitor)

    assert visitor.session.credentials.access_token_expires_at == START_OF_TEST + timedelta(hours=6)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_session_that_the_token_route_refuses_is_none(
    visitor: EnlightenClient, simulator: Simulator, status: int
) -> None:
    simulator.faults.add(faults.status_code(status), Family.JWT)

    with pytest.raises(InvalidCredentials):
        await sign_in(visitor)


DEGRADED: dict[str, Trouble] = {
    "404": faults.status_code(404),
    "422": faults.status_code(422),
    "429": faults.status_code(429),
    "500": faults.status_code(500),
    "503": faults.status_code(503),
    "a maintenance page": faults.maintenance(),
    "the login page": faults.login_wall(),
    "plain text": faults.text_body("Sorry"),
    "no token": faults.payload({}),
    "a list": faults.payload([]),
    "a redirect elsewhere": redirected("/home"),
    "no answer": faults.dropped(),
}


@pytest.mark.parametrize("trouble", DEGRADED.values(), ids=DEGRADED)
async def test_a_missing_token_degrades_a_sign_in_and_does_not_fail_it(
    visitor: EnlightenClient, simulator: Simulator, clock: ManualClock, trouble: Trouble
) -> None:
    """Trap 1: cookies and the manager token serve on, and the token is tried again."""
    fault = simulator.faults.add(trouble, Family.JWT)

    await sign_in(visitor)

    assert visitor.session.credentials.signed_in_at
    assert visitor.session.user_id is not None
    assert not visitor.session.credentials.access_token
    clock.tick(301)
    simulator.faults.remove(fault)
    assert (await visitor.status("4410287")).chargers
    assert visitor.session.identity().access.text
    assert simulator.requests.logins == 1


async def test_a_token_route_that_hangs_degrades_a_sign_in(connect: Connect, simulator: Simulator) -> None:
    visitor = await connect(seconds=2)
    simulator.faults.add(faults.slow(30), Family.JWT)

    await sign_in(visitor)

    assert visitor.session.credentials.signed_in_at


async def test_the_session_cap_in_the_token_reply_fails_a_sign_in(
    visitor: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.payload({"error": CAP_TEXT}, 422), Family.JWT)

    with pytest.raises(TooManySessions):
        await sign_in(visitor)


@pytest.mark.parametrize("trouble", [faults.login_wall(), faults.status_code(401)], ids=["login page", "401"])
async def test_an_empty_login_reply_is_disproved_by_the_token_route(
    visitor: EnlightenClient, world: World, simulator: Simulator, trouble: Trouble
) -> None:
    world.account.login_shape = LoginShape.EMPTY_OBJECT
    simulator.faults.add(trouble, Family.JWT)

    with pytest.raises(InvalidCredentials):
        await sign_in(visitor)


async def test_an_empty_login_reply_without_session_and_token_is_temporary_trouble(
    visitor: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.payload({}), Family.LOGIN)
    simulator.faults.add(faults.status_code(503), Family.JWT)

    with pytest.raises(ServiceUnavailable):
        await sign_in(visitor)


async def test_another_account_starts_from_nothing(client: EnlightenClient, world: World, simulator: Simulator) -> None:
    world.add_account(Account(email="second@example.com", password="another", user_id="77"), sites=[world.site])
    simulator.faults.add(faults.status_code(503), Family.JWT)
    simulator.faults.add(
        faults.payload({"message": "success", "session_id": "b1", "manager_token": "opaque"}), Family.LOGIN
    )

    await client.session.sign_in("second@example.com", "another")

    assert client.session.credentials.email == "second@example.com"
    assert client.session.credentials.access_token is None


async def test_nobody_there_is_a_failed_connection(connect: Connect, unused_tcp_port: int) -> None:
    nobody = URL(f"http://127.0.0.1:{unused_tcp_port}")
    client = await connect(hosts=Hosts(enlighten=nobody))

    with pytest.raises(ConnectionFailed):
        await sign_in(client)


async def test_a_form_that_leads_round_in_circles_is_followed_for_a_while(
    visitor: EnlightenClient, world: World, simulator: Simulator
) -> None:
    world.presentation.json_login_refused = True
    simulator.faults.add(redirected("/"), Family.PAGE)

    await sign_in(visitor)

    assert simulator.requests.count(Family.PAGE) == 3


async def test_a_form_that_leads_to_another_host_is_not_followed(
    visitor: EnlightenClient, simulator: Simulator
) -> None:
    """Nobody else has a reason to see the cookies."""
    elsewhere = simulator.enlighten_url.replace("127.0.0.1", "localhost")
    simulator.faults.add(faults.status_code(406), Family.LOGIN, path_part="login.json")
    simulator.faults.add(redirected(f"{elsewhere}/"), Family.LOGIN)

    with pytest.raises(InvalidCredentials):
        await sign_in(visitor)

    assert [request.family for request in simulator.requests] == [Family.LOGIN, Family.LOGIN]


async def test_another_sign_in_drops_the_older_tokens(client: EnlightenClient, simulator: Simulator) -> None:
    """The older manager token is still in a cookie."""
    body = {"message": "success", "session_id": "b1946ac9", "manager_token": "newer"}
    simulator.faults.add(faults.payload(body), Family.LOGIN)
    simulator.faults.add(faults.status_code(503), Family.JWT)

    await sign_in(client)

    identity = client.session.identity()
    assert (identity.access.text, identity.manager.text) == ("", "newer")


async def test_a_sign_in_that_brings_no_manager_token_drops_the_older_one(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.payload({}), Family.LOGIN)

    await sign_in(client)

    assert client.session.identity().manager.text == ""
    assert client.session.identity().access.text
