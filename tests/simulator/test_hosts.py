"""Addresses, clocks and the command line."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import subprocess
import sys
from urllib.request import urlopen

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

import simulator as package
from simulator import ManualClock, ScaledClock, Simulator, World, running
from simulator.wire import Json

from .browser import AGENT, STATUS, Browser, pick

ROOT = Path(package.__file__).parent.parent


async def test_hosts_are_told_apart_by_prefix_or_host_header(http: aiohttp.ClientSession, simulator: Simulator) -> None:
    headers = {"User-Agent": AGENT, "Accept": "*/*"}
    by_prefix = await http.get(f"{simulator.enlighten_url}/healthcheck", headers=headers)
    by_name = await http.get(f"{simulator.url}/healthcheck", headers={**headers, "Host": "enlighten.enphaseenergy.com"})
    other = await http.get(f"{simulator.grid_services_url}/healthcheck", headers=headers)
    nowhere = await http.get(f"{simulator.url}/healthcheck", headers=headers)

    assert [answer.status for answer in (by_prefix, by_name, other, nowhere)] == [200, 200, 404, 404]
    assert simulator.requests.last().host == "gs.enphaseenergy.com"


@pytest.mark.parametrize(("host", "location"), [(None, "/enlighten/login"), ("enlighten.enphaseenergy.com", "/login")])
async def test_redirects_stay_on_their_host(
    http: aiohttp.ClientSession, simulator: Simulator, host: str | None, location: str
) -> None:
    headers = {"User-Agent": AGENT, "Accept": "*/*"}
    url = f"{simulator.enlighten_url}/" if host is None else f"{simulator.url}/"

    answer = await http.get(url, headers=headers if host is None else {**headers, "Host": host}, allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (302, location)


async def test_the_default_clock_follows_a_frozen_wall_clock(
    freezer: FrozenDateTimeFactory, http: aiohttp.ClientSession
) -> None:
    freezer.move_to("2026-11-10T07:00:00+00:00")
    async with running(World.with_one_charger()) as simulator:
        browser = Browser(http, simulator)
        await browser.sign_in()
        assert (await browser.get(STATUS)).at("meta", "serverTimeStamp") == 1794294000000
        freezer.tick(timedelta(seconds=61))
        assert (await browser.get(STATUS)).at("meta", "serverTimeStamp") == 1794294061000


def test_a_scaled_clock_runs_by_its_factor_and_jumps(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-11-10T07:00:00+00:00")
    clock = ScaledClock(speed=60)
    begun = clock()
    freezer.tick(timedelta(seconds=10))
    assert clock() - begun == timedelta(minutes=10)

    clock.set_speed(1)
    freezer.tick(timedelta(seconds=10))
    assert clock() - begun == timedelta(minutes=10, seconds=10)
    clock.jump(timedelta(hours=1))
    assert clock() - begun == timedelta(hours=1, minutes=10, seconds=10)


def test_no_clock_runs_backwards() -> None:
    manual = ManualClock(datetime(2026, 11, 10, tzinfo=UTC))

    for wrong in (
        lambda: manual.tick(-1),
        lambda: manual.move_to(datetime(2026, 11, 9, tzinfo=UTC)),
        lambda: ScaledClock(speed=0),
        lambda: ScaledClock().set_speed(-1),
        lambda: ScaledClock().jump(timedelta(seconds=-1)),
    ):
        with pytest.raises(ValueError, match=r"backwards|positive"):
            wrong()


def test_the_command_line_serves_a_scenario(socket_enabled: None) -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--speed", "10", "--scenario", "two-sites"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        control_page = process.stdout.readline().split()[-1]
        try:
            with urlopen(f"{control_page}state") as answer:
                state: Json = json.load(answer)
        finally:
            process.terminate()
    assert process.returncode == 0
    assert [pick(state, "sites", index, "id") for index in (0, 1)] == ["4410287", "4410288"]
    assert pick(state, "speed") == 10
