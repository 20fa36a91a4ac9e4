"""Upgrading from the earlier integration: nothing a person has built on it breaks."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.models import StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics, validate_statistics
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_EMAIL, OWNER_KEY, Simulator, World
from simulator.ready_tariffs import TARIFFS

SITE, SERIAL, PROGRAM = "4410287", "202640011873", "5fe08a1b9c3d47e2a6b1f094"
EARLIER_PROGRAM = "5fe08a1b9c3d47e2a6b1f001"

A_DAY_AGO = datetime(2026, 11, 16, 12, tzinfo=UTC)
OLD_STATISTICS = {
    "_lifetime_energy": ("kWh", "energy"),
    "_energy_today": ("kWh", "energy"),
    "_power": ("W", "power"),
    "_import_price": ("USD/kWh", None),
    "_export_price": ("USD/kWh", None),
}
"""Unit and class of unit of the statistics that the earlier integration had, which reckoned in dollars everywhere."""

CHARGER = [
    ("switch", "charging_switch", "charging"),
    ("select", "charge_mode_select", "charge_mode"),
    ("sensor", "charge_mode", "charge_mode"),
    ("number", "amps_number", "charging_amps"),
    ("sensor", "charging_amps", "set_amps"),
    ("button", "start_charging", "start_charging"),
    ("button", "stop_charging", "stop_charging"),
    ("binary_sensor", "plugged", "plugged_in"),
    ("binary_sensor", "charging", "charging"),
    ("binary_sensor", "faulted", "faulted"),
    ("binary_sensor", "connected", "connected"),
    ("binary_sensor", "commissioned", "commissioned"),
    ("sensor", "energy_today", "energy_today"),
    ("sensor", "lifetime_kwh", "lifetime_energy"),
    ("sensor", "power", "power"),
    ("sensor", "session_duration", "session_duration"),
    ("sensor", "last_rpt", "last_reported"),
    ("sensor", "status", "status"),
    ("sensor", "phase_mode", "phase_mode"),
    ("sensor", "connector_status", "connector_status"),
    ("sensor", "connection", "connection"),
    ("sensor", "ip_address", "ip_address"),
    ("sensor", "reporting_interval", "reporting_interval"),
    ("sensor", "dlb_enabled", "dynamic_load_balancing"),
    ("sensor", "min_amp", "min_amps"),
    ("sensor", "max_amp", "max_amps"),
]
VPP = [
    ("sensor", "vpp_events", "vpp_events"),
    ("sensor", "vpp_events_today_count", "vpp_events_today"),
    ("sensor", "vpp_next_event_start", "vpp_next_event_start"),
    ("sensor", "vpp_next_event_type", "vpp_next_event_type"),
    ("sensor", "vpp_future_events_count", "vpp_future_events"),
    ("binary_sensor", "event_today", "vpp_event_today"),
    ("calendar", "calendar", "vpp_events"),
]
MONETARY = [
    ("sensor", "import_cost_now", "import_price"),
    ("sensor", "export_price_now", "export_price"),
    ("sensor", "savings_imported_today", "savings_imported_today"),
    ("sensor", "savings_exported_today", "savings_exported_today"),
    ("calendar", "import_cost_calendar", "import_prices"),
    ("calendar", "export_price_calendar", "export_prices"),
]
SITE_WIDE = [
    ("binary_sensor", "cloud_reachable", "cloud_reachable"),
    ("sensor", "last_update", "last_successful_update"),
    ("sensor", "latency_ms", "cloud_latency"),
]
ENTITIES = [
    *((domain, f"{DOMAIN}_{SERIAL}_{old}", f"{SERIAL}_{new}") for domain, old, new in CHARGER),
    *((domain, f"{DOMAIN}_site_{SITE}_{old}", f"{SITE}_{new}") for domain, old, new in SITE_WIDE),
    *((domain, f"{DOMAIN}_vpp_{SITE}_{PROGRAM}_{old}", f"{SITE}_{new}") for domain, old, new in VPP),
    *((domain, f"{DOMAIN}_monetary_{SITE}_{old}", f"{SITE}_{new}") for domain, old, new in MONETARY),
]


def old_entry(hass: HomeAssistant, **data: Any) -> MockConfigEntry:
    """Return an entry as the earlier integration left it."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        version=1,
        minor_version=1,
        title="Lark Street",
        unique_id=SITE,
        data={
            "site_id": SITE,
            "site_name": "Lark Street",
            "serials": [SERIAL],
            "scan_interval": 45,
            "cookie": "_enlighten_4_session=old; XSRF-TOKEN=old",
            "e_auth_token": "old",
            "access_token": "old",
            "session_id": "old",
            "token_expires_at": 1_762_000_000,
            "remember_password": True,
            "email": OWNER_EMAIL,
            "password": OWNER_KEY,
            "vpp_program_id": PROGRAM,
            **data,
        },
        options={
            "scan_interval": 45,
            "fast_poll_interval": 20,
            "api_timeout": 20,
            "nominal_voltage": 230,
            "enable_monetary_device": True,
            "enable_vpp_device": True,
        },
    )
    entry.add_to_hass(hass)
    return entry


def old_entities(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, tuple[str, str]]:
    """Register what the earlier integration had, under ids and names that a person chose."""
    registry, named = er.async_get(hass), {}
    for number, (domain, old, new) in enumerate(ENTITIES):
        entity = registry.async_get_or_create(
            domain, DOMAIN, old, config_entry=entry, suggested_object_id=f"garage_{number}"
        )
        registry.async_update_entity(entity.entity_id, name=f"My number {number}")
        named[entity.entity_id] = (new, f"My number {number}")
    return named


async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Start the new integration."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def vpp_device(registry: dr.DeviceRegistry, entry: ConfigEntry, program: str) -> dr.DeviceEntry:
    """Register the device that the earlier integration made for a program."""
    return registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"vpp:{SITE}:{program}")}, name="VPP"
    )


def vpp_entity(
    registry: er.EntityRegistry, entry: ConfigEntry, program: str, key: str, device: dr.DeviceEntry | None
) -> er.RegistryEntry:
    """Register a sensor that the earlier integration made for a program."""
    return registry.async_get_or_create(
        "sensor",
        DOMAIN,
        f"{DOMAIN}_vpp_{SITE}_{program}_{key}",
        config_entry=entry,
        device_id=device.id if device else None,
    )


def identifiers_of(registry: dr.DeviceRegistry, device: dr.DeviceEntry) -> set[tuple[str, str]] | None:
    """Return the identifiers that a device has now, `None` if it is gone."""
    kept = registry.async_get(device.id)
    return kept.identifiers if kept else None


def unique_id_of(registry: er.EntityRegistry, entity: er.RegistryEntry) -> str | None:
    """Return the unique id that an entity has now, `None` if it is gone."""
    kept = registry.async_get(entity.entity_id)
    return kept.unique_id if kept else None


def state_of(hass: HomeAssistant, entity: er.RegistryEntry) -> str | None:
    """Return what an entity shows."""
    state = hass.states.get(entity.entity_id)
    return state.state if state else None


@pytest.fixture(autouse=True)
def enrolled(world: World) -> None:
    """The site takes part in the program that a person typed."""
    world.site.vpp.enrol(PROGRAM)


async def test_every_entity_keeps_its_id_and_the_name_a_person_gave(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = old_entry(hass)
    named = old_entities(hass, entry)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    kept = {
        entity.entity_id: (entity.unique_id, entity.name)
        for entity in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if entity.entity_id in named
    }
    assert kept == named


async def test_every_kept_entity_is_alive(hass: HomeAssistant) -> None:
    entry = old_entry(hass)
    named = old_entities(hass, entry)
    await set_up(hass, entry)
    states = {entity_id: hass.states.get(entity_id) for entity_id in named}
    assert [entity_id for entity_id, state in states.items() if state is None or state.state == "unavailable"] == []


async def test_what_has_gone_is_removed(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    entry = old_entry(hass)
    gone = entity_registry.async_get_or_create("sensor", DOMAIN, f"{DOMAIN}_{SERIAL}_max_current", config_entry=entry)
    await set_up(hass, entry)
    assert entity_registry.async_get(gone.entity_id) is None


async def test_the_programs_device_loses_the_program_from_its_identifier(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry
) -> None:
    entry = old_entry(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"vpp:{SITE}:{PROGRAM}")}, name="VPP"
    )
    await set_up(hass, entry)
    kept = device_registry.async_get(device.id)
    assert kept is not None
    assert kept.identifiers == {(DOMAIN, f"vpp:{SITE}")}


class TestStatistics:
    """Statistics of the earlier integration go on under their entities."""

    @pytest.fixture
    def mock_recorder_before_hass(self, async_test_recorder: RecorderInstanceContextManager) -> None:
        """Prepare the database, which has to be there before Home Assistant."""

    @pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
    async def test_they_go_on_without_anything_to_repair(
        self, recorder_mock: Recorder, hass: HomeAssistant, world: World
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        entry = old_entry(hass)
        named = {new: entity_id for entity_id, (new, _) in old_entities(hass, entry).items()}
        for key, (unit, unit_class) in OLD_STATISTICS.items():
            has_sum = unit == "kWh"
            entity_id = next(each for new, each in named.items() if new.endswith(key) and each.startswith("sensor."))
            async_import_statistics(
                hass,
                StatisticMetaData(
                    mean_type=StatisticMeanType.NONE if has_sum else StatisticMeanType.ARITHMETIC,
                    has_sum=has_sum,
                    name=None,
                    source="recorder",
                    statistic_id=entity_id,
                    unit_class=unit_class,
                    unit_of_measurement=unit,
                ),
                [{"start": A_DAY_AGO, "state": 10.0, "sum": 10.0} if has_sum else {"start": A_DAY_AGO, "mean": 10.0}],
            )
        await async_wait_recording_done(hass)
        await set_up(hass, entry)
        await async_wait_recording_done(hass)
        assert await get_instance(hass).async_add_executor_job(validate_statistics, hass) == {}


class TestTwoPrograms:
    """A site that changed its program has what the earlier integration made for each."""

    @pytest.fixture(params=[False, True], ids=["the old one first", "the old one last"])
    def devices(
        self, request: pytest.FixtureRequest, hass: HomeAssistant, device_registry: dr.DeviceRegistry
    ) -> dict[str, dr.DeviceEntry]:
        entry = old_entry(hass)
        programs = [PROGRAM, EARLIER_PROGRAM] if request.param else [EARLIER_PROGRAM, PROGRAM]
        return {program: vpp_device(device_registry, entry, program) for program in programs}

    async def test_the_device_of_the_one_in_use_stays(
        self, hass: HomeAssistant, device_registry: dr.DeviceRegistry, devices: dict[str, dr.DeviceEntry]
    ) -> None:
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        await set_up(hass, entry)
        assert (entry.state, entry.version) == (ConfigEntryState.LOADED, 2)
        assert identifiers_of(device_registry, devices[PROGRAM]) == {(DOMAIN, f"vpp:{SITE}")}
        assert device_registry.async_get(devices[EARLIER_PROGRAM].id) is None

    async def test_the_entities_of_the_one_in_use_go_on(
        self, hass: HomeAssistant, entity_registry: er.EntityRegistry, devices: dict[str, dr.DeviceEntry]
    ) -> None:
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        entities = {
            program: vpp_entity(entity_registry, entry, program, "vpp_events", device)
            for program, device in devices.items()
        }
        await set_up(hass, entry)
        assert unique_id_of(entity_registry, entities[PROGRAM]) == f"{SITE}_vpp_events"
        assert unique_id_of(entity_registry, entities[EARLIER_PROGRAM]) is None
        assert state_of(hass, entities[PROGRAM]) == "0"

    async def test_an_entity_that_only_the_other_one_had_goes_on_as_well(
        self, hass: HomeAssistant, entity_registry: er.EntityRegistry, devices: dict[str, dr.DeviceEntry]
    ) -> None:
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        only = vpp_entity(entity_registry, entry, EARLIER_PROGRAM, "vpp_events", devices[EARLIER_PROGRAM])
        await set_up(hass, entry)
        assert unique_id_of(entity_registry, only) == f"{SITE}_vpp_events"
        assert state_of(hass, only) == "0"


async def test_without_a_program_in_use_the_newest_device_stays(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, freezer: FrozenDateTimeFactory
) -> None:
    entry = old_entry(hass, vpp_program_id=None)
    first = vpp_device(device_registry, entry, PROGRAM)
    freezer.tick(60)
    second = vpp_device(device_registry, entry, EARLIER_PROGRAM)
    await set_up(hass, entry)
    assert device_registry.async_get(first.id) is None
    assert identifiers_of(device_registry, second) == {(DOMAIN, f"vpp:{SITE}")}


async def test_a_device_that_is_already_there_gives_way_to_the_old_one(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry
) -> None:
    entry = old_entry(hass)
    old = vpp_device(device_registry, entry, PROGRAM)
    device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"vpp:{SITE}")})
    await set_up(hass, entry)
    assert identifiers_of(device_registry, old) == {(DOMAIN, f"vpp:{SITE}")}


async def test_a_program_may_be_called_anything(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    entry = old_entry(hass, vpp_program_id="My_Program_1")
    entity = vpp_entity(entity_registry, entry, "My_Program_1", "vpp_events_today_count", None)
    await set_up(hass, entry)
    assert unique_id_of(entity_registry, entity) == f"{SITE}_vpp_events_today"


async def test_a_duplicate_that_is_already_there_gives_way_to_the_old_entity(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = old_entry(hass)
    old = entity_registry.async_get_or_create(
        "sensor", DOMAIN, f"{DOMAIN}_{SERIAL}_lifetime_kwh", config_entry=entry, suggested_object_id="mine"
    )
    fresh = entity_registry.async_get_or_create("sensor", DOMAIN, f"{SERIAL}_lifetime_energy", config_entry=entry)
    await set_up(hass, entry)
    assert unique_id_of(entity_registry, old) == f"{SERIAL}_lifetime_energy"
    assert unique_id_of(entity_registry, fresh) is None


async def test_a_migration_that_stops_midway_is_tried_again_at_the_next_start(hass: HomeAssistant) -> None:
    entry = old_entry(hass)
    before = dict(entry.data)
    vpp_device(dr.async_get(hass), entry, PROGRAM)
    with patch.object(dr.DeviceRegistry, "async_update_device", side_effect=HomeAssistantError):
        await set_up(hass, entry)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert (entry.version, dict(entry.data)) == (1, before)


async def test_options_and_data_take_their_new_names(hass: HomeAssistant) -> None:
    entry = old_entry(hass)
    await set_up(hass, entry)
    assert (entry.version, entry.minor_version) == (2, 1)
    assert entry.options == {
        "slow_poll_interval": 45,
        "fast_poll_interval": 20,
        "api_timeout": 20,
        "nominal_voltage": 230,
        "enable_monetary": True,
        "enable_vpp": True,
        "vpp_program_id": PROGRAM,
    }
    assert set(entry.data) == {
        "site_id",
        "site_name",
        "serials",
        "email",
        "account",
        "remember_password",
        "password",
    }


async def test_a_remembered_password_signs_in_once_by_itself(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = old_entry(hass)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert simulator.requests.logins == 1


async def test_without_a_password_a_person_is_asked(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = old_entry(hass, password=None, remember_password=False)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert simulator.requests.logins == 0


async def test_an_entry_from_the_future_is_left_alone(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN, version=3, unique_id=SITE, data={"site_id": SITE})
    entry.add_to_hass(hass)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
