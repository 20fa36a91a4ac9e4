"""Signing in by password, form and one-time code; tokens and their renewal."""

import base64
from datetime import timedelta
import json

import pytest

from simulator import OWNER_EMAIL, OWNER_KEY, Family, ManualClock, World, faults
from simulator.accounts import ChallengeShape, LoginShape, RefusalShape, TokenShape
from simulator.wire import Json

from .browser import SELF, SITES, Answer, Browser, pick

SESSION = "_enlighten_4_session"
NONCE = "login_otp_nonce"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def claims(token: str) -> Json:
    payload = token.split(".")[1]
    parsed: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return parsed


async def validate(browser: Browser, code: str | None, email: str = OWNER_EMAIL) -> Answer:
    form = {"email": encoded(email), "otp": encoded(code or ""), "xhrFields[withCredentials]": "true"}
    return await browser.request("POST", "/app-api/validate_login_otp", form=form)


async def resend(browser: Browser) -> Answer:
    return await browser.request("POST", "/app-api/generate_mfa_login_otp", form={"locale": "en"})


async def form_login(browser: Browser, password: str = OWNER_KEY) -> Answer:
    form = {"user[email]": OWNER_EMAIL, "user[password]": password}
    page = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    return await browser.request("POST", "/login/login", form=form, headers=page)


async def test_the_right_password_opens_a_session(visitor: Browser) -> None:
    answer = await visitor.password_login()

    assert answer.status == 200
    assert answer.at("message") == "success"
    assert answer.at("system_id") == "4410287"
    assert answer.cookies["enlighten_manager_token_production"] == answer.at("manager_token")
    assert pick(claims(str(answer.at("manager_token"))), "session_id") == answer.at("session_id")
    assert (await visitor.get(SITES)).status == 200


async def test_the_xsrf_cookie_is_quoted_and_url_encoded(visitor: Browser) -> None:
    await visitor.password_login()

    raw = visitor.cookie("XSRF-TOKEN")
    assert raw is not None
    assert raw.strip('"').endswith("%2B%2F%3D")


@pytest.mark.parametrize(
    ("shape", "status", "body"),
    [
        (RefusalShape.UNAUTHORIZED, 401, {"error": "Invalid email or password."}),
        (RefusalShape.FORBIDDEN, 403, {"error": "Invalid email or password."}),
        (RefusalShape.SUCCESS_FALSE, 200, {"success": False, "isBlocked": False}),
    ],
)
async def test_a_wrong_password_is_refused(
    visitor: Browser, world: World, shape: RefusalShape, status: int, body: Json
) -> None:
    world.account.refusal_shape = shape

    answer = await visitor.password_login(password="something else")

    assert (answer.status, answer.json) == (status, body)
    assert (await visitor.get(SITES)).status == 401


async def test_expired_sessions_make_room_under_the_cap(visitor: Browser, world: World, clock: ManualClock) -> None:
    world.account.session_cap = 1
    await visitor.password_login()
    assert "too many" in (await visitor.password_login()).text

    clock.tick(world.account.session_lifetime.total_seconds())

    assert (await visitor.password_login()).at("message") == "success"


@pytest.mark.parametrize("shape", [LoginShape.EMPTY_OBJECT, LoginShape.EMPTY_BODY, LoginShape.REDIRECT])
async def test_a_login_without_words_still_signs_in(visitor: Browser, world: World, shape: LoginShape) -> None:
    world.account.login_shape = shape

    answer = await visitor.password_login()

    assert "session_id" not in answer.text
    assert (await visitor.get(SELF)).status == 200


async def test_an_anonymous_session_cookie_exists_and_is_no_login(visitor: Browser) -> None:
    page = await form_login(visitor, password="something else")

    assert page.status == 200
    assert visitor.cookie(SESSION) is not None
    assert (await visitor.get(SELF)).status == 401


async def test_the_form_says_when_there_are_too_many_sessions(visitor: Browser, world: World) -> None:
    world.account.session_cap = 0

    assert "too many active sessions" in (await form_login(visitor)).text


@pytest.mark.parametrize("shape", TokenShape)
async def test_the_token_route_gives_an_expiring_token_in_every_form(
    visitor: Browser, world: World, clock: ManualClock, shape: TokenShape
) -> None:
    world.account.token_shape = shape
    login = await visitor.password_login()

    answer = await visitor.get(SELF)

    text = next(value for value in (answer.json if isinstance(answer.json, dict) else {}).values())
    found = claims(str(text))
    expiry = clock() + world.account.token_lifetime
    assert pick(found, "exp") == int(expiry.timestamp())
    assert pick(found, "user_id") == world.account.user_id
    assert pick(found, "session_id") == login.at("session_id")


async def test_the_token_route_rotates_the_session_cookie_and_the_old_one_is_dead(visitor: Browser) -> None:
    await visitor.password_login()
    before = visitor.cookie(SESSION)
    assert before is not None

    await visitor.get(SELF)

    assert visitor.cookie(SESSION) != before
    assert (await visitor.get(SITES)).status == 200
    visitor.set_cookie(SESSION, before)
    assert (await visitor.get(SITES)).status == 401


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        (LoginShape.MANAGER_WITHOUT_SESSION, {"message", "manager_token"}),
        (LoginShape.SUCCESS_WITHOUT_NONCE, {"success", "isBlocked"}),
    ],
)
async def test_a_login_may_be_answered_by_half(
    visitor: Browser, world: World, shape: LoginShape, keys: set[str]
) -> None:
    world.account.login_shape = shape

    answer = await visitor.password_login()

    assert isinstance(answer.json, dict)
    assert set(answer.json) == keys
    assert NONCE not in answer.cookies


async def test_any_family_may_rotate_the_session_cookie(browser: Browser, world: World) -> None:
    world.presentation.rotating.add(Family.SITES)
    before = browser.cookie(SESSION)

    assert (await browser.get(SITES)).status == 200

    assert browser.cookie(SESSION) != before
    assert (await browser.get(SITES)).status == 200


class TestOneTimeCodes:
    @pytest.fixture
    def world(self, clock: ManualClock) -> World:
        return World.with_one_charger(clock, one_time_codes=True)

    @pytest.mark.parametrize(
        ("shape", "body"),
        [
            (ChallengeShape.REQUIRES_MFA, {"requires_mfa": True}),
            (ChallengeShape.MFA_REQUIRED, {"mfa_required": True}),
            (ChallengeShape.SUCCESS_AND_NONCE, {"success": True, "isBlocked": False}),
        ],
    )
    async def test_the_password_alone_does_not_sign_in(
        self, visitor: Browser, world: World, shape: ChallengeShape, body: Json
    ) -> None:
        world.account.challenge_shape = shape

        answer = await visitor.password_login()

        assert answer.json == body
        assert NONCE in answer.cookies
        assert (await visitor.get(SELF)).status == 401

    async def test_a_code_works_once(self, visitor: Browser, world: World) -> None:
        await visitor.password_login()
        code = world.accounts.current_code(OWNER_EMAIL)
        await validate(visitor, code)

        assert (await validate(visitor, code)).status == 401

    async def test_an_old_code_is_a_wrong_one(self, visitor: Browser, world: World, clock: ManualClock) -> None:
        await visitor.password_login()
        clock.tick(world.account.code_lifetime.total_seconds())

        answer = await validate(visitor, world.accounts.current_code(OWNER_EMAIL))

        assert answer.json == {"isValid": False, "isBlocked": False}

    async def test_a_code_that_is_not_base64_is_refused(self, visitor: Browser) -> None:
        await visitor.password_login()
        form = {"email": encoded(OWNER_EMAIL), "otp": "123456!"}

        assert (await visitor.request("POST", "/app-api/validate_login_otp", form=form)).status == 400

    async def test_a_code_without_its_challenge_is_refused(self, visitor: Browser) -> None:
        assert (await validate(visitor, "123456")).status == 401

    async def test_a_code_is_bound_to_its_address(self, visitor: Browser, world: World) -> None:
        await visitor.password_login()

        answer = await validate(visitor, world.accounts.current_code(OWNER_EMAIL), "neighbour@example.com")

        assert answer.status == 401

    async def test_a_right_code_may_be_answered_with_nothing_but_cookies(self, visitor: Browser, world: World) -> None:
        world.faults.add(faults.empty_body(), Family.ONE_TIME_CODE)
        await visitor.password_login()

        answer = await validate(visitor, world.accounts.current_code(OWNER_EMAIL))

        assert (answer.status, answer.text) == (204, "")
        assert (await visitor.get(SELF)).status == 200

    async def test_a_resend_rotates_nonce_and_code(self, visitor: Browser, world: World) -> None:
        await visitor.password_login()
        nonce, codes_sent = visitor.cookie(NONCE), world.account.codes_sent

        answer = await resend(visitor)

        assert answer.json == {"success": True, "isBlocked": False}
        assert visitor.cookie(NONCE) != nonce
        assert world.account.codes_sent == codes_sent + 1
        assert (await validate(visitor, world.accounts.current_code(OWNER_EMAIL))).at("message") == "success"

    async def test_resends_come_at_intervals_and_end(self, visitor: Browser, world: World, clock: ManualClock) -> None:
        world.account.resend_limit = 2
        await visitor.password_login()
        await resend(visitor)

        too_early = await resend(visitor)
        assert (too_early.status, too_early.headers["retry-after"]) == (429, "30")
        clock.tick(30)
        assert (await resend(visitor)).at("success") is True
        clock.tick(30)
        assert (await resend(visitor)).at("isBlocked") is True

    async def test_an_account_may_wait_for_the_resend_before_it_sends_a_code(
        self, visitor: Browser, world: World
    ) -> None:
        world.account.login_sends_code = False
        await visitor.password_login()
        assert world.accounts.current_code(OWNER_EMAIL) is None

        await resend(visitor)

        assert world.accounts.current_code(OWNER_EMAIL) is not None

    async def test_the_session_cap_is_met_after_the_code_too(self, visitor: Browser, world: World) -> None:
        world.account.session_cap = 0
        await visitor.password_login()

        assert "too many" in (await validate(visitor, world.accounts.current_code(OWNER_EMAIL))).text


async def test_a_session_ends_by_itself(browser: Browser, world: World, clock: ManualClock) -> None:
    world.account.token_lifetime = timedelta(days=30)
    clock.tick(world.account.session_lifetime.total_seconds() - 1)
    browser.tokens = {}
    assert (await browser.get(SITES)).status == 200

    clock.tick(1)

    assert (await browser.get(SITES)).status == 401
