"""What the demo says where it cannot do what it is asked for."""

from pathlib import Path
import socket
import subprocess
import sys

import pytest

from demo.ports import free_ports

pytestmark = pytest.mark.usefixtures("socket_enabled")

REPOSITORY = Path(__file__).parent.parent.parent


def refused(directory: Path, *options: str) -> str:
    """Run a demo that ends at once, and return what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "demo", "--directory", directory, *options],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("option", ["--port", "--simulator-port"])
def test_a_port_that_is_taken_is_named_with_the_option_that_changes_it(option: str, tmp_path: Path) -> None:
    ports = dict(zip(("--port", "--simulator-port"), free_ports(2), strict=True))
    with socket.create_server(("127.0.0.1", ports[option])):
        said = refused(tmp_path, *(word for name, port in ports.items() for word in (name, str(port))))

    assert f"Port {ports[option]} cannot be used" in said
    assert option in said


def test_a_directory_that_no_demo_made_is_left_as_it_is(tmp_path: Path) -> None:
    precious = tmp_path / "config" / "configuration.yaml"
    precious.parent.mkdir()
    precious.write_text("homeassistant:\n", encoding="utf-8")
    port, simulator_port = free_ports(2)

    said = refused(tmp_path, "--port", str(port), "--simulator-port", str(simulator_port))

    assert "not the demo's" in said
    assert precious.read_text(encoding="utf-8") == "homeassistant:\n"


@pytest.mark.parametrize(("option", "value"), [("--speed", "0"), ("--speed", "fast"), ("--port", "0")])
def test_a_senseless_number_is_refused(option: str, value: str, tmp_path: Path) -> None:
    assert f"argument {option}" in refused(tmp_path, option, value)
