"""The state of a session, its cookies, and what becomes of both in a file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import (
    AccountBlocked,
    AuthenticationRequired,
    Credentials,
    EnlightenClient,
    EnlightenError,
    Hosts,
    InvalidCredentials,
    ServiceUnavailable,
    TooManySessions,
    new_cookie_jar,
)
from custom_components.enphase_cloud_things.enlighten.session.state import (
    EnlightenCookies,
    GuardReason,
    SignInGuard,
    StoredCookie,
)
from simulator import OWNER_EMAIL, OWNER_KEY

from .conftest import START_OF_TEST, Connect

NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
BASE = URL("https://cloud.example.com/enlighten")


def test_credentials_do_not_show_their_secrets() -> None:
    """Trap 64."""
    credentials = Credentials(
        email="secret",
        user_id="secret",
        cookies=(StoredCookie(name="n", value="secret"),),
        session_id="secret",
        access_token="secret",
        manager_token="secret",
    )

    assert "secret" not in repr(credentials)


@pytest.fixture
async def jar() -> aiohttp.CookieJar:
    return new_cookie_jar(Hosts(enlighten=BASE))


@pytest.fixture
def cookies(jar: aiohttp.CookieJar) -> EnlightenCookies:
    return EnlightenCookies(jar, BASE)


def set_cookies(jar: aiohttp.CookieJar, *headers: str, url: URL = BASE) -> None:
    jar.update_cookies_from_headers(headers, url)


def sent(jar: aiohttp.CookieJar) -> dict[str, str]:
    found = jar.filter_cookies(BASE / "service" / "x")
    return {name: morsel.coded_value for name, morsel in found.items()}


async def test_cookies_survive_a_restart(jar: aiohttp.CookieJar, cookies: EnlightenCookies) -> None:
    set_cookies(
        jar,
        "_enlighten_4_session=abc%3D--def; Path=/; Secure; HttpOnly",
        'XSRF-TOKEN="a%2Bb"; Path=/',
        "shared=1; Domain=example.com; Path=/",
        "kept=1; Path=/; Expires=Wed, 10 Nov 2100 07:00:00 GMT",
        "plain=1; Path=/enlighten",
    )
    before = sent(jar)
    restarted = new_cookie_jar(Hosts(enlighten=BASE))

    EnlightenCookies(restarted, BASE).restore(cookies.export())

    assert len(before) == 5
    assert sent(restarted) == before
    assert EnlightenCookies(restarted, BASE).export() == cookies.export()


async def test_cookies_of_other_hosts_are_not_ours(jar: aiohttp.CookieJar, cookies: EnlightenCookies) -> None:
    other = URL("https://other.example.com")
    set_cookies(jar, "theirs=1; Path=/", url=other)

    assert cookies.export() == ()
    cookies.restore([StoredCookie(name="ours", value="1", domain="cloud.example.com")])

    assert set(jar.filter_cookies(other)) == {"theirs"}
    assert sent(jar) == {"ours": "1"}


async def test_a_restored_cookie_cannot_go_to_another_host(jar: aiohttp.CookieJar, cookies: EnlightenCookies) -> None:
    cookies.restore([StoredCookie(name="theirs", value="1", domain="other.example.com")])

    assert len(jar) == 0


async def test_what_is_no_cookie_is_not_restored(jar: aiohttp.CookieJar, cookies: EnlightenCookies) -> None:
    cookies.restore(
        [
            StoredCookie(name="a name", value="1", domain="cloud.example.com"),
            StoredCookie(name="path", value="1", domain="cloud.example.com"),
            StoredCookie(name="control", value="\x00", domain="cloud.example.com"),
            StoredCookie(name="good", value="1", domain="cloud.example.com"),
        ]
    )

    assert sent(jar) == {"good": "1"}


async def test_an_expired_cookie_is_not_restored(jar: aiohttp.CookieJar, cookies: EnlightenCookies) -> None:
    old = "Tue, 10 Nov 2020 07:00:00 GMT"

    cookies.restore([StoredCookie(name="old", value="1", domain="cloud.example.com", expires=old)])

    assert sent(jar) == {}


@pytest.mark.parametrize(
    "name", ["_enlighten_4_session", "enlighten_session", "_enlighten_session", "_ENLIGHTEN_4_Session"]
)
async def test_the_session_cookie_has_several_names(
    jar: aiohttp.CookieJar, cookies: EnlightenCookies, name: str
) -> None:
    set_cookies(jar, f"{name}=abc; Path=/")

    assert cookies.session == "abc"


@pytest.mark.parametrize("value", ["a%2Bb%3D", '"a%2Bb%3D"'])
async def test_a_csrf_value_loses_quotes_and_escapes(
    jar: aiohttp.CookieJar, cookies: EnlightenCookies, value: str
) -> None:
    """Trap 61."""
    set_cookies(jar, f"BP-XSRF-Token={value}; Path=/")
    assert (cookies.csrf_token, cookies.tariff_csrf_token) == ("a+b=", "a+b=")

    set_cookies(jar, "XSRF-TOKEN=first; Path=/")
    assert (cookies.csrf_token, cookies.tariff_csrf_token) == ("first", "a+b=")


async def test_without_cookies_there_is_nothing_to_read(cookies: EnlightenCookies) -> None:
    assert cookies.session is None
    assert cookies.manager_token is None
    assert cookies.csrf_token is None
    assert cookies.app_version is None
    assert not cookies.wants_code


@pytest.mark.parametrize(
    ("host", "unsafe"),
    [
        ("https://127.0.0.1:8080/x", True),
        ("https://[::1]", True),
        ("https://localhost", False),
        ("https://a.example", False),
    ],
)
async def test_cookies_of_addresses_are_taken_only_where_a_host_is_one(host: str, unsafe: bool) -> None:
    assert new_cookie_jar(Hosts(enlighten=URL(host))).unsafe is unsafe
    assert new_cookie_jar(Hosts(grid_services=URL(host))).unsafe is unsafe


OBSTACLES: list[tuple[SignInGuard, type[EnlightenError]]] = [
    (SignInGuard().after(GuardReason.REJECTED, NOW), InvalidCredentials),
    (SignInGuard().after(GuardReason.TOO_MANY_SESSIONS, NOW), TooManySessions),
    (SignInGuard().after(GuardReason.THROTTLED, NOW), AuthenticationRequired),
    (SignInGuard().after(GuardReason.UNAVAILABLE, NOW), ServiceUnavailable),
    (SignInGuard().after(GuardReason.ACCOUNT_BLOCKED, NOW), AccountBlocked),
    (SignInGuard(blocked_until=NOW + timedelta(hours=1), reason="of another age"), AuthenticationRequired),
    (SignInGuard(blocked_until=NOW + timedelta(hours=1)), AuthenticationRequired),
]


@pytest.mark.parametrize(("guard", "error"), OBSTACLES, ids=[str(guard.reason) for guard, _ in OBSTACLES])
def test_the_guard_says_why_it_holds_a_sign_in_back(guard: SignInGuard, error: type[EnlightenError]) -> None:
    assert type(guard.obstacle(NOW)) is error


def test_a_guard_without_a_reason_to_hold_back_does_not() -> None:
    assert SignInGuard().obstacle(NOW) is None
    assert SignInGuard().after(GuardReason.REJECTED, NOW).obstacle(NOW + timedelta(seconds=300)) is None


def test_proof_of_a_good_session_ends_no_pause() -> None:
    stopped = replace(SignInGuard().after(GuardReason.TOO_MANY_SESSIONS, NOW), rejections=2)

    assert stopped.after_proof(NOW) == stopped
    assert stopped.after_proof(NOW + timedelta(hours=24)) == SignInGuard()


@given(st.lists(st.sampled_from(GuardReason), min_size=1), st.data())
def test_a_failure_always_holds_the_next_sign_in_back(failures: list[GuardReason], data: st.DataObject) -> None:
    guard, now = SignInGuard(), NOW
    for failure in failures:
        now += timedelta(seconds=data.draw(st.integers(min_value=0, max_value=100_000)))
        guard = guard.after(failure, now)

        assert guard.blocks(now + timedelta(seconds=299))


async def test_restored_tokens_serve_until_their_end(connect: Connect, client: EnlightenClient) -> None:
    restored = await connect(credentials=client.session.credentials)

    assert restored.session.credentials.signed_in_at
    assert restored.session.user_id == client.session.user_id
    assert restored.session.identity() == client.session.identity()
    assert restored.session.credentials == client.session.credentials
    assert restored.session.generation == 0


async def test_credentials_of_a_new_session_are_empty(visitor: EnlightenClient) -> None:
    assert visitor.session.credentials == Credentials()
    assert visitor.session.user_id is None
    assert not visitor.session.credentials.signed_in_at


async def test_a_sign_in_reports_its_credentials_once_complete(connect: Connect) -> None:
    stored: list[Credentials] = []
    client = await connect(on_change=stored.append)

    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)

    assert stored
    assert all(item.access_token and item.signed_in_at == START_OF_TEST for item in stored)
    assert stored[-1] == client.session.credentials
