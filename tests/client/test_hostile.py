"""Replies that mean harm: they cost their field, never the client or the event loop."""

from collections.abc import Callable
import contextlib
from datetime import date
import json

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import (
    Currency,
    DatedRates,
    EnlightenClient,
    GreenSettings,
    InvalidResponse,
    ModePreference,
    Pseudonyms,
    Schedule,
    ServiceUnavailable,
    SiteStatus,
    Tariff,
    redact,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import read_summaries
from custom_components.enphase_cloud_things.enlighten.models.firmware import read_firmware
from custom_components.enphase_cloud_things.enlighten.models.modes import read_configuration
from custom_components.enphase_cloud_things.enlighten.models.savings import read_savings
from custom_components.enphase_cloud_things.enlighten.models.sessions import read_history_page
from custom_components.enphase_cloud_things.enlighten.models.site import CommandReply, LiveStream, read_sites
from custom_components.enphase_cloud_things.enlighten.models.vpp import read_enrolment_id, read_events, read_program_id
from custom_components.enphase_cloud_things.enlighten.replies import read_reply
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities, scrub
from simulator import Family, Simulator, faults

from .answers import ABSURD, ANY_JSON, mutated, places, redirected
from .conftest import SITE

DAY = date(2026, 11, 10)

type Parser = Callable[[JsonValue], object]

# A whole reply of each kind, for the mutations to begin with
REPLIES: dict[str, tuple[Parser, JsonValue]] = {
    "status": (
        lambda value: SiteStatus.from_wire(value, Oddities()),
        {
            "meta": {"serverTimeStamp": 1794294330412},
            "data": {
                "tz": "Europe/Vienna",
                "chargers": [
                    {
                        "sn": "202640011873",
                        "name": "Carport",
                        "lst_rpt_at": "2026-11-10T07:05:12.118Z[UTC]",
                        "mode": 0,
                        "sch_d": {"status": 1, "info": [{"type": "greencharging"}]},
                        "session_d": {"e_c": 11874.63, "strt_chrg": 1794283950000, "miles": 41.7, "charge_level": 32},
                        "connectors": [{"connectorId": 1, "connectorStatusType": "CHARGING", "safeLimitState": 0}],
                    }
                ],
            },
        },
    ),
    "summary": (
        lambda value: read_summaries(value, Oddities()),
        {
            "data": [
                {
                    "serialNumber": "202640011873",
                    "chargeLevelDetails": {"min": "6", "max": "32", "granularity": "1", "defaultChargeLevel": "16"},
                    "operatingVoltage": "230",
                    "lifeTimeConsumption": 2481337.42,
                    "reportingInterval": 300,
                    "activeConnection": "wifi",
                    "networkConfig": '["interface_name=mlan0,connectionStatus=1,ipaddr=192.0.2.44"]',
                    "wiringConfiguration": {"L1": "N"},
                }
            ]
        },
    ),
    "mode": (
        lambda value: ModePreference.from_wire(value, Oddities()),
        {"data": {"config": {"modeSyncStatus": "synced"}, "modes": {"manualCharging": {"enabled": True}}}},
    ),
    "green": (
        lambda value: GreenSettings.from_wire(value, Oddities()),
        {"data": [{"chargerSettingName": "USE_BATTERY_FOR_SELF_CONSUMPTION", "enabled": True}]},
    ),
    "configuration": (
        lambda value: read_configuration(value, Oddities()),
        {"data": [{"key": "DefaultChargeLevel", "value": "30", "reqValue": "32", "status": 2}]},
    ),
    "schedules": (
        lambda value: Schedule.from_wire(value, Oddities()),
        {"data": {"config": {}, "slots": [{"id": "a:b:c", "startTime": "23:00", "days": [1], "remindTime": 10}]}},
    ),
    "firmware": (
        lambda value: read_firmware(value, Oddities()),
        [{"serialNumber": "202640011873", "upgradeStatus": 5, "lastUpdatedAt": "2026-11-10T07:05:12.118204221Z[UTC]"}],
    ),
    "tariff": (
        lambda value: Tariff.from_wire(value, Oddities()),
        {
            "currency": "$",
            "purchase": {
                "typeId": "tou",
                "seasons": [
                    {
                        "startMonth": "6",
                        "endMonth": "9",
                        "days": [{"id": "week", "days": [1], "periods": [{"startTime": "0", "endTime": 59}]}],
                        "tiers": [{"rate": "0.2", "startValue": 0, "endValue": -1}],
                    }
                ],
            },
        },
    ),
    "export rates": (
        lambda value: DatedRates.from_wire(value, Oddities(), day=DAY),
        {"data": {"currency": "$", "buyback": [{"start": 0, "end": 59, "rate": 0.0581}]}},
    ),
    "currency": (
        lambda value: Currency.from_wire(value, Oddities()),
        {"currency_conversion": {"currency_unit": "EUR", "currency_symbol": "€"}},
    ),
    "savings": (
        lambda value: read_savings(value, Oddities(), day=DAY),
        {"data": {"startDate": "2026-11-10", "energy": {"imported": 8420}, "monetary": {"imported": 2.3}}},
    ),
    "history": (
        lambda value: read_history_page(value, Oddities()),
        {"data": {"result": [{"sessionId": 7, "startTime": 1794283950, "aggEnergyValue": 3}], "hasMore": False}},
    ),
    "events": (
        lambda value: read_events(value, Oddities()),
        {"data": [{"start_time": "2026-11-11T01:00:00Z", "end_time": "2026-11-11T03:00:00Z", "target_soc": 20}]},
    ),
    "enrolment": (lambda value: read_enrolment_id(value, Oddities()), {"data": "5fbd1c2e8b3a9d0017c4e2f6"}),
    "program": (lambda value: read_program_id(value, Oddities()), {"data": {"program_id": "5fbd1c2e8b3a9d0017c4e2f6"}}),
    "sites": (lambda value: read_sites(value, Oddities()), {"sites": [{"id": 4410287, "title": "Lark Street"}]}),
    "command": (lambda value: CommandReply.from_wire(value, Oddities()), {"status": "accepted", "details": {"a": 1}}),
    "live stream": (lambda value: LiveStream.from_wire(value, Oddities()), {"data": {"liveStreamDuration": 900}}),
}


@pytest.mark.parametrize("kind", REPLIES)
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_mutated_reply_costs_its_field_and_raises_no_error_of_another(kind: str, data: st.DataObject) -> None:
    """Traps 81 and 82: whatever stands anywhere in a reply."""
    parse, whole = REPLIES[kind]
    reply = whole
    for _ in range(data.draw(st.integers(1, 3))):
        reply = mutated(reply, data.draw(st.sampled_from(places(reply))), data.draw(ABSURD | ANY_JSON))

    with contextlib.suppress(InvalidResponse):
        parse(reply)


@pytest.mark.parametrize("kind", REPLIES)
def test_the_whole_replies_are_read(kind: str) -> None:
    parse, whole = REPLIES[kind]
    assert parse(whole)


def test_absurd_numbers_are_not_known() -> None:
    """Trap 81: each of these once broke every later refresh."""
    _, whole = REPLIES["summary"]
    for name in ("reportingInterval", "operatingVoltage", "lifeTimeConsumption", "maxCurrent"):
        (summary,) = read_summaries(mutated(whole, ("data", 0, name), 1e14), Oddities())
        assert 1e14 not in (summary.reporting_interval, summary.operating_voltage, summary.max_current)
        assert summary.lifetime_energy is None or summary.lifetime_energy < 1e14
    assert LiveStream.from_wire({"data": {"liveStreamDuration": 1e12}}, Oddities()).duration == 900


HOSTILE_TEXTS = {
    "one word": "a" * 4_000_000,
    "addresses without an end": "a.b-" * 1_000_000,
    "tokens in tokens": "eyJ-" * 1_000_000,
    "colons": "::" * 2_000_000,
    "digits": "1" * 4_000_000,
    "pairs": "a=" * 2_000_000,
}


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_text_of_any_length_is_cut_before_a_pattern_sees_it(text: str) -> None:
    """Trap 82: ten times the text once took a hundred times as long; here it makes no difference."""
    assert len(scrub(text)) <= 4_200
    assert len(str(redact({"x": text}, Pseudonyms()))) <= 9_000


@pytest.mark.parametrize("body", [b"[" + b"[]," * 1_300_000 + b"[]]", b"[" + b"1," * 2_000_000 + b"1]"])
def test_a_reply_of_nothing_but_structure_is_not_decoded(body: bytes) -> None:
    assert read_reply(200, body).value is None


@pytest.mark.parametrize(
    "place",
    [
        "/service/evse_controller/4410287/ev_chargers/start_live_stream",
        "/web/../service/evse_controller/4410287/ev_chargers/stop_live_stream",
        "/logout",
        "/app-api/search_sites.json",
    ],
)
async def test_a_read_is_not_led_to_another_path(client: EnlightenClient, simulator: Simulator, place: str) -> None:
    """Trap 91: such a path could be that of a command."""
    simulator.faults.add(redirected(place), Family.STATUS)

    with pytest.raises(ServiceUnavailable):
        await client.status(SITE)

    assert len(simulator.requests) == 1


async def test_texts_from_the_cloud_are_one_short_line(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 92: they end up in titles and repairs."""
    _, whole = REPLIES["status"]
    name = "Car\r\nport\u2028 <b>[x](http://y)</b>" + "z" * 500
    reply = mutated(whole, ("data", "chargers", 0, "name"), name)
    simulator.faults.add(faults.text_body(json.dumps(reply)), Family.STATUS)

    (charger,) = (await client.status(SITE)).chargers

    assert charger.name is not None
    assert len(charger.name) <= 255
    assert charger.name.isprintable()
