"""Asking for past sessions: which are listed, what is told of them, and what may be asked."""

import csv
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import probatio
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults
from simulator.faults import Trouble

from .conftest import SetupEntry
from .past_sessions import COST, STATUS, add_session

pytestmark = pytest.mark.freeze_time("2026-11-10 09:00:00+00:00")

VIENNA = ZoneInfo("Europe/Vienna")
SIX_HOURS = timedelta(hours=6)


async def reply_of(hass: HomeAssistant, **data: Any) -> list[Any]:
    """Ask for sessions, and return what the reply says of each charger."""
    response: Any = await hass.services.async_call(
        DOMAIN, "get_sessions", {"entity_id": STATUS, **data}, blocking=True, return_response=True
    )
    listed: list[Any] = response["chargers"]
    return listed


async def sessions_of(hass: HomeAssistant, **data: Any) -> list[Any]:
    """Ask for the sessions of the one charger."""
    (charger,) = await reply_of(hass, **data)
    listed: list[Any] = charger["sessions"]
    return listed


def days_of(sessions: list[Any]) -> list[str]:
    """Return the days on which sessions began."""
    return [session["plugged_in_at"][:10] for session in sessions]


class TestListing:
    """The sessions of some days at the site, the newest first."""

    async def test_a_session_comes_with_its_figures_and_the_times_at_the_site(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 0, tzinfo=VIENNA), SIX_HOURS, energy=7.5)
        await setup_entry()
        (charger,) = await reply_of(hass)
        assert {key: charger[key] for key in ("name", "start", "end", "total", "units")} == {
            "name": "Carport",
            "start": "2026-10-12",
            "end": "2026-11-10",
            "total": 1,
            "units": {"energy": "kWh", "duration": "min", "range": "mi", "cost": "EUR"},
        }
        (session,) = charger["sessions"]
        assert session.pop("cost") > 0
        assert session.pop("range") > 0
        assert session == {
            "plugged_in_at": "2026-11-08T18:00:00+01:00",
            "unplugged_at": "2026-11-09T00:00:00+01:00",
            "duration": 360,
            "charging_duration": 60,
            "energy": 7.5,
        }

    async def test_a_session_that_goes_on_has_no_end_and_no_cost(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        add_session(world, datetime(2026, 11, 10, 8, 0, tzinfo=VIENNA), None)
        await setup_entry()
        (session,) = await sessions_of(hass)
        assert (session["unplugged_at"], session["duration"], session["cost"]) == (None, None, None)

    async def test_days_are_those_at_the_site_and_both_are_included(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        await hass.config.async_set_time_zone("America/Los_Angeles")
        for day in (4, 5, 6, 7):
            add_session(world, datetime(2026, 11, day, 0, 30, tzinfo=VIENNA), timedelta(hours=1))
        await setup_entry()
        listed = await sessions_of(hass, start="2026-11-05", end="2026-11-06")
        assert days_of(listed) == ["2026-11-06", "2026-11-05"]

    async def test_what_the_cloud_lists_beyond_the_days_is_left_out(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        for day in (4, 5, 6, 7):
            add_session(world, datetime(2026, 11, day, 12, 0, tzinfo=VIENNA), timedelta(hours=1))
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        everything: Any = None

        def remembered(answer: Any) -> Any:
            nonlocal everything
            everything = everything or answer
            return everything

        simulator.faults.add(faults.transformed(remembered), Family.HISTORY)
        assert len(await sessions_of(hass, start="2026-11-01", end="2026-11-09")) == 4
        assert days_of(await sessions_of(hass, start="2026-11-05", end="2026-11-05")) == ["2026-11-05"]

    async def test_all_pages_are_turned_and_no_session_is_listed_twice(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        """Trap 21: pages overlap."""
        world.charger.history.seed_year(days=200)
        world.charger.history.page_overlap = 3
        await setup_entry()
        (charger,) = await reply_of(hass, start="2026-04-01", limit=1000)
        begun = [session["plugged_in_at"] for session in charger["sessions"]]
        assert charger["total"] == len(begun) == len(world.charger.history.earlier) > 100
        assert sorted(begun, reverse=True) == begun
        assert len(set(begun)) == len(begun)

    async def test_a_limit_leaves_the_newest_sessions(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        for day in range(1, 9):
            add_session(world, datetime(2026, 11, day, 12, 0, tzinfo=VIENNA), timedelta(hours=1))
        await setup_entry()
        (charger,) = await reply_of(hass, limit=2)
        assert (charger["total"], days_of(charger["sessions"])) == (8, ["2026-11-08", "2026-11-07"])


class TestMistakes:
    """What cannot be asked is refused before anything is sent."""

    @pytest.mark.parametrize(
        ("days", "key"),
        [
            ({"start": "2026-11-06", "end": "2026-11-05"}, "end_before_start"),
            ({"start": "2026-11-11"}, "end_before_start"),
            ({"start": "2025-10-01", "end": "2026-11-05"}, "range_too_long"),
        ],
    )
    async def test_an_impossible_range_is_the_callers_mistake(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, days: dict[str, str], key: str
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.requests.clear()
        with pytest.raises(ServiceValidationError) as raised:
            await reply_of(hass, **days)
        assert raised.value.translation_key == key
        assert simulator.requests.count(Family.HISTORY) == 0

    async def test_four_hundred_days_can_be_asked_for(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        assert await sessions_of(hass, start="2025-10-07", end="2026-11-10") == []

    @pytest.mark.parametrize("limit", [0, 1001, "many"])
    async def test_an_impossible_limit_is_refused(
        self, hass: HomeAssistant, setup_entry: SetupEntry, limit: object
    ) -> None:
        await setup_entry()
        with pytest.raises(probatio.Invalid):
            await reply_of(hass, limit=limit)

    async def test_the_target_has_to_hold_a_charger(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await reply_of(hass, entity_id="sensor.lark_street_cloud_latency")
        assert raised.value.translation_key == "no_charger_targeted"


class TestFailures:
    """A history that cannot be read is no empty one."""

    @pytest.mark.parametrize(
        ("trouble", "key"),
        [
            (faults.status_code(503), "service_unavailable"),
            (faults.status_code(429, retry_after=120), "rate_limited"),
            (faults.dropped(), "cannot_connect"),
            (faults.field_value("data.hasMore", True), "invalid_response"),
        ],
        ids=lambda value: value.name if isinstance(value, Trouble) else value,
    )
    async def test_a_failure_is_raised_in_words(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, trouble: Trouble, key: str
    ) -> None:
        """Trap 22: half a list is none."""
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.faults.add(trouble, Family.HISTORY)
        with pytest.raises(HomeAssistantError) as raised:
            await reply_of(hass)
        assert not isinstance(raised.value, ServiceValidationError)
        assert raised.value.translation_key == key
        assert simulator.requests.logins == 1

    async def test_one_charger_that_fails_is_named_beside_the_others(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        other = world.site.add_charger("202640011999", name="Barn")
        add_session(world, datetime(2026, 11, 8, 18, 0, tzinfo=VIENNA), SIX_HOURS)
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.faults.add(faults.status_code(503), Family.HISTORY, path_part=other.serial)
        listed = await reply_of(hass, entity_id=[COST, "sensor.barn_status"])
        by_name = {charger["name"]: charger for charger in listed}
        assert len(by_name["Carport"]["sessions"]) == 1
        assert by_name["Barn"]["error"].startswith("The Enphase cloud is temporarily unavailable")
        assert "sessions" not in by_name["Barn"]


async def exported(hass: HomeAssistant, **target: Any) -> list[Any]:
    """Export sessions, and return what the reply says of each charger."""
    reply: Any = await hass.services.async_call(DOMAIN, "export_sessions", target, blocking=True, return_response=True)
    listed: list[Any] = reply["chargers"]
    return listed


class TestOddHomes:
    """A file that is right whatever there is in it, and whatever the charger is called."""

    async def test_without_sessions_there_are_the_headings_alone(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        (charger,) = await exported(hass, entity_id=STATUS)
        assert charger["csv"].splitlines() == [
            "plugged_in_at,unplugged_at,duration (min),charging_duration (min),energy (kWh),range (mi),cost (EUR)"
        ]

    async def test_two_chargers_of_one_name_are_told_apart_by_their_devices(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, device_registry: dr.DeviceRegistry
    ) -> None:
        other = world.site.add_charger("202640011901", name="Carport")
        add_session(world, datetime(2026, 11, 8, 18, 0, tzinfo=VIENNA), SIX_HOURS)
        entry = await setup_entry()
        devices = {
            serial: device.id
            for serial in (world.charger.serial, other.serial)
            if (device := device_registry.async_get_device_by_identifier((DOMAIN, serial), entry.entry_id))
        }
        listed = await exported(hass, device_id=list(devices.values()))
        assert [charger["name"] for charger in listed] == ["Carport", "Carport"]
        lines = {charger["device_id"]: len(charger["csv"].splitlines()) for charger in listed}
        assert lines == {devices[world.charger.serial]: 2, devices[other.serial]: 1}

    @pytest.mark.parametrize("name", ["كراج السيارة", "🚗⚡ Carport", '=cmd|"x"', "a,b;c"])
    async def test_the_name_of_a_charger_is_no_part_of_the_file(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, device_registry: dr.DeviceRegistry, name: str
    ) -> None:
        world.charger.name = name
        add_session(world, datetime(2026, 11, 8, 18, 0, tzinfo=VIENNA), SIX_HOURS)
        entry = await setup_entry()
        device = device_registry.async_get_device_by_identifier((DOMAIN, world.charger.serial), entry.entry_id)
        assert device is not None
        (charger,) = await exported(hass, device_id=device.id)
        assert charger["name"] == name
        assert len(charger["csv"].splitlines()) == 2
        assert name not in charger["csv"]

    async def test_a_charger_without_a_name_goes_by_its_model_and_the_end_of_its_serial(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator
    ) -> None:
        simulator.faults.add(faults.field_missing("data.*.displayName"), Family.SUMMARY)
        simulator.faults.add(faults.field_missing("data.chargers.*.name"), Family.STATUS)
        await setup_entry()
        (charger,) = await exported(hass, entity_id="sensor.iq_ev_charger_1873_status")
        assert charger["name"] == "IQ EV Charger 1873"

    async def test_a_charger_of_which_an_owner_has_removed_all_entities_but_one_can_be_exported(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, entity_registry: er.EntityRegistry
    ) -> None:
        add_session(world, datetime(2026, 11, 8, 18, 0, tzinfo=VIENNA), SIX_HOURS)
        entry = await setup_entry()
        for registered in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
            if "carport" in registered.entity_id and registered.entity_id != STATUS:
                entity_registry.async_update_entity(registered.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        (charger,) = await exported(hass, entity_id=STATUS)
        assert len(charger["csv"].splitlines()) == 2


async def test_sessions_are_exported_as_lines_the_oldest_first(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World
) -> None:
    add_session(world, datetime(2026, 11, 8, 18, 0, tzinfo=VIENNA), SIX_HOURS, energy=7.5)
    add_session(world, datetime(2026, 10, 20, 18, 0, tzinfo=VIENNA), SIX_HOURS, energy=4)
    await setup_entry()
    (charger,) = await exported(hass, entity_id=STATUS)
    listed = list(csv.DictReader(StringIO(charger["csv"])))
    assert list(listed[0]) == [
        "plugged_in_at",
        "unplugged_at",
        "duration (min)",
        "charging_duration (min)",
        "energy (kWh)",
        "range (mi)",
        "cost (EUR)",
    ]
    assert [(each["plugged_in_at"], each["energy (kWh)"], each["duration (min)"]) for each in listed] == [
        ("2026-10-20T18:00:00+02:00", "4.0", "360.0"),
        ("2026-11-08T18:00:00+01:00", "7.5", "360.0"),
    ]
