"""Chooses the recorded reply to a request, by what was asked and by the time in the recording."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
import json
import re
from typing import Final

from simulator.clock import Clock
from simulator.wire import Json

from .recording import RecordedReply, Recording

_SIGN_IN: Final = frozenset(
    {"/login/login.json", "/login/login", "/app-api/validate_login_otp", "/app-api/generate_mfa_login_otp"}
    | {"/users/self/token"}
)
# Of the same question asked again, a recorded answer may be this much later
_TOLERANCE: Final = timedelta(minutes=1)
_SITE: Final = re.compile(r"/service/evse_controller/(?:api/v\d/)?(\d+)/ev_chargers/(?:status|summary)")
_CHARGER: Final = re.compile(r"/(\d+)/(?:preference|settings|ev_charger_config|history|start_charging|stop_charging)$")
_READ_BY_POST: Final = ("/history", "/ev_charger_config")


class Playback:
    """A recording that runs along a clock, from ``start`` on.

    A read is answered with what the cloud said at that time, a command with the reply to the same command in its turn.
    """

    def __init__(self, recording: Recording, clock: Clock, *, start: datetime | None = None) -> None:
        """Begin now, by the clock, at ``start`` of the recording or where its last stretch without a gap begins."""
        self.recording: Final = recording
        self.clock: Final = clock
        self.start: Final = start or recording.start
        self.offset: Final = clock() - self.start
        self._turns: Counter[tuple[str, str, str]] = Counter()

    @property
    def now(self) -> datetime:
        """The time in the recording."""
        return self.clock() - self.offset

    @property
    def site_ids(self) -> list[str]:
        """The sites that the recording is about, by the paths that were asked for."""
        matches = (_SITE.match(reply.path) for reply in self.recording.replies)
        return list(dict.fromkeys(match[1] for match in matches if match))

    @property
    def serials(self) -> list[str]:
        """The chargers that something was asked of, by the paths."""
        matches = (_CHARGER.search(reply.path) for reply in self.recording.replies)
        return list(dict.fromkeys(match[1] for match in matches if match))

    def reply_to(
        self, method: str, host: str, path: str, query: Mapping[str, str], body: bytes
    ) -> RecordedReply | None:
        """Return the reply to a request; None where the recording has none."""
        asked = [each for each in self.recording.replies if (each.method, each.host, each.path) == (method, host, path)]
        if path in _SIGN_IN:
            asked = [each for each in asked if self.start <= each.at <= self.now + _TOLERANCE]
            return self._in_turn(method, host, path, asked, may_repeat=False)
        closest = _closest(asked, query, _json(body))
        if method == "GET" or (method == "POST" and path.endswith(_READ_BY_POST)):
            past = [each for each in closest if each.at <= self.now]
            return past[-1] if past else next(iter(closest), None)
        return self._in_turn(method, host, path, [each for each in closest if each.at >= self.start] or closest)

    def _in_turn(
        self, method: str, host: str, path: str, replies: Sequence[RecordedReply], *, may_repeat: bool = True
    ) -> RecordedReply | None:
        turn = self._turns[method, host, path]
        self._turns[method, host, path] += 1
        if turn < len(replies):
            return replies[turn]
        return replies[-1] if replies and may_repeat else None


def _closest(replies: list[RecordedReply], query: Mapping[str, str], sent: Json) -> list[RecordedReply]:
    """Return the replies to the very same question, else those to the most similar ones."""
    tests: tuple[Callable[[RecordedReply], bool], ...] = (
        lambda each: each.sent == sent and dict(each.query) == dict(query),
        lambda each: _offset(each.sent) == _offset(sent),
    )
    for test in tests:
        if same := [each for each in replies if test(each)]:
            return same
    return replies


def _offset(sent: Json) -> Json:
    """Return which page was asked for, where a reply has pages."""
    params = sent.get("params") if isinstance(sent, Mapping) else None
    return params.get("offset") if isinstance(params, Mapping) else None


def _json(body: bytes) -> Json:
    try:
        sent: Json = json.loads(body) if body else None
    except ValueError:
        return None
    return sent
