"""The words that may stay in free text: a fixed list, so that whatever is none of them is replaced.

What is left of a sentence or a page is then the same for everybody, whatever the cloud puts into it.
"""

from functools import cache
import re
from typing import Final

from .known_shapes import field_names, known_words

_WORDS_OF_A_NAME: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SEPARATOR: Final = re.compile(r"[_-]")
# More capitals in a row than an abbreviation has, in a text that is not all capitals
_ABBREVIATIONS: Final = re.compile(r"[A-Z]{5}")
_MOST_PARTS: Final = 7
_LONGEST_WORD: Final = 16
_SHORTEST_ANCHOR: Final = 4
_SENTENCES: Final = """
a access account active again allowed already an and another any are at authorized available back bad be because been
before being below between blocked body boolean bootloader but by call can cannot car change changed charge charged
charger chargers charging check code command completed config configuration configured conflict connect connected
connection connector connectors could current currently data date day delete denied details device devices did disabled
do does due enable enabled end error errors ev evse exceeded exception exist exists expected expired failed failure
false few field fields file first for forbidden format found from fully gateway get got greater grid green has have home
host hour how id if illegal in inactive input internal invalid is it its json key last later less level limit limited
list log login made maintenance malformed manual many max maximum message method min minimum minute minutes missing
mode must name network new no none not nothing null number of off offline ok on one only open operation or order out
owner parameter parse password path pause pending permission phase please plug plugged post power present problem
program put range rate read ready received refused rejected reply request requested requests required resource resource
response retry right rights running schedule scheduled schedules scheduler second seconds server service session
sessions set setting settings should sign signed since site sites sms solar some soon start started state static status
still stop stopped storm success such suspended system temporarily than that the then there this time timeout to token
tokens too true try type unable unauthorized unavailable unexpected unit unknown unplugged unreadable unrecognized
unsupported until update updated upstream use used user valid validation value values wait was we were when while will
with within without wrong yet you your
"""
_MARKUP: Final = """
action app api application article aside assets async autocomplete body button canonical charset class com compatible
content css defer div doctype email en enphase enphaseenergy enlighten equiv evse footer form function h1 h2 h3 head
header href html http https ie edge img input js lang link main meta method nav noscript onetrust optanonwrapper otlang
otp p page rel script section span src style stylesheet svg table tbody td text title tr type ul li utf var viewport
width height window document www x xhtml xml nginx apache cloudflare envoy istio varnish ua
"""
_TECHNICAL: Final = """
0 1 v1 v2 v3 l1 l2 l3 n w kw wh kwh mwh mw v mv amp amps ma hz min s ms eth0 wlan0 mlan0 wlan1 eth1 dhcp static netmask
mac addr interface connectionstatus ipaddr bootproto gateway ssid dns ip ipv4 ipv6 dbm rssi signal apn utc gmt am pm
utf8 gzip keep alive bearer basic jwt prod dev live stream ms iqevc sch iqevse evse pv web systems charset plain vnd
actual average boost cable capacity car cooldown count delay discharge duration efficiency energy eta estimated export
fan fault firmware flag frequency ground heat imbalance import index interval kind leakage level lifetime locked meter
meters neutral next previous priority quality reactive reason relay remaining sensor setpoint slot soc source speed
target temperature threshold throttled total trigger unlocked unlock version voltage volt volts watt watts window
accepted rejected idle standby sleeping paused waiting queued synced syncing pending true false yes no auto normal
"""


def is_known(run: str) -> bool:
    """Return whether a run of letters and digits is made of known words only."""
    if run.casefold() in _vocabulary():
        return True
    parts = _WORDS_OF_A_NAME.findall(run)
    return "".join(parts) == run and all(len(part) > 1 and part.casefold() in _vocabulary() for part in parts)


def is_compound(text: str) -> bool:
    """Return whether a text reads like a name that programmers give: a known word, or several with a known one.

    `solarBoost` and `SUSPENDED_GRID` are such names. A single word that is not known could be anybody's.
    """
    if is_known(text):
        return True
    parts = _WORDS_OF_A_NAME.findall(text)
    return (
        "".join(parts) == _SEPARATOR.sub("", text)
        and 1 < len(parts) <= _MOST_PARTS
        and all(part.isalpha() and 1 < len(part) <= _longest(text) for part in parts)
        and any(len(part) >= _SHORTEST_ANCHOR and part.casefold() in _vocabulary() for part in parts)
    )


def _longest(text: str) -> int:
    """Return how long a word may be; capitals in between are an abbreviation or no word."""
    return _LONGEST_WORD if text.isupper() or text.islower() or not _ABBREVIATIONS.search(text) else 0


@cache
def _vocabulary() -> frozenset[str]:
    named = (part for name in field_names() | known_words() for part in re.split(r"[_\W]+", name))
    parts = (part for name in named for part in (name, *_WORDS_OF_A_NAME.findall(name)))
    letters = {part.casefold() for part in parts if part.isalpha() and len(part) > 1}
    return frozenset({*letters, *_SENTENCES.split(), *_MARKUP.split(), *_TECHNICAL.split()})
