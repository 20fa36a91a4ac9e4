"""The blueprints, each run by Home Assistant over a simulated day as it is imported."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
import re
import shutil
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from simulator import Car, Family, World
from simulator.ready_tariffs import TARIFFS
from tests.contract.repository import ROOT

from .conftest import SetupEntry
from .long_runs import HOUR, MINUTE, enable_event_loop_debug
from .passing_time import Advance
from .wishes import MODE, SWITCH, choose_mode, set_amps, shown, turn_off, turn_on

__all__ = ["enable_event_loop_debug"]

BLUEPRINTS: Final = ROOT / "blueprints" / "automation" / "enphase_cloud_things"
VIENNA: Final = ZoneInfo("Europe/Vienna")
STEP: Final = 5 * MINUTE
SELDOM: Final = {"slow_poll_interval": 280, "fast_poll_interval": 280}
PLUGGED_IN, CHARGING = "binary_sensor.carport_plugged_in", "binary_sensor.carport_charging"
SURPLUS: Final = "sensor.surplus"
STARTS: Final = "counter.starts"

type Automate = Callable[..., Awaitable[None]]


@pytest.fixture
def messages(hass: HomeAssistant) -> list[ServiceCall]:
    """What people are told."""
    return async_mock_service(hass, "persistent_notification", "create")


@pytest.fixture
async def automate(
    hass: HomeAssistant, tmp_path: Path, world: World, setup_entry: SetupEntry, messages: list[ServiceCall]
) -> AsyncIterator[Automate]:
    """Return a function that sets up the household, and an automation from a blueprint that was imported."""
    shutil.copytree(ROOT / "blueprints", tmp_path / "blueprints")
    hass.config.config_dir = str(tmp_path)
    await hass.config.async_set_time_zone("Europe/Vienna")

    async def run(blueprint: str, **inputs: object) -> None:
        await setup_entry(options=SELDOM)
        await hass.async_block_till_done(wait_background_tasks=True)
        use = {"path": f"{BLUEPRINTS.name}/{blueprint}.yaml", "input": inputs}
        config = {"id": "example", "alias": "Example", "use_blueprint": use}
        assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: [config]})
        await hass.async_block_till_done()
        assert shown(hass, "automation.example") == "on"

    yield run
    await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": "automation.example"}, blocking=True)


def plug_in(world: World, *, filled_to: float = 0.2, amps: int = 16) -> None:
    """Bring the car home."""
    world.charger.plug_in(Car(battery_kwh=80, state_of_charge=filled_to, max_amps=amps, phases=3))


def times(world: World, *families: Family) -> list[str]:
    """Return when requests of some families were made, by the clock of the site."""
    return [f"{request.time.astimezone(VIENNA):%H:%M}" for request in world.requests.of(*families)]


@pytest.mark.parametrize("path", sorted(BLUEPRINTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_blueprint_is_one_that_home_assistant_imports_from_where_it_says(path: Path) -> None:
    blueprint = Blueprint(
        load_yaml_dict(str(path)), path=path.name, expected_domain=AUTOMATION, schema=BLUEPRINT_SCHEMA
    )
    source = f"blob/main/{path.relative_to(ROOT).as_posix()}"
    assert blueprint.metadata["source_url"].endswith(source)
    assert source in unquote((ROOT / "README.md").read_text(encoding="utf-8")), "add an import button"


@pytest.mark.freeze_time("2026-11-17 17:00:05+00:00")
class TestCheapestHours:
    """cheapest_hours.yaml, from six in the evening on."""

    INPUTS: Final = {
        "charger": SWITCH,
        "plugged_in": PLUGGED_IN,
        "import_price": "sensor.energy_prices_lark_street_import_price",
    }

    async def test_the_cheapest_hours_of_the_night_are_used(
        self, automate: Automate, world: World, advance: Advance
    ) -> None:
        world.site.tariff = TARIFFS["night-valley"]
        await automate("cheapest_hours", **self.INPUTS, hours=4.5)
        await advance(HOUR, step=STEP)
        plug_in(world)
        await advance(14 * HOUR, step=STEP)
        # Four hours of the valley, and the beginning of the shoulder after it
        assert times(world, Family.START) == ["01:00"]
        assert times(world, Family.STOP) == ["05:30"]

    async def test_a_day_with_two_cheap_spells_charges_in_both(
        self, automate: Automate, world: World, advance: Advance
    ) -> None:
        world.site.tariff = TARIFFS["negative"]
        await automate("cheapest_hours", **self.INPUTS, hours=4, ready_by="17:00:00")
        plug_in(world)
        await advance(23 * HOUR, step=STEP)
        assert times(world, Family.START) == ["02:00", "12:00"]
        assert times(world, Family.STOP) == ["03:00", "15:00"]

    async def test_a_car_that_is_plugged_in_within_a_cheap_spell_starts_at_once(
        self, automate: Automate, world: World, advance: Advance
    ) -> None:
        world.site.tariff = TARIFFS["night-valley"]
        await automate("cheapest_hours", **self.INPUTS, hours=1)
        await advance(8 * HOUR + 2 * MINUTE, step=STEP)
        plug_in(world)
        await advance(2 * HOUR, step=STEP)
        assert [time[:4] for time in times(world, Family.START)] == ["02:0"]
        assert len(times(world, Family.STOP)) == 1

    async def test_a_car_that_a_person_has_stopped_stays_stopped(
        self, hass: HomeAssistant, automate: Automate, world: World, advance: Advance
    ) -> None:
        world.site.tariff = TARIFFS["night-valley"]
        await automate("cheapest_hours", **self.INPUTS, hours=4)
        plug_in(world)
        await advance(8.5 * HOUR, step=STEP)
        assert shown(hass, SWITCH) == "on"
        await turn_off(hass)
        await advance(4 * HOUR, step=STEP)
        assert len(times(world, Family.START)) == 1

    async def test_a_car_that_a_person_charges_at_another_time_is_left_alone(
        self, hass: HomeAssistant, automate: Automate, world: World, advance: Advance
    ) -> None:
        world.site.tariff = TARIFFS["night-valley"]
        plug_in(world)
        await automate("cheapest_hours", **self.INPUTS, hours=1)
        await turn_on(hass)
        await advance(3 * HOUR, step=STEP)
        assert not times(world, Family.STOP)


@pytest.mark.freeze_time("2026-11-17 11:00:00+00:00")
class TestGridEvent:
    """pause_during_grid_event.yaml, with an event from 16:00 to 18:00."""

    INPUTS: Final = {
        "charger": SWITCH,
        "charging": CHARGING,
        "plugged_in": PLUGGED_IN,
        "events": "calendar.vpp_lark_street_events",
        "event_active": "binary_sensor.vpp_lark_street_event_active",
        "event_type": "sensor.vpp_lark_street_next_event_type",
    }

    @pytest.fixture
    async def charging(self, hass: HomeAssistant, automate: Automate, world: World) -> None:
        """A car that charges, and an event that is announced."""
        now = dt_util.utcnow()
        start = datetime(2026, 11, 17, 16, tzinfo=VIENNA)
        world.site.vpp.schedule(starts_in=start - now, duration=timedelta(hours=2))
        plug_in(world)
        await automate("pause_during_grid_event", **self.INPUTS)
        await turn_on(hass)

    @pytest.mark.usefixtures("charging")
    async def test_charging_pauses_five_minutes_before_and_goes_on_afterwards(
        self, hass: HomeAssistant, world: World, advance: Advance
    ) -> None:
        await advance(10 * HOUR, step=STEP)
        assert times(world, Family.STOP) == ["15:55"]
        assert times(world, Family.START) == ["12:00", "18:00"]
        assert shown(hass, SWITCH) == "on"

    @pytest.mark.usefixtures("charging")
    async def test_a_car_that_leaves_meanwhile_is_not_started_when_it_comes_back(
        self, world: World, advance: Advance
    ) -> None:
        await advance(4.5 * HOUR, step=STEP)
        world.charger.unplug()
        await advance(0.5 * HOUR, step=STEP)
        plug_in(world)
        await advance(4 * HOUR, step=STEP)
        assert times(world, Family.START) == ["12:00"]

    async def test_a_car_that_does_not_charge_is_left_alone(
        self, automate: Automate, world: World, advance: Advance
    ) -> None:
        world.site.vpp.schedule(starts_in=timedelta(hours=1))
        plug_in(world)
        await automate("pause_during_grid_event", **self.INPUTS)
        await advance(4 * HOUR, step=STEP)
        assert not times(world, Family.STOP, Family.START)


@pytest.mark.freeze_time("2026-11-17 17:00:00+00:00")
class TestNothingPlanned:
    """nothing_planned.yaml, over an evening."""

    INPUTS: Final = {
        "plugged_in": PLUGGED_IN,
        "charging": CHARGING,
        "charge_mode": MODE,
        "plans": ["input_boolean.night"],
    }

    @pytest.fixture
    async def evening(self, hass: HomeAssistant, automate: Automate, world: World) -> None:
        """A car that was plugged in."""
        assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"night": {}}})
        plug_in(world)
        await automate("nothing_planned", **self.INPUTS)

    async def test_a_car_that_nothing_will_charge_is_told_once(
        self, evening: None, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        await advance(3.4 * HOUR, step=STEP)
        assert not messages
        await advance(6 * HOUR, step=STEP)
        [message] = messages
        assert message.data["message"] == "Carport: the car is plugged in, but nothing is planned to charge it."

    async def test_a_car_that_charges_needs_no_reminder(
        self, hass: HomeAssistant, evening: None, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        await turn_on(hass)
        await advance(5 * HOUR, step=STEP)
        assert not messages

    async def test_a_car_that_waits_for_the_sun_needs_no_reminder(
        self, hass: HomeAssistant, evening: None, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        await choose_mode(hass, "green")
        await advance(5 * HOUR, step=STEP)
        assert not messages

    async def test_something_else_that_is_planned_needs_no_reminder(
        self, hass: HomeAssistant, evening: None, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        await hass.services.async_call("input_boolean", "turn_on", {"entity_id": "input_boolean.night"}, blocking=True)
        await advance(5 * HOUR, step=STEP)
        assert not messages

    async def test_no_car_needs_no_reminder(
        self, evening: None, world: World, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        world.charger.unplug()
        await advance(5 * HOUR, step=STEP)
        assert not messages


@pytest.mark.freeze_time("2026-11-17 17:00:00+00:00")
class TestSessionFinished:
    """session_finished.yaml, for the sessions of an evening."""

    INPUTS: Final = {"session": "event.carport_session", "session_cost": "sensor.carport_session_cost"}

    async def test_a_session_is_told_with_its_energy_its_duration_and_its_cost(
        self, hass: HomeAssistant, automate: Automate, world: World, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        world.site.tariff = TARIFFS["flat"]
        plug_in(world)
        await automate("session_finished", **self.INPUTS)
        await turn_on(hass)
        await advance(2 * HOUR, step=STEP)
        await turn_off(hass)
        await advance(HOUR, step=STEP)
        assert not messages
        world.charger.unplug()
        await advance(HOUR, step=STEP)
        [message] = messages
        told = re.fullmatch(r"Carport: (.+) kWh in (.+) h(?:, (.+) EUR)?\.", message.data["message"])
        assert told, message.data["message"]
        energy, duration, cost = told.groups()
        assert float(energy) == pytest.approx(2 * 11.04, abs=0.3)
        assert duration in {"1:59", "2:00", "2:01"}
        event = hass.states.get("event.carport_session")
        assert event
        known = event.attributes["cost"]
        assert (float(cost) if cost else None) == (pytest.approx(known, abs=0.005) if known is not None else None)

    async def test_a_cost_that_is_known_is_told(
        self, hass: HomeAssistant, automate: Automate, messages: list[ServiceCall]
    ) -> None:
        await automate("session_finished", **self.INPUTS)
        hass.states.async_set("sensor.carport_session_cost", "5.98", {"unit_of_measurement": "EUR"})
        told = {"event_type": "finished", "energy": 22.08, "duration": 121, "cost": 5.984}
        hass.states.async_set("event.carport_session", "2026-11-17T20:00:00+00:00", told)
        await hass.async_block_till_done()
        [message] = messages
        assert message.data["message"] == "Carport: 22.1 kWh in 2:01 h, 5.98 EUR."

    async def test_a_car_that_did_not_charge_is_not_told(
        self, automate: Automate, world: World, advance: Advance, messages: list[ServiceCall]
    ) -> None:
        plug_in(world)
        await automate("session_finished", **self.INPUTS)
        await advance(HOUR, step=STEP)
        world.charger.unplug()
        await advance(HOUR, step=STEP)
        assert not messages


@pytest.mark.freeze_time("2026-06-16 04:00:00+00:00")
class TestSurplus:
    """surplus_by_mode.yaml, from six in the morning on."""

    INPUTS: Final = {
        "charger": SWITCH,
        "plugged_in": PLUGGED_IN,
        "charge_mode": MODE,
        "surplus": SURPLUS,
        "starts": STARTS,
        "least_power": 4100,
    }

    @pytest.fixture
    async def morning(self, hass: HomeAssistant, automate: Automate, world: World) -> None:
        """A car that was plugged in, and a meter that is read."""
        assert await async_setup_component(hass, "counter", {"counter": {"starts": {}}})
        hass.states.async_set(SURPLUS, "0")
        plug_in(world)
        await automate("surplus_by_mode", **self.INPUTS)

    async def test_the_car_is_charged_by_the_sun_alone(
        self, hass: HomeAssistant, morning: None, world: World, advance: Advance
    ) -> None:
        before = world.charger.lifetime_wh
        await set_amps(hass, 32)
        modes: list[str] = []
        for _ in range(16 * 12):
            sun = world.site.surplus_watts(dt_util.utcnow(), with_battery=False)
            hass.states.async_set(SURPLUS, f"{sun:.0f}")
            await advance(STEP, step=STEP)
            if not modes or modes[-1] != shown(hass, MODE):
                modes.append(shown(hass, MODE))
        assert modes == ["manual", "green", "manual"]
        assert world.charger.lifetime_wh - before > 20_000
        assert shown(hass, STARTS) == "1"
        assert not [each for each in world.requests if each.family is Family.START and "chargingLevel" in each.body]
        assert world.charger.watts == 0

    async def test_passing_clouds_start_the_car_twice_an_hour_and_eight_times_a_day_at_most(
        self, hass: HomeAssistant, morning: None, world: World, advance: Advance
    ) -> None:
        changes: list[datetime] = []
        mode = shown(hass, MODE)
        for number in range(14 * 12):
            hass.states.async_set(SURPLUS, "6000" if number % 8 < 3 else "500")
            await advance(STEP, step=STEP)
            assert mode == "green" or not world.charger.watts
            if (now_shown := shown(hass, MODE)) != mode:
                mode = now_shown
                changes.append(dt_util.utcnow())
        greens = changes[::2]
        assert len(greens) == 8
        for start, end in zip(greens, changes[1::2], strict=False):
            assert (end - start).total_seconds() >= 20 * MINUTE
            assert sum(start <= other <= start.replace(hour=start.hour + 1) for other in greens) <= 2

    async def test_a_car_that_a_person_charges_is_left_alone(
        self, hass: HomeAssistant, morning: None, world: World, advance: Advance
    ) -> None:
        await turn_on(hass)
        for _ in range(12):
            hass.states.async_set(SURPLUS, "6000")
            await advance(STEP, step=STEP)
        assert shown(hass, MODE) == "manual"

    async def test_a_meter_that_falls_silent_decides_nothing(
        self, hass: HomeAssistant, morning: None, world: World, advance: Advance
    ) -> None:
        for _ in range(6):
            hass.states.async_set(SURPLUS, "6000")
            await advance(STEP, step=STEP)
        assert shown(hass, MODE) == "green"
        hass.states.async_set(SURPLUS, "unavailable")
        await advance(2 * HOUR, step=STEP)
        assert shown(hass, MODE) == "green"
