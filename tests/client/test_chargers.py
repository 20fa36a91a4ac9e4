"""The metadata of chargers."""

from datetime import UTC, datetime
from typing import cast

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import ChargerSummary, EnlightenClient, InvalidResponse
from custom_components.enphase_cloud_things.enlighten.models.chargers import read_summaries
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities
from simulator import Family, Simulator, faults

from .answers import ANY_JSON
from .conftest import SERIAL, SITE

NETWORK = (
    '[\n"netmask=255.255.255.0,mac_addr=02:00:5e:10:00:01,interface_name=mlan0,connectionStatus=1,'
    'ipaddr=192.0.2.44,bootproto=dhcp,gateway=192.0.2.1"\n]'
)
CARPORT: dict[str, JsonValue] = {
    "serialNumber": SERIAL,
    "displayName": "Carport",
    "isConnected": True,
    "isRetired": False,
    "status": "NORMAL",
    "hoControl": True,
    "supportsUseBattery": True,
    "chargeLevelDetails": {"min": "6", "max": "32", "granularity": "1", "defaultChargeLevel": "disabled"},
    "maxCurrent": 32,
    "breakerRating": 40,
    "ratedCurrent": "32",
    "operatingVoltage": "230",
    "phaseMode": 3,
    "phaseCount": 3,
    "dlbEnabled": 1,
    "lifeTimeConsumption": 2481337.42,
    "reportingInterval": 300,
    "lastReportedAt": "2026-11-10T07:05:12.118Z[UTC]",
    "timezone": "Europe/Vienna",
    "firmwareVersion": "25.40.2.9",
    "hwVersion": "A1.3",
    "modelName": "IQ EV Charger 2",
    "sku": "IQ-EVSE-EU-3032",
    "activeConnection": "wifi ",
    "networkConfig": NETWORK,
    "commissioningStatus": 1,
}


def read(value: JsonValue) -> tuple[ChargerSummary, ...]:
    return read_summaries(value, Oddities())


def summary_with(**changes: JsonValue) -> ChargerSummary:
    (summary,) = read({"data": [CARPORT | changes]})
    return summary


def test_every_known_field_is_read() -> None:
    assert summary_with() == ChargerSummary(
        serial=SERIAL,
        name="Carport",
        model="IQ EV Charger 2",
        model_id="IQ-EVSE-EU-3032",
        firmware="25.40.2.9",
        hardware="A1.3",
        lifetime_energy=2481.33742,
        amps_min=6,
        amps_max=32,
        amps_step=1,
        max_current=32,
        rated_current=32,
        operating_voltage=230,
        phase_mode="3",
        phase_count=3,
        load_balancing=True,
        supports_use_battery=True,
        connected=True,
        retired=False,
        commissioned=True,
        owner_control=True,
        connection="wifi",
        ip_address="192.0.2.44",
        reporting_interval=300,
        reported_at=datetime(2026, 11, 10, 7, 5, 12, 118_000, tzinfo=UTC),
        time_zone="Europe/Vienna",
    )


@pytest.mark.parametrize(
    "reply",
    [
        [CARPORT],
        {"data": [CARPORT]},
        {"data": CARPORT},
        {"data": {"chargers": [CARPORT]}},
        {"data": {"evChargerData": [CARPORT]}},
        {"data": {"evses": [CARPORT]}},
        {"data": {"devices": [CARPORT]}},
        {"data": {"items": [CARPORT]}},
    ],
    ids=["bare list", "list", "object", "chargers", "evChargerData", "evses", "devices", "items"],
)
def test_chargers_come_in_several_wrappings(reply: JsonValue) -> None:
    assert read(reply) == (summary_with(),)


@pytest.mark.parametrize("reply", [None, {}, [], {"data": None}, {"data": []}, {"data": {}}], ids=repr)
def test_an_answer_without_chargers_is_an_answer(reply: JsonValue) -> None:
    assert read(reply) == ()


@pytest.mark.parametrize("reply", ["text", 7, {"data": "text"}, {"data": 7}], ids=repr)
def test_an_answer_of_no_known_shape_is_invalid(reply: JsonValue) -> None:
    with pytest.raises(InvalidResponse):
        read(reply)


@pytest.mark.parametrize("name", ["serialNumber", "serial", "sn", "id"])
@pytest.mark.parametrize("serial", [SERIAL, int(SERIAL)], ids=["text", "number"])
def test_a_serial_has_four_names_and_is_always_text(name: str, serial: JsonValue) -> None:
    (summary,) = read([{name: serial}])

    assert summary == ChargerSummary(serial=SERIAL)


def test_a_row_without_a_serial_costs_that_row() -> None:
    assert read([{"displayName": "Nobody"}, None, CARPORT]) == (summary_with(),)


@pytest.mark.parametrize("energy", [0, 0.4, 140.038, 199.9, "200.1", 2481337.42])
def test_the_lifetime_counts_in_watt_hours_whatever_the_size(energy: JsonValue) -> None:
    """Trap 12: a new charger had used 200 kWh within its first hours."""
    assert summary_with(lifeTimeConsumption=energy).lifetime_energy == pytest.approx(float(cast("str", energy)) / 1000)


@pytest.mark.parametrize("energy", [None, "", "unknown", -1, True, {}], ids=repr)
def test_a_lifetime_that_is_none_is_not_zero(energy: JsonValue) -> None:
    assert summary_with(lifeTimeConsumption=energy).lifetime_energy is None


@pytest.mark.parametrize(
    ("details", "bounds"),
    [
        ({"min": "16", "max": 80, "granularity": 2.0}, (16, 80, 2)),
        ({"min": "0", "max": "-1", "granularity": ""}, (None, None, None)),
        ({"min": 6.5}, (None, None, None)),
        ({}, (None, None, None)),
        (None, (None, None, None)),
        ("6-32", (None, None, None)),
    ],
    ids=repr,
)
def test_the_bounds_of_the_amps(details: JsonValue, bounds: tuple[int | None, ...]) -> None:
    summary = summary_with(chargeLevelDetails=details)

    assert (summary.amps_min, summary.amps_max, summary.amps_step) == bounds


@pytest.mark.parametrize(
    ("level", "amps"),
    [("disabled", None), ("Disabled", None), ("30", 30), (30, 30), (None, None), ("x", None)],
    ids=repr,
)
def test_the_default_level_may_be_disabled(level: JsonValue, amps: int | None) -> None:
    assert summary_with(chargeLevelDetails={"defaultChargeLevel": level}).default_charge_level == amps


@pytest.mark.parametrize(
    ("voltage", "volts"), [("230", 230), (239.6, 240), ("", None), (0, None), (None, None)], ids=repr
)
def test_the_voltage_is_rounded(voltage: JsonValue, volts: int | None) -> None:
    assert summary_with(operatingVoltage=voltage).operating_voltage == volts


@pytest.mark.parametrize(
    ("mode", "text"), [(3, "3"), (1, "1"), ("split", "split"), ("3_phase", "3_phase"), (None, None)], ids=repr
)
def test_the_phase_mode_is_kept_as_it_came(mode: JsonValue, text: str | None) -> None:
    assert summary_with(phaseMode=mode).phase_mode == text


@pytest.mark.parametrize(
    ("wiring", "neutral"),
    [
        ({"L1": "A", "L2": "B", "N": "N"}, True),
        ({"L1": "L1", "L2": "neutral"}, True),
        ({"L1": "L1", "L2": "L2"}, False),
        ({}, None),
        (None, None),
        ("L1,L2", None),
    ],
    ids=repr,
)
def test_the_wiring_tells_whether_there_is_a_neutral(wiring: JsonValue, neutral: bool | None) -> None:
    assert summary_with(wiringConfiguration=wiring).has_neutral is neutral


def interface(**fields: str) -> str:
    return ",".join(f"{key}={value}" for key, value in fields.items())


ETHERNET = interface(interface_name="eth0", connectionStatus="1", ipaddr="192.0.2.7")
WIFI = interface(interface_name="mlan0", connectionStatus="1", ipaddr="192.0.2.44")
DEAD = interface(interface_name="eth0", connectionStatus="0", ipaddr="192.0.2.9")

NETWORKS: dict[str, tuple[JsonValue, str | None]] = {
    "text": (NETWORK, "192.0.2.44"),
    "text of JSON": (f'["{WIFI}"]', "192.0.2.44"),
    "a list": ([WIFI], "192.0.2.44"),
    "a list of objects": ([{"ip": "192.0.2.44", "connectionStatus": 1}], "192.0.2.44"),
    "an object": ({"ipaddr": "192.0.2.44", "connectionStatus": "1"}, "192.0.2.44"),
    "text of an object": ('{"ipaddr": "192.0.2.44", "connectionStatus": "1"}', "192.0.2.44"),
    "text of half an object": ('{"ipaddr": "192.0', None),
    "the live one of two": (f'["{DEAD}",\n"{WIFI}"]', "192.0.2.44"),
    "the active one of two": (f'["{ETHERNET}",\n"{WIFI}"]', "192.0.2.44"),
    "a dead one": ([DEAD], None),
    "a single one of unknown state": ([interface(ip="192.0.2.44")], "192.0.2.44"),
    "two of unknown state": ([interface(ip="192.0.2.44"), interface(ip="192.0.2.45")], None),
    "no address": ([interface(ipaddr="0.0.0.0", connectionStatus="1")], None),
    "nonsense for an address": ([interface(ipaddr="here", connectionStatus="1")], None),
    "version 6": ([interface(ipaddr="2001:db8::5", connectionStatus="1")], "2001:db8::5"),
    "broken": ("[", None),
    "a number": (7, None),
    "missing": (None, None),
}


@pytest.mark.parametrize(("network", "address"), NETWORKS.values(), ids=NETWORKS)
def test_the_address_is_found_in_every_form_of_the_network(network: JsonValue, address: str | None) -> None:
    """Trap 61: the same thing comes as text, list, object, and broken."""
    assert summary_with(networkConfig=network).ip_address == address


def test_the_address_may_be_in_the_configuration_of_its_kind() -> None:
    summary = summary_with(networkConfig=DEAD, cellularConfig=interface(ip="192.0.2.81", connectionStatus="1"))

    assert summary.ip_address == "192.0.2.81"


@pytest.mark.parametrize(
    ("connection", "text"), [("ethernet", "ethernet"), (" WiFi ", "wifi"), ("", None), (None, None)], ids=repr
)
def test_the_connection_is_in_lower_case(connection: JsonValue, text: str | None) -> None:
    assert summary_with(activeConnection=connection).connection == text


def test_the_firmware_has_an_order_of_preference() -> None:
    versions: dict[str, JsonValue] = {
        "softwareVersion": "4",
        "applicationVersion": "3",
        "systemVersion": "2",
        "firmwareVersion": "1",
    }
    found = []
    while versions:
        (summary,) = read([{"sn": SERIAL, **versions}])
        found.append(summary.firmware)
        versions.popitem()

    assert found == ["1", "2", "3", "4"]


@given(st.dictionaries(st.sampled_from([*CARPORT, "wifiConfig", "wiringConfiguration"]), ANY_JSON))
def test_no_field_breaks_the_reader(fields: dict[str, JsonValue]) -> None:
    for summary in read([CARPORT | fields]):
        assert summary.serial


async def test_retired_chargers_are_not_asked_for(client: EnlightenClient, simulator: Simulator) -> None:
    (summary,) = await client.chargers(SITE)

    request = simulator.requests.last(Family.SUMMARY)
    assert (summary.serial, summary.name) == (SERIAL, "Carport")
    assert request.path == f"/service/evse_controller/api/v2/{SITE}/ev_chargers/summary"
    assert request.query == {"filter_retired": "true"}


async def test_infinite_numbers_cost_their_field_only(client: EnlightenClient, simulator: Simulator) -> None:
    """Such numbers are no JSON, yet some servers send them."""
    body = f'{{"data": [{{"serialNumber": "{SERIAL}", "lifeTimeConsumption": NaN, "maxCurrent": Infinity}}]}}'
    simulator.faults.add(faults.text_body(body), Family.SUMMARY)

    assert await client.chargers(SITE) == (ChargerSummary(serial=SERIAL),)
