"""Keeps secrets and identifiers out of logs, errors and diagnostics (docs/api.md §11.3)."""

from collections.abc import Mapping
from datetime import date
from ipaddress import ip_address
import re
from typing import Final

from .recording.pseudonyms import Pseudonyms

REDACTED: Final = "**redacted**"
_MASK: Final = "…"

# Longer texts are cut before any pattern sees them
_LONGEST: Final = 4096
# Anything that looks like a token, an address or an identifier, longest forms first. No run of characters is looked at
# twice: each pattern begins where such a run does, and gives nothing back.
_PATTERNS: Final = (
    re.compile(r"(?<![\w-])eyJ[\w-]++(?:\.[\w-]*+){1,2}"),
    re.compile(r"(?<![\w.+-])[\w.+-]++@[\w.-]++"),
    re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    re.compile(r"\b(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b"),
    re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b"),
    re.compile(r"(?<![\w:])[0-9a-fA-F:]*::[0-9a-fA-F:]*"),
    re.compile(r"\b[0-9a-fA-F]{16,}+\b"),
    # Not the fraction of a number or time
    re.compile(r"(?<!\d\.)(?<!\d)\d{5,}+"),
)
_IP_VERSION_4: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_SECRET_NAME: Final = re.compile(
    r"(?:|access|auth|eauth|manager|xsrf)token|auth(?:id|identifier|orization)|cookies?|password|email"
    r"|(?:enrol|enroll)mentid|eventid|(?:vpp)?programid|sessionid|user(?:id|name)"
    r"|bssid|ssid|ip(?:addr(?:ess)?)?|mac(?:addr(?:ess)?)?|postcode|zipcode"
)
_WORD_SEPARATORS: Final = re.compile(r"[^0-9a-z]")
_DEEPEST: Final = 64


def scrub(text: str) -> str:
    """Mask whatever in a text could be a token, an address or an identifier; the end of a very long one is left out."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + _MASK
    text = _IP_VERSION_4.sub(_mask_address, text)
    for pattern in _PATTERNS:
        text = pattern.sub(_MASK, text)
    return text


def free_text(text: str | None) -> str | None:
    """Keep whatever words the cloud chooses, without what in them could be an identifier."""
    return scrub(text) if text else None


def _mask_address(match: re.Match[str]) -> str:
    """Mask an address of a local network; firmware versions look like public ones."""
    try:
        is_local = not ip_address(match[0]).is_global
    except ValueError:
        return match[0]
    return _MASK if is_local else match[0]


def redact(value: object, pseudonyms: Pseudonyms) -> object:
    """Copy JSON-like data without secrets.

    Values under names of secrets are replaced by a marker, unless there is none; known identifiers
    are replaced by their stand-ins in keys and texts, and what else looks like one is masked.
    Anything that is not JSON-like becomes the name of its type.
    """
    return _redact(value, pseudonyms, 0)


def _redact(value: object, pseudonyms: Pseudonyms, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return pseudonyms.around_known(value[: 2 * _LONGEST], scrub)
    if isinstance(value, date):
        return value.isoformat()
    if depth >= _DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            pseudonyms.around_known(str(key)[: 2 * _LONGEST], scrub): _redact_named(str(key), item, pseudonyms, depth)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact(item, pseudonyms, depth + 1) for item in value]
    return type(value).__name__


def _redact_named(name: str, value: object, pseudonyms: Pseudonyms, depth: int) -> object:
    is_secret = _SECRET_NAME.fullmatch(_WORD_SEPARATORS.sub("", name[:_LONGEST].lower()))
    if is_secret and value not in (None, "", [], {}) and not isinstance(value, bool):
        return REDACTED
    return _redact(value, pseudonyms, depth + 1)
