"""Ports of the loopback interface."""

import socket

from .errors import DemoError

LOOPBACK = "127.0.0.1"


def require_free_port(port: int, option: str) -> None:
    """Raise DemoError, naming the command line's option, unless somebody may listen at a port.

    Home Assistant itself would not complain: it would listen at another port, and on all interfaces.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise DemoError(f"Port {port} cannot be used; choose another one with {option}.") from None


def free_ports(number: int) -> list[int]:
    """Return different ports that nobody listens at."""
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind((LOOPBACK, 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
