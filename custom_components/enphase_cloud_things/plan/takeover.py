"""Whether a person has taken a charger over from its plan: by a command in Home Assistant, or in the app.

The app writes to the cloud what Home Assistant writes, and nothing there names who did it. What is left is what a plan
cannot have brought about itself:

* Energy begins to flow outside every window, which in Scheduled only a start does.
* The session of a window that is open is over, while the car is still plugged in: a pause by the car or by load
  management leaves the session as it is.
* Green charging shows as manual while the preference stays green: a start or stop sets the mode aside.

A charger follows its schedule within minutes, so nothing counts shortly after a change, near a window, or while
anything else may be the reason: a command from here, a grid event, or Storm Guard. A stop that shows as a mere pause
cannot be told from load management. It may have left another mode behind, so that any end of the flow in a window is
worth a look at the mode.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from ..chargers.charger import ChargerSnapshot, OpenCommands
from ..chargers.command import CommandKind
from ..chargers.status import effective_mode, without_session
from ..enlighten.models.modes import ChargeMode
from .planner import LEAD, ChargingPlan, Window

CALM_AFTER_CHANGE: Final = timedelta(minutes=10)
"""How long a charger may still run by what it had before (docs/api.md §5.6), also after the end of a window."""
CERTAIN_AFTER: Final = timedelta(minutes=2)
"""How long a sign has to last."""

_PERSONS: Final = frozenset({CommandKind.START, CommandKind.STOP, CommandKind.MODE})


class Sign(Enum):
    """What a look at a charger says: nothing, that the mode is worth a look, or that a person has taken over."""

    NONE = auto()
    HINT = auto()
    PROOF = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sighting:
    """A charger as it was last looked at."""

    at: datetime
    flowing: bool | None
    mode: ChargeMode | None


class Takeover:
    """Watches one charger for what a person does beside its plan."""

    def __init__(self, now: datetime) -> None:
        self._calm_from = now + CALM_AFTER_CHANGE
        # The modes of the plan's own commands that are still open
        self._own_modes: set[str | None] = set()
        self._commanded = False
        self._before: _Sighting | None = None
        self._drew_in: Window | None = None
        self._started_outside = False
        self._was_green = False
        self._since: datetime | None = None

    @property
    def look_again_at(self) -> datetime | None:
        """When a sign becomes certain, if it lasts."""
        return self._since + CERTAIN_AFTER if self._since else None

    def note_commands(self, commands: OpenCommands, own_modes: Collection[str | None]) -> None:
        """Note the open commands; a mode is a person's unless it is one of `own_modes`, now or when it was sent."""
        if commands.chosen_mode is None:
            self._own_modes.clear()
        self._own_modes.update(own_modes)
        self._commanded = self._commanded or any(
            command.kind in _PERSONS and not (command.kind is CommandKind.MODE and command.target in self._own_modes)
            for command in commands.all
        )

    def take_command(self) -> bool:
        """Return whether a person has given a command since this was asked last."""
        commanded, self._commanded = self._commanded, False
        return commanded

    def expect_change(self, now: datetime) -> None:
        """Take nothing for a sign for a while: the charger is about to follow a change of the plan."""
        self._calm_from = now + CALM_AFTER_CHANGE
        self._forget()

    def look(
        self, charger: ChargerSnapshot, plan: ChargingPlan, now: datetime, *, in_sun: bool, grid_event: bool
    ) -> Sign:
        """Look at a charger that has a plan. `in_sun`: it is left to the sun until the windows begin."""
        in_storm = charger.preference is not None and charger.preference.storm_active is True
        if charger.status is None or charger.pending or grid_event or in_storm or now < self._calm_from:
            self._forget()
            return Sign.NONE
        before = self._before
        self._before = _Sighting(at=now, flowing=charger.flowing, mode=effective_mode(charger.status))
        if before is None:
            return Sign.NONE
        window = plan.window_at(now)
        paused = window is not None and before.flowing is True and charger.flowing is False
        if not self._is_sign(before, self._before, charger, plan, window, in_sun=in_sun):
            self._since = None
            return Sign.HINT if paused else Sign.NONE
        if self._since is None:
            self._since = now
            return Sign.HINT
        return Sign.PROOF if now - self._since >= CERTAIN_AFTER else Sign.NONE

    def _is_sign(
        self,
        before: _Sighting,
        seen: _Sighting,
        charger: ChargerSnapshot,
        plan: ChargingPlan,
        window: Window | None,
        *,
        in_sun: bool,
    ) -> bool:
        if in_sun:
            self._was_green = self._was_green or before.mode is ChargeMode.GREEN
            return self._was_green and seen.mode is ChargeMode.MANUAL
        if window is not None:
            self._started_outside = False
            self._drew_in = window if seen.flowing else self._drew_in
            return self._drew_in == window and charger.status is not None and without_session(charger.status)
        begun = before.flowing is False and seen.flowing is True and _is_far_from_windows(plan, before.at, seen.at)
        self._started_outside = seen.flowing is True and (self._started_outside or begun)
        return self._started_outside

    def _forget(self) -> None:
        self._before = self._drew_in = self._since = None
        self._started_outside = self._was_green = False


def _is_far_from_windows(plan: ChargingPlan, start: datetime, end: datetime) -> bool:
    """Return whether no window can be the reason for what happened between two moments."""
    return all(end + LEAD < window.start or start >= window.end + CALM_AFTER_CHANGE for window in plan.windows)
