"""Header profiles: what goes out with which kind of request."""

from dataclasses import replace
from datetime import UTC, datetime

import jwt
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import NotSupported
from custom_components.enphase_cloud_things.enlighten.endpoints import (
    PREFERENCE,
    SITES,
    STATUS,
    Call,
    Endpoint,
    Family,
    HeaderProfile,
    Host,
    Hosts,
    build_headers,
    header_names,
)
from custom_components.enphase_cloud_things.enlighten.session.state import Identity, Token
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue

from .conftest import SITE

BASE = URL("https://cloud.example.com/enlighten/")


def token(**claims: JsonValue) -> str:
    return jwt.encode(dict(claims), "k" * 32)


ACCESS = token(user_id="3158804", session_id="of-access")
MANAGER = token(data={"userId": 3158804, "session": "of-manager"})
WHOLE = Identity(
    access=Token.read(ACCESS),
    manager=Token.read(MANAGER),
    csrf_token="csrf",
    tariff_csrf_token="bp-csrf",
    app_version="3.4.0",
)


def build(profile: HeaderProfile, identity: Identity = WHOLE) -> dict[str, str]:
    return build_headers(profile, identity.values(), base=BASE, site_id=SITE, request_id="uuid")


@pytest.mark.parametrize("profile", HeaderProfile)
def test_every_request_looks_like_a_browser(profile: HeaderProfile) -> None:
    """Trap 8: honest programs are refused."""
    headers = build(profile)

    assert headers["User-Agent"].startswith("Mozilla/5.0 (Macintosh")
    assert "*/*" in headers["Accept"]
    assert headers["Referer"].startswith("https://cloud.example.com/enlighten/")
    assert "Cookie" not in headers


@pytest.mark.parametrize("profile", HeaderProfile)
def test_what_is_not_known_is_not_sent(profile: HeaderProfile) -> None:
    headers = build(profile, Identity())

    assert "None" not in str(headers)
    assert not {"Authorization", "e-auth-token", "X-CSRF-Token", "username", "Username"} & headers.keys()


EXPECTED: dict[HeaderProfile, dict[str, str | None]] = {
    HeaderProfile.BASE: {
        "Accept": "application/json, text/plain, */*",
        "X-Requested-With": "XMLHttpRequest",
        "Referer": "https://cloud.example.com/enlighten/pv/systems/4410287/summary",
        "e-auth-token": ACCESS,
        "X-CSRF-Token": "csrf",
        "Authorization": None,
    },
    HeaderProfile.CHARGER_READ: {
        "Accept": "*/*",
        "Referer": "https://cloud.example.com/enlighten/web/4410287/today/graph/hours?v=3.4.0",
        "e-auth-token": ACCESS,
        "Authorization": None,
    },
    HeaderProfile.CONTROL: {
        "Accept": "application/json, text/javascript, */*; q=0.01",
        "Authorization": f"Bearer {MANAGER}",
        "e-auth-token": ACCESS,
    },
    HeaderProfile.CONTROL_BY_COOKIES: {"Authorization": None, "e-auth-token": None, "X-CSRF-Token": "csrf"},
    HeaderProfile.LIVE_STREAM: {"Accept": "*/*", "Authorization": f"Bearer {MANAGER}"},
    HeaderProfile.HISTORY: {
        "Authorization": f"Bearer {ACCESS}",
        "e-auth-token": "of-access",
        "requestid": "uuid",
        "username": "3158804",
    },
    HeaderProfile.APP: {
        "Accept": "*/*",
        "Referer": "https://cloud.example.com/enlighten/web/4410287/history/graph/years?v=3.4.0",
    },
    HeaderProfile.TARIFF: {
        "e-auth-token": MANAGER,
        "Username": "3158804",
        "Requestid": "uuid",
        "x-xsrf-token": "bp-csrf",
        "Authorization": None,
    },
    HeaderProfile.GRID_SERVICES: {
        "Accept": "application/json, text/javascript, */*; q=0.01",
        "Origin": "https://cloud.example.com",
        "Referer": "https://cloud.example.com/enlighten/",
        "Authorization": MANAGER,
        "e-auth-token": None,
        "X-CSRF-Token": None,
        "X-Requested-With": None,
        "Content-Type": None,
    },
    HeaderProfile.LOGIN: {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "e-auth-token": None},
    HeaderProfile.LOGIN_FORM: {"Origin": "https://cloud.example.com", "X-Requested-With": None},
    HeaderProfile.ONE_TIME_CODE: {"X-CSRF-Token": "csrf", "e-auth-token": None},
    HeaderProfile.TOKEN: {"Authorization": None, "e-auth-token": None, "Content-Type": None},
    HeaderProfile.SITES: {"Authorization": f"Bearer {ACCESS}", "e-auth-token": ACCESS},
}


@pytest.mark.parametrize("profile", HeaderProfile)
def test_each_profile_has_its_headers(profile: HeaderProfile) -> None:
    headers = build(profile)

    assert {name: headers.get(name) for name in EXPECTED[profile]} == EXPECTED[profile]


def test_a_report_names_headers_without_their_values() -> None:
    names = header_names(WHOLE.values(), base=BASE)

    assert names.keys() == {profile.name.lower() for profile in HeaderProfile}
    assert names["grid_services"] == ["Accept", "Authorization", "Origin", "Referer", "User-Agent"]


def test_an_unknown_build_of_the_page_is_left_out() -> None:
    headers = build(HeaderProfile.CHARGER_READ, Identity())

    assert headers["Referer"] == "https://cloud.example.com/enlighten/web/4410287/today/graph/hours"


def test_commands_use_the_access_token_where_there_is_no_manager_token() -> None:
    headers = build(HeaderProfile.CONTROL, Identity(access=Token.read(ACCESS)))

    assert headers["Authorization"] == f"Bearer {ACCESS}"


def test_history_names_the_session_of_the_token_it_sends() -> None:
    headers = build(HeaderProfile.HISTORY, Identity(manager=Token.read(MANAGER)))

    assert (headers["Authorization"], headers["e-auth-token"]) == (f"Bearer {MANAGER}", "of-manager")
    opaque = build(HeaderProfile.HISTORY, Identity(access=Token.read("opaque")))
    assert "e-auth-token" not in opaque


def test_the_tariff_service_takes_the_access_token_where_the_other_names_nobody() -> None:
    headers = build(HeaderProfile.TARIFF, Identity(access=Token.read(ACCESS), manager=Token.read("opaque")))

    assert headers["e-auth-token"] == ACCESS


def test_an_identity_does_not_show_its_secrets() -> None:
    shown = repr(WHOLE)

    assert not any(secret in shown for secret in (ACCESS, MANAGER, "csrf'", "bp-csrf"))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"user_id": 7, "session_id": "s"}, Token(user_id="7", session_id="s")),
        ({"data": {"userId": "7", "sessionId": "s"}}, Token(user_id="7", session_id="s")),
        ({"userid": "7", "data": {"session": "s"}}, Token(user_id="7", session_id="s")),
        (
            {"exp": 1794312000, "iat": 1794308400},
            Token(issued_at=datetime(2026, 11, 10, 11, tzinfo=UTC), expires_at=datetime(2026, 11, 10, 12, tzinfo=UTC)),
        ),
        ({"data": {"exp": 1794312000}}, Token(expires_at=datetime(2026, 11, 10, 12, tzinfo=UTC))),
        ({"data": "text"}, Token()),
    ],
    ids=repr,
)
def test_claims_stand_at_the_top_or_below_data(claims: dict[str, JsonValue], expected: Token) -> None:
    text = token(**claims)

    assert Token.read(text) == replace(expected, text=text)


@pytest.mark.parametrize("text", [None, "", "opaque", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.bm90LWpzb24.x"])
def test_what_is_no_token_claims_nothing(text: str | None) -> None:
    assert Token.read(text) == Token(text=text or "")


@pytest.mark.parametrize("name", ["expires_at", "expiresAt", "expiration"])
@pytest.mark.parametrize("expiry", [1794312000, "1794312000", 1794312000000, "2026-11-10T12:00:00Z"], ids=repr)
def test_the_end_of_a_token_has_several_names_and_spellings(name: str, expiry: JsonValue) -> None:
    found = Token.minted({"token": "opaque", name: expiry})

    assert found == Token(text="opaque", expires_at=datetime(2026, 11, 10, 12, tzinfo=UTC))


def test_the_end_of_a_token_may_be_in_the_token() -> None:
    found = Token.minted({"access_token": token(exp=1794312000)})

    assert found is not None
    assert found.expires_at == datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize("reply", [None, {}, [], "token", {"token": ""}, {"token": 7}], ids=repr)
def test_a_reply_without_a_token_has_none(reply: JsonValue) -> None:
    assert Token.minted(reply) is None


@pytest.mark.parametrize(("minutes", "left"), [(360, 60), (121, 60), (120, 60), (60, 30), (10, 5), (0, 0), (-5, 0)])
def test_a_token_is_due_an_hour_before_its_end_or_after_half_its_life(minutes: int, left: int) -> None:
    since = datetime(2026, 11, 10, 12, tzinfo=UTC)
    end = datetime.fromtimestamp(since.timestamp() + 60 * minutes, UTC)

    due = Token(text="opaque", expires_at=end).renewal_due_at(known_since=since)

    assert due is not None
    assert (end - due).total_seconds() == 60 * left


def test_an_address_is_built_below_the_host() -> None:
    hosts = Hosts(enlighten=BASE, grid_services=URL("http://127.0.0.1:9/gs"))

    assert str(Call(SITES).url(hosts)) == (
        "https://cloud.example.com/enlighten/app-api/search_sites.json?searchText=&favourite=false"
    )
    assert str(Call(STATUS, site_id=SITE).url(hosts)).endswith(
        "/enlighten/service/evse_controller/4410287/ev_chargers/status"
    )
    private = Endpoint(
        family=Family.VPP_EVENTS, path="/a/{site}", profile=HeaderProfile.GRID_SERVICES, host=Host.GRID_SERVICES
    )
    assert (
        str(Call(private, site_id=SITE, query={"x": "", "y": "ä"}).url(hosts))
        == "http://127.0.0.1:9/gs/a/4410287?x=&y=%C3%A4"
    )


@pytest.mark.parametrize("odd", ["..", ".", "", "../../x", "a/b?c#d", "a b", "ä"], ids=repr)
def test_what_is_no_id_leads_nowhere(odd: str) -> None:
    """It would be another route than the one that is meant."""
    with pytest.raises(NotSupported):
        Call(PREFERENCE, site_id=SITE, serial=odd).url(Hosts())
    with pytest.raises(NotSupported):
        Call(STATUS, site_id=odd).url(Hosts())


@pytest.mark.parametrize("odd", ["a\nb", "a\r\nX-Evil: 1", "a\x00", "\ud800"], ids=repr)
@pytest.mark.parametrize("profile", HeaderProfile)
def test_what_cannot_be_part_of_a_header_is_left_out(profile: HeaderProfile, odd: str) -> None:
    identity = Identity(
        access=Token.read(odd), manager=Token.read(odd), csrf_token=odd, tariff_csrf_token=odd, app_version=odd
    )

    headers = build(profile, identity)

    assert all(value.isprintable() for value in headers.values())


def test_a_token_that_is_no_text_makes_no_claims() -> None:
    assert Token.read("a.\ud800.c") == Token(text="a.\ud800.c")
