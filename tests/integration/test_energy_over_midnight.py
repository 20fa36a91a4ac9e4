"""The energy of the day, where the midnight of the site has passed without a reading."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, State
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Simulator, World, faults

from .conftest import SetupEntry
from .passing_time import Advance

VIENNA = ZoneInfo("Europe/Vienna")
KILOWATTS = 3.68
HALF_AN_HOUR = 1800.0


def energy_today(hass: HomeAssistant) -> State:
    """Return what the sensor shows; Home Assistant lives in another zone than the site."""
    shown = hass.states.get("sensor.carport_energy_today")
    assert shown is not None
    return shown


@pytest.fixture
async def charging(hass: HomeAssistant, world: World, setup_entry: SetupEntry, advance: Advance) -> MockConfigEntry:
    """The entry of a charger that gives 3.68 kW to a car for longer than a day, and has been seen doing so."""
    world.account.session_lifetime = world.account.token_lifetime = timedelta(days=30)
    world.charger.plug_in(Car(battery_kwh=300, state_of_charge=0.1, max_amps=16, phases=1))
    entry = await setup_entry()
    await hass.services.async_call(DOMAIN, "start_charging", {"entity_id": "switch.carport"}, blocking=True)
    await advance(HALF_AN_HOUR)
    return entry


def check_first_hour(hass: HomeAssistant, midnight: datetime) -> None:
    """Check that an hour of a day has the energy of an hour, up to the charger's last report."""
    shown = energy_today(hass)
    hours = (datetime.now(UTC) - midnight.astimezone(UTC)) / timedelta(hours=1)
    assert float(shown.state) == pytest.approx(KILOWATTS * hours, abs=KILOWATTS / 10)
    assert shown.attributes["estimated"] is True
    assert datetime.fromisoformat(shown.attributes["last_reset"]) == midnight


@pytest.mark.freeze_time("2026-11-17 21:00:00+00:00")
async def test_energy_that_an_outage_hid_over_midnight_is_divided_by_the_time_of_the_reports(
    hass: HomeAssistant, simulator: Simulator, charging: MockConfigEntry, advance: Advance
) -> None:
    outage = simulator.faults.add(faults.status_code(503))
    await advance(5 * HALF_AN_HOUR, step=60)
    simulator.faults.remove(outage)
    await advance(HALF_AN_HOUR, step=60)
    check_first_hour(hass, datetime(2026, 11, 18, tzinfo=VIENNA))


@pytest.mark.parametrize(
    ("midnight", "hours"),
    [
        pytest.param(
            datetime(2026, 11, 18, tzinfo=VIENNA),
            2,
            id="ordinary",
            marks=pytest.mark.freeze_time("2026-11-17 21:30:00+00:00"),
        ),
        pytest.param(
            datetime(2027, 3, 29, tzinfo=VIENNA),
            25,
            id="after a day of 23 hours",
            marks=pytest.mark.freeze_time("2027-03-27 21:30:00+00:00"),
        ),
        pytest.param(
            datetime(2026, 10, 26, tzinfo=VIENNA),
            27,
            id="after a day of 25 hours",
            marks=pytest.mark.freeze_time("2026-10-24 20:30:00+00:00"),
        ),
    ],
)
async def test_energy_of_the_time_without_home_assistant_is_divided_at_the_midnight_of_the_site(
    hass: HomeAssistant,
    charging: MockConfigEntry,
    advance: Advance,
    freezer: FrozenDateTimeFactory,
    midnight: datetime,
    hours: int,
) -> None:
    """The time without readings ends an hour after midnight, and began an hour before one."""
    await hass.config_entries.async_unload(charging.entry_id)
    freezer.tick(timedelta(hours=hours))
    await hass.config_entries.async_setup(charging.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await advance(60)
    check_first_hour(hass, midnight)


@pytest.mark.freeze_time("2026-11-17 21:00:00+00:00")
async def test_the_day_after_a_divided_one_is_no_estimate(
    hass: HomeAssistant, charging: MockConfigEntry, advance: Advance, freezer: FrozenDateTimeFactory
) -> None:
    """Already before its first report: it is the day before that was divided."""
    await hass.config_entries.async_unload(charging.entry_id)
    freezer.tick(timedelta(hours=2))
    await hass.config_entries.async_setup(charging.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert energy_today(hass).attributes["estimated"] is True
    await hass.services.async_call(DOMAIN, "stop_charging", {"entity_id": "switch.carport"}, blocking=True)
    await advance(47 * HALF_AN_HOUR - 60, step=600)
    await advance(100)
    shown = energy_today(hass)
    assert (float(shown.state), shown.attributes["estimated"]) == (0, False)
