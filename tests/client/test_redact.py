"""Secrets and identifiers stay out of logs, errors and downloads."""

from collections.abc import Awaitable
from datetime import UTC, datetime
import json
import logging

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ChargeMode,
    EnlightenClient,
    EnlightenError,
    Pseudonyms,
    redact,
)
from custom_components.enphase_cloud_things.enlighten.redact import REDACTED
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, scrub
from simulator import OWNER_EMAIL, OWNER_KEY, Simulator, World, faults

from .answers import ANY_JSON
from .conftest import SERIAL, SITE, Connect


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Charger 202640011873 failed", "Charger … failed"),
        ("Site 4410287", "Site …"),
        ("mail owner.name+x@mail.example.com now", "mail … now"),
        ("at 192.168.1.20 and 10.0.0.1", "at … and …"),
        ("02:00:5e:10:00:01", "…"),
        ("fe80::1ff:fe23:4567:890a", "…"),
        ("2001:db8:1:2:3:4:5:6", "…"),
        ("at 07:05:12", "at 07:05:12"),
        ("id 0b7d5b0e-7a57-4b0e-9a55-2f4c6f1b9a10.", "id …."),
        ("program 65f0c2d4a1b2c3d4e5f60718", "program …"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln", "Bearer …"),
        ("firmware 25.40.2.9", "firmware 25.40.2.9"),
        ("999.999.999.999", "999.999.999.999"),
        ("32 A at 230 V, 1234 Wh", "32 A at 230 V, 1234 Wh"),
        ("2026-11-10T07:05:12.118000+00:00", "2026-11-10T07:05:12.118000+00:00"),
        ("No car is plugged in", "No car is plugged in"),
    ],
)
def test_whatever_looks_like_an_identifier_is_masked(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


@given(st.text())
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


def test_a_download_tells_things_and_no_identifiers() -> None:
    pseudonyms = Pseudonyms([SITE, SERIAL])
    site, serial = pseudonyms.of_run(SITE), pseudonyms.of_run(SERIAL)

    found = redact(
        {
            SERIAL: {"name": "Carport", "slot": f"{SITE}:{SERIAL}:x"},
            "e_auth_token": "abc",
            "Authorization": "Bearer abc",
            "email": "",
            "cookie": None,
            "password": True,
            "ip_address": "192.0.2.44",
            "levels": (6, 32.5, None, True),
            "modes": frozenset({"green"}),
            "at": datetime(2026, 11, 10, 12, tzinfo=UTC),
            "object": object(),
            5: "five",
        },
        pseudonyms,
    )

    assert found == {
        serial: {"name": "Carport", "slot": f"{site}:{serial}:x"},
        "e_auth_token": REDACTED,
        "Authorization": REDACTED,
        "email": "",
        "cookie": None,
        "password": True,
        "ip_address": REDACTED,
        "levels": [6, 32.5, None, True],
        "modes": ["green"],
        "at": "2026-11-10T12:00:00+00:00",
        "object": "object",
        "5": "five",
    }


def test_data_too_deep_to_be_meant_is_cut_off() -> None:
    deep: JsonValue = "bottom"
    for _ in range(500):
        deep = [deep]

    assert "bottom" not in json.dumps(redact(deep, Pseudonyms()))


@given(ANY_JSON, st.text(st.characters(categories=["L"]), min_size=12, max_size=20))
def test_no_known_identifier_survives(value: JsonValue, identifier: str) -> None:
    pseudonyms = Pseudonyms([identifier])

    found = redact({"a": [value, identifier], f"x{identifier}": f"{identifier}{identifier}"}, pseudonyms)

    assert identifier not in json.dumps(found, ensure_ascii=False)


def found_in(text: str, secrets: tuple[str, ...]) -> list[str]:
    return [secret for secret in secrets if secret in text]


async def test_nothing_private_is_logged_or_raised(
    connect: Connect, world: World, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 64: a walk through everything that can go wrong, with all logs on."""
    caplog.set_level(logging.DEBUG)
    client = await connect(password=OWNER_KEY)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    credentials = client.session.credentials
    told = (
        SITE,
        SERIAL,
        OWNER_EMAIL,
        world.account.user_id,
        str(credentials.access_token),
        str(credentials.manager_token),
        str(credentials.session_id),
    )
    cookies = (cookie.value for cookie in credentials.cookies if cookie.name != "appVersion")
    secrets = (*told, OWNER_KEY, *cookies)
    echo = json.dumps({"error": {"displayMessage": " ".join(told), "errorMessageCode": SERIAL}})
    troubles = [
        faults.status_code(401),
        faults.status_code(403),
        faults.status_code(404),
        faults.status_code(429),
        faults.status_code(500),
        faults.text_body(echo, 400),
        faults.text_body(echo, 503),
        faults.text_body(" ".join(told)),
        faults.field_value("data", " ".join(told)),
        faults.login_wall(),
        faults.maintenance(),
        faults.dropped(),
    ]
    seen: list[str] = []
    for trouble in troubles:
        simulator.faults.clear()
        simulator.faults.add(trouble)
        for attempt in every_call(client):
            try:
                await attempt
            except EnlightenError as err:
                seen.append(f"{err!r} {err} {err.__cause__!r} {vars(err)}")

    assert len(seen) > 100
    assert found_in(" ".join(seen), secrets) == []
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert ours
    assert found_in(" ".join(ours), secrets) == []
    assert found_in(repr(client.transport.health), secrets) == []


def every_call(client: EnlightenClient) -> list[Awaitable[object]]:
    return [
        client.sites(),
        client.status(SITE, urgent=True),
        client.chargers(SITE),
        client.charge_mode(SITE, SERIAL, urgent=True),
        client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN),
        client.green_settings(SITE, SERIAL, urgent=True),
        client.configuration(SITE, SERIAL, urgent=True),
        client.start_charging(SITE, SERIAL, level=16),
        client.stop_charging(SITE, SERIAL),
        client.start_live_stream(SITE),
        client.session.sign_in(OWNER_EMAIL, OWNER_KEY),
        client.session.renew_without_password(),
    ]
