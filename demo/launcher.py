"""Runs Home Assistant in this process, with the integration's cloud hosts replaced.

The shipped integration always talks to the real cloud and carries no switch to change that, so the replacement is
made here, from outside, before Home Assistant starts. This file is executed with the configuration directory on
``PYTHONPATH``: the integration is imported from there, as Home Assistant does it later.
"""

import argparse
import os
import signal
import sys
import threading
from unittest.mock import MagicMock, patch

from homeassistant import bootstrap, runner
from yarl import URL

from custom_components.enphase_cloud_things.account import registry as accounts
from custom_components.enphase_cloud_things.enlighten import Hosts

# Home Assistant sets these up at every start. What they require has to be compiled, and nothing of the demo uses them.
LEFT_OUT = {"ai_task", "assist_satellite", "camera", "image_processing", "tts"}
# The frontend begins with asking for the descriptions of all actions. To check them Home Assistant imports what it did
# not set up, too; for that alone it is enough that the modules exist.
STAND_INS = ("haffmpeg.core", "haffmpeg.tools", "mutagen", "mutagen.id3", "pymicro_vad", "pyspeex_noise", "turbojpeg")


def main() -> int:
    """Run Home Assistant until it is told to stop, and return its exit code."""
    parser = argparse.ArgumentParser(description="Run Home Assistant against a simulated cloud.")
    parser.add_argument("config_dir", help="Home Assistant's configuration directory")
    parser.add_argument("enlighten", type=URL, help="base address of the simulated Enlighten host")
    parser.add_argument("grid_services", type=URL, help="base address of the simulated grid services host")
    arguments = parser.parse_args()

    _stop_with_parent()
    hosts = Hosts(enlighten=arguments.enlighten, grid_services=arguments.grid_services)
    with (
        runner.ensure_single_execution(arguments.config_dir) as lock,
        patch.object(accounts, "HOSTS", hosts),
        patch.dict(sys.modules, {name: MagicMock() for name in STAND_INS}),
        patch.object(bootstrap, "DEFAULT_INTEGRATIONS", bootstrap.DEFAULT_INTEGRATIONS - LEFT_OUT),
    ):
        if lock.exit_code is not None:
            return lock.exit_code
        return runner.run(runner.RuntimeConfig(config_dir=arguments.config_dir, skip_pip=True, log_no_color=True))


def _stop_with_parent() -> None:
    """Stop this process as soon as its standard input ends, which it does even when the parent is killed."""

    def wait() -> None:
        # Unlike sys.stdin, a plain read holds no lock that the interpreter would need to end.
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
