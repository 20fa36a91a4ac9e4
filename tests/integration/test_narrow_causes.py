"""What goes wrong in one place costs that place, and not for longer than it lasts."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.enphase_cloud_things.account.registry import async_get_registry
from simulator import Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .long_runs import HOUR, MINUTE, STATUS, asks_to_sign_in, enable_event_loop_debug, shown
from .passing_time import Advance
from .repairs import shown_issues
from .wishes import SWITCH, pending, turn_off, turn_on

__all__ = ["enable_event_loop_debug"]

A_YEAR = faults.status_code(429, retry_after=31_536_000)
STEP = 60.0


class TestAPauseThatIsNonsense:
    """Trap 84: a year, said once, silenced the account for a day."""

    @pytest.mark.parametrize("family", [Family.SAVINGS, Family.HISTORY, Family.MODE, Family.VPP_EVENTS])
    async def test_silences_its_own_family_for_an_hour(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance, family: Family
    ) -> None:
        await setup_entry()
        simulator.faults.add(A_YEAR, family, times=1)
        await advance(35 * MINUTE, step=STEP)
        assert simulator.faults.active == ()
        simulator.requests.clear()
        await advance(20 * MINUTE, step=STEP)
        assert simulator.requests.count(family) == 0
        assert simulator.requests.count(Family.STATUS) >= 15
        assert shown(hass, STATUS) == ["unplugged"]
        await advance(HOUR, step=STEP)
        assert simulator.requests.count(family) > 0

    async def test_silences_everything_for_an_hour_where_the_status_says_so_and_is_told(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, advance: Advance
    ) -> None:
        await setup_entry()
        simulator.faults.add(A_YEAR, Family.STATUS, times=1)
        await advance(20 * MINUTE, step=STEP)
        assert shown(hass, STATUS) == ["unavailable"]
        assert [issue.translation_key for issue in shown_issues(hass)] == ["rate_limited"]
        await advance(45 * MINUTE, step=STEP)
        assert shown(hass, STATUS) == ["unplugged"]
        assert shown_issues(hass) == []


class TestADeadBearer:
    """Trap 85: every read works by its cookies, and every command is refused."""

    @pytest.mark.parametrize(("refused", "sign_ins"), [(1, 0), (2, 1)])
    async def test_is_replaced_and_the_start_goes_through(
        self,
        hass: HomeAssistant,
        setup_entry: SetupEntry,
        world: World,
        simulator: Simulator,
        advance: Advance,
        refused: int,
        sign_ins: int,
    ) -> None:
        world.charger.plug_in(Car())
        entry = await setup_entry(remember_password=True)
        await advance(HOUR, step=STEP)
        before = simulator.requests.logins
        simulator.faults.add(faults.status_code(401), Family.START, times=refused)
        await turn_on(hass)
        await advance(MINUTE)
        assert shown(hass, SWITCH) == ["on"]
        assert simulator.requests.logins - before == sign_ins
        assert not asks_to_sign_in(hass, entry)

    async def test_that_only_a_person_can_replace_asks_for_one(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
    ) -> None:
        world.charger.plug_in(Car())
        entry = await setup_entry()
        await advance(HOUR, step=STEP)
        simulator.faults.add(faults.status_code(401), Family.START)
        with pytest.raises(HomeAssistantError):
            await turn_on(hass)
        await hass.async_block_till_done()
        assert asks_to_sign_in(hass, entry)
        assert shown(hass, STATUS) == ["ready"]


@pytest.mark.parametrize("status", [302, 307, 308])
async def test_a_read_that_is_led_to_a_command_stops_no_car(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    simulator: Simulator,
    advance: Advance,
    status: int,
) -> None:
    """Trap 91."""
    world.charger.plug_in(Car())
    await setup_entry()
    await turn_on(hass)
    await advance(MINUTE)
    stop = f"/service/evse_controller/{world.site.site_id}/ev_chargers/{world.charger.serial}/stop_charging"
    simulator.faults.add(faults.redirected(stop, status), Family.STATUS, Family.SUMMARY, Family.MODE)
    await advance(6 * MINUTE, step=STEP)
    simulator.faults.clear()
    await advance(10 * MINUTE, step=STEP)
    assert simulator.requests.count(Family.STOP) == 0
    assert shown(hass, SWITCH, STATUS) == ["on", "charging"]


async def test_a_stop_is_sent_with_the_budget_of_the_hour_spent(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, advance: Advance
) -> None:
    world.charger.plug_in(Car())
    await setup_entry()
    await turn_on(hass)
    await advance(MINUTE)
    budget, now = async_get_registry(hass).budget_for(world.account.email), dt_util.utcnow()
    while budget.used(now) < 480:
        budget.spend(now)
    reads = simulator.requests.count(Family.STATUS)
    await turn_off(hass)
    await advance(MINUTE)
    assert simulator.requests.count(Family.STOP) == 1
    connector = world.charger.connector(1)
    assert connector.watts(world.charger.model) == 0
    assert (simulator.requests.count(Family.STATUS) - reads, pending(hass)) == (0, "stop")
