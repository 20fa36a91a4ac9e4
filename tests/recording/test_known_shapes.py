"""The table of known shapes is what docs/api.md says, and what is new is told."""

import json
import re
from typing import Final

import pytest

from custom_components.enphase_cloud_things.enlighten import endpoints
from custom_components.enphase_cloud_things.enlighten.endpoints import Endpoint
from custom_components.enphase_cloud_things.enlighten.recording.known_shapes import shape_of
from custom_components.enphase_cloud_things.enlighten.recording.unknown_shapes import unknown_shapes
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue
from tests.contract.repository import ROOT

API: Final = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"```json\n(.*?)```", re.DOTALL)
HEADING: Final = re.compile(r"^### (\d+\.\d+) ", re.MULTILINE)
ALL_PATHS: Final = sorted(
    {
        endpoint.path
        for value in vars(endpoints).values()
        for endpoint in (value if isinstance(value, tuple) else (value,))
        if isinstance(endpoint, Endpoint)
    }
)

STATUS = "/service/evse_controller/4410287/ev_chargers/status"
SUMMARY = "/service/evse_controller/api/v2/4410287/ev_chargers/summary"
MODES = "/service/evse_scheduler/api/v1/iqevc/charging-mode"
TARIFF = "/service/tariff/tariff-ms/systems/4410287/tariff"
PATHS: Final = {
    "2.5": ("/users/self/token",),
    "3.1": ("/app-api/search_sites.json",),
    "3.2": (SUMMARY,),
    "4.2": (STATUS,),
    "4.3": (STATUS,),
    "4.4": ("/service/evse_controller/api/v2/4410287/ev_chargers/status",),
    "6.1": (f"{MODES}/4410287/202640011873/preference",),
    "6.4": (f"{MODES}/SCHEDULED_CHARGING/4410287/202640011873/schedules",),
    "8.2": ("/vpp-mgr/api/v1/events/get",),
    "9.4": ("/service/savings/systems/4410287/savings",),
    "9.6": ("/service/tariff/tariff-ms/systems/4410287/tariffs",),
}
"""Where the examples of a section come from, for those whose replies the client reads."""


def examples() -> list[tuple[str, JsonValue]]:
    found = []
    for match in EXAMPLE.finditer(API):
        section = HEADING.findall(API[: match.start()])[-1]
        found.append((section, json.loads(match[1].replace(", …", ""))))
    return found


def news(path: str, body: JsonValue, status: int = 200) -> list[str]:
    return [
        f"{each.where}: {each.novelty} {each.found}"
        for each in unknown_shapes({"replies": [{"method": "GET", "path": path, "status": status, "json": body}]})
    ]


@pytest.mark.parametrize(("section", "body"), [each for each in examples() if each[0] in PATHS])
def test_the_examples_of_the_documentation_are_known(section: str, body: JsonValue) -> None:
    assert [news(path, body) for path in PATHS[section]] == [[]]


def test_the_example_of_an_error_is_known() -> None:
    (body,) = (body for section, body in examples() if section == "5.1")
    assert news("/service/evse_controller/4410287/ev_chargers/202640011873/start_charging", body, 400) == []


def test_the_examples_of_the_history_are_known() -> None:
    _, body = (body for section, body in examples() if section == "7.2")
    assert news("/service/enho_historical_events_ms/4410287/sessions/202640011873/history", body) == []


def test_the_example_of_seasons_is_known() -> None:
    (body,) = (body for section, body in examples() if section == "9.5")
    assert news(TARIFF, {"purchase": body}) == []


@pytest.mark.parametrize("path", ALL_PATHS)
def test_something_is_known_of_every_endpoint(path: str) -> None:
    assert (
        shape_of(path.format(site="4410287", serial="202640011873", item="6a1d08c3f7b24e59d0a6c411"), 200) is not None
    )


def status_with(**fields: JsonValue) -> JsonValue:
    return {"meta": {"serverTimeStamp": 1794940950275}, "data": {"chargers": [{"sn": "202640011873", **fields}]}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (status_with(connected=True, mode=1), []),
        (status_with(solarBoost=5), ["data.chargers[].solarBoost: field a number"]),
        (status_with(connected="perhaps"), ["data.chargers[].connected: type text that is no flag"]),
        (status_with(connected=None), []),
        (status_with(offGrid="OFF_GRID"), ["data.chargers[].offGrid: value OFF_GRID"]),
        (status_with(session_d=17452), ["data.chargers[].session_d: type a number"]),
        (status_with(session_d={"e_c": "17452.18"}), []),
        (status_with(session_d={"e_c": {"Wh": 1}}), ["data.chargers[].session_d.e_c: type an object"]),
        (status_with(session_d={"e_c": [1]}), ["data.chargers[].session_d.e_c: type a list"]),
        (status_with(lst_rpt_at="yesterday"), ["data.chargers[].lst_rpt_at: type text that is no time"]),
        (status_with(connectors={"connectorId": 1}), []),
        ({"data": {"chargers": []}, "extra": {}}, ["extra: field an object"]),
        ([], []),
        ("late", ["the whole: type text"]),
    ],
)
def test_what_is_new_is_told(body: JsonValue, expected: list[str]) -> None:
    assert news(STATUS, body) == expected


def test_a_status_that_nobody_has_seen_is_told() -> None:
    assert news(STATUS, None, 418) == [": status 418"]


def test_the_same_news_is_told_once() -> None:
    row: JsonValue = {"method": "GET", "path": STATUS, "status": 200, "json": status_with(solarBoost=5)}
    (told,) = unknown_shapes({"replies": [row, row]})
    assert str(told) == (
        "GET /service/evse_controller/…/ev_chargers/status · data.chargers[].solarBoost · new field: a number"
    )


def test_a_path_of_which_nothing_is_known_is_told() -> None:
    assert news("/service/evse_controller/api/v9/4410287/surprise", {}) == [": path a reply that is not described"]


def test_text_in_place_of_json_is_told_but_a_page_is_not() -> None:
    rows: list[JsonValue] = [
        {"method": "GET", "path": STATUS, "status": 200, "text": text} for text in ("soon", "<html></html>")
    ]
    (told,) = unknown_shapes({"replies": rows})
    assert told.found == "text in place of JSON"
