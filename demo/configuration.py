"""The configuration directory that Home Assistant starts from."""

import json
from pathlib import Path
import shutil

from .errors import DemoError
from .ports import LOOPBACK

_COMPONENTS = Path(__file__).parent.parent / "custom_components"
_AUTOMATIONS = Path(__file__).with_name("automations.yaml")

# What default_config would load, less everything that looks for hardware, asks the internet or needs an account.
_CONFIGURATION = """\
homeassistant:
  name: Lark Street
  latitude: 48.2
  longitude: 16.37
  elevation: 180
  radius: 100
  unit_system: metric
  currency: EUR
  country: AT
  language: en
  time_zone: Europe/Vienna

automation: !include automations.yaml
calendar:
config:
diagnostics:
energy:
frontend:
history:
logbook:
my:
recorder:
  commit_interval: 1
repairs:
sun:
system_health:

logger:
  default: warning
  logs:
    custom_components.enphase_cloud_things: debug
"""


def home_assistant_url(port: int) -> str:
    """Return Home Assistant's address for a browser on this machine, without a slash at its end."""
    return f"http://{LOOPBACK}:{port}"


def write_configuration(directory: Path, *, port: int, fresh: bool = True) -> None:
    """Make ``directory`` a configuration directory; a fresh one forgets everything that Home Assistant left there.

    Raises:
        DemoError: there is a directory that no demo has made.
    """
    mark = directory / ".made-by-the-demo"
    if directory.exists() and not mark.exists():
        raise DemoError(f"{directory} is not the demo's, and stays as it is.")
    if fresh:
        shutil.rmtree(directory, ignore_errors=True)
    storage = directory / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    mark.touch()
    (directory / "configuration.yaml").write_text(_CONFIGURATION, encoding="utf-8")
    if not (automations := directory / _AUTOMATIONS.name).exists():
        shutil.copyfile(_AUTOMATIONS, automations)
    _install_integration(directory / "custom_components")
    _write_http_settings(storage, port)
    if not (storage / "onboarding").exists():
        _skip_suggested_integrations(storage)


def _install_integration(target: Path) -> None:
    # As a copy, so that Home Assistant sees no half of a change that is made to the original meanwhile.
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(_COMPONENTS, target, ignore=shutil.ignore_patterns("__pycache__"))


def _write_http_settings(storage: Path, port: int) -> None:
    # In configuration.yaml these settings are deprecated, and taken on trial for five minutes only.
    settings = {
        "server_host": [LOOPBACK],  # the demo's password is no secret
        "server_port": port,
        "cors_allowed_origins": [],
        "ip_ban_enabled": False,
        "login_attempts_threshold": -1,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
    }
    _write_storage(storage, "http", (2, 2), {"stable": settings, "pending": None, "yaml_migration_done": True})


def _skip_suggested_integrations(storage: Path) -> None:
    # The step asks for location and units, which configuration.yaml gives, and at its end adds integrations that fetch
    # weather, speech and radio stations from the internet.
    _write_storage(storage, "onboarding", (4, 1), {"done": ["core_config"]})


def _write_storage(storage: Path, key: str, version: tuple[int, int], data: object) -> None:
    major, minor = version
    content = {"version": major, "minor_version": minor, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content, indent=2), encoding="utf-8")
