"""Reports without secrets and identifiers (docs/api.md §11.3)."""

from collections.abc import Mapping
from datetime import date
import re
from typing import Final

from .recording.pseudonyms import Pseudonyms
from .wire import LONGEST_SCRUBBED, scrub

REDACTED: Final = "**redacted**"
_SECRET_NAME: Final = re.compile(
    r"(?:|access|auth|eauth|manager|xsrf)token|auth(?:id|identifier|orization)|cookies?|password|email"
    r"|(?:enrol|enroll)mentid|eventid|(?:vpp)?programid|sessionid|user(?:id|name)"
    r"|bssid|ssid|ip(?:addr(?:ess)?)?|mac(?:addr(?:ess)?)?|postcode|zipcode"
)
_WORD_SEPARATORS: Final = re.compile(r"[^0-9a-z]")
_LONGEST: Final = 2 * LONGEST_SCRUBBED
_DEEPEST: Final = 64


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
        return pseudonyms.around_known(value[:_LONGEST], scrub)
    if isinstance(value, date):
        return value.isoformat()
    if depth >= _DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            pseudonyms.around_known(str(key)[:_LONGEST], scrub): _redact_named(str(key), item, pseudonyms, depth)
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
