"""The course of the demo: what is started in which order, and what the person at the terminal is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from simulator import ScaledClock, Simulator, World, running

from .api import HomeAssistantApi
from .config_flow import DOMAIN, add_integration, entry_states, wait_until_loaded
from .configuration import home_assistant_url, write_configuration
from .dashboard import install_dashboard
from .errors import DemoError
from .home_assistant import running_home_assistant
from .onboarding import OWNER, sign_in
from .ports import require_free_port

# A real charger measures every five minutes, which is long for somebody who watches.
_REPORTING_INTERVAL = timedelta(seconds=15)
_SET_UP_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Show:
    """What the person wants to see.

    ``directory`` holds Home Assistant's configuration and log, ``speed`` is simulated seconds in a second, ``keep``
    goes on with the configuration that is there, and ``empty`` leaves the config flow to the person.
    """

    directory: Path
    port: int
    simulator_port: int
    speed: float
    keep: bool
    empty: bool


async def run_show(show: Show, say: Callable[[str], None]) -> None:
    """Run the demo until it is cancelled.

    Raises:
        DemoError: a part could not be started, or Home Assistant ended by itself.
    """
    require_free_port(show.simulator_port, "--simulator-port")
    log = show.directory / "home-assistant.log"
    async with running(demo_world(show.speed), port=show.simulator_port) as simulator:
        require_free_port(show.port, "--port")
        say("Starting Home Assistant …")
        write_configuration(show.directory / "config", port=show.port, fresh=not show.keep)
        try:
            async with (
                running_home_assistant(show.directory / "config", simulator=simulator, log=log) as process,
                aiohttp.ClientSession() as http,
            ):
                api = await sign_in(http, home_assistant_url(show.port), OWNER, alive=lambda: process.running)
                await _set_up(api, simulator, show, say)
                await process.wait()
        except (DemoError, aiohttp.ClientError) as error:
            raise DemoError(f"{str(error).strip()}\nThe log of Home Assistant is {log}") from error
    raise DemoError(f"Home Assistant ended by itself.\nIts log is {log}")


def demo_world(speed: float = 1.0) -> World:
    """Return a site with one charger that measures often, and no car."""
    world = World.with_one_charger(ScaledClock(speed=speed))
    world.charger.reporting_interval = _REPORTING_INTERVAL
    return world


async def _set_up(api: HomeAssistantApi, simulator: Simulator, show: Show, say: Callable[[str], None]) -> None:
    if show.empty:
        say(_directions(api.url, simulator, show))
        await wait_until_loaded(api)
    elif not await entry_states(api):
        say("Setting the charger up …")
        account = simulator.world.account
        await add_integration(api, email=account.email, password=account.password)
        await wait_until_loaded(api, seconds=_SET_UP_SECONDS)
    await install_dashboard(api)
    if show.empty:
        say("The integration is set up: there is a dashboard for the charger in the sidebar now.")
    else:
        say(_directions(api.url, simulator, show))


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
    if show.speed != 1:
        lines += [f"The time         passes {show.speed:g} times as fast in the simulated cloud"]
    return "\n".join([*lines, "", "Ctrl-C ends everything."])
