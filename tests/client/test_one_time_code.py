"""A sign-in that asks a person for a one-time code."""

from base64 import b64encode
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ConnectionFailed,
    Credentials,
    EnlightenClient,
    EnlightenError,
    OtpBlocked,
    OtpChallenge,
    OtpExpired,
    OtpMissing,
    OtpRejected,
    RateLimited,
    ServiceUnavailable,
    TooManySessions,
)
from simulator import OWNER_EMAIL, OWNER_KEY, Family, ManualClock, Simulator, World, faults
from simulator.faults import Trouble

from .answers import redirected
from .conftest import START_OF_TEST, Connect

CAP_TEXT = "Too many active sessions"


@pytest.fixture
def world(clock: ManualClock) -> World:
    """An account that asks for codes."""
    return World.with_one_charger(clock, one_time_codes=True)


@pytest.fixture
async def challenge(visitor: EnlightenClient) -> OtpChallenge:
    """What is left to do after the password."""
    challenge = await visitor.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    assert challenge is not None
    return challenge


def mailed_code(world: World) -> str:
    return str(world.accounts.current_code(OWNER_EMAIL))


async def test_the_mailed_code_finishes_the_sign_in(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, simulator: Simulator
) -> None:
    await challenge.validate(f" {mailed_code(world)} ")

    credentials = visitor.session.credentials
    assert visitor.session.credentials.signed_in_at
    assert credentials.one_time_codes
    assert credentials.signed_in_at == START_OF_TEST
    assert await visitor.sites()
    assert simulator.requests.logins == 1


async def test_a_code_is_sent_the_way_the_web_page_does(
    challenge: OtpChallenge, world: World, simulator: Simulator
) -> None:
    code = mailed_code(world)

    await challenge.validate(code)

    request = simulator.requests.last(Family.ONE_TIME_CODE)
    assert parse_qs(request.body) == {
        "email": [b64encode(OWNER_EMAIL.encode()).decode()],
        "otp": [b64encode(code.encode()).decode()],
        "xhrFields[withCredentials]": ["true"],
    }
    assert request.headers["accept"] == "application/json, text/plain, */*"


async def test_the_cookie_that_the_code_replaced_is_the_one_that_is_kept(connect: Connect, world: World) -> None:
    """Trap 7: a code replaces the session cookie."""
    stored: list[Credentials] = []
    client = await connect(on_change=stored.append)
    challenge = await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    assert challenge is not None
    await challenge.validate(mailed_code(world))

    restarted = await connect(credentials=stored[-1])

    assert (await restarted.status("4410287")).chargers


async def test_a_wrong_code_leaves_the_challenge_open(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World
) -> None:
    with pytest.raises(OtpRejected) as caught:
        await challenge.validate("nonsense")
    assert type(caught.value) is OtpRejected

    await challenge.validate(mailed_code(world))

    assert visitor.session.credentials.signed_in_at


@pytest.mark.parametrize("form", ["{} ", " {}", "{0[0]} {0[1]}-{0[2]}\u00a0{0[3]}–{1}"], ids=repr)
async def test_a_code_is_taken_as_people_type_it(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, form: str
) -> None:
    code = mailed_code(world)

    await challenge.validate(form.format(code, code[4:]))

    assert visitor.session.credentials.signed_in_at


@pytest.mark.parametrize("code", ["", "  ", " - "])
async def test_an_empty_code_is_missing_and_not_wrong(challenge: OtpChallenge, simulator: Simulator, code: str) -> None:
    sent = len(simulator.requests)

    with pytest.raises(OtpMissing):
        await challenge.validate(code)

    assert len(simulator.requests) == sent


async def test_too_many_wrong_codes_block(challenge: OtpChallenge, world: World) -> None:
    for _ in range(world.account.code_attempts - 1):
        with pytest.raises(OtpRejected):
            await challenge.validate("nonsense")

    with pytest.raises(OtpBlocked):
        await challenge.validate("nonsense")


ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "400": (faults.status_code(400), OtpRejected),
    "404": (faults.status_code(404), OtpRejected),
    "409": (faults.status_code(409), OtpRejected),
    "422": (faults.status_code(422), OtpRejected),
    "400 that says blocked": (faults.payload({"isValid": False, "isBlocked": True}, 400), OtpBlocked),
    "success false": (faults.payload({"success": False}), OtpRejected),
    "401": (faults.status_code(401), OtpExpired),
    "403": (faults.status_code(403), OtpExpired),
    "429": (faults.status_code(429), OtpBlocked),
    "blocked": (faults.payload({"isValid": False, "isBlocked": True}), OtpBlocked),
    "418": (faults.status_code(418), ServiceUnavailable),
    "500": (faults.status_code(500), ServiceUnavailable),
    "plain text": (faults.text_body("Sorry"), ServiceUnavailable),
    "a page": (faults.maintenance(), ServiceUnavailable),
    "a list": (faults.payload([1]), ServiceUnavailable),
    "the session cap": (faults.payload({"message": CAP_TEXT}), TooManySessions),
    "no answer": (faults.dropped(), ConnectionFailed),
}


@pytest.mark.parametrize(("trouble", "error"), ANSWERS.values(), ids=ANSWERS)
async def test_every_answer_to_a_code_has_its_meaning(
    visitor: EnlightenClient,
    challenge: OtpChallenge,
    simulator: Simulator,
    trouble: Trouble,
    error: type[EnlightenError],
) -> None:
    simulator.faults.add(trouble, Family.ONE_TIME_CODE)

    with pytest.raises(EnlightenError) as caught:
        await challenge.validate("123456")

    assert type(caught.value) is error
    assert not visitor.session.credentials.signed_in_at


async def test_a_challenge_that_is_gone_is_not_asked_about_again(challenge: OtpChallenge, simulator: Simulator) -> None:
    fault = simulator.faults.add(faults.status_code(401), Family.ONE_TIME_CODE)
    with pytest.raises(OtpExpired):
        await challenge.validate("123456")
    simulator.faults.remove(fault)

    with pytest.raises(OtpExpired):
        await challenge.validate("123456")
    with pytest.raises(OtpExpired):
        await challenge.resend()

    assert simulator.requests.count(Family.ONE_TIME_CODE) == 1
    assert simulator.requests.count(Family.RESEND) == 0


async def test_a_challenge_serves_once(challenge: OtpChallenge, world: World) -> None:
    code = mailed_code(world)
    await challenge.validate(code)

    with pytest.raises(OtpExpired):
        await challenge.validate(code)


UNSURE: dict[str, Trouble] = {
    "an empty body": faults.empty_body(200),
    "204": faults.empty_body(204),
    "205": faults.empty_body(205),
    "an empty object": faults.transformed(lambda _: {}),
    "no session id": faults.transformed(lambda _: {"message": "success"}),
}


@pytest.mark.parametrize("trouble", UNSURE.values(), ids=UNSURE)
async def test_an_unclear_answer_is_settled_by_the_token_route(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, simulator: Simulator, trouble: Trouble
) -> None:
    """Trap 60: success may come without any content."""
    simulator.faults.add(trouble, Family.ONE_TIME_CODE)

    await challenge.validate(mailed_code(world))

    assert visitor.session.credentials.signed_in_at
    assert simulator.requests.count(Family.JWT) == 1


UNCLEAR_FAILURES: dict[str, Trouble] = {
    "an empty object": faults.payload({}),
    "204": faults.payload({}, 204),
    "a redirect": redirected("/"),
}


@pytest.mark.parametrize("trouble", UNCLEAR_FAILURES.values(), ids=UNCLEAR_FAILURES)
async def test_an_unclear_answer_without_a_session_is_a_wrong_code(
    visitor: EnlightenClient, challenge: OtpChallenge, simulator: Simulator, trouble: Trouble
) -> None:
    simulator.faults.add(trouble, Family.ONE_TIME_CODE)

    with pytest.raises(OtpRejected) as caught:
        await challenge.validate("123456")

    assert type(caught.value) is OtpRejected
    assert not visitor.session.credentials.signed_in_at


async def test_the_site_list_settles_it_where_the_token_route_is_in_trouble(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, simulator: Simulator
) -> None:
    simulator.faults.add(faults.transformed(lambda _: {}), Family.ONE_TIME_CODE)
    simulator.faults.add(faults.status_code(503), Family.JWT)

    await challenge.validate(mailed_code(world))

    assert visitor.session.credentials.signed_in_at
    assert simulator.requests.count(Family.SITES) == 1


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (faults.status_code(401), OtpRejected),
        (faults.login_wall(), OtpRejected),
        (faults.status_code(500), ServiceUnavailable),
    ],
    ids=["401", "login page", "500"],
)
async def test_the_site_list_can_disprove_it(
    visitor: EnlightenClient,
    challenge: OtpChallenge,
    simulator: Simulator,
    trouble: Trouble,
    error: type[EnlightenError],
) -> None:
    simulator.faults.add(faults.payload({}), Family.ONE_TIME_CODE)
    simulator.faults.add(faults.status_code(503), Family.JWT)
    simulator.faults.add(trouble, Family.SITES)

    with pytest.raises(EnlightenError) as caught:
        await challenge.validate("123456")

    assert type(caught.value) is error
    assert not visitor.session.credentials.signed_in_at


async def test_json_labelled_as_plain_text_is_json(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, simulator: Simulator
) -> None:
    simulator.faults.add(faults.labelled("text/plain"), Family.ONE_TIME_CODE)

    await challenge.validate(mailed_code(world))

    assert visitor.session.credentials.signed_in_at


async def test_another_code_is_sent_on_request(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, simulator: Simulator
) -> None:
    first = mailed_code(world)

    await challenge.resend()

    assert parse_qs(simulator.requests.last(Family.RESEND).body) == {"locale": ["en"]}
    assert mailed_code(world) != first
    await challenge.validate(mailed_code(world))
    assert visitor.session.credentials.signed_in_at


async def test_another_code_is_sent_every_thirty_seconds_at_most(
    challenge: OtpChallenge, clock: ManualClock, simulator: Simulator
) -> None:
    """Trap 10: nobody's mailbox is flooded."""
    await challenge.resend()
    clock.tick(29)

    with pytest.raises(RateLimited) as caught:
        await challenge.resend()

    assert caught.value.retry_at == START_OF_TEST + timedelta(seconds=30)
    assert simulator.requests.count(Family.RESEND) == 1
    clock.tick(1)
    await challenge.resend()
    assert simulator.requests.count(Family.RESEND) == 2


RESEND_ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "blocked": (faults.payload({"success": True, "isBlocked": True}), OtpBlocked),
    "429": (faults.status_code(429, retry_after=60), OtpBlocked),
    "success false": (faults.payload({"success": False}), OtpExpired),
    "401": (faults.status_code(401), OtpExpired),
    "403": (faults.status_code(403), OtpExpired),
    "500": (faults.status_code(500), ServiceUnavailable),
    "404": (faults.status_code(404), ServiceUnavailable),
    "plain text": (faults.text_body("Sorry"), ServiceUnavailable),
    "the session cap": (faults.payload({"error": [CAP_TEXT]}, 400), TooManySessions),
}


@pytest.mark.parametrize(("trouble", "error"), RESEND_ANSWERS.values(), ids=RESEND_ANSWERS)
async def test_every_answer_to_the_wish_for_a_code_has_its_meaning(
    challenge: OtpChallenge, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    simulator.faults.add(trouble, Family.RESEND)

    with pytest.raises(EnlightenError) as caught:
        await challenge.resend()

    assert type(caught.value) is error


async def test_an_empty_answer_means_that_a_code_is_on_its_way(
    visitor: EnlightenClient, challenge: OtpChallenge, world: World, simulator: Simulator
) -> None:
    simulator.faults.add(faults.empty_body(), Family.RESEND)

    await challenge.resend()

    await challenge.validate(mailed_code(world))
    assert visitor.session.credentials.signed_in_at


async def test_a_failed_wish_for_a_code_can_be_repeated_at_once(challenge: OtpChallenge, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(503), Family.RESEND, times=1)
    with pytest.raises(ServiceUnavailable):
        await challenge.resend()

    await challenge.resend()

    assert simulator.requests.count(Family.RESEND) == 2


async def test_a_rate_limit_tells_when_codes_are_taken_again(challenge: OtpChallenge, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(429, retry_after=60), Family.ONE_TIME_CODE)

    with pytest.raises(OtpBlocked) as caught:
        await challenge.validate("123456")

    assert caught.value.retry_at == START_OF_TEST + timedelta(seconds=60)
