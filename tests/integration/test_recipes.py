"""The recipes in docs/recipes work as they stand there, with the names of the simulated charger and site."""

from datetime import timedelta
from functools import cache
from itertools import pairwise
import re
from typing import Any, Final

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager, WebSocketGenerator

from simulator import Car, Family, World
from simulator.ready_tariffs import TARIFFS
from tests.contract.markdown import blocks
from tests.contract.repository import ROOT

from .conftest import SetupEntry
from .passing_time import Advance
from .wishes import AMPS, SWITCH, set_amps, shown, turn_on

RECIPES: Final = ROOT / "docs" / "recipes"
ROW: Final = re.compile(r"^\| ([^|]+) \| .*?`([a-z_]+\.[a-z0-9_]+)`", re.MULTILINE)

type Json = dict[str, Any]


@cache
def text(page: str) -> str:
    """Return a page."""
    return (RECIPES / f"{page}.md").read_text(encoding="utf-8")


def configuration(page: str) -> Json:
    """Return the one example of a page."""
    [block] = blocks(text(page), "yaml")
    config = parse_yaml(block.text)
    assert isinstance(config, dict)
    return config


def chosen(page: str) -> dict[str, str]:
    """Return what the tables of a page have people choose, by what is asked for."""
    return dict(ROW.findall(text(page)))


def plug_in(world: World) -> None:
    """Bring the car home."""
    world.charger.plug_in(Car(battery_kwh=60, state_of_charge=0.4, max_amps=16, phases=3))


class TestEvcc:
    """evcc.md."""

    @pytest.mark.parametrize(
        ("status", "evcc"),
        [
            ("unplugged", "disconnected"),
            ("ready", "connected"),
            ("starting", "connected"),
            ("stopped", "connected"),
            ("waiting_for_sun", "connected"),
            ("paused_by_vehicle", "connected"),
            ("paused_by_charger", "connected"),
            ("finishing", "connected"),
            ("charging", "charging"),
            ("faulted", "faulted"),
            ("offline", "offline"),
            ("unavailable", "unavailable"),
        ],
    )
    async def test_a_status_is_one_that_evcc_knows(self, hass: HomeAssistant, status: str, evcc: str) -> None:
        hass.states.async_set("sensor.carport_status", status)
        assert await async_setup_component(hass, "template", configuration("evcc"))
        await hass.async_block_till_done()
        assert shown(hass, "sensor.carport_for_evcc") == evcc

    async def test_the_four_entities_see_and_control_the_charger(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        await setup_entry()
        assert await async_setup_component(hass, "template", configuration("evcc"))
        entities = chosen("evcc")
        assert entities == {
            "status": "sensor.carport_for_evcc",
            "enabled": SWITCH,
            "enable": SWITCH,
            "maximum current": AMPS,
        }
        await hass.async_block_till_done(wait_background_tasks=True)
        assert shown(hass, entities["status"]) == "disconnected"
        plug_in(world)
        await advance(60)
        assert shown(hass, entities["status"]) == "connected"
        await set_amps(hass, 10)
        await turn_on(hass)
        await advance(60)
        assert (shown(hass, entities["status"]), shown(hass, entities["enabled"])) == ("charging", "on")
        assert world.requests.last(Family.START).json == {"chargingLevel": 10, "connectorId": 1}


@pytest.mark.freeze_time("2026-11-17 11:00:00+00:00")
@pytest.mark.parametrize("expected_lingering_timers", [True])  # template sensors wait for the next quarter hour
class TestPriceControllers:
    """price-controllers.md."""

    async def test_the_forecast_has_the_quarter_hours_of_two_days_with_their_prices(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        await hass.config.async_set_time_zone("Europe/Vienna")
        world.site.tariff = TARIFFS["night-valley"]
        await setup_entry()
        assert await async_setup_component(hass, "template", configuration("price-controllers"))
        await hass.async_block_till_done(wait_background_tasks=True)
        await advance(16 * 60, step=60)
        sensor = hass.states.get("sensor.carport_prices")
        assert sensor
        assert sensor.state == shown(hass, "sensor.energy_prices_lark_street_import_price")
        assert sensor.attributes["unit_of_measurement"] == "EUR/kWh"
        for name, date in (("raw_today", "2026-11-17"), ("raw_tomorrow", "2026-11-18")):
            rows = sensor.attributes[name]
            assert len(rows) == 96
            assert all(row["start"].startswith(date) for row in rows)
            starts = [dt_util.parse_datetime(row["start"]) for row in rows]
            assert all(start and end and end - start == timedelta(minutes=15) for start, end in pairwise(starts))
            assert {row["value"] for row in rows[4:20]} == {0.061}

    async def test_the_entities_that_are_named_exist(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        assert await async_setup_component(hass, "template", configuration("price-controllers"))
        await hass.async_block_till_done(wait_background_tasks=True)
        registered = set(hass.states.async_entity_ids()) | set(er.async_get(hass).entities)
        assert set(chosen("price-controllers").values()) <= registered | {"sensor.carport_prices"}


class TestLoadBalancing:
    """load-balancing.md."""

    async def test_a_house_that_draws_much_for_five_minutes_stops_the_car(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
    ) -> None:
        plug_in(world)
        await setup_entry()
        hass.states.async_set("sensor.house_power", "4000")
        config = {"id": "example", "alias": "Example", **configuration("load-balancing")}
        assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: [config]})
        await turn_on(hass)
        await advance(60)
        hass.states.async_set("sensor.house_power", "9500")
        await advance(280)
        assert world.requests.count(Family.STOP) == 0
        await advance(30)
        assert world.requests.count(Family.STOP) == 1


@pytest.mark.freeze_time("2026-11-17 11:00:00+00:00")
@pytest.mark.usefixtures("recording", "freezer")
class TestEnergyDashboard:
    """energy-dashboard.md."""

    @pytest.fixture
    def mock_recorder_before_hass(self, async_test_recorder: RecorderInstanceContextManager) -> None:
        """Prepare the database, which has to be there before Home Assistant."""

    @pytest.fixture
    def recording(self, recorder_mock: Recorder) -> None:
        """Have Home Assistant record."""

    async def test_home_assistant_accepts_energy_power_and_price(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, hass_ws_client: WebSocketGenerator
    ) -> None:
        world.site.tariff = TARIFFS["flat"]
        await hass.config.async_update(currency="EUR")
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert await async_setup_component(hass, "energy", {})
        await async_wait_recording_done(hass)
        do_adhoc_statistics(hass, start=dt_util.utcnow())
        await async_wait_recording_done(hass)
        fields = chosen("energy-dashboard")
        connection = await hass_ws_client()
        await connection.send_json_auto_id(
            {
                "type": "energy/save_prefs",
                "device_consumption": [
                    {
                        "stat_consumption": fields["Device energy consumption"],
                        "stat_rate": fields["Device power consumption"],
                    }
                ],
                "energy_sources": [
                    {
                        "type": "grid",
                        "stat_energy_from": fields["Energy imported from the grid"],
                        "entity_energy_price": fields["Use an entity with the current price"],
                        "stat_cost": None,
                        "number_energy_price": None,
                        "stat_energy_to": None,
                        "stat_compensation": None,
                        "entity_energy_price_export": None,
                        "number_energy_price_export": None,
                        "cost_adjustment_day": 0,
                    }
                ],
            }
        )
        saved = await connection.receive_json()
        assert saved["success"], saved
        await connection.send_json_auto_id({"type": "energy/validate"})
        found = (await connection.receive_json())["result"]
        assert not [issue for part in found.values() for issues in part for issue in issues]
