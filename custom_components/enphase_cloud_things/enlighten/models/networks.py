"""The local address of a charger, out of the text that the cloud packs it into.

`networkConfig` and its siblings are a bracketed list of quoted lines of `key=value` pairs, at times
real JSON, at times a list or an object (docs/api.md §3.2).
"""

from ipaddress import ip_address
import re
from typing import Final

import orjson

from ..wire import STRUCTURE_LENGTH, Fields, JsonValue

_CONFIGURATIONS: Final = ("networkConfig", "wifiConfig", "cellularConfig")
# No run of characters is looked at twice
_PAIR: Final = re.compile(r"(?<![\w.-])([\w.-]++)\s*+=\s*([^,\"\]\n]*)")
_LINE: Final = re.compile(r"[\"\n]+")
_INTERFACES: Final = {
    "ethernet": ("eth", "en"),
    "wifi": ("mlan", "wlan", "wl"),
    "cellular": ("ppp", "wwan", "usb", "rmnet"),
}


def local_address(summary: Fields, connection: str | None) -> str | None:
    """Return the IP address of the interface that is in use, if that is clear.

    `connection` is the kind of the active interface. An interface is live if the cloud says so;
    where it says so of none, a single one is taken.
    """
    interfaces = [
        interface
        for name in _CONFIGURATIONS
        for interface in _interfaces(summary.raw(name))
        if _address(interface) is not None
    ]
    live = [interface for interface in interfaces if interface.get("connectionStatus") == "1"]
    if not live and not any("connectionStatus" in interface for interface in interfaces):
        live = interfaces if len(interfaces) == 1 else []
    prefixes = _INTERFACES.get(connection or "", ())
    # A stable sort: the interface of the active kind first, else as the cloud lists them
    live.sort(key=lambda interface: not interface.get("interface_name", "").startswith(prefixes))
    return _address(live[0]) if live else None


def _interfaces(value: JsonValue) -> list[dict[str, str]]:
    """Return what a configuration tells about each interface, from any of its forms."""
    if isinstance(value, str):
        return _interfaces_of_text(value)
    if isinstance(value, list):
        return [interface for item in value for interface in _interfaces(item)]
    if isinstance(value, dict):
        return [{key: str(item) for key, item in value.items() if isinstance(item, str | int)}]
    return []


def _interfaces_of_text(text: str) -> list[dict[str, str]]:
    text = text[:STRUCTURE_LENGTH]
    if text.lstrip().startswith("{"):
        try:
            return _interfaces(orjson.loads(text))
        except orjson.JSONDecodeError:
            return []
    pairs = (dict(_PAIR.findall(line)) for line in _LINE.split(text))
    return [{key: value.strip() for key, value in line.items()} for line in pairs if line]


def _address(interface: dict[str, str]) -> str | None:
    text = interface.get("ipaddr") or interface.get("ip") or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if address.is_unspecified else str(address)
