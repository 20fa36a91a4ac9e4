"""A plan that is in the charger needs no Home Assistant: killed at night, the car is full in the morning."""

from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import signal

from aiohttp import ClientSession
import pytest

from demo.api import HomeAssistantApi
from demo.config_flow import DOMAIN, add_integration, wait_until_loaded
from demo.configuration import write_configuration
from demo.home_assistant import HomeAssistantProcess, running_home_assistant
from demo.onboarding import OWNER, sign_in
from demo.ports import free_ports
from demo.show import demo_world
from simulator import Car, ChargeMode, ScaledClock, World, running

from .running_demo import eventually

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(300)]

PLAN = "sensor.carport_plan"
NIGHT = timedelta(hours=10)


def kill(config: Path) -> None:
    """End the Home Assistant of a configuration at once, as a power cut does."""
    lock = json.loads((config / ".ha_run.lock").read_text(encoding="utf-8"))
    os.kill(lock["pid"], signal.SIGKILL)


async def opened(http: ClientSession, port: int, process: HomeAssistantProcess) -> HomeAssistantApi:
    """Return the API of a Home Assistant once its owner is signed in."""
    return await sign_in(http, f"http://127.0.0.1:{port}", OWNER, alive=lambda: process.running)


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


async def test_the_car_is_full_in_the_morning_and_the_next_start_leaves_no_slot_behind(tmp_path: Path) -> None:
    world = demo_world()
    config, log = tmp_path / "config", tmp_path / "home-assistant.log"
    (port,) = free_ports(1)
    write_configuration(config, port=port, fresh=True)
    world.charger.plug_in(Car(battery_kwh=20, state_of_charge=0.5))
    before = (world.charger.modes.preference, list(world.charger.slots))

    async with running(world) as cloud, ClientSession() as http:
        async with running_home_assistant(config, cloud=cloud, log=log) as process:
            api = await opened(http, port, process)
            await add_integration(api, email=world.account.email, password=world.account.password)
            await wait_until_loaded(api, seconds=60)

            async def can_plan() -> bool:
                return await api.state(PLAN) == "off"

            async def is_set() -> bool:
                return await api.state(PLAN) == "set"

            assert await eventually(can_plan)
            ready_by = (datetime.now(UTC) + NIGHT).isoformat()
            await api.call(DOMAIN, "plan_charging", entity_id="switch.carport", energy=16, ready_by=ready_by)
            assert await eventually(is_set)
            kill(config)
            await process.wait()

        assert world.charger.modes.preference is ChargeMode.SCHEDULED
        assert not has_full_car(world)
        jump(world, NIGHT)
        assert has_full_car(world)
        world.charger.unplug()

        async with running_home_assistant(config, cloud=cloud, log=log) as process:
            api = await opened(http, port, process)
            await wait_until_loaded(api, seconds=60)

            async def is_as_before() -> bool:
                return (world.charger.modes.preference, list(world.charger.slots)) == before

            assert await eventually(is_as_before, seconds=120)
            assert await api.state(PLAN) == "off"
