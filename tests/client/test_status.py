"""The live status, in every shape that the cloud has for it."""

from datetime import UTC, datetime
import logging

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ChargerStatus,
    ChargingSession,
    EnlightenClient,
    InvalidResponse,
    ServiceUnavailable,
    SiteStatus,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import Connector, ConnectorState
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities
from simulator import Car, Family, ManualClock, Simulator, World, faults
from simulator.presentation import StatusShape

from .answers import ANY_JSON
from .conftest import SERIAL, SITE

REPORTED_AT = datetime(2026, 11, 10, 7, 5, 12, 118_000, tzinfo=UTC)
STARTED_AT = datetime(2026, 11, 10, 4, 12, 30, tzinfo=UTC)

CHARGING: dict[str, JsonValue] = {
    "sn": SERIAL,
    "name": "IQ EV Charger_11873",
    "lst_rpt_at": "2026-11-10T07:05:12.118Z[UTC]",
    "offlineAt": "2026-11-04T19:33:41.207Z[UTC]",
    "connected": True,
    "pluggedIn": True,
    "charging": True,
    "faulted": False,
    "commissioned": 1,
    "mode": 0,
    "offGrid": "ON_GRID",
    "auth_token": None,
    "sch_d": {"status": 0, "info": []},
    "session_d": {
        "plg_in_at": "2026-11-09T22:41:00.310Z[UTC]",
        "strt_chrg": 1794283950000,
        "plg_out_at": None,
        "e_c": 11874.63,
        "miles": 41.7,
        "session_cost": None,
        "auth_status": -1,
        "charge_level": 32,
    },
    "connectors": [
        {
            "connectorId": 1,
            "connectorStatusType": "CHARGING",
            "connectorStatusInfo": "EVConnected",
            "connectorStatusReason": "",
            "safeLimitState": 0,
            "dlbActive": False,
            "pluggedIn": True,
        }
    ],
}


def nested(*chargers: JsonValue) -> JsonValue:
    return {
        "meta": {"serverTimeStamp": 1794294330412},
        "data": {"site": SITE, "tz": "Europe/Vienna", "chargers": list(chargers)},
        "error": {},
    }


def read(value: JsonValue) -> SiteStatus:
    return SiteStatus.from_wire(value, Oddities())


def charger_with(**changes: JsonValue) -> ChargerStatus:
    (charger,) = read(nested(CHARGING | changes)).chargers
    return charger


def session_with(**changes: JsonValue) -> ChargingSession:
    session = charger_with(session_d=changes).session
    assert session is not None
    return session


def connector_with(**changes: JsonValue) -> Connector:
    (connector,) = charger_with(connectors=[changes]).connectors
    return connector


def test_the_nested_shape_of_a_charging_charger() -> None:
    status = read(nested(CHARGING))

    assert status == SiteStatus(
        time_zone="Europe/Vienna",
        chargers=(
            ChargerStatus(
                serial=SERIAL,
                name="IQ EV Charger_11873",
                connected=True,
                plugged_in=True,
                charging=True,
                faulted=False,
                commissioned=True,
                mode=0,
                reported_at=REPORTED_AT,
                session=ChargingSession(
                    energy=11.87463,
                    started_at=STARTED_AT,
                    plugged_in_at=datetime(2026, 11, 9, 22, 41, 0, 310_000, tzinfo=UTC),
                    range_miles=41.7,
                    charge_level=32,
                ),
                connectors=(
                    Connector(
                        connector_id=1,
                        state=ConnectorState.CHARGING,
                        info="EVConnected",
                        safe_limit=False,
                        load_balancing_active=False,
                        plugged_in=True,
                    ),
                ),
            ),
        ),
    )


def test_the_time_of_the_answer_is_no_difference() -> None:
    other: JsonValue = {"meta": {"serverTimeStamp": 1}, "data": {"tz": "Europe/Vienna", "chargers": [CHARGING]}}

    assert read(other) == read(nested(CHARGING))


def test_an_idle_charger_keeps_its_last_session() -> None:
    """Trap 41: the session of an idle charger is the last one."""
    charger = charger_with(
        pluggedIn=False,
        charging=False,
        mode=1,
        sch_d={"status": 1, "info": [{"type": "greencharging", "startTime": 1793692800, "limit": 0}]},
        session_d={"e_c": 3542.11, "plg_out_at": "2026-11-09T23:41:00Z[UTC]", "session_cost": "3.14"},
        connectors=[{"connectorStatusType": "AVAILABLE", "pluggedIn": False}],
    )

    assert charger.session == ChargingSession(
        energy=3.54211, unplugged_at=datetime(2026, 11, 9, 23, 41, tzinfo=UTC), cost=3.14
    )
    assert (charger.plugged_in, charger.mode, charger.active_schedule) == (False, 1, "greencharging")


@pytest.mark.parametrize("energy", [0, 0.4, 140.038, 199.9, 200.1, 625.665, 9867])
def test_the_nested_shape_counts_in_watt_hours_whatever_the_size(energy: float) -> None:
    """Trap 11: the first 200 Wh of a session were shown as 200 kWh."""
    assert session_with(e_c=energy).energy == pytest.approx(energy / 1000)


FLAT: dict[str, JsonValue] = {
    "sn": SERIAL,
    "name": "Carport",
    "connected": True,
    "pluggedIn": True,
    "charging": False,
    "faulted": False,
    "connectorStatusType": "SUSPENDED_EV",
    "connectorStatusReason": "INSUFFICIENT_SOLAR",
    "chargingLevel": 24,
    "session_d": {"e_c": 2.18, "start_time": 1794283950, "plg_in_at": 1794264060, "plg_out_at": None},
    "sch_d": {"enabled": False, "mode": "IMMEDIATE"},
}


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "under data"])
def test_the_flat_shape(wrapped: bool) -> None:
    reply: JsonValue = {"evChargerData": [FLAT], "ts": 1794294330}

    (charger,) = read({"data": reply} if wrapped else reply).chargers

    assert charger.charge_level == 24
    assert charger.active_schedule is None
    assert charger.session == ChargingSession(
        energy=2.18, started_at=STARTED_AT, plugged_in_at=datetime(2026, 11, 9, 22, 41, tzinfo=UTC)
    )
    assert charger.connectors == (
        Connector(state=ConnectorState.SUSPENDED_EV, reason="INSUFFICIENT_SOLAR", plugged_in=True),
    )


@pytest.mark.parametrize(("energy", "kwh"), [(0, 0), (3.52, 3.52), (99.99, 99.99), (100, 0.1), (9867, 9.867)])
def test_the_flat_shape_counts_in_kilowatt_hours_while_that_is_possible(energy: float, kwh: float) -> None:
    (charger,) = read({"evChargerData": [FLAT | {"session_d": {"e_c": energy}}]}).chargers

    assert charger.session is not None
    assert charger.session.energy == pytest.approx(kwh)


@pytest.mark.parametrize("moment", [1794294330, 1794294330000, "1794294330", "2026-11-10T07:05:30Z[UTC]"], ids=repr)
def test_the_flat_shape_tells_the_time_in_four_ways(moment: JsonValue) -> None:
    """Trap 40: seconds, milliseconds, text of digits, and ISO with a zone in brackets."""
    (charger,) = read({"evChargerData": [FLAT | {"lst_rpt_at": moment}]}).chargers

    assert charger.reported_at == datetime(2026, 11, 10, 7, 5, 30, tzinfo=UTC)


def test_a_schedule_of_the_flat_shape() -> None:
    (charger,) = read({"evChargerData": [FLAT | {"sch_d": {"enabled": True, "mode": "SCHEDULED"}}]}).chargers

    assert charger.active_schedule == "SCHEDULED"


def test_the_keyed_shape_says_little_and_is_marked_as_such() -> None:
    """Trap 48: this shape was read as a site without chargers."""
    entry: JsonValue = {"connected": True, "pluggedIn": False, "charging": False, "lst_rpt_at": 1794294312118}

    status = read({"meta": {}, "data": {SERIAL: entry, "note": "none"}, "error": {}})

    assert status.chargers == (
        ChargerStatus(
            serial=SERIAL,
            connected=True,
            plugged_in=False,
            charging=False,
            reported_at=datetime(2026, 11, 10, 7, 5, 12, 118_000, tzinfo=UTC),
            partial=True,
        ),
    )


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {},
        [],
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"chargers": []}},
        {"data": {"chargers": None}},
        {"evChargerData": []},
        {"evChargerData": None},
    ],
    ids=repr,
)
def test_an_answer_without_chargers_is_an_answer(reply: JsonValue) -> None:
    """Trap 45: that happens to healthy accounts for a moment; what follows is not the client's decision."""
    assert read(reply).chargers == ()


@pytest.mark.parametrize("reply", ["text", 5, True, [1], [{"sn": SERIAL}]])
def test_an_answer_of_no_known_shape_is_invalid(reply: JsonValue) -> None:
    with pytest.raises(InvalidResponse) as caught:
        read(reply)

    assert caught.value.path == "status"


@pytest.mark.parametrize(
    "data",
    ["text", 5, True, [1], {"foo": 1}, {"message": {"text": "x"}}, {"site": {"id": 1}, "tz": "Europe/Vienna"}],
    ids=repr,
)
def test_data_of_no_known_shape_is_invalid(data: JsonValue) -> None:
    with pytest.raises(InvalidResponse) as caught:
        read({"data": data})

    assert caught.value.path == "status.data"


@pytest.mark.parametrize("row", [{}, {"sn": None}, {"sn": ""}, {"sn": {}}, "text", None, 7, []], ids=repr)
def test_a_row_without_a_serial_costs_that_row(row: JsonValue) -> None:
    chargers = read(nested(row, CHARGING)).chargers

    assert [charger.serial for charger in chargers] == [SERIAL]


@pytest.mark.parametrize("name", [name for name in CHARGING if name != "sn"])
@pytest.mark.parametrize(
    "oddity", [[], {}, "nonsense", [{}], -1.5, True, None, 10**400, {"a": [None]}], ids=lambda oddity: repr(oddity)[:20]
)
def test_an_odd_field_costs_that_field_only(name: str, oddity: JsonValue) -> None:
    ordinary, odd = charger_with(), charger_with(**{name: oddity})

    changed = {field for field in ordinary.__dataclass_fields__ if getattr(ordinary, field) != getattr(odd, field)}
    touched = {
        "lst_rpt_at": {"reported_at"},
        "pluggedIn": set(),
        "sch_d": {"active_schedule"},
        "session_d": {"session"},
    }
    assert changed <= touched.get(name, {name})


def test_the_name_that_the_owner_gave_comes_first() -> None:
    assert charger_with(displayName="Carport").name == "Carport"


def test_a_car_that_only_the_connector_sees_is_plugged_in() -> None:
    assert charger_with(pluggedIn=False).plugged_in is True


def test_whether_a_car_is_plugged_in_may_be_unknown() -> None:
    assert charger_with(pluggedIn=None, connectors=[]).plugged_in is None


def test_every_connector_counts() -> None:
    """Trap 47: a second connector was invisible."""
    charger = charger_with(
        connectors=[
            {"connectorId": 1, "connectorStatusType": "AVAILABLE", "pluggedIn": False},
            {"connectorStatusType": "Charging", "pluggedIn": True},
        ]
    )

    assert [(item.connector_id, item.state) for item in charger.connectors] == [
        (1, ConnectorState.AVAILABLE),
        (2, ConnectorState.CHARGING),
    ]


@pytest.mark.parametrize("state", ["suspended_evse", "Suspended_EVSE", " SUSPENDED_EVSE "])
def test_states_are_compared_without_case(state: str) -> None:
    assert connector_with(connectorStatusType=state).state is ConnectorState.SUSPENDED_EVSE


def test_a_new_state_is_kept_as_text_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    oddities = Oddities()
    row: JsonValue = CHARGING | {"connectors": [{"connectorStatusType": "Napping"}]}

    for _ in range(3):
        (charger,) = SiteStatus.from_wire(nested(row), oddities).chargers

    assert charger.connectors[0].state == "NAPPING"
    assert caplog.text.count("Napping") == 1


def test_a_safe_limit_may_be_told_by_the_charger() -> None:
    charger = charger_with(safeLimitState=1, connectors=[{"connectorStatusType": "CHARGING"}])

    assert charger.connectors[0].safe_limit is True


@pytest.mark.parametrize("name", ["charge_level", "chargeLevel", "chargingLevel", "charging_level"])
def test_the_level_of_a_session_has_four_names(name: str) -> None:
    assert session_with(**{name: "16"}).charge_level == 16


@pytest.mark.parametrize("name", ["chargingLevel", "charging_level", "charginglevel"])
def test_the_level_of_a_charger_has_three_names(name: str) -> None:
    assert charger_with(**{name: 16}).charge_level == 16


@pytest.mark.parametrize("name", ["session_cost", "sessionCost"])
def test_the_cost_of_a_session_has_two_names(name: str) -> None:
    assert session_with(**{name: 0.0}).cost == 0


@pytest.mark.parametrize("start", [1794283950000, 1794283950, "1794283950000", "2026-11-10T04:12:30Z[UTC]"], ids=repr)
def test_the_start_of_a_session_comes_in_several_spellings(start: JsonValue) -> None:
    """Trap 40: one reading of these gives 1970, another the year 58,000."""
    assert session_with(strt_chrg=start).started_at == STARTED_AT


def test_a_charger_that_never_charged_has_no_session() -> None:
    assert charger_with(session_d=None).session is None


@given(st.dictionaries(st.sampled_from([*CHARGING, "displayName", "safeLimitState"]), ANY_JSON))
def test_no_field_of_a_charger_breaks_the_reader(fields: dict[str, JsonValue]) -> None:
    replies: list[JsonValue] = [nested(CHARGING | fields), {"evChargerData": [FLAT | fields]}]
    for reply in replies:
        for charger in read(reply).chargers:
            assert charger.serial


async def test_the_status_is_asked_for_as_the_web_page_does(client: EnlightenClient, simulator: Simulator) -> None:
    await client.status(SITE)

    request = simulator.requests.last(Family.STATUS)
    assert request.path == f"/service/evse_controller/{SITE}/ev_chargers/status"
    assert request.headers["accept"] == "*/*"
    assert request.headers["referer"] == f"{simulator.enlighten_url}/web/{SITE}/today/graph/hours?v=3.4.0"
    assert request.headers["x-csrf-token"] not in {"", '""'}
    assert "%" not in request.headers["x-csrf-token"]


@pytest.mark.parametrize("shape", [StatusShape.NESTED, StatusShape.FLAT])
async def test_both_whole_shapes_tell_the_same_story(
    client: EnlightenClient, world: World, clock: ManualClock, shape: StatusShape
) -> None:
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16, phases=3))
    await client.start_charging(SITE, SERIAL, level=16)
    clock.tick(700)
    world.presentation.status_shape = shape

    (charger,) = (await client.status(SITE)).chargers

    assert charger.charging
    assert charger.connectors[0].state is ConnectorState.CHARGING
    assert charger.session is not None
    assert charger.session.energy is not None
    assert 1 < charger.session.energy < 5


async def test_an_error_without_data_is_no_empty_site(client: EnlightenClient, simulator: Simulator) -> None:
    body = {"meta": {}, "data": None, "error": {"code": "500", "status": "INTERNAL_SERVER_ERROR"}}
    simulator.faults.add(faults.payload(body), Family.STATUS)

    with pytest.raises(ServiceUnavailable) as caught:
        await client.status(SITE)

    assert caught.value.refusal is not None
    assert caught.value.refusal.status_text == "INTERNAL_SERVER_ERROR"


async def test_a_wrong_field_is_noted_once_and_without_its_content(
    client: EnlightenClient, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.faults.add(faults.field_value("data.chargers.*.mode", "secret-4711"), Family.STATUS)

    for _ in range(3):
        (charger,) = (await client.status(SITE)).chargers
        assert charger.mode is None

    assert caplog.text.count("status.data.chargers[0].mode") == 1
    assert "secret-4711" not in caplog.text
