"""Home Assistant is killed: nothing that was asked for is lost, done twice or begun anew, and a plan is carried out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import signal

from aiohttp import ClientError, ClientSession
import pytest

from demo.api import HomeAssistantApi
from demo.config_flow import DOMAIN, add_integration, entry_states, wait_until_loaded
from demo.configuration import write_configuration
from demo.home_assistant import running_home_assistant
from demo.onboarding import OWNER, sign_in
from demo.ports import free_ports
from demo.show import demo_world
from simulator import Car, ChargeMode, Family, ScaledClock, Simulator, World, faults, running

from .running_demo import eventually, figure

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(300)]

PLAN = "sensor.carport_plan"
SWITCH = "switch.carport"
CURRENT = "number.carport_charging_current"
SESSION_ENERGY, LIFETIME_ENERGY = "sensor.carport_session_energy", "sensor.carport_lifetime_energy"
NIGHT = timedelta(hours=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A configuration of Home Assistant that is started several times."""

    config: Path
    log: Path
    port: int
    cloud: Simulator
    http: ClientSession

    @asynccontextmanager
    async def started(self, *, killed: bool = False) -> AsyncIterator[HomeAssistantApi]:
        """Run Home Assistant, signed in as its owner; `killed` ends it as a power cut does."""
        async with running_home_assistant(self.config, cloud=self.cloud, log=self.log) as process:
            api = await sign_in(self.http, f"http://127.0.0.1:{self.port}", OWNER, alive=lambda: process.running)
            if await entry_states(api):
                await wait_until_loaded(api, seconds=60)
            yield api
            if killed:
                lock = json.loads((self.config / ".ha_run.lock").read_text(encoding="utf-8"))
                os.kill(lock["pid"], signal.SIGKILL)
                await process.wait()

    async def set_up(self, api: HomeAssistantApi) -> None:
        """Add the integration, the password kept, and wait until Home Assistant has written that down."""
        account = self.cloud.world.account
        await add_integration(api, email=account.email, password=account.password)
        await wait_until_loaded(api, seconds=60)
        entries = self.config / ".storage" / "core.config_entries"

        async def is_written() -> bool:
            return DOMAIN in entries.read_text(encoding="utf-8")

        assert await eventually(is_written)


@pytest.fixture
def world() -> World:
    """The demo's home."""
    return demo_world()


@pytest.fixture
async def home(world: World, tmp_path: Path, socket_enabled: None) -> AsyncIterator[Home]:
    """A home whose Home Assistant was never started."""
    config = tmp_path / "config"
    (port,) = free_ports(1)
    write_configuration(config, port=port, fresh=True)
    async with running(world) as cloud, ClientSession() as http:
        yield Home(config=config, log=tmp_path / "home-assistant.log", port=port, cloud=cloud, http=http)


async def shows(api: HomeAssistantApi, entity_id: str, state: str, *, seconds: float = 60) -> bool:
    """Return whether an entity comes to a state in time."""

    async def is_shown() -> bool:
        return await api.state(entity_id) == state

    return await eventually(is_shown, seconds=seconds)


def jump(world: World, distance: timedelta) -> None:
    """Let time pass in the simulated cloud, and for its cars."""
    assert isinstance(world.clock, ScaledClock)
    world.clock.jump(distance)
    world.advance()


def has_full_car(world: World) -> bool:
    """Return whether the car that is plugged in is full."""
    car = world.charger.car
    assert car is not None
    return car.is_full


def session_energy(world: World) -> float:
    """Return the energy (kWh) of the session that runs."""
    session = world.charger.connector(1).session
    assert session is not None
    return session.energy_wh / 1000


async def test_the_car_is_full_in_the_morning_and_the_next_start_leaves_no_slot_behind(
    home: Home, world: World
) -> None:
    """A plan that is in the charger needs no Home Assistant."""
    world.charger.plug_in(Car(battery_kwh=20, state_of_charge=0.5))
    before = (world.charger.modes.preference, list(world.charger.slots))
    async with home.started(killed=True) as api:
        await home.set_up(api)
        assert await shows(api, PLAN, "off")
        ready_by = (datetime.now(UTC) + NIGHT).isoformat()
        await api.call(DOMAIN, "plan_charging", entity_id=SWITCH, energy=16, ready_by=ready_by)
        assert await shows(api, PLAN, "set")

    assert world.charger.modes.preference is ChargeMode.SCHEDULED
    assert not has_full_car(world)
    jump(world, NIGHT)
    assert has_full_car(world)
    world.charger.unplug()

    async with home.started() as api:

        async def is_as_before() -> bool:
            return (world.charger.modes.preference, list(world.charger.slots)) == before

        assert await eventually(is_as_before, seconds=120)
        assert await api.state(PLAN) == "off"


async def test_a_current_a_start_a_session_and_a_renewal_outlive_it(home: Home, world: World) -> None:
    """Trap 83: the current once came back as another where a crash followed it by three seconds.

    The first one dies right after a current was set and in the middle of a start, the second one in the middle of the
    session and of a renewal.
    """
    requests = home.cloud.requests
    world.charger.effect_delay = timedelta()
    world.charger.plug_in(Car(battery_kwh=80, state_of_charge=0.1))

    async with home.started(killed=True) as api:
        await home.set_up(api)
        await api.call("number", "set_value", entity_id=CURRENT, value=10)
        unanswered = home.cloud.faults.add(faults.held(asyncio.Event(), executes=True), Family.START)
        starting = asyncio.create_task(api.call("switch", "turn_on", entity_id=SWITCH))
        await requests.until(1, Family.START)
    with suppress(ClientError):
        await starting
    home.cloud.faults.remove(unanswered)

    async with home.started(killed=True) as api:
        assert await shows(api, CURRENT, "10")
        assert await shows(api, SWITCH, "on")
        jump(world, timedelta(hours=1))
        assert session_energy(world) > 2

        async def an_hour_is_shown() -> bool:
            # Until the first step the last session's energy is shown, which may be more
            return await figure(api, SESSION_ENERGY) == pytest.approx(session_energy(world), rel=0.25)

        assert await eventually(an_hour_is_shown)
        before = [await figure(api, each) for each in (SESSION_ENERGY, LIFETIME_ENERGY)]
        unanswered = home.cloud.faults.add(faults.held(asyncio.Event(), executes=True), Family.JWT)
        renewals = requests.count(Family.JWT)
        world.accounts.expire_tokens()
        await requests.until(renewals + 1, Family.JWT)
    home.cloud.faults.remove(unanswered)

    sign_ins = requests.logins
    async with home.started() as api:
        assert await shows(api, SWITCH, "on")
        after = [await figure(api, each) for each in (SESSION_ENERGY, LIFETIME_ENERGY)]
        assert all(later >= earlier for earlier, later in zip(before, after, strict=True))
        assert (requests.count(Family.START), requests.count(Family.STOP)) == (1, 0)
        assert requests.of(Family.START)[0].json == {"chargingLevel": 10, "connectorId": 1}
        assert requests.logins <= sign_ins + 1
        assert await api.command("config_entries/flow/progress") == []
