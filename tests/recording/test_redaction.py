"""What is private is replaced, whatever it hides in; what is odd stays as odd."""

from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
import json
import re
from typing import Final
from urllib.parse import quote

from hypothesis import assume, given, strategies as st
import jwt
import pytest

from custom_components.enphase_cloud_things.enlighten import endpoints
from custom_components.enphase_cloud_things.enlighten.recording.document import as_document
from custom_components.enphase_cloud_things.enlighten.recording.pseudonyms import Pseudonyms
from custom_components.enphase_cloud_things.enlighten.recording.ring import Recorder
from custom_components.enphase_cloud_things.enlighten.recording.vocabulary import is_known
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue
from tests.client.answers import ANY_JSON

from .replies import KEY, NOON, SERIAL, SITE, asked, document, redacted, reply

MAIL = "anna.gruber@mail.example.com"
USER_ID = "5820417"
TOKEN = jwt.encode({"user_id": int(USER_ID), "session_id": "b1c9d0e7f6", "exp": 1796104800}, "0" * 32)
SECRETS: Final = {
    "a serial number": SERIAL,
    "a site id": SITE,
    "a user id": USER_ID,
    "an e-mail address": MAIL,
    "a part of an e-mail address": "gruber",
    "a token": TOKEN,
    "a session id": "b1c9d0e7f6a8b7c6",
    "an id of the grid operator": "64f3b7e2905c1a8d3e7f2b06",
    "a UUID": "2f6b8c1d-40ae-4b57-9d0e-7c51aa93e604",
    "a MAC address": "02:00:5e:10:00:2a",
    "an IPv4 address": "203.0.113.71",
    "an IPv6 address": "2001:db8:85a3::8a2e:370:7334",
    "a network name": "FRITZ!Box 7590 KX",
    "a street": "Lerchengasse 17",
    "a phone number": "+43 664 1234567",
    "a postcode": "94301-2214",
    "a password": "Tr0ub4dor&3",
}

type Hide = Callable[[str], JsonValue]


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


HIDING_PLACES: Final[Mapping[str, Hide]] = {
    "a known name": lambda secret: {"data": {"chargers": [{"name": secret, "sn": SERIAL}]}},
    "a known number": lambda secret: {"data": {"chargers": [{"session_d": {"e_c": secret, "miles": secret}}]}},
    "a known word": lambda secret: {"data": {"chargers": [{"connectors": [{"connectorStatusType": secret}]}]}},
    "a known time": lambda secret: {"data": {"chargers": [{"lst_rpt_at": secret, "offlineAt": secret}]}},
    "a known time zone": lambda secret: {"data": {"tz": secret}},
    "an unknown field": lambda secret: {"data": {"chargers": [{"sn": SERIAL, "surprise": secret}]}},
    "an unknown object": lambda secret: {"surprise": {"inner": [{"deep": secret}]}},
    "a key": lambda secret: {"data": {secret: {"connected": True}}},
    "a key of something unknown": lambda secret: {"surprise": {secret: 1, f"x{secret}": {secret: []}}},
    "a key beside known ones": lambda secret: {"data": {"site": SITE, "tz": "UTC", secret: 1}},
    "an error text": lambda secret: {"error": {"displayMessage": f"Charger {secret} of {secret} is not plugged"}},
    "an error code": lambda secret: {"error": {"errorMessageCode": secret, "status": secret}},
    "a whole reply": lambda secret: secret,
    "a list": lambda secret: [secret, [secret]],
    "JSON in JSON": lambda secret: json.dumps({"data": {"surprise": secret, secret: secret}}),
    "JSON in a field": lambda secret: {"data": {"surprise": json.dumps({secret: [secret]})}},
    "lines of a network": lambda secret: {"data": [{"networkConfig": f'[\n"mac_addr={secret},ipaddr={secret}"\n]'}]},
    "a path": lambda secret: {"data": {"surprise": f"/users/{secret}/self?id={secret}"}},
    "an item in place of an object": lambda secret: {"data": {"chargers": [secret, {"session_d": [secret]}]}},
    "an object in place of a name": lambda secret: {"data": {"chargers": [{"name": {"first": secret}}]}},
}
ENCODINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "plainly": str,
    "in capitals": str.upper,
    "base64": base64,
    "base64 for URLs": lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "URL-encoded": lambda text: quote(text, safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
    "backwards": lambda text: text[::-1],
    "between others": lambda text: f"xx{text}yy",
    "as a token": lambda text: jwt.encode({"user_id": text, "surprise": [text], text: text}, "0" * 32),
}


def traces(secret: str, text: str) -> list[str]:
    """Return what of a secret, however encoded, is found in a text."""
    opened = " ".join(
        b64decode(part + "=" * (-len(part) % 4), altchars=b"-_").decode(errors="replace")
        for part in re.findall(r"[\w-]{8,}", text, re.ASCII)
        if len(part) % 4 != 1
    )
    forms = {secret, *(encode(secret) for encode in ENCODINGS.values())}
    return [form for form in forms if form in text or form in opened]


@pytest.mark.parametrize("where", HIDING_PLACES)
@pytest.mark.parametrize("what", SECRETS)
def test_no_secret_gets_out(what: str, where: str) -> None:
    """Trap 64. The client knows the ids of account, site and charger, and so does the recording."""
    secret = SECRETS[what]
    for encoded in {encode(secret) for encode in ENCODINGS.values()}:
        if encoded.isdecimal() and encoded != secret:
            # No more than any other number
            continue
        body = HIDING_PLACES[where](encoded)
        for status, to in ((200, asked()), (400, asked()), (200, asked(endpoints.SUMMARY))):
            file = json.dumps(redacted(body, SITE, SERIAL, USER_ID, status=status, to=to), ensure_ascii=False)
            assert traces(secret, file) == []


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"chargers": [{"session_d": {"e_c": int(SERIAL), "miles": float(SERIAL)}}]}},
        {"data": {"chargers": [{"surprise": int(SERIAL), "mode": -int(SERIAL)}]}},
        {"data": {"chargers": [{"connectors": [{"connectorId": int(SITE), "safeLimitState": int(SITE)}]}]}},
        {"data": int(SITE), "surprise": [int(SERIAL), int(SITE) / 1000]},
    ],
)
def test_no_identifier_gets_out_as_a_number(body: JsonValue) -> None:
    file = json.dumps(redacted(body, SITE, SERIAL))
    assert SERIAL not in file
    assert not re.search(r"4410\.?287", file)


@pytest.mark.parametrize(
    "page",
    [
        f"<html><title>Hello {MAIL}</title><a href='/web/{SITE}'>Lerchengasse 17</a></html>",
        f"Charger {SERIAL} of Anna Gruber has failed",
        f'{{"data":{{"chargers":[{{"sn":"{SERIAL}","name":"Gruber',
    ],
)
def test_no_secret_gets_out_of_what_is_no_json(page: str) -> None:
    file = json.dumps(redacted(page.encode()))
    assert not [each for each in (MAIL, SITE, SERIAL, "Gruber", "Lerchengasse") if each in file]


def test_no_secret_gets_out_by_the_request_the_headers_or_the_cookies() -> None:
    recorder = Recorder()
    to = asked(endpoints.CONFIGURE, sent=[{"key": SERIAL, "value": MAIL}], site_id=SITE, programId=SERIAL)
    headers = {"Content-Type": f"text/{SERIAL}", "Retry-After": MAIL, "Location": f"/login?user={MAIL}", "X-Id": SERIAL}
    reply(recorder, {}, to=to, headers=headers)
    reply(recorder, {}, to=asked(endpoints.TOKEN), cookies=("_enlighten_4_session", f"of {MAIL}"))
    file = json.dumps(document(recorder))
    assert not [each for each in (MAIL, SITE, SERIAL, "gruber") if each in file]
    assert "_enlighten_4_session" in file


SECRET_TEXTS = st.text("ABCDEFGHJKLMNPRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", min_size=8, max_size=40).filter(
    lambda text: any(map(str.isdigit, text)) and any(map(str.isalpha, text)) and not is_known(text)
)


@given(ANY_JSON, SECRET_TEXTS)
def test_no_text_that_is_no_word_survives_anywhere(value: JsonValue, secret: str) -> None:
    body: JsonValue = {
        "data": {"chargers": [{"sn": "1", secret: value, "x": secret}], secret: [secret]},
        "error": secret,
        f"is{secret}": f"{secret} {secret}",
    }
    assert secret not in json.dumps(redacted(body))


@given(ANY_JSON, st.text(min_size=6))
def test_what_is_known_to_be_private_survives_nowhere(value: JsonValue, private: str) -> None:
    # A lone zero stays one
    assume(any(each.isalnum() and each != "0" for each in private))
    body: JsonValue = {
        "data": {"tz": private, "chargers": [{"offGrid": private, "lst_rpt_at": private, "name": value}]}
    }
    shown = redacted(body, private)
    assert private not in _leaves(json.loads(str(shown["json_text"])) if "json_text" in shown else shown["json"])


def _leaves(value: JsonValue) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_leaves, value.values()), value)
    if isinstance(value, list):
        return set().union(*map(_leaves, value))
    return {value} if isinstance(value, str) else set()


def outline(value: JsonValue) -> JsonValue:
    """Return a value with every character replaced by the name of its class, and every number by its length."""
    match value:
        case dict():
            return [outline(item) for item in value.values()]
        case list():
            return [outline(item) for item in value]
        case bool() | None:
            return value
        case str():
            return "".join(_class(character) for character in value)
        case int():
            return len(str(value))
    return "a decimal number"


def _class(character: str) -> str:
    if not character.isalnum():
        return character
    kinds = (("0", character.isnumeric()), ("A", character.isupper()), ("a", character.islower()))
    return next((kind for kind, holds in kinds if holds), "字")


@given(ANY_JSON)
def test_types_lengths_and_spelling_stay(value: JsonValue) -> None:
    body: JsonValue = {"data": {"surprise": value, "chargers": [value]}}
    row = redacted(body)
    shown: JsonValue = json.loads(str(row["json_text"])) if "json_text" in row else row["json"]
    assert outline(shown) == outline(body)


PARTS: Final[list[JsonValue]] = [
    {"sn": SERIAL, "e_c": 17452.18, "surprise": "Gruber 12", "at": "1978-03-02T10:20:30.123456789Z[UTC]"},
    {"number": int(SERIAL), "slot": f"{SITE}:{SERIAL}:2f6b8c1d-40ae-4b57-9d0e-7c51aa93e604"},
    [[], {}, "", " ", None, True, 0, -1, 12.5e-9, "ünïcödé ☂ 山"],
]


@pytest.mark.parametrize("part", PARTS)
def test_the_outline_of_ordinary_things_stays(part: JsonValue) -> None:
    body: JsonValue = {"data": part}
    assert outline(redacted(body)["json"]) == outline(body)


STAYS: Final[list[tuple[str, JsonValue]]] = [
    ("e_c", 17452.18),
    ("e_c", "17452,18"),
    ("e_c", "17452.18 Wh"),
    ("e_c", "1e3"),
    ("e_c", -0.5),
    ("e_c", None),
    ("e_c", ""),
    ("strt_chrg", 1794935100000),
    ("strt_chrg", "1794935100"),
    ("plg_in_at", "2026-11-17T16:58:21.090Z[UTC]"),
    ("plg_in_at", "2026-11-17 16:58:21.090123456+01:00"),
    ("plg_in_at", "2026-11-17T16:58:21Z[Europe/Vienna]"),
    ("plg_in_at", 0),
    ("auth_type", "PLUG_AND_CHARGE"),
    ("auth_status", -1),
]


@pytest.mark.parametrize(("name", "value"), STAYS)
def test_what_is_harmless_stays_to_the_letter(name: str, value: JsonValue) -> None:
    body: JsonValue = {"data": {"chargers": [{"sn": "x", "session_d": {name: value}}]}}
    shown = redacted(body)["json"]
    assert json.dumps(shown).partition('"session_d": ')[2] == json.dumps(body).partition('"session_d": ')[2]


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Charger is not plugged to EV", r"Charger is not plugged to EV"),
        ("No static resource ev_charger", r"No static resource ev_charger"),
        ("Invalid charge level for 202640011873", r"Invalid charge level for [1-9]\d{11}"),
        ("Hello Anna, your charger failed", r"[A-Z][a-z]{4} [A-Z][a-z]{3}, your charger failed"),
        ("You have too many active sessions", r"You have too many active sessions"),
    ],
)
def test_the_words_of_an_error_stay_but_no_others(sentence: str, shown: str) -> None:
    row = redacted({"error": {"displayMessage": sentence, "errorMessageCode": "iqevc_ms-10008"}}, status=400)
    error = row["json"]
    assert isinstance(error, dict)
    assert isinstance(error["error"], dict)
    assert re.fullmatch(shown, str(error["error"]["displayMessage"]))
    assert error["error"]["errorMessageCode"] == "iqevc_ms-10008"


def test_a_login_page_is_still_one() -> None:
    page = (
        '<!DOCTYPE html><html><script>var otLang = "en"; function OptanonWrapper() {}</script><a href="/login/login">'
    )
    assert redacted(page.encode())["text"] == page


def test_a_new_field_is_seen_and_its_content_is_not() -> None:
    body: JsonValue = {"data": {"chargers": [{"sn": SERIAL, "solarBoostMode": "Gruber", "solarBoostLimit": 4711}]}}
    shown = json.dumps(redacted(body)["json"])
    assert re.search(r'"solarBoostMode": "[A-Z][a-z]{5}", "solarBoostLimit": \d{4}\b', shown)
    assert not re.search("Gruber|4711", shown)


def test_one_thing_has_one_stand_in_throughout_a_file() -> None:
    recorder = Recorder()
    reply(recorder, {"data": {"site": SITE, "chargers": [{"sn": SERIAL}]}})
    reply(recorder, {"data": [{"serialNumber": int(SERIAL)}], "x": f"{SITE}:{SERIAL}"}, to=asked(endpoints.SUMMARY))
    reply(recorder, {"data": {SERIAL: {"connected": True}}}, to=asked(endpoints.CONFIGURATION))
    first, second, third = document(recorder)
    site, serial = re.findall(r"\d{7,}", json.dumps(first["json"]))
    assert re.findall(r"\d{7,}", json.dumps(second["json"])) == [serial, site, serial]
    assert serial in str(third["path"])
    assert site in str(first["path"])


def test_another_download_has_other_stand_ins() -> None:
    recorder = Recorder()
    reply(recorder, {"data": {"site": SITE}})
    first, second = (json.dumps(as_document(recorder.recorded, Pseudonyms())) for _ in range(2))
    assert first != second


def test_different_things_have_different_stand_ins() -> None:
    pseudonyms = Pseudonyms(key=KEY)
    names = {pseudonyms.of_run(str(number)) for number in range(1000, 4000)}
    assert len(names) == 3000


def test_a_token_says_the_same_about_itself_with_other_ids() -> None:
    row = redacted({"token": TOKEN, "expires_at": 1796104800}, to=asked(endpoints.TOKEN))
    body = row["json"]
    assert isinstance(body, dict)
    claims = jwt.decode(str(body["token"]), options={"verify_signature": False})
    assert claims["exp"] == body["expires_at"] == 1796104800
    assert re.fullmatch(r"\d{7}", str(claims["user_id"]))
    assert str(claims["user_id"]) != USER_ID
    assert len(str(body["token"])) == len(TOKEN)


@pytest.mark.parametrize(
    "time", ["1978-03-02", "1978-03-02T10:20:30.118Z[UTC]", "02-03-1978", "1978-03-02 10:20:30+01:00"]
)
def test_a_birthday_is_replaced_by_another_day_in_the_same_spelling(time: str) -> None:
    shown = json.dumps(redacted({"data": {"surprise": time}}))
    assert time not in shown
    assert re.search(re.sub(r"\d", r"\\d", re.escape(time).replace(r"\-", "-")).replace("01:00", r"\d\d:\d\d"), shown)


@pytest.mark.parametrize("body", [{"at": float("nan")}, {"at": 10**30}, {"at": "\ud800"}, [float("-inf")]])
def test_what_no_file_of_json_can_hold_is_kept_as_text(body: JsonValue) -> None:
    row = redacted(body)
    assert "json" not in row
    assert outline(json.loads(str(row["json_text"]))) == outline(body)


def test_data_too_deep_to_be_meant_is_cut_off() -> None:
    deep: JsonValue = "bottom"
    for _ in range(500):
        deep = [deep]
    assert "bottom" not in json.dumps(redacted({"data": deep}))


def test_the_times_of_a_reply_stay() -> None:
    recorder = Recorder()
    reply(
        recorder, {}, headers={"Retry-After": "Tue, 17 Nov 2026 12:05:00 GMT", "Date": "Tue, 17 Nov 2026 12:00:00 GMT"}
    )
    (row,) = document(recorder)
    assert row["at"] == NOON.isoformat()
    assert row["headers"] == {"Retry-After": "Tue, 17 Nov 2026 12:05:00 GMT", "Date": "Tue, 17 Nov 2026 12:00:00 GMT"}
