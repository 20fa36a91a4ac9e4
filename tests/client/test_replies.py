"""What an answer is, before anybody asks what it means."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten.errors import Refusal
from custom_components.enphase_cloud_things.enlighten.replies import BodyKind, Reply, read_reply, read_retry_after
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue

from .answers import ANY_JSON

NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


def read(body: str | bytes, status: int = 200) -> Reply:
    return read_reply(status, body if isinstance(body, bytes) else body.encode())


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        ("", BodyKind.EMPTY, None),
        (" \n ", BodyKind.EMPTY, None),
        ("\ufeff", BodyKind.EMPTY, None),
        ("null", BodyKind.JSON, None),
        ('\ufeff{"a": 1}', BodyKind.JSON, {"a": 1}),
        ('"{\\"a\\": 1}"', BodyKind.JSON, {"a": 1}),
        ('" [1]"', BodyKind.JSON, [1]),
        ('"text"', BodyKind.JSON, "text"),
        ('"{half"', BodyKind.TEXT, None),
        ("{half", BodyKind.TEXT, None),
        ("Hello", BodyKind.TEXT, None),
        ("[" * 200_000, BodyKind.TEXT, None),
        ("<!DOCTYPE HTML><title>Back soon</title>", BodyKind.PAGE, None),
        ("  <html><body>Back soon", BodyKind.PAGE, None),
        ("<!DOCTYPE html><script>function OptanonWrapper() {}", BodyKind.LOGIN_PAGE, None),
        ("<html><script>var otLang = 1", BodyKind.LOGIN_PAGE, None),
        ("<html><!-- One Trust -->", BodyKind.LOGIN_PAGE, None),
        ('<html><meta http-equiv="X-UA-Compatible">', BodyKind.LOGIN_PAGE, None),
        ('<html><form action="/login/login">', BodyKind.LOGIN_PAGE, None),
        ('<html><a href="https://enphaseenergy.com">', BodyKind.LOGIN_PAGE, None),
        ('<!-- © Enphase -->\n<!DOCTYPE html><form action="/login/login">', BodyKind.LOGIN_PAGE, None),
        ('<?xml version="1.0"?>\n<!DOCTYPE html><form action="/login/login">', BodyKind.LOGIN_PAGE, None),
        ("<?xml version='1.0'?><!-- a --><!-- b --> <html><body>Back soon", BodyKind.PAGE, None),
        (json.dumps('<!DOCTYPE html><form action="/login/login">'), BodyKind.LOGIN_PAGE, None),
        (json.dumps("<html><body>Back soon"), BodyKind.PAGE, None),
        ("<?xml version='1.0'?><error/>", BodyKind.TEXT, None),
        ("<!--" * 100_000, BodyKind.TEXT, None),
        ('{"help": "https://enphaseenergy.com"}', BodyKind.JSON, {"help": "https://enphaseenergy.com"}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_the_content_tells_what_a_body_is(body: str, kind: BodyKind, value: JsonValue) -> None:
    """Trap 4: the label of a body is no evidence."""
    reply = read(body)

    assert (reply.kind, reply.value) == (kind, value)


def test_a_body_in_no_known_encoding_is_text() -> None:
    assert read(b"\xff\xfe\x00").kind is BodyKind.TEXT


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_login_page_is_a_wall_where_nothing_else_explains_it(status: int) -> None:
    assert read("<html>/login/login", status).is_login_wall


@pytest.mark.parametrize("status", [404, 405, 406, 429, 500, 503])
def test_a_status_that_explains_itself_is_no_wall(status: int) -> None:
    assert not read("<html>/login/login", status).is_login_wall


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        ("0", 0),
        ("30", 30),
        (" 1.5 ", 1.5),
        ("Tue, 10 Nov 2026 12:01:00 GMT", 60),
        ("Tue, 10 Nov 2026 12:01:00", 60),
        ("Tue, 10 Nov 2026 13:01:00 +0100", 60),
        ("Tuesday, 10-Nov-26 12:01:00 GMT", 60),
    ],
)
def test_a_time_to_retry_is_seconds_or_a_date(value: str, delay: float) -> None:
    """Trap 58."""
    assert read_retry_after(value, NOW) == NOW + timedelta(seconds=delay)


@pytest.mark.parametrize("value", ["", "soon", "-1", "1e9", "99999999999", "٣", "Tue, 99 Nov 2026 12:01:00 GMT"])
def test_an_unreadable_time_to_retry_is_none(value: str) -> None:
    assert read_retry_after(value, NOW) is None


@given(st.text())
def test_no_time_to_retry_breaks_the_reader(value: str) -> None:
    retry_at = read_retry_after(value, NOW)

    assert retry_at is None or retry_at.tzinfo is not None


@given(st.binary(), st.sampled_from([200, 302, 400, 404, 500]))
def test_no_body_breaks_the_reader(body: bytes, status: int) -> None:
    assert read(body, status).status == status


@given(ANY_JSON, st.sampled_from([200, 400, 404, 500]))
def test_no_json_breaks_the_reader(value: JsonValue, status: int) -> None:
    body = json.dumps(value)

    reply = read(body, status)
    quoted = read(json.dumps(body), status)

    if isinstance(value, dict | list):
        assert (quoted.kind, quoted.value) == (reply.kind, reply.value)


REFUSALS: dict[str, tuple[int, JsonValue, Refusal | None]] = {
    "nothing": (200, {"data": 1, "error": {}}, None),
    "an error with success": (200, {"error": {"code": "x"}}, Refusal(http_status=200, code="x")),
    "an error that is text, with success": (200, {"error": "none"}, None),
    "the whole form": (
        400,
        {"error": {"displayMessage": "No car", "code": "400", "errorMessageCode": "iqevc_ms-10008"}},
        Refusal(http_status=400, code="iqevc_ms-10008", display="No car"),
    ),
    "code at the top": (
        400,
        {"errorMessageCode": "iqevc_ms-10008", "message": "No car"},
        Refusal(http_status=400, code="iqevc_ms-10008", display="No car"),
    ),
    "a code beside the other": (
        400,
        {"error": {"code": "iqevc_ms-10012"}},
        Refusal(http_status=400, code="iqevc_ms-10012"),
    ),
    "service trouble": (
        503,
        {"error": {"status": "service_unavailable"}},
        Refusal(http_status=503, status_text="SERVICE_UNAVAILABLE"),
    ),
    "odd fields": (
        400,
        {"error": {"errorMessageCode": "a b c", "displayMessage": 7, "status": "no such word!"}},
        Refusal(http_status=400),
    ),
    "a code that is no word": (400, {"error": {"errorMessageCode": "x" * 100}}, Refusal(http_status=400)),
    "a code with a serial": (400, {"error": {"errorMessageCode": "err-202640011873"}}, Refusal(http_status=400)),
    "a code that takes long to look at": (
        400,
        {"error": {"errorMessageCode": "a" * 60 + "!"}},
        Refusal(http_status=400),
    ),
    "a list": (400, ["x"], Refusal(http_status=400)),
    "no such route": (404, {"detail": "No static resource y"}, Refusal(http_status=404, routing=True)),
    "no such thing": (404, {"detail": "Not here"}, Refusal(http_status=404)),
    "no such verb": (405, {}, Refusal(http_status=405, routing=True)),
    "a level refused": (
        500,
        {"error": {"displayMessage": "Invalid charge level", "code": "500"}},
        Refusal(http_status=500, display="Invalid charge level", invalid_level=True),
    ),
    "a sentence beside the code": (
        400,
        {"error": {"additionalInfo": "Charger is already in charging state"}},
        Refusal(http_status=400, info="Charger is already in charging state"),
    ),
    "a level refused with 400": (
        400,
        {"error": {"displayMessage": "Invalid charge level"}},
        Refusal(http_status=400, display="Invalid charge level", invalid_level=True),
    ),
    "lines and controls": (400, {"message": "No\r\n\tcar\u202e"}, Refusal(http_status=400, display="No car")),
    "a long text": (400, {"message": "la " * 100}, Refusal(http_status=400, display=("la " * 100)[:255].strip())),
}


@pytest.mark.parametrize(("status", "body", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_of_an_error_only_known_fields_survive(status: int, body: JsonValue, refusal: Refusal | None) -> None:
    """Trap 29: the reason is read before the body is dropped."""
    assert read(json.dumps(body), status).refusal == refusal


CAP_BODIES: dict[str, tuple[str, bool]] = {
    "text": ("TOO MANY ACTIVE SESSIONS", True),
    "an object": ('{"a": "too many active sessions"}', True),
    "a list in an object": ('{"a": [1, {"b": "Active sessions: too many"}]}', True),
    "escaped": (json.dumps(json.dumps({"a": json.dumps(["too many active sessions"])})), True),
    "a backslash that escapes nothing": ('{"a": "C:\\\\temp"}', False),
    "half escaped": ('{"a": "{\\"b\\": "}', False),
    "half of the words": ('{"a": "active sessions"}', False),
    "the other half": ('{"a": "too many"}', False),
}


@pytest.mark.parametrize(("body", "told"), CAP_BODIES.values(), ids=CAP_BODIES)
def test_the_session_cap_is_found_at_any_depth(body: str, told: bool) -> None:
    assert read(body, 403).too_many_sessions is told
    assert not read(body, 500).too_many_sessions


def test_a_reply_does_not_show_its_content() -> None:
    reply = read('{"token": "secret"}')

    assert "secret" not in repr(reply)
