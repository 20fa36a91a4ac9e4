"""The client as a package of its own."""

from pathlib import Path
import re
import subprocess
import sys

import pytest

import custom_components.enphase_cloud_things.enlighten as package

FOLDER = Path(package.__file__).parent
WITHOUT_HOME_ASSISTANT = """
import sys
sys.modules["homeassistant"] = None
import enlighten
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded - set(sys.stdlib_module_names)))
"""


def test_the_client_works_without_home_assistant(tmp_path: Path) -> None:
    """It could be published as it stands."""
    (tmp_path / "enlighten").symlink_to(FOLDER)
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_HOME_ASSISTANT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(found.stdout.split())
    assert {"enlighten", "aiohttp", "yarl", "orjson", "jwt"} <= loaded
    assert not {"voluptuous", "probatio", "custom_components"} & loaded


def test_everything_public_is_an_error_or_used_by_the_integration() -> None:
    sources = [path.read_text("utf-8") for path in FOLDER.parent.rglob("*.py") if FOLDER not in path.parents]
    used = set(re.findall(r"\w+", "\n".join(sources)))
    errors = {name for name, kind in vars(package).items() if isinstance(kind, type) and issubclass(kind, Exception)}

    assert set(package.__all__) - used <= errors
    assert set(package.__all__) <= vars(package).keys()


@pytest.mark.parametrize("name", ["py.typed"])
def test_the_types_are_public(name: str) -> None:
    assert (FOLDER / name).exists()
