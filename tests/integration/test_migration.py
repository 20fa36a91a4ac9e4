"""Upgrading from the earlier integration: nothing a person has built on it breaks."""

from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_EMAIL, OWNER_KEY, Simulator, World

SITE, SERIAL, PROGRAMME = "4410287", "202640011873", "5fe08a1b9c3d47e2a6b1f094"

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
    *((domain, f"{DOMAIN}_vpp_{SITE}_{PROGRAMME}_{old}", f"{SITE}_{new}") for domain, old, new in VPP),
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
            "vpp_program_id": PROGRAMME,
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


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Start the new integration."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture(autouse=True)
def enrolled(world: World) -> None:
    """The site takes part in the programme that a person typed."""
    world.site.vpp.enrol(PROGRAMME)


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


async def test_the_programmes_device_loses_the_programme_from_its_identifier(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry
) -> None:
    entry = old_entry(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"vpp:{SITE}:{PROGRAMME}")}, name="VPP"
    )
    await set_up(hass, entry)
    kept = device_registry.async_get(device.id)
    assert kept is not None
    assert kept.identifiers == {(DOMAIN, f"vpp:{SITE}")}


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
        "vpp_program_id": PROGRAMME,
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
