"""At the field's own pace: what is shown holds where reports and energy steps come every few minutes."""

from datetime import timedelta

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, World
from simulator.settings import Quirks

from .conftest import SetupEntry
from .passing_time import Advance

POWER = "sensor.carport_power"
STATUS = "sensor.carport_status"
CHARGING = "binary_sensor.carport_charging"
EVENTS = "event.carport_session"
DRAW = 3 * 16 * 230
STEP = 10.0


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return a state that is there."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def act(hass: HomeAssistant, action: str) -> None:
    """Start or stop."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": "switch.carport"}, blocking=True)


@pytest.fixture
def powers(hass: HomeAssistant) -> list[str]:
    """Follow the power."""
    followed: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == POWER and (state := event.data["new_state"]):
            followed.append(state.state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return followed


@pytest.fixture
def kinds(hass: HomeAssistant) -> list[str]:
    """Follow what happens at the charger."""
    followed: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state, old = event.data["new_state"], event.data["old_state"]
        if event.data["entity_id"] != EVENTS or state is None or (old and old.state == state.state):
            return
        if kind := state.attributes.get("event_type"):
            followed.append(kind)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return followed


def plug_in(world: World, quirks: Quirks, *, reports: int = 300) -> None:
    world.charger.quirks = quirks
    world.charger.set_reporting(timedelta(seconds=reports))
    world.charger.plug_in(Car(battery_kwh=80, state_of_charge=0.1, max_amps=16, phases=3))


def is_about_the_draw(power: str) -> bool:
    return power not in {"unknown", "unavailable"} and float(power) == pytest.approx(DRAW, rel=0.25)


@pytest.mark.parametrize(
    ("quirks", "reports"),
    [
        (Quirks.of_the_field(), 300),
        (Quirks(energy_step=timedelta(seconds=330), first_meter_after=timedelta(seconds=60)), 60),
        (Quirks(energy_step=timedelta(seconds=300), energy_steps_by_clock=True), 300),
    ],
)
async def test_power_is_unknown_until_the_first_whole_step_and_right_from_then_on(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    advance: Advance,
    powers: list[str],
    quirks: Quirks,
    reports: int,
) -> None:
    """Traps 68 and 69."""
    plug_in(world, quirks, reports=reports)
    await setup_entry()
    await act(hass, "start_charging")
    await advance(25)
    power = shown(hass, POWER)
    assert power.state == "unknown"
    assert power.attributes["expected"] == 19_200, "32 A were asked for, which is more than any charger draws"
    begun = len(powers)
    await advance(3600, step=STEP)
    told = [each for each in powers[begun:] if each != "unknown"]
    assert told
    assert all(is_about_the_draw(each) for each in told)
    assert float(shown(hass, POWER).state) == pytest.approx(DRAW, rel=0.1)


async def test_the_current_that_is_asked_for_makes_the_first_step_enough(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """A car that takes what it is offered has a power with its first step."""
    plug_in(world, Quirks.of_the_field(), reports=60)
    await setup_entry()
    await hass.services.async_call(
        DOMAIN, "start_charging", {"entity_id": "switch.carport", "charging_level": 16}, blocking=True
    )
    await advance(295)
    assert shown(hass, POWER).state == "unknown"
    await advance(90)
    assert float(shown(hass, POWER).state) == pytest.approx(DRAW, rel=0.25)


async def test_a_short_session_has_no_power_of_zero_while_it_lasts(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, powers: list[str]
) -> None:
    """Trap 69: a short one had 0 W for its whole life."""
    plug_in(world, Quirks.of_the_field())
    await setup_entry()
    await act(hass, "start_charging")
    await advance(30)
    powers.clear()
    await advance(120)
    assert set(powers) <= {"unknown"}
    await act(hass, "stop_charging")
    await advance(60)
    assert float(shown(hass, POWER).state) == 0


@pytest.mark.parametrize("word", ["SUSPENDED_EV", "SUSPENDED_EVSE", "SUSPENDED"])
async def test_a_word_does_not_outrank_a_counter_that_grows(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, kinds: list[str], word: str
) -> None:
    """Trap 67: power 0, charging off and `paused` for a car that drew 11 kW."""
    plug_in(world, Quirks(charging_reads_as=word, energy_step=timedelta(seconds=300)))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(2400, step=STEP)
    assert shown(hass, STATUS).state == "charging"
    assert shown(hass, "sensor.carport_reason").state == "charging_as_asked"
    assert shown(hass, CHARGING).state == "on"
    assert shown(hass, "switch.carport").state == "on"
    assert float(shown(hass, POWER).state) == pytest.approx(DRAW, rel=0.1)
    assert kinds == ["started"]


async def test_a_word_that_changes_in_the_middle_of_a_charge_pauses_nothing(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, kinds: list[str], powers: list[str]
) -> None:
    """Trap 67: the type became SUSPENDED_EV while the car drew on."""
    plug_in(world, Quirks.of_the_field())
    await setup_entry()
    await act(hass, "start_charging")
    await advance(1500, step=STEP)
    powers.clear()
    world.charger.quirks = Quirks(charging_reads_as="SUSPENDED_EV", energy_step=timedelta(seconds=300))
    world.charger.adjust()
    await advance(1800, step=STEP)
    assert kinds == ["started"]
    assert shown(hass, CHARGING).state == "on"
    assert all(is_about_the_draw(each) for each in powers)


async def test_a_safe_limit_that_the_energy_contradicts_is_none(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Trap 67: `safeLimitState` 1 at 13.6 kW was shown as the least current."""
    plug_in(world, Quirks(safe_limit_always=True, energy_step=timedelta(seconds=300)))
    await setup_entry()
    await act(hass, "start_charging")
    await advance(1800, step=STEP)
    assert shown(hass, "sensor.carport_set_current").state == "32"
    assert shown(hass, "sensor.carport_reason").state == "charging_as_asked"


async def test_a_safe_limit_that_the_energy_confirms_is_told(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    """Trap 33."""
    plug_in(world, Quirks.of_the_field())
    world.charger.adjust(safe_limit=True)
    await setup_entry()
    await act(hass, "start_charging")
    await advance(1800, step=STEP)
    assert shown(hass, "sensor.carport_set_current").state == "6"
    assert shown(hass, "sensor.carport_reason").state == "safe_limit"


async def test_the_energy_of_a_visit_goes_on_over_a_stop_and_a_start(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance
) -> None:
    plug_in(world, Quirks())
    await setup_entry()
    await act(hass, "start_charging")
    await advance(1200, step=STEP)
    await act(hass, "stop_charging")
    await advance(400, step=STEP)
    first = float(shown(hass, "sensor.carport_session_energy").state)
    await act(hass, "start_charging")
    await advance(1200, step=STEP)
    session, visit = shown(hass, "sensor.carport_session_energy"), shown(hass, "sensor.carport_energy_since_plugged_in")
    assert float(visit.state) == pytest.approx(first + float(session.state), abs=0.002)
    assert visit.attributes["last_reset"] < session.attributes["last_reset"]


async def test_a_lower_lifetime_counter_that_keeps_growing_is_the_counter(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, advance: Advance, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 71: one that fell by less than half was frozen for ever. To the statistics each fall is a new meter."""
    plug_in(world, Quirks())
    lifetime = "sensor.carport_lifetime_energy"
    await setup_entry()
    falls: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if event.data["entity_id"] == lifetime and old and new and not float(new.state) >= float(old.state):
            falls.append(new.state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    before = float(shown(hass, lifetime).state)
    world.charger.replace_meter(before * 700)
    await act(hass, "start_charging")
    await advance(timedelta(hours=5).total_seconds(), step=240)
    assert float(shown(hass, lifetime).state) == before
    await advance(timedelta(hours=1, minutes=30).total_seconds(), step=240)
    assert before * 0.7 < float(shown(hass, lifetime).state) < before
    assert float(shown(hass, "sensor.carport_energy_today").state) > 50
    assert caplog.text.count("counts from a lower value now") == 1
    await advance(timedelta(hours=1).total_seconds(), step=240)
    assert len(falls) == 1
