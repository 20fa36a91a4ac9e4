"""The dashboard of homes that are not as tidy as the demo's: the strategy itself, run by Node.js."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any, Final

import pytest

from tests.contract.repository import INTEGRATION, load_json

NODE: Final = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None, reason="there is no Node.js on this machine (on Debian: apt install nodejs)"
)

MAKE_VIEWS: Final = Path(__file__).with_name("make_views.mjs")
STRATEGY: Final = (INTEGRATION / "dashboard" / "strategy.js").read_text(encoding="utf-8")
DOMAIN: Final = "enphase_cloud_things"
SITE: Final = "site"
OF_SITE: Final = frozenset({"cloud_latency", "cloud_reachable", "last_successful_update", "requests_last_hour"})
OF_PRICES: Final = frozenset({"export_price", "import_price", "savings_exported_today", "savings_imported_today"})
CHARGER_ENTITIES: Final = tuple(
    f"{platform}.{key}"
    for platform, keys in load_json(INTEGRATION / "translations" / "en.json")["entity"].items()
    for key in keys
    if key not in OF_SITE | OF_PRICES and not key.startswith("vpp_")
)
SESSION: Final = {
    "plugged_in_at": "2026-11-08T18:00:00+01:00",
    "unplugged_at": None,
    "duration": None,
    "charging_duration": 60,
    "energy": 7.5,
    "range": None,
    "cost": 2.25,
}

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The views of a dashboard, and of which devices the sessions were asked for."""

    views: list[Json]
    asked: list[str]

    def cards(self, view: int = 0) -> Iterator[Json]:
        """Go through the cards of a view, badges included."""
        yield from self.views[view].get("badges", ())
        yield from self.views[view].get("cards", ())
        for section in self.views[view].get("sections", ()):
            yield from section["cards"]

    def named(self, view: int = 0) -> set[str]:
        """Return the entities that the cards of a view name, those in templates included."""
        return set(re.findall(r"[a-z_]+\.[a-z0-9_]+__[a-z0-9_]+", json.dumps(self.views[view])))

    def texts(self, view: int = 0) -> list[str]:
        """Return what the cards of a view have rendered as Markdown."""
        return [card["content"] for card in self.cards(view) if card["type"] == "markdown"]


@dataclass(slots=True)
class Home:
    """The registries of a home, as the frontend has them."""

    devices: dict[str, Json] = field(default_factory=dict)
    entities: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, list[Json] | None] = field(default_factory=dict)
    statistics: list[str] = field(default_factory=list)

    def add_charger(self, device_id: str, name: str | None, *, keys: Sequence[str] = CHARGER_ENTITIES) -> None:
        """Add a charger with entities that are called after its device, whatever the device is called."""
        self.devices[device_id] = {
            "name": name,
            "name_by_user": None,
            "via_device_id": SITE,
            "identifiers": [[DOMAIN, f"SN-{device_id}"]],
        }
        for key in keys:
            platform, translation_key = key.split(".")
            entity_id = f"{platform}.{device_id}__{translation_key}"
            self.entities[entity_id] = {
                "entity_id": entity_id,
                "device_id": device_id,
                "platform": DOMAIN,
                "translation_key": translation_key,
                "hidden": False,
            }

    def dashboard(self, *, language: str = "en") -> Made:
        """Make the dashboard."""
        home: Mapping[str, object] = {
            "source": STRATEGY,
            "devices": self.devices,
            "entities": self.entities,
            "sessions": self.sessions,
            "statistics": self.statistics,
            "language": language,
        }
        done = subprocess.run(
            [str(NODE), str(MAKE_VIEWS)], input=json.dumps(home), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return Made(**json.loads(done.stdout))


@pytest.fixture
def home() -> Home:
    """A home with nothing but a site."""
    return Home(devices={SITE: {"name": "Lark Street", "name_by_user": None, "via_device_id": None}})


def test_a_home_without_chargers_says_so(home: Home) -> None:
    made = home.dashboard()
    assert made.texts() == ["no_charger"]
    assert made.asked == []


def test_a_whole_charger_has_all_its_sections(home: Home) -> None:
    home.add_charger("one", "Carport")
    home.sessions["one"] = [SESSION]
    made = home.dashboard()
    (view,) = made.views
    assert view["title"] == "Carport"
    headings = [section["cards"][0]["heading"] for section in view["sections"]]
    assert headings == ["Carport", "power", "plan", "calendar", "sessions", "activity"]
    assert made.asked == ["one"]


def test_two_chargers_of_one_name_have_a_view_each_with_their_own_entities(home: Home) -> None:
    home.add_charger("one", "Carport")
    home.add_charger("two", "Carport")
    home.sessions = {"one": [SESSION], "two": []}
    made = home.dashboard()
    assert [view["title"] for view in made.views] == ["Carport", "Carport"]
    assert {view["path"] for view in made.views} == {"one", "two"}
    for number, view in enumerate(made.views):
        assert {entity.split(".")[1].split("__")[0] for entity in made.named(number)} == {view["path"]}
    assert sorted(made.asked) == ["one", "two"]


@pytest.mark.parametrize("name", ["كراج السيارة", "🚗⚡ Carport", "<b>a|b</b> **c** {{ d }}", "מוסך'", "a" * 255])
def test_a_name_stands_as_it_is_where_nothing_is_rendered(home: Home, name: str) -> None:
    home.add_charger("one", name)
    home.sessions["one"] = [SESSION]
    made = home.dashboard()
    (view,) = made.views
    assert view["title"] == view["sections"][0]["cards"][0]["heading"] == name
    assert not [text for text in made.texts() if name in text]


@pytest.mark.parametrize("name", [None, ""])
def test_a_charger_without_a_name_has_its_view(home: Home, name: str | None) -> None:
    home.add_charger("one", name)
    made = home.dashboard()
    assert made.views[0]["title"]
    assert made.named()


def test_a_device_that_is_gone_for_the_moment_breaks_nothing(home: Home) -> None:
    home.add_charger("one", "Carport")
    home.add_charger("two", "Barn")
    del home.devices["two"]
    assert {view["path"] for view in home.dashboard().views} == {"one", "two"}


def test_no_card_names_an_entity_that_its_owner_has_removed_or_hidden(home: Home) -> None:
    """Every other entity is removed, and of the rest every other one is hidden."""
    home.add_charger("one", "Carport", keys=["switch.charging", *CHARGER_ENTITIES[::2]])
    for number, entity in enumerate(home.entities.values()):
        entity["hidden"] = bool(number % 2)
    there = {entity_id for entity_id, entity in home.entities.items() if not entity["hidden"]}
    named = home.dashboard().named()
    assert named
    assert named <= there


@pytest.mark.parametrize("key", ["switch.charging", "sensor.status", "sensor.reason", "sensor.lifetime_energy"])
def test_one_of_its_main_entities_is_enough_for_a_charger(home: Home, key: str) -> None:
    home.add_charger("one", "Carport", keys=[key])
    made = home.dashboard()
    assert made.views[0]["path"] == "one"
    assert made.named() == set(home.entities)


@pytest.mark.parametrize("sessions", [[], None], ids=["none", "no answer"])
def test_without_sessions_there_is_no_table_and_the_months_stay(home: Home, sessions: list[Json] | None) -> None:
    home.add_charger("one", "Carport")
    home.sessions["one"] = sessions
    made = home.dashboard()
    assert not [text for text in made.texts() if "| started |" in text]
    assert [card for card in made.cards() if card["type"] == "statistics-graph"]


def test_months_come_from_the_imported_statistics_of_the_charger_where_there_are_some(home: Home) -> None:
    home.add_charger("one", "Carport")
    home.statistics = [f"{DOMAIN}:sn_one_energy", f"{DOMAIN}:sn_one_cost", f"{DOMAIN}:sn_two_energy"]
    shown = [card["entities"] for card in home.dashboard().cards() if card["type"] == "statistics-graph"]
    assert shown == [[f"{DOMAIN}:sn_one_energy"], [f"{DOMAIN}:sn_one_cost"]]


def test_what_is_unknown_of_a_session_is_a_dash(home: Home) -> None:
    home.add_charger("one", "Carport")
    home.sessions["one"] = [dict.fromkeys(SESSION), SESSION]
    (table,) = [text for text in home.dashboard().texts() if "| started |" in text]
    empty, full = table.splitlines()[2:]
    assert empty == "| – | – kWh | – min | – |"
    assert full.endswith("| 7.5 kWh | 60 min | 2.25 |")


@pytest.mark.parametrize("language", ["nl", "ar", "en-GB", "zh-Hans"])
def test_sessions_are_written_as_the_language_writes_numbers(home: Home, language: str) -> None:
    home.add_charger("one", "Carport")
    home.sessions["one"] = [SESSION]
    (table,) = [text for text in home.dashboard(language=language).texts() if "| started |" in text]
    assert ("7,5 kWh" in table) is (language == "nl")
    assert len(table.splitlines()) == 3
