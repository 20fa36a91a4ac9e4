"""The course of the demo: what is started in which order, and what the person at the terminal is told."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from homeassistant.const import RESTART_EXIT_CODE

from simulator import ChargeMode, Quirks, ScaledClock, Simulator, World, running
from simulator.replay import RecordingError, Replay, read_recording, replaying
from simulator.scenarios import SCENARIOS

from .api import HomeAssistantApi
from .config_flow import DOMAIN, add_integration, entry_states, import_sessions, wait_until_loaded
from .configuration import home_assistant_url, write_configuration
from .dashboard import install_dashboard
from .errors import DemoError
from .home_assistant import running_home_assistant
from .onboarding import OWNER, sign_in
from .ports import require_free_port

DEMOS = ("home", "two-sites", "green")
"""The scenarios of the simulator that the demo's dashboard fits."""
_EFFECT_DELAY = timedelta(seconds=10)
_SET_UP_SECONDS = 60
_PAST = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Show:
    """What the person wants to see.

    ``directory`` holds Home Assistant's configuration and log, ``scenario`` is one of ``DEMOS``, ``speed`` is simulated
    seconds in a second, ``keep`` goes on with the configuration that is there, and ``empty`` leaves the config flow to
    the person. ``replay`` is a recording to be played from ``at`` in place of a scenario.
    """

    directory: Path
    port: int
    simulator_port: int
    scenario: str
    speed: float
    keep: bool
    empty: bool
    replay: Path | None = None
    at: datetime | None = None


async def run_show(show: Show, say: Callable[[str], None]) -> None:
    """Run the demo until it is cancelled.

    Raises:
        DemoError: a part could not be started, or Home Assistant ended by itself.
    """
    require_free_port(show.simulator_port, "--simulator-port")
    async with _cloud(show) as cloud:
        require_free_port(show.port, "--port")
        say("Starting Home Assistant …")
        write_configuration(show.directory / "config", port=show.port, fresh=not show.keep)
        log = show.directory / "home-assistant.log"
        try:
            await _run_home_assistant(cloud, show, log, say)
        except (DemoError, aiohttp.ClientError) as error:
            raise DemoError(f"{str(error).strip()}\nThe log of Home Assistant is {log}") from error


@asynccontextmanager
async def _cloud(show: Show) -> AsyncIterator[Simulator | Replay]:
    """Run the cloud that the person wants to see behind Home Assistant: a simulated one, or one that was recorded.

    Raises:
        DemoError: the recording cannot be played.
    """
    if show.replay is None:
        async with running(demo_world(show.scenario, speed=show.speed), port=show.simulator_port) as simulator:
            yield simulator
        return
    try:
        recording = read_recording(show.replay)
    except RecordingError as error:
        raise DemoError(str(error)) from None
    clock = ScaledClock(speed=show.speed)
    async with replaying(recording, port=show.simulator_port, start=show.at, clock=clock) as replay:
        yield replay


async def _run_home_assistant(cloud: Simulator | Replay, show: Show, log: Path, say: Callable[[str], None]) -> None:
    config = show.directory / "config"
    async with (
        running_home_assistant(config, cloud=cloud, log=log) as process,
        aiohttp.ClientSession() as http,
    ):
        api = await sign_in(http, home_assistant_url(show.port), OWNER, alive=lambda: process.running)
        if isinstance(cloud, Replay):
            await _set_up_replay(api, cloud, say)
        else:
            await _set_up(api, cloud, show, say)
        code = await process.wait()
    while code == RESTART_EXIT_CODE:
        say("Home Assistant starts anew, as it was told to …")
        async with running_home_assistant(config, cloud=cloud, log=log) as process:
            code = await process.wait()
    raise DemoError("Home Assistant has ended by itself.")


def demo_world(scenario: str = DEMOS[0], *, speed: float = 1.0) -> World:
    """Return a world with tariffs, grid events and a year of charging behind it, at the pace of real chargers.

    There is no car at first, but in the green scenario.
    """
    world = SCENARIOS[scenario](ScaledClock(speed=speed))
    for charger in (charger for site in world.sites.values() for charger in site.chargers):
        charger.quirks = Quirks.of_the_field()
        charger.effect_delay = _EFFECT_DELAY
        if charger.modes.active is ChargeMode.MANUAL:
            charger.unplug()
    return world


async def _set_up(api: HomeAssistantApi, simulator: Simulator, show: Show, say: Callable[[str], None]) -> None:
    if show.empty:
        say(_directions(api.url, simulator, show))
        await wait_until_loaded(api)
    elif not await entry_states(api):
        say("Setting the charger up …")
        account = simulator.world.account
        for site_id in account.site_ids:
            await add_integration(api, email=account.email, password=account.password, site_id=site_id)
        await wait_until_loaded(api, seconds=_SET_UP_SECONDS)
    chargers = [charger for site in simulator.world.sites.values() for charger in site.chargers]
    await install_dashboard(api, chargers[0].serial)
    if show.empty:
        say("The integration is set up: there is a dashboard for the charger in the sidebar now.")
    say("Writing a year of charging to the Energy dashboard …")
    await import_sessions(api, [charger.serial for charger in chargers], since=datetime.now(UTC).date() - _PAST)
    if not show.empty:
        say(_directions(api.url, simulator, show))


async def _set_up_replay(api: HomeAssistantApi, replay: Replay, say: Callable[[str], None]) -> None:
    playback = replay.playback
    if not await entry_states(api):
        say("Setting the recorded charger up …")
        for site_id in playback.site_ids:
            await add_integration(
                api, email="anybody@example.com", password="anything", site_id=site_id, one_time_code=_any_code
            )
        await wait_until_loaded(api, seconds=_SET_UP_SECONDS)
    if playback.serials:
        await install_dashboard(api, playback.serials[0])
    lines = (
        "",
        f"Home Assistant   {api.url}",
        f"                 user {OWNER.username}, password {OWNER.password}",
        f"The recording    plays from {playback.start:%Y-%m-%d %H:%M} to {playback.recording.end:%Y-%m-%d %H:%M} UTC,",
        "                 then everything stays as it was at its end",
        "",
        "Ctrl-C ends everything.",
    )
    say("\n".join(lines))


async def _any_code() -> str:
    """Return a one-time code, for the recorded sign-in of an account that asks for them."""
    return "123456"


def _directions(url: str, simulator: Simulator, show: Show) -> str:
    account = simulator.world.account
    lines = ["", f"Home Assistant   {url}", f"                 user {OWNER.username}, password {OWNER.password}"]
    if show.empty:
        lines += [
            f"Integration      {url}/_my_redirect/config_flow_start?domain={DOMAIN}",
            f"                 e-mail {account.email}, password {account.password}",
        ]
    lines += [
        f"The car          {simulator.control_url}",
        "                 plug it in there; Home Assistant sees that within half a minute",
    ]
    if show.speed == 1:
        lines += [
            "The pace         is a real one: the charger reports its energy every five minutes, so that power shows",
            "                 minutes after the start; with --speed 20 it reports every 15 seconds",
        ]
    else:
        lines += [
            f"The pace         is {show.speed:g} times that of a real charger, which reports every five minutes;",
            "                 prices, savings and sessions are asked for by your clock and do not follow",
        ]
    return "\n".join([*lines, "", "Ctrl-C ends everything."])
